import { html } from './html.ts';
import { layout, type PageContext } from './layout.ts';

export interface AppsView {
  readonly user: string;
  readonly token: string;
  readonly action: string;
  readonly apps: readonly App[];
  /** The name of the application that lost its access just now. */
  readonly revoked: string | undefined;
}

export interface App {
  readonly id: string;
  readonly name: string;
  readonly allows: readonly string[];
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export function appsPage(context: PageContext, { user, token, action, apps, revoked }: AppsView): string {
  const done = revoked === undefined ? html`` : html`<p role="status">${revoked} has no access any more.</p>`;
  const list =
    apps.length === 0
      ? html`<p>No application may use your account.</p>`
      : html`${apps.map(
          (app) => html`<section aria-labelledby="${app.id}">
<h2 id="${app.id}">${app.name}</h2>
<p class="quiet">Since ${new Date(app.since).toISOString().slice(0, 10)} it may</p>
<ul>
${app.allows.map((words) => html`<li>${words}</li>\n`)}</ul>
<form method="post" action="${action}">
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="client" value="${app.id}">
<button class="second" type="submit" aria-describedby="${app.id}">Take its access back</button>
</form>
</section>
`,
        )}`;
  return layout(
    context,
    'Applications with access',
    html`<h1>Applications with access</h1>
<p>You are signed in as <strong>${user}</strong>.</p>
${done}
${list}
<p class="quiet"><a href="${context.basePath}/logout">Sign out</a></p>`,
  );
}
