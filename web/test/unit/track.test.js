import assert from 'node:assert/strict';
import test from 'node:test';

import { Glide } from '../../src/track/glide.js';
import { linkOf } from '../../src/track/link.js';
import { arrival, headline, isOver, metresBetween, positionAge, STEPS, stepOf, stepTimes } from '../../src/track/story.js';

const DOOR = { lat: 37.7749, lng: -122.4194 };
const at = (metresNorth) => ({ lat: DOOR.lat + metresNorth / 111_195, lng: DOOR.lng, updated_at: '2026-11-28T18:40:00Z' });

/** A delivery that went through these statuses, a minute each. */
function went(statuses, rest = {}) {
  const timeline = statuses.map((status, minute) => ({ status, at: `2026-11-28T18:${10 + minute}:00Z` }));
  return { status: statuses.at(-1), timeline, destination: DOOR, courier: { name: 'Anna', vehicle: 'bicycle' }, courier_location: null, ...rest };
}

const CASES = [
  // statuses, the rest, step, headline, mood
  [['requested'], { courier: null }, 0, 'Looking for a courier', 'waiting'],
  [['requested', 'assigned'], {}, 1, 'Anna is on the way to the pickup', 'going'],
  [['requested', 'assigned'], { courier: null }, 1, 'Your courier is on the way to the pickup', 'going'],
  [['requested', 'assigned', 'requested'], {}, 0, 'Looking for another courier', 'waiting'],
  [['requested', 'assigned', 'at_pickup'], { courier_location: at(10) }, 1, 'Anna is at the pickup', 'going'],
  [['requested', 'assigned', 'picked_up'], {}, 2, 'Anna is on the way to you', 'going'],
  [['requested', 'assigned', 'picked_up'], { courier_location: at(450) }, 2, 'Anna is on the way to you', 'going'],
  [['requested', 'assigned', 'picked_up'], { courier_location: at(350) }, 3, 'Anna is nearby', 'going'],
  [['requested', 'assigned', 'picked_up', 'at_dropoff'], {}, 3, 'Anna is at the door', 'going'],
  [['requested', 'assigned', 'picked_up', 'delivered'], {}, 4, 'Delivered', 'good'],
  [['requested', 'assigned', 'picked_up', 'failed'], {}, 2, 'It could not be delivered', 'bad'],
  [['requested', 'assigned', 'failed'], {}, 1, 'This delivery will not happen', 'bad'],
  [['requested', 'assigned', 'picked_up', 'at_dropoff', 'failed', 'returned'], {}, 3, 'Returned to the sender', 'bad'],
  [['requested', 'assigned', 'requested', 'cancelled'], {}, 0, 'Cancelled', 'bad'],
  [['requested', 'teleported_home'], {}, 0, 'teleported home', 'waiting'],
];

test('a delivery stands on the step it has reached, and says so', () => {
  for (const [statuses, rest, step, title, mood] of CASES) {
    const tracking = went(statuses, rest);
    const said = headline(tracking);
    assert.deepEqual([stepOf(tracking), said.title, said.mood], [step, title, mood], statuses.join(' '));
    assert.ok(said.line.endsWith('.'), title);
    assert.ok(step < STEPS.length);
  }
});

test('only what nothing follows is over', () => {
  const over = ['requested', 'assigned', 'at_pickup', 'picked_up', 'at_dropoff', 'failed', 'delivered', 'returned', 'cancelled']
    .filter((status) => isOver({ status }));
  assert.deepEqual(over, ['delivered', 'returned', 'cancelled']);
});

test('steps tell when they were reached, and those beyond tell nothing', () => {
  const minutes = (tracking) => stepTimes(tracking, stepOf(tracking)).map((time) => time && Number(time.slice(14, 16)));
  assert.deepEqual(minutes(went(['requested', 'assigned', 'at_pickup', 'picked_up'])), [10, 11, 13, null, null]);
  assert.deepEqual(minutes(went(['requested', 'assigned', 'requested'])), [12, null, null, null, null]);
  assert.deepEqual(minutes(went(['requested', 'assigned', 'picked_up', 'delivered'])), [10, 11, 12, null, 13]);
  assert.deepEqual(minutes(went(['requested', 'assigned', 'requested', 'assigned'])), [12, 13, null, null, null]);
});

