// API keys: made with the permissions that a program needs, shown once, revoked at once.
import { Problem, newId, readAll, send } from "./api.js";
import { ask, banner, button, format, h, may, ready, said, show, table, toast, words } from "./shell.js";

const w = words.keys;
const moment = (text) => format.moment(text, new Date(), false);

const statusOf = (key) => {
  if (key.revoked_at) return w.revoked;
  return key.expires_at && new Date(key.expires_at) < new Date() ? w.expired : w.active;
};

const add = async () => {
  const boxes = [...may].filter((each) => each && each !== "console.use").map((each) =>
    h("label", { class: "check" }, h("input", { type: "checkbox", name: `may:${each}` }), each));
  const once = newId();
  const made = await ask(w.add, [
    { name: "name", label: words.work.name, required: true, maxlength: "64" },
    { name: "expires", label: w.expires, type: "date", required: true },
  ], {
    submit: w.add,
    extra: h("fieldset", { class: "panel" }, h("legend", {}, w.permissions), h("div", { class: "check-grid" }, boxes)),
    attempt: async (values) => {
      const permissions = Object.keys(values).filter((each) => each.startsWith("may:")).map((each) => each.slice(4));
      if (!permissions.length) throw new Problem(0, { detail: w.pick });
      const body = { name: values.name, permissions, expires_at: `${values.expires}T23:59:59+07:00` };
      return send("POST", "/api/v1/keys", body, { once });
    },
  });
  if (!made) return;
  await load();
  show(format.fill(w.secret_is, { name: made.key.name }), h("p", {}, words.work.copy_now), h("code", { class: "secret", tabindex: "0" }, made.secret));
};

const revoke = async (key) => {
  const done = await ask(w.revoke, [], {
    text: format.fill(w.revoke_sure, { name: key.name }),
    submit: w.revoke,
    dangerous: true,
    attempt: () => send("DELETE", `/api/v1/keys/${key.id}`),
  });
  if (done) {
    toast(`${w.revoked}: ${key.name}`, { forMs: 4000 });
    load();
  }
};

const rowOf = (key) => [
  key.name,
  key.permissions === null ? w.all_permissions : key.permissions.join(", "),
  statusOf(key),
  key.expires_at ? moment(key.expires_at) : w.never,
  key.last_used_at ? moment(key.last_used_at) : w.unused,
  key.revoked_at ? "" : button(w.revoke, () => revoke(key), { "aria-label": `${w.revoke}: ${key.name}` }),
];

const load = async () => {
  try {
    const keys = await readAll("/api/v1/keys");
    banner(null);
    ready(
      h("div", { class: "head-row" }, h("h1", {}, words.menu.keys), h("button", { type: "button", class: "primary", onclick: add }, w.add)),
      h("section", { class: "panel card" }, table(words.menu.keys, [words.work.name, w.permissions, words.users.status, w.expires, w.used, words.work.actions], keys.map(rowOf), w.empty)),
    );
  } catch (error) {
    banner(format.fill(words.work.load_failed, { detail: said(error) }), load);
  }
};

await load();
