// The parts of the forms of rules, silences and checklists: hours of the week, places, tellings, steps.
//
// What must hold: a form gives back whatever the API has, also what it shows nowhere; nothing is lost by editing.
import { Choice } from "./choose.js";
import { button, format, h, words } from "./shell.js";

const w = words.rules;
export const group = (title, ...content) => h("fieldset", { class: "form-group" }, h("legend", {}, title), ...content);
const field = (label, input) => h("label", { class: "field" }, h("span", {}, label), input);
const numberBox = (value, props) => h("input", { type: "number", value: value ?? "", ...props });
const pick = (options, chosen, props = {}) => h("select", props, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));

// Rows that can be added and taken away; `make(value)` gives {element, read}.
export class Rows {
  constructor({ add, values, make, fresh, none = "" }) {
    this.list = h("div", { class: "form-rows" });
    this.none = h("p", { class: "muted small" }, none);
    this.rows = [];
    this.make = make;
    const more = button(add, () => this.add(fresh(this.values), true));
    this.element = h("div", {}, this.none, this.list, more);
    values.forEach((value) => this.add(value));
    this.settle();
  }

  get values() {
    return this.rows.map((row) => row.read());
  }

  add(value, isNew = false) {
    const row = this.make(value);
    const number = () => format.count(this.rows.indexOf(row) + 1);
    const remove = button("×", () => {
      this.rows = this.rows.filter((each) => each !== row);
      row.box.remove();
      this.settle();
    }, { "aria-label": words.rules.remove_row });
    const up = button("↑", () => this.move(row, -1), { "aria-label": words.rules.move_up });
    row.box = h("div", { class: "form-row", role: "group" }, row.element, h("div", { class: "buttons" }, row.moves ? up : null, remove));
    this.rows.push(row);
    this.list.append(row.box);
    row.box.setAttribute("aria-label", number());
    this.settle();
    if (isNew) row.box.querySelector("input, select, textarea")?.focus();
  }

  move(row, by) {
    const at = this.rows.indexOf(row);
    if (at + by < 0) return;
    this.rows.splice(at, 1);
    this.rows.splice(at + by, 0, row);
    this.list.replaceChildren(...this.rows.map((each) => each.box));
    row.box.querySelector("button").focus();
  }

  settle() {
    this.none.hidden = this.rows.length > 0 || !this.none.textContent;
  }
}

const hoursRow = (value) => {
  const days = w.days.split(" ").map((name, day) => h("label", { class: "check day" }, h("input", { type: "checkbox", value: String(day), checked: value.days.includes(day) }), name));
  const start = h("input", { type: "time", value: value.start, required: true, "aria-label": w.from_hour });
  const end = h("input", { type: "time", value: value.end === "24:00" ? "00:00" : value.end, required: true, "aria-label": w.to_hour });
  return {
    element: h("div", { class: "hours" }, h("div", { class: "days" }, days), h("div", { class: "buttons" }, start, "–", end)),
    read: () => ({ days: days.map((each) => each.firstElementChild).filter((box) => box.checked).map((box) => Number(box.value)), start: start.value, end: end.value === "00:00" ? "24:00" : end.value }),
  };
};

export const hoursRows = (values, none) =>
  new Rows({ add: w.add_hours, values, none, make: hoursRow, fresh: () => ({ days: [0, 1, 2, 3, 4, 5, 6], start: "00:00", end: "24:00" }) });

export const hoursWords = (each) => {
  const names = w.days.split(" ");
  const days = each.days.length === 7 ? w.every_day : each.days.map((day) => names[day]).join(" ");
  return `${days} ${each.start}–${each.end}`;
};

// Areas, sites and cameras; all empty is everywhere.
export class Where {
  constructor(value, { areas, sites, cameras }) {
    this.areas = new Choice({ label: w.areas, hint: w.areas_hint, items: areas, chosen: value.areas });
    this.sites = new Choice({ label: words.places.sites, items: sites, chosen: value.sites });
    this.cameras = new Choice({ label: words.places.cameras, items: cameras, chosen: value.cameras });
    this.element = group(w.where, h("p", { class: "muted small" }, w.where_hint), this.areas.element, this.sites.element, this.cameras.element);
  }

  get value() {
    return { areas: this.areas.values, sites: this.sites.values, cameras: this.cameras.values };
  }
}

const stepRow = (targets) => (value) => {
  const after = numberBox(value.after_s / 60, { min: "0", max: "10080", step: "any", required: true });
  const who = new Choice({ label: w.targets, items: targets, chosen: value.targets });
  const until = pick(Object.entries({ acknowledged: w.until_acknowledged, closed: w.until_closed }), value.until);
  const waits = h("input", { type: "checkbox", checked: value.waits });
  return {
    element: h("div", { class: "telling" }, field(w.after, after), who.element, field(w.until, until), h("label", { class: "check" }, waits, w.waits)),
    read: () => ({ after_s: Number(after.value) * 60, targets: who.values, until: until.value, waits: waits.checked }),
  };
};

const kindOptions = Object.entries(words.kinds);
const minutes = (input) => Number(input.value) * 60;

