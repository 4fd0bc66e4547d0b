import assert from 'node:assert/strict';
import test from 'node:test';

import { write } from '../../dev/fake_frame.js';
import { FrameError, readFrame, stateOf } from '../../src/live/frame.js';

test('a frame tells what was written', () => {
  const couriers = [
    { number: 7, lat: 37.7577, lng: -122.4376, ageMs: 1500, heading: 64, state: 2, flags: 1 },
    { number: 4_000_000_000, lat: -89.9999999, lng: 179.9999999, ageMs: 4_294_967_295 },
  ];
  const frame = readFrame(write({ isReset: true, version: 2 ** 40, serverTimeMs: 1_795_000_000_000, couriers }));
  assert.equal(frame.isReset, true);
  assert.equal(frame.isWhole, true);
  assert.equal(frame.version, 2n ** 40n);
  assert.equal(frame.serverTimeMs, 1_795_000_000_000);
  assert.equal(frame.clusters, null);
  const read = [0, 1].map((index) => ({
    number: frame.couriers.number(index),
    lat: frame.couriers.latE7(index),
    lng: frame.couriers.lngE7(index),
    ageMs: frame.couriers.ageMs(index),
    traits: frame.couriers.traits(index),
  }));
  assert.deepEqual(read, [
    { number: 7, lat: 377_577_000, lng: -1_224_376_000, ageMs: 1500, traits: 64 | (2 << 8) | (1 << 16) },
    { number: 4_000_000_000, lat: -899_999_999, lng: 1_799_999_999, ageMs: 4_294_967_295, traits: 255 | (1 << 8) },
  ]);
});

test('clusters are counted', () => {
  const { clusters, couriers } = readFrame(write({ clusters: [{ lat: 1.5, lng: -2.5, count: 3_000_000_000 }] }));
  assert.equal(couriers, null);
  const read = [clusters.count, clusters.latE7(0), clusters.lngE7(0), clusters.size(0)];
  assert.deepEqual(read, [1, 15_000_000, -25_000_000, 3_000_000_000]);
});

test('a part of a snapshot is not the whole', () => {
  assert.equal(readFrame(write({ isReset: true, version: 0, couriers: [] })).isWhole, false);
});

test('states beyond those known are taken for the busiest', () => {
  assert.deepEqual([0, 1, 2, 9].map((state) => stateOf(state << 8)), [0, 1, 2, 2]);
});

test('what is no frame is refused', () => {
  const whole = () => write({ couriers: [{ number: 1, lat: 0, lng: 0 }] });
  const altered = (at, value) => {
    const buffer = whole();
    new DataView(buffer).setUint8(at, value);
    return buffer;
  };
  const cases = [
    ['nothing', new ArrayBuffer(0), /28 bytes/],
    ['other letters', altered(0, 0), /no frame/],
    ['a later version', altered(4, 2), /reload the page/],
    ['cut off', whole().slice(0, -1), /do not fit/],
    ['one more than there are', altered(24, 2), /do not fit/],
  ];
  for (const [what, buffer, message] of cases) {
    assert.throws(() => readFrame(buffer), (error) => error instanceof FrameError && message.test(error.message), what);
  }
});
