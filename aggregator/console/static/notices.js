// What the public is told: warnings (CAP 1.2) and notices to the citizens of areas.
import { Problem, newId, read, send } from "./api.js";
import { areaNames, areaOptions } from "./area_names.js";
import { moment } from "./alarm_words.js";
import { Choice } from "./choose.js";
import { fromLocal, toLocal } from "./rule_form.js";
import { ask, banner, button, centre, empty, format, h, main, may, ready, repeat, said, toast, words } from "./shell.js";
import { capWords, draftOf, write } from "./warning_form.js";

const w = words.warnings;
const maySend = may.has("notices.send");
const state = { part: location.hash === "#notices" ? "notices" : "warnings", names: new Map(), warnings: [], cursor: null, notices: [], writing: false, limit: 30 };

const now = () => new Date();
const areaWords = (areas) => (areas.length ? areas.map((id) => state.names.get(id) ?? id).join("; ") : words.work.everywhere);
const holds = (warning) => !warning.replaced_by && warning.msg_type !== "Cancel" && new Date(warning.expires_at) > now();

const badgeOf = (warning) => {
  if (warning.msg_type === "Cancel") return [w.is_cancel, ""];
  if (warning.replaced_by) return [w.is_replaced, ""];
  return new Date(warning.expires_at) > now() ? [w.in_force, "critical"] : [w.is_over, ""];
};

const begin = async (replaced) => {
  state.writing = true;
  const sent = await write(replaced);
  state.writing = false;
  shown = "";
  await load();
  if (sent) main.querySelector(`[data-id="${sent.id}"] a, [data-id="${sent.id}"] button`)?.focus();
};

const cancel = async (warning) => {
  const done = await ask(w.cancel, [{ name: "reason", label: w.cancel_reason, required: true, maxlength: "160" }], {
    text: format.fill(w.cancel_hint, { headline: warning.asked.vi.headline }),
    submit: w.cancel,
    dangerous: true,
    attempt: ({ reason }) => send("POST", `/api/v1/warnings/${warning.id}/cancel`, { reason }, { once: newId() }),
  });
  if (!done) return;
  toast(w.cancelled, { forMs: 6000 });
  await load();
};

const inLanguage = (asked) => (words.language === "en" && asked.en ? asked.en : asked.vi);

const warningCard = (warning) => {
  const [text, tone] = badgeOf(warning);
  const said_ = inLanguage(warning.asked);
  const open = maySend && holds(warning);
  return h(
    "li",
    { class: `notice-card card${holds(warning) ? " holding" : ""}`, "data-id": warning.id },
    h("div", { class: "head-row" }, h("div", { class: "buttons" }, h("span", { class: `badge ${tone}` }, text), warning.asked.status === "Actual" ? null : h("span", { class: "badge" }, words.cap_status[warning.asked.status]), h("span", { class: "muted small" }, `${words.cap_type[warning.msg_type]} · ${moment(warning.sent_at)} · ${warning.by}`)),
      h("div", { class: "buttons" }, open ? button(w.update, () => begin(warning), { "aria-label": `${w.update}: ${said_.headline}` }) : null, open ? button(w.cancel, () => cancel(warning), { "aria-label": `${w.cancel}: ${said_.headline}` }) : null)),
    h("h3", {}, said_.headline),
    h("p", { class: "as-written" }, said_.description),
    said_.instruction ? h("p", { class: "as-written strong" }, said_.instruction) : null,
    h("p", { class: "muted small" }, capWords(warning.asked)),
    h("p", { class: "muted small" }, `${w.areas}: ${areaWords(warning.areas)} · ${format.fill(w.until, { time: moment(warning.expires_at) })} · `, h("a", { href: warning.url }, "CAP 1.2 (XML)")),
  );
};

const warningsPart = () => {
  const draft = maySend && draftOf();
  const head = h("div", { class: "head-row" }, h("h2", {}, w.warnings), maySend ? h("button", { type: "button", class: "primary", onclick: () => begin(null) }, draft ? w.go_on_draft : w.add) : null);
  const cards = state.warnings.map(warningCard);
  return [
    head,
    h("p", { class: "muted small" }, w.warnings_hint, " ", h("a", { href: "/public/warnings.atom" }, w.feed)),
    cards.length ? h("ul", { class: "notice-list" }, cards) : empty(w.none, maySend ? w.none_hint : ""),
    state.cursor ? button(words.work.more, () => { state.limit += 30; load(); }) : "",
  ];
};

// ---- notices to citizens

