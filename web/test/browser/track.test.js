/** The customer's page in a real browser against a real server. */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';

import { openBrowser, openPage, SHOTS } from './browser.js';
import { asks, between, Courier, DOOR, SHOP } from './people.js';
import { Server } from './server.js';

let server;
let browser;

before(async () => {
  [server, browser] = [await Server.start('link_after = "2s"\n'), await openBrowser()];
  await server.pavesTheCity();
});

after(async () => {
  await browser?.close();
  await server?.end();
});

/** Waits until the page shows a status, in a connection of a kind. */
function shows(page, status, connection = 'live') {
  return page.locator(`section[data-status=${status}][data-connection=${connection}]`).waitFor({ timeout: 30_000 });
}

const text = (page, selector) => page.locator(selector).first().innerText();

/** Whether pins are within the map, which has another size when there is more to say. */
async function isInSight(page, pins) {
  const box = (selector) => page.locator(selector).boundingBox();
  const map = await box('.ground');
  for (const name of pins) {
    const { x, y, width, height } = await box(`.pin.${name}`);
    const isIn = x >= map.x && y >= map.y && x + width <= map.x + map.width && y + height <= map.y + map.height;
    assert.ok(isIn, `${name} is not in sight: ${JSON.stringify([map, { x, y, width, height }])}`);
  }
}

/** A delivery, its page, and a courier who has accepted it. */
async function followed(name, options = {}) {
  const { delivery_id, tracking_url } = await asks(server);
  const anna = await Courier.isHired(server, name, { name: 'Anna Example' });
  await anna.goes('online');
  await anna.isAt(between(SHOP, DOOR, -0.2));
  const opened = await openPage(browser, options);
  return { ...opened, anna, id: delivery_id, link: tracking_url };
}

