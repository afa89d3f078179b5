// People: accounts, their role and where it holds, passwords, sessions.
//
// What must hold: a password is shown once, here; grants are edited one by one, and none is lost by it.
import { newId, read, readAll, send } from "./api.js";
import { areaNames } from "./area_names.js";
import { Choice } from "./choose.js";
import { Rows, group } from "./rule_form.js";
import { ask, banner, button, format, h, ready, said, show, table, toast, words } from "./shell.js";

const w = words.users;
const moment = (text) => format.moment(text, new Date(), false);
const known = { areas: new Map(), agencies: new Map() };

const grantWords = (grant) => {
  const where = grant.areas === null ? words.work.everywhere : grant.areas.map((id) => known.areas.get(id) ?? id).join("; ");
  const agencies = (grant.agencies ?? []).map((id) => known.agencies.get(id) ?? id);
  return [words.roles[grant.role] ?? grant.role, where, ...agencies, ...grant.extra].join(" · ");
};

const statusOf = (user) => {
  if (user.disabled) return w.disabled;
  if (user.locked_until && new Date(user.locked_until) > new Date()) return format.fill(w.locked, { time: moment(user.locked_until) });
  return user.must_change ? w.must_change : w.active;
};

const roles = Object.entries(words.roles);
const languages = [["vi", "Tiếng Việt"], ["en", "English"]];

// An empty choice is everywhere or any; a grant that reaches nowhere is kept as it is.
const reach = (choice, before) => (choice.values.length ? choice.values : before?.length === 0 ? [] : null);

const grantRow = (grant) => {
  const role = h("select", { "aria-label": w.role }, roles.map(([value, text]) => h("option", { value, selected: value === grant.role }, text)));
  const areas = new Choice({ label: w.areas, hint: w.everywhere_hint, items: [...known.areas], chosen: grant.areas ?? [] });
  const agencies = new Choice({ label: w.agencies, hint: w.any_agency_hint, items: [...known.agencies], chosen: grant.agencies ?? [] });
  return {
    element: h("div", { class: "telling" }, h("label", { class: "field" }, h("span", {}, w.role), role), areas.element, agencies.element),
    read: () => ({ role: role.value, areas: reach(areas, grant.areas), agencies: reach(agencies, grant.agencies), extra: grant.extra }),
  };
};

const grantRows = (grants) =>
  new Rows({ add: w.add_grant, values: grants, none: w.no_grants, make: grantRow, fresh: () => ({ role: "operator", areas: null, agencies: null, extra: [] }) });
const personFields = (user) => [
  { name: "display_name", label: w.display, value: user?.display_name, maxlength: "64" },
  { name: "email", label: w.email, type: "email", value: user?.email, maxlength: "254" },
  { name: "language", label: w.language, options: languages, value: user?.language ?? "vi" },
];
const reason = { name: "reason", label: w.reason, maxlength: "500" };

const showPassword = (name, password) =>
  show(format.fill(w.password_is, { name }), h("p", {}, words.work.copy_now), h("code", { class: "secret", tabindex: "0" }, password));

const add = async () => {
  const once = newId();
  const grants = grantRows([{ role: "operator", areas: null, agencies: null, extra: [] }]);
  const made = await ask(w.add, [
    { name: "name", label: w.account, required: true, maxlength: "64" },
    ...personFields(),
    group(w.grants, grants.element),
    reason,
  ], {
    submit: words.work.add,
    wide: true,
    attempt: ({ name, display_name, email, language, reason: why }) =>
      send("POST", "/api/v1/users", { name, display_name, email, language, grants: grants.values, reason: why }, { once }),
  });
  if (!made) return;
  await load();
  showPassword(made.user.name, made.password);
};

const edit = async (user) => {
  const grants = grantRows(user.grants);
  const done = await ask(`${words.work.edit}: ${user.name}`, [...personFields(user), group(w.grants, grants.element), reason], {
    wide: true,
    attempt: ({ display_name, email, language, reason: why }) => {
      const change = { display_name, email, language, reason: why };
      if (JSON.stringify(grants.values) !== JSON.stringify(user.grants)) change.grants = grants.values;
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
const [areas, agencies] = await Promise.all([areaNames(), read("/api/v1/agencies").catch(() => ({ items: [] }))]);
known.areas = areas;
known.agencies = new Map(agencies.items.map((each) => [each.id, each.name]));
await load();
