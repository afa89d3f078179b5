// The queue of alarms: filters, counts, rows, keys, bulk actions; follows the feed without reloading.
//
// What must hold: the row that has the focus keeps it when the list changes under it; rows are bounded.
import { read, readAll } from "./api.js";
import { ALLOWED, KEYS, act, showKeys } from "./alarm_actions.js";
import { ageOf, eventCount, holderOf, moment, readSites, severityBadge, stateBadge, whereOf, wherePart } from "./alarm_words.js";
import { banner, button, byId, empty, follow, format, h, may, paced, ready, said, typing, undoLast, words } from "./shell.js";

const w = words.alarms;
const PAGE = 50;
const WORKING = ["open", "acknowledged", "assigned"];
const mayWork = may.has("alarms.work");
const state = { items: [], cursor: null, selected: new Set(), known: null, counts: null, limit: PAGE };
const rows = new Map();

// ---- filters: kept in the address, so that a list can be shared and "back" works

const asked = new URLSearchParams(location.search);
const filters = { state: asked.get("state") ?? "working", severity: asked.get("severity") ?? "", kind: asked.get("kind") ?? "", area: asked.get("area") ?? "", node: asked.get("node") ?? "", camera: asked.get("camera") ?? "", mine: asked.get("mine") === "1" };

const query = () => {
  const params = new URLSearchParams();
  if (filters.state === "working") WORKING.forEach((each) => params.append("state", each));
  else if (filters.state) params.append("state", filters.state);
  for (const name of ["severity", "kind", "area", "node", "camera"]) if (filters[name]) params.append(name, filters[name]);
  if (filters.mine) params.append("assignee", "me");
  return params;
};

const choose = (name, value) => {
  filters[name] = value;
  const kept = new URLSearchParams(Object.entries(filters).filter(([, each]) => each).map(([key, each]) => [key, each === true ? "1" : each]));
  history.replaceState(null, "", `?${kept}`);
  state.limit = PAGE;
  state.known = null;
  drawFilters();
  refresh();
};

const select = (name, label, options) => {
  const input = h("select", { id: `filter-${name}`, onchange: () => choose(name, input.value) }, options.map(([value, text]) => h("option", { value, selected: value === filters[name] }, text)));
  return h("label", {}, label, input);
};

const areaOptions = [["", words.work.any]];
const readAreas = async () => {
  if (!may.has("places.read")) return;
  const provinces = await readAll("/api/v1/areas?parent=&limit=200").catch(() => []);
  areaOptions.push(...provinces.map((area) => [area.id, area.name]));
  if (filters.area && !areaOptions.some(([id]) => id === filters.area)) areaOptions.push([filters.area, filters.area]);
  drawFilters();
};

const filterBox = h("form", { class: "filters", "aria-label": w.filters, onsubmit: (event) => event.preventDefault() });
const drawFilters = () => {
  const focused = document.activeElement?.id;
  const any = ["", words.work.any];
  const mine = h("input", { type: "checkbox", id: "filter-mine", checked: filters.mine, onchange: () => choose("mine", mine.checked) });
  filterBox.replaceChildren(
    select("state", w.state, [["working", w.working], ...Object.entries(words.alarm_states), any]),
    select("severity", w.severity, [any, ...Object.entries(words.severities).reverse()]),
    select("kind", w.kind, [any, ...Object.entries(words.kinds).filter(([kind]) => !/_(recovered|cleared)$/.test(kind))]),
    select("area", w.area, areaOptions),
    h("label", { class: "check" }, mine, w.mine),
    ...["node", "camera"].filter((name) => filters[name]).map((name) => {
      const text = format.fill(name === "node" ? w.from_node : w.from_camera, { name: filters[name] });
      return button(`${text} ×`, () => choose(name, ""), { "aria-label": format.fill(w.drop_filter, { name: text }) });
    }),
  );
  if (focused?.startsWith("filter-")) byId(focused)?.focus();
};

const countBox = h("div", { class: "counts", role: "group", "aria-label": w.state });
const drawCounts = () => {
  const by = state.counts?.by_state ?? {};
  const focused = document.activeElement?.dataset?.state;
  countBox.replaceChildren(
    ...Object.entries(words.alarm_states).map(([name, text]) =>
      h("button", { type: "button", class: "count-chip", "data-state": name, "aria-pressed": String(filters.state === name), onclick: () => choose("state", filters.state === name ? "working" : name) }, text, h("strong", {}, format.count(by[name] ?? 0))),
    ),
  );
  const oldest = state.counts?.oldest_open_at;
  if (oldest) countBox.append(h("span", { class: "muted" }, format.fill(w.oldest, { age: ageOf(oldest) })));
  if (focused) countBox.querySelector(`[data-state="${focused}"]`)?.focus();
};

// ---- rows