test('an arrival is a range that never begins in the past', () => {
  const clock = (time) => Date.parse(`2026-11-28T${time}:00Z`);
  const said = (likely, from, until, now, rest = {}) => {
    const instants = { estimated_arrival: likely, arrival_p10: from, arrival_p90: until };
    const given = Object.entries(instants).map(([name, time]) => [name, time && new Date(clock(time)).toISOString()]);
    const { from: first, until: last, minutes, note } = arrival({ status: 'picked_up', ...Object.fromEntries(given), ...rest }, clock(now));
    const shown = (instant) => instant && new Date(instant).toISOString().slice(11, 16);
    return [shown(first), shown(last), minutes, note];
  };
  const deadline = { deliver_by: '2026-11-28T18:45:00Z' };
  const cases = [
    [['18:47', '18:42', '18:55', '18:30'], ['18:42', '18:55', 17, null]],
    [['18:47', '18:42', '18:55', '18:45'], ['18:45', '18:55', 2, null]],
    [['18:47', '18:42', '18:55', '18:50'], ['18:50', '18:55', 1, null]],
    [['18:47', '18:42', '18:55', '18:56'], [null, null, null, 'late']],
    [['18:47', null, null, '18:30'], ['18:47', '18:47', 17, null]],
    [[null, null, null, '18:30'], [null, null, null, null]],
    [['18:47', '18:42', '18:55', '18:30', deadline], ['18:42', '18:55', 17, 'after-deadline']],
    [['18:47', '18:42', '18:55', '18:30', { status: 'at_dropoff' }], [null, null, null, null]],
    [['18:47', '18:42', '18:55', '18:30', { status: 'delivered' }], [null, null, null, null]],
    [['18:47', '18:42', '18:55', '18:30', { status: 'cancelled' }], [null, null, null, null]],
  ];
  for (const [given, expected] of cases) assert.deepEqual(said(...given), expected, given.join(' '));
  const { deadline: told } = arrival({ status: 'requested', estimated_arrival: null, ...deadline }, 0);
  assert.equal(told, clock('18:45'));
});

test('a position is as old as the server says', () => {
  const now = Date.parse('2026-11-28T18:42:05Z');
  assert.equal(positionAge(went(['requested'], { courier_location: at(0) }), now), 125_000);
  assert.equal(positionAge(went(['requested']), now), null);
});

test('metres are right within a town', () => {
  const south = { lat: 37.7093, lng: -122.4194 };
  assert.ok(Math.abs(metresBetween(DOOR, south) - 7294) < 5);
  const east = { lat: 37.7749, lng: -122.3681 };
  assert.ok(Math.abs(metresBetween(DOOR, east) - 4509) < 5);
});

test('a courier glides for as long as it took to hear of it, from where it is shown', () => {
  const glide = new Glide();
  assert.equal(glide.at(0), null);
  glide.take({ lng: 0, lat: 1 }, 1000);
  assert.deepEqual([glide.at(1000), glide.isMoving(1000)], [{ lng: 0, lat: 1 }, false]);
  glide.take({ lng: 0.004, lat: 1 }, 5000);
  assert.deepEqual([glide.at(7000), glide.isMoving(7000)], [{ lng: 0.002, lat: 1 }, true]);
  glide.take({ lng: 0.004, lat: 1 }, 7000);
  assert.deepEqual(glide.at(9000), { lng: 0.004, lat: 1 });
  assert.equal(glide.isMoving(9000), false);
  glide.take({ lng: 0.004, lat: 1.001 }, 60_000);
  assert.equal(glide.at(65_000).lat.toFixed(4), '1.0005');
  glide.take({ lng: 0.006, lat: 1 }, 65_000);
  assert.deepEqual(glide.at(65_000), { lng: 0.004, lat: 1.0005 });
  glide.take({ lng: 3, lat: 1 }, 66_000);
  assert.deepEqual([glide.at(66_000), glide.isMoving(66_000)], [{ lng: 3, lat: 1 }, false]);
  glide.clear();
  assert.equal(glide.isPlaced, false);
});

test('whoever wants nothing to move is shown where the courier is', () => {
  const glide = new Glide(true);
  glide.take({ lng: 0, lat: 1 }, 0);
  glide.take({ lng: 0.001, lat: 1 }, 5000);
  assert.deepEqual([glide.at(5000), glide.isMoving(5000)], [{ lng: 0.001, lat: 1 }, false]);
});

test('a link is taken from its own address only', () => {
  const cases = [
    ['/track/del_1.abc', 'del_1.abc'], ['/track/del_1.abc/', 'del_1.abc'], ['/track/', null], ['/track/a/b', null], ['/', null],
  ];
  for (const [path, expected] of cases) assert.equal(linkOf(path), expected, path);
});
