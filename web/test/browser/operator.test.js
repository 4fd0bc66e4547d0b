/** What the operator's map tells of deliveries, in a real browser against a real server. */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';

import { openBrowser, openPage, SHOTS } from './browser.js';
import { asks, between, Courier, DOOR, SHOP } from './people.js';
import { blobs, COLORS } from './picture.js';
import { Server } from './server.js';

let server;
let browser;
let carried;
let riding;

before(async () => {
  [server, browser] = [await Server.start('give_up_after = "1s"\nradius = 1000\n'), await openBrowser()];
  await server.pavesTheCity();
  const jan = await Courier.isHired(server, 'jan');
  await jan.goes('online');
  await jan.isAt(between(SHOP, DOOR, 0.5));
  carried = (await asks(server)).delivery_id;
  await jan.accepts(carried);
  await jan.says(carried, 'picked_up');
  riding = setInterval(() => jan.isAt(between(SHOP, DOOR, 0.5)).catch(() => {}), 2000);
});

after(async () => {
  clearInterval(riding);
  await browser?.close();
  await server?.end();
});

/** Opens the map of an operator, until its one courier is on it. */
async function opens(options) {
  const { page, troubles } = await openPage(browser, options);
  await page.goto(`${server.url}/#key=${server.key}`);
  await page.locator('[data-connection=live]').waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => document.querySelector('[data-figure=total]')?.textContent === '1', null, { timeout: 60_000 });
  return { page, troubles };
}

const centreOf = ({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 });

/** F2: whose dot is clicked on is told with what they carry. */
test('the card of a courier says what they carry', { timeout: 180_000 }, async () => {
  const { page, troubles } = await opens({});
  await page.locator('#wanted').fill('jan');
  await page.keyboard.press('Enter');
  const line = page.locator(`[data-carried="${carried}"][data-status=picked_up]`);
  await line.waitFor({ timeout: 20_000 });
  assert.match(await line.locator('[data-arrival]').innerText(), /\d:\d\d/);
  await page.keyboard.press('Escape');
  await line.waitFor({ state: 'detached' });
  await page.waitForTimeout(3000);
  const [dot] = await blobs(page, COLORS.light.carrying);
  await page.mouse.click(dot.x, dot.y);
  await line.waitFor({ timeout: 20_000 });
  await page.screenshot({ path: `${SHOTS}operator-card-desktop-light.png` });
  assert.deepEqual(troubles, []);
  await page.context().close();
});

/** F2, C6: what nobody takes is told to a person, who goes where it waits. */
for (const [window, colorScheme] of [['desktop', 'light'], ['phone', 'dark']]) {
  test(`a delivery that nobody takes is listed and found, ${window}, ${colorScheme}`, { timeout: 180_000 }, async () => {
    const { page, troubles } = await opens({ window, colorScheme });
    assert.equal(await page.locator('[data-attention]').count(), 0);
    const { delivery_id: id } = await asks(server, { origin_address: between(SHOP, DOOR, 0.9) });
    await page.locator('[data-attention="1"]').waitFor({ timeout: 30_000 });
    if (window === 'phone') await page.locator('[data-attention]').click();
    const line = page.locator(`button[data-delivery="${id}"]`);
    assert.match(await line.innerText(), /nobody takes it · requested for/);
    await line.click();
    await page.locator('.place').waitFor();
    await page.waitForTimeout(2000);
    const [mark, map] = await Promise.all(['.place', '.map'].map(async (part) => centreOf(await page.locator(part).boundingBox())));
    assert.ok(Math.hypot(mark.x - map.x, mark.y - map.y) < 40, JSON.stringify([mark, map]));
    await page.screenshot({ path: `${SHOTS}operator-attention-${window}-${colorScheme}.png` });
    await server.post(`/v1/deliveries/${id}/cancel`, { reason: 'nobody came' });
    await page.locator('[data-attention]').waitFor({ state: 'detached', timeout: 20_000 });
    await page.locator('.place').waitFor({ state: 'detached' });
    assert.deepEqual(troubles, []);
    await page.context().close();
  });
}
