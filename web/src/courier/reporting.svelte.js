/** Reports where the phone is, as long as the courier is online and the person allows it. */

import { send } from '../api.js';
import { Backlog, pingOf } from './backlog.js';
import { isPassing } from './insist.js';

const REPORT_MS = 5000;
/** Browsers say nothing of a phone that lies still; then they are asked. */
const STILL_MS = 20_000;
const OPTIONS = { enableHighAccuracy: true, maximumAge: 2000, timeout: 30_000 };

export class Reporting {
  /** `off`, `asking`, `on`, `denied` or `unavailable`. */
  state = $state('off');
  /** Positions that wait for a network. */
  waiting = $state(0);

  #backlog = new Backlog();
  #watch = null;
  #timer = 0;
  #newestAt = 0;
  #isSending = false;

  /** @param {string} courierId @param {import('../follow/server_clock.js').ServerClock} clock */
  constructor(courierId, clock) {
    this.courierId = courierId;
    this.clock = clock;
  }

  /** Begins or ends. */
  want(isWanted) {
    if (isWanted && this.#watch === null) this.#begin();
    else if (!isWanted && this.#watch !== null) this.#end();
  }

  /** Asks the person again, who has allowed it meanwhile. */
  retry() {
    this.want(false);
    this.want(true);
  }

  #begin() {
    if (!navigator.geolocation) {
      this.state = 'unavailable';
      return;
    }
    this.state = 'asking';
    this.#watch = navigator.geolocation.watchPosition(this.#hear, this.#fail, OPTIONS);
    this.#timer = setInterval(() => this.#report(), REPORT_MS);
  }

  #end() {
    navigator.geolocation.clearWatch(this.#watch);
    clearInterval(this.#timer);
    this.#watch = null;
    this.state = 'off';
  }

  #hear = (position) => {
    if (this.#watch === null) return;
    const isFirst = this.state !== 'on';
    this.state = 'on';
    const now = performance.now();
    // Phones tell of each metre; one report in five seconds is enough for everybody.
    if (!isFirst && now - this.#newestAt < REPORT_MS - 500) return;
    this.#newestAt = now;
    this.#backlog.add(pingOf(this.courierId, position, Date.now() - position.timestamp, this.clock.now()));
    if (isFirst) this.#report();
  };

  #fail = ({ code, PERMISSION_DENIED }) => {
    if (this.#watch === null) return;
    if (code === PERMISSION_DENIED) this.state = 'denied';
    else if (this.state !== 'on') this.state = 'unavailable';
  };

  async #report() {
    if (this.state === 'on' && performance.now() - this.#newestAt > STILL_MS) {
      navigator.geolocation.getCurrentPosition(this.#hear, this.#fail, { ...OPTIONS, maximumAge: 0 });
    }
    if (this.#isSending || this.#backlog.length === 0) return;
    this.#isSending = true;
    const pings = this.#backlog.next();
    try {
      const { rejected } = await send('POST', '/v1/pings', pings);
      this.#backlog.answered(pings, rejected);
    } catch (problem) {
      // What is refused for good would be refused again.
      if (!isPassing(problem)) this.#backlog.answered(pings);
    } finally {
      this.#isSending = false;
      this.waiting = this.#backlog.length;
    }
  }
}
