// Draws one panel of a dashboard from its JSON and the answers to its queries.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 160;
const ZONE = "Asia/Ho_Chi_Minh";
const UNITS = {
  percent: "%", celsius: "°C", decmbytes: "MB", pressurehpa: "hPa", velocitykmh: "km/h", lengthm: "m",
  velocityms: "m/s", lengthmm: "mm", ms: "ms", s: "s", conμgm3: "µg/m³", cps: "/s",
};

const make = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const shape = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

export class Panel {
  constructor(json, language) {
    this.json = json;
    this.locale = language === "vi" ? "vi-VN" : "en-GB";
    this.defaults = json.fieldConfig.defaults;
    this.names = new Map();
    this.labels = new Map();
    for (const { matcher, properties } of json.fieldConfig.overrides) {
      for (const { id, value } of properties) {
        if (id === "displayName") this.names.set(matcher.options, value);
        if (id === "mappings") this.labels.set(matcher.options, value[0].options);
      }
    }
    if (this.defaults.mappings) this.labels.set("value", this.defaults.mappings[0].options);
  }

  // Draws what Grafana would of these series: {name, tags, points: [[ms, value]]}.
  draw(series) {
    const held = series.filter((each) => each.points.some(([, value]) => value !== null));
    if (held.length === 0) return make("p", "quiet-note", this.defaults.noValue);
    switch (this.json.type) {
      case "stat": return this.figures(held);
      case "bargauge": return this.ranking(held);
      case "table": return this.table(held);
      case "state-timeline": return this.states(held);
      default: return this.overTime(held);
    }
  }

  number(value) {
    const label = this.labels.get("value")?.[String(value)];
    if (label) return label.text;
    const { unit } = this.defaults;
    const share = unit === "percentunit";
    const most = Math.abs(value) < 10 && !Number.isInteger(value) ? 2 : 0;
    const text = new Intl.NumberFormat(this.locale, {
      maximumFractionDigits: share ? 1 : most, style: share ? "percent" : "decimal",
    }).format(value);
    const suffix = unit?.startsWith("suffix:") ? unit.slice(7).trim() : UNITS[unit] ?? "";
    return suffix ? `${text} ${suffix}` : text;
  }

  colour(value) {
    const label = this.labels.get("value")?.[String(value)];
    if (label?.color) return label.color;
    const steps = this.defaults.thresholds.steps;
    return steps.filter((step) => step.value === null || value >= step.value).at(-1).color;
  }

  named(each) {
    return this.names.get(each.name) ?? each.name;
  }

  last(each) {
    return each.points.filter(([, value]) => value !== null).at(-1)[1];
  }

  figures(series) {
    const box = make("div", "figures");
    for (const each of series) {
      const value = this.last(each);
      const figure = make("div", "figure");
      figure.style.borderLeftColor = this.colour(value);
      figure.append(make("strong", "", this.number(value)));
      if (series.length > 1) figure.append(make("span", "", this.named(each)));
      box.append(figure);
    }
    return box;
  }

  ranking(series) {
    const box = make("div", "ranked");
    const found = series.map((each) => [this.named(each), this.last(each)]).sort((a, b) => b[1] - a[1]).slice(0, 20);
    const peak = Math.max(...found.map(([, value]) => value), 1e-9);
    for (const [name, value] of found) {
      const bar = make("span", "bar");
      bar.style.width = `${Math.max(0, (value / peak) * 100)}%`;
      bar.style.background = this.colour(value);
      box.append(make("span", "", name), bar, make("span", "", this.number(value)));
    }
    return box;
  }

  table(series) {
    const tags = Object.keys(series[0].tags);
    const table = make("table");
    const head = make("tr");
    for (const tag of [...tags, "value"]) head.append(make("th", "", this.names.get(tag) ?? tag));
    const down = this.json.options.sortBy?.[0]?.desc ?? true;
    const rows = series.map((each) => [each.tags, this.last(each)]).sort((a, b) => (down ? b[1] - a[1] : a[1] - b[1]));
    table.append(head);
    for (const [held, value] of rows.slice(0, 50)) {
      const row = make("tr");
      for (const tag of tags) row.append(make("td", "", this.labels.get(tag)?.[held[tag]]?.text ?? held[tag]));
      row.append(make("td", "", this.number(value)));
      table.append(row);
    }
    return table;
  }

