/** What the page knows of a delivery, and how it learns more. */

import { keepAwake } from '../follow/awake.js';
import { Follow } from '../follow/follow.js';
import { ServerClock } from '../follow/server_clock.js';
import { source } from '../follow/source.js';
import { trackPath } from './link.js';
import { isOver } from './story.js';

/** From here on what is shown is said to be old. */
const STALE_MS = 20_000;

export class Tracking {
  /** What the server has told last; null before it has. */
  told = $state.raw(null);
  /** `connecting`, `live`, `polling`, `lost` or `over`. */
  connection = $state('connecting');
  /** Why there is nothing to show: the server's status, 404 or 410; null where there is. */
  refusal = $state(null);
  /** The server's time, milliseconds since 1970, moving on once a second. */
  now = $state(Date.now());
  /** When the server was last heard of, by its own time; null before. */
  heardAt = $state(null);

  #clock = new ServerClock();
  #follow;
  #ends;

  constructor(link) {
    this.#follow = new Follow({
      ...source(trackPath(link), 'tracking'),
      onNews: (news) => this.#take(news),
      onState: (state) => (this.connection = state),
      onEnd: ({ status }) => (this.refusal = status),
    });
    const timer = setInterval(() => this.#tick(), 1000);
    const forget = keepAwake(this.#follow);
    this.#ends = () => [clearInterval(timer), forget(), this.#follow.close()];
  }

  /** Whether what is shown may not be so any more. */
  get isStale() {
    if (this.heardAt === null || this.connection === 'over') return false;
    return this.connection === 'lost' || this.now - this.heardAt > STALE_MS;
  }

  /** Tries again now. */
  retry() {
    this.#follow.wake();
  }

  close() {
    this.#ends();
  }

  #take(news) {
    this.#clock.hear(news.server_time);
    this.told = { ...news, courier_location: newest(this.told?.courier_location, news) };
    this.#tick();
    if (isOver(news)) this.#follow.close();
  }

  #tick() {
    this.now = this.#clock.now();
    const { heardAt } = this.#follow;
    if (heardAt !== null) this.heardAt = this.now - (performance.now() - heardAt);
  }
}

/** A position never goes back: another of the servers may know less than the last one that told. */
function newest(known, { courier, courier_location: told }) {
  if (!known || !told || !courier) return told;
  return Date.parse(told.updated_at) < Date.parse(known.updated_at) ? known : told;
}
