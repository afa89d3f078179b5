// What every page of work shares: words, elements, dialogs, toasts with undo, and the live feed.
//
// What must hold: text becomes a page by textContent alone; a dialog gives the focus back; a lost feed shows.
import { Format } from "./format.js";
import { Problem } from "./api.js";

export const words = JSON.parse(document.getElementById("words").textContent);
export const format = new Format(words);
export const main = document.getElementById("main");
export const may = new Set((main.dataset.may ?? "").split(" "));
export const byId = (id) => document.getElementById(id);

// h("p", { class: "x", onclick: f, "aria-label": "…" }, child, "text")
export const h = (tag, props = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
};

export const s = (tag, props = {}, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

export const button = (text, onclick, props = {}) => h("button", { type: "button", class: "quiet", onclick, ...props }, text);

// What the server says against it, in the language of the page where there are words for its code.
export const said = (error) => {
  if (!(error instanceof Problem)) return words.work.unreachable;
  return error.own ? error.message : format.fill(words.problems[error.code] ?? "{detail}", { detail: error.message });
};

export const ready = (...children) => {
  main.replaceChildren(...children);
  main.setAttribute("aria-busy", "false");
};

export const connectionIs = (name) => {
  if (!byId("connection")) return;
  byId("connection").dataset.state = name;
  byId("connection-words").textContent = words.connection[name === "lost" ? "lost_short" : name];
};

export const banner = (text, retry) => {
  const shown = byId("banner");
  shown.hidden = text === null;
  shown.replaceChildren(...(text === null ? [] : [h("strong", {}, text), ...(retry ? [button(words.work.retry, retry)] : [])]));
};

// Brings the current part of a bar that scrolls sideways into sight; the page itself stays where it is.
export const centre = (bar) => {
  const here = bar?.querySelector("[aria-current]");
  if (here) bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
};

export const empty = (title, hint, tag = "p") =>
  h(tag, { class: "empty" }, h("strong", {}, title), hint ? h("span", {}, hint) : null);

// ---- toasts

const UNDO_MS = 10_000;
let lastUndo = null;

export const toast = (text, { undo, wrong = false, forMs = UNDO_MS } = {}) => {
  const gone = () => {
    shown.remove();
    if (lastUndo === act) lastUndo = null;
  };
  const act = undo
    ? async () => {
        gone();
        try {
          if ((await undo()) !== false) toast(words.work.undone, { forMs: 3000 });
        } catch (error) {
          toast(said(error), { wrong: true });
        }
      }
    : null;
  const shown = h(
    "div",
    { class: wrong ? "toast wrong" : "toast" },
    h("span", {}, text),
    act ? button(words.work.undo, act) : null,
    h("button", { type: "button", class: "icon-button", "aria-label": words.work.close, onclick: gone }, "×"),
  );
  if (act) lastUndo = act;
  byId("toasts").append(shown);
  while (byId("toasts").children.length > 4) byId("toasts").firstElementChild.remove();
  setTimeout(gone, forMs);
};

export const undoLast = () => lastUndo?.();

// ---- dialogs: resolve with the values, or with null

const optionsOf = (options, chosen) =>
  options.map(([value, text]) =>
    Array.isArray(text)
      ? h("optgroup", { label: value }, optionsOf(text, chosen))
      : h("option", { value, selected: value === chosen }, text));

const checkOf = (field) =>
  h("label", { class: "check" }, h("input", { type: "checkbox", id: `field-${field.name}`, name: field.name, checked: Boolean(field.value) }), field.label);

// A field is {name, label, …} or an element that somebody made.
export const fieldOf = (field) => {
  if (field instanceof Element) return field;
  if (field.type === "checkbox") return checkOf(field);
  const id = `field-${field.name}`;
  const props = { id, name: field.name, required: field.required, "aria-describedby": field.hint ? `${id}-hint` : null };
  let input;
  if (field.options) {
    input = h("select", props, optionsOf(field.options, field.value));
  } else if (field.rows) {
    input = h("textarea", { ...props, rows: field.rows, minlength: field.minlength, maxlength: field.maxlength ?? "2000" });
    input.value = field.value ?? "";
  } else {
    input = h("input", { ...props, type: field.type ?? "text", pattern: field.pattern, min: field.min, max: field.max, step: field.step, maxlength: field.maxlength, readonly: field.readonly, autocomplete: "off" });
    input.value = field.value ?? "";
  }
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, field.label, field.required ? h("span", { class: "muted" }, ` (${words.work.required})`) : null),
    input,
    field.hint ? h("p", { class: "muted small", id: `${id}-hint` }, field.hint) : null,
  );
};

