/** The shop's page in real browsers against a real server. */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';

import { openBrowser, SHOTS } from './browser.js';
import { between, Courier, DOOR, SHOP, until } from './people.js';
import { Server } from './server.js';
import { Buyer, GOODS, lies, ordersOf, receives, sells, stands, stocked } from './stores.js';

let server;
let browser;
let key;

const PLENTY = Object.fromEntries(Object.keys(GOODS).map((item) => [item, 500]));

before(async () => {
  [server, browser] = [await Server.start(), await openBrowser()];
  // Without real streets the way is a straight line, and addresses are not known.
  if (server.isReal) await server.pavesTheCity();
  await stocked(server, { noe: PLENTY, castro: { milk: 200, gala: 200 } });
  key = (await server.post('/v1/keys', { role: 'shop', label: 'the page' })).secret;
});

after(async () => {
  await browser?.close();
  await server?.end();
});

const comes = (options) => Buyer.comes(browser, server, key, options);
const text = (buyer, selector) => buyer.page.locator(selector).first().innerText();

/** D3, D4, F2: from the first question to the door, on a phone and on a desktop. */
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

/** D4, D7: of two who want the last one in the same moment one has it; the other is told, and takes something else. */
test('two browsers after the last unit', { timeout: 180_000 }, async () => {
  await sells(server, 'cake', { name: 'Birthday cake, the last one', category: 'BAKERY/CAKES', minor: 2499 });
  await receives(server, 'noe', { cake: 1 });
  const pair = [await comes({ window: 'phone' }), await comes({ window: 'desktop', colorScheme: 'dark' })];
  for (const buyer of pair) {
    await buyer.isHere();
    await buyer.takes('cake', 'cake');
    await buyer.takes('straw', 'berries');
    await buyer.looksIntoBasket();
    await buyer.page.locator('#phone').fill('+14155550123');
  }
  await Promise.all(pair.map(({ page }) => page.locator('button.order').click()));
  const refused = ({ page }) => page.locator('[data-refusal]').waitFor({ timeout: 30_000 }).then(() => false, () => null);
  const placed = ({ page }) => page.waitForURL('**/shop/order/*', { timeout: 30_000 }).then(() => true, () => null);
  const ends = await Promise.all(pair.map((buyer) => Promise.race([refused(buyer), placed(buyer)])));
  assert.deepEqual([...ends].sort(), [false, true], 'one has it');
  const loser = pair[ends.indexOf(false)];
  assert.match(await text(loser, '[data-left=cake]'), /Birthday cake.*none left/s);
  assert.equal(await lies(server, 'noe', 'cake'), 0);
  await loser.page.screenshot({ path: `${SHOTS}shop-too-late-${loser.isPhone ? 'phone-light' : 'desktop-dark'}.png` });
  assert.equal(await loser.page.evaluate(() => document.activeElement.id), 'refusal', 'who cannot see is taken there too');
  await loser.page.getByRole('button', { name: 'Only change the basket' }).click();
  if (loser.isPhone) await loser.page.getByRole('button', { name: 'Back to the shop' }).click();
  await loser.takes('bagels', 'bagels', 2);
  await loser.orders();
  await loser.has();
  assert.match(await text(loser, '[data-part]'), /1 × Strawberries.*2 × Bagels/s);
  const sold = (await ordersOf(server)).filter(({ parts }) => parts.some(({ lines }) => lines.some(({ item_id }) => item_id === 'cake')));
  assert.equal(sold.length, 1);
  for (const buyer of pair) {
    assert.deepEqual(buyer.unexpected, []);
    await buyer.goes();
  }
});

/** D4, D6: a refusal says what is left, and what is left is taken in one tap. */
test('less is left than was wanted, and that is taken', { timeout: 120_000 }, async () => {
  await sells(server, 'lamp', { name: 'Reading lamp', category: 'HOUSEHOLD/LAMPS', minor: 3999 });
  await receives(server, 'noe', { lamp: 3 });
  const buyer = await comes({ window: 'phone' });
  const { page } = buyer;
  await buyer.isHere();
  await buyer.takes('lamp', 'lamp', 3);
  const ware = page.locator('[data-item=lamp]');
  assert.ok(await ware.locator('[data-do=more]').isDisabled(), 'there are no more than three');
  assert.match(await ware.innerText(), /That is all there is here/);
  await buyer.takes('towels', 'towels');
  await buyer.looksIntoBasket();
  // Somebody else is faster, and this page has not heard of it yet.
  await page.route('**/v1/availability**', (route) => route.abort());
  await server.post('/v1/stock/write-off', { center_id: 'noe', reference: 'fell', reason: 'broken', lines: [{ item_id: 'lamp', quantity: 2 }] });
  await page.locator('#phone').fill('+14155550123');
  await page.locator('button.order').click();
  await buyer.isRefused('short');
  await page.unroute('**/v1/availability**');
  assert.match(await text(buyer, '[data-left=lamp]'), /1 of 3 left/);
  assert.equal(await page.locator('[data-left=towels]').count(), 0, 'what there is enough of is no trouble');
  assert.match(await text(buyer, '[data-line=lamp]'), /Only 1 left/, 'the basket knows it too');
  await page.screenshot({ path: `${SHOTS}shop-short-phone-light.png` });
  await page.locator('[data-do=take]').click();
  await buyer.has();
  assert.match(await text(buyer, '[data-part]'), /1 × Reading lamp.*1 × Paper towels/s);
  assert.equal(await lies(server, 'noe', 'lamp'), 0);
  await buyer.goes();
});

