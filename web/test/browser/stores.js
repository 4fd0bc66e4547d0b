/** Stores with goods in them, and who buys there. */

import { openPage } from './browser.js';
import { DOOR, SHOP } from './people.js';

/** What is sold, by id: name, category and minor units. */
const GOODS = {
  milk: ['Whole milk, 1 gal', 'DAIRY/MILK', 399],
  'oat-milk': ['Oat milk, 1 l, Private', 'DAIRY/MILK', 349],
  cheddar: ['Cheddar sharp, 8 oz', 'DAIRY/CHEESE', 529],
  bread: ['Sourdough loaf, 24 oz', 'GROCERY/BREAD', 649],
  bagels: ['Bagels, 6 ct', 'GROCERY/BREAD', 459],
  water: ['Sparkling water, 12 pk', 'GROCERY/SOFT DRINKS', 599],
  gala: ['Apples gala, 3 lb', 'PRODUCE/APPLES', 479],
  granny: ['Apples granny smith, 3 lb', 'PRODUCE/APPLES', 499],
  berries: ['Strawberries, 16 oz', 'PRODUCE/BERRIES', 549],
  chicken: ['Chicken breast boneless, 1.2 lb', 'MEAT/CHICKEN', 899],
  towels: ['Paper towels, 6 rolls, Private', 'HOUSEHOLD/PAPER', 1099],
};

/** Where the stores are; both reach the door. */
const STORES = {
  noe: { name: 'Noe St', ...SHOP },
  castro: { name: 'Castro St', lat: 37.758, lng: -122.4349, address: '18th St & Castro St' },
};

/** Puts stores and goods in place, with plenty of everything in one and of some in the other; answers a key for browsers. */
export async function opensShop(server) {
  // Without real streets the way is a straight line, and addresses are not known.
  if (server.isReal) await server.pavesTheCity();
  for (const [id, [, , minor]] of Object.entries(GOODS)) await sells(server, id, { minor });
  for (const id of Object.keys(STORES)) await stands(server, id);
  await receives(server, 'noe', Object.fromEntries(Object.keys(GOODS).map((item) => [item, 500])));
  await receives(server, 'castro', { milk: 200, gala: 200 });
  return (await server.post('/v1/keys', { role: 'shop', label: 'the page' })).secret;
}

/** Sells an item. */
export function sells(server, id, { name = GOODS[id][0], category = GOODS[id][1], minor }) {
  return server.asks('PUT', `/v1/items/${id}`, { body: JSON.stringify({ name, category, prices: { sf: minor } }) });
}

/** Puts a store in place, or changes its hours. */
export function stands(server, id, more = {}) {
  return server.asks('PUT', `/v1/centers/${id}`, { body: JSON.stringify({ market: 'sf', merchant_id: 'm8', ...STORES[id], ...more }) });
}

/** Brings goods to a store. */
export function receives(server, store, units) {
  const lines = Object.entries(units).map(([item_id, quantity]) => ({ item_id, quantity }));
  return server.post('/v1/stock/receive', { center_id: store, reference: 'truck', lines });
}

/** How much there is of an item in a store. */
export async function lies(server, store, item) {
  return (await server.asks('GET', `/v1/stock?center_id=${store}&item_id=${item}`)).quantity;
}

/** All orders, the newest first. */
export async function ordersOf(server) {
  return (await server.asks('GET', '/v1/orders?market=sf&limit=100')).data;
}

export class Buyer {
  /** Opens the shop in a browser of their own, at a place. */
  static async comes(browser, server, key, { at = DOOR, ...options } = {}) {
    const geolocation = { latitude: at.lat, longitude: at.lng };
    const opened = await openPage(browser, { geolocation, permissions: ['geolocation'], ...options });
    const buyer = Object.assign(new Buyer(), opened, { server, isPhone: options.window === 'phone' });
    await buyer.page.goto(`${server.url}/shop#key=${key}`);
    return buyer;
  }

  /** Says where they are, and waits for the answer: `open`, `closed` or `out_of_reach`. */
  async isHere(reach = 'open') {
    await this.page.getByRole('button', { name: 'Use my position' }).click();
    await this.page.locator(`[data-reach=${reach}]`).waitFor({ timeout: 20_000 });
  }

  /** Writes where they are. */
  async isAt(address) {
    await this.page.getByLabel('Street and number').fill(address);
    await this.page.keyboard.press('Enter');
    await this.page.locator('[data-reach=open]').waitFor({ timeout: 20_000 });
  }

  /** Looks for words, until an item is found. */
  async finds(words, item) {
    await this.page.getByRole('searchbox').fill(words);
    await this.page.locator(`[data-item="${item}"][data-available]`).waitFor({ timeout: 20_000 });
  }

  /** Looks for an item and puts some of it into the basket. */
  async takes(words, item, units = 1) {
    await this.finds(words, item);
    await this.page.locator(`[data-item="${item}"] [data-do=add]`).click();
    for (let more = 1; more < units; more += 1) await this.page.locator(`[data-item="${item}"] [data-do=more]`).click();
  }

  /** Opens the basket, where it is not beside the goods. */
  async looksIntoBasket() {
    if (this.isPhone) await this.page.locator('[data-basket=bar]').click();
    await this.page.locator('#phone').waitFor();
  }

  /** Opens the basket and orders. */
  async orders({ phone = '+1 415 555 0123', choice = null } = {}) {
    await this.looksIntoBasket();
    await this.page.locator('#phone').fill(phone);
    if (choice) await this.page.locator(`input[value=${choice}]`).check();
    await this.page.locator('button.order').click();
  }

  /** Waits for the order's page, and answers the order's name. */
  async has() {
    await this.page.waitForURL('**/shop/order/*', { timeout: 30_000 });
    const main = this.page.locator('main[data-order]');
    await main.waitFor({ timeout: 20_000 });
    return main.getAttribute('data-order');
  }

  /** Waits until an order is refused in a way. */
  isRefused(kind) {
    return this.page.locator(`[data-refusal=${kind}]`).waitFor({ timeout: 20_000 });
  }

  /** What went wrong in the page, besides refusals, which browsers note. */
  get unexpected() {
    return this.troubles.filter((trouble) => !/status of (409|400|404|401)|net::ERR/.test(trouble));
  }

  goes() {
    return this.page.context().close();
  }
}
