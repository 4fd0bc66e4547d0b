/**
 * Buttons that have just come to where a finger is do not count its second tap: whoever taps twice
 * means one thing, and not what has taken its place.
 */

const STEADY_MS = 600;

export class Steady {
  #since;

  /** @param {() => number} own milliseconds of a clock that nobody sets */
  constructor(own = () => performance.now()) {
    this.own = own;
    this.moved();
  }

  /** Other buttons have come. */
  moved() {
    this.#since = this.own();
  }

  /** Does what a tap means, where it can have been meant. */
  tap(act) {
    if (this.own() - this.#since >= STEADY_MS) act();
  }
}
