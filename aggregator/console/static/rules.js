// What calls somebody, and whom: alarm rules, silences, checklists, and where people are told.
//
// What must hold: a change is made from the version that was looked at; what is taken away can be given back.
import { Problem, newId, read, send } from "./api.js";
import { areaNames } from "./area_names.js";
import { moment } from "./alarm_words.js";
import { RuleForm, Where, fromLocal, hoursRows, hoursWords, group, sopRows, toLocal } from "./rule_form.js";
import { Choice } from "./choose.js";
import { ask, banner, button, centre, format, h, main, may, ready, repeat, said, table, toast, words } from "./shell.js";

const w = words.rules;
const PARTS = ["rules", "silences", "sops", "addresses"];
const everywhere = may.has("alarms.rules:everywhere");
const state = { part: PARTS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "rules", ended: false, areas: new Map(), sites: [], cameras: [], agencies: [], people: [] };

const list = async (path) => (await read(`/api/v1/${path}`).catch(() => ({ items: [] }))).items;
const at = (path, id) => `/api/v1/${path}/${encodeURIComponent(id)}`;
const areaName = (id) => state.areas.get(id) ?? id;
const kindsWords = (kinds) => (kinds.length ? kinds.map((kind) => format.kind(kind)).join(", ") : w.every_kind);

const places = () => ({
  areas: [...state.areas],
  sites: state.sites.map((site) => [site.id, site.name]),
  cameras: state.cameras.map((camera) => [`${camera.node}/${camera.camera}`, `${camera.name || camera.camera} (${camera.node})`]),
});

const channels = () => [...new Set(state.addresses.map((each) => each.target).filter((target) => target.startsWith("channel:")))];
const targets = (forAddress = false) => [
  ...Object.keys(words.roles).filter((role) => role !== "citizen").map((role) => [`role:${role}`, format.fill(words.alarms.role, { name: words.roles[role] })]),
  ...(forAddress ? [] : [["agency", w.own_agency], ["assignee", w.assignee]]),
  ...state.agencies.map((each) => [`agency:${each.id}`, format.fill(words.alarms.agency, { name: each.name })]),
  ...state.people.map((each) => [`user:${each.id}`, each.name]),
  ...channels().map((each) => [each, format.fill(w.channel_named, { name: each.slice(8) })]),
];
const targetName = (target) => {
  const [kind, id] = target.split(":");
  return (kind === "role" && words.roles[id]) || (kind === "agency" && state.agencies.find((each) => each.id === id)?.name) || (new Map(targets()).get(target) ?? target);
};

const whereWords = (where) => {
  const cameras = new Map(places().cameras);
  const sites = new Map(places().sites);
  const named = [...where.areas.map(areaName), ...where.sites.map((id) => sites.get(id) ?? id), ...where.cameras.map((id) => cameras.get(id) ?? id)];
  return named.length ? named.join("; ") : words.work.everywhere;
};

// A change that was made from an old version is refused; the page shows how it is now.
const attempt = async (work) => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error;
    load();
    throw new Problem(0, { detail: w.changed });
  }
};

const done = async (text, undo) => {
  toast(text, undo ? { undo: async () => { await undo(); await load(); } } : { forMs: 4000 });
  await load();
};

// ---- rules

const editRule = async (rule) => {
  const form = new RuleForm(rule, { ...places(), targets: targets() });
  const saved = await ask(rule ? `${words.work.edit}: ${nameOf(rule)}` : w.add_rule, form.fields, {
    wide: true,
    attempt: () => attempt(async () => {
      const body = form.body();
      if (!body.kinds.length) throw new Problem(0, { detail: w.no_kinds });
      if (body.steps.some((step) => !step.targets.length)) throw new Problem(0, { detail: w.no_targets });
      if ([...body.schedule, ...body.quiet].some((hours) => !hours.days.length)) throw new Problem(0, { detail: w.no_days });
      if (!rule) return send("POST", "/api/v1/alarm-rules", body, { once: newId() });
      // The API leaves what is null as it is: a threshold is sent whole, so its value can be taken away.
      return send("PATCH", at("alarm-rules", rule.id), body, { version: rule.version });
    }),
  });
  if (saved) await done(words.work.saved);
};

const setEnabled = async (rule, enabled) => {
  try {
    const now = await attempt(() => send("PATCH", at("alarm-rules", rule.id), { enabled }, { version: rule.version }));
    await done(`${enabled ? w.switched_on : w.switched_off}: ${nameOf(rule)}`, () => attempt(() => send("PATCH", at("alarm-rules", rule.id), { enabled: !enabled }, { version: now.version })));
  } catch (error) {
    toast(said(error), { wrong: true });
    await load();
  }
};

