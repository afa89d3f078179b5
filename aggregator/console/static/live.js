// The live page: one read of the overview, then server-sent events from its position on.
//
// What must hold: rows are made with textContent alone, so that no text of a node becomes markup;
// lists are bounded; a lost feed is shown at once and taken up again from the last position.
import { classColour, drawFlow, drawOccupancy, flowPeak, rankOf } from "./charts.js";
import { Format } from "./format.js";

const KEPT = 100;
const SUMMARY_MS = 20_000;
const RETRY_MS = 4_000;
const SILENT_MS = 40_000;
const STATUS_ORDER = { stale: 0, offline: 1, online: 2, unseen: 3 };

const words = JSON.parse(document.getElementById("words").textContent);
const format = new Format(words);
const byId = (id) => document.getElementById(id);

const state = {
  events: [],
  alarms: [],
  nodes: new Map(),
  counts: { total: 0, online: 0, offline: 0, stale: 0, unseen: 0 },
  totals: { day: "", events: 0, alarms: 0, by_kind: {} },
  charts: null,
  alarmsOnly: false,
  feed: null,
  position: null,
  lastWord: 0,
  lastData: new Date(),
  clockOffsetMs: 0,
  announcedAt: 0,
};

const now = () => new Date(Date.now() + state.clockOffsetMs);

const make = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const icon = (name) => {
  const paths = {
    alarm: "M12 3.500 1.800 21h20.400L12 3.500Zm0 6.500v5.500m0 2.300v.600",
    record: "M12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7",
    over: "M5 12.500 10 17.500 19 7",
    online: "M5 12.500 10 17.500 19 7",
    offline: "M6 6l12 12M18 6 6 18",
    stale: "M12 6v7m0 4v.500",
    unseen: "M6 12h12",
    camera: "M3 7h11v10H3zM14 11l7-4v10l-7-4z",
    forward: "M4 12h15m-6-6 6 6-6 6",
    backward: "M20 12H5m6-6-6 6 6 6",
  };
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
};

// ---- tiles

const drawTile = (name, value, note, tone) => {
  const tile = byId(`tile-${name}`);
  tile.dataset.tone = tone ?? "";
  tile.querySelector(".tile-value").replaceChildren(...[value].flat());
  tile.querySelector(".tile-note").textContent = note;
};

// There, and telling of a fault of its own.
const isTroubled = (node) =>
  node.status === "online" && (node.detail !== "" || node.cameras.some((camera) => camera.status === "offline"));

const drawTiles = () => {
  const { counts, totals, charts } = state;
  const wrong = counts.offline + counts.stale + [...state.nodes.values()].filter(isTroubled).length;
  const of = make("span", "tile-of", format.fill(words.tiles.nodes_of, { total: format.count(counts.total) }));
  drawTile(
    "nodes",
    counts.total ? [format.count(counts.online), of] : "0",
    counts.total === 0
      ? words.tiles.nodes_none
      : wrong
        ? format.fill(words.tiles.nodes_problem, { count: format.count(wrong) })
        : words.tiles.nodes_fine,
    wrong ? "warn" : "",
  );
  const latest = state.events[0];
  drawTile(
    "events",
    format.count(totals.events),
    latest ? format.fill(words.tiles.latest, { time: format.moment(latest.occurred_at, now()) }) : words.events.empty,
  );
  const alarm = state.alarms[0];
  drawTile(
    "alarms",
    format.count(totals.alarms),
    alarm ? format.fill(words.tiles.latest, { time: format.moment(alarm.occurred_at, now()) }) : words.tiles.alarms_none,
    totals.alarms ? "alarm" : "",
  );
  if (charts) {
    const places = charts.flow.length + charts.flow_more;
    drawTile(
      "flow",
      format.count(charts.flow_total),
      format.fill(words.tiles.flow_note, { count: format.count(places) }),
    );
  }
};

// ---- events

const placeOf = (event) => [event.zone_or_line, event.camera, event.node].filter(Boolean);

