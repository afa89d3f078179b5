// What lies under the map: the city's own lines and areas, and tiles where the configuration names them.
import { read } from "./api.js";
import { s } from "./shell.js";

const MOST_ZOOM = 19;
const MOST_TILES = 80;
const WORLD_M = 40_075_016.7;
const TILE_PX = 256;

const column = (lon, n) => ((lon + 180) / 360) * n;
const row = (lat, n) => {
  const angle = (lat * Math.PI) / 180;
  return ((1 - Math.asinh(Math.tan(angle)) / Math.PI) / 2) * n;
};
const lonOf = (x, n) => (x / n) * 360 - 180;
const latOf = (y, n) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / n))) * 180) / Math.PI;

// The tiles that cover a part of the world at the level that suits `metresPerPixel`: [z, x, y, corners].
export const tilesOf = ([north, west], [south, east], metresPerPixel) => {
  const width = WORLD_M * Math.cos((((north + south) / 2) * Math.PI) / 180);
  let z = Math.min(MOST_ZOOM, Math.max(0, Math.ceil(Math.log2(width / TILE_PX / metresPerPixel) - 0.3)));
  for (; z >= 0; z -= 1) {
    const n = 2 ** z;
    const [left, right] = [Math.floor(column(west, n)), Math.floor(column(east, n))];
    const [top, bottom] = [Math.floor(row(north, n)), Math.floor(row(south, n))];
    if ((right - left + 1) * (bottom - top + 1) > MOST_TILES) continue;
    const found = [];
    for (let x = Math.max(0, left); x <= Math.min(n - 1, right); x += 1) {
      for (let y = Math.max(0, top); y <= Math.min(n - 1, bottom); y += 1) {
        found.push({ z, x, y, from: [latOf(y, n), lonOf(x, n)], to: [latOf(y + 1, n), lonOf(x + 1, n)] });
      }
    }
    return found;
  }
  return [];
};

export const readGround = () => read("/console/ground").catch(() => null);

// SVG elements to lie under everything else; `at` gives pixels of [lat, lon], `corners` what is shown.
export const drawGround = (ground, { at, corners, metresPerPixel, width, height }) => {
  if (!ground) return [];
  const parts = [];
  if (ground.tiles) {
    for (const { z, x, y, from, to } of tilesOf(...corners, metresPerPixel)) {
      const [left, top] = at(from);
      const [right, bottom] = at(to);
      const href = ground.tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y);
      // Half a pixel more, or seams show between neighbours.
      parts.push(s("image", { class: "map-tile", "aria-hidden": "true", href, x: left, y: top, width: right - left + 0.5, height: bottom - top + 0.5, preserveAspectRatio: "none" }));
    }
  }
  for (const shape of ground.shapes) {
    const points = shape.points.map(at);
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    if (Math.max(...xs) < 0 || Math.min(...xs) > width || Math.max(...ys) < 0 || Math.min(...ys) > height) continue;
    const text = points.map((point) => point.map((each) => each.toFixed(1)).join(",")).join(" ");
    parts.push(s(shape.is_area ? "polygon" : "polyline", { class: `map-ground ${shape.kind}${shape.is_area ? "" : " line"}`, points: text }));
  }
  return parts;
};
