/** What the page knows of an order, and how it learns more: nobody streams it, it is asked for. */

import { keepAwake } from '../follow/awake.js';
import { Follow } from '../follow/follow.js';
import { ServerClock } from '../follow/server_clock.js';
import { source } from '../follow/source.js';
import { isOver } from './order_story.js';

export class Ordered {
  /** What the server has told last; null before it has. */
  told = $state.raw(null);
  /** `connecting`, `polling`, `lost` or `over`. */
  connection = $state('connecting');
  /** Why there is nothing to show: the server's status, 404 or 410; null where there is. */
  refusal = $state(null);
  /** The server's time, milliseconds since 1970, moving on once a second. */
  now = $state(Date.now());

  #clock = new ServerClock();
  #follow;
  #ends;

  constructor(link) {
    this.#follow = new Follow({
      ...source(`/v1/shop/orders/${link}`, 'order'),
      open: unstreamed,
      onNews: (news) => this.#take(news),
      onState: (state) => (this.connection = state),
      onEnd: ({ status }) => (this.refusal = status),
    });
    const timer = setInterval(() => (this.now = this.#clock.now()), 1000);
    const forget = keepAwake(this.#follow);
    this.#ends = () => [clearInterval(timer), forget(), this.#follow.close()];
  }

  /** Tries again now. */
  retry() {
    this.#follow.wake();
  }

  close() {
    this.#ends();
  }

  #take(news) {
    if (news.server_time) this.#clock.hear(news.server_time);
    this.now = this.#clock.now();
    this.told = news;
    if (isOver(news)) this.#follow.close();
  }
}

/** The stream that an order has not: it drops at once, and asking goes on. */
function unstreamed({ onLost }) {
  const timer = setTimeout(() => onLost(null));
  return () => clearTimeout(timer);
}
