// A dashboard drawn from the JSON that Grafana gets: puts in its variables and asks /query as Grafana does.
import { Panel } from "./board_panels.js";

const RANGES = {
  day: { length: 86_400_000, bucket: "1h" },
  week: { length: 7 * 86_400_000, bucket: "6h" },
  year: { length: 365 * 86_400_000, bucket: "1d" },
};
const MINUTE = 60_000;
// Grafana's table: an interval below the left is taken as the right.
const ROUNDED = [
  [90_000, 60_000], [210_000, 120_000], [450_000, 300_000], [750_000, 600_000], [1_050_000, 900_000],
  [1_500_000, 1_200_000], [2_700_000, 1_800_000], [5_400_000, 3_600_000], [9_000_000, 7_200_000],
  [16_200_000, 10_800_000], [32_400_000, 21_600_000], [86_400_000, 43_200_000],
];
const AT_ONCE = 4;
const wall = document.getElementById("main");
const { board: name, language, failed } = wall.dataset;
let turn = 0;

const ask = async (text) => {
  const query = new URLSearchParams({ db: "matthan", epoch: "ms", q: text });
  const answer = await fetch(`/query?${query}`);
  if (answer.status === 401) location.assign("/console/sign-in");
  const [result] = (await answer.json()).results ?? [{ error: answer.statusText }];
  if (result.error) throw new Error(result.error);
  return result.series ?? [];
};

const interval = (length, points) => {
  const wanted = Math.max(MINUTE, length / points);
  return (ROUNDED.find(([below]) => wanted < below)?.[1] ?? 86_400_000) / 1000;
};

const filled = (text, { start, end, bucket, chosen }, points) =>
  text
    .replaceAll("$timeFilter", `time >= ${start}ms and time <= ${end}ms`)
    .replaceAll("$__interval", `${interval(end - start, points)}s`)
    .replaceAll("$bucket", bucket)
    .replace(/\$\{(\w+):regex\}/g, (whole, variable) => chosen.get(variable) ?? ".*");

const escaped = (value) => value.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

// The first value of each variable that takes one: a node, then a camera of it.
const choose = async (board, within) => {
  for (const variable of board.templating.list) {
    if (variable.type !== "query" || variable.includeAll) continue;
    const asked = new URLSearchParams(location.search).get(`var-${variable.name}`);
    const [found] = asked ? [] : await ask(filled(variable.query, within, 1));
    const value = asked ?? found?.values[0]?.[1];
    if (value !== undefined) within.chosen.set(variable.name, escaped(value));
  }
};

const seriesOf = (answer, alias) =>
  answer.map(({ tags = {}, values, columns }) => ({
    name: alias ? alias.replace(/\$tag_(\w+)/g, (whole, tag) => tags[tag] ?? "") : "",
    tags,
    points: values.map((row) => [row[0], row[columns.indexOf("value")]]),
  }));

const fill = async (json, box, within) => {
  try {
    const answers = await Promise.all(
      json.targets.map(async ({ query, alias }) => seriesOf(await ask(filled(query, within, json.maxDataPoints ?? 300)), alias)),
    );
    box.replaceChildren(new Panel(json, language).draw(answers.flat()));
    box.dataset.state = "drawn";
  } catch (error) {
    const note = document.createElement("p");
    note.className = "quiet-note";
    note.textContent = `${failed}: ${error.message}`;
    box.replaceChildren(note);
    box.dataset.state = "failed";
  }
};

const placed = (element, { x, y, w, h }) => {
  element.style.gridColumn = `${x + 1} / span ${w}`;
  element.style.gridRow = `${y + 1} / span ${h}`;
  return element;
};

const frame = (json, bucket) => {
  const title = (json.title ?? "").replaceAll("$bucket", bucket);
  if (json.type === "row") {
    const heading = document.createElement("h2");
    heading.className = "row";
    heading.textContent = title;
    return [placed(heading, json.gridPos), null];
  }
  const tile = document.createElement("section");
  tile.className = "tile-panel";
  tile.title = json.description;
  const heading = document.createElement("h3");
  heading.textContent = title;
  const box = document.createElement("div");
  box.className = "drawn";
  box.tabIndex = 0;
  box.dataset.state = "loading";
  tile.append(heading, box);
  return [placed(tile, json.gridPos), box];
};

const show = async (range) => {
  const mine = ++turn;
  wall.setAttribute("aria-busy", "true");
  const { length, bucket } = RANGES[range];
  const asked = Number(new URLSearchParams(location.search).get("to"));
  const end = asked || Date.now();
  const within = { start: end - length, end, bucket, chosen: new Map() };
  const board = await (await fetch(`/console/boards/${language}/${name}.json`)).json();
  await choose(board, within);
  if (mine !== turn) return;
  const frames = board.panels.map((json) => [json, ...frame(json, bucket)]);
  wall.replaceChildren(...frames.map(([, element]) => element));
  const waiting = frames.filter(([, , box]) => box !== null);
  const work = async () => {
    for (let next = waiting.shift(); next && mine === turn; next = waiting.shift()) await fill(next[0], next[2], within);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (mine === turn) wall.setAttribute("aria-busy", "false");
};

for (const button of document.querySelectorAll("[data-range]")) {
  button.onclick = () => {
    for (const each of document.querySelectorAll("[data-range]")) each.setAttribute("aria-pressed", String(each === button));
    show(button.dataset.range);
  };
}
show("day");
for (const here of document.querySelectorAll("nav [aria-current]")) here.scrollIntoView({ block: "nearest", inline: "center" });
