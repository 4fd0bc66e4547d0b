/** The page in a real browser against a real server: dots move, a click tells whose one is. */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';

import { openBrowser, openPage, SHOTS } from './browser.js';
import { blobs, COLORS } from './picture.js';
import { Server } from './server.js';

const COURIERS = 20;
const CARRYING = 6;

let server;
let browser;

before(async () => {
  [server, browser] = [await Server.start(), await openBrowser()];
  await server.paves();
  await server.drives(COURIERS, CARRYING);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

/** Opens the map, and waits until everybody is on it. */
async function opens(options, address = `/#key=${server.key}`) {
  const { page, troubles } = await openPage(browser, options);
  await page.goto(server.url + address);
  await everybodyIsThere(page);
  return { page, troubles };
}

async function everybodyIsThere(page) {
  await page.locator('[data-connection=live]').waitFor({ timeout: 60_000 });
  await page.waitForFunction(
    (all) => document.querySelector('[data-figure=total]')?.textContent === String(all), COURIERS, { timeout: 60_000 },
  );
}

const text = (page, selector) => page.locator(selector).textContent();

for (const window of ['desktop', 'phone']) {
  for (const colorScheme of ['light', 'dark']) {
    test(`dots move east and west, ${window}, ${colorScheme}`, { timeout: 180_000 }, async () => {
      const { page, troubles } = await opens({ window, colorScheme });
      await page.waitForFunction((n) => document.querySelector('[data-state=carrying]').textContent === String(n), CARRYING, { timeout: 30_000 });
      await page.waitForTimeout(2000);
      const { idle, carrying } = COLORS[colorScheme];
      const before = { idle: await blobs(page, idle), carrying: await blobs(page, carrying) };
      assert.equal(before.carrying.length, CARRYING);
      assert.equal(before.idle.length, COURIERS - CARRYING);
      await page.waitForTimeout(4000);
      const later = await blobs(page, idle);
      await page.screenshot({ path: `${SHOTS}${window}-${colorScheme}.png` });
      for (const [index, dot] of later.entries()) {
        assert.ok(Math.abs(dot.x - before.idle[index].x) > 2, `dot ${index} stands still`);
        assert.ok(Math.abs(dot.y - before.idle[index].y) < 2, `dot ${index} leaves its street`);
      }
      assert.deepEqual(troubles, []);
      await page.context().close();
    });
  }
}

test('a click on a dot tells whose it is, and draws its track', { timeout: 120_000 }, async () => {
  const { page, troubles } = await opens({ colorScheme: 'light' });
  await page.waitForTimeout(3000);
  const dots = await blobs(page, COLORS.light.carrying);
  const { x, y } = dots.at(-1); // the southernmost is the first courier
  await page.mouse.click(x, y);
  await page.locator('[data-courier=courier-0]').waitFor({ timeout: 20_000 });
  assert.match(await text(page, 'aside'), /carrying/);
  const track = () => blobs(page, COLORS.light.track).then((found) => found.some(({ size }) => size > 20));
  const deadline = Date.now() + 30_000;
  while (!(await track()) && Date.now() < deadline) await page.waitForTimeout(500);
  assert.ok(await track(), 'no track is drawn');
  await page.screenshot({ path: `${SHOTS}card-desktop-light.png` });
  await page.keyboard.press('Escape');
  await page.locator('aside').waitFor({ state: 'detached' });
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('a courier is found by id, with the keyboard alone', { timeout: 120_000 }, async () => {
  const { page } = await opens({ window: 'phone', colorScheme: 'dark' });
  await page.locator('#wanted').focus();
  await page.keyboard.type('nobody');
  await page.keyboard.press('Enter');
  await page.locator('aside [role=alert]').waitFor();
  assert.match(await text(page, 'aside [role=alert]'), /nobody/);
  await page.locator('#wanted').fill('courier-7');
  await page.keyboard.press('Enter');
  await page.locator('[data-courier=courier-7]').waitFor({ timeout: 20_000 });
  await page.waitForTimeout(3000);
  await page.screenshot({ path: `${SHOTS}card-phone-dark.png` });
  await page.context().close();
});

test('the key is asked for, leaves the address at once, and stays in the tab', { timeout: 120_000 }, async () => {
  const { page } = await openPage(browser);
  await page.goto(server.url);
  await page.locator('#secret').fill('dsk_wrong');
  await page.keyboard.press('Enter');
  await page.locator('form [role=alert]').waitFor();
  await page.screenshot({ path: `${SHOTS}sign-in.png` });
  await page.locator('#secret').fill(server.key);
  await page.getByRole('button', { name: 'Open the map' }).click();
  await everybodyIsThere(page);
  await page.reload();
  await everybodyIsThere(page);
  assert.ok(!page.url().includes('dsk_'));
  const { page: other } = await opens({}, `/map#key=${server.key}`);
  assert.equal(other.url(), `${server.url}/map`);
  for (const opened of [page, other]) await opened.context().close();
});

test('light and dark can be chosen, and are kept', { timeout: 120_000 }, async () => {
  const { page } = await opens({ colorScheme: 'light' });
  const isDark = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme === 'dark');
  assert.equal(await isDark(), false);
  await page.getByRole('button', { name: 'Use dark colours' }).click();
  assert.equal(await isDark(), true);
  await page.waitForTimeout(1500);
  assert.ok((await blobs(page, COLORS.dark.idle)).length > 0);
  await page.reload();
  assert.equal(await isDark(), true);
  await page.context().close();
});

test('the map goes on by itself when the server is back', { timeout: 180_000 }, async () => {
  const { page } = await opens({});
  await server.kill();
  await page.locator('[data-connection=waiting]').waitFor({ timeout: 30_000 });
  await server.run(new URL(server.url).host);
  await page.locator('[data-connection=live]').waitFor({ timeout: 60_000 });
  await everybodyIsThere(page);
  await page.context().close();
});
