// Forms made from what the node says of its types: entries of tables, and rules. They change the store only.
import { h, say, word } from "./dom.js";
import { flipped } from "./shapes.js";
import { TABLES } from "./store.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
let serial = 0;

export class Forms {
  constructor({ store, opening, onSelect }) {
    Object.assign(this, { store, opening, onSelect });
    this.references = Object.fromEntries(opening.rules.flatMap((form) => form.fields.filter((field) => field.table).map((field) => [field.key, field.table])));
    this.openRule = null;
    this.newKind = opening.rules[0].name;
  }

  // ---- shapes

  shapes(panel) {
    const { store } = this;
    if (!store.tree) return panel.replaceChildren(h("p", { class: "note" }, word("not_drawable")));
    const lists = TABLES.map((table) => this.#list(table)).filter(Boolean);
    const empty = lists.length ? null : h("p", { class: "note" }, word("nothing_drawn"));
    const entry = store.entry();
    return panel.replaceChildren(...[empty, ...lists, entry ? this.#entryForm(store.selected, entry) : null, this.#sceneForm(), this.#survey()].filter(Boolean));
  }

  #list(table) {
    const entries = this.store.tree[table] ?? [];
    if (!entries.length) return null;
    const { selected } = this.store;
    const items = entries.map((entry, index) =>
      h("li", {}, h("button", { type: "button", class: `chip ${table}`, "aria-pressed": String(selected?.table === table && selected.index === index), onclick: () => this.onSelect({ table, index }) }, entry.id ?? `${index + 1}`)),
    );
    return h("section", { class: "list" }, h("h2", {}, word(`many_${table}`)), h("ul", {}, ...items));
  }

  #entryForm(place, entry) {
    const { table, index } = place;
    const form = this.opening.tables[table];
    const fields = form.fields.map((field) => (field.key === "id" ? this.#name(place, entry) : this.#field(field, entry, (value) => this.#put(entry, field, value))));
    const flip = table === "lines" || table === "lanes" ? h("button", { type: "button", onclick: () => this.flip() }, word("flip")) : null;
    const lamps = table === "signals" ? Object.keys(entry.lamps ?? {}).map((lamp) => this.#lamp(entry, lamp)) : [];
    const remove = h("button", { type: "button", class: "danger", onclick: () => this.store.remove(table, index) }, word("remove"));
    return h("section", { class: "form", "aria-label": `${word(`one_${table}`)} ${entry.id ?? index + 1}` }, h("h2", {}, `${word(`one_${table}`)} ${entry.id ?? index + 1}`), ...fields, ...lamps, h("div", { class: "group" }, ...[flip, remove].filter(Boolean)));
  }

  flip() {
    const { table, index } = this.store.selected ?? {};
    if (table !== "lines" && table !== "lanes") return;
    this.store.change((tree) => {
      tree[table][index] = flipped(table, tree[table][index]);
    });
  }

  #name(place, entry) {
    return this.#labelled(word("name"), h("input", { type: "text", value: entry.id, maxlength: 64, "data-key": "name", onchange: (event) => this.store.rename(place.table, place.index, event.target.value.trim(), this.references) }));
  }

  #lamp(signal, lamp) {
    const rename = (event) => {
      const name = event.target.value.trim();
      if (!name || name === lamp) return;
      this.store.change(() => {
        signal.lamps = Object.fromEntries(Object.entries(signal.lamps).map(([key, box]) => [key === lamp ? name : key, box]));
      });
    };
    const drop = () =>
      this.store.change(() => {
        delete signal.lamps[lamp];
      });
    const choices = [...new Set(["red", "amber", "green", lamp])].map((name) => h("option", { value: name, selected: name === lamp }, word(`lamp_${name}`) === `lamp_${name}` ? name : word(`lamp_${name}`)));
    return this.#labelled(word("lamp_named", { lamp }), h("select", { "data-key": `lamp ${lamp}`, onchange: rename }, ...choices), h("button", { type: "button", "aria-label": word("remove_lamp", { lamp }), onclick: drop }, "✕"));
  }

  #sceneForm() {
    const tree = this.store.tree;
    const fields = this.opening.scene.fields.map((field) => this.#field(field, tree, (value) => this.#put(tree, field, value)));
    return h("details", { class: "form" }, h("summary", {}, word("whole_scene")), ...fields);
  }

  #survey() {
    const points = this.store.tree.homography?.points;
    return points ? h("p", { class: "note" }, word("surveyed", { count: points.length })) : null;
  }

  // ---- rules

  rules(panel) {
    const { store } = this;
    if (!store.tree) return panel.replaceChildren(h("p", { class: "note" }, word("not_drawable")));
    const rules = store.tree.rules ?? [];
    const kinds = h("select", { id: "new-kind", "data-key": "new-kind", onchange: (event) => { this.newKind = event.target.value; } }, ...this.opening.rules.map((form) => h("option", { value: form.name, selected: form.name === this.newKind }, `${say(form.label)} (${form.name})`)));
    const add = h("button", { type: "button", onclick: () => this.#addRule(kinds.value) }, word("add_rule"));
    const items = rules.map((rule, index) => this.#rule(rule, index));
    return panel.replaceChildren(h("div", { class: "new-rule" }, h("label", { for: "new-kind" }, word("new_rule")), kinds, add), ...(items.length ? items : [h("p", { class: "note" }, word("no_rules_yet"))]));
  }

  #addRule(kind) {
    const form = this.opening.rules.find((each) => each.name === kind);
    const rule = { id: this.store.freeId(kind.replaceAll("_", "-"), "rules"), kind };
    for (const field of form.fields) {
      if (!field.required || field.key === "id") continue;
      const { selected, tree } = this.store;
      const ids = (tree[field.table] ?? []).map((entry) => entry.id);
      if (field.form === "reference") rule[field.key] = (selected?.table === field.table ? ids[selected.index] : ids[0]) ?? "";
      else if (field.form === "number" || field.form === "integer") rule[field.key] = field.least ?? 1;
      else if (field.form === "text") rule[field.key] = "";
    }
    this.openRule = rule.id;
    this.store.change((tree) => {
      tree.rules = [...(tree.rules ?? []), rule];
    });
  }

  #rule(rule, index) {
    const form = this.opening.rules.find((each) => each.name === rule.kind);
    const fields = (form?.fields ?? []).map((field) => (field.key === "id" ? this.#ruleName(rule) : this.#field(field, rule, (value) => this.#put(rule, field, value))));
    const remove = h("button", {
      type: "button",
      class: "danger",
      onclick: () =>
        this.store.change((tree) => {
          tree.rules.splice(index, 1);
          if (!tree.rules.length) delete tree.rules;
        }),
    }, word("remove"));
    const about = form && document.documentElement.lang === "en" ? h("p", { class: "muted" }, form.about) : null;
    const opened = this.openRule === rule.id;
    const toggle = (event) => {
      if (event.target.open) this.openRule = rule.id;
      else if (this.openRule === rule.id) this.openRule = null;
    };
    return h("details", { class: "form rule", open: opened, "data-rule": rule.id, ontoggle: toggle }, h("summary", { "data-key": `rule ${index}` }, h("strong", {}, rule.id), " ", h("span", { class: "muted" }, form ? say(form.label) : rule.kind)), ...[about, ...fields, remove].filter(Boolean));
  }

  #ruleName(rule) {
    const rename = (event) => {
      const old = rule.id;
      const id = event.target.value.trim();
      if (id === old) return;
      this.openRule = id;
      this.store.change((_, state) => {
        rule.id = id;
        state.renamed.push(["rules", old, id]);
      });
    };
    return this.#labelled(word("name"), h("input", { type: "text", value: rule.id, maxlength: 64, "data-key": `rule-name ${rule.id}`, onchange: rename }));
  }

  // ---- fields

  #put(target, field, value) {
    this.store.change(() => {
      if (value === undefined || value === "" || (Array.isArray(value) && !value.length)) delete target[field.key];
      else target[field.key] = value;
    });
  }

  #field(field, owner, put) {
    const value = owner[field.key];
    const label = `${say(field.label)}${field.required ? "" : ` ${word("optional")}`}`;
    const key = `${owner.id ?? ""} ${field.key}`;
    if (field.form === "reference") return this.#labelled(label, this.#choice(this.#ids(field.table), value, key, put, !field.required));
    if (field.form === "choice") return this.#labelled(label, this.#choice(field.choices, value, key, put, !field.required, field.default));
    if (field.form === "references") return this.#several(label, this.#ids(field.table), value ?? [], key, put);
    if (field.form === "classes") return this.#classes(label, value, field.default, key, put);
    if (field.form === "schedule") return this.#schedule(label, value ?? [], key, put);
    if (field.form === "flag") return this.#labelled(label, h("input", { type: "checkbox", checked: value ?? field.default ?? false, "data-key": key, onchange: (event) => put(event.target.checked) }));
    if (field.form === "number" || field.form === "integer") return this.#labelled(label, this.#number(field, value, key, put));
    if (field.form === "text") return this.#labelled(label, h("input", { type: "text", value: value ?? "", placeholder: field.default ?? "", "data-key": key, onchange: (event) => put(event.target.value) }));
    if (field.form === "texts" || field.form === "numbers") return this.#labelled(label, this.#words(field, value, key, put));
    return this.#labelled(label, this.#json(value, field.default, key, put));
  }

  #number(field, value, key, put) {
    return h("input", { type: "number", step: field.form === "integer" ? 1 : "any", min: field.least ?? field.above, max: field.most, value: value ?? "", placeholder: field.default ?? "", "data-key": key, onchange: (event) => put(event.target.value === "" ? undefined : Number(event.target.value)) });
  }

