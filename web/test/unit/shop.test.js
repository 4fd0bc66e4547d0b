import assert from 'node:assert/strict';
import test from 'node:test';

import { atPrices, isAllThere, limitOf, quantityOf, tipOf, totalOf, troublesOf, unitsOf, whatIsLeft, withQuantity } from '../../src/shop/basket.js';
import { KeptBasket, KeptOrder, KeptVisit } from '../../src/shop/kept.js';
import { headline, orderLinkOf, partStory } from '../../src/shop/order_story.js';
import { isOld, isUnanswered, newKey, orderOf, phoneOf, refusalOf, sendOrder } from '../../src/shop/ordering.js';
import { categoriesBelow, categoryName, hueOf, nameParts, opening, several, stockWords, wait } from '../../src/shop/words.js';

const MILK = { item_id: 'milk', name: 'Milk, 1 l', price_minor: 349 };
const BREAD = { item_id: 'bread', name: 'Bread', price_minor: 500 };
const basket = (...units) => [MILK, BREAD].map((item, at) => ({ ...item, quantity: units[at] })).filter(({ quantity }) => quantity > 0);
const counts = (lines) => lines.map(({ item_id, quantity }) => `${item_id} ${quantity}`);

/** What browsers keep things in. */
class Storage {
  #kept = new Map();
  getItem = (place) => this.#kept.get(place) ?? null;
  setItem = (place, text) => void this.#kept.set(place, text);
  removeItem = (place) => void this.#kept.delete(place);
}

test('things are put in, changed where they stand, and taken out', () => {
  const cases = [
    [[], MILK, 2, ['milk 2']],
    [basket(2, 1), MILK, 3, ['milk 3', 'bread 1']],
    [basket(2, 1), MILK, 0, ['bread 1']],
    [basket(2, 1), MILK, -4, ['bread 1']],
    [basket(2), BREAD, 1.9, ['milk 2', 'bread 1']],
    [basket(2), MILK, 5000, ['milk 1000']],
  ];
  for (const [before, item, quantity, after] of cases) {
    const kept = structuredClone(before);
    assert.deepEqual(counts(withQuantity(before, item, quantity)), after);
    assert.deepEqual(before, kept, 'the old lines stay as they were');
  }
  const full = Array.from({ length: 100 }, (_, at) => ({ ...MILK, item_id: `i${at}`, quantity: 1 }));
  assert.equal(withQuantity(full, BREAD, 1).length, 100, 'an order takes a hundred lines');
  assert.equal(quantityOf(withQuantity(full, { ...MILK, item_id: 'i7' }, 4), 'i7'), 4);
});

test('sums are whole minor units', () => {
  assert.deepEqual([unitsOf(basket(3, 2)), totalOf(basket(3, 2)), totalOf([])], [5, 3 * 349 + 2 * 500, 0]);
  for (const [percent, tip] of [[0, 0], [10, 205], [15, 307], [20, 409]]) assert.equal(tipOf(basket(3, 2), percent), tip, `${percent} %`);
});

test('no more is wanted than there is, and it is said why', () => {
  const cases = [[undefined, 1000, null], [0, 0, 'stock'], [17, 17, 'stock'], [999, 999, 'stock'], [1000, 1000, 'bound'], [5000, 1000, 'bound']];
  for (const [available, most, why] of cases) assert.deepEqual(limitOf(available), { most, why }, String(available));
});

test('what has changed while it lay in the basket is seen', () => {
  const seen = (known) => Object.fromEntries(troublesOf(basket(2, 1), (id) => known[id]));
  assert.deepEqual(seen({}), {}, 'what nobody has told is no trouble');
  assert.deepEqual(seen({ milk: { available: 2, price_minor: 349 }, bread: { available: 9, price_minor: 500 } }), {});
  assert.deepEqual(seen({ milk: { available: 1, price_minor: 349 } }), { milk: { wanted: 2, available: 1 } });
  assert.deepEqual(seen({ bread: { available: 0, price_minor: null } }), { bread: { wanted: 1, available: 0 } });
  assert.deepEqual(seen({ milk: { available: 1, price_minor: 399 } }), { milk: { wanted: 2, available: 1, was_minor: 349, price_minor: 399 } });
});

test('what is left is taken, and never more than was wanted', () => {
  const cases = [
    [[['milk', 1]], ['milk 1', 'bread 2']],
    [[['milk', 0]], ['bread 2']],
    [[['milk', 9], ['bread', 1]], ['milk 3', 'bread 1']],
    [[['milk', 0], ['bread', 0]], []],
    [[['other', 0]], ['milk 3', 'bread 2']],
  ];
  for (const [left, after] of cases) {
    const shortages = left.map(([item_id, available]) => ({ item_id, available }));
    assert.deepEqual(counts(whatIsLeft(basket(3, 2), shortages)), after);
  }
  assert.deepEqual(atPrices(basket(1, 1), (id) => (id === 'milk' ? { price_minor: 1 } : { price_minor: null })).map(({ price_minor }) => price_minor), [1, 500]);
  assert.ok(isAllThere([{ wanted: 2, available: 2 }, { wanted: 1, available: 7 }]));
  assert.ok(!isAllThere([{ wanted: 2, available: 2 }, { wanted: 2, available: 1 }]));
});