const factsOf = (event) => {
  const facts = [];
  if (event.class) facts.push(make("span", "fact", format.className(event.class)));
  if (event.direction) {
    const fact = make("span", "fact");
    if (event.direction in words.directions) fact.append(icon(event.direction));
    fact.append(format.direction(event.direction));
    facts.push(fact);
  }
  if (event.kind.startsWith("crowd_") && event.value !== null) {
    facts.push(make("span", "fact", format.fill(words.events.people, { count: format.count(event.value) })));
  }
  if (event.duration_s >= 1) {
    facts.push(
      make("span", "fact", format.fill(words.events.duration, { duration: format.age(Math.round(event.duration_s)) })),
    );
  }
  if (event.clock === 2) facts.push(make("span", "fact warn", words.events.unsynced));
  return facts;
};

const drawEvent = (event, fresh) => {
  const tone = event.alarm ? "alarm" : /_(cleared|recovered)$/.test(event.kind) ? "over" : "record";
  const row = make("li", `event ${tone}${fresh ? " fresh" : ""}`);
  row.dataset.id = event.id;
  const mark = make("span", "event-mark");
  mark.append(icon(tone));
  const head = make("div", "event-head");
  const kind = make("span", "event-kind", format.kind(event.kind));
  head.append(kind);
  if (event.alarm) head.append(make("span", "event-alarm", words.events.alarm));
  const time = make("time", "event-time", format.moment(event.occurred_at, now()));
  time.dateTime = event.occurred_at;
  head.append(time);
  const where = make("p", "event-where");
  placeOf(event).forEach((part, index) => where.append(make("span", index ? "place" : "place first", part)));
  const body = make("div", "event-body");
  body.append(head, where);
  const facts = factsOf(event);
  if (facts.length) {
    const line = make("p", "facts");
    line.append(...facts);
    body.append(line);
  }
  row.append(mark, body);
  return row;
};

const emptyState = (tag, title, hint) => {
  const made = make(tag, "empty");
  made.append(make("strong", "", title));
  if (hint) made.append(make("span", "", hint));
  return made;
};

const drawEvents = () => {
  const shown = state.alarmsOnly ? state.alarms : state.events;
  const list = byId("events");
  if (!shown.length) {
    const only = state.alarmsOnly && state.events.length;
    list.replaceChildren(
      emptyState("li", only ? words.events.none_alarms : words.events.empty, only ? "" : words.events.empty_hint),
    );
    return;
  }
  list.replaceChildren(...shown.map((event) => drawEvent(event, false)));
};

const addEvents = (kept, fresh) => {
  const known = new Set(kept.map((event) => event.id));
  const added = fresh.filter((event) => !known.has(event.id));
  kept.unshift(...added);
  kept.length = Math.min(kept.length, KEPT);
  return added;
};

const showNewEvents = (added) => {
  if (!added.length) return;
  const list = byId("events");
  list.querySelector(".empty")?.remove();
  list.prepend(...added.map((event) => drawEvent(event, true)));
  while (list.children.length > KEPT) list.lastElementChild.remove();
};

const announceAlarm = (alarms) => {
  if (!alarms.length || Date.now() - state.announcedAt < 10_000) return;
  state.announcedAt = Date.now();
  const [alarm] = alarms;
  byId("announcer").textContent = `${words.events.alarm}: ${format.kind(alarm.kind)}, ${placeOf(alarm).join(", ")}`;
};

// ---- nodes

// What a node that is not there last said of its cameras is not their state now.
const drawCamera = (camera, there) => {
  const row = make("li", `camera ${there ? camera.status : "unknown"}`);
  row.append(icon("camera"), make("span", "camera-name", camera.camera));
  if (!there) {
    row.append(make("span", "camera-rate", words.nodes.camera_unknown));
    return row;
  }
  const status = words.camera_status[camera.status] ?? camera.status;
  const rate = camera.status === "online" ? format.fill(words.nodes.fps, { fps: format.value(camera.fps) }) : status;
  row.append(make("span", "camera-rate", rate));
  row.title = camera.detail ? `${status}: ${camera.detail}` : status;
  return row;
};

const sinceOf = (node) => {
  if (!node.since) return words.why[node.why] ?? node.why;
  const since = format.fill(words.nodes.since, { time: format.moment(node.since, now(), false) });
  return `${words.why[node.why] ?? node.why}, ${since}`;
};