  #json(value, fallback, key, put) {
    const change = (event) => {
      try {
        put(event.target.value.trim() ? JSON.parse(event.target.value) : undefined);
        event.target.setCustomValidity("");
      } catch {
        event.target.setCustomValidity(word("not_json"));
        event.target.reportValidity();
      }
    };
    return h("input", { type: "text", class: "code", value: value === undefined ? "" : JSON.stringify(value), placeholder: fallback === undefined ? "" : JSON.stringify(fallback), "data-key": key, onchange: change });
  }

  // Several words or numbers in one line, with semicolons between them.
  #words(field, value, key, put) {
    const change = (event) => {
      const parts = event.target.value.split(";").map((part) => part.trim()).filter(Boolean);
      const found = field.form === "numbers" ? parts.map((part) => Number(part.replace(",", "."))) : parts;
      const isWrong = found.some((each) => Number.isNaN(each));
      event.target.setCustomValidity(isWrong ? word("not_numbers") : "");
      if (isWrong) event.target.reportValidity();
      else put(found.length ? found : undefined);
    };
    return h("input", { type: "text", value: (value ?? []).join("; "), placeholder: (field.default ?? []).join("; "), "data-key": key, onchange: change });
  }

  #ids(table) {
    return (this.store.tree[table] ?? []).map((entry) => entry.id);
  }

  #choice(names, value, key, put, hasNone, fallback) {
    const all = value !== undefined && !names.includes(value) ? [...names, value] : names;
    const none = hasNone || value === undefined || value === "" ? [h("option", { value: "" }, fallback ?? word("none"))] : [];
    return h("select", { "data-key": key, onchange: (event) => put(event.target.value || undefined) }, ...none, ...all.map((name) => h("option", { value: name, selected: name === value }, name)));
  }

  #several(label, names, chosen, key, put) {
    const boxes = [...new Set([...names, ...chosen])].map((name) =>
      h("label", { class: "tick" }, h("input", { type: "checkbox", checked: chosen.includes(name), "data-key": `${key} ${name}`, onchange: (event) => put(event.target.checked ? [...chosen, name] : chosen.filter((each) => each !== name)) }), ` ${name}`),
    );
    return h("fieldset", {}, h("legend", {}, label), ...(boxes.length ? boxes : [h("span", { class: "muted" }, word("none"))]));
  }

  #classes(label, value, fallback, key, put) {
    const usual = this.opening.classes.length ? this.opening.classes : this.opening.labels.slice(0, 12);
    const shown = [...new Set([...usual, ...(fallback ?? []), ...(value ?? [])])];
    const group = this.#several(label, shown, value ?? [], key, put);
    const others = this.opening.labels.filter((each) => !shown.includes(each));
    if (others.length) {
      const more = h("select", { "aria-label": word("another_class"), "data-key": `${key} more`, onchange: (event) => event.target.value && put([...(value ?? []), event.target.value]) }, h("option", { value: "" }, word("another_class")), ...others.map((name) => h("option", { value: name }, name)));
      group.append(more);
    }
    group.append(h("p", { class: "muted small" }, value?.length ? "" : word("classes_default", { classes: (fallback ?? usual).join(", ") })));
    return group;
  }

  #schedule(label, windows, key, put) {
    const set = (index, edit) => put(windows.map((window, each) => (each === index ? { ...window, ...edit } : window)));
    const rows = windows.map((window, index) =>
      h("div", { class: "window" },
        h("input", { type: "time", value: window.from, "aria-label": word("from_time"), "data-key": `${key} ${index} from`, onchange: (event) => set(index, { from: event.target.value }) }),
        "–",
        h("input", { type: "time", value: window.to, "aria-label": word("to_time"), "data-key": `${key} ${index} to`, onchange: (event) => set(index, { to: event.target.value }) }),
        h("span", { class: "days" }, ...DAYS.map((day) => this.#day(window, day, `${key} ${index} ${day}`, (days) => set(index, { days })))),
        h("button", { type: "button", "aria-label": word("remove_window"), onclick: () => put(windows.filter((_, each) => each !== index)) }, "✕"),
      ),
    );
    const add = h("button", { type: "button", "data-key": `${key} add`, onclick: () => put([...windows, { from: "22:00", to: "05:00" }]) }, word("add_window"));
    return h("fieldset", {}, h("legend", {}, label), ...rows, add);
  }

  #day(window, day, key, put) {
    const days = window.days ?? DAYS;
    return h("label", { class: "tick" }, h("input", { type: "checkbox", checked: days.includes(day), "data-key": key, onchange: (event) => put(DAYS.filter((each) => (each === day ? event.target.checked : days.includes(each)))) }), word(`day_${day}`));
  }

  #labelled(label, control, ...more) {
    const id = `field-${(serial += 1)}`;
    control.id = id;
    return h("div", { class: "field" }, h("label", { for: id }, label), h("span", { class: "control" }, control, ...more));
  }
}
