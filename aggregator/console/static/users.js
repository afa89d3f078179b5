// People: accounts, their role and where it holds, passwords, sessions.
//
// What must hold: a password is shown once, here; a person with several grants is never cut down to one.
import { newId, readAll, send } from "./api.js";
import { ask, banner, button, format, h, ready, said, show, table, toast, words } from "./shell.js";

const w = words.users;
const moment = (text) => format.moment(text, new Date(), false);
const split = (text) => {
  const found = text.split(",").map((each) => each.trim()).filter(Boolean);
  return found.length ? found : null;
};

const grantWords = (grant) => {
  const where = grant.areas === null ? words.work.everywhere : grant.areas.join(", ");
  return [words.roles[grant.role] ?? grant.role, where, ...(grant.agencies ?? [])].join(" · ");
};

const statusOf = (user) => {
  if (user.disabled) return w.disabled;
  if (user.locked_until && new Date(user.locked_until) > new Date()) return format.fill(w.locked, { time: moment(user.locked_until) });
  return user.must_change ? w.must_change : w.active;
};

const roles = Object.entries(words.roles);
const languages = [["vi", "Tiếng Việt"], ["en", "English"]];

const grantFields = (grant) => [
  { name: "role", label: w.role, options: roles, value: grant?.role ?? "operator" },
  { name: "areas", label: w.areas, hint: w.areas_hint, value: (grant?.areas ?? []).join(", ") },
  { name: "agencies", label: w.agencies, hint: w.agencies_hint, value: (grant?.agencies ?? []).join(", ") },
];
const personFields = (user) => [
  { name: "display_name", label: w.display, value: user?.display_name, maxlength: "64" },
  { name: "email", label: w.email, type: "email", value: user?.email, maxlength: "254" },
  { name: "language", label: w.language, options: languages, value: user?.language ?? "vi" },
];
const reason = { name: "reason", label: w.reason, maxlength: "500" };
const grantOf = (values, extra = []) => ({ role: values.role, areas: split(values.areas), agencies: split(values.agencies), extra });

const showPassword = (name, password) =>
  show(format.fill(w.password_is, { name }), h("p", {}, words.work.copy_now), h("code", { class: "secret", tabindex: "0" }, password));

const add = async () => {
  const once = newId();
  const made = await ask(w.add, [
    { name: "name", label: w.account, required: true, maxlength: "64" },
    ...personFields(),
    ...grantFields(),
    reason,
  ], {
    submit: words.work.add,
    attempt: ({ name, display_name, email, language, reason: why, ...grant }) =>
      send("POST", "/api/v1/users", { name, display_name, email, language, grants: [grantOf(grant)], reason: why }, { once }),
  });
  if (!made) return;
  await load();
  showPassword(made.user.name, made.password);
};

const edit = async (user) => {
  const single = user.grants.length <= 1;
  const fields = [...personFields(user), ...(single ? grantFields(user.grants[0]) : []), reason];
  const done = await ask(`${words.work.edit}: ${user.name}`, fields, {
    text: single ? "" : w.more_grants,
    attempt: ({ display_name, email, language, reason: why, ...grant }) => {
      const change = { display_name, email, language, reason: why };
      if (single) change.grants = [grantOf(grant, user.grants[0]?.extra)];
      return send("PATCH", `/api/v1/users/${user.id}`, change);
    },
  });
  if (done) {
    toast(words.work.saved, { forMs: 4000 });
    load();
  }
};

const setDisabled = async (user, disabled) => {
  const title = `${disabled ? w.disable : w.enable}: ${user.name}`;
  const done = await ask(title, [reason], {
    submit: disabled ? w.disable : w.enable,
    dangerous: disabled,
    attempt: (values) => send("PATCH", `/api/v1/users/${user.id}`, { disabled, ...values }),
  });
  if (!done) return;
  const undo = async () => {
    await send("PATCH", `/api/v1/users/${user.id}`, { disabled: !disabled });
    await load();
  };
  toast(`${title} ✓`, { undo });
  load();
};

const reset = async (user) => {
  const made = await ask(`${w.reset}: ${user.name}`, [], {
    submit: w.reset,
    dangerous: true,
    attempt: () => send("POST", `/api/v1/users/${user.id}/password`, undefined, { once: newId() }),
  });
  if (!made) return;
  await load();
  showPassword(user.name, made.password);
};

const endSessions = async (user) => {
  try {
    const { ended } = await send("DELETE", `/api/v1/users/${user.id}/sessions`);
    toast(format.fill(w.ended, { count: format.count(ended) }), { forMs: 4000 });
  } catch (error) {
    toast(said(error), { wrong: true });
  }
};

const rowOf = (user) => {
  const act = (text, work) => button(text, () => work(user), { "aria-label": `${text}: ${user.name}` });
  return [
    [user.name, user.display_name ? h("p", { class: "muted small" }, user.display_name) : null],
    user.grants.length ? user.grants.map((grant) => h("p", {}, grantWords(grant))) : h("span", { class: "muted" }, w.no_grants),
    statusOf(user),
    user.signed_in_at ? moment(user.signed_in_at) : w.never,
    h("div", { class: "buttons" }, act(words.work.edit, edit), user.single_sign_on ? h("span", { class: "muted" }, w.sso) : act(w.reset, reset), user.disabled ? act(w.enable, (each) => setDisabled(each, false)) : act(w.disable, (each) => setDisabled(each, true)), act(w.end_sessions, endSessions)),
  ].map((cell) => (Array.isArray(cell) ? h("div", {}, cell) : cell));
};

const load = async () => {
  try {
    const users = await readAll("/api/v1/users");
    banner(null);
    ready(
      h("div", { class: "head-row" }, h("h1", {}, words.menu.users), h("button", { type: "button", class: "primary", onclick: add }, w.add)),
      h("section", { class: "panel card" }, table(words.menu.users, [w.account, w.role, w.status, w.signed_in, words.work.actions], users.map(rowOf), w.empty)),
    );
  } catch (error) {
    banner(format.fill(words.work.load_failed, { detail: said(error) }), load);
  }
};

await load();