const given = ({ id, version, updated_at, updated_by, suppressed, suppressed_at, ...body }) => body;

const removeRule = async (rule) => {
  const gone = await ask(`${w.remove}: ${nameOf(rule)}`, [], { text: w.remove_rule, submit: w.remove, dangerous: true, attempt: () => attempt(() => send("DELETE", at("alarm-rules", rule.id), undefined, { version: rule.version })) });
  if (gone) await done(`${w.removed}: ${nameOf(rule)}`, () => send("POST", "/api/v1/alarm-rules", given(rule), { once: newId() }));
};

// The rules that a server begins with are named by their kind.
const nameOf = (rule) => words.kinds[rule.name] ?? rule.name;

const stepWords = (step) => `${step.after_s ? format.fill(w.after_time, { time: format.age(step.after_s) }) : w.at_once} → ${step.targets.map(targetName).join(", ")}`;

const ruleRow = (rule) => {
  const name = nameOf(rule);
  const on = h("input", { type: "checkbox", role: "switch", checked: rule.enabled, "aria-label": `${w.enabled}: ${name}`, onchange: () => setEnabled(rule, on.checked) });
  return [
    h("div", {}, name, rule.kinds.length === 1 && format.kind(rule.kinds[0]) === name ? null : h("p", { class: "muted small" }, kindsWords(rule.kinds))),
    h("span", { class: `badge ${rule.severity}` }, words.severities[rule.severity]),
    h("div", {}, whereWords(rule.where), rule.schedule.length ? h("p", { class: "muted small" }, rule.schedule.map(hoursWords).join("; ")) : null),
    rule.steps.length ? h("ol", { class: "plain-steps" }, rule.steps.map((step) => h("li", {}, stepWords(step)))) : h("span", { class: "muted" }, w.nobody),
    on,
    h("div", { class: "buttons" }, button(words.work.edit, () => editRule(rule), { "aria-label": `${words.work.edit}: ${name}` }), button(w.remove, () => removeRule(rule), { "aria-label": `${w.remove}: ${name}` })),
  ];
};

const rulesPart = () => [
  head(w.rules, w.rules_hint, button(w.add_rule, () => editRule(null))),
  table(w.rules, [w.name, words.alarms.severity, w.where, w.steps, w.enabled, words.work.actions], state.rules.map(ruleRow), w.no_rules),
];

// ---- silences

const editSilence = async (silence) => {
  const kinds = new Choice({ label: w.kinds, hint: w.kinds_empty, items: Object.entries(words.kinds), chosen: silence?.kinds ?? [] });
  const where = new Where(silence?.where ?? { areas: [], sites: [], cameras: [] }, places());
  const hours = hoursRows(silence?.hours ?? [], w.whole_time);
  const now = new Date();
  const saved = await ask(silence ? `${words.work.edit}: ${silence.reason}` : w.add_silence, [
    { name: "reason", label: w.reason, required: true, maxlength: "500", value: silence?.reason },
    { name: "starts_at", label: w.starts, type: "datetime-local", required: true, value: toLocal(silence?.starts_at ?? now) },
    { name: "ends_at", label: w.ends, type: "datetime-local", required: true, value: toLocal(silence?.ends_at ?? new Date(now.getTime() + 7_200_000)) },
    kinds.element,
    where.element,
    group(w.hours, hours.element),
  ], {
    wide: true,
    attempt: ({ reason, starts_at, ends_at }) => attempt(async () => {
      if (ends_at <= starts_at) throw new Problem(0, { detail: w.bad_ends });
      const body = { reason, starts_at: fromLocal(starts_at), ends_at: fromLocal(ends_at), kinds: kinds.values, where: where.value, hours: hours.values };
      if (silence && toLocal(silence.starts_at) === starts_at) body.starts_at = silence.starts_at;
      return silence ? send("PATCH", at("silences", silence.id), body, { version: silence.version }) : send("POST", "/api/v1/silences", body, { once: newId() });
    }),
  });
  if (saved) await done(words.work.saved);
};

const endSilence = async (silence) => {
  try {
    await attempt(() => send("DELETE", at("silences", silence.id), undefined, { version: silence.version }));
    // A silence that has ended stays in the list of those; giving it back makes one like it from now on.
    await done(`${w.ended}: ${silence.reason}`, () => send("POST", "/api/v1/silences", { ...given(silence), starts_at: new Date().toISOString() }, { once: newId() }));
  } catch (error) {
    toast(said(error), { wrong: true });
  }
};

const silenceState = (silence) => {
  const now = new Date();
  if (new Date(silence.ends_at) <= now) return [w.is_over, ""];
  return new Date(silence.starts_at) > now ? [w.is_coming, "acknowledged"] : [w.is_on, "open"];
};