const nameOf = (alarm) => `${format.kind(alarm.kind)}, ${whereOf(alarm).join(", ")}`;

const rowOf = (alarm) => {
  const fresh = state.known !== null && !state.known.has(alarm.id);
  const picked = state.selected.has(alarm.id);
  const box = h("input", { type: "checkbox", checked: picked, tabindex: "-1", "aria-label": format.fill(w.select, { name: nameOf(alarm) }), onchange: () => pick(alarm.id, box.checked) });
  const link = h("a", { class: "case-title", href: `/console/alarms/${alarm.id}`, "data-row": alarm.id }, format.kind(alarm.kind));
  const quick = ALLOWED[alarm.state].includes("acknowledge") ? ["acknowledge", "false"] : ALLOWED[alarm.state].includes("resolve") ? ["resolve"] : ["reopen"];
  const row = h(
    "li",
    { class: `case ${alarm.state} ${alarm.severity}${fresh ? " fresh" : ""}${picked ? " selected" : ""}`, "data-id": alarm.id },
    mayWork ? box : h("span", {}),
    severityBadge(alarm),
    h(
      "div",
      { class: "case-main" },
      link,
      wherePart(alarm),
      h("p", { class: "muted small" }, [moment(alarm.last_at), format.fill(w.ago, { age: ageOf(alarm.opened_at) }), eventCount(alarm), alarm.late ? w.late : ""].filter(Boolean).join(" · ")),
    ),
    h("div", { class: "case-state" }, stateBadge(alarm), h("p", { class: "muted small" }, alarm.snoozed_until && new Date(alarm.snoozed_until) > new Date() ? format.fill(w.snoozed, { time: moment(alarm.snoozed_until) }) : holderOf(alarm))),
    h("div", { class: "buttons" }, mayWork ? quick.map((name) => button(w[name], () => act(name, [alarm], refresh), { tabindex: "-1", "aria-label": `${w[name]}: ${nameOf(alarm)}` })) : null),
  );
  // Without an animation: in a storm one is always under way, and would paint the page sixty times a second.
  if (fresh) setTimeout(() => row.classList.remove("fresh"), 2500);
  return row;
};

const list = h("ul", { class: "queue card", "aria-label": w.list });
const bulkBar = h("div", { class: "bulk card", role: "group", "aria-label": words.work.actions, hidden: true });
const moreButton = button(words.work.more, () => { state.limit = Math.min(200, state.limit + PAGE); refresh(); });

const focusedId = () => document.activeElement?.closest?.(".case")?.dataset.id ?? null;
const focusRow = (id) => list.querySelector(`[data-row="${CSS.escape(id)}"]`)?.focus();

const stamp = (alarm) => [alarm.version, alarm.updated_at, state.selected.has(alarm.id), ageOf(alarm.opened_at)].join("|");

const drawRows = () => {
  if (state.counts === null) return; // nothing was read yet
  const focused = focusedId();
  const index = state.previous?.indexOf(focused) ?? -1;
  if (!state.items.length) list.replaceChildren(empty(w.empty, w.empty_hint, "li"));
  else {
    const made = state.items.map((alarm) => {
      const kept = rows.get(alarm.id);
      if (kept && kept.stamp === stamp(alarm)) return kept.row;
      const row = rowOf(alarm);
      rows.set(alarm.id, { row, stamp: stamp(alarm) });
      return row;
    });
    const same = made.length === list.children.length && made.every((row, at) => row === list.children[at]);
    if (!same) list.replaceChildren(...made);
  }
  for (const id of rows.keys()) if (!state.items.some((alarm) => alarm.id === id)) rows.delete(id);
  state.previous = state.items.map((alarm) => alarm.id);
  if (focused && focusedId() !== focused) {
    const next = state.previous.includes(focused) ? focused : state.previous[Math.min(index, state.previous.length - 1)];
    if (next) focusRow(next);
  }
  moreButton.hidden = !state.cursor || state.limit >= 200;
};

const pick = (id, on) => {
  if (on) state.selected.add(id);
  else state.selected.delete(id);
  drawRows();
  drawBulk();
};

const drawBulk = () => {
  const picked = state.items.filter((alarm) => state.selected.has(alarm.id));
  state.selected = new Set(picked.map((alarm) => alarm.id));
  bulkBar.hidden = !picked.length;
  bulkBar.replaceChildren(
    h("strong", {}, format.fill(w.selected, { count: format.count(picked.length) })),
    h("div", { class: "buttons" }, ["acknowledge", "assign", "resolve", "false", "note", "snooze", "reopen"]
      .filter((name) => picked.some((alarm) => ALLOWED[alarm.state].includes(name)))
      .map((name) => button(w[name], () => act(name, picked, () => { state.selected.clear(); return refresh(); })))),
    button(w.select_none, () => { state.selected.clear(); drawRows(); drawBulk(); }),
  );
};

// ---- reading and following

