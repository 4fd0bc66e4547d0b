import assert from 'node:assert/strict';
import test from 'node:test';

import { write } from '../../dev/fake_frame.js';
import { Dots } from '../../src/live/dots.js';
import { readFrame } from '../../src/live/frame.js';
import { latOf, lngOf, xOf, yOf } from '../../src/map/mercator.js';

const BOX = [-123, 37, -122, 38];
const CENTIMETRE = 1e-7;

/** A world of dots to which frames are told. */
function told(...frames) {
  const dots = new Dots();
  for (const { now = 0, box = BOX, ...frame } of frames) dots.take(readFrame(write(frame)), { now, box });
  return dots;
}

const at = (number, lng, rest = {}) => ({ number, lat: 37.5, lng, ...rest });

function near(shown, lng, lat = 37.5) {
  assert.ok(Math.abs(shown.lng - lng) < 2 * CENTIMETRE, `${shown.lng} is not ${lng}`);
  assert.ok(Math.abs(shown.lat - lat) < 2 * CENTIMETRE, `${shown.lat} is not ${lat}`);
}

test('mercator there and back again is within two centimetres', () => {
  for (const [lng, lat] of [[-122.4376, 37.7577], [179.9999999, -80], [-180, 85], [0, 0]]) {
    assert.ok(Math.abs(lngOf(xOf(lng)) - lng) < 2 * CENTIMETRE);
    assert.ok(Math.abs(latOf(yOf(lat)) - lat) < 2 * CENTIMETRE);
  }
});

test('a dot glides to where it is told to be, and rests there', () => {
  const dots = told({ couriers: [at(5, -122.5)] }, { now: 2, couriers: [at(5, -122.499)] });
  const slot = dots.slotOf(5);
  near(dots.shownAt(slot, 2), -122.5);
  near(dots.shownAt(slot, 3), -122.4995);
  near(dots.shownAt(slot, 4), -122.499);
  near(dots.shownAt(slot, 9), -122.499);
  near(dots.reportedAt(slot), -122.499);
  assert.equal(dots.restless, 4);
});

test('a dot that is told anew on its way sets out from where it is shown', () => {
  const couriers = (lng) => [at(5, lng)];
  const dots = told({ couriers: couriers(-122.5) }, { now: 2, couriers: couriers(-122.499) }, { now: 3, couriers: couriers(-122.498) });
  near(dots.shownAt(dots.slotOf(5), 3), -122.4995);
  near(dots.shownAt(dots.slotOf(5), 4), -122.498);
});

test('a jump of kilometres is shown as one', () => {
  const dots = told({ couriers: [at(5, -122.5)] }, { now: 2, couriers: [at(5, -122.1)] });
  near(dots.shownAt(dots.slotOf(5), 2), -122.1);
});

test('whoever leaves the box is forgotten, and the others keep their places', () => {
  const dots = told(
    { couriers: [at(1, -122.1), at(2, -122.2, { state: 2 }), at(3, -122.3, { state: 0 })] },
    { now: 1, couriers: [at(1, -121.9)] },
  );
  assert.equal(dots.count, 2);
  assert.deepEqual([...dots.counts], [1, 0, 1]);
  assert.equal(dots.slotOf(1), -1);
  near(dots.reportedAt(dots.slotOf(2)), -122.2);
  near(dots.reportedAt(dots.slotOf(3)), -122.3);
  assert.equal(dots.numberAt(dots.slotOf(3)), 3);
});

test('a snapshot forgets whoever is not in it, once its last part has come', () => {
  const first = { couriers: [at(1, -122.1), at(2, -122.2), at(3, -122.3)] };
  const part = { now: 1, isReset: true, version: 0, couriers: [at(2, -122.2)] };
  assert.equal(told(first, part).count, 3);
  const dots = told(first, part, { now: 1, couriers: [at(4, -122.4)] });
  assert.deepEqual([1, 2, 3, 4].map((number) => dots.slotOf(number) >= 0), [false, true, false, true]);
  assert.deepEqual([...dots.counts], [0, 2, 0]);
});

test('states are counted as they change', () => {
  const dots = told({ couriers: [at(1, -122.1)] }, { couriers: [at(1, -122.1, { state: 2 })] });
  assert.deepEqual([...dots.counts], [0, 0, 1]);
});

test('the nearest dot within reach is found where it is shown', () => {
  const dots = told({ couriers: [at(1, -122.5), at(2, -122.49)] }, { now: 2, couriers: [at(1, -122.499)] });
  assert.equal(dots.numberAt(dots.nearest({ lng: -122.4997, lat: 37.5 }, 0.001, 2)), 1);
  assert.equal(dots.nearest({ lng: -122.495, lat: 37.5 }, 0.001, 2), -1);
});

test('there is room for many, in any order of numbers', () => {
  const couriers = Array.from({ length: 5000 }, (_, index) => at(((index * 7919) % 5000) * 3, -122.9 + index * 1e-4));
  const dots = told({ couriers });
  assert.equal(dots.count, 5000);
  for (const [index, { number, lng }] of couriers.entries()) {
    assert.equal(dots.slotOf(number), index);
    near(dots.reportedAt(index), lng);
  }
  assert.equal(dots.words.length, 5000 * 8);
  assert.deepEqual(dots.bounds().map((edge) => Math.round(edge * 1e4) / 1e4), [-122.9, 37.5, -122.4001, 37.5]);
  dots.clear();
  assert.deepEqual([dots.count, dots.slotOf(3), dots.bounds()], [0, -1, null]);
});