const silenceRow = (silence) => {
  const [text, tone] = silenceState(silence);
  const over = text === w.is_over;
  return [
    h("div", {}, silence.reason, h("p", { class: "muted small" }, `${silence.updated_by.name} · ${moment(silence.updated_at)}`)),
    h("span", { class: `badge ${tone}` }, text),
    h("div", {}, `${moment(silence.starts_at)} → ${moment(silence.ends_at)}`, silence.hours.length ? h("p", { class: "muted small" }, silence.hours.map(hoursWords).join("; ")) : null),
    h("div", {}, kindsWords(silence.kinds), h("p", { class: "muted small" }, whereWords(silence.where))),
    format.count(silence.suppressed),
    over ? "" : h("div", { class: "buttons" }, button(words.work.edit, () => editSilence(silence), { "aria-label": `${words.work.edit}: ${silence.reason}` }), button(w.end_now, () => endSilence(silence), { "aria-label": `${w.end_now}: ${silence.reason}` })),
  ];
};

const silencesPart = () => {
  const box = h("input", { type: "checkbox", checked: state.ended, onchange: () => { state.ended = box.checked; load(); } });
  return [
    head(w.silences, w.silences_hint, h("label", { class: "check" }, box, w.show_ended), button(w.add_silence, () => editSilence(null))),
    table(w.silences, [w.reason, words.alarms.state, w.when, w.what_where, w.suppressed, words.work.actions], state.silences.map(silenceRow), w.no_silences),
  ];
};

// ---- checklists

const editSop = async (sop) => {
  const rows = sopRows(sop?.steps ?? [{ id: "", vi: "", en: "" }]);
  const free = Object.entries(words.kinds).filter(([kind]) => !state.sops.some((each) => each.kind === kind));
  const kind = sop ? [] : [{ name: "kind", label: words.alarms.kind, options: free, required: true }];
  const saved = await ask(sop ? `${words.work.edit}: ${format.kind(sop.kind)}` : w.add_sop, [...kind, rows.element], {
    wide: true,
    attempt: (values) => attempt(async () => {
      const steps = rows.body();
      if (!steps.length) throw new Problem(0, { detail: w.no_sop_steps });
      return sop ? send("PATCH", at("sops", sop.kind), { steps }, { version: sop.version }) : send("POST", "/api/v1/sops", { kind: values.kind, steps }, { once: newId() });
    }),
  });
  if (saved) await done(words.work.saved);
};

const removeSop = async (sop) => {
  const gone = await ask(`${w.remove}: ${format.kind(sop.kind)}`, [], { text: w.remove_sop, submit: w.remove, dangerous: true, attempt: () => attempt(() => send("DELETE", at("sops", sop.kind), undefined, { version: sop.version })) });
  if (gone) await done(`${w.removed}: ${format.kind(sop.kind)}`, () => send("POST", "/api/v1/sops", { kind: sop.kind, steps: sop.steps }, { once: newId() }));
};

const sopRow = (sop) => [
  format.kind(sop.kind),
  h("ol", { class: "plain-steps numbered" }, sop.steps.map((step) => h("li", {}, step[words.language]))),
  `${sop.updated_by.kind === "system" ? words.page.product : sop.updated_by.name} · ${moment(sop.updated_at)}`,
  everywhere ? h("div", { class: "buttons" }, button(words.work.edit, () => editSop(sop), { "aria-label": `${words.work.edit}: ${format.kind(sop.kind)}` }), button(w.remove, () => removeSop(sop), { "aria-label": `${w.remove}: ${format.kind(sop.kind)}` })) : "",
];

const sopsPart = () => [
  head(w.sops, w.sops_hint, everywhere ? button(w.add_sop, () => editSop(null)) : ""),
  table(w.sops, [words.alarms.kind, w.sop_steps, w.changed_by, words.work.actions], state.sops.map(sopRow), w.no_sops),
];

// ---- addresses

const addAddress = async () => {
  const target = new Choice({ label: w.target, hint: w.target_hint, items: targets(true), single: true });
  const area = new Choice({ label: w.areas_one, hint: w.area_hint, items: [...state.areas], single: true });
  const saved = await ask(w.add_address, [
    { name: "name", label: words.work.name, required: true, maxlength: "160" },
    { name: "to", label: w.kind_of_target, options: [["known", w.target], ["channel", w.new_channel]] },
    target.element,
    { name: "channel_name", label: w.channel_name, pattern: "[A-Za-z0-9\\-]{1,64}", maxlength: "64" },
    area.element,
    { name: "channel", label: w.way, options: [["apprise", w.apprise], ["zalo", "Zalo"]] },
    { name: "address", label: w.address, hint: w.address_hint, required: true, maxlength: "2000" },
    { name: "language", label: words.users.language, options: [["vi", "Tiếng Việt"], ["en", "English"]] },
  ], {
    wide: true,
    attempt: ({ name, to, channel_name, channel, address, language }) => {
      const wanted = to === "channel" ? `channel:${channel_name}` : target.value;
      if (!wanted || wanted === "channel:") throw new Problem(0, { detail: w.no_targets });
      return send("POST", "/api/v1/notice-addresses", { name, target: wanted, area: area.value, channel, address, language }, { once: newId() });
    },
  });
  if (saved) await done(words.work.saved);
};

