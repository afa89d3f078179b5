// The city's stage above a page, and how many alarms nobody has taken; follows by itself. Who may, sets it.
import { newId, read, send } from "./api.js";
import { ask, button, byId, format, h, may, said, show, toast, words } from "./shell.js";

const w = words.stages;
const bar = byId("stage");
const STAGES = ["1", "2", "3", "4", "5"];
const maySet = may.has("stage.set:everywhere");
let now = null;

const nameOf = (stage) => `${format.fill(w.stage, { n: stage })}: ${w[`n${stage}`]}`;
const since = (stage) => format.fill(w.since, { time: format.moment(stage.at, new Date(), false), name: stage.by.name });

const set = (stage, reason) => send("POST", "/api/v1/city-stage", { stage, reason }, { once: newId() });

const choose = async () => {
  const before = now;
  const choices = STAGES.map((stage) =>
    h("label", { class: "stage-choice", "data-stage": stage }, h("input", { type: "radio", name: "stage", value: stage, required: true, checked: Number(stage) === before.stage }), h("strong", {}, stage), h("span", {}, w[`n${stage}`])));
  const done = await ask(w.change_title, [
    h("fieldset", { class: "stage-choices" }, h("legend", {}, w.label), choices),
    { name: "reason", label: w.reason, rows: 3, required: true, minlength: "3" },
  ], { submit: w.change, text: w.change_hint, attempt: ({ stage, reason }) => set(Number(stage), reason) });
  if (!done) return;
  await load();
  const undo = async () => {
    const current = await read("/api/v1/city-stage");
    // The answer tells microseconds, the store keeps milliseconds.
    if (Math.abs(new Date(current.at) - new Date(done.at)) > 2) {
      toast(format.fill(w.moved_on, { name: current.by.name, stage: nameOf(current.stage) }), { wrong: true });
      return false;
    }
    await set(before.stage, format.fill(w.undone, { reason: done.reason }));
    await load();
    return true;
  };
  toast(nameOf(done.stage), { undo });
};

const past = async () => {
  try {
    const { items } = await read("/api/v1/city-stage/history?limit=30");
    const rows = items.map((stage) => h("li", {}, h("p", {}, h("strong", {}, nameOf(stage.stage)), " ", h("span", { class: "muted" }, since(stage))), h("p", { class: "quote" }, stage.reason)));
    show(w.history, rows.length ? h("ol", { class: "timeline" }, rows) : h("p", { class: "muted" }, w.never_set));
  } catch (error) {
    toast(said(error), { wrong: true });
  }
};

const draw = (counts) => {
  bar.dataset.stage = now.stage;
  const link = h("a", { class: "open-link", href: "/console/alarms?state=open" }, format.fill(w.open, { count: format.count(counts.by_state.open ?? 0) }));
  const parts = [
    h("span", { class: "muted stage-label" }, w.label),
    h("strong", {}, nameOf(now.stage)),
    now.by.kind === "system" ? null : h("span", { class: "muted" }, since(now)),
    now.reason && now.stage > 1 ? h("span", { class: "stage-reason" }, now.reason) : null,
    h("span", { class: "buttons" }, button(w.history, past), maySet ? button(w.change, choose) : null),
    link,
  ].filter(Boolean);
  const shown = parts.map((part) => part.textContent).join("|");
  if (bar.dataset.shown === shown) return; // what is written anew is read aloud anew, and loses the focus
  const focused = [...bar.querySelectorAll("button, a")].indexOf(document.activeElement);
  bar.dataset.shown = shown;
  bar.replaceChildren(...parts);
  bar.hidden = false;
  if (focused >= 0) bar.querySelectorAll("button, a")[focused]?.focus();
};

const load = async () => {
  try {
    const [stage, counts] = await Promise.all([read("/api/v1/city-stage"), read("/api/v1/alarms/counts")]);
    now = stage;
    draw(counts);
  } catch {
    // The page itself tells that the server is away; the bar keeps what was last known.
  }
};

load();
setInterval(load, 5000);
