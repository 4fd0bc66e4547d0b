/** What can be had here: by category, by a word, and how much of it there is by now. */

import { SvelteMap } from 'svelte/reactivity';

const PAGE = 24;
/** As many items are asked about at once. */
const ASKED_MAX = 50;
/** While somebody still writes, nothing is asked. */
const WRITING_MS = 180;
const AGAIN_MS = 15_000;
/** What is not known any more can be had nowhere. */
const GONE = { available: 0, price_minor: null, best: null };

export class Shelf {
  /** `{category, items}` of the market; null before they are known. */
  categories = $state.raw(null);
  /** What is looked at, `{item_id, name, price_minor}`; null while it is asked for. */
  items = $state.raw(null);
  hasMore = $state(false);
  isAskingMore = $state(false);
  /** Why nothing is shown. */
  trouble = $state('');
  /** Of each item that was asked about `{available, price_minor, best}`, as it was said last. */
  known = new SvelteMap();

  #line;
  #market;
  #place = null;
  #token;
  #wanted = { category: '', query: '' };
  #cursor = null;
  #asking = null;
  #writing;
  #timer;
  #others;

  /** @param {() => string | null} token of the last order: answers contain it @param {() => string[]} others items to be asked about besides those in sight */
  constructor({ line, market, token, others }) {
    [this.#line, this.#market, this.#token, this.#others] = [line, market, token, others];
    const look = () => document.visibilityState === 'visible' && this.refresh();
    this.#timer = setInterval(look, AGAIN_MS);
    document.addEventListener('visibilitychange', look);
    addEventListener('online', look);
    this.close = () => {
      clearInterval(this.#timer);
      clearTimeout(this.#writing);
      document.removeEventListener('visibilitychange', look);
      removeEventListener('online', look);
      this.#asking?.abort();
    };
    this.#learnCategories();
  }

  /** Another place has other things. */
  moveTo(place) {
    if (place?.lat === this.#place?.lat && place?.lng === this.#place?.lng) return;
    this.#place = place;
    this.known.clear();
    this.#look();
    this.refresh();
  }

  /** Shows a category (`''` with no query: nothing in particular), or what a query finds. */
  show({ category, query }) {
    const isSame = category === this.#wanted.category && query === this.#wanted.query;
    if (isSame) return;
    const isWritten = query !== '' && this.#wanted.query !== '';
    this.#wanted = { category, query };
    clearTimeout(this.#writing);
    // What was found for half a word stays until the whole word is answered: nothing jumps.
    if (isWritten) this.#writing = setTimeout(() => this.#look(true), WRITING_MS);
    else this.#look();
  }

  /** Asks for more of the same. */
  async more() {
    if (!this.hasMore || this.isAskingMore) return;
    this.isAskingMore = true;
    await this.#page(this.#asking);
    this.isAskingMore = false;
  }

  /** Asks again how much there is of what is in sight and in the basket. */
  refresh() {
    const seen = (this.items ?? []).slice(-ASKED_MAX).map(({ item_id }) => item_id);
    return this.learn([...new Set([...this.#others(), ...seen])]);
  }

  /** Learns how much there is of some items. */
  async learn(ids) {
    const place = this.#place;
    if (!place) return;
    const isWanted = () => place === this.#place;
    for (let from = 0; from < ids.length; from += ASKED_MAX) {
      const asked = ids.slice(from, from + ASKED_MAX);
      await this.#learnSome(asked, isWanted);
    }
  }

  /** Takes what a refusal says is left: it was decided on, and not remembered. */
  hear(lines) {
    for (const { item_id, available } of lines) this.known.set(item_id, { price_minor: null, best: null, ...this.known.get(item_id), available });
  }

  /** One that nobody knows any more spoils the question for all of them: then each half is asked about. */
  async #learnSome(asked, isWanted) {
    const answer = await this.#availability({ items: asked.join(',') }, isWanted).catch((problem) => problem);
    if (!isWanted()) return;
    if (answer.data) return this.#take(answer.data);
    if (answer.status !== 400) return;
    if (asked.length === 1) return this.known.set(asked[0], GONE);
    const half = Math.ceil(asked.length / 2);
    for (const some of [asked.slice(0, half), asked.slice(half)]) await this.#learnSome(some, isWanted);
  }

  #availability(parameters, isWanted, signal = undefined) {
    const { lat, lng } = this.#place;
    return this.#line.ask('/v1/availability', { lat, lng, market: this.#market.market, ...parameters, after: this.#token() }, isWanted, signal);
  }

  #take(rows) {
    for (const { item_id, available, price_minor, best } of rows) this.known.set(item_id, { available, price_minor, best });
  }

  async #learnCategories() {
    const answer = await this.#line.ask('/v1/items/categories', { market: this.#market.market }, () => true).catch(() => null);
    this.categories = answer?.data ?? [];
  }

  #look(isWritten = false) {
    this.#asking?.abort();
    this.#asking = new AbortController();
    [this.#cursor, this.trouble] = [null, ''];
    const isNothing = this.#wanted.category === '' && this.#wanted.query === '';
    if (!isWritten) [this.items, this.hasMore] = [isNothing ? [] : null, false];
    if (!isNothing && this.#place) return this.#page(this.#asking);
  }

  async #page(asking) {
    const isWanted = () => asking === this.#asking && !asking.signal.aborted;
    const isFirst = this.#cursor === null;
    try {
      const answer = await this.#ask(isWanted, asking.signal);
      if (this.#wanted.query) await this.learn(answer.data.map(({ item_id }) => item_id));
      if (!isWanted()) return;
      const found = hereFirst(answer.data, this.known);
      this.items = isFirst ? found : [...this.items, ...found];
      [this.#cursor, this.hasMore] = [answer.next_cursor, answer.has_more];
    } catch (problem) {
      if (isWanted()) [this.trouble, this.items] = [problem.message, this.items ?? []];
    }
  }

  async #ask(isWanted, signal) {
    const { category, query } = this.#wanted;
    const page = { limit: PAGE, cursor: this.#cursor };
    if (query) return this.#line.ask('/v1/items', { query, market: this.#market.market, ...page }, isWanted, signal);
    const answer = await this.#availability({ category, ...page }, isWanted, signal);
    if (isWanted()) this.#take(answer.data);
    return answer;
  }
}

/** What can be had before what cannot, and otherwise as it came. Ordered once: nothing moves under a finger. */
function hereFirst(items, known) {
  const isHere = ({ item_id }) => (known.get(item_id)?.available ?? 0) > 0;
  return [...items.filter(isHere), ...items.filter((item) => !isHere(item))];
}
