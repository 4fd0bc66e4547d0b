import assert from 'node:assert/strict';
import test from 'node:test';

import { EventStream } from '../../src/follow/event_stream.js';
import { Follow } from '../../src/follow/follow.js';
import { ServerClock } from '../../src/follow/server_clock.js';

/** A follower, its time in our hands, and a server that streams and answers as it is told to. */
class Story {
  at = 0;
  timers = new Set();
  streams = [];
  told = [];
  states = [];
  asked = [];
  /** What questions are answered with. */
  answer = () => ({ n: 0 });

  constructor() {
    const time = {
      now: () => this.at,
      after: (ms, act) => {
        const timer = { at: this.at + ms, act };
        this.timers.add(timer);
        return () => this.timers.delete(timer);
      },
    };
    this.follow = new Follow({
      time,
      chance: () => 1,
      open: (tell) => {
        const stream = { ...tell, isOpen: true };
        this.streams.push(stream);
        return () => (stream.isOpen = false);
      },
      ask: async (isKnown) => {
        this.asked.push(isKnown);
        return this.answer();
      },
      onNews: ({ n }) => this.told.push(n),
      onState: (state) => this.states.push(state),
      onEnd: ({ status }) => this.told.push(`end ${status}`),
    });
  }

  get stream() {
    return this.streams.at(-1);
  }

