/** What the page shows, in the address's fragment: the way back works, and no server is told what is looked for. */

export class View {
  category = $state('');
  query = $state('');
  isBasketOpen = $state(false);

  constructor() {
    const read = () => this.#read();
    addEventListener('hashchange', read);
    this.close = () => removeEventListener('hashchange', read);
    this.#read();
  }

  /** Shows a category, `''` for all of them. */
  openCategory(category) {
    this.#go({ category, query: '' });
  }

  /** Looks for words. Each letter is no step of the way back, the first one is. */
  search(query) {
    this.#go({ category: '', query }, this.query !== '' && query !== '');
  }

  openBasket() {
    this.#go({ basket: 'open' });
  }

  closeBasket() {
    // The way back from a basket that was opened here is where somebody was; else it is the shop.
    if (history.state?.isWithin) history.back();
    else this.#go({ basket: '' }, true);
  }

  #go(changes, isSameStep = false) {
    const { category, query } = this;
    const next = new URLSearchParams(Object.entries({ category, query, basket: '', ...changes }).filter(([, value]) => value !== ''));
    const address = next.size > 0 ? `#${next}` : location.pathname + location.search;
    if (isSameStep) history.replaceState(history.state, '', address);
    else history.pushState({ isWithin: true }, '', address);
    this.#read();
  }

  #read() {
    const told = new URLSearchParams(location.hash.slice(1));
    [this.category, this.query] = [told.get('category') ?? '', told.get('query') ?? ''];
    this.isBasketOpen = told.get('basket') === 'open';
  }
}
