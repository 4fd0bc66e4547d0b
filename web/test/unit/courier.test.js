import assert from 'node:assert/strict';
import test from 'node:test';

import { Backlog, pingOf } from '../../src/courier/backlog.js';
import { insist, isPassing } from '../../src/courier/insist.js';
import { countdown, goneOffers, newOffers, offerKey } from '../../src/courier/offers.js';
import { Steady } from '../../src/courier/steady.js';
import { buttonsOf, headingFor, wayTo } from '../../src/courier/steps.js';
import { Unsent } from '../../src/courier/unsent.js';
import { money } from '../../src/ui/words.js';

const T0 = Date.parse('2026-11-28T18:40:00Z');
const time = (seconds) => new Date(T0 + seconds * 1000).toISOString();
const offer = (delivery_id, from = 0, until = 20) => ({ delivery_id, offered_at: time(from), expires_at: time(until) });
const work = (offers, deliveries = []) => ({ offers, deliveries: deliveries.map((delivery_id) => ({ delivery_id })) });

test('an offer counts down by the time that is given', () => {
  const cases = [[-5, 25, 1], [0, 20, 1], [5, 15, 0.75], [19.2, 1, 0.04], [20, 0, 0], [99, 0, 0]];
  for (const [seconds, left, part] of cases) {
    const said = countdown(offer('d'), T0 + seconds * 1000);
    assert.deepEqual([said.seconds, Math.round(said.part * 100) / 100], [left, part], `after ${seconds} s`);
  }
  assert.equal(countdown(offer('d', 5, 5), T0).part, 0);
});

test('an offer that goes is told with the reason, unless this courier has made it go', () => {
  const gone = (before, after, answered, seconds) =>
    goneOffers(before, after, new Set(answered), T0 + seconds * 1000).map(({ offer: { delivery_id }, why }) => `${delivery_id} ${why}`);
  const a = offer('a');
  const b = offer('b', 0, 5);
  assert.deepEqual(gone(work([a, b]), work([]), [], 6), ['a taken', 'b expired']);
  assert.deepEqual(gone(work([a, b]), work([a, b]), [], 30), []);
  assert.deepEqual(gone(work([a]), work([], ['a']), [], 1), []);
  assert.deepEqual(gone(work([a]), work([]), [offerKey(a)], 1), []);
  assert.deepEqual(gone(work([a]), work([offer('a', 20, 40)]), [], 20), ['a expired']);
});

test('an offer is new once', () => {
  const a = offer('a');
  assert.deepEqual(newOffers(null, work([a])).length, 1);
  assert.deepEqual(newOffers(work([a]), work([a])).length, 0);
  assert.deepEqual(newOffers(work([a]), work([offer('a', 20, 40)])).length, 1);
});

test('the button forward is the next step, and what is hard to take back asks first', () => {
  const cases = [
    [['at_pickup', 'picked_up', 'requested', 'failed'], 'at_pickup', ['picked_up'], ['requested', 'failed']],
    [['picked_up', 'requested', 'cancelled', 'failed'], 'picked_up', [], ['requested', 'failed']],
    [['at_dropoff', 'delivered', 'failed'], 'at_dropoff', ['delivered'], ['failed']],
    [['returned'], 'returned', [], []],
    [[], undefined, [], []],
  ];
  const names = (buttons) => buttons.map(({ status }) => status);
  for (const [next, first, others, out] of cases) {
    const buttons = buttonsOf(next);
    assert.deepEqual([buttons.first?.status, names(buttons.others), names(buttons.out)], [first, others, out], String(next));
    assert.ok(buttons.out.every(({ asks }) => asks));
    assert.ok([buttons.first, ...buttons.others].every((button) => !button?.asks));
  }
});

test('a courier heads for the pickup, then for the door, and back where it failed', () => {
  const delivery = (status) => ({ status, origin: 'shop', destination: 'door' });
  const places = ['assigned', 'at_pickup', 'picked_up', 'at_dropoff', 'failed'].map((status) => headingFor(delivery(status)).place);
  assert.deepEqual(places, ['shop', 'shop', 'door', 'door', 'shop']);
});

test('the way is opened in the maps of the phone', () => {
  const place = { address: '1200 Irving St', lat: 37.76, lng: -122.47 };
  assert.equal(wayTo(place, false), 'geo:37.76,-122.47?q=1200%20Irving%20St');
  assert.equal(wayTo({ ...place, address: null }, false), 'geo:37.76,-122.47?q=37.76%2C-122.47');
  assert.equal(wayTo(place, true), 'maps://?daddr=37.76,-122.47');
  assert.equal(wayTo({ address: 'somewhere', lat: null, lng: null }, false), null);
});