const drawNode = (node) => {
  const row = make("li", `node card ${node.status}`);
  row.dataset.node = node.node;
  const head = make("div", "node-head");
  const chip = make("span", "chip");
  chip.append(icon(node.status), words.status[node.status] ?? node.status);
  const name = make("h3", "node-name");
  const link = make("a", "", node.node);
  link.href = `/console/nodes/${encodeURIComponent(node.node)}`;
  name.append(link);
  head.append(name, chip);
  const since = make("div", "");
  since.append(make("p", "node-since", sinceOf(node)));
  if (node.detail && node.status === "online") since.append(make("p", "node-problem", node.detail));
  row.append(head, since);
  if (node.cameras.length) {
    const cameras = make("ul", "cameras");
    cameras.setAttribute("aria-label", words.nodes.cameras);
    cameras.append(...node.cameras.map((camera) => drawCamera(camera, node.status === "online")));
    row.append(cameras);
  }
  if (node.status !== "unseen") {
    const outbox = make("p", "node-outbox");
    const rows = { count: format.count(node.outbox_rows), age: format.age(Math.round(node.outbox_age_s)) };
    outbox.append(
      make("span", "label", words.nodes.outbox),
      make("span", "", node.outbox_rows ? format.fill(words.nodes.outbox_rows, rows) : words.nodes.outbox_none),
    );
    if (!node.outbox_rows) outbox.classList.add("clear");
    if (node.outbox_age_s > 60) outbox.classList.add("late");
    row.append(outbox);
  }
  return row;
};

const drawNodes = () => {
  const list = byId("nodes");
  const nodes = [...state.nodes.values()].sort(
    (a, b) => STATUS_ORDER[a.status] - STATUS_ORDER[b.status] || a.node.localeCompare(b.node),
  );
  if (!nodes.length) {
    list.replaceChildren(emptyState("li", words.nodes.empty, words.nodes.empty_hint));
    return;
  }
  list.replaceChildren(...nodes.map(drawNode));
};

const takeNodes = (nodes) => {
  let moved = false;
  for (const node of nodes) {
    const before = state.nodes.get(node.node);
    if (node.revoked_at) state.nodes.delete(node.node);
    else state.nodes.set(node.node, node);
    moved ||= before?.status !== node.status || Boolean(node.revoked_at);
  }
  return moved;
};

// ---- charts

const legendOf = (chart, shown) => {
  const list = make("ul", "legend");
  const names = [...new Set(chart.series.map((series) => series.class))];
  names.sort((a, b) => rankOf(chart, b) - rankOf(chart, a));
  for (const name of names) {
    const item = make("li", classColour(name));
    item.append(make("span", "swatch"), make("span", "", name ? format.className(name) : words.charts.any));
    for (const direction of ["forward", "backward", ""]) {
      const series = chart.series.find((each) => each.class === name && each.direction === direction);
      if (!series) continue;
      const value = make("span", "legend-direction");
      if (direction) value.append(icon(direction), make("span", "visually-hidden", format.direction(direction)));
      value.append(make("span", "legend-value", shown(series)));
      item.append(value);
    }
    list.append(item);
  }
  return list;
};

const axisOf = (minutes, peak) => {
  const axis = make("div", "chart-times");
  axis.append(
    make("span", "", format.fill(words.charts.minutes_ago, { count: minutes })),
    make("span", "", peak),
    make("span", "", words.charts.now_axis),
  );
  return axis;
};

const chartCard = (chart, { value, drawing, legend, peak, minutes }) => {
  const card = make("div", "chart card");
  const head = make("div", "chart-head");
  head.append(make("h4", "chart-name", chart.zone_or_line || chart.source), make("p", "chart-value", value));
  const place = make("p", "chart-place");
  for (const part of [chart.source, chart.node]) place.append(make("span", "place", part));
  place.title = `${chart.source} · ${chart.node}`;
  card.append(head, place, drawing, axisOf(minutes, peak), legend);
  return card;
};

const lastOf = (series) => series.values.findLast((value) => value !== null) ?? 0;