test('a basket is kept for its market, and what cannot be read is none', () => {
  const storage = new Storage();
  const [sf, ny] = ['sf', 'ny'].map((market) => new KeptBasket(market, storage));
  sf.write(basket(2, 1));
  ny.write(basket(1));
  assert.deepEqual([counts(sf.read()), counts(ny.read())], [['milk 2', 'bread 1'], ['milk 1']]);
  sf.write([]);
  assert.deepEqual([sf.read(), counts(ny.read())], [[], ['milk 1']]);
  ny.write([]);
  assert.equal(storage.getItem('doorstep.basket'), null, 'nothing is left behind');
  for (const text of ['{', '7', '{"sf":7}', '{"sf":[{"item_id":1},{"item_id":"a","quantity":0,"price_minor":1},null]}']) {
    storage.setItem('doorstep.basket', text);
    assert.deepEqual(sf.read(), [], text);
  }
  const full = { getItem: () => null, setItem: () => { throw new Error('full'); }, removeItem: () => {} };
  new KeptBasket('sf', full).write(basket(1));
});

test('an order that was not answered is kept until it is, and another is not forgotten for it', () => {
  const kept = new KeptOrder(new Storage());
  assert.equal(kept.read(), null);
  kept.keep({ key: 'k2', at_ms: 5, body: { lines: [] } });
  kept.forget('k1');
  assert.equal(kept.read().key, 'k2');
  kept.forget('k2');
  assert.equal(kept.read(), null);
  assert.deepEqual([isOld({ at_ms: 0 }, 600_000), isOld({ at_ms: 0 }, 600_001)], [false, true]);
  const visit = new KeptVisit(new Storage());
  visit.set('phone', '+1');
  visit.set('place', { lat: 1 });
  assert.deepEqual([visit.get('phone'), visit.get('place'), visit.get('name')], ['+1', { lat: 1 }, null]);
});

test('a telephone number is E.164 however it is written', () => {
  const cases = [
    ['+1 (415) 555-0123', '+14155550123'], ['0049 30 901820', '+4930901820'], ['+44.20/7946 0958', '+442079460958'],
    ['415 555 0123', null], ['+0 123 4567', null], ['+1', null], ['', null], ['+1415555012345678', null], ['+1 415 call me', null],
  ];
  for (const [written, said] of cases) assert.equal(phoneOf(written), said, written);
});

test('an order says what was shown, and nothing that was not said', () => {
  const order = (more) => orderOf({ market: 'sf', place: { lat: 1, lng: 2, address: null }, customer: { phone: '+1415', name: '' }, lines: basket(2), onShortage: 'split', tipMinor: 0, instructions: '', ...more });
  assert.deepEqual(order(), {
    market: 'sf', customer: { phone: '+1415' }, destination_address: { lat: 1, lng: 2 },
    lines: [{ item_id: 'milk', quantity: 2, price_minor: 349 }], on_shortage: 'split',
  });
  const whole = order({ place: { lat: 1, lng: 2, address: '1 Main St' }, customer: { phone: '+1', name: 'Kim' }, tipMinor: 70, instructions: 'ring' });
  assert.deepEqual([whole.destination_address.address, whole.customer.name, whole.tip_minor, whole.instructions], ['1 Main St', 'Kim', 70, 'ring']);
  const keys = new Set(Array.from({ length: 100 }, newKey));
  assert.ok(keys.size === 100 && [...keys].every((key) => /^[0-9a-f]{32}$/.test(key)));
});

