/** How a delivery stands, in the words of whoever waits for it. */

/** The steps of the line, in their order. */
export const STEPS = ['Requested', 'Courier found', 'Picked up', 'Nearby', 'Delivered'];

/** How far along the line a status is. The ends that are no arrival stay where they were reached. */
const STEP_OF = { requested: 0, assigned: 1, at_pickup: 1, picked_up: 2, at_dropoff: 3, delivered: 4 };
const NEARBY = 3;

/** From so near, on the way to the door, a courier is nearby. */
const NEARBY_M = 400;

/** Of these there is still an arrival to tell. */
const UNDER_WAY = ['requested', 'assigned', 'at_pickup', 'picked_up'];

/** Nothing follows these. */
const ENDS = ['delivered', 'returned', 'cancelled'];

/** Whether nothing more will happen. */
export function isOver({ status }) {
  return ENDS.includes(status);
}

/** The step that has been reached, as an index of {@link STEPS}. */
export function stepOf(tracking) {
  const known = STEP_OF[tracking.status];
  if (known === undefined) return lastStep(tracking.timeline);
  return tracking.status === 'picked_up' && isNearby(tracking) ? NEARBY : known;
}

/** When each step was reached last: instants, null where it was not or nobody noted it. */
export function stepTimes({ timeline }, reached) {
  const times = STEPS.map(() => null);
  for (const { status, at } of timeline) {
    const step = STEP_OF[status];
    // At the pickup is the same step as found: it began when the courier was.
    if (step !== undefined && status !== 'at_pickup') times[step] = at;
  }
  return times.map((at, step) => (step <= reached ? at : null));
}

function lastStep(timeline) {
  return timeline.reduce((step, { status }) => STEP_OF[status] ?? step, 0);
}

function isNearby({ courier_location: courier, destination }) {
  return isPlaced(courier) && isPlaced(destination) && metresBetween(courier, destination) <= NEARBY_M;
}

/** Whether something says where it is. */
export function isPlaced(place) {
  return place?.lat != null && place?.lng != null;
}

/** Metres between two places that are near to each other. */
export function metresBetween(a, b) {
  const radian = Math.PI / 180;
  const east = (b.lng - a.lng) * Math.cos(((a.lat + b.lat) / 2) * radian);
  return Math.hypot(east, b.lat - a.lat) * 111_195;
}

/**
 * The status as a headline and a line below it, and its mood: `waiting`, `going`, `good` or `bad`.
 */
export function headline(tracking) {
  const name = tracking.courier?.name ?? 'Your courier';
  const step = stepOf(tracking);
  const [title, line, mood] = WORDS[tracking.status]?.(name, step, tracking) ?? unknown(tracking);
  return { title, line, mood };
}

const WORDS = {
  requested: (_, __, { timeline }) => [
    timeline.some(({ status }) => status === 'assigned') ? 'Looking for another courier' : 'Looking for a courier',
    'The couriers nearby are being asked.',
    'waiting',
  ],
  assigned: (name) => [`${name} is on the way to the pickup`, 'Your package is collected first.', 'going'],
  at_pickup: (name) => [`${name} is at the pickup`, 'Your package is about to be collected.', 'going'],
  picked_up: (name, step) =>
    step === NEARBY
      ? [`${name} is nearby`, 'Get ready to open the door.', 'going']
      : [`${name} is on the way to you`, 'Your package has been picked up.', 'going'],
  at_dropoff: (name) => [`${name} is at the door`, 'Your package is here.', 'going'],
  delivered: () => ['Delivered', 'Enjoy it.', 'good'],
  failed: (_, step) =>
    step >= STEP_OF.picked_up
      ? ['It could not be delivered', 'Your package goes back to the sender.', 'bad']
      : ['This delivery will not happen', 'It failed before the package was picked up. Please ask the sender.', 'bad'],
  returned: () => ['Returned to the sender', 'Your package could not be delivered. Please ask the sender.', 'bad'],
  cancelled: () => ['Cancelled', 'This delivery was called off. If you do not know why, ask the sender.', 'bad'],
};

/** A newer server may know of more than this page does. */
const unknown = ({ status }) => [status.replaceAll('_', ' '), 'Reload the page to learn more.', 'waiting'];

/**
 * When it arrives, as seen at `now` (milliseconds): the range, the minutes it most likely takes, and
 * what else there is to say. Times are instants in milliseconds, null where nobody knows.
 */
export function arrival(tracking, now) {
  const [likely, from, until] = [tracking.estimated_arrival, tracking.arrival_p10, tracking.arrival_p90].map(instant);
  const deadline = instant(tracking.deliver_by);
  if (!UNDER_WAY.includes(tracking.status)) return nothing(null);
  if (likely === null) return { ...nothing(null), deadline };
  const last = Math.max(until ?? likely, likely);
  if (last <= now) return { ...nothing('late'), deadline };
  const first = Math.min(Math.max(from ?? likely, now), last);
  const isLate = deadline !== null && likely > deadline;
  const minutes = Math.max(1, Math.round((likely - now) / 60_000));
  return { from: first, until: last, minutes, deadline, note: isLate ? 'after-deadline' : null };
}

const nothing = (note) => ({ from: null, until: null, minutes: null, deadline: null, note });

const instant = (text) => (text ? Date.parse(text) : null);

/** How old, in milliseconds, the courier's position is; null where there is none. */
export function positionAge({ courier_location: location }, now) {
  return isPlaced(location) ? Math.max(0, now - Date.parse(location.updated_at)) : null;
}
