/** Light or dark: as the system says, until the person says otherwise. */

const PLACE = 'doorstep.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

class Theme {
  #chosen = $state(localStorage.getItem(PLACE));
  #systemIsDark = $state(system.matches);

  constructor() {
    system.addEventListener('change', (event) => (this.#systemIsDark = event.matches));
    this.#show();
  }

  get isDark() {
    return this.#chosen ? this.#chosen === 'dark' : this.#systemIsDark;
  }

  toggle() {
    const next = this.isDark ? 'light' : 'dark';
    const asSystem = (next === 'dark') === this.#systemIsDark;
    this.#chosen = asSystem ? null : next;
    if (asSystem) localStorage.removeItem(PLACE);
    else localStorage.setItem(PLACE, next);
    this.#show();
  }

  #show() {
    if (this.#chosen) document.documentElement.dataset.theme = this.#chosen;
    else delete document.documentElement.dataset.theme;
  }
}

export const theme = new Theme();
