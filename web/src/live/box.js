/** Which box to watch for what is seen: larger, so that small movements of the map ask nothing. */

const MARGIN = 0.3; // of the view, on each side
const TOO_LARGE = 4; // times what would be asked for now

/** The box for a view: w, s, e, n in degrees, to six decimals, within the world. */
export function boxFor([west, south, east, north]) {
  const [wide, high] = [(east - west) * MARGIN, (north - south) * MARGIN];
  return [
    rounded(Math.max(west - wide, -180)),
    rounded(Math.max(south - high, -90)),
    rounded(Math.min(east + wide, 180)),
    rounded(Math.min(north + high, 90)),
  ];
}

/** Whether the box still serves the view: it holds it, and not far too much besides. */
export function serves(box, view) {
  const wanted = boxFor(view);
  const holds = box[0] <= view[0] && box[1] <= view[1] && box[2] >= view[2] && box[3] >= view[3];
  // At the edge of the world a view may be wider than any box.
  const isEdge = box.every((edge, index) => edge === wanted[index]);
  return isEdge || (holds && areaOf(box) <= TOO_LARGE * areaOf(wanted));
}

function areaOf([west, south, east, north]) {
  return (east - west) * (north - south);
}

function rounded(degrees) {
  return Math.round(degrees * 1e6) / 1e6;
}
