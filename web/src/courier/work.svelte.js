/** A courier's work: what is offered, what is carried, what has been earned; and what they do about it. */

import { SvelteSet } from 'svelte/reactivity';

import { authorization, courierPath, deliveryPath, get, Problem, send } from '../api.js';
import { keepAwake } from '../follow/awake.js';
import { Follow } from '../follow/follow.js';
import { ServerClock } from '../follow/server_clock.js';
import { source } from '../follow/source.js';
import { insist, isPassing } from './insist.js';
import { Notices } from './notices.svelte.js';
import { goneOffers, newOffers, offerKey } from './offers.js';
import { Reporting } from './reporting.svelte.js';
import { ScreenOn } from './screen_on.js';
import { Unsent } from './unsent.js';

const PAY_AGAIN_MS = 60_000;
/** What was delivered is counted a moment after it was said: then pay is asked for again. */
const COUNTED_MS = [1000, 3000, 10_000];
const TICK_MS = 250;

export class Work {
  /** What the server has told last; null before it has. */
  told = $state.raw(null);
  /** Pay so far today, one entry for each market; null before it is known. */
  pay = $state.raw(null);
  /** `connecting`, `live`, `polling`, `lost` or `over`. */
  connection = $state('connecting');
  /** The server's time, milliseconds since 1970, moving on four times a second. */
  now = $state(Date.now());
  /** What is being done and is not answered yet, by what it is about: `{what, isWaiting}`. */
  pending = $state.raw({});

  notices = new Notices();
  reporting;

  #clock = new ServerClock();
  #answered = new SvelteSet();
  #unsent = new Unsent();
  #screen = new ScreenOn();
  #follow;
  #ends;

  /** @param {string} courierId @param {(why: string) => void} onSignedOut */
  constructor(courierId, onSignedOut) {
    this.courierId = courierId;
    this.reporting = new Reporting(courierId, this.#clock);
    this.#follow = new Follow({
      ...source(courierPath(courierId, 'work'), 'work', authorization),
      onNews: (news) => this.#take(news),
      onState: (state) => (this.connection = state),
      onEnd: (problem) => onSignedOut(problem.message),
    });
    const ticking = setInterval(() => (this.now = this.#clock.now()), TICK_MS);
    const paying = setInterval(() => this.#learnPay(), PAY_AGAIN_MS);
    const forget = keepAwake(this.#follow);
    this.#ends = [() => clearInterval(ticking), () => clearInterval(paying), forget, () => this.#follow.close()];
    this.#learnPay();
    for (const step of this.#unsent.of(courierId)) this.#sendStep(step);
  }

  close() {
    this.reporting.want(false);
    this.#screen.close();
    for (const end of this.#ends) end();
  }

  /** The offers that are not answered: an answer counts from the tap on. */
  get offers() {
    return this.told?.offers.filter((offer) => !this.#answered.has(offerKey(offer))) ?? [];
  }

  /** Goes online, or offline. */
  async goOnline(online) {
    await this.#once('online', online ? 'going online' : 'going offline', async () => {
      const told = await send('PUT', courierPath(this.courierId, 'availability'), { online });
      this.told = { ...this.told, online: told.online, since: told.since };
      this.#report();
    });
  }

  async accept(offer) {
    await this.#answer(offer, 'accept', () => {
      this.notices.say('good', `Yours: ${nameOf(offer)}.`);
    });
  }

  async decline(offer) {
    await this.#answer(offer, 'decline', () => {});
  }

  /** Does the next step of a delivery, or a way out. */
  async step({ delivery_id }, status, reason = null) {
    if (this.pending[delivery_id]) return;
    // When it was done, and not when a network was found for it.
    const timestamp = new Date(this.#clock.now()).toISOString();
    const step = { courier_id: this.courierId, delivery_id, status, timestamp, reason };
    this.#unsent.keep(step);
    await this.#sendStep(step);
  }

  /** Tries again now. */
  retry() {
    this.#follow.wake();
  }

  async #answer(offer, verb, done) {
    const key = offerKey(offer);
    const isWorthwhile = () => Date.parse(offer.expires_at) > this.#clock.now();
    await this.#once(key, verb, async (onWait) => {
      const path = deliveryPath(offer.delivery_id, verb);
      try {
        await insist(() => send('POST', path, { courier_id: this.courierId }), { isWorthwhile, onWait });
        done();
      } catch (problem) {
        if (problem.code === 'already_assigned') this.notices.say('bad', `Too late: ${nameOf(offer)} was taken by another courier.`);
        else if (problem.code === 'handed_over') this.notices.say('bad', `Too late: ${nameOf(offer)} was given to another service.`);
        else throw problem;
      } finally {
        // Whatever was answered, this offer is not to be answered again.
        this.#answered.add(key);
        this.#follow.refresh();
      }
    });
  }

