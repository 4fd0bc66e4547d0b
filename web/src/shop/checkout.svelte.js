/** From the basket to an order: one request under one key, sent until it is answered, also over a reload. */

import { Problem, send } from '../api.js';
import { tipOf } from './basket.js';
import { KeptOrder } from './kept.js';
import { isOld, isUnanswered, newKey, orderOf, phoneOf, refusalOf, sendOrder } from './ordering.js';

export class Checkout {
  name = $state('');
  phone = $state('');
  instructions = $state('');
  onShortage = $state('split');
  tipPercent = $state(0);
  /** What is wrong with a field, by its name. */
  wrong = $state.raw({});
  /** `idle`, `sending`, `waiting` (no answer yet) or `done`. */
  state = $state('idle');
  /** Why the last order was refused, see `refusalOf`; null where it was not. */
  refusal = $state.raw(null);
  /** An order of some time ago that was never answered; null where there is none. */
  old = $state.raw(null);

  #kept = new KeptOrder();
  #visit;
  #wanted;
  #onPlaced;
  #onRefused;
  #isOpen = true;
  /** A page that the browser has put aside is taken up again as it was left. */
  #shownAgain = ({ persisted }) => persisted && this.state === 'done' && (this.state = 'idle');

  /** @param {(order: object) => void} onPlaced @param {(refusal: object) => void} onRefused */
  constructor({ visit, wanted, onPlaced, onRefused }) {
    [this.#visit, this.#wanted, this.#onPlaced, this.#onRefused] = [visit, wanted, onPlaced, onRefused];
    for (const name of ['name', 'phone', 'instructions', 'onShortage']) this[name] = visit.get(name) ?? this[name];
    addEventListener('pageshow', this.#shownAgain);
    const found = this.#kept.read();
    if (found && isOld(found, Date.now())) this.old = found;
    else if (found) this.#send(found);
  }

  close() {
    this.#isOpen = false;
    removeEventListener('pageshow', this.#shownAgain);
  }

  get isBusy() {
    return this.state !== 'idle';
  }

  get tipMinor() {
    return tipOf(this.#wanted.lines, this.tipPercent);
  }

  /** Keeps what was written, for a reload. */
  remember() {
    for (const name of ['name', 'phone', 'instructions', 'onShortage']) this.#visit.set(name, this[name]);
  }

  /** Orders the basket to a place, where all fields are right. */
  order(market, place) {
    if (this.isBusy || this.old) return;
    const phone = phoneOf(this.phone);
    this.wrong = phone ? {} : { phone: 'Begin with + and the number of your country, such as +1 415 555 0123.' };
    if (!phone) return;
    this.remember();
    const { lines } = this.#wanted;
    const { onShortage, tipMinor } = this;
    const instructions = this.instructions.trim();
    const body = orderOf({ market, place, customer: { phone, name: this.name.trim() }, lines, onShortage, tipMinor, instructions });
    const order = { key: newKey(), at_ms: Date.now(), body };
    // Kept before it is sent: whatever happens to the page, it is never sent under another key.
    this.#kept.keep(order);
    this.#send(order);
  }

  /** Sends an old order after all: if it was placed then, that is the answer. */
  resend() {
    const order = this.old;
    this.old = null;
    this.#send(order);
  }

  /** The refusal was read. */
  dismiss() {
    this.refusal = null;
  }

  /** Leaves an old order unsent. */
  forget() {
    this.#kept.forget(this.old.key);
    this.old = null;
  }

  async #send(order) {
    [this.state, this.refusal] = ['sending', null];
    const post = ({ key, body }) => send('POST', '/v1/orders', body, { 'Idempotency-Key': key });
    try {
      const placed = await sendOrder(order, post, { onWait: () => (this.state = 'waiting'), isWanted: () => this.#isOpen });
      this.#kept.forget(order.key);
      this.state = 'done';
      this.#onPlaced(placed);
    } catch (problem) {
      this.state = 'idle';
      if (isUnanswered(problem)) return;
      // Who may not ask has not been answered: under another key of the shop it still may be.
      if (!(problem instanceof Problem && problem.status === 401)) this.#kept.forget(order.key);
      this.#refuse(problem, order);
    }
  }

  #refuse(problem, order) {
    const refusal = refusalOf(problem, order.body);
    const field = { '/customer/phone': 'phone', '/customer/name': 'name', '/instructions': 'instructions' }[refusal.pointer];
    if (field) this.wrong = { [field]: refusal.line };
    else this.refusal = refusal;
    this.#onRefused(refusal, problem);
  }
}
