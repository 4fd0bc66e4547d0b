/**
 * What the courier has done and the server does not know yet: kept in the tab until it is sent, with
 * the time at which it was done. Of a delivery there is one at most.
 */

const PLACE = 'doorstep.unsent';

export class Unsent {
  /** @param {Storage} storage where it is kept */
  constructor(storage = sessionStorage) {
    this.storage = storage;
  }

  /** All of it, of this courier, in the order in which it was done. */
  of(courierId) {
    return this.#all().filter((step) => step.courier_id === courierId);
  }

  /** Keeps a step: `{courier_id, delivery_id, status, timestamp, reason}`. */
  keep(step) {
    this.#write([...this.#all().filter(({ delivery_id }) => delivery_id !== step.delivery_id), step]);
  }

  /** Forgets what was sent of a delivery. */
  forget(deliveryId) {
    this.#write(this.#all().filter(({ delivery_id }) => delivery_id !== deliveryId));
  }

  #all() {
    try {
      return JSON.parse(this.storage.getItem(PLACE)) ?? [];
    } catch {
      return [];
    }
  }

  #write(steps) {
    if (steps.length > 0) this.storage.setItem(PLACE, JSON.stringify(steps));
    else this.storage.removeItem(PLACE);
  }
}