const testAddress = async (address) => {
  try {
    const { outcome, reason } = await send("POST", `${at("notice-addresses", address.id)}/test`);
    const text = { sent: w.test_sent, try_later: w.test_later, refused: w.test_refused }[outcome];
    toast(`${address.name}: ${text}${reason ? ` ${reason}` : ""}`, { wrong: outcome !== "sent" });
  } catch (error) {
    toast(said(error), { wrong: true });
  }
};

const removeAddress = async (address) => {
  const gone = await ask(`${w.remove}: ${address.name}`, [], { text: w.remove_address, submit: w.remove, dangerous: true, attempt: () => send("DELETE", at("notice-addresses", address.id)) });
  if (gone) await done(`${w.removed}: ${address.name}`);
};

const addressRow = (address) => [
  address.name,
  targetName(address.target),
  address.area ? areaName(address.area) : words.work.everywhere,
  address.channel === "zalo" ? "Zalo" : w.apprise,
  h("div", { class: "buttons" }, button(w.test, () => testAddress(address), { "aria-label": `${w.test}: ${address.name}` }), button(w.remove, () => removeAddress(address), { "aria-label": `${w.remove}: ${address.name}` })),
];

const addressesPart = () => [
  head(w.addresses, w.addresses_hint, button(w.add_address, addAddress)),
  table(w.addresses, [words.work.name, w.target, w.areas_one, w.way, words.work.actions], state.addresses.map(addressRow), w.no_addresses),
];

// ---- the page

const head = (title, hint, ...buttons) => h("div", {}, h("div", { class: "head-row" }, h("h2", {}, title), h("div", { class: "buttons" }, buttons)), h("p", { class: "muted small" }, hint));
const DRAWN = { rules: rulesPart, silences: silencesPart, sops: sopsPart, addresses: addressesPart };
const COUNTED = { rules: "rules", silences: "silences", sops: "sops", addresses: "addresses" };

const draw = () => {
  const focused = document.activeElement?.dataset?.part;
  const spot = document.activeElement?.getAttribute?.("aria-label");
  const tabs = PARTS.map((part) => h("a", { href: `#${part}`, "data-part": part, "aria-current": part === state.part ? "page" : null }, w[part], h("span", { class: "tab-count" }, format.count(state[COUNTED[part]].length))));
  ready(
    h("h1", {}, words.menu.rules),
    h("nav", { class: "tabs", "aria-label": words.menu.rules }, tabs),
    h("section", { class: "panel card", "aria-label": w[state.part] }, DRAWN[state.part]()),
  );
  centre(main.querySelector(".tabs"));
  if (focused) main.querySelector(`[data-part="${focused}"]`)?.focus({ preventScroll: true });
  else if (spot) main.querySelector(`[aria-label="${CSS.escape(spot)}"]`)?.focus({ preventScroll: true });
};

let shown = "";
const load = async () => {
  try {
    const [rules, silences, sops, addresses] = await Promise.all([
      read("/api/v1/alarm-rules"), read(`/api/v1/silences?ended=${state.ended}`), read("/api/v1/sops"), read("/api/v1/notice-addresses"),
    ]);
    Object.assign(state, { rules: rules.items, silences: silences.items, sops: sops.items, addresses: addresses.items });
    banner(null);
    const now = JSON.stringify([state.part, rules, silences, sops, addresses, state.areas.size, state.sites.length, new Date().getMinutes()]);
    if (now !== shown) draw();
    shown = now;
  } catch (error) {
    banner(format.fill(words.work.load_failed, { detail: said(error) }), load);
  }
};

window.addEventListener("hashchange", () => {
  if (!PARTS.includes(location.hash.slice(1))) return;
  state.part = location.hash.slice(1);
  draw();
});

await load();
const [areas, sites, cameras, agencies, people] = await Promise.all([areaNames(), list("sites"), list("cameras"), list("agencies"), list("alarms/assignees")]);
Object.assign(state, { areas, sites, cameras, agencies, people });
await load();
repeat(load, 10_000);