const flowCard = (chart, minutes) => {
  const peak = format.count(flowPeak(chart, minutes));
  const label = format.fill(words.charts.describe_flow, {
    place: `${chart.zone_or_line}, ${chart.source}, ${chart.node}`,
    total: format.count(chart.total),
    peak,
  });
  return chartCard(chart, {
    value: format.fill(words.charts.total, { count: format.count(chart.total) }),
    drawing: drawFlow(chart, minutes, label),
    legend: legendOf(chart, (series) => format.count(series.total)),
    peak: format.fill(words.charts.peak_flow, { count: peak }),
    minutes,
  });
};

const occupancyCard = (chart, minutes) => {
  const current = format.value(chart.series.reduce((sum, series) => sum + lastOf(series), 0));
  const values = chart.series.flatMap((series) => series.values.map((value) => value ?? 0));
  const peak = format.value(Math.max(0, ...values));
  const label = format.fill(words.charts.describe_occupancy, {
    place: `${chart.zone_or_line}, ${chart.source}, ${chart.node}`,
    value: current,
    peak,
  });
  return chartCard(chart, {
    value: format.fill(words.charts.now, { value: current }),
    drawing: drawOccupancy(chart, minutes, label),
    legend: legendOf(chart, (series) => format.value(lastOf(series))),
    peak: format.fill(words.charts.peak_occupancy, { value: peak }),
    minutes,
  });
};

const chartGroup = (title, note, cards, more) => {
  const group = make("div", "chart-group");
  const head = make("div", "chart-group-head");
  head.append(make("h3", "", title), make("p", "muted", note));
  const grid = make("div", "chart-grid");
  grid.append(...cards);
  group.append(head, grid);
  if (more) group.append(make("p", "muted", format.fill(words.charts.more, { count: format.count(more) })));
  return group;
};

const drawCharts = () => {
  const { charts } = state;
  const groups = [];
  if (charts.flow.length) {
    const cards = charts.flow.map((chart) => flowCard(chart, charts.minutes));
    groups.push(chartGroup(words.charts.flow, words.charts.forward_above, cards, charts.flow_more));
  }
  if (charts.occupancy.length) {
    const cards = charts.occupancy.map((chart) => occupancyCard(chart, charts.minutes));
    groups.push(chartGroup(words.charts.occupancy, words.charts.mean, cards, charts.occupancy_more));
  }
  if (!groups.length) {
    const empty = emptyState("div", words.charts.empty, words.charts.empty_hint);
    empty.classList.add("card");
    groups.push(empty);
  }
  byId("charts").replaceChildren(...groups);
};

// ---- connection

const connectionIs = (name) => {
  byId("connection").dataset.state = name;
  byId("connection-words").textContent = words.connection[name === "lost" ? "lost_short" : name];
};

const banner = (title, detail) => {
  const shown = byId("banner");
  if (title === null) {
    shown.hidden = true;
    return;
  }
  byId("banner-title").textContent = title;
  byId("banner-detail").textContent = detail;
  shown.hidden = false;
};

class SignedOutError extends Error {}

const read = async (path) => {
  const response = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (response.status === 401) throw new SignedOutError();
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? `${response.status}`);
  }
  return response.json();
};

const takeSummary = (summary) => {
  state.clockOffsetMs = new Date(summary.now).getTime() - Date.now();
  state.counts = summary.node_counts;
  state.totals = summary.totals;
  state.charts = summary.charts;
  state.nodes = new Map(summary.nodes.map((node) => [node.node, node]));
  drawNodes();
  drawCharts();
  drawTiles();
};

let summaryTimer = 0;
const readSummarySoon = (delayMs) => {
  clearTimeout(summaryTimer);
  summaryTimer = setTimeout(async () => {
    try {
      takeSummary(await read("/console/summary"));
    } catch (error) {
      if (error instanceof SignedOutError) {
        signedOut();
        return;
      }
    }
    readSummarySoon(SUMMARY_MS);
  }, delayMs);
};

let hurriedAt = 0;
const hurrySummary = () => {
  if (Date.now() - hurriedAt < 3_000) return;
  hurriedAt = Date.now();
  readSummarySoon(500);
};

