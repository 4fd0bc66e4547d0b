/** What a courier can do next with a delivery, in the words of the buttons. */

/**
 * The buttons. `asks` is what must be answered first where a tap would be hard to take back, and
 * `reasons` are what may be said of why.
 */
const STEPS = {
  at_pickup: { label: 'I am at the pickup' },
  picked_up: { label: 'Picked up' },
  at_dropoff: { label: 'I am at the door' },
  delivered: { label: 'Delivered' },
  returned: { label: 'Brought back' },
  requested: { label: 'Give back', asks: 'Give this delivery back? It is offered to others at once.' },
  failed: {
    label: 'It cannot be done',
    asks: 'Why not?',
    reasons: ['Nobody there', 'Address not found', 'Refused', 'Package damaged', 'Place closed', 'Something else'],
  },
};

/** Ways forward, the next one first; and ways out. */
const FORWARD = ['at_pickup', 'picked_up', 'at_dropoff', 'delivered', 'returned'];
const OUT = ['requested', 'failed'];

/** How a delivery stands. */
export const STATUS_WORDS = {
  assigned: 'Go to the pickup',
  at_pickup: 'At the pickup',
  picked_up: 'On the way to the door',
  at_dropoff: 'At the door',
  failed: 'Bring it back to the sender',
};

/** The buttons of what may follow, by their place: the first, the others forward, and the ways out. */
export function buttonsOf(next) {
  const those = (statuses) => statuses.filter((status) => next.includes(status)).map((status) => ({ status, ...STEPS[status] }));
  const [first = null, ...others] = those(FORWARD);
  return { first, others, out: those(OUT) };
}

/** Where the courier goes now: the end of the delivery that is next. */
export function headingFor({ status, origin, destination }) {
  const isBefore = ['assigned', 'at_pickup', 'failed'].includes(status);
  return isBefore ? { name: 'Pickup', place: origin } : { name: 'Door', place: destination };
}

/** An address that the phone's own maps open; null where the place is not known in degrees. */
export function wayTo(place, isApple) {
  if (place?.lat == null || place?.lng == null) return null;
  const at = `${place.lat},${place.lng}`;
  return isApple ? `maps://?daddr=${at}` : `geo:${at}?q=${encodeURIComponent(place.address ?? at)}`;
}
