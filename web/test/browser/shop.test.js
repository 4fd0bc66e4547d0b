/** The shop's page in real browsers against a real server: from the first question to the door. */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';

import { openBrowser, SHOTS } from './browser.js';
import { between, Courier, DOOR, SHOP, until } from './people.js';
import { Server } from './server.js';
import { Buyer, lies, opensShop, ordersOf, receives } from './stores.js';

/** A second city, whose money has no cents. */
const TOKYO = '[markets.tokyo]\ntime_zone = "Asia/Tokyo"\ncurrency = "JPY"\n';

let server;
let browser;
let key;

before(async () => {
  [server, browser] = [await Server.start(TOKYO), await openBrowser()];
  key = await opensShop(server);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

const comes = (options) => Buyer.comes(browser, server, key, options);
const text = (buyer, selector) => buyer.page.locator(selector).first().innerText();

/** D1, D2, D3, D4, D13: from the first question to the door, on a phone and on a desktop. */
for (const [window, colorScheme] of [['phone', 'light'], ['phone', 'dark'], ['desktop', 'light'], ['desktop', 'dark']]) {
  test(`a customer looks, searches, orders and follows it to the door, ${window}, ${colorScheme}`, { timeout: 180_000 }, async () => {
    const buyer = await comes({ window, colorScheme });
    const { page } = buyer;
    const shot = (name) => page.screenshot({ path: `${SHOTS}shop-${name}-${window}-${colorScheme}.png` });
    await page.locator('#address').waitFor();
    assert.ok(!page.url().includes('dsk_'), 'the key leaves the address');
    await shot('place');
    await (server.isReal ? buyer.isAt('4000 24th St') : buyer.isHere());
    await page.locator('[data-category=DAIRY]').waitFor();
    await shot('front');
    await page.locator('[data-category=DAIRY]').click();
    await page.locator('[data-item=cheddar][data-available]').waitFor();
    assert.equal(await page.locator('[data-item]').count(), 3, 'what is in dairy, and nothing else');
    await page.locator('[data-item=cheddar] [data-do=add]').click();
    await buyer.takes('app gal', 'gala', 2);
    assert.equal(await page.locator('[data-item]').count(), 1);
    await shot('found');
    await buyer.looksIntoBasket();
    assert.equal(await page.locator('[data-total]').getAttribute('data-total'), String(529 + 2 * 479));
    await shot('basket');
    await page.locator('#phone').fill('+1 (415) 555-0123');
    await page.locator('button.order').click();
    const order = await buyer.has();
    await page.locator('[data-part] a').waitFor({ timeout: 20_000 });
    await shot('ordered');
    await isBrought(buyer, order, `cab-${window}-${colorScheme}`);
    await shot('delivered');
    assert.deepEqual(buyer.unexpected, []);
    await buyer.goes();
  });
}

/** A courier carries the first part of an order to its end; the page and its tracking page follow. */
async function isBrought(buyer, order, name) {
  const { page } = buyer;
  const part = page.locator('[data-part]').first();
  const id = await part.getAttribute('data-part');
  const tracked = server.url + (await part.getByRole('link').getAttribute('href'));
  const courier = await Courier.isHired(server, name, { name: 'Anna Example' });
  await courier.goes('online');
  await courier.isAt(between(SHOP, DOOR, 0.1));
  await courier.accepts(id);
  await page.locator(`[data-part="${id}"][data-status=assigned]`).waitFor({ timeout: 20_000 });
  const following = await page.context().newPage();
  await following.goto(tracked);
  await following.locator('section[data-status=assigned]').waitFor({ timeout: 20_000 });
  await courier.says(id, 'picked_up');
  await page.locator('main[data-status=under_way]').waitFor({ timeout: 20_000 });
  await courier.says(id, 'delivered');
  await page.locator('main[data-status=delivered][data-connection=over]').waitFor({ timeout: 20_000 });
  await following.locator('section[data-status=delivered]').waitFor({ timeout: 20_000 });
  await following.close();
  const [found] = (await ordersOf(server)).filter(({ order_id }) => order_id === order);
  assert.equal(found.status, 'delivered');
  assert.equal(await text(buyer, 'h1'), 'Delivered');
}

/** D4: an order whose answer never came is sent again under its key after a reload, and placed once. */
test('a reload in the middle of an order orders once', { timeout: 120_000 }, async () => {
  const buyer = await comes({ window: 'phone' });
  const { page } = buyer;
  await buyer.isHere();
  await buyer.takes('chicken', 'chicken', 2);
  const before = await lies(server, 'noe', 'chicken');
  const keys = [];
  // The server decides; its answer is lost on the way.
  await page.route('**/v1/orders', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    await route.fetch();
    await route.abort();
  });
  await buyer.orders();
  await page.locator('section[data-state=waiting]').waitFor({ timeout: 20_000 });
  await page.screenshot({ path: `${SHOTS}shop-waiting-phone-light.png` });
  await until(async () => keys.length >= 2, 'it is sent again');
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/v1/orders')) keys.push(request.headers()['idempotency-key']);
  });
  await page.unroute('**/v1/orders');
  await page.reload();
  await buyer.has();
  assert.equal(new Set(keys).size, 1, `one key: ${keys}`);
  assert.equal(await lies(server, 'noe', 'chicken'), before - 2);
  await page.goto(`${server.url}/shop`);
  await page.locator('[data-reach=open]').waitFor({ timeout: 20_000 });
  assert.equal(await page.locator('[data-basket=bar]').count(), 0, 'the basket is empty');
  assert.equal(await page.evaluate(() => localStorage.getItem('doorstep.order')), null);
  await buyer.goes();
});