  /** Lets milliseconds pass, and everything that is due in them happen. */
  async passes(ms) {
    const until = this.at + ms;
    for (;;) {
      const due = [...this.timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.at = due.at;
      this.timers.delete(due);
      due.act();
      await settled();
    }
    this.at = until;
    await settled();
  }

  refuses(status) {
    this.answer = () => Promise.reject(status ? { status } : new TypeError('no network'));
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a stream that speaks is followed, and nothing is asked', async () => {
  const story = new Story();
  story.stream.onNews({ n: 1 });
  for (let n = 2; n < 8; n += 1) {
    await story.passes(10_000);
    story.stream.onBreath();
  }
  story.stream.onNews({ n: 8 });
  assert.deepEqual([story.told, story.states, story.asked.length], [[1, 8], ['live'], 0]);
  assert.equal(story.streams.length, 1);
});

/** C7: when the stream is gone, polling every five seconds gives the same view. */
test('a stream that drops is replaced by asking every five seconds, until there is one again', async () => {
  const story = new Story();
  story.stream.onNews({ n: 1 });
  let n = 1;
  story.answer = () => ({ n: (n += 1) });
  story.stream.onLost(null);
  await settled();
  assert.deepEqual([story.states, story.told], [['live', 'polling'], [1, 2]]);
  for (let seconds = 0; seconds < 20; seconds += 1) {
    await story.passes(1000);
    if (story.stream.isOpen) story.stream.onLost(new TypeError('no network'));
  }
  assert.deepEqual(story.told, [1, 2, 3, 4, 5, 6]);
  assert.ok(story.streams.length > 4, 'the stream is tried again');
  await story.passes(15_000);
  story.stream.onNews({ n: 99 });
  const { length } = story.asked;
  await story.passes(9000);
  assert.equal(story.asked.length, length, 'nothing is asked beside a stream');
  assert.deepEqual([story.told.at(-1), story.follow.state], [99, 'live']);
});

test('a tag counts only for what came by asking', async () => {
  const story = new Story();
  await story.passes(1500);
  await story.passes(5000);
  story.stream.onNews({ n: 1 });
  story.stream.onLost(null);
  await settled();
  await story.passes(5000);
  assert.deepEqual(story.asked, [false, true, false, true]);
});

test('a stream that opens and says nothing is asked beside, and given up', async () => {
  const story = new Story();
  await story.passes(1499);
  assert.equal(story.asked.length, 0);
  await story.passes(1);
  assert.deepEqual([story.asked.length, story.follow.state], [1, 'polling']);
  await story.passes(30_000);
  assert.equal(story.streams.length, 2);
  assert.equal(story.streams[0].isOpen, false);
});

test('neither stream nor answer is lost, and either ends that', async () => {
  const story = new Story();
  story.refuses();
  story.stream.onLost(new TypeError('no network'));
  await settled();
  assert.equal(story.follow.state, 'lost');
  story.answer = () => ({ n: 7 });
  await story.passes(5000);
  assert.deepEqual([story.follow.state, story.told], ['polling', [7]]);
  story.refuses(503);
  await story.passes(5000);
  assert.equal(story.follow.state, 'lost');
  story.stream.onNews({ n: 8 });
  assert.equal(story.follow.state, 'live');
});

test('an answer that comes after newer news is not told', async () => {
  const story = new Story();
  let answer;
  story.answer = () => new Promise((resolve) => (answer = resolve));
  story.stream.onLost(null);
  await story.passes(500);
  story.stream.onNews({ n: 5 });
  answer({ n: 4 });
  await settled();
  assert.deepEqual([story.told, story.follow.state], [[5], 'live']);
});

test('what asking again does not change ends it, from either side', async () => {
  for (const status of [401, 403, 404, 410]) {
    const streamed = new Story();
    streamed.stream.onLost({ status });
    await streamed.passes(60_000);
    assert.deepEqual([streamed.told, streamed.asked.length, streamed.streams.length], [[`end ${status}`], 0, 1]);
    const asked = new Story();
    asked.refuses(status);
    await asked.passes(60_000);
    assert.deepEqual([asked.told, asked.asked.length, asked.stream.isOpen], [[`end ${status}`], 1, false]);
  }
});

test('whoever looks again waits for nothing, unless the stream has just been heard', async () => {
  const story = new Story();
  story.refuses();
  story.stream.onLost(null);
  await story.passes(60_000);
  const [streams, asked] = [story.streams.length, story.asked.length];
  story.follow.wake();
  await settled();
  assert.deepEqual([story.streams.length, story.asked.length], [streams + 1, asked + 1]);
  story.stream.onNews({ n: 1 });
  story.follow.wake();
  assert.equal(story.streams.length, streams + 1);
  await story.passes(9000);
  story.follow.wake();
  assert.equal(story.streams.length, streams + 2);
});

test('a network that is gone is noticed at once', async () => {
  const story = new Story();
  story.stream.onNews({ n: 1 });
  story.refuses();
  story.follow.sleep();
  await settled();
  assert.deepEqual(story.states, ['live', 'lost']);
});

test('a refresh beside a stream leaves it live, whatever is answered', async () => {
  const story = new Story();
  story.stream.onNews({ n: 1 });
  story.answer = () => ({ n: 2 });
  story.follow.refresh();
  await settled();
  story.refuses();
  story.follow.refresh();
  await settled();
  assert.deepEqual([story.told, story.states], [[1, 2], ['live']]);
});

test('events are read however they are cut', () => {
  const text = ': breath\n\nretry: 2000\n\nevent: work\r\nid: 7\r\ndata: {"a":\r\ndata:1}\r\n\r\ndata:  x: y\n\nevent: cut';
  const expected = [{ event: 'work', data: '{"a":\n1}' }, { event: 'message', data: ' x: y' }];
  for (const size of [1, 2, 3, 7, 1000]) {
    const stream = new EventStream();
    const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g'));
    assert.deepEqual(pieces.flatMap((piece) => stream.take(piece)), expected, `pieces of ${size}`);
  }
});

test('the server is as far ahead as it has ever been heard to be', () => {
  let own = 1000;
  const clock = new ServerClock(() => own);
  assert.ok(Math.abs(clock.now() - Date.now()) < 1000);
  clock.hear('1970-01-01T00:01:00Z');
  assert.equal(clock.now(), 60_000);
  own += 500;
  clock.hear('1970-01-01T00:01:00.2Z'); // 300 ms on its way
  assert.equal(clock.now(), 60_500);
  clock.hear('1970-01-01T00:01:00.6Z'); // the first one was 100 ms on its way
  assert.equal(clock.now(), 60_600);
});
