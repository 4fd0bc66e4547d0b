/** The courier's page in a real browser against a real server: two of them where it matters. */

import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';

import { openBrowser, openPage, SHOTS } from './browser.js';
import { asks, between, Courier, DOOR, SHOP, shows, until } from './people.js';
import { Server } from './server.js';

/** What has just come under a finger does not count as tapped: as in src/courier/steady.js, and some. */
const STEADY_MS = 800;

let server;
let browser;

before(async () => {
  [server, browser] = [await Server.start(), await openBrowser()];
  await server.pavesTheCity();
});

after(async () => {
  await browser?.close();
  await server?.end();
});

/** Somebody with a phone near the shop, who has opened the page. */
async function works(id, { options = {}, ...card } = {}) {
  const courier = await Courier.isHired(server, id, { name: `${id[0].toUpperCase()}${id.slice(1)} Example`, ...card });
  const { lat: latitude, lng: longitude } = between(SHOP, DOOR, -0.15);
  const place = { geolocation: { latitude, longitude, accuracy: 8 }, permissions: ['geolocation'] };
  const opened = await openPage(browser, { window: 'phone', ...place, ...options });
  await opened.page.goto(`${server.url}/courier#key=${courier.key}`);
  await opened.page.locator('main[data-connection=live]').waitFor({ timeout: 30_000 });
  return { courier, ...opened };
}

async function goesOnline({ page, courier }) {
  await page.getByRole('switch', { name: 'Offline' }).click();
  await page.getByRole('switch', { name: 'Online', exact: true }).waitFor();
  await until(() => server.asks('GET', `/v1/couriers/${courier.id}/position`).catch(() => null), 'a position');
}

/** The next tests are not to be answered by whoever this was. */
async function goesHome({ page, courier }) {
  await page.context().close();
  await courier.goes('offline');
}

async function tap({ page }, selector) {
  const button = page.locator(selector);
  await button.waitFor({ timeout: 30_000 });
  await page.waitForTimeout(STEADY_MS);
  await button.click();
}

const offered = ({ page }, id) => page.locator(`[data-offer="${id}"]`).waitFor({ timeout: 30_000 });
const carries = ({ page }, id, status) => page.locator(`[data-delivery="${id}"][data-status=${status}]`).waitFor({ timeout: 20_000 });

/** C4, C5, F2: from the offer to the pay, on a phone. */
for (const colorScheme of ['light', 'dark']) {
  test(`a courier is offered a delivery, carries it and is paid, ${colorScheme}`, { timeout: 180_000 }, async () => {
    const anna = await works(`anna-${colorScheme}`, { options: { colorScheme } });
    const { page, troubles } = anna;
    const shot = (name) => page.screenshot({ path: `${SHOTS}courier-${name}-phone-${colorScheme}.png` });
    await page.locator('[data-empty=offline]').waitFor();
    assert.equal(await page.locator('h1').innerText(), `${anna.courier.name}`);
    await goesOnline(anna);
    const { delivery_id: id } = await asks(server);
    await offered(anna, id);
    assert.match(await page.locator(`[data-offer="${id}"]`).innerText(), /\d+ m.*to the pickup.*\$4\.00.*24th St & Noe St.*Market St & Castro St.*1\.8 kg/s);
    const seconds = Number(await page.locator('[data-seconds]').getAttribute('data-seconds'));
    assert.ok(seconds > 10 && seconds <= 20, `${seconds} s are left`);
    await shot('offer');
    await tap(anna, `[data-offer="${id}"] .accept`);
    await carries(anna, id, 'assigned');
    assert.equal(await page.locator('[data-offer]').count(), 0);
    assert.equal(await page.getByRole('link', { name: 'Call' }).getAttribute('href'), 'tel:+14155550123');
    await shot('carried');
    for (const status of ['at_pickup', 'picked_up', 'at_dropoff', 'delivered']) {
      await tap(anna, `[data-delivery="${id}"] .first[data-next=${status}]`);
      if (status !== 'delivered') await carries(anna, id, status);
    }
    await page.locator(`[data-delivery="${id}"]`).waitFor({ state: 'detached' });
    await page.waitForFunction(() => Number(document.querySelector('[data-pay-total]')?.dataset.payTotal) >= 500, null, { timeout: 20_000 });
    await shot('paid');
    const steps = (await shows(server, id)).timeline.map(({ status }) => status);
    assert.deepEqual(steps, ['requested', 'assigned', 'at_pickup', 'picked_up', 'at_dropoff', 'delivered']);
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overhang <= 0, `the page is ${overhang} px too wide`);
    assert.deepEqual(troubles, []);
    await goesHome(anna);
  });
}

/** C4: of two who tap at the very same moment one has it, and the other is told. */
test('two couriers accept at the same moment: one has it', { timeout: 180_000 }, async () => {
  const pair = [await works('bea', { capacity: 5 }), await works('carl', { capacity: 5 })];
  for (const one of pair) await goesOnline(one);
  for (let round = 0; round < 3; round += 1) {
    const { delivery_id: id } = await asks(server);
    await Promise.all(pair.map((one) => offered(one, id)));
    const at = Date.now() + STEADY_MS + 400;
    const tapAt = ({ page }) =>
      page.evaluate(([offer, when]) => {
        const button = document.querySelector(`[data-offer="${offer}"] .accept`);
        return new Promise((done) => setTimeout(() => done(button.click()), when - Date.now()));
      }, [id, at]);
    await Promise.all(pair.map(tapAt));
    await Promise.all(pair.map(({ page }) => page.locator(`[data-offer="${id}"]`).waitFor({ state: 'detached' })));
    const { courier } = await until(async () => {
      const shown = await shows(server, id);
      return shown.courier && shown;
    }, 'somebody has it');
    const winner = pair.find((one) => one.courier.id === courier.courier_id);
    const loser = pair.find((one) => one !== winner);
    await carries(winner, id, 'assigned');
    const told = loser.page.locator('[data-notice]', { hasText: /taken by another courier/ });
    await told.first().waitFor({ timeout: 10_000 });
    assert.equal(await loser.page.locator(`[data-delivery="${id}"]`).count(), 0);
    assert.deepEqual((await loser.courier.work()).deliveries.filter(({ delivery_id }) => delivery_id === id), []);
    if (round === 0) await loser.page.screenshot({ path: `${SHOTS}courier-too-late-phone-light.png` });
    for (const one of pair) {
      for (const button of await one.page.getByRole('button', { name: 'Dismiss' }).all()) await button.click().catch(() => {});
    }
  }
  for (const one of pair) await goesHome(one);
});

