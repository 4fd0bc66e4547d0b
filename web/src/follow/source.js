/** What is followed: a path that answers with an `ETag`, and beside it `/events`, the same as a stream. */

import { ANSWER_MS_MAX, Problem } from '../api.js';
import { EventStream } from './event_stream.js';

/**
 * The two ways to follow a path, for {@link import('./follow.js').Follow}.
 * @param {string} path
 * @param {string} event the name of the stream's events
 * @param {() => Record<string, string>} headers who asks, where that matters
 */
export function source(path, event, headers = () => ({})) {
  let tag = null;
  return {
    open: (tell) => open(`${path}/events`, event, headers(), tell),
    async ask(isKnown) {
      const condition = isKnown && tag ? { 'If-None-Match': tag } : {};
      const signal = AbortSignal.timeout(ANSWER_MS_MAX);
      const answer = await fetch(path, { headers: { ...headers(), ...condition }, signal, cache: 'no-store' });
      if (answer.status === 304) return null;
      if (!answer.ok) throw await Problem.of(answer);
      tag = answer.headers.get('etag');
      return answer.json();
    },
  };
}

/** By `fetch` and not by `EventSource`, which can send no key and does not tell why it was refused. */
function open(path, event, headers, { onNews, onBreath, onLost }) {
  const leaving = new AbortController();
  read(path, event, { headers, signal: leaving.signal }, { onNews, onBreath }).then(
    () => onLost(null),
    (problem) => leaving.signal.aborted || onLost(problem),
  );
  return () => leaving.abort();
}

async function read(path, wanted, { headers, signal }, { onNews, onBreath }) {
  const accepted = { ...headers, Accept: 'text/event-stream' };
  const answer = await fetch(path, { headers: accepted, signal, cache: 'no-store' });
  if (!answer.ok) throw await Problem.of(answer);
  const events = new EventStream();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const told = events.take(value).filter(({ event }) => event === wanted);
    // Of several at once only the newest is of interest: each tells the whole.
    if (told.length > 0) onNews(JSON.parse(told.at(-1).data));
    else onBreath();
  }
}
