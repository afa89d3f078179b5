// The page: brings the parts together, judges every change through the node, saves.
import { ask, begin, h, onLanguage, say, speak, word } from "./dom.js";
import { Forms } from "./forms.js";
import { PreviewPanel } from "./preview.js";
import { Stage, toolButtons } from "./stage.js";
import { Store } from "./store.js";

const JUDGE_MS = 150;
const $ = (id) => document.getElementById(id);
const store = new Store();
let opening;
let stage;
let forms;
let preview;
let judged = null;
let digest = "";
let tab = "shapes";
let asked = 0;
let timer = null;
let busy = "";

async function open() {
  opening = await ask("/api/start");
  begin(opening.page);
  stage = new Stage({ sheet: $("sheet"), still: $("still"), hint: $("hint"), drawing: $("drawing"), store, onFlip: () => forms.flip(), onTool: chooseTool });
  stage.view(opening.view);
  forms = new Forms({ store, opening, onSelect: select });
  preview = new PreviewPanel({ panel: $("panel-preview"), stage, still: $("still"), store, opening, onProblem: tell });
  newStill(0);
  wire();
  take(opening.loaded, { forget: true });
  chooseTool("select");
  chooseTab(store.tree ? "shapes" : "text");
  onLanguage(() => {
    stage.tell();
    draw();
  });
}

// ---- the file

function take(loaded, options) {
  digest = loaded.digest;
  judged = loaded.judged;
  $("path").textContent = loaded.path.split("/").at(-1);
  $("path").title = loaded.path;
  store.load(judged.text, judged.tree, options);
  if (loaded.problem) tell(new Error(loaded.problem));
  else hush();
  draw();
}

async function reload() {
  if (store.isChanged && !window.confirm(word("reload_loses"))) return;
  try {
    take(await ask("/api/load"), { forget: true });
    chooseTab(store.tree ? tab : "text");
  } catch (problem) {
    tell(problem);
  }
}

async function save() {
  clearTimeout(timer);
  await judge();
  if (!judged?.ok) return;
  if (!judged.keeps_comments && !window.confirm(word("comments_lost"))) return;
  busy = "saving";
  drawStatus();
  try {
    const saved = await ask("/api/save", { draft: store.draft, digest });
    digest = saved.digest;
    judged = saved.judged;
    store.load(judged.text, judged.tree, { forget: false });
    busy = "saved";
    hush();
  } catch (problem) {
    busy = "";
    tell(problem);
  }
  draw();
}

// ---- judging: the same parser as the node's

function changed() {
  busy = "";
  clearTimeout(timer);
  timer = setTimeout(judge, JUDGE_MS);
  draw();
}

async function judge() {
  const mine = (asked += 1);
  try {
    const found = await ask("/api/judge", store.draft);
    if (mine !== asked) return;
    judged = found;
  } catch (problem) {
    if (mine === asked) tell(problem);
    return;
  }
  draw();
}

function typed() {
  const text = $("text").value;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const mine = (asked += 1);
    try {
      const found = await ask("/api/judge", { text });
      if (mine !== asked) return;
      judged = found;
      store.begin();
      store.state = { text, tree: found.tree, renamed: [] };
      if (!store.entry()) store.selected = null;
      isTyped = true;
      store.end();
      isTyped = false;
    } catch (problem) {
      tell(problem);
    }
    draw();
  }, JUDGE_MS * 2);
}

let isTyped = false;

// ---- what is shown

function draw() {
  const hasTree = Boolean(store.tree);
  stage.grid = judged?.grid ?? [];
  stage.wrong = new Set((judged?.findings ?? []).filter((each) => each.severity === "error").map((each) => `${each.table}/${each.entry}`));
  stage.render();
  keepingFocus(() => {
    toolButtons(stage, $("tools"), chooseTool);
    forms.shapes($("panel-shapes"));
    forms.rules($("panel-rules"));
    preview.render();
  });
  for (const button of $("tools").children) button.disabled = !hasTree;
  drawFindings();
  drawStatus();
  $("undo").disabled = !store.canUndo;
  $("redo").disabled = !store.canRedo;
  const { view } = opening;
  $("source").textContent = word(view.live ? "source_live" : "source_video", { label: view.live ? view.label : view.label.split("/").at(-1) });
  $("still-time").hidden = view.live;
  if (document.activeElement !== $("text") && judged) $("text").value = store.tree ? judged.text : store.state.text;
  document.title = `${store.isChanged ? "• " : ""}${$("path").textContent} – matthan`;
}

