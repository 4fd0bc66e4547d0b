/** A headless Chromium for the tests: Debian's, with nothing of it asking the network. */

import { existsSync, mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-swiftshader',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The folder of the pictures, for people to look at. */
export const SHOTS = new URL('./shots/', import.meta.url).pathname;

/** The windows the page is looked at in. */
export const WINDOWS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

/** Starts a browser. Throws, with what to install, where there is none. */
export async function openBrowser() {
  const executablePath = PLACES.find((place) => place && existsSync(place));
  if (!executablePath) throw new Error('no Chromium found: web/scripts/chromium.sh installs it, or set CHROMIUM');
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath, args: FLAGS });
}

/** A page in a window and a theme, with other options of the browser; what goes wrong in it is collected in `troubles`. */
export async function openPage(browser, { window = 'desktop', colorScheme = 'light', ...more } = {}) {
  const context = await browser.newContext({ ...WINDOWS[window], colorScheme, locale: 'en-US', timezoneId: 'America/Los_Angeles', ...more });
  const page = await context.newPage();
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  page.on('request', (request) => {
    const host = new URL(request.url()).host;
    if (host && host !== new URL(page.url() === 'about:blank' ? request.url() : page.url()).host) {
      troubles.push(`asked another host: ${request.url()}`);
    }
  });
  return { page, troubles };
}
