import { html } from './html.ts';
import { destination, layout, type PageContext } from './layout.ts';

export interface ConsentView {
  readonly action: string;
  readonly token: string;
  readonly client: string;
  /** Made by somebody who is not the operator of this service, without being looked at. */
  readonly selfRegistered: boolean;
  /** Name and username. */
  readonly user: { readonly name: string; readonly username: string };
  readonly redirectUri: string;
  /** What it will be able to do, in words. */
  readonly allows: readonly string[];
}

export function consentPage(context: PageContext, view: ConsentView): string {
  const { name } = context.settings;
  const { client, user } = view;
  const who = user.name === user.username ? user.name : `${user.name} (${user.username})`;
  const unknown = view.selfRegistered
    ? html`<p class="alert">This application registered itself. Nobody at ${name} has checked who is behind the name.</p>`
    : html``;
  return layout(
    context,
    `Allow ${client}?`,
    html`<h1>Allow ${client} to use your ${name} account?</h1>
<p>You are signed in as <strong>${who}</strong>.</p>
${unknown}
<h2 id="allows">${client} will be able to</h2>
<ul aria-labelledby="allows">
${view.allows.map((words) => html`<li>${words}</li>\n`)}</ul>
<p class="quiet">Whatever you choose, you are sent back to <strong>${destination(view.redirectUri)}</strong>. You can take
access back at any time: <a href="${context.basePath}/apps">applications with access</a>.</p>
<form method="post" action="${view.action}" class="choice">
<input type="hidden" name="token" value="${view.token}">
<button class="second" type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="allow">Allow</button>
</form>`,
  );
}
