// How alarms are said: badges, places, people, and the sentence of somebody who was faster.
import { Problem, read } from "./api.js";
import { format, h, may, said, words } from "./shell.js";

export const CLOSED = new Set(["resolved", "false"]);

export const severityBadge = (alarm) => h("span", { class: `badge ${alarm.severity}` }, words.severities[alarm.severity] ?? alarm.severity);

export const stateBadge = (alarm) => h("span", { class: `badge ${alarm.state}` }, words.alarm_states[alarm.state] ?? alarm.state);

// Names of sites, asked for once; until they are there, and for who may not read them, ids stand for them.
let sites = new Map();
export const readSites = async () => {
  if (!may.has("places.read")) return;
  const { items } = await read("/api/v1/sites").catch(() => ({ items: [] }));
  sites = new Map(items.map((site) => [site.id, site.name]));
};

export const whereOf = (alarm) => [alarm.zone_or_line, alarm.camera, sites.get(alarm.site) || alarm.site || alarm.node].filter(Boolean);

export const wherePart = (alarm) =>
  h("p", { class: "event-where" }, whereOf(alarm).map((part, index) => h("span", { class: index ? "place" : "place first" }, part)));

export const ageOf = (text) => format.age(Math.round((Date.now() - new Date(text).getTime()) / 1000));

export const moment = (text) => format.moment(text, new Date());

export const holderOf = (alarm) => {
  if (alarm.assignee) {
    const name = alarm.assignee.kind === "role" ? words.roles[alarm.assignee.id] : alarm.assignee.name;
    return format.fill(words.alarms.assigned_to, { name: name || alarm.assignee.id });
  }
  if (CLOSED.has(alarm.state)) return alarm.closed_by?.name ?? "";
  return alarm.acknowledged_by ? format.fill(words.alarms.held_by, { name: alarm.acknowledged_by.name }) : words.alarms.nobody;
};

export const eventCount = (alarm) =>
  alarm.count === 1 ? words.alarms.one : format.fill(words.alarms.count, { count: format.count(alarm.count) });

// Of a refusal: who was there before, as far as the alarm as it is now tells.
export const refusal = (error, now) => {
  if (!(error instanceof Problem) || error.status !== 409) return said(error);
  const by = now && (CLOSED.has(now.state) ? now.closed_by : now.acknowledged_by);
  const at = now && (CLOSED.has(now.state) ? now.closed_at : (now.assigned_at ?? now.acknowledged_at));
  if (!by || !at) return words.alarms.changed;
  return format.fill(words.alarms.faster, {
    name: by.name,
    time: moment(at),
    state: words.alarm_states[now.state] ?? now.state,
  });
};
