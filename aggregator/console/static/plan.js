// A plain map of our own: places projected to metres around their middle, drawn as SVG; no tiles.
//
// Equirectangular around the middle latitude: over a city its error is far below a camera's range.
import { drawGround } from "./ground.js";
import { format, s, words } from "./shell.js";

const METRES_PER_DEGREE = 111_320;

export class Projection {
  constructor(points) {
    const lats = points.map(([lat]) => lat);
    const lons = points.map(([, lon]) => lon);
    this.lat = points.length ? (Math.min(...lats) + Math.max(...lats)) / 2 : 16;
    this.lon = points.length ? (Math.min(...lons) + Math.max(...lons)) / 2 : 107.5;
    this.east = METRES_PER_DEGREE * Math.cos((this.lat * Math.PI) / 180);
  }

  xy([lat, lon]) {
    return [(lon - this.lon) * this.east, (this.lat - lat) * METRES_PER_DEGREE];
  }

  latLon([x, y]) {
    return [this.lat - y / METRES_PER_DEGREE, this.lon + x / this.east];
  }
}

export const isPlaced = (each) => each.lat !== null && each.lon !== null;

const nice = (metres) => {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].map((each) => each * power).find((each) => each <= metres) ?? power;
};

// Draws sites and cameras into `svg` for the part of the world that `view` shows: {x, y, metres per pixel}.
export const drawPlan = (svg, { sites, cameras, alarmed = new Set(), selected = "", ground = null, projection, view, names = true }) => {
  const width = svg.clientWidth || 400;
  const height = svg.clientHeight || 260;
  const at = (point) => {
    const [x, y] = projection.xy(point);
    return [(x - view.x) / view.scale + width / 2, (y - view.y) / view.scale + height / 2];
  };
  const shown = (px, py) => projection.latLon([view.x + (px - width / 2) * view.scale, view.y + (py - height / 2) * view.scale]);
  const corners = [shown(0, 0), shown(width, height)];
  const parts = drawGround(ground, { at, corners, metresPerPixel: view.scale, width, height });
  const step = nice(view.scale * 140);
  const [left, top] = [view.x - (width / 2) * view.scale, view.y - (height / 2) * view.scale];
  for (let x = Math.ceil(left / step) * step; x < left + width * view.scale; x += step) {
    const px = (x - view.x) / view.scale + width / 2;
    parts.push(s("line", { class: "map-grid", x1: px, x2: px, y1: 0, y2: height }));
  }
  for (let y = Math.ceil(top / step) * step; y < top + height * view.scale; y += step) {
    const py = (y - view.y) / view.scale + height / 2;
    parts.push(s("line", { class: "map-grid", x1: 0, x2: width, y1: py, y2: py }));
  }
  const tone = (camera) => (alarmed.has(`${camera.node}/${camera.camera}`) ? " alarmed" : "");
  for (const camera of cameras) {
    if (!camera.outline.length) continue;
    const outline = camera.outline.map((point) => at(point).map((each) => each.toFixed(1)).join(",")).join(" ");
    parts.push(s("polygon", { class: `map-view${tone(camera)}`, points: outline }));
  }
  const taken = [];
  const name = (text, x, y) => {
    if (!names || x < 0 || y < 0 || x > width || y > height) return;
    const long = text.length * 8.5;
    if (x + long > width && x - 20 - long > 0) x -= 20 + long; // on the other side of its mark
    const box = [x, y - 17, x + long, y + 3];
    if (taken.some((each) => box[0] < each[2] && box[2] > each[0] && box[1] < each[3] && box[3] > each[1])) return;
    taken.push(box);
    const label = s("text", { class: "map-name", x, y });
    label.textContent = text;
    parts.push(label);
  };
  // Sites first, cameras over them, and those that call over all: what matters is never covered.
  for (const site of sites.filter(isPlaced)) {
    const [x, y] = at([site.lat, site.lon]);
    parts.push(s("rect", { class: "map-site", x: x - 6, y: y - 6, width: 12, height: 12, rx: 2 }));
    name(site.name, x + 12, y - 10);
  }
  const calling = (camera) => Number(tone(camera) !== "");
  for (const camera of cameras.filter(isPlaced).sort((a, b) => calling(a) - calling(b))) {
    const [x, y] = at([camera.lat, camera.lon]);
    const key = `${camera.node}/${camera.camera}`;
    if (key === selected) parts.push(s("circle", { class: "map-selected", cx: x, cy: y, r: 13 }));
    parts.push(s("circle", { class: `map-camera${tone(camera)}`, "data-camera": key, cx: x, cy: y, r: calling(camera) ? 8 : 6 }));
    name(camera.name || camera.camera, x + 12, y + 18);
  }
  const bar = nice(view.scale * 120);
  const scale = s("g", { class: "map-scale" }, s("line", { x1: 16, x2: 16 + bar / view.scale, y1: height - 16, y2: height - 16 }));
  const label = s("text", { class: "map-name", x: 16, y: height - 22 });
  label.textContent = bar >= 1000 ? format.fill(words.map.kilometres, { n: format.value(bar / 1000) }) : format.fill(words.map.metres, { n: format.value(bar) });
  scale.append(label);
  const north = s("text", { class: "map-name", x: 16, y: 26 });
  north.textContent = `↑ ${words.map.north}`;
  parts.push(scale, north);
  svg.replaceChildren(...parts);
};

// The view that shows all points, with room around them.
export const fitted = (svg, projection, points) => {
  const width = svg.clientWidth || 400;
  const height = svg.clientHeight || 260;
  const xy = points.map((point) => projection.xy(point));
  if (!xy.length) return { x: 0, y: 0, scale: 10 };
  const xs = xy.map(([x]) => x);
  const ys = xy.map(([, y]) => y);
  const [wide, high] = [Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)];
  return {
    x: (Math.min(...xs) + Math.max(...xs)) / 2,
    y: (Math.min(...ys) + Math.max(...ys)) / 2,
    scale: Math.max(wide / (width * 0.75), high / (height * 0.7), 0.15),
  };
};

export const pointsOf = (sites, cameras) => [
  ...[...sites, ...cameras].filter(isPlaced).map((each) => [each.lat, each.lon]),
  ...cameras.flatMap((camera) => camera.outline),
];
