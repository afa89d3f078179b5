// One alarm: what it is, what was done, what is to do; follows the feed.
import { read } from "./api.js";
import { ALLOWED, KEYS, act, showKeys, step } from "./alarm_actions.js";
import { ageOf, eventCount, holderOf, moment, readSites, refusal, severityBadge, stateBadge, wherePart } from "./alarm_words.js";
import { Projection, drawPlan, fitted, pointsOf } from "./plan.js";
import { ask, banner, button, empty, follow, format, h, main, may, paced, ready, s, said, toast, typing, undoLast, words } from "./shell.js";

const w = words.alarms;
const id = main.dataset.subject;
const mayWork = may.has("alarms.work");
const state = { alarm: null, camera: null, rule: "" };

const panel = (title, ...content) => h("section", { class: "panel card" }, h("h2", {}, title), ...content);

const facts = (alarm) => {
  const rows = [
    [w.where, wherePart(alarm)],
    [w.first, moment(alarm.first_at)],
    [w.last, `${moment(alarm.last_at)} (${eventCount(alarm)})`],
    [w.opened, `${moment(alarm.opened_at)} (${format.fill(w.ago, { age: ageOf(alarm.opened_at) })})`],
    [w.holder, holderOf(alarm) || words.work.none],
    [w.work, words.fields[alarm.work] ?? alarm.work],
    ...(may.has("nodes.read") ? [[words.menu.node, h("a", { href: `/console/nodes/${encodeURIComponent(alarm.node)}` }, alarm.node)]] : []),
    [w.rule, state.rule || alarm.rule],
    ...(alarm.verdict ? [[w.verdict, alarm.verdict === "false" ? w.verdict_false : w.confirmed]] : []),
  ];
  return h("dl", { class: "facts-list" }, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
};

const actionWords = (row) => (row.action === "resolved" && row.state === "false" ? words.history.false : (words.history[row.action] ?? row.action));

const stepWords = (alarm, name) => {
  const found = alarm.checklist.find((each) => each.step === name);
  return found ? found[words.language] : name;
};

const detailWords = (alarm, row) => {
  if (row.action === "checked") return (row.detail.done === "false" ? "☐ " : "☑ ") + stepWords(alarm, row.detail.step ?? "");
  if (row.detail.link) return row.detail.link;
  if (row.action === "assigned" && row.detail.assignee) {
    const [kind, ...rest] = row.detail.assignee.split(":");
    if (kind === "role") return words.roles[rest.join(":")] ?? rest.join(":");
    return alarm.assignee?.id === rest.join(":") ? alarm.assignee.name : rest.join(":");
  }
  return "";
};

const timeline = (alarm) =>
  h("ol", { class: "timeline" }, [...alarm.history].reverse().map((row) => {
    const detail = detailWords(alarm, row);
    return h(
      "li",
      {},
      h("p", {}, h("strong", {}, actionWords(row)), " ", h("span", { class: "muted" }, [row.by.kind === "system" ? words.page.product : row.by.name, moment(row.at)].join(" · "))),
      detail ? h("p", { class: "small" }, detail) : null,
      row.detail.note ? h("p", { class: "quote" }, row.detail.note) : null,
    );
  }));

const tick = async (alarm, each, done) => {
  try {
    await step(alarm, "check", { step: each.step, done });
  } catch (error) {
    toast(refusal(error, null), { wrong: true });
  }
  await load();
  document.getElementById(`step-${each.step}`)?.focus();
};

const checklist = (alarm) => {
  if (!alarm.checklist.length) return h("p", { class: "muted" }, w.no_checklist);
  const able = mayWork && alarm.allowed.includes("check");
  return h("ol", { class: "steps" }, alarm.checklist.map((each) => {
    const done = each.done_at !== null;
    const box = h("input", { type: "checkbox", id: `step-${each.step}`, checked: done, disabled: !able, onchange: () => tick(alarm, each, box.checked) });
    const by = done ? h("p", { class: "muted small" }, format.fill(w.done_by, { name: each.done_by.name, time: moment(each.done_at) })) : null;
    return h("li", { class: done ? "done" : "" }, box, h("div", {}, h("label", { for: `step-${each.step}` }, each[words.language]), by));
  }));
};

const events = (alarm) =>
  h("ul", { class: "plain" }, alarm.events.map((event) =>
    h("li", {}, h("strong", {}, format.kind(event.kind)), " ", h("span", { class: "muted" }, [moment(event.at), format.fill(w.score, { percent: format.count(event.score * 100) }), event.evidence.length ? format.fill(w.evidence, { count: format.count(event.evidence.length) }) : ""].filter(Boolean).join(" · "))),
  ));

const linkWords = { alarm: w.link_alarm, report: w.link_report, event: w.link_event, evidence: w.link_evidence };

const links = (alarm) =>
  alarm.links.length
    ? h("ul", { class: "plain" }, alarm.links.map((link) =>
        h("li", {}, `${linkWords[link.kind]}: `, link.kind === "alarm" ? h("a", { href: `/console/alarms/${encodeURIComponent(link.target)}` }, link.target) : h("span", {}, link.target), h("p", { class: "muted small" }, `${link.by.name} · ${moment(link.at)}`)),
      ))
    : h("p", { class: "muted" }, w.no_links);

const addLink = async () => {
  const given = await ask(w.link, [
    { name: "kind", label: w.link_kind, options: Object.entries(linkWords) },
    { name: "target", label: w.link_target, required: true, maxlength: "128", pattern: "[A-Za-z0-9:._\\-]+" },
    { name: "note", label: w.note_optional, rows: 2 },
  ], { submit: w.link, attempt: (values) => step(state.alarm, "link", values) });
  if (given) load();
};

const place = (alarm) => {
  if (alarm.lat === null || alarm.lon === null) return panel(w.place, h("p", { class: "muted" }, w.no_place));
  const camera = state.camera ?? { node: alarm.node, camera: alarm.camera, name: alarm.camera, lat: alarm.lat, lon: alarm.lon, outline: [] };
  const svg = s("svg", { class: "small", role: "img", "aria-label": `${w.place}: ${camera.name || camera.camera}` });
  requestAnimationFrame(() => {
    const points = pointsOf([], [camera]);
    const projection = new Projection(points);
    drawPlan(svg, { sites: [], cameras: [camera], alarmed: new Set([`${camera.node}/${camera.camera}`]), projection, view: fitted(svg, projection, points) });
  });
  return panel(w.place, h("div", { class: "map-frame" }, svg), h("p", { class: "muted small" }, `${w.position}: ${alarm.lat.toFixed(5)}, ${alarm.lon.toFixed(5)}`));
};

const draw = () => {
  const alarm = state.alarm;
  const focused = document.activeElement?.dataset?.action;
  const buttons = mayWork ? ALLOWED[alarm.state].map((name) => button(w[name], () => act(name, [state.alarm], load), { "data-action": name })) : [];
  document.title = `${format.kind(alarm.kind)} · ${words.page.product}`;
  ready(
    h("p", {}, h("a", { href: "/console/alarms" }, w.back)),
    h("div", { class: "head-row" }, h("div", { class: "buttons" }, h("h1", {}, format.kind(alarm.kind)), severityBadge(alarm), stateBadge(alarm)), h("div", { class: "buttons" }, button(w.help, () => showKeys(false), { title: w.help_hint }))),
    buttons.length ? h("div", { class: "buttons", role: "group", "aria-label": words.work.actions }, buttons) : "",
    h(
      "div",
      { class: "case-page" },
      h("div", {}, panel(w.facts, facts(alarm)), panel(w.checklist, checklist(alarm)), panel(w.timeline, timeline(alarm))),
      h("div", {}, place(alarm), panel(w.events, h("p", { class: "muted small" }, w.first_events), events(alarm)), panel(w.links, links(alarm), mayWork && alarm.allowed.includes("link") ? button(w.link, addLink) : "")),
    ),
  );
  if (focused) main.querySelector(`[data-action="${focused}"]`)?.focus();
};

const load = async () => {
  try {
    const alarm = await read(`/api/v1/alarms/${encodeURIComponent(id)}`);
    const known = state.alarm;
    state.alarm = alarm;
    if (!known && alarm.lat !== null && may.has("places.read")) {
      const { items } = await read("/api/v1/cameras").catch(() => ({ items: [] }));
      state.camera = items.find((each) => each.node === alarm.node && each.camera === alarm.camera) ?? null;
    }
    if (!known) {
      await readSites();
      const rule = await read(`/api/v1/alarm-rules/${encodeURIComponent(alarm.rule)}`).catch(() => null);
      state.rule = rule ? (words.kinds[rule.name] ?? rule.name) : "";
    }
    banner(null);
    const before = known && JSON.stringify(known);
    if (before !== JSON.stringify(alarm)) draw();
  } catch (error) {
    if (error.status === 404 || error.status === 422) ready(h("p", {}, h("a", { href: "/console/alarms" }, w.back)), h("h1", {}, words.menu.alarm), empty(w.not_found));
    else banner(format.fill(words.work.load_failed, { detail: said(error) }), load);
  }
};
const refresh = paced(load, 400);

document.addEventListener("keydown", (event) => {
  if (typing(event) || !state.alarm) return;
  const name = KEYS[event.key];
  if (event.key === "?") showKeys(false);
  else if (event.key === "u") undoLast();
  else if (event.key === "Escape") location.assign("/console/alarms");
  else if (name && mayWork) act(name, [state.alarm], load);
  else return;
  event.preventDefault();
});

follow((update) => {
  if (update === null || update.alarm_changes?.length || update.alarms_stale) refresh();
});