test('an order is sent under its key until it is answered', async () => {
  const order = { key: 'k', body: {} };
  const problem = (status, code) => Object.assign(new Error(code), { status, code });
  const send = async (...answers) => {
    const seen = { keys: [], waits: 0 };
    const post = async ({ key }) => {
      seen.keys.push(key);
      const answer = answers[Math.min(seen.keys.length, answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const options = { isWanted: () => seen.keys.length < 9, onWait: () => (seen.waits += 1), wait: async () => {} };
    seen.end = await sendOrder(order, post, options).catch((refusal) => refusal);
    return seen;
  };
  const placed = { order_id: 'ord_1' };
  const lost = await send(new TypeError('no network'), problem(503, 'x'), problem(429, 'busy'), problem(409, 'request_running'), placed);
  assert.deepEqual([lost.end, lost.waits, new Set(lost.keys).size], [placed, 4, 1]);
  const refused = await send(problem(409, 'shortage'));
  assert.deepEqual([refused.end.code, refused.keys.length, isUnanswered(refused.end)], ['shortage', 1, false]);
  const left = await send(problem(409, 'request_running'));
  assert.deepEqual([left.keys.length, isUnanswered(left.end)], [9, true], 'who leaves the page has no answer');
});

test('each refusal is said in words, with what can be done', () => {
  const of = (code, details = {}, on_shortage = 'split') => refusalOf({ code, details, message: 'as the server says' }, { on_shortage });
  const lines = (...pairs) => ({ lines: pairs.map(([wanted, available], at) => ({ item_id: `i${at}`, wanted, available })) });
  const cases = [
    [of('shortage', lines([2, 1], [1, 4])), 'short'],
    [of('shortage', lines([2, 0], [1, 4])), 'short'],
    [of('shortage', lines([2, 0], [1, 0])), 'gone'],
    [of('shortage', lines([1, 0])), 'gone'],
    [of('shortage', lines([2, 2], [1, 4]), 'refuse'), 'apart'],
    [of('price_changed'), 'price'],
    [of('closed'), 'closed'],
    [of('out_of_reach'), 'out_of_reach'],
    [of('invalid', { errors: [{ pointer: '/customer/phone', detail: 'is too short' }] }), 'field'],
    [of('whatever'), 'other'],
  ];
  for (const [refusal, kind] of cases) {
    assert.equal(refusal.kind, kind);
    assert.ok(refusal.title && refusal.line, kind);
  }
  assert.deepEqual([cases[8][0].pointer, cases[8][0].line, cases[9][0].line], ['/customer/phone', 'is too short', 'as the server says']);
});

test('the shop\'s words', () => {
  for (const [seconds, said] of [[5, '1 min'], [1260, '21 min'], [5340, '89 min'], [7200, '2 h']]) assert.equal(wait(seconds), said);
  for (const [category, said] of [['DAIRY/PLANT MILK', 'Plant milk'], ['Fresh Bread', 'Fresh Bread'], ['bread', 'Bread']]) assert.equal(categoryName(category), said);
  assert.deepEqual(nameParts('Oat milk, 1 l, Private'), { what: 'Oat milk', more: '1 l, Private' });
  assert.deepEqual(nameParts('Bread'), { what: 'Bread', more: '' });
  assert.deepEqual([0, 1, 5, 6, 999, 1000].map((units) => stockWords(units).text), ['Not here now', 'Only 1 left', 'Only 5 left', '6 here', '999 here', 'Plenty here']);
  assert.deepEqual([several(1, 'store'), several(3, 'store')], ['1 store', '3 stores']);
  const now = Date.parse('2026-11-28T20:00:00Z');
  const opens = (text) => opening(text, 'America/Los_Angeles', now, 'en-US').replaceAll('\u202f', ' ');
  assert.deepEqual([opens('2026-11-29T05:00:00Z'), opens('2026-11-29T15:00:00Z')], ['9:00 PM', 'Sun 7:00 AM'], 'in the time of the store');
});

test('categories are a path: each counts what is below it', () => {
  const all = [{ category: 'A', items: 1 }, { category: 'A/B', items: 2 }, { category: 'A/B/C', items: 3 }, { category: 'AB', items: 4 }];
  const below = (parent) => categoriesBelow(all, parent).map(({ category, items }) => `${category} ${items}`);
  assert.deepEqual([below(''), below('A'), below('A/B'), below('A/B/C')], [['A 6', 'AB 4'], ['A/B 5'], ['A/B/C 3'], []]);
  assert.equal(hueOf('DAIRY/MILK'), hueOf('DAIRY'));
});

test('an order\'s page says how it stands', () => {
  const parts = (...statuses) => statuses.map((status) => ({ status }));
  const cases = [
    ['reserved', parts(undefined), 'Waiting for the payment', 'waiting'],
    ['placed', parts('requested'), 'It is yours', 'waiting'],
    ['under_way', parts('picked_up', 'requested'), 'On its way', 'going'],
    ['under_way', parts('delivered', 'picked_up'), '1 of 2 deliveries have arrived', 'going'],
    ['delivered', parts('delivered', 'delivered'), 'Delivered', 'good'],
    ['delivered', parts('delivered', 'cancelled'), 'Delivered in part', 'bad'],
    ['failed', parts('failed'), 'It could not be delivered', 'bad'],
    ['cancelled', parts('cancelled'), 'Cancelled', 'bad'],
    ['released', parts(undefined), 'Not ordered', 'bad'],
    ['some_new_one', parts(undefined), 'some new one', 'waiting'],
  ];
  for (const [status, of, title, mood] of cases) {
    const said = headline({ status, parts: of });
    assert.deepEqual([said.title, said.mood], [title, mood], status);
  }
  assert.deepEqual([partStory({}).title, partStory({ status: 'at_dropoff' }).step, partStory({ status: 'brand_new' }).title], ['Looking for a courier', 3, 'brand new']);
  assert.deepEqual(['/shop/order/ord_1.abc', '/shop/order/ord_1.abc/', '/shop', '/shop/order/'].map(orderLinkOf), ['ord_1.abc', 'ord_1.abc', null, null]);
});
