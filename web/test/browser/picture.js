/** What is on a picture of the page: dots are found by their colours. */

/** The colours of the dots, as in src/map/palette.js. */
export const COLORS = {
  light: { idle: [11, 120, 184], carrying: [217, 99, 11], track: [122, 63, 242] },
  dark: { idle: [69, 189, 245], carrying: [255, 166, 48], track: [183, 155, 255] },
};

/**
 * The blobs of a colour on the map, as centres and sizes in CSS pixels, from top to bottom; what
 * lies over the map does not count.
 * The picture is read by a second, empty page: the first one's policy would not have it.
 */
export async function blobs(page, color) {
  const png = (await page.screenshot()).toString('base64');
  const { width } = page.viewportSize();
  const covers = await page.locator('header, aside, .maplibregl-ctrl').evaluateAll((all) =>
    all.map((element) => element.getBoundingClientRect().toJSON()),
  );
  const reader = await page.context().newPage();
  try {
    const found = await reader.evaluate(find, { png, color, width });
    const isIn = ({ x, y }) => ({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom;
    return found.filter((blob) => !covers.some(isIn(blob)));
  } finally {
    await reader.close();
  }
}

/** Runs in the browser. */
async function find({ png, color, width }) {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const isOf = (pixel) => color.every((channel, index) => Math.abs(data[pixel * 4 + index] - channel) < 30);
  const seen = new Uint8Array(image.width * image.height);
  const found = [];
  for (let pixel = 0; pixel < seen.length; pixel += 1) {
    if (!seen[pixel] && isOf(pixel)) found.push(flood(pixel));
  }
  const scale = image.width / width;
  return found
    .filter(({ size }) => size >= 4)
    .map(({ x, y, size }) => ({ x: x / scale, y: y / scale, size: size / scale ** 2 }))
    .sort((a, b) => a.y - b.y);

  function flood(first) {
    const waiting = [first];
    let [x, y, size] = [0, 0, 0];
    seen[first] = 1;
    while (waiting.length > 0) {
      const pixel = waiting.pop();
      x += pixel % image.width;
      y += Math.floor(pixel / image.width);
      size += 1;
      for (const next of [pixel - 1, pixel + 1, pixel - image.width, pixel + image.width]) {
        if (next >= 0 && next < seen.length && !seen[next] && isOf(next)) {
          seen[next] = 1;
          waiting.push(next);
        }
      }
    }
    return { x: x / size, y: y / size, size };
  }
}