// A rule's form: `fields` for a dialog, `body()` what it says.
export class RuleForm {
  constructor(rule, known) {
    const given = rule ?? {
      name: "", kinds: [], severity: "medium", work: "order", where: { areas: [], sites: [], cameras: [] }, schedule: [], threshold: { score: 0, duration_s: 0, value: null, events: 1, within_s: 60 },
      equal_by: ["kind", "node", "camera", "zone_or_line"], window_s: 300, rank: 0, steps: [{ after_s: 0, targets: ["role:operator"], until: "acknowledged", waits: true }], quiet: [], cleared_by: [], on_clear: "note", late_s: 3600, enabled: true,
    };
    const t = given.threshold;
    this.given = given;
    this.shown = words.kinds[given.name] ?? given.name; // rules that a server begins with are named by their kind
    this.name = h("input", { type: "text", value: this.shown, required: true, maxlength: "128" });
    this.kinds = new Choice({ label: w.kinds, items: kindOptions, chosen: given.kinds });
    this.severity = pick(Object.entries(words.severities), given.severity);
    this.work = pick(Object.entries(words.fields), given.work);
    this.enabled = h("input", { type: "checkbox", checked: given.enabled });
    this.where = new Where(given.where, known);
    this.schedule = hoursRows(given.schedule, w.always);
    this.score = numberBox(Math.round(t.score * 1000) / 10, { min: "0", max: "100", step: "any" });
    this.duration = numberBox(t.duration_s, { min: "0", max: "604800", step: "any" });
    this.level = numberBox(t.value, { step: "any" });
    this.events = numberBox(t.events, { min: "1", max: "1000", step: "1", required: true });
    this.within = numberBox(t.within_s, { min: "1", max: "86400", step: "any", required: true });
    this.equalBy = Object.keys(words.rule_parts).map((part) => h("label", { class: "check" }, h("input", { type: "checkbox", value: part, checked: given.equal_by.includes(part) }), words.rule_parts[part]));
    this.window = numberBox(given.window_s / 60, { min: "0", max: "10080", step: "any", required: true });
    this.steps = new Rows({ add: w.add_step, values: given.steps, none: w.no_steps, make: stepRow(known.targets), fresh: (steps) => ({ after_s: (steps.at(-1)?.after_s ?? -300) + 300, targets: ["role:leader"], until: "acknowledged", waits: true }) });
    this.quiet = hoursRows(given.quiet, w.no_quiet);
    this.cleared = new Choice({ label: w.cleared_by, items: kindOptions, chosen: given.cleared_by });
    this.onClear = pick(Object.entries({ note: w.clear_note, resolve: w.clear_resolve }), given.on_clear);
    this.rank = numberBox(given.rank, { min: "-1000", max: "1000", step: "1", required: true });
    this.late = numberBox(given.late_s / 60, { min: "0", max: "10080", step: "any", required: true });
  }

  get fields() {
    return [
      group(w.what, field(w.name, this.name), this.kinds.element, h("div", { class: "side-by-side" }, field(words.alarms.severity, this.severity), field(words.alarms.work, this.work)), h("label", { class: "check" }, this.enabled, w.enabled)),
      this.where.element,
      group(w.schedule, this.schedule.element),
      group(w.threshold, h("div", { class: "side-by-side" }, field(w.score, this.score), field(w.duration, this.duration), field(w.level, this.level)), h("div", { class: "side-by-side" }, field(w.events, this.events), field(w.within, this.within))),
      group(w.equal, h("p", { class: "muted small" }, w.equal_hint), h("div", { class: "check-grid" }, this.equalBy), field(w.window, this.window)),
      group(w.steps, this.steps.element),
      group(w.quiet, this.quiet.element),
      h("details", { class: "form-group" }, h("summary", {}, w.more), this.cleared.element, field(w.on_clear, this.onClear), h("div", { class: "side-by-side" }, field(w.rank, this.rank), field(w.late, this.late))),
    ];
  }

  body() {
    return {
      name: this.name.value === this.shown ? this.given.name : this.name.value,
      kinds: this.kinds.values,
      severity: this.severity.value,
      work: this.work.value,
      enabled: this.enabled.checked,
      where: this.where.value,
      schedule: this.schedule.values,
      threshold: { score: Number(this.score.value) / 100, duration_s: Number(this.duration.value), value: this.level.value === "" ? null : Number(this.level.value), events: Number(this.events.value), within_s: Number(this.within.value) },
      equal_by: this.equalBy.map((each) => each.firstElementChild).filter((box) => box.checked).map((box) => box.value),
      window_s: minutes(this.window),
      steps: this.steps.values,
      quiet: this.quiet.values,
      cleared_by: this.cleared.values,
      on_clear: this.onClear.value,
      rank: Number(this.rank.value),
      late_s: minutes(this.late),
    };
  }
}

// Instants as `datetime-local` shows them, in Vietnam's time whatever the screen's zone.
export const toLocal = (text) => new Date(new Date(text).getTime() + 7 * 3_600_000).toISOString().slice(0, 16);
export const fromLocal = (text) => `${text}:00+07:00`;

const slug = (text, taken) => {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "d").toLowerCase();
  const base = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "buoc";
  let found = base;
  for (let n = 2; taken.has(found); n++) found = `${base}-${n}`;
  taken.add(found);
  return found;
};

const sopRow = (value) => {
  const box = (text, lang) => h("textarea", { rows: 2, required: true, maxlength: "500", lang }, text);
  const [vi, en] = [box(value.vi, "vi"), box(value.en, "en")];
  return { moves: true, element: h("div", { class: "side-by-side" }, field("Tiếng Việt", vi), field("English", en)), read: () => ({ id: value.id, vi: vi.value, en: en.value }) };
};

// A step that is there keeps its id, and with it its ticks; a new one is named by its words.
export const sopRows = (steps) => {
  const rows = new Rows({ add: w.add_sop_step, values: steps, make: sopRow, fresh: () => ({ id: "", vi: "", en: "" }) });
  return {
    element: group(w.sop_steps, rows.element),
    body: () => {
      const taken = new Set(rows.values.map((step) => step.id).filter(Boolean));
      return rows.values.map((step) => ({ ...step, id: step.id || slug(step.en || step.vi, taken) }));
    },
  };
};