/** C7, F2: status and courier are seen within a second or two, without a key, on the streets around. */
for (const window of ['phone', 'desktop']) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the customer sees status and courier move, ${window}, ${colorScheme}`, { timeout: 180_000 }, async () => {
      const { page, troubles, anna, id, link } = await followed(`anna-${window}-${colorScheme}`, { window, colorScheme });
      const shot = (name) => page.screenshot({ path: `${SHOTS}track-${name}-${window}-${colorScheme}.png` });
      const streets = page.waitForResponse((answer) => answer.url().endsWith(`${link}/streets`), { timeout: 60_000 });
      await page.goto(server.url + link);
      await shows(page, 'requested');
      assert.equal(await page.locator('.pin.courier').count(), 0);
      await anna.accepts(id);
      await shows(page, 'assigned');
      assert.equal(await text(page, 'h1'), 'Anna is on the way to the pickup');
      assert.ok((await (await streets).json()).features.length > 5, 'streets around');
      await page.locator('.pin.courier').waitFor();
      await anna.says(id, 'picked_up');
      await shows(page, 'picked_up');
      assert.match(await text(page, '[data-arrival]'), /\d:\d\d.*minute/s);
      await anna.isAt(between(SHOP, DOOR, 0.1));
      await page.waitForTimeout(3000);
      const before = await page.locator('.pin.courier').boundingBox();
      for (let step = 1; step <= 5; step += 1) {
        await anna.isAt(between(SHOP, DOOR, 0.1 + 0.03 * step));
        await page.waitForTimeout(1000);
      }
      const later = await page.locator('.pin.courier').boundingBox();
      assert.ok(Math.hypot(later.x - before.x, later.y - before.y) > 10, `the courier stands: ${JSON.stringify([before, later])}`);
      await shot('moving');
      await anna.says(id, 'at_dropoff');
      await shows(page, 'at_dropoff');
      assert.equal(await text(page, 'h1'), 'Anna is at the door');
      await anna.says(id, 'delivered');
      await page.locator('section[data-status=delivered]').waitFor({ timeout: 10_000 });
      await page.locator('.pin.courier').waitFor({ state: 'detached' });
      await shot('delivered');
      const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overhang <= 0, `the page is ${overhang} px too wide`);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });
  }
}

/** A4: the arrival follows a ping within seconds. */
test('a ping nearer to the door brings the arrival nearer', { timeout: 120_000 }, async () => {
  const { page, troubles, anna, id, link } = await followed('anna-far', { window: 'phone' });
  await anna.accepts(id);
  await anna.says(id, 'picked_up');
  await page.goto(server.url + link);
  await shows(page, 'picked_up');
  const minutes = async () => Number((await text(page, '[data-arrival]')).match(/(\d+) minutes/)?.[1] ?? 1);
  const far = await minutes();
  // As fast as a bicycle may be believed to be.
  for (let part = -0.1; part < 0.8; part += 0.04) {
    await anna.isAt(between(SHOP, DOOR, part));
    await page.waitForTimeout(900);
  }
  await page.waitForFunction(() => document.querySelector('h1').innerText === 'Anna is nearby', null, { timeout: 5000 });
  assert.ok((await minutes()) < far, `${await minutes()} minutes, of ${far}`);
  assert.deepEqual(troubles, []);
  await page.context().close();
});

/** C7: where no stream gets through, asking every five seconds shows the same; and back again. */
test('the page asks where it cannot listen, and listens again', { timeout: 120_000 }, async () => {
  const { page, anna, id, link } = await followed('anna-asked', { window: 'phone' });
  const answered = [];
  page.on('response', (answer) => answer.url().endsWith(`/v1${link}`) && answered.push(answer.status()));
  await page.route('**/events', (route) => route.abort());
  await page.goto(server.url + link);
  await shows(page, 'requested', 'polling');
  await page.waitForTimeout(11_000);
  assert.ok(answered.includes(304), `what is known is not sent again: ${answered}`);
  await anna.accepts(id);
  await shows(page, 'assigned', 'polling');
  await page.unroute('**/events');
  await shows(page, 'assigned', 'live');
  await page.context().close();
});

/** C7, C9: a crash of the server is said, and over once it is back. */
test('the page says when it is out of date, and goes on when the server is back', { timeout: 180_000 }, async () => {
  const { page, anna, id, link } = await followed('anna-crash', { window: 'phone', colorScheme: 'dark' });
  await anna.accepts(id);
  await page.goto(server.url + link);
  await shows(page, 'assigned');
  await server.kill();
  await shows(page, 'assigned', 'lost');
  assert.match(await text(page, '.stale'), /Not up to date: this was so at \d/);
  await page.screenshot({ path: `${SHOTS}track-lost-phone-dark.png` });
  await isInSight(page, ['origin', 'destination', 'courier']);
  await server.run(new URL(server.url).host);
  await shows(page, 'assigned', 'live');
  await page.locator('.stale').waitFor({ state: 'detached' });
  await anna.says(id, 'picked_up');
  await shows(page, 'picked_up');
  await page.context().close();
});

/** C7: a link opens for a while after the end, and only as it was sent. */
test('the link expires, and a wrong one opens nothing', { timeout: 120_000 }, async () => {
  const { page, anna, id, link } = await followed('anna-over', { window: 'phone' });
  await anna.accepts(id);
  await page.goto(server.url + link);
  await shows(page, 'assigned');
  // It ends without a delivery, which the page goes on to follow: the package may come back.
  await anna.says(id, 'failed');
  await page.locator('section[data-status=failed]').waitFor({ timeout: 10_000 });
  await page.locator('[data-face=expired]').waitFor({ timeout: 30_000 });
  await page.reload();
  await page.locator('[data-face=expired]').waitFor();
  await page.screenshot({ path: `${SHOTS}track-expired-phone-light.png` });
  const { tracking_url } = await asks(server);
  await page.goto(server.url + tracking_url.slice(0, -1));
  await page.locator('[data-face=wrong]').waitFor();
  await page.context().close();
});
