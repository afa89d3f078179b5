// One node: whether it is there, its cameras, what waits in it, its last events and open alarms; follows the feed.
import { read, send } from "./api.js";
import { ageOf, eventCount, moment, readSites, severityBadge, stateBadge, wherePart } from "./alarm_words.js";
import { ask, banner, button, empty, follow, format, h, main, may, paced, ready, said, table, toast, words } from "./shell.js";

const w = words.node;
const id = main.dataset.subject;
const MOST = 30;
const state = { node: null, events: [], alarms: [], site: null, sites: [], counted: null };
const path = (...parts) => `/api/v1/${parts.map(encodeURIComponent).join("/")}`;
const board = (name, variables) => `/console/boards/${name}?${new URLSearchParams(Object.entries(variables).map(([key, value]) => [`var-${key}`, value]))}`;

const panel = (title, ...content) => h("section", { class: "panel card", "aria-label": title }, h("h2", {}, title), ...content);
const tone = { online: "resolved", offline: "high", stale: "medium", unseen: "" };

const factsOf = (node) => {
  const since = node.since ? `${words.why[node.why] ?? node.why}, ${format.fill(words.nodes.since, { time: moment(node.since) })}` : (words.why[node.why] ?? node.why);
  const behind = node.last_seq - node.watermark;
  const rows = [
    [words.alarms.state, since],
    [w.last_seen, node.last_seen ? `${moment(node.last_seen)} (${format.fill(words.alarms.ago, { age: ageOf(node.last_seen) })})` : words.nodes.never],
    [w.site, state.site ? `${state.site.name} (${state.site.id})` : node.site || w.no_site],
    [w.clock, w[`clock_${node.clock}`] ?? String(node.clock)],
    [words.nodes.outbox, node.outbox_rows ? format.fill(words.nodes.outbox_rows, { count: format.count(node.outbox_rows), age: format.age(Math.round(node.outbox_age_s)) }) : words.nodes.outbox_none],
    [w.confirmed, behind > 0 ? format.fill(w.confirmed_behind, { seq: format.count(node.watermark), behind: format.count(behind) }) : format.fill(w.confirmed_all, { seq: format.count(node.watermark) })],
    [w.uptime, node.uptime_s ? format.age(node.uptime_s) : "–"],
    [words.nodes.version, [node.agent_version, node.model].filter(Boolean).join(" · ") || "–"],
    [w.hardware, node.hardware || "–"],
    [w.registered, moment(node.registered_at)],
  ];
  return h("dl", { class: "facts-list" }, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
};

const cameraRow = (node) => (camera) => {
  const there = node.status === "online";
  const links = [
    may.has("timeseries.query") ? h("a", { href: board("camera", { node: node.node, camera: camera.camera }) }, w.board) : null,
    may.has("alarms.read") ? h("a", { href: `/console/alarms?${new URLSearchParams({ state: "", node: node.node, camera: camera.camera })}` }, words.menu.alarms) : null,
  ];
  return [
    camera.camera,
    h("div", {}, there ? (words.camera_status[camera.status] ?? camera.status) : words.nodes.camera_unknown, there && camera.detail ? h("p", { class: "muted small" }, camera.detail) : null),
    there && camera.status === "online" ? format.fill(words.nodes.fps, { fps: format.value(camera.fps) }) : "–",
    h("div", { class: "buttons" }, links),
  ];
};

const eventRow = (event) =>
  h("li", { class: event.alarm ? "alarm-line" : "" }, h("strong", {}, format.kind(event.kind)), " ", h("span", {}, [event.zone_or_line, event.camera].filter(Boolean).join(" · ")), " ",
    h("span", { class: "muted small" }, [moment(event.occurred_at), event.class ? format.className(event.class) : "", event.direction ? format.direction(event.direction) : ""].filter(Boolean).join(" · ")));

const alarmRow = (alarm) =>
  h("li", {}, h("div", { class: "buttons" }, severityBadge(alarm), h("a", { href: `/console/alarms/${alarm.id}` }, format.kind(alarm.kind)), stateBadge(alarm)), wherePart(alarm), h("p", { class: "muted small" }, [moment(alarm.last_at), eventCount(alarm)].join(" · ")));

const count = async () => {
  state.counted = "asked";
  draw();
  try {
    state.counted = (await read(`/api/v1/streams?node=${encodeURIComponent(id)}&limit=100`)).items;
  } catch (error) {
    state.counted = null;
    toast(said(error), { wrong: true });
  }
  draw();
};

const streams = () => {
  if (state.counted === null) return [h("p", { class: "muted small" }, w.streams_hint), button(w.count, count)];
  if (state.counted === "asked") return [h("p", { class: "skeleton tall", "aria-hidden": "true" }, "0")];
  const rows = state.counted.map((stream) => [
    h("code", {}, stream.stream), format.count(stream.watermark), format.count(stream.events_stored), format.count(stream.rows_stored),
    stream.ranges.length ? stream.ranges.map(([from, to]) => `${format.count(from)}–${format.count(to)}`).join(", ") : words.work.none,
    stream.duplicated ? h("span", { class: "badge high" }, format.count(stream.duplicated)) : "0",
    format.count(stream.skipped_seqs), format.count(stream.dead_lettered),
  ]);
  return [table(w.streams, [w.stream, w.watermark, words.alarms.events, w.rows, w.holes, w.doubled, w.skipped, w.dead], rows, w.no_streams), button(w.count_again, count)];
};

const move = async () => {
  const before = state.node.site;
  const set = (site) => send("PUT", path("nodes", id, "site"), { site });
  const done = await ask(w.move, [{ name: "site", label: w.site, options: [["", words.work.none], ...state.sites.map((site) => [site.id, site.name])], value: before }], { attempt: ({ site }) => set(site) });
  if (!done) return;
  toast(words.work.saved, { undo: async () => { await set(before); await load(); } });
  await load();
};

const revoke = async () => {
  const done = await ask(`${w.revoke}: ${id}`, [{ name: "typed", label: format.fill(w.type_id, { id }), required: true, pattern: id }], { text: w.revoke_hint, submit: w.revoke, dangerous: true, attempt: () => send("DELETE", path("nodes", id)) });
  if (done) location.assign("/console");
};

const troubles = (node) => {
  const found = [
    node.revoked_at ? format.fill(w.is_revoked, { time: moment(node.revoked_at) }) : "",
    node.status === "offline" ? w.is_offline : "",
    node.status === "stale" ? w.is_stale : "",
    node.clock === 2 ? w.is_unsynced : "",
    node.status === "online" ? node.detail : "",
    node.outbox_age_s > 60 ? format.fill(w.is_late, { age: format.age(Math.round(node.outbox_age_s)) }) : "",
    ...node.cameras.filter((camera) => node.status === "online" && camera.status === "offline").map((camera) => format.fill(w.camera_off, { camera: camera.camera })),
  ].filter(Boolean);
  return found.length ? h("ul", { class: "troubles card" }, found.map((text) => h("li", {}, text))) : "";
};

const draw = () => {
  const { node } = state;
  const focused = document.activeElement?.textContent;
  document.title = `${node.node} · ${words.page.product}`;
  const actions = [
    may.has("timeseries.query") ? h("a", { class: "button quiet", href: board("node", { node: node.node }) }, w.board) : null,
    may.has("places.write") && state.sites.length ? button(w.move, move) : null,
    may.has("nodes.write") && !node.revoked_at ? button(w.revoke, revoke) : null,
  ];
  ready(
    h("p", {}, h("a", { href: "/console" }, w.back)),
    h("div", { class: "head-row" }, h("div", { class: "buttons" }, h("h1", {}, node.node), h("span", { class: `badge ${tone[node.status]}`, id: "node-status" }, words.status[node.status])), h("div", { class: "buttons" }, actions)),
    troubles(node),
    h(
      "div",
      { class: "case-page" },
      h("div", {},
        panel(words.nodes.cameras, table(words.nodes.cameras, [words.places.camera, words.alarms.state, w.rate, words.work.actions], node.cameras.map(cameraRow(node)), w.no_cameras)),
        panel(w.facts, factsOf(node)),
        may.has("streams.read") ? panel(w.streams, ...streams()) : ""),
      h("div", {},
        may.has("alarms.read") ? panel(words.map.open_alarms, state.alarms.length ? h("ul", { class: "plain" }, state.alarms.map(alarmRow)) : h("p", { class: "muted" }, w.no_alarms)) : "",
        may.has("events.read") ? panel(w.last_events, state.events.length ? h("ol", { class: "plain", id: "node-events" }, state.events.map(eventRow)) : h("p", { class: "muted" }, words.events.empty)) : ""),
    ),
  );
  if (focused) [...main.querySelectorAll("button, a")].find((each) => each.textContent === focused)?.focus();
};

const listed = async (may_, address) => (may_ ? (await read(address).catch(() => ({ items: [] }))).items : []);

const load = async () => {
  try {
    const [node, events, alarms, sites] = await Promise.all([
      read(path("nodes", id)),
      listed(may.has("events.read"), `/api/v1/events?node=${encodeURIComponent(id)}&limit=${MOST}`),
      listed(may.has("alarms.read"), `/api/v1/alarms?node=${encodeURIComponent(id)}&state=open&state=acknowledged&state=assigned&limit=20`),
      listed(may.has("places.read"), "/api/v1/sites"),
    ]);
    Object.assign(state, { node, events, alarms, sites, site: sites.find((site) => site.id === node.site) ?? null });
    banner(null);
    if (!document.querySelector("dialog[open]")) draw();
  } catch (error) {
    if (error.status === 404 || error.status === 422) ready(h("p", {}, h("a", { href: "/console" }, w.back)), h("h1", {}, id), empty(w.not_found));
    else banner(format.fill(words.work.load_failed, { detail: said(error) }), load);
  }
};
const refresh = paced(load, 1000);
await readSites();

follow((update) => {
  const mine = (each) => each.node === id;
  if (update === null || update.nodes.some(mine) || update.events.some(mine) || update.dropped || update.alarm_changes?.some(mine) || update.alarms_stale) refresh();
});
setInterval(refresh, 20_000); // ages grow without anybody's doing
