/**
 * Keeps the phone's screen on while there may be an offer, where the browser can: a page behind a
 * dark screen hears nothing and reports no position.
 */
export class ScreenOn {
  #isWanted = false;
  #lock = null;

  constructor() {
    this.look = () => this.#renew();
    // The browser lets go of it whenever the page is not seen.
    document.addEventListener('visibilitychange', this.look);
  }

  /** Begins or ends. */
  want(isWanted) {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    this.#renew();
  }

  close() {
    document.removeEventListener('visibilitychange', this.look);
    this.want(false);
  }

  async #renew() {
    if (!this.#isWanted) {
      this.#lock?.release();
      this.#lock = null;
    } else if (document.visibilityState === 'visible' && (this.#lock?.released ?? true)) {
      // Refused where the battery is low: then the screen goes dark as it always does.
      this.#lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
    }
  }
}
