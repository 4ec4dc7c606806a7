import { html } from './html.ts';
import { alertBox, layout, type PageContext } from './layout.ts';

export interface LoginView {
  /** Where the form goes: a path. */
  readonly action: string;
  /** Where giving up goes; undefined where there is nothing to go back to. */
  readonly cancel: string | undefined;
  readonly token: string;
  /** Who asks for the sign-in; undefined where it is for the pages here. */
  readonly client: string | undefined;
  readonly username: string;
  readonly problem: string | undefined;
}

export function loginPage(context: PageContext, view: LoginView): string {
  const { name } = context.settings;
  const described =
    view.problem === undefined ? html`` : html` aria-describedby="problem" aria-invalid="true"`;
  const title = `Sign in to ${name}`;
  const why =
    view.client === undefined
      ? html`<p>To see which applications may use your account.</p>`
      : html`<p>The application <strong>${view.client}</strong> asks you to sign in. It does not get to see your password.</p>`;
  // Where there is a username already, the password is what comes next.
  const focus = (field: 'username' | 'password') =>
    (view.username === '' ? 'username' : 'password') === field ? html` autofocus` : html``;
  const cancel =
    view.cancel === undefined
      ? html``
      : html`
<form method="post" action="${view.cancel}">
<input type="hidden" name="token" value="${view.token}">
<button class="second" type="submit">Cancel</button>
</form>`;
  return layout(
    context,
    view.problem === undefined ? title : `Not signed in – ${title}`,
    html`<h1>${title}</h1>
${alertBox(view.problem)}
${why}
<form method="post" action="${view.action}">
<input type="hidden" name="token" value="${view.token}">
<label for="username">Username</label>
<input id="username" name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="200" value="${view.username}"${described}${focus('username')}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256"${described}${focus('password')}>
<button type="submit">Sign in</button>
</form>${cancel}`,
  );
}