  async #sendStep({ delivery_id, status, timestamp, reason }) {
    const path = deliveryPath(delivery_id, 'status');
    const body = { status, timestamp, ...(reason && { reason }) };
    await this.#once(delivery_id, status, async (onWait) => {
      try {
        await insist(() => send('POST', path, body), { isWorthwhile: () => this.connection !== 'over', onWait });
        this.#unsent.forget(delivery_id);
        if (status === 'delivered') this.#awaitPay();
      } catch (problem) {
        if (!isPassing(problem)) this.#unsent.forget(delivery_id);
        throw problem;
      } finally {
        this.#follow.refresh();
      }
    });
  }

  /** Does something unless the same thing is being done: a second tap changes nothing. */
  async #once(about, what, act) {
    if (this.pending[about]) return;
    this.pending = { ...this.pending, [about]: { what, isWaiting: false } };
    try {
      await act(() => (this.pending = { ...this.pending, [about]: { what, isWaiting: true } }));
    } catch (problem) {
      const isRefusal = problem instanceof Problem && !isPassing(problem);
      this.notices.say('bad', isRefusal ? problem.message : 'That could not be sent: the network is gone or the server is.');
    } finally {
      const { [about]: _, ...others } = this.pending;
      this.pending = others;
    }
  }

  #take(news) {
    this.#clock.hear(news.server_time);
    this.now = this.#clock.now();
    const before = this.told;
    this.told = news;
    if (before) this.#tellGone(before, news);
    const fresh = newOffers(before, news);
    if (fresh.length > 0 && before) navigator.vibrate?.([120, 80, 120]);
    this.#forgetAnswers(news);
    this.#report();
  }

  #forgetAnswers({ offers }) {
    const standing = new Set(offers.map(offerKey));
    for (const key of [...this.#answered]) if (!standing.has(key)) this.#answered.delete(key);
  }

  #tellGone(before, news) {
    const answered = new Set([...this.#answered, ...Object.keys(this.pending)]);
    for (const { offer, why } of goneOffers(before, news, answered, this.#clock.now())) {
      const words = { taken: 'was taken by another courier, or withdrawn', expired: 'was not answered in time' };
      this.notices.say('quiet', `Gone: ${nameOf(offer)} ${words[why]}.`);
    }
  }

  /** Whoever is offered work or carries some is to be found. */
  #report() {
    const isAtWork = this.told.online || this.told.deliveries.length > 0;
    this.reporting.want(isAtWork);
    this.#screen.want(isAtWork);
  }

  #awaitPay() {
    const timers = COUNTED_MS.map((ms) => setTimeout(() => this.#learnPay(), ms));
    this.#ends.push(() => timers.forEach(clearTimeout));
  }

  async #learnPay() {
    // What cannot be learned now is learned in a minute; what is known stays.
    this.pay = await get(courierPath(this.courierId, 'pay')).catch(() => this.pay);
  }
}

/** What an offer is called in a sentence. */
function nameOf({ origin, delivery_id }) {
  return origin.address ?? delivery_id;
}
