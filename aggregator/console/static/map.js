// The map: sites and cameras with their views; moved by mouse, touch and keys; the same as tables below.
import { read, readAll } from "./api.js";
import { readGround } from "./ground.js";
import { Projection, drawPlan, fitted, isPlaced, pointsOf } from "./plan.js";
import { banner, button, empty, follow, format, h, may, paced, ready, s, said, table, words } from "./shell.js";

const w = words.map;
const state = { sites: [], cameras: [], alarmed: new Map(), ground: null, projection: null, view: null, selected: "" };
const card = h("div", { class: "map-card card", role: "status", hidden: true });
const svg = s("svg", { tabindex: "0", role: "application", "aria-label": w.drawing, "aria-describedby": "map-hint" });
const tables = h("div", { class: "case-page" });

const nodeLink = (camera, text) => h("a", { href: `/console/nodes/${encodeURIComponent(camera.node)}` }, text);
const alarmsLink = (camera) => {
  const count = state.alarmed.get(`${camera.node}/${camera.camera}`) ?? 0;
  if (!count || !may.has("alarms.read")) return format.count(count);
  return h("a", { href: `/console/alarms?${new URLSearchParams({ node: camera.node, camera: camera.camera })}` }, format.count(count));
};

const drawCard = () => {
  const camera = state.cameras.find((each) => `${each.node}/${each.camera}` === state.selected);
  card.hidden = !camera;
  if (!camera) return;
  const site = state.sites.find((each) => each.id === camera.site);
  card.replaceChildren(
    h("strong", {}, camera.name || camera.camera),
    h("p", { class: "muted small" }, [site?.name, `${camera.node} / ${camera.camera}`].filter(Boolean).join(" · ")),
    h("p", {}, `${w.open_alarms}: `, alarmsLink(camera)),
    may.has("nodes.read") ? h("p", {}, nodeLink(camera, w.open_node)) : "",
  );
};

const select = (key) => {
  state.selected = state.selected === key ? "" : key;
  draw();
  drawCard();
};

const draw = () => drawPlan(svg, { ...state, alarmed: new Set(state.alarmed.keys()) });
const fit = () => {
  state.view = fitted(svg, state.projection, pointsOf(state.sites, state.cameras));
  draw();
};
const clamp = (scale) => Math.max(0.02, Math.min(20_000, scale));

const zoom = (by, px, py) => {
  const { view } = state;
  const [dx, dy] = [(px ?? svg.clientWidth / 2) - svg.clientWidth / 2, (py ?? svg.clientHeight / 2) - svg.clientHeight / 2];
  const scale = clamp(view.scale * by);
  view.x += dx * (view.scale - scale);
  view.y += dy * (view.scale - scale);
  view.scale = scale;
  draw();
};
const shift = (dx, dy) => {
  state.view.x += dx * state.view.scale;
  state.view.y += dy * state.view.scale;
  draw();
};

svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = svg.getBoundingClientRect();
  zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, event.clientX - box.left, event.clientY - box.top);
}, { passive: false });

const fingers = new Map();
let pressed = null;
svg.addEventListener("pointerdown", (event) => {
  pressed = { x: event.clientX, y: event.clientY, key: event.target.dataset?.camera };
  svg.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
});
svg.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const after = [event.clientX, event.clientY];
  const other = [...fingers].find(([finger]) => finger !== event.pointerId)?.[1];
  fingers.set(event.pointerId, after);
  if (!other) {
    shift(before[0] - after[0], before[1] - after[1]);
    return;
  }
  const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
  const box = svg.getBoundingClientRect();
  zoom(apart(before) / apart(after), (after[0] + other[0]) / 2 - box.left, (after[1] + other[1]) / 2 - box.top);
});
svg.addEventListener("pointerup", (event) => {
  const still = pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 6;
  if (still && pressed.key) select(pressed.key);
  pressed = null;
});
for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => fingers.delete(event.pointerId));

svg.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60] };
  if (moves[event.key]) shift(...moves[event.key]);
  else if (event.key === "+" || event.key === "=") zoom(1 / 1.3);
  else if (event.key === "-") zoom(1.3);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
});

const position = (each) => (isPlaced(each) ? `${each.lat.toFixed(5)}, ${each.lon.toFixed(5)}` : words.alarms.unplaced);

const drawTables = () => {
  const sites = state.sites.map((site) => [site.name, site.address || (words.site_kinds[site.kind] ?? "–"), position(site)]);
  const cameras = state.cameras.map((camera) => [
    camera.name || camera.camera,
    may.has("nodes.read") ? h("span", {}, nodeLink(camera, camera.node), ` / ${camera.camera}`) : `${camera.node} / ${camera.camera}`,
    `${format.count(camera.heading_deg)}° · ${format.count(camera.fov_deg)}° · ${format.fill(w.metres, { n: format.count(camera.range_m) })}`,
    alarmsLink(camera),
  ]);
  tables.replaceChildren(
    h("section", { class: "panel card" }, h("h2", {}, w.cameras), table(w.cameras, [words.work.name, words.places.node, `${w.heading} · ${w.view} · ${w.range}`, w.open_alarms], cameras, words.places.no_cameras)),
    h("section", { class: "panel card" }, h("h2", {}, w.sites), table(w.sites, [words.work.name, words.places.address, words.alarms.position], sites, words.places.no_sites)),
  );
};

const readAlarms = async () => {
  if (!may.has("alarms.read")) return;
  const items = await readAll("/api/v1/alarms?state=open&state=acknowledged&state=assigned&limit=200").catch(() => []);
  state.alarmed = new Map();
  for (const alarm of items) {
    const key = `${alarm.node}/${alarm.camera}`;
    state.alarmed.set(key, (state.alarmed.get(key) ?? 0) + 1);
  }
};

const refreshAlarms = paced(async () => {
  await readAlarms();
  if (state.view) draw();
  drawTables();
  drawCard();
}, 2000);

const load = async () => {
  try {
    const [sites, cameras, ground] = await Promise.all([read("/api/v1/sites"), read("/api/v1/cameras"), readGround()]);
    Object.assign(state, { sites: sites.items, cameras: cameras.items, ground });
    await readAlarms();
    const points = pointsOf(state.sites, state.cameras);
    state.projection = new Projection(points);
    banner(null);
    const tools = h("div", { class: "map-tools" }, button("+", () => zoom(1 / 1.4), { "aria-label": w.zoom_in }), button("−", () => zoom(1.4), { "aria-label": w.zoom_out }), button("⤢", fit, { "aria-label": w.fit }));
    ready(
      h("h1", {}, words.menu.map),
      h("p", { class: "muted small", id: "map-hint" }, w.hint),
      points.length ? h("div", { class: "map-frame card" }, svg, tools, card, state.ground?.attribution ? h("p", { class: "map-attribution small" }, state.ground.attribution) : "") : h("div", { class: "card" }, empty(w.empty, w.empty_hint)),
      tables,
    );
    drawTables();
    if (points.length) {
      fit();
      new ResizeObserver(draw).observe(svg);
    }
  } catch (error) {
    banner(format.fill(words.work.load_failed, { detail: said(error) }), load);
  }
};

await load();
follow((update) => {
  if (update === null || update.alarm_changes?.length || update.alarms_stale) refreshAlarms();
});
