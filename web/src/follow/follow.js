/**
 * Follows one thing on the server: by a stream as long as there is one, by asking every five
 * seconds while there is none, and back to the stream when it can.
 */

/** How long a stream that has just been opened may stay silent before it is asked beside it. */
const FIRST_ASK_MS = 1500;
const ASK_MS = 5000;
/** The server's stream says something at least every ten seconds. */
const SILENT_MS = 25_000;
/** Whoever comes back to the page after so long a silence does not wait for the next sign. */
const QUIET_MS = 8000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;

/** Answers that asking again does not change. */
const FINAL = [401, 403, 404, 410];

/** The browser's time, by which things are waited for. */
export const browserTime = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

export class Follow {
  /** `connecting`, `live` (stream), `polling` (asked), `lost` (neither), `over`. */
  state = 'connecting';
  /** When the server was last heard of, by `time.now()`; null before. */
  heardAt = null;

  #stream = null;
  #attempts = 0;
  #cancelRetry = () => {};
  #cancelAsk = () => {};
  #cancelSilence = () => {};
  /** A question's answer counts only as long as nothing newer has come. */
  #turn = 0;
  #isShownAsAsked = false;
  #isStreaming = false;

  /**
   * @param {object} options
   * @param {(tell: {onNews: (news: object) => void, onBreath: () => void, onLost: (problem: unknown) => void})
   *   => () => void} options.open opens the stream, and answers how it is closed
   * @param {(isKnown: boolean) => Promise<object | null>} options.ask asks once; null where what is
   *   known, if it came by asking, is still so
   * @param {(news: object) => void} options.onNews
   * @param {(state: string) => void} options.onState
   * @param {(problem: unknown) => void} options.onEnd there is nothing to follow, or not for this key
   */
  constructor({ time = browserTime, chance = Math.random, ...options }) {
    Object.assign(this, options, { time, chance });
    this.#connect();
    this.#askIn(FIRST_ASK_MS);
  }

  /** Asks now, because something has just been done; the stream goes on. */
  refresh() {
    if (this.state !== 'over') this.#ask();
  }

  /** The network is back, or somebody looks again: does not wait for the next attempt. */
  wake() {
    if (this.state === 'over') return;
    const isHeard = this.heardAt !== null && this.time.now() - this.heardAt < QUIET_MS;
    if (this.#isStreaming && isHeard) return;
    this.#attempts = 0;
    this.#connect();
    this.#ask();
  }

  /** The network is gone: the stream is, though nobody has said so. */
  sleep() {
    if (this.state !== 'over') this.#dropped(null);
  }

  /** Ends for good. */
  close() {
    this.#hang();
    this.#cancelAsk();
    this.#turn += 1;
    this.#become('over');
  }

  #connect() {
    this.#hang();
    let isCurrent = true;
    const close = this.open({
      onNews: (news) => isCurrent && this.#streamed(news),
      onBreath: () => isCurrent && this.#streamed(null),
      onLost: (problem) => isCurrent && this.#dropped(problem),
    });
    this.#stream = () => {
      isCurrent = false;
      close();
    };
    this.#cancelSilence = this.time.after(SILENT_MS, () => this.#dropped(null));
  }

  #hang() {
    this.#cancelRetry();
    this.#cancelSilence();
    this.#stream?.();
    this.#stream = null;
    this.#isStreaming = false;
  }

  #streamed(news) {
    this.heardAt = this.time.now();
    this.#cancelSilence();
    this.#cancelSilence = this.time.after(SILENT_MS, () => this.#dropped(null));
    if (!news) return;
    this.#isStreaming = true;
    this.#attempts = 0;
    this.#cancelAsk();
    this.#turn += 1;
    this.#isShownAsAsked = false;
    this.#become('live');
    this.onNews(news);
  }

  #dropped(problem) {
    if (this.#isFinal(problem)) return;
    const isNewsToUs = this.#isStreaming || this.state === 'connecting';
    this.#hang();
    const longest = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#attempts);
    // Spread, so that a restarted server is not met by everybody at once.
    this.#cancelRetry = this.time.after(longest * (0.5 + this.chance() / 2), () => this.#connect());
    this.#attempts += 1;
    if (isNewsToUs) this.#ask();
  }

  #askIn(ms) {
    this.#cancelAsk();
    this.#cancelAsk = this.time.after(ms, () => this.#ask());
  }

  async #ask() {
    this.#cancelAsk();
    this.#turn += 1;
    const turn = this.#turn;
    const [news, problem] = await this.ask(this.#isShownAsAsked).then(
      (answer) => [answer, null],
      (refusal) => [null, refusal ?? new TypeError('no answer')],
    );
    if (turn !== this.#turn || this.#isFinal(problem)) return;
    if (!this.#isStreaming) this.#askIn(ASK_MS);
    if (problem === null) this.#asked(news);
    else if (!this.#isStreaming) this.#become('lost');
  }

  #asked(news) {
    this.heardAt = this.time.now();
    if (!this.#isStreaming) this.#become('polling');
    if (!news) return;
    this.#isShownAsAsked = true;
    this.onNews(news);
  }

  #isFinal(problem) {
    if (!FINAL.includes(problem?.status)) return false;
    this.close();
    this.onEnd(problem);
    return true;
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}
