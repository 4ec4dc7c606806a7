import type { OauthSettings } from '../settings.ts';
import { type Html, html } from './html.ts';

/** What every page needs to know. */
export interface PageContext {
  readonly settings: Pick<OauthSettings, 'name'>;
  /** The path of the issuer, empty for the root. */
  readonly basePath: string;
}

/** A whole page. It has no script, and no style but the one file. */
export function layout({ settings, basePath }: PageContext, title: string, main: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} – ${settings.name}</title>
<link rel="stylesheet" href="${basePath}/style.css">
</head>
<body>
<main>
<p class="service">${settings.name}</p>
${main}
</main>
</body>
</html>
`.text;
}

/** Above a form that has to be filled in again. Read out at once by screen readers. */
export function alertBox(message: string | undefined): Html | undefined {
  return message === undefined ? undefined : html`<p class="alert" role="alert" id="problem">${message}</p>`;
}

/** Says where a URI leads in the way that people recognise: the host, or the application on this device. */
export function destination(uri: string): string {
  const { protocol, hostname, host } = new URL(uri);
  if (protocol !== 'https:' && protocol !== 'http:') return `an application on this device (${protocol})`;
  const local = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  return local ? `an application on this device (${host})` : host;
}