/** D4: what was left unanswered long ago is not sent behind anybody's back, and if it was placed it is not placed again. */
test('an order of yesterday asks first', { timeout: 120_000 }, async () => {
  const buyer = await comes({ window: 'desktop' });
  const { page } = buyer;
  await buyer.isHere();
  await buyer.takes('water', 'water');
  const before = (await ordersOf(server)).length;
  await page.route('**/v1/orders', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await buyer.orders();
  await page.locator('section[data-state=waiting]').waitFor({ timeout: 20_000 });
  await page.evaluate(() => {
    const order = JSON.parse(localStorage.getItem('doorstep.order'));
    localStorage.setItem('doorstep.order', JSON.stringify({ ...order, at_ms: order.at_ms - 86_400_000 }));
  });
  await page.unroute('**/v1/orders');
  await page.reload();
  await page.locator('[data-old]').waitFor({ timeout: 20_000 });
  assert.ok(await page.locator('button.order').isDisabled(), 'one at a time');
  await page.screenshot({ path: `${SHOTS}shop-yesterday-desktop-light.png` });
  await page.getByRole('button', { name: 'Send it again' }).click();
  await buyer.has();
  assert.equal((await ordersOf(server)).length, before + 1);
  await buyer.goes();
});

/** D6: whoever has ordered sees at once that there is less. */
test('after an order the shop knows of it', { timeout: 120_000 }, async () => {
  const buyer = await comes({ window: 'desktop' });
  const { page } = buyer;
  await buyer.isHere();
  await buyer.takes('towels', 'towels', 3);
  const ware = page.locator('[data-item=towels]');
  const before = Number(await ware.getAttribute('data-available'));
  await buyer.orders();
  await buyer.has();
  const asked = page.waitForRequest((request) => request.url().includes('/v1/availability') && request.url().includes('after='));
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  await page.locator('[data-reach=open]').waitFor({ timeout: 20_000 });
  await buyer.finds('towels', 'towels');
  await asked;
  assert.equal(Number(await ware.getAttribute('data-available')), before - 3);
  await buyer.goes();
});

/** F2: with a slow network there is something to look at at once, and what comes pushes nothing away. */
test('a slow network', { timeout: 120_000 }, async () => {
  const buyer = await comes({ window: 'phone' });
  const { page } = buyer;
  await buyer.isHere();
  await page.locator('[data-category=DAIRY]').waitFor();
  await page.evaluate(() => {
    window.moved = 0;
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.moved += shift.value;
    }).observe({ type: 'layout-shift' });
  });
  await page.route('**/v1/**', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 900));
    await route.continue();
  });
  await page.locator('[data-category=DAIRY]').click();
  await page.locator('section[aria-busy=true]').waitFor();
  await page.screenshot({ path: `${SHOTS}shop-slow-phone-light.png` });
  await page.locator('[data-item=cheddar][data-available]').waitFor();
  await page.getByRole('searchbox').pressSequentially('apples', { delay: 120 });
  await page.locator('[data-item=gala][data-available]').waitFor();
  await page.waitForTimeout(1000);
  const moved = await page.evaluate(() => window.moved);
  assert.ok(moved < 0.1, `what was in sight moved by ${moved}`);
  await buyer.goes();
});

