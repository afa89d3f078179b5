// The audit log, newest first, page by page, with the seal of its end.
import { read } from "./api.js";
import { banner, button, format, h, ready, said, table, words } from "./shell.js";

const w = words.audit;
const state = { rows: [], cursor: null };

const rowOf = (row) => [
  format.moment(row.at, new Date()),
  row.actor_name || row.actor_id || row.actor_kind,
  h("div", {}, words.audit_actions[row.action] ?? row.action, words.audit_actions[row.action] ? h("p", { class: "muted small" }, row.action) : null),
  row.subject,
  Object.entries(row.detail).map(([name, value]) => `${name}: ${value}`).join("; ") || "–",
  row.address || "–",
];

const draw = (head) =>
  ready(
    h("h1", {}, words.menu.audit),
    h("section", { class: "panel card" }, h("p", {}, format.fill(w.head, { rows: format.count(head.rows), seal: "" }), h("code", {}, head.seal)), h("p", { class: "muted small" }, w.head_hint)),
    h("section", { class: "panel card" }, table(words.menu.audit, [w.when, w.who, w.action, w.subject, w.detail, w.address], state.rows.map(rowOf), w.empty)),
    state.cursor ? button(words.work.more, () => load(true)) : "",
  );

const load = async (further) => {
  try {
    const path = `/api/v1/audit?limit=100${further ? `&cursor=${encodeURIComponent(state.cursor)}` : ""}`;
    const [page, head] = await Promise.all([read(path), read("/api/v1/audit/head")]);
    state.rows = further ? [...state.rows, ...page.items] : page.items;
    state.cursor = page.next_cursor;
    banner(null);
    draw(head);
  } catch (error) {
    banner(format.fill(words.work.load_failed, { detail: said(error) }), () => load(further));
  }
};

await load(false);