export const ask = (title, fields, { submit = words.work.save, text = "", attempt, extra, dangerous = false, wide = false } = {}) =>
  new Promise((resolve) => {
    const problem = h("p", { class: "form-error", role: "alert", hidden: true });
    const form = h(
      "form",
      { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      text ? h("p", {}, text) : null,
      problem,
      fields.map(fieldOf),
      extra ?? null,
      h(
        "div",
        { class: "dialog-buttons" },
        button(words.work.cancel, () => dialog.close()),
        h("button", { type: "submit", class: dangerous ? "primary dangerous" : "primary" }, submit),
      ),
    );
    const dialog = h("dialog", { class: wide ? "card wide" : "card", "aria-labelledby": "dialog-title" }, form);
    let result = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const values = Object.fromEntries(new FormData(form));
      try {
        result = attempt ? ((await attempt(values)) ?? values) : values;
        dialog.close();
      } catch (error) {
        problem.hidden = false;
        problem.textContent = said(error);
        problem.scrollIntoView({ block: "nearest" });
      }
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
    (form.querySelector(":is(.field, .check, fieldset) :is(input, select, textarea):not([readonly])") ?? form.querySelector("[type=submit]")).focus();
  });

export const show = (title, ...content) => {
  const dialog = h("dialog", { class: "card", "aria-labelledby": "dialog-title" }, h("h2", { id: "dialog-title" }, title), ...content);
  const close = h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, words.work.close);
  dialog.append(h("div", { class: "dialog-buttons" }, close));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
};

// ---- tables; on a phone each row is a card, so the roles are said and each cell knows its head

const cellOf = (cell, index, head) =>
  h(index ? "td" : "th", { ...(index ? { role: "cell" } : { scope: "row", role: "rowheader" }), "data-head": head, class: cell === "" ? "nothing" : null }, cell);

export const table = (caption, heads, rows, none) =>
  rows.length
    ? h(
        "div",
        { class: "table-scroll", tabindex: "0", role: "region", "aria-label": caption },
        h(
          "table",
          { role: "table" },
          h("caption", { class: "visually-hidden" }, caption),
          h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map((head) => h("th", { scope: "col", role: "columnheader" }, head)))),
          h("tbody", { role: "rowgroup" }, rows.map((cells) => h("tr", { role: "row" }, cells.map((cell, index) => cellOf(cell, index, heads[index]))))),
        ),
      )
    : empty(none);

// ---- the feed

// Calls `heard` after a change of something that the page may show, and once at (re)connection.
export const follow = (heard) => {
  let position = null;
  let feed = null;
  let lastWord = Date.now();
  const open = () => {
    feed?.close();
    feed = new EventSource(`/api/v1/live${position ? `?after=${encodeURIComponent(position)}` : ""}`);
    const noted = (event) => {
      lastWord = Date.now();
      if (event.lastEventId) position = event.lastEventId;
    };
    feed.addEventListener("hello", (event) => {
      noted(event);
      connectionIs("live");
      heard(null);
    });
    feed.addEventListener("alive", noted);
    feed.addEventListener("update", (event) => {
      noted(event);
      heard(JSON.parse(event.data));
    });
    feed.addEventListener("reload", () => {
      position = null;
      open();
    });
    feed.addEventListener("error", () => {
      connectionIs("lost");
      if (feed.readyState === EventSource.CLOSED) setTimeout(open, 4000);
    });
  };
  open();
  setInterval(() => {
    if (Date.now() - lastWord < 40_000) return;
    lastWord = Date.now();
    connectionIs("lost");
    open();
  }, 5000);
};

// Runs `work` at once, and at most once per `everyMs`; what comes meanwhile is done once, at the end.
export const paced = (work, everyMs) => {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    try {
      await work();
    } finally {
      setTimeout(() => {
        running = false;
        if (again) run();
      }, everyMs);
    }
  };
  return run;
};

// Asks again every so often, and at once when somebody looks at the page again; not while a dialog is open.
export const repeat = (work, everyMs) => {
  const run = () => {
    if (!document.hidden && !document.querySelector("dialog[open]")) work();
  };
  setInterval(run, everyMs);
  document.addEventListener("visibilitychange", run);
};

export const typing = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null ||
  event.target.matches("input:not([type=checkbox]), textarea, select");

// ---- from page to page: g, then the page's letter

centre(document.querySelector(".menu"));

const PAGES = { l: "/console", a: "/console/alarms", m: "/console/map", n: "/console/notices" };
let leadAt = 0;

document.addEventListener(
  "keydown",
  (event) => {
    if (typing(event)) return;
    const target = Date.now() - leadAt < 1500 ? PAGES[event.key] : undefined;
    leadAt = event.key === "g" ? Date.now() : 0;
    if (!target || !document.querySelector(`.menu a[href="${target}"]`)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    location.assign(target);
  },
  true,
);