/** F2: without a network the basket stays, it is said so, and what was ordered is sent when there is one. */
test('without a network', { timeout: 120_000 }, async () => {
  const buyer = await comes({ window: 'phone' });
  const { page } = buyer;
  await buyer.isHere();
  await buyer.takes('granny', 'granny');
  await page.context().setOffline(true);
  await page.getByRole('alert').filter({ hasText: 'No connection' }).waitFor();
  await buyer.orders();
  await page.locator('.hint', { hasText: 'No answer yet' }).waitFor({ timeout: 20_000 });
  await page.context().setOffline(false);
  await buyer.has();
  await buyer.goes();
});

/** F2: everything is done without a pointer, and what is wrong with a field is said there. */
test('by the keyboard alone', { timeout: 120_000 }, async () => {
  const buyer = await comes({ window: 'desktop' });
  const { page } = buyer;
  await buyer.isHere();
  await page.getByRole('searchbox').focus();
  await page.keyboard.type('bagels');
  await page.locator('[data-item=bagels][data-available]').waitFor();
  await page.getByRole('status').filter({ hasText: '1 thing' }).first().waitFor();
  await page.keyboard.press('Tab');
  for (let tabs = 0; tabs < 5 && (await focused(page)) !== 'add'; tabs += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'more', 'the focus stays at the item');
  await page.keyboard.press('Enter');
  await page.locator('#phone').focus();
  await page.keyboard.type('555 0123');
  await page.keyboard.press('Enter');
  await page.locator('#phone-told[role=alert]').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'phone');
  assert.equal(await page.locator('#phone').getAttribute('aria-invalid'), 'true');
  await page.locator('#phone').fill('');
  await page.keyboard.type('+1 415 555 0123');
  await page.keyboard.press('Enter');
  await buyer.has();
  await buyer.goes();
});

const focused = (page) => page.evaluate(() => document.activeElement.dataset.do);

/** D2, D8: each city has stores, prices and a currency of its own. */
test('another city', { timeout: 120_000 }, async () => {
  const ginza = { market: 'tokyo', merchant_id: 'm9', name: 'Ginza', lat: 35.6717, lng: 139.765, address: '4-chome, Ginza' };
  await server.asks('PUT', '/v1/centers/ginza', { body: JSON.stringify(ginza) });
  await server.asks('PUT', '/v1/items/matcha', { body: JSON.stringify({ name: 'Matcha, 100 g', category: 'GROCERY/TEA', prices: { tokyo: 1890 } }) });
  await receives(server, 'ginza', { matcha: 4 });
  const buyer = await comes({ window: 'phone', at: { lat: 35.675, lng: 139.76 } });
  const { page } = buyer;
  await page.getByLabel('City').selectOption('tokyo');
  await buyer.isHere();
  await page.locator('summary').click();
  await page.locator('[data-center=ginza]').waitFor();
  await page.screenshot({ path: `${SHOTS}shop-reach-phone-light.png` });
  await page.keyboard.press('Escape');
  await page.locator('[data-center=ginza]').waitFor({ state: 'hidden' });
  await buyer.takes('matcha', 'matcha', 2);
  assert.match(await text(buyer, '[data-item=matcha]'), /¥1,890.*Only 4 left/s);
  await buyer.looksIntoBasket();
  await page.locator('.tip', { hasText: '15 %' }).click();
  assert.equal(await page.locator('button.order').innerText(), 'Order for ¥4,347');
  await page.locator('.tip', { hasText: '15 %' }).scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${SHOTS}shop-tip-phone-light.png` });
  await page.locator('#phone').fill('+81 3 1234 5678');
  await page.locator('button.order').click();
  await buyer.has();
  assert.match(await text(buyer, '[data-total]'), /¥4,347/);
  await buyer.goes();
});

/** F2, F3: a courier's key does not open the shop, and a wrong link no order. */
test('who may not', { timeout: 120_000 }, async () => {
  await Courier.isHired(server, 'mallory');
  const { secret } = await server.post('/v1/keys', { role: 'courier', courier_id: 'mallory' });
  const buyer = await Buyer.comes(browser, server, secret, { window: 'phone' });
  await buyer.page.locator('form [role=alert]', { hasText: 'courier' }).waitFor({ timeout: 20_000 });
  await buyer.page.goto(`${server.url}/shop/order/ord_1.wrong`);
  await buyer.page.locator('[data-face=wrong]').waitFor({ timeout: 20_000 });
  await buyer.goes();
});
