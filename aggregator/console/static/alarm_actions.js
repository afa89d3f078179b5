// What an operator does with alarms: ask what is missing, do it, offer to take it back.
//
// What must hold: what was decided on an older version is refused, never done blindly; undo gives the alarm
// back as it was and never over what a colleague did since; a repeat of the same press counts once.
import { Problem, newId, read, readAll, send } from "./api.js";
import { CLOSED, moment, refusal } from "./alarm_words.js";
import { ask, format, h, main, may, said, show, toast, words } from "./shell.js";

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

const people = async () => {
  try {
    return (await read("/api/v1/alarms/assignees")).items;
  } catch {
    return [];
  }
};

const askAssignee = async () => {
  const roles = ["operator", "officer", "leader", "technician", "admin"];
  const [colleagues, bodies] = await Promise.all([people(), agencies()]);
  const others = colleagues.filter((each) => each.id !== main.dataset.user);
  const groups = [
    [w.people, others.map((each) => [`user:${each.id}`, each.name])],
    [w.roles, roles.map((role) => [`role:${role}`, words.roles[role]])],
    [w.agencies, bodies.map((each) => [`agency:${each.id}`, each.name])],
  ];
  const options = [["", w.me], ...groups.filter(([, entries]) => entries.length)];
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

// ---- undo: each step is asked for from the version that the step before gave, so that it never runs over anybody

const back = (alarm, name, body) => step(alarm, name, body, { version: alarm.version });

const holderBefore = (before) => {
  if (before.state === "assigned" && before.assignee) return { kind: before.assignee.kind, id: before.assignee.id };
  const who = before.acknowledged_by;
  return before.state === "acknowledged" && who?.kind === "person" && who.id !== main.dataset.user ? { kind: "user", id: who.id } : null;
};

// `after` is {id, version} as our own step left the alarm.
const giveBack = async (before, after, name) => {
  if (name === "snooze") {
    const ahead = before.snoozed_until && new Date(before.snoozed_until) > new Date();
    return back(after, "snooze", { until: ahead ? before.snoozed_until : null });
  }
  const latest = name === "reopen" ? after : await back(after, "reopen", {});
  const assignee = holderBefore(before);
  if (before.verdict) return back(latest, "resolve", { verdict: before.verdict });
  if (assignee) return back(latest, "assign", { assignee });
  return before.state === "acknowledged" ? back(latest, "acknowledge", {}) : latest;
};

const tooLate = async (alarm, error) => {
  if (!(error instanceof Problem) || error.status !== 409) return said(error);
  const now = await read(path(alarm.id)).catch(() => null);
  const last = now?.history?.[0]; // the newest comes first
  if (!last) return w.changed;
  const name = last.by.kind === "system" ? words.page.product : last.by.name;
  return format.fill(w.not_undone, { name, time: moment(last.at), state: words.alarm_states[now.state] ?? now.state });
};

// A note stays; what the system closed has no verdict that a person could give again.
const isUndoable = (name, alarm) => name !== "note" && !(name === "reopen" && CLOSED.has(alarm.state) && !alarm.verdict);

const undoOf = (name, done, after) => {
  const able = done.filter(({ before }) => isUndoable(name, before));
  if (!able.length) return undefined;
  return async () => {
    const problems = [];
    for (const each of able) {
      try {
        await giveBack(each.before, each.after, name);
      } catch (error) {
        problems.push(await tooLate(each.before, error));
      }
    }
    await after();
    if (!problems.length) return true;
    const text = problems.length === 1 && able.length === 1 ? problems[0] : format.fill(w.some_failed, { count: format.count(problems.length), detail: problems[0] });
    toast(text, { wrong: true });
    return false;
  };
};

const one = async (alarm, [stepName, , fixed], given) => {
  try {
    return { done: [{ before: alarm, after: await step(alarm, stepName, { ...fixed, ...given }, { version: alarm.version }) }], failed: new Map() };
  } catch (error) {
    const now = await read(path(alarm.id)).catch(() => null);
    return { done: [], failed: new Map([[alarm.id, refusal(error, now)]]) };
  }
};

const many = async (alarms, [stepName, , fixed], given) => {
  const body = { ids: alarms.map((alarm) => alarm.id), action: stepName, ...fixed, ...given };
  const { items } = await send("POST", "/api/v1/alarms/bulk", body, { once: newId() });
  const byAlarm = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  return {
    done: items.filter((item) => item.done).map((item) => ({ before: byAlarm.get(item.id), after: { id: item.id, version: item.version } })),
    failed: new Map(items.filter((item) => !item.done).map((item) => [item.id, said(new Problem(409, { detail: item.detail, code: item.code }))])),
  };
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
  let [done, failed] = [[], new Map()];
  try {
    ({ done, failed } = await (able.length === 1 ? one(able[0], action, given) : many(able, action, given)));
  } catch (error) {
    failed = new Map(able.map((alarm) => [alarm.id, refusal(error, null)]));
  }
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

export const KEYS = { a: "acknowledge", s: "assign", r: "resolve", f: "false", n: "note", z: "snooze", o: "reopen" };

export const showKeys = (inQueue) => {
  const rows = [
    ...(inQueue ? [["j / k, ↓ / ↑", w.key_move], ["Enter", w.key_open], ["x", w.key_select]] : [["Esc", w.key_back]]),
    ...Object.entries(KEYS).map(([key, name]) => [key, w[name]]),
    ["u", w.key_undo],
    ...(inQueue ? [["/", w.key_filter]] : []),
    ["g", w.key_pages],
    ["?", w.key_help],
  ];
  const list = h("dl", { class: "keys-list" }, rows.flatMap(([key, text]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)]));
  show(w.help, list);
};
