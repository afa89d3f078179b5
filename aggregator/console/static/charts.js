// Small charts as SVG: bars of flow (forward above the axis, backward below), lines of occupancy.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 360;
const HEIGHT = 96;
const CLASSES = ["person", "motorcycle", "car", "bicycle", "bus", "truck"];

const element = (name, attributes = {}) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

export const classColour = (name) => {
  const index = CLASSES.indexOf(name);
  return `series-${index < 0 ? "other" : index}`;
};

const canvas = (label) => {
  const svg = element("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": label,
    class: "chart-canvas",
  });
  return svg;
};

const stackedPeaks = (chart, minutes) => {
  const up = new Array(minutes).fill(0);
  const down = new Array(minutes).fill(0);
  for (const series of chart.series) {
    const side = series.direction === "backward" ? down : up;
    series.values.forEach((value, minute) => {
      side[minute] += value ?? 0;
    });
  }
  return { up, down, peakUp: Math.max(0, ...up), peakDown: Math.max(0, ...down) };
};

// Sum of a class over the hour, both ways: the busiest is drawn next to the axis and named first.
export const rankOf = (chart, name) =>
  chart.series.reduce((sum, series) => sum + (series.class === name ? series.total : 0), 0);

export const flowPeak = (chart, minutes) => {
  const { up, down } = stackedPeaks(chart, minutes);
  return Math.max(0, ...up.map((value, minute) => value + down[minute]));
};

export const drawFlow = (chart, minutes, label) => {
  const svg = canvas(label);
  const { peakUp, peakDown } = stackedPeaks(chart, minutes);
  const span = Math.max(peakUp + peakDown, 4);
  const scale = (HEIGHT - 4) / span;
  const axis = 2 + (peakDown === 0 ? span : Math.max(peakUp, span - peakDown)) * scale;
  const step = WIDTH / minutes;
  const up = new Array(minutes).fill(0);
  const down = new Array(minutes).fill(0);
  for (const series of [...chart.series].sort((a, b) => rankOf(chart, b.class) - rankOf(chart, a.class))) {
    const backward = series.direction === "backward";
    const group = element("g", { class: `${classColour(series.class)}${backward ? " backward" : ""}` });
    series.values.forEach((value, minute) => {
      if (!value) return;
      const height = value * scale;
      const x = minute * step + step * 0.14;
      const y = backward ? axis + down[minute] : axis - up[minute] - height;
      (backward ? down : up)[minute] += height;
      group.append(element("rect", { x, y, width: step * 0.72, height }));
    });
    svg.append(group);
  }
  svg.append(element("line", { x1: 0, x2: WIDTH, y1: axis, y2: axis, class: "chart-axis" }));
  return svg;
};

export const drawOccupancy = (chart, minutes, label) => {
  const svg = canvas(label);
  const peak = Math.max(1, ...chart.series.flatMap((series) => series.values.map((value) => value ?? 0)));
  const step = WIDTH / (minutes - 1);
  const y = (value) => HEIGHT - 3 - (value / peak) * (HEIGHT - 8);
  for (const series of chart.series) {
    const group = element("g", { class: classColour(series.class) });
    for (const run of runs(series.values)) {
      const points = run.map(([minute, value]) => `${(minute * step).toFixed(1)},${y(value).toFixed(1)}`);
      const first = (run[0][0] * step).toFixed(1);
      const last = (run.at(-1)[0] * step).toFixed(1);
      if (run.length === 1) {
        group.append(element("rect", { x: first - 1.5, y: y(run[0][1]) - 1.5, width: 3, height: 3 }));
        continue;
      }
      group.append(
        element("polygon", {
          points: `${first},${HEIGHT - 2} ${points.join(" ")} ${last},${HEIGHT - 2}`,
          class: "chart-area",
        }),
        element("polyline", { points: points.join(" "), class: "chart-line" }),
      );
    }
    svg.append(group);
  }
  svg.append(element("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 2, y2: HEIGHT - 2, class: "chart-axis" }));
  return svg;
};

// Stretches without a gap: no data is not zero, so nothing is drawn across it.
const runs = (values) => {
  const found = [];
  let run = [];
  values.forEach((value, minute) => {
    if (value === null) {
      if (run.length) found.push(run);
      run = [];
    } else {
      run.push([minute, value]);
    }
  });
  if (run.length) found.push(run);
  return found;
};
