// Shapes of the scene file as plain values: where their handles are, and what they become when one is moved.
// Coordinates are shares of the picture, 0-1; nothing snaps to anything.

export const round = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1e4) / 1e4;
export const at = ([x, y]) => [round(x), round(y)];
export const isArea = (table) => table === "zones" || table === "lanes" || table === "privacy";

export function middle(points) {
  const sum = points.reduce(([x, y], point) => [x + point[0], y + point[1]], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
}

export function boxCorners([x1, y1, x2, y2]) {
  return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
}

export function boxOf([a, b]) {
  return [...at([Math.min(a[0], b[0]), Math.min(a[1], b[1])]), ...at([Math.max(a[0], b[0]), Math.max(a[1], b[1])])];
}

function unit([dx, dy]) {
  const size = Math.hypot(dx, dy) || 1;
  return [Math.round((dx / size) * 1e3) / 1e3, Math.round((dy / size) * 1e3) / 1e3];
}

export const ARROW = 0.14;

export function arrowTip(entry) {
  const [x, y] = middle(entry.polygon);
  const [dx, dy] = unit(entry.direction);
  return [x + dx * ARROW, y + dy * ARROW];
}

// Handles of an entry: corners to drag, middles that become corners, the tip of a lane's arrow.
export function handles(table, entry) {
  if (table === "lines") return [corner(0, entry.from), corner(1, entry.to)];
  if (table === "signals") {
    const boxes = [["", entry.box], ...Object.entries(entry.lamps ?? {})].filter(([, box]) => box);
    return boxes.flatMap(([lamp, box]) => boxCorners(box).map((point, index) => ({ ...corner(index, point), lamp })));
  }
  const points = entry.polygon;
  const found = points.map((point, index) => corner(index, point));
  const between = points.map((point, index) => ({ kind: "between", index, point: middle([point, points[(index + 1) % points.length]]) }));
  const tip = table === "lanes" ? [{ kind: "arrow", index: 0, point: arrowTip(entry) }] : [];
  return [...found, ...between, ...tip];
}

const corner = (index, point) => ({ kind: "corner", index, point });

// The entry with one handle somewhere else; a moved middle has become a corner before (see `split`).
export function moved(table, entry, handle, point) {
  const to = at(point);
  if (table === "lines") return { ...entry, [handle.index === 0 ? "from" : "to"]: to };
  if (table === "signals") {
    const box = handle.lamp ? entry.lamps[handle.lamp] : entry.box;
    const corners = boxCorners(box);
    const next = boxOf([to, corners[(handle.index + 2) % 4]]);
    return handle.lamp ? { ...entry, lamps: { ...entry.lamps, [handle.lamp]: next } } : { ...entry, box: next };
  }
  if (handle.kind === "arrow") {
    const [x, y] = middle(entry.polygon);
    const way = [point[0] - x, point[1] - y];
    return Math.hypot(...way) < 0.005 ? entry : { ...entry, direction: unit(way) };
  }
  return { ...entry, polygon: entry.polygon.map((each, index) => (index === handle.index ? to : each)) };
}

// The corner of a box that follows the pointer changes when it is dragged over to another side.
export function cornerAt(box, point) {
  const far = boxCorners(box).map((each) => Math.hypot(each[0] - point[0], each[1] - point[1]));
  return far.indexOf(Math.min(...far));
}

export function split(entry, index) {
  const points = entry.polygon;
  const added = at(middle([points[index], points[(index + 1) % points.length]]));
  return { ...entry, polygon: [...points.slice(0, index + 1), added, ...points.slice(index + 1)] };
}

export function without(entry, index) {
  return entry.polygon.length <= 3 ? entry : { ...entry, polygon: entry.polygon.filter((_, each) => each !== index) };
}

export function shifted(table, entry, [dx, dy]) {
  const to = ([x, y]) => at([x + dx, y + dy]);
  const box = ([x1, y1, x2, y2]) => [...to([x1, y1]), ...to([x2, y2])];
  if (table === "lines") return { ...entry, from: to(entry.from), to: to(entry.to) };
  if (table === "signals") {
    const lamps = Object.fromEntries(Object.entries(entry.lamps ?? {}).map(([name, each]) => [name, box(each)]));
    return { ...entry, ...(entry.box ? { box: box(entry.box) } : {}), ...(entry.lamps ? { lamps } : {}) };
  }
  return { ...entry, polygon: entry.polygon.map(to) };
}

// How far a shape may go before it leaves the picture.
export function allowed(table, entry, [dx, dy]) {
  const points = handles(table, entry).filter((each) => each.kind === "corner").map((each) => each.point);
  const clip = (value, along) => Math.min(1 - Math.max(...along), Math.max(-Math.min(...along), value));
  return [clip(dx, points.map((point) => point[0])), clip(dy, points.map((point) => point[1]))];
}

export function flipped(table, entry) {
  if (table === "lines") return { ...entry, from: entry.to, to: entry.from };
  return { ...entry, direction: entry.direction.map((value) => (value ? -value : 0)) };
}

const LAMPS = ["red", "amber", "green"];

export function freeLamp(signal) {
  const names = Object.keys(signal.lamps ?? {});
  return LAMPS.find((name) => !names.includes(name));
}

// The traffic of a new lane goes from its first edge into it.
export function drawn(table, points, id) {
  if (table === "lines") return { id, from: at(points[0]), to: at(points[1]) };
  if (table === "signals") return { id, box: boxOf(points), lamps: {} };
  const polygon = points.map(at);
  if (table === "privacy") return { polygon };
  if (table === "zones") return { id, polygon };
  const inwards = middle([points[0], points[1]]);
  const centre = middle(points);
  return { id, polygon, direction: unit([centre[0] - inwards[0], centre[1] - inwards[1]]) };
}

export function holds([x1, y1, x2, y2], [x, y]) {
  return x1 <= x && x <= x2 && y1 <= y && y <= y2;
}
