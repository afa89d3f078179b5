// What an operator does with alarms: ask what is missing, do it, offer to take it back.
//
// What must hold: what was decided on an older version is refused, never done blindly; undo gives the alarm
// back as it was, as far as the API can; a repeat of the same press counts once.
import { newId, read, readAll, send } from "./api.js";
import { refusal } from "./alarm_words.js";
import { ask, format, h, main, may, show, toast, words } from "./shell.js";

const w = words.alarms;
const path = (id, step) => `/api/v1/alarms/${encodeURIComponent(id)}${step ? `/${step}` : ""}`;

export const step = (alarm, name, body, { version } = {}) =>
  send("POST", path(alarm.id, name), body, { version, once: newId() });

const agencies = async () => {
  if (!may.has("places.read")) return [];
  try {
    return await readAll("/api/v1/agencies");
  } catch {
    return []; // the list is a convenience: people and roles can be chosen without it
  }
};

const askAssignee = async () => {
  const roles = ["operator", "officer", "leader", "technician", "admin"];
  const options = [
    ["", w.me],
    ...roles.map((role) => [`role:${role}`, format.fill(w.role, { name: words.roles[role] })]),
    ...(await agencies()).map((each) => [`agency:${each.id}`, format.fill(w.agency, { name: each.name })]),
  ];
  const given = await ask(w.assign, [
    { name: "to", label: w.to, options },
    { name: "note", label: w.note_optional, rows: 2 },
  ], { submit: w.assign });
  if (!given) return null;
  const [kind, ...rest] = given.to.split(":");
  return { note: given.note, assignee: given.to ? { kind, id: rest.join(":") } : null };
};

const askSnooze = async () => {
  const given = await ask(w.snooze, [
    { name: "for", label: w.snooze_for, options: [["900", w.m15], ["3600", w.h1], ["28800", w.h8], ["86400", w.d1]] },
    { name: "note", label: w.note_optional, rows: 2 },
  ], { submit: w.snooze });
  return given && { note: given.note, until: new Date(Date.now() + Number(given.for) * 1000).toISOString() };
};

const askNote = () => ask(w.note, [{ name: "note", label: w.note_text, rows: 4, required: true }], { submit: w.note });

const askClosing = (title) => ask(title, [{ name: "note", label: w.note_optional, rows: 3 }], { submit: title });

// name: [step of the API, what it asks first, what it always sends]
const ACTIONS = {
  acknowledge: ["acknowledge", null, {}],
  assign: ["assign", askAssignee, {}],
  resolve: ["resolve", () => askClosing(w.resolve), { verdict: "confirmed" }],
  false: ["resolve", () => askClosing(w.false), { verdict: "false" }],
  note: ["note", askNote, {}],
  snooze: ["snooze", askSnooze, {}],
  reopen: ["reopen", null, {}],
};

export const ALLOWED = {
  open: ["acknowledge", "assign", "resolve", "false", "note", "snooze"],
  acknowledged: ["assign", "resolve", "false", "note", "snooze", "reopen"],
  assigned: ["assign", "resolve", "false", "note", "snooze", "reopen"],
  resolved: ["reopen", "note"],
  false: ["reopen", "note"],
};

const giveBack = async (before, name) => {
  const now = await read(path(before.id));
  if (name === "snooze") return step(now, "snooze", { until: before.snoozed_until });
  let latest = now;
  if (name !== "reopen") latest = await step(now, "reopen", {}, { version: now.version });
  const wasMine = before.acknowledged_by?.id === main.dataset.user;
  if (before.state === "assigned" && before.assignee) {
    return step(latest, "assign", { assignee: { kind: before.assignee.kind, id: before.assignee.id } });
  }
  if (before.state === "acknowledged" && wasMine) return step(latest, "acknowledge", {});
  return latest;
};

const undoOf = (name, before, after) => {
  if (name === "note" || name === "reopen") return undefined;
  return async () => {
    for (const alarm of before) await giveBack(alarm, name);
    await after();
  };
};

const one = async (alarm, [stepName, , fixed], given) => {
  try {
    await step(alarm, stepName, { ...fixed, ...given }, { version: alarm.version });
    return "";
  } catch (error) {
    const now = await read(path(alarm.id)).catch(() => null);
    return refusal(error, now);
  }
};

const many = async (alarms, [stepName, , fixed], given) => {
  const body = { ids: alarms.map((alarm) => alarm.id), action: stepName, ...fixed, ...given };
  const { items } = await send("POST", "/api/v1/alarms/bulk", body, { once: newId() });
  return new Map(items.filter((item) => !item.done).map((item) => [item.id, item.detail]));
};

// Does `name` to alarms; `after` shows how things stand then.
export const act = async (name, alarms, after) => {
  const able = alarms.filter((alarm) => ALLOWED[alarm.state].includes(name));
  if (!able.length) {
    if (alarms.length) toast(`${w[name]}: ${words.work.failed}`, { wrong: true, forMs: 4000 });
    return;
  }
  const action = ACTIONS[name];
  const given = action[1] ? await action[1]() : {};
  if (given === null) return;
  let failed = new Map();
  try {
    if (able.length === 1) {
      const problem = await one(able[0], action, given);
      if (problem) failed.set(able[0].id, problem);
    } else failed = await many(able, action, given);
  } catch (error) {
    failed = new Map(able.map((alarm) => [alarm.id, refusal(error, null)]));
  }
  const done = able.filter((alarm) => !failed.has(alarm.id));
  if (done.length) {
    toast(format.fill(w[`done_${name}`], { count: format.count(done.length) }), { undo: undoOf(name, done, after) });
  }
  if (failed.size) {
    const [detail] = failed.values();
    const text = alarms.length === 1 ? detail : format.fill(w.some_failed, { count: format.count(failed.size), detail });
    toast(text, { wrong: true });
  }
  await after();
};

export const KEYS = { a: "acknowledge", s: "assign", r: "resolve", f: "false", n: "note", z: "snooze" };

export const showKeys = (inQueue) => {
  const rows = [
    ...(inQueue ? [["j / k, ↓ / ↑", w.key_move], ["Enter", w.key_open], ["x", w.key_select]] : [["Esc", w.key_back]]),
    ...Object.entries(KEYS).map(([key, name]) => [key, w[name]]),
    ["u", w.key_undo],
    ["?", w.key_help],
  ];
  const list = h("dl", { class: "keys-list" }, rows.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]));
  show(w.help, list);
};