const announce = (fresh) => {
  if (fresh.length) byId("announcer").textContent = format.fill(w.new, { kind: format.kind(fresh[0].kind), place: whereOf(fresh[0]).join(", ") });
};

// What the feed tells is drawn at once, and the listing is read after it: for the counts, and for what one alarm
// does not tell by itself (whether it is mine, and which areas lie below one).
const heard = new Map();
const fits = (alarm) =>
  (filters.state === "working" ? WORKING.includes(alarm.state) : !filters.state || alarm.state === filters.state) &&
  (!filters.severity || alarm.severity === filters.severity) &&
  (!filters.kind || alarm.kind === filters.kind);
const newestFirst = (one, other) => Date.parse(other.opened_at) - Date.parse(one.opened_at) || (one.id < other.id ? 1 : -1);

const merge = (changes) => {
  if (!state.counts || filters.mine || filters.area) return;
  const found = new Map(state.items.map((alarm) => [alarm.id, alarm]));
  for (const alarm of changes) {
    if (Date.parse(found.get(alarm.id)?.updated_at ?? 0) > Date.parse(alarm.updated_at)) continue;
    if (fits(alarm)) found.set(alarm.id, alarm);
    else found.delete(alarm.id);
  }
  state.items = [...found.values()].sort(newestFirst).slice(0, state.limit);
  drawRows();
  drawBulk();
};

const load = async () => {
  try {
    heard.clear(); // what came before stands in the listing
    const params = query();
    params.append("limit", state.limit);
    const scope = new URLSearchParams(params);
    for (const name of ["state", "limit"]) scope.delete(name);
    const [page, counts] = await Promise.all([read(`/api/v1/alarms?${params}`), read(`/api/v1/alarms/counts?${scope}`)]);
    const fresh = state.known ? page.items.filter((alarm) => !state.known.has(alarm.id)) : [];
    state.items = page.items;
    state.cursor = page.next_cursor;
    state.counts = counts;
    if (heard.size) merge(heard.values());
    drawRows();
    drawCounts();
    drawBulk();
    announce(fresh);
    state.known = new Set(page.items.map((alarm) => alarm.id));
    banner(null);
    byId("main").setAttribute("aria-busy", "false");
  } catch (error) {
    banner(format.fill(words.work.load_failed, { detail: said(error) }), refresh);
  }
};
const refresh = paced(load, 400);

// ---- keys

const current = () => state.items.find((alarm) => alarm.id === focusedId()) ?? null;
const targets = () => {
  if (state.selected.size) return state.items.filter((alarm) => state.selected.has(alarm.id));
  const alarm = current() ?? state.items[0];
  return alarm ? [alarm] : [];
};

const move = (by) => {
  const ids = state.items.map((alarm) => alarm.id);
  if (!ids.length) return;
  const at = ids.indexOf(focusedId());
  focusRow(ids[at < 0 ? 0 : Math.max(0, Math.min(ids.length - 1, at + by))]);
};

document.addEventListener("keydown", (event) => {
  if (typing(event)) return;
  const inside = event.target === document.body || event.target.id === "main" || list.contains(event.target);
  const key = event.key;
  if (key === "j" || (key === "ArrowDown" && inside)) move(1);
  else if (key === "k" || (key === "ArrowUp" && inside)) move(-1);
  else if (key === "?") showKeys(true);
  else if (key === "u") undoLast();
  else if (key === "/") byId("filter-state")?.focus();
  else if (key === "x" && mayWork) {
    const id = focusedId();
    if (id) pick(id, !state.selected.has(id));
  } else if (KEYS[key] && mayWork) {
    act(KEYS[key], targets(), () => { state.selected.clear(); return load(); });
  } else return;
  event.preventDefault();
});

const begin = () => {
  drawFilters();
  drawCounts();
  list.replaceChildren(...[1, 2, 3].map(() => h("li", { class: "case ghost", "aria-hidden": "true" }, h("span", { class: "skeleton" }, "00"), h("span", { class: "skeleton" }, "0000"), h("span", { class: "skeleton" }, "00000000000"))));
  ready(
    h("div", { class: "head-row" }, h("h1", {}, words.menu.alarms), h("div", { class: "buttons" }, button(w.help, () => showKeys(true), { title: w.help_hint }))),
    countBox,
    filterBox,
    list,
    moreButton,
    bulkBar,
  );
  byId("main").setAttribute("aria-busy", "true");
  readAreas();
  readSites().then(() => { rows.clear(); drawRows(); });
  follow((update) => {
    const changes = update?.alarm_changes ?? [];
    for (const alarm of changes) heard.set(alarm.id, alarm);
    if (changes.length) merge(changes);
    if (update === null || changes.length || update.alarms_stale) refresh();
  });
  setInterval(refresh, 30_000); // ages grow, and snoozes end, without anybody's doing
};

begin();