  states(series) {
    const box = make("div", "drawn");
    const [start, end] = this.span(series);
    const shown = series.slice(0, 40);
    const high = HEIGHT / shown.length;
    const svg = this.canvas();
    shown.forEach((each, index) => {
      each.points.forEach(([at, value], i) => {
        if (value === null) return;
        const until = each.points[i + 1]?.[0] ?? end;
        const x = ((at - start) / (end - start)) * WIDTH;
        const width = Math.max(1, ((until - at) / (end - start)) * WIDTH);
        svg.append(shape("rect", { x, y: index * high, width, height: high * 0.85, fill: this.colour(value) }));
      });
    });
    box.append(svg, this.times(start, end), this.legend(shown.map((each) => [this.named(each), null])));
    return box;
  }

  overTime(series) {
    const box = make("div", "drawn");
    const [start, end] = this.span(series);
    const bars = this.defaults.custom.drawStyle === "bars";
    const sums = new Map();
    if (bars) for (const { points } of series) for (const [at, value] of points) sums.set(at, (sums.get(at) ?? 0) + (value ?? 0));
    const values = bars ? [...sums.values()] : series.flatMap(({ points }) => points.map(([, value]) => value ?? 0));
    const least = Math.min(this.defaults.min ?? Math.min(...values), ...values);
    const most = Math.max(...values, least + 1e-9);
    const svg = this.canvas();
    const stacked = new Map();
    series.forEach((each, index) => this.trace(svg, each, index, { bars, start, end, least, most, stacked }));
    const scale = make("div", "scale");
    scale.append(make("span", "", this.number(least)), make("span", "", `≤ ${this.number(most)}`));
    box.append(svg, this.times(start, end), scale, this.legend(series.map((each, i) => [this.named(each), hue(i)])));
    return box;
  }

  trace(svg, each, index, { bars, start, end, least, most, stacked }) {
    const x = (at) => ((at - start) / (end - start || 1)) * WIDTH;
    const y = (value) => HEIGHT - ((value - least) / (most - least)) * (HEIGHT - 4);
    if (bars) {
      const step = each.points.length > 1 ? x(each.points[1][0]) - x(each.points[0][0]) : WIDTH / 40;
      for (const [at, value] of each.points) {
        if (!value) continue;
        const below = stacked.get(at) ?? 0;
        stacked.set(at, below + value);
        const top = y(below + value);
        svg.append(shape("rect", { x: x(at), y: top, width: Math.max(1, step * 0.8), height: y(below) - top, fill: hue(index) }));
      }
      return;
    }
    let path = "";
    let gap = true;
    for (const [at, value] of each.points) {
      if (value === null) { gap = true; continue; }
      // A stroke of no length, so that a point between two gaps shows as a dot.
      path += `${gap ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}${gap ? "h0.01" : ""}`;
      gap = false;
    }
    svg.append(shape("path", { d: path, fill: "none", stroke: hue(index), "stroke-width": 2, "stroke-linecap": "round", "vector-effect": "non-scaling-stroke" }));
  }

  span(series) {
    const times = series.flatMap(({ points }) => points.map(([at]) => at));
    return [Math.min(...times), Math.max(...times)];
  }

  canvas() {
    const label = this.json.title;
    return shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  }

  times(start, end) {
    const far = end - start > 2 * 86_400_000;
    const options = far ? { day: "2-digit", month: "2-digit", year: "numeric" } : { hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit" };
    const shown = new Intl.DateTimeFormat(this.locale, { timeZone: ZONE, hourCycle: "h23", ...options });
    const box = make("div", "scale");
    for (const at of [start, (start + end) / 2, end]) box.append(make("span", "", shown.format(at)));
    return box;
  }

  legend(names) {
    const box = make("div", "names");
    for (const [name, colour] of names) {
      if (!name) continue;
      const item = make("span");
      if (colour) {
        const mark = make("span", "mark");
        mark.style.background = colour;
        item.append(mark);
      }
      item.append(name);
      box.append(item);
    }
    return box;
  }
}

const hue = (index) => `hsl(${(205 + index * 137.5) % 360} 65% 58%)`;
