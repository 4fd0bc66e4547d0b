import assert from 'node:assert/strict';
import test from 'node:test';

import { write } from '../../dev/fake_frame.js';
import { boxFor, serves } from '../../src/live/box.js';
import { readFrame } from '../../src/live/frame.js';
import { Pulse } from '../../src/live/pulse.js';
import { compass, compact, counted, span } from '../../src/ui/words.js';

test('a box serves as long as it holds the view and not far too much', () => {
  const box = boxFor([0, 0, 10, 10]);
  assert.deepEqual(box, [-3, -3, 13, 13]);
  const cases = [
    [[0, 0, 10, 10], true],
    [[2, 2, 12, 12], true],
    [[4, 0, 14, 10], false],
    [[4, 4, 5, 5], false],
    [[-20, -20, 30, 30], false],
  ];
  for (const [view, expected] of cases) assert.equal(serves(box, view), expected, String(view));
});

test('a box ends where the world does', () => {
  const world = [-200, -88, 200, 88];
  assert.deepEqual(boxFor(world), [-180, -90, 180, 90]);
  assert.equal(serves(boxFor(world), world), true);
});

test('the pulse counts what moved in the last seconds', () => {
  const pulse = new Pulse();
  const note = (now, ages, isReset = false) => {
    const couriers = ages.map((ageMs, number) => ({ number, lat: 0, lng: 0, ageMs }));
    pulse.note(readFrame(write({ couriers, isReset })), now);
  };
  assert.deepEqual([pulse.rate(0), pulse.lagMs(0)], [0, null]);
  note(0, [9, 9, 9, 9], true);
  note(1, [700, 300, 900]);
  note(2, []);
  assert.deepEqual([pulse.rate(2), pulse.lagMs(2)], [0.6, 300]);
  assert.deepEqual([pulse.rate(6), pulse.lagMs(6)], [0, null]);
});

test('numbers and times are said as people say them', () => {
  const spans = [
    [0, '0 ms'], [344, '340 ms'], [994, '990 ms'], [2100, '2.1 s'], [9960, '10 s'],
    [240_000, '4 min'], [3_570_000, '1 h'], [200_000_000, '2 d'],
  ];
  for (const [ms, expected] of spans) assert.equal(span(ms), expected);
  assert.deepEqual([counted(12345.4), compact(1234)], ['12,345', '1.2K']);
  assert.deepEqual([0, 44, 181, 359].map(compass), ['N', 'NE', 'S', 'N']);
});