const addNotice = async (like) => {
  const areas = new Choice({ label: w.areas, hint: w.notice_areas_hint, items: await areaOptions(), chosen: like?.areas ?? [] });
  const done = await ask(w.add_notice, [
    { name: "title_vi", label: w.title_vi, required: true, maxlength: "160", value: like?.title_vi },
    { name: "text_vi", label: w.text_vi, required: true, rows: 4, maxlength: "4000", value: like?.text_vi },
    { name: "title_en", label: w.title_en, maxlength: "160", value: like?.title_en },
    { name: "text_en", label: w.text_en, rows: 3, maxlength: "4000", value: like?.text_en },
    areas.element,
    { name: "from_at", label: w.from, type: "datetime-local", required: true, value: toLocal(now()) },
    { name: "until_at", label: w.to, type: "datetime-local", required: true, value: toLocal(now().getTime() + 86_400_000) },
  ], {
    wide: true,
    submit: w.publish,
    text: w.notice_hint,
    attempt: ({ from_at, until_at, ...texts }) => {
      if (until_at <= from_at) throw new Problem(0, { detail: words.rules.bad_ends });
      return send("POST", "/api/v1/notices", { ...texts, areas: areas.values, from_at: fromLocal(from_at), until_at: fromLocal(until_at) }, { once: newId() });
    },
  });
  if (!done) return;
  toast(w.published, { undo: async () => { await send("DELETE", `/api/v1/notices/${done.id}`); await load(); } });
  await load();
};

const withdraw = async (notice) => {
  const done = await ask(w.withdraw, [], { text: format.fill(w.withdraw_hint, { title: notice.title_vi }), submit: w.withdraw, dangerous: true, attempt: () => send("DELETE", `/api/v1/notices/${notice.id}`) });
  if (!done) return;
  toast(w.withdrawn, { forMs: 4000 });
  await load();
};

const noticeState = (notice) => {
  if (notice.withdrawn_at) return [w.withdrawn, ""];
  if (new Date(notice.until_at) <= now()) return [w.is_over, ""];
  return new Date(notice.from_at) > now() ? [w.is_coming, "acknowledged"] : [w.in_force, "open"];
};

const noticeCard = (notice) => {
  const [text, tone] = noticeState(notice);
  const english = words.language === "en" && notice.title_en;
  const title = english ? notice.title_en : notice.title_vi;
  const standing = tone !== "";
  return h(
    "li",
    { class: `notice-card card${tone === "open" ? " holding" : ""}`, "data-id": notice.id },
    h("div", { class: "head-row" }, h("div", { class: "buttons" }, h("span", { class: `badge ${tone}` }, text), h("span", { class: "muted small" }, `${moment(notice.created_at)} · ${notice.by}`)),
      h("div", { class: "buttons" }, maySend ? button(w.again, () => addNotice(notice), { "aria-label": `${w.again}: ${title}` }) : null, maySend && standing ? button(w.withdraw, () => withdraw(notice), { "aria-label": `${w.withdraw}: ${title}` }) : null)),
    h("h3", {}, title),
    h("p", { class: "as-written" }, english && notice.text_en ? notice.text_en : notice.text_vi),
    h("p", { class: "muted small" }, `${w.areas}: ${areaWords(notice.areas)} · ${moment(notice.from_at)} → ${moment(notice.until_at)}`),
  );
};

const noticesPart = () => [
  h("div", { class: "head-row" }, h("h2", {}, w.notices), maySend ? h("button", { type: "button", class: "primary", onclick: () => addNotice(null) }, w.add_notice) : null),
  h("p", { class: "muted small" }, w.notices_hint),
  state.notices.length ? h("ul", { class: "notice-list" }, state.notices.map(noticeCard)) : empty(w.no_notices),
];

// ---- the page

const draw = () => {
  if (state.writing) return;
  const focused = document.activeElement?.dataset?.part;
  const spot = document.activeElement?.getAttribute?.("aria-label");
  const count = { warnings: state.warnings.filter(holds).length, notices: state.notices.filter((each) => noticeState(each)[1] === "open").length };
  const tabs = ["warnings", "notices"].map((part) => h("a", { href: `#${part}`, "data-part": part, "aria-current": part === state.part ? "page" : null }, w[part], h("span", { class: "tab-count" }, format.count(count[part]))));
  ready(
    h("h1", {}, words.menu.notices),
    h("nav", { class: "tabs", "aria-label": words.menu.notices }, tabs),
    h("section", { class: "sheet", "aria-label": w[state.part] }, state.part === "warnings" ? warningsPart() : noticesPart()),
  );
  centre(main.querySelector(".tabs"));
  if (focused) main.querySelector(`[data-part="${focused}"]`)?.focus({ preventScroll: true });
  else if (spot) main.querySelector(`[aria-label="${CSS.escape(spot)}"]`)?.focus({ preventScroll: true });
};

let shown = "";
const load = async () => {
  try {
    const [warnings, notices] = await Promise.all([read(`/api/v1/warnings?limit=${Math.min(1000, state.limit)}`), read("/api/v1/notices?limit=100")]);
    Object.assign(state, { warnings: warnings.items, cursor: warnings.next_cursor, notices: notices.items });
    banner(null);
    const text = JSON.stringify([state.part, warnings, notices, state.names.size, state.warnings.filter(holds).length, new Date().getMinutes()]);
    if (text !== shown) draw();
    shown = text;
  } catch (error) {
    banner(format.fill(words.work.load_failed, { detail: said(error) }), load);
  }
};

window.addEventListener("hashchange", () => {
  state.part = location.hash === "#notices" ? "notices" : "warnings";
  draw();
});

await load();
state.names = await areaNames();
await load();
repeat(load, 10_000);
