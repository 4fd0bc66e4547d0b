/** What the shop's page does where not everybody can have everything, in real browsers against a real server. */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';

import { openBrowser, SHOTS } from './browser.js';
import { Server } from './server.js';
import { Buyer, lies, opensShop, ordersOf, receives, sells, stands } from './stores.js';

let server;
let browser;
let key;

before(async () => {
  [server, browser] = [await Server.start(), await openBrowser()];
  key = await opensShop(server);
});

after(async () => {
  await browser?.close();
  await server?.end();
});

const comes = (options) => Buyer.comes(browser, server, key, options);
const text = (buyer, selector) => buyer.page.locator(selector).first().innerText();

/** D4: of two who want the last one in the same moment one has it; the other is told, and takes something else. */
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

/** D4: a refusal says what is left, and what is left is taken in one tap. */
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

/** D10, D13: what lies in two stores comes in two deliveries, in part, or not at all, as the customer says. */
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

/** D1: who is too far away, and whose stores are closed, is told so and when they open. */
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
