// Above the live page: the city's stage, and how many alarms nobody has taken; follows by itself.
import { read } from "./api.js";
import { Format } from "./format.js";

const words = JSON.parse(document.getElementById("words").textContent);
const format = new Format(words);
const bar = document.getElementById("stage");

const text = (tag, className, content) => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = content;
  return made;
};

const draw = (stage, counts) => {
  bar.dataset.stage = stage.stage;
  const name = text("strong", "", `${format.fill(words.stages.stage, { n: stage.stage })}: ${words.stages[`n${stage.stage}`]}`);
  const label = text("span", "muted", words.stages.label);
  const parts = [label, name];
  if (stage.by?.name && stage.at) {
    const since = format.fill(words.stages.since, { time: format.moment(stage.at, new Date(), false), name: stage.by.name });
    parts.push(text("span", "muted", since));
  }
  const link = text("a", "open-link", format.fill(words.stages.open, { count: format.count(counts.by_state.open ?? 0) }));
  link.href = "/console/alarms?state=open";
  parts.push(link);
  const shown = parts.map((part) => part.textContent).join("|");
  if (bar.dataset.shown === shown) return; // a status that is written anew is read aloud anew
  bar.dataset.shown = shown;
  bar.replaceChildren(...parts);
  bar.hidden = false;
};

const load = async () => {
  try {
    const [stage, counts] = await Promise.all([read("/api/v1/city-stage"), read("/api/v1/alarms/counts")]);
    draw(stage, counts);
  } catch {
    // The page itself tells that the server is away; the bar keeps what was last known.
  }
};

load();
setInterval(load, 5000);
