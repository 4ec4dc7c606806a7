import { Html, html } from './html.ts';
import { layout, type PageContext } from './layout.ts';

/** @param form of oidc-provider, with a token of its own against forgery; its buttons stand outside of it */
export function logoutPage(context: PageContext, form: string): string {
  return layout(
    context,
    'Sign out?',
    html`<h1>Sign out of ${context.settings.name}?</h1>
<p>Applications that were to work only while you are signed in lose their access.</p>
${new Html(form)}
<div class="choice">
<button class="second" type="submit" form="op.logoutForm">Stay signed in</button>
<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
</div>`,
  );
}

export function loggedOutPage(context: PageContext): string {
  return layout(
    context,
    'Signed out',
    html`<h1>You are signed out</h1>
<p>You can close this page.</p>`,
  );
}