/** D6: what lies in two stores comes in two deliveries, in part, or not at all, as the customer says. */
test('what is not in one place', { timeout: 180_000 }, async () => {
  await sells(server, 'salt', { name: 'Sea salt', category: 'GROCERY/SPICES', minor: 299 });
  await sells(server, 'pepper', { name: 'Black pepper', category: 'GROCERY/SPICES', minor: 399 });
  await receives(server, 'noe', { salt: 20 });
  await receives(server, 'castro', { pepper: 20 });
  const buyer = await comes({ window: 'desktop' });
  const { page } = buyer;
  await buyer.isHere();
  await buyer.takes('salt', 'salt', 2);
  await buyer.takes('pepper', 'pepper');
  await buyer.orders({ choice: 'refuse' });
  await buyer.isRefused('apart');
  await page.screenshot({ path: `${SHOTS}shop-apart-desktop-light.png` });
  await page.locator('[data-do=split]').click();
  await buyer.has();
  assert.equal(await page.locator('[data-part]').count(), 2);
  await page.locator('[data-part] a').nth(1).waitFor({ timeout: 20_000 });
  await page.screenshot({ path: `${SHOTS}shop-split-desktop-light.png` });
  await page.goto(`${server.url}/shop`);
  await page.locator('[data-reach=open]').waitFor({ timeout: 20_000 });
  await buyer.takes('salt', 'salt', 2);
  await buyer.takes('pepper', 'pepper');
  await buyer.orders({ choice: 'partial' });
  await buyer.has();
  assert.equal(await page.locator('[data-part]').count(), 1);
  await page.locator('[data-missing]').waitFor();
  await buyer.goes();
});

/** D5: what runs out while it lies in the basket is shown there, over a reload too. */
test('what goes while it lies in the basket', { timeout: 120_000 }, async () => {
  await sells(server, 'vase', { name: 'Glass vase', category: 'HOUSEHOLD/VASES', minor: 1999 });
  await sells(server, 'bowl', { name: 'Wooden bowl', category: 'HOUSEHOLD/BOWLS', minor: 1499 });
  await receives(server, 'noe', { vase: 2, bowl: 5 });
  const buyer = await comes({ window: 'desktop', colorScheme: 'light' });
  const { page } = buyer;
  await buyer.isHere();
  await buyer.takes('vase', 'vase', 2);
  await buyer.takes('bowl', 'bowl', 3);
  const lines = [{ item_id: 'vase', quantity: 2 }, { item_id: 'bowl', quantity: 3 }];
  await server.post('/v1/stock/write-off', { center_id: 'noe', reference: 'fell', reason: 'broken', lines });
  await sells(server, 'bowl', { name: 'Wooden bowl', category: 'HOUSEHOLD/BOWLS', minor: 1599 });
  await page.reload();
  await page.locator('[data-line=vase][data-trouble=gone]').waitFor({ timeout: 20_000 });
  await page.locator('[data-line=bowl][data-trouble=short]').waitFor();
  assert.match(await text(buyer, '[data-line=bowl]'), /Only 2 left.*Costs \$15\.99 now/s);
  await page.screenshot({ path: `${SHOTS}shop-gone-desktop-light.png` });
  await page.locator('[data-trouble=short] button', { hasText: 'Take what is left' }).first().click();
  await page.locator('[data-line=vase]').waitFor({ state: 'detached' });
  assert.match(await text(buyer, '[data-line=bowl] output'), /^2/);
  // At another price it is ordered only once that was seen.
  await buyer.orders();
  await buyer.isRefused('price');
  await buyer.page.getByRole('button', { name: 'All right' }).first().click();
  await page.locator('button.order').click();
  await buyer.has();
  assert.equal(await page.locator('[data-total]').getAttribute('data-total'), '3198');
  await buyer.goes();
});

/** D3: who is too far away, and whose stores are closed, is told so and when they open. */
test('out of reach, and closed', { timeout: 120_000 }, async () => {
  const far = await comes({ window: 'phone', at: { lat: 40.1, lng: -120.2 } });
  await far.isHere('out_of_reach');
  await far.page.locator('[data-told=out_of_reach]').waitFor();
  await far.page.screenshot({ path: `${SHOTS}shop-far-phone-light.png` });
  await far.goes();
  const buyer = await comes({ window: 'phone', colorScheme: 'dark' });
  const { page } = buyer;
  await buyer.isHere();
  await buyer.takes('sourdough', 'bread');
  await buyer.looksIntoBasket();
  const day = new Intl.DateTimeFormat('en', { timeZone: 'America/Los_Angeles', weekday: 'short' });
  const tomorrow = day.format(Date.now() + 36 * 3_600_000).toLowerCase();
  for (const store of ['noe', 'castro']) await stands(server, store, { hours: `${tomorrow} 07:00-22:00` });
  try {
    await page.locator('#phone').fill('+14155550123');
    await page.locator('button.order').click();
    await buyer.isRefused('closed');
    await page.locator('.hint', { hasText: /opens .*7:00 AM/ }).waitFor({ timeout: 20_000 });
    assert.ok(await page.locator('button.order').isDisabled());
    await page.getByRole('button', { name: 'Back to the shop' }).click();
    await page.locator('[data-told=closed]', { hasText: /opens .*7:00 AM/ }).waitFor();
    await page.screenshot({ path: `${SHOTS}shop-closed-phone-dark.png` });
  } finally {
    for (const store of ['noe', 'castro']) await stands(server, store, { hours: 'mon-sun 00:00-24:00' });
  }
  await buyer.goes();
});

/** D4, F2: an order whose answer never came is sent again under its key after a reload, and placed once. */
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