test('what a bad network swallows is sent again, what is refused is not', async () => {
  const waits = [];
  const tried = async (answers, isWorthwhile = () => true) => {
    waits.length = 0;
    const left = [...answers];
    const act = async () => {
      const answer = left.shift();
      if (answer === 'ok') return 'done';
      throw typeof answer === 'number' ? { status: answer } : new TypeError('no network');
    };
    return insist(act, { isWorthwhile, onWait: () => {}, wait: async (ms) => waits.push(ms) }).catch((problem) => problem.status ?? 'lost');
  };
  assert.equal(await tried(['ok']), 'done');
  assert.equal(await tried(['gone', 503, 429, 'gone', 'gone', 'gone', 'ok']), 'done');
  assert.deepEqual(waits, [400, 800, 1600, 3200, 6400, 8000]);
  for (const status of [400, 403, 404, 409, 422]) assert.equal(await tried(['gone', status, 'ok']), status);
  let left = 2;
  assert.equal(await tried(['gone', 'gone', 'ok'], () => (left -= 1) > 0), 'lost');
  assert.deepEqual([isPassing(new TypeError()), isPassing({ status: 500 }), isPassing({ status: 409 })], [true, true, false]);
});

test('what could not be sent is kept, of each delivery the last, and only for whom did it', () => {
  const kept = new Map();
  const storage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => kept.set(name, text),
    removeItem: (name) => kept.delete(name),
  };
  const step = (delivery_id, status, courier_id = 'anna') => ({ courier_id, delivery_id, status });
  const unsent = new Unsent(storage);
  for (const done of [step('a', 'picked_up'), step('b', 'failed'), step('a', 'delivered'), step('c', 'delivered', 'ben')]) unsent.keep(done);
  const again = new Unsent(storage);
  assert.deepEqual(again.of('anna'), [step('b', 'failed'), step('a', 'delivered')]);
  for (const delivery of ['a', 'b', 'c']) again.forget(delivery);
  assert.deepEqual([again.of('anna'), kept.size], [[], 0]);
  kept.set('doorstep.unsent', '{nonsense');
  assert.deepEqual(again.of('anna'), []);
});

test('positions wait for a network, the newest go first, and the oldest are dropped', () => {
  const backlog = new Backlog();
  const ping = (n) => ({ at: time(n) });
  for (let n = 0; n < 400; n += 1) backlog.add(ping(n));
  backlog.add(ping(399));
  assert.equal(backlog.length, 360);
  const first = backlog.next();
  assert.deepEqual([first.length, first[0].at, first.at(-1).at], [60, time(340), time(399)]);
  backlog.add(ping(400));
  backlog.answered(first, [{ line: 1, retry_after_ms: 200 }, { line: 2, retry_after_ms: null }]);
  assert.deepEqual([backlog.length, backlog.next().at(-2).at, backlog.next().at(-1).at], [301, time(340), time(400)]);
});

test('a ping says only what was measured, at the time of the server', () => {
  const coords = { latitude: 37.7, longitude: -122.4, accuracy: 12, speed: null, heading: NaN, altitude: 3 };
  const expected = { courier_id: 'anna', lat: 37.7, lng: -122.4, at: time(-3), accuracy_m: 12 };
  assert.deepEqual(pingOf('anna', { coords }, 3000, T0), expected);
  assert.equal(pingOf('anna', { coords }, -500, T0).at, time(0));
  assert.equal(pingOf('anna', { coords: { ...coords, speed: 4.5, heading: 270 } }, 0, T0).heading_deg, 270);
});

test('money is shown in the units that people count in', () => {
  assert.deepEqual([money(1250, 'USD', 'en-US'), money(1250, 'JPY', 'en-US'), money(-5, 'EUR', 'en-US')], ['$12.50', '¥1,250', '-€0.05']);
});

test('the second tap of two does not count for what came under the finger', () => {
  let now = 0;
  let taps = 0;
  const steady = new Steady(() => now);
  const tapsAt = (ms) => {
    now = ms;
    steady.tap(() => (taps += 1));
    return taps;
  };
  assert.deepEqual([tapsAt(599), tapsAt(600)], [0, 1]);
  steady.moved();
  assert.deepEqual([tapsAt(900), tapsAt(1200)], [1, 2]);
});
