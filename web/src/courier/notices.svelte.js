/** Short words to the courier, each for a while. */

const SHOWN_MS = 9000;
const COUNT_MAX = 3;

export class Notices {
  /** The newest first: `{id, mood, text}`, the mood being `good`, `bad` or `quiet`. */
  shown = $state.raw([]);
  #last = 0;

  say(mood, text) {
    this.#last += 1;
    const id = this.#last;
    this.shown = [{ id, mood, text }, ...this.shown].slice(0, COUNT_MAX);
    setTimeout(() => this.drop(id), SHOWN_MS);
  }

  drop(id) {
    this.shown = this.shown.filter((notice) => notice.id !== id);
  }
}
