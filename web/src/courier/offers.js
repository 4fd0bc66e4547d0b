/** What becomes of offers: how long they stand, and why they go. */

/** What is left of an offer at `now`, in milliseconds: whole seconds, and the part of all there was. */
export function countdown({ offered_at, expires_at }, now) {
  const [from, until] = [Date.parse(offered_at), Date.parse(expires_at)];
  const left = Math.max(0, until - now);
  const part = until > from ? Math.min(left / (until - from), 1) : 0;
  return { seconds: Math.ceil(left / 1000), part };
}

/** An offer's name: who is asked again for the same delivery is made another offer. */
export function offerKey({ delivery_id, offered_at }) {
  return `${delivery_id} ${offered_at}`;
}

/**
 * The offers that have gone between two states of the work, other than by what this courier has
 * done: each with `taken`, or `expired` where its time was over.
 * @param {Set<string>} answered keys of the offers that were accepted or declined here
 */
export function goneOffers(before, after, answered, now) {
  const still = new Set(after.offers.map(offerKey));
  const mine = new Set(after.deliveries.map(({ delivery_id }) => delivery_id));
  return before.offers
    .filter((offer) => !still.has(offerKey(offer)))
    .filter((offer) => !mine.has(offer.delivery_id) && !answered.has(offerKey(offer)))
    .map((offer) => ({ offer, why: Date.parse(offer.expires_at) <= now ? 'expired' : 'taken' }));
}

/** The offers that are new between two states of the work. */
export function newOffers(before, after) {
  const known = new Set(before?.offers.map(offerKey));
  return after.offers.filter((offer) => !known.has(offerKey(offer)));
}