// Forms are drawn anew; who was in one stays there.
function keepingFocus(redraw) {
  const before = document.activeElement;
  const key = before?.dataset?.key ?? before?.dataset?.tool;
  const scrolled = document.querySelector(".side").scrollTop;
  redraw();
  document.querySelector(".side").scrollTop = scrolled;
  if (!key || document.activeElement === before) return;
  const name = CSS.escape(key);
  document.querySelector(`.side [data-key="${name}"], #tools [data-tool="${name}"]`)?.focus({ preventScroll: true });
}

function drawFindings() {
  const items = (judged?.findings ?? []).map((each) => {
    const place = each.table ? `${word(`one_${each.table}`) === `one_${each.table}` ? each.table : word(`one_${each.table}`)} ${each.entry}` : "";
    const isError = each.severity === "error";
    const go = each.entry ? h("button", { type: "button", class: "go", onclick: () => goTo(each) }, word("show")) : null;
    return h("li", { class: each.severity }, h("span", { class: "sign" }, word(isError ? "error" : "warning")), h("span", { class: "said" }, isError ? say(each.cause) : `${place ? `${place}: ` : ""}${say(each.cause)}. ${say(each.next_step)}.`), ...[go].filter(Boolean));
  });
  $("finding-list").replaceChildren(...(items.length ? items : [h("li", { class: "fine" }, h("span", { class: "sign" }, "✓"), word("all_well"))]));
}

function drawStatus() {
  const errors = (judged?.findings ?? []).filter((each) => each.severity === "error").length;
  const words = busy ? word(busy) : errors ? word("cannot_save", { count: errors }) : store.isChanged || !digest ? word("unsaved") : word("unchanged");
  $("status").textContent = words;
  $("status").classList.toggle("is-wrong", errors > 0);
  $("save").disabled = errors > 0 || !judged || busy === "saving" || (!store.isChanged && Boolean(digest));
}

function goTo({ table, entry }) {
  if (table === "rules") {
    forms.openRule = entry;
    chooseTab("rules");
    draw();
    document.querySelector(`[data-rule="${CSS.escape(entry)}"] summary`)?.focus();
    return;
  }
  const entries = store.tree?.[table];
  if (!Array.isArray(entries)) return chooseTab("text");
  const index = table === "privacy" ? Number(entry) - 1 : entries.findIndex((each) => each.id === entry);
  if (index >= 0) select({ table, index });
}

function select(place) {
  chooseTool("select");
  if (tab !== "shapes") chooseTab("shapes");
  store.select(place);
}

function chooseTool(tool) {
  stage.choose(tool);
  draw();
}

function chooseTab(wanted) {
  tab = wanted;
  for (const button of document.querySelectorAll("[role=tab]")) {
    const isOpen = button.id === `tab-${wanted}`;
    button.setAttribute("aria-selected", String(isOpen));
    button.tabIndex = isOpen ? 0 : -1;
    $(button.getAttribute("aria-controls")).hidden = !isOpen;
  }
  preview.open(wanted === "preview");
}

function newStill(at) {
  const address = `/api/still?t=${at}&n=${Date.now()}`;
  $("still").dataset.still = address;
  $("still").src = address;
}

function tell(problem) {
  $("alert-text").textContent = problem.message;
  $("reload").hidden = problem.status !== 409;
  $("alert").hidden = false;
}

function hush() {
  $("alert").hidden = true;
}

// ---- hands

function wire() {
  store.onChange(() => (isTyped ? draw() : changed()));
  $("undo").addEventListener("click", () => store.undo());
  $("redo").addEventListener("click", () => store.redo());
  $("save").addEventListener("click", save);
  $("reload").addEventListener("click", reload);
  $("dismiss").addEventListener("click", hush);
  $("finish").addEventListener("click", () => stage.finish());
  $("back").addEventListener("click", () => stage.removePoint());
  $("cancel").addEventListener("click", () => stage.cancel());
  $("new-still").addEventListener("click", () => newStill(Number($("still-at").value) || 0));
  $("text").addEventListener("input", typed);
  for (const button of document.querySelectorAll("[data-lang]")) button.addEventListener("click", () => speak(button.dataset.lang));
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const button of tabs) {
    button.addEventListener("click", () => chooseTab(button.id.slice(4)));
    button.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = tabs[(tabs.indexOf(button) + by + tabs.length) % tabs.length];
      next.focus();
      chooseTab(next.id.slice(4));
    });
  }
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const isText = event.target.matches("textarea, input[type=text]");
    if (key === "s") save();
    else if (isText) return;
    else if (key === "z") event.shiftKey ? store.redo() : store.undo();
    else if (key === "y") store.redo();
    else return;
    event.preventDefault();
  });
  window.addEventListener("beforeunload", (event) => store.isChanged && event.preventDefault());
}

open().catch((problem) => tell(problem));
