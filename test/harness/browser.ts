import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { temporaryFolder } from './folder.ts';
import type { Owner } from './owner.ts';

/** Nothing that would talk to anybody but the servers of the test. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface ContextOptions {
  readonly javaScript?: boolean;
  readonly width?: number;
  readonly dark?: boolean;
}

/** Debian's Chromium, without a window. It trusts certificates that nobody has signed. */
export async function startBrowser(
  owner: Owner,
): Promise<(options?: ContextOptions) => Promise<BrowserContext>> {
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...quiet, `--crash-dumps-dir=${temporaryFolder(owner)}`],
  });
  owner.after(() => browser.close());
  return ({ javaScript = true, width = 1000, dark = false } = {}) =>
    browser.newContext({
      ignoreHTTPSErrors: true,
      javaScriptEnabled: javaScript,
      viewport: { width, height: 760 },
      colorScheme: dark ? 'dark' : 'light',
    });
}