/** C4: who declines is not asked again, and somebody else is. */
test('a declined offer goes to somebody else', { timeout: 120_000 }, async () => {
  const dora = await works('dora');
  await goesOnline(dora);
  const { delivery_id: id } = await asks(server);
  await offered(dora, id);
  await tap(dora, `[data-offer="${id}"] .decline`);
  await dora.page.locator('[data-empty=offers]').waitFor();
  const emil = await works('emil');
  await goesOnline(emil);
  await offered(emil, id);
  assert.equal(await dora.page.locator('[data-offer]').count(), 0);
  assert.equal(await dora.page.locator('[data-notice=bad]').count(), 0);
  // An operator takes it away: the page says so by itself.
  await server.post(`/v1/deliveries/${id}/cancel`, { reason: 'out of stock' });
  await emil.page.locator(`[data-offer="${id}"]`).waitFor({ state: 'detached', timeout: 10_000 });
  await emil.page.locator('[data-notice=quiet]').waitFor();
  for (const one of [dora, emil]) {
    assert.deepEqual(one.troubles, []);
    await goesHome(one);
  }
});

/** C4, C5: what is given back is asked about first, and offered to others at once. */
test('a delivery is given back', { timeout: 120_000 }, async () => {
  const fred = await works('fred');
  await goesOnline(fred);
  const { delivery_id: id } = await asks(server);
  await tap(fred, `[data-offer="${id}"] .accept`);
  await carries(fred, id, 'assigned');
  const gina = await works('gina', { options: { colorScheme: 'dark' } });
  await goesOnline(gina);
  await tap(fred, `[data-delivery="${id}"] [data-next=requested]`);
  const asking = fred.page.getByRole('group', { name: /Give this delivery back/ });
  await asking.waitFor();
  await fred.page.screenshot({ path: `${SHOTS}courier-give-back-phone-light.png` });
  await tap(fred, '.asking .out');
  await fred.page.locator(`[data-delivery="${id}"]`).waitFor({ state: 'detached' });
  await offered(gina, id);
  await tap(gina, `[data-offer="${id}"] .accept`);
  await carries(gina, id, 'assigned');
  assert.equal((await shows(server, id)).courier.courier_id, 'gina');
  for (const one of [fred, gina]) {
    assert.deepEqual(one.troubles, []);
    await goesHome(one);
  }
});

/** C5, C7, C9: without a network, and without a server, a step is noted with its time and sent later. */
test('a step that is taken without a network is sent when there is one', { timeout: 180_000 }, async () => {
  const hugo = await works('hugo');
  const { page } = hugo;
  await goesOnline(hugo);
  const { delivery_id: id } = await asks(server);
  await tap(hugo, `[data-offer="${id}"] .accept`);
  await carries(hugo, id, 'assigned');
  await page.context().setOffline(true);
  await page.locator('main[data-connection=lost]').waitFor({ timeout: 30_000 });
  const from = Date.now();
  await tap(hugo, `[data-delivery="${id}"] .first[data-next=at_pickup]`);
  await page.locator('.pending', { hasText: 'Noted with its time' }).waitFor();
  const to = Date.now();
  await page.screenshot({ path: `${SHOTS}courier-no-network-phone-light.png` });
  await page.waitForTimeout(3000);
  await page.context().setOffline(false);
  await carries(hugo, id, 'at_pickup');
  await page.locator('main[data-connection=live]').waitFor({ timeout: 30_000 });
  const { at } = (await shows(server, id)).timeline.find(({ status }) => status === 'at_pickup');
  assert.ok(Date.parse(at) >= from && Date.parse(at) <= to, `${at} is when it was done`);
  await server.kill();
  await page.locator('main[data-connection=lost]').waitFor({ timeout: 30_000 });
  await tap(hugo, `[data-delivery="${id}"] .first[data-next=picked_up]`);
  await server.run(new URL(server.url).host);
  await carries(hugo, id, 'picked_up');
  await page.locator('main[data-connection=live]').waitFor({ timeout: 30_000 });
  assert.equal((await shows(server, id)).status, 'picked_up');
  await goesHome(hugo);
});

/** F2: the page is a courier's, and says so to everybody else. */
test('another role\'s key does not open the page, and a revoked one closes it', { timeout: 120_000 }, async () => {
  const { page } = await openPage(browser, { window: 'phone' });
  await page.goto(`${server.url}/courier#key=${server.key}`);
  await page.locator('form [role=alert]', { hasText: 'not a courier' }).waitFor({ timeout: 20_000 });
  assert.ok(!page.url().includes('dsk_'));
  const ines = await works('ines');
  const keys = await server.asks('GET', '/v1/keys');
  const { key_id } = keys.find(({ courier_id }) => courier_id === 'ines');
  await server.asks('DELETE', `/v1/keys/${key_id}`);
  await ines.page.locator('#secret').waitFor({ timeout: 30_000 });
  for (const opened of [page, ines.page]) await opened.context().close();
});
