import { html } from './html.ts';
import { layout, type PageContext } from './layout.ts';

/** The codes that a person may meet, in words. The code itself is for whoever writes the application. */
const meanings: Readonly<Record<string, string>> = {
  invalid_client: 'The application that sent you here is not known, or not any more.',
  invalid_redirect_uri:
    'The application wants you to be sent to a place that it has not registered, so you are not sent there.',
  invalid_request: 'The request of the application is not right.',
  temporarily_unavailable: 'There are too many requests at present. Try again in a minute.',
  server_error: 'Something went wrong here.',
};

/** @param out an OAuth error; its texts can hold what a caller sent */
export function errorPage(
  context: PageContext,
  out: { readonly error: string; readonly error_description?: string },
): string {
  const said = out.error_description === undefined ? out.error : `${out.error}: ${out.error_description}`;
  return layout(
    context,
    'This did not work',
    html`<h1>This did not work</h1>
<p>${meanings[out.error] ?? 'The request of the application cannot be fulfilled.'} Go back to the application and begin
again.</p>
<p class="quiet">For whoever runs the application: ${said.slice(0, 500)}</p>`,
  );
}

/** A page that was answered before, or came too late. */
export function endedPage(context: PageContext): string {
  return layout(
    context,
    'This page has ended',
    html`<h1>This page has ended</h1>
<p>It was answered already, has been open for too long, or was opened in another browser. Go back to the application and
begin again. If it happens every time, allow cookies for this site.</p>`,
  );
}

export function notFoundPage(context: PageContext): string {
  return layout(context, 'There is no such page', html`<h1>There is no such page</h1>`);
}

/** Nothing was looked at: who tries is asked to wait, whether right or wrong. */
export function busyPage(context: PageContext): string {
  return layout(
    context,
    'Please wait',
    html`<h1>Please wait</h1>
<p>Many people are signing in at present. Go back and try again in a minute.</p>`,
  );
}
