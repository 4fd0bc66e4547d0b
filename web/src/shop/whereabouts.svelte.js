/** Where somebody wants it to be brought, and who reaches that place. */

/** Below this a found address is shown to be looked at again. */
const SURE = 0.6;
const LOCATE_MS_MAX = 15_000;
/** Stores open and close. */
const AGAIN_MS = 60_000;

export class Whereabouts {
  /** `{lat, lng, address}`, the address null where it is a position; null before it is known. */
  place = $state.raw(null);
  /** The stores that reach it, the soonest first; null while that is being asked. */
  centers = $state.raw(null);
  /** Whether an address or a position is being looked for. */
  isLooking = $state(false);
  /** Why none was found. */
  trouble = $state('');
  /** An address that was found and may not be the right one: `{place, asked}`. */
  doubtful = $state.raw(null);

  #line;
  #visit;
  #market;
  #turn = 0;
  #timer;

  constructor({ line, visit, market }) {
    [this.#line, this.#visit, this.#market] = [line, visit, market];
    this.place = visit.get('place');
    if (this.place) this.#reach();
    this.#timer = setInterval(() => document.visibilityState === 'visible' && this.refresh(), AGAIN_MS);
  }

  close() {
    clearInterval(this.#timer);
    this.#turn += 1;
  }

  /** The stores that are open. */
  get open() {
    return (this.centers ?? []).filter(({ open }) => open);
  }

  /** `asking`, `open`, `closed` (whoever reaches it is) or `out_of_reach`. */
  get reach() {
    if (this.centers === null) return 'asking';
    if (this.centers.length === 0) return 'out_of_reach';
    return this.open.length > 0 ? 'open' : 'closed';
  }

  /** When the first of the closed stores opens; null where nobody knows. */
  get opensAt() {
    const times = (this.centers ?? []).map(({ opens_at }) => opens_at).filter(Boolean);
    return times.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
  }

  /** Looks for an address. */
  async find(address) {
    await this.#look(async (isWanted) => {
      const found = await this.#line.ask('/v1/geocode', { market: this.#market.market, address }, isWanted);
      const place = { lat: found.lat, lng: found.lng, address };
      if (found.confidence < SURE) this.doubtful = { place: { ...place, address: saidOf(found) ?? address }, asked: address };
      else this.choose(place);
    }, 'This address was not found. Write street and number, such as 1200 Irving St, or use your position.');
  }

  /** Asks the browser where it is. */
  async locate() {
    await this.#look(async () => {
      const { coords } = await new Promise((resolve, reject) => {
        if (!navigator.geolocation) reject(new Error('no position'));
        else navigator.geolocation.getCurrentPosition(resolve, reject, { timeout: LOCATE_MS_MAX, maximumAge: 60_000, enableHighAccuracy: true });
      });
      this.choose({ lat: coords.latitude, lng: coords.longitude, address: null });
    }, 'Your position is not known. Allow it in the settings of your browser, or write an address.');
  }

  /** This is the place. */
  choose(place) {
    [this.place, this.doubtful, this.trouble] = [place, null, ''];
    this.#visit.set('place', place);
    this.centers = null;
    this.#reach();
  }

  /** It is not: another one is to be found. */
  forget() {
    this.#turn += 1;
    [this.place, this.centers, this.trouble, this.doubtful] = [null, null, '', null];
    this.#visit.set('place', null);
  }

  /** Who reaches it now. */
  refresh() {
    if (this.place && this.centers) this.#reach();
  }

  async #look(search, refusal) {
    [this.isLooking, this.trouble, this.doubtful] = [true, '', null];
    try {
      await search(() => this.isLooking);
    } catch (problem) {
      this.trouble = problem.status && problem.status !== 404 ? problem.message : refusal;
    } finally {
      this.isLooking = false;
    }
  }

  async #reach() {
    this.#turn += 1;
    const turn = this.#turn;
    const { lat, lng } = this.place;
    const isWanted = () => turn === this.#turn;
    const asked = { lat, lng, market: this.#market.market };
    const answer = await this.#line.ask('/v1/centers/nearby', asked, isWanted).catch((problem) => problem);
    if (!isWanted()) return;
    if (answer.data) this.centers = answer.data;
    else [this.trouble, this.centers] = [answer.message, this.centers ?? []];
  }
}

/** What was found, as people write it. */
function saidOf({ number, street, zip }) {
  if (!street) return null;
  return [[number, street].filter(Boolean).join(' '), zip].filter(Boolean).join(', ');
}