const takeUpdate = (update) => {
  state.lastData = now();
  const alarms = addEvents(state.alarms, update.alarms);
  // An alarm that the newest events left out must still be seen.
  const newest = new Set(update.events.map((event) => event.id));
  const all = [...update.events, ...update.alarms.filter((alarm) => !newest.has(alarm.id))];
  const added = addEvents(state.events, all);
  showNewEvents(state.alarmsOnly ? alarms : added);
  announceAlarm(alarms);
  const dropped = byId("dropped");
  dropped.hidden = update.dropped === 0 || state.alarmsOnly;
  dropped.textContent = format.fill(words.events.dropped, { count: format.count(update.dropped) });
  state.totals.events += update.counts.events;
  state.totals.alarms += update.counts.alarms;
  if (update.nodes.length) {
    if (takeNodes(update.nodes)) hurrySummary();
    drawNodes();
  }
  if (update.measured.includes("flow") || update.measured.includes("occupancy")) hurrySummary();
  drawTiles();
};

const signedOut = () => {
  state.feed?.close();
  clearTimeout(summaryTimer);
  connectionIs("lost");
  banner(words.connection.signed_out, words.connection.signed_out_hint);
  byId("retry").onclick = () => location.assign("/console/sign-in");
};

const lost = () => {
  connectionIs("lost");
  banner(
    words.connection.lost,
    format.fill(words.connection.lost_hint, { time: format.clock.format(state.lastData) }),
  );
};

const follow = () => {
  state.feed?.close();
  const feed = new EventSource(`/api/v1/live?after=${encodeURIComponent(state.position)}`);
  state.feed = feed;
  const heard = (event) => {
    state.lastWord = Date.now();
    if (event.lastEventId) state.position = event.lastEventId;
  };
  feed.addEventListener("hello", (event) => {
    heard(event);
    state.lastData = now();
    connectionIs("live");
    banner(null);
  });
  feed.addEventListener("alive", (event) => {
    heard(event);
    state.lastData = now();
  });
  feed.addEventListener("update", (event) => {
    heard(event);
    takeUpdate(JSON.parse(event.data));
  });
  feed.addEventListener("reload", () => {
    feed.close();
    start();
  });
  feed.addEventListener("error", () => {
    lost();
    // The browser comes back by itself from a lost connection, but not from an answer that is no feed.
    if (feed.readyState === EventSource.CLOSED) startLater();
  });
};

let startTimer = 0;
const startLater = () => {
  clearTimeout(startTimer);
  startTimer = setTimeout(start, RETRY_MS);
};

const start = async () => {
  clearTimeout(startTimer);
  try {
    const overview = await read("/console/overview");
    state.events = overview.events;
    state.alarms = overview.alarms;
    state.position = overview.position;
    takeSummary(overview.summary);
    drawEvents();
    byId("main").setAttribute("aria-busy", "false");
    state.lastWord = Date.now();
    follow();
    readSummarySoon(SUMMARY_MS);
  } catch (error) {
    if (error instanceof SignedOutError) {
      signedOut();
      return;
    }
    if (error instanceof TypeError) lost();
    else {
      connectionIs("lost");
      banner(words.connection.failed, format.fill(words.connection.failed_hint, { detail: error.message }));
    }
    startLater();
  }
};

const choose = (alarmsOnly) => {
  state.alarmsOnly = alarmsOnly;
  byId("show-all").setAttribute("aria-pressed", String(!alarmsOnly));
  byId("show-alarms").setAttribute("aria-pressed", String(alarmsOnly));
  byId("dropped").hidden = true;
  drawEvents();
};

byId("show-all").addEventListener("click", () => choose(false));
byId("show-alarms").addEventListener("click", () => choose(true));
byId("retry").onclick = start;

let day = "";
setInterval(() => {
  byId("clock-time").textContent = format.clock.format(now());
  byId("clock-day").textContent = format.longDay.format(now());
  if (day && day !== format.today(now())) readSummarySoon(0);
  day = format.today(now());
  if (state.feed && state.feed.readyState !== EventSource.CLOSED && Date.now() - state.lastWord > SILENT_MS) {
    // A feed that says nothing for two of the server's signs of life is dead, whatever the socket thinks.
    state.lastWord = Date.now();
    lost();
    start();
  }
}, 1000);

start();
