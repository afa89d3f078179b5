// The picture with the scene over it: drawing, dragging and the same by keyboard. It changes the store only.
import { h, s, word } from "./dom.js";
import { allowed, arrowTip, at, boxCorners, boxOf, cornerAt, drawn, freeLamp, handles, holds, isArea, middle, moved, round, shifted, split, without } from "./shapes.js";

const UNIT = 1000;
const CLICK = 0.012;
const DRAG_PX = 8;
const STEMS = { lines: "line", zones: "zone", lanes: "lane", signals: "signal" };
export const TOOLS = ["select", "lines", "zones", "lanes", "signals", "lamp", "privacy"];

export class Stage {
  #pending = [];
  #cursor = null;
  #drag = null;
  #held = null;

  constructor({ sheet, still, hint, drawing, store, onFlip, onTool }) {
    Object.assign(this, { sheet, still, hint, drawing, store, onFlip, onTool });
    this.tool = "select";
    this.boxes = [];
    this.grid = [];
    this.wrong = new Set();
    this.aspect = 16 / 9;
    sheet.addEventListener("pointerdown", (event) => this.#down(event));
    sheet.addEventListener("pointermove", (event) => this.#move(event));
    sheet.addEventListener("pointerup", (event) => this.#up(event));
    sheet.addEventListener("pointercancel", () => this.cancel());
    sheet.addEventListener("dblclick", () => isArea(this.#table()) && this.#pending.length > 2 && this.finish());
    sheet.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.render()).observe(sheet);
    store.onChange(() => this.render());
  }

  view({ width, height }) {
    this.aspect = width / height;
    this.sheet.setAttribute("viewBox", `0 0 ${UNIT * this.aspect} ${UNIT}`);
    this.sheet.setAttribute("preserveAspectRatio", "none");
    this.sheet.parentElement.style.setProperty("--aspect", String(this.aspect));
  }

  choose(tool) {
    this.#pending = [];
    this.#cursor = null;
    this.tool = tool;
    this.render();
    this.tell();
  }

  get points() {
    return this.#pending.length;
  }

  // ---- drawing

  add(point) {
    const points = this.#pending;
    const first = points[0];
    if (isArea(this.#table()) && points.length > 2 && this.#near(point, first)) return this.finish();
    if (points.length && this.#same(point, points.at(-1))) {
      if (isArea(this.#table()) && points.length > 2) this.finish();
      return undefined;
    }
    points.push(at(point));
    if (!isArea(this.#table()) && points.length === 2) return this.finish();
    this.render();
    return this.tell();
  }

  finish() {
    const points = this.#pending;
    const table = this.#table();
    if (points.length < (isArea(table) ? 3 : 2)) return;
    this.#pending = [];
    this.tell();
    if (this.tool === "lamp") this.#addLamp(points);
    else {
      this.onTool("select");
      this.store.add(table, drawn(table, points, this.store.freeId(STEMS[table] ?? "", table)));
    }
  }

  removePoint() {
    this.#pending.pop();
    this.render();
    this.tell();
  }

  cancel() {
    if (this.#drag) this.store.end();
    this.#drag = null;
    this.#pending = [];
    this.render();
    this.tell();
  }

  #addLamp(points) {
    const box = boxOf(points);
    const signals = this.store.tree.signals ?? [];
    const chosen = this.store.selected?.table === "signals" ? this.store.selected.index : -1;
    const around = signals.findIndex((signal) => signal.box && holds(signal.box, middle(points)));
    const index = around >= 0 ? around : chosen;
    if (index < 0) {
      this.tell(word("lamp_needs_signal"));
      return;
    }
    if (!freeLamp(signals[index])) {
      this.tell(word("lamps_complete"));
      return;
    }
    this.store.change((tree) => {
      const signal = tree.signals[index];
      signal.lamps = { ...signal.lamps, [freeLamp(signal)]: box };
    });
    this.store.select({ table: "signals", index });
  }

  #table() {
    return this.tool === "lamp" ? "signals" : this.tool;
  }

  #near(point, other) {
    return Math.hypot((point[0] - other[0]) * this.aspect, point[1] - other[1]) < CLICK * this.#scale();
  }

  #same(point, other) {
    return Math.abs(point[0] - other[0]) < 1e-3 && Math.abs(point[1] - other[1]) < 1e-3;
  }

  // On a phone a finger covers more of the picture.
  #scale() {
    return Math.max(1, 700 / (this.sheet.clientHeight || 700));
  }

  // ---- pointer

  #point(event) {
    const area = this.sheet.getBoundingClientRect();
    return [round((event.clientX - area.left) / area.width), round((event.clientY - area.top) / area.height)];
  }

  #down(event) {
    if (event.button !== 0 || !this.store.tree) return;
    const point = this.#point(event);
    if (this.tool !== "select") {
      event.preventDefault();
      this.sheet.focus({ preventScroll: true });
      this.sheet.setPointerCapture(event.pointerId);
      this.#cursor = null;
      this.#held = [event.clientX, event.clientY];
      this.add(point);
      return;
    }
    const handle = event.target.closest("[data-handle]");
    const shape = event.target.closest("[data-shape]");
    if (handle) this.#grab(JSON.parse(handle.dataset.handle), point);
    else if (shape) {
      const place = JSON.parse(shape.dataset.shape);
      const { selected } = this.store;
      if (selected?.table === place.table && selected.index === place.index) this.#grab({ kind: "whole" }, point);
      else this.store.select(place);
    } else this.store.select(null);
    if (this.#drag) {
      event.preventDefault();
      this.sheet.setPointerCapture(event.pointerId);
    }
  }

  #grab(handle, point) {
    this.store.begin();
    const place = this.store.selected;
    let entry = this.store.entry();
    if (handle.kind === "between") {
      entry = split(entry, handle.index);
      this.store.tree[place.table][place.index] = entry;
      handle = { kind: "corner", index: handle.index + 1 };
    }
    this.#drag = { handle, place, entry, from: point };
  }

  #move(event) {
    const point = this.#point(event);
    if (this.#pending.length) {
      this.#cursor = point;
      this.render();
      return;
    }
    if (!this.#drag) return;
    const { handle, place, entry, from } = this.#drag;
    const entries = this.store.tree[place.table];
    if (handle.kind === "whole") {
      const by = allowed(place.table, entry, [point[0] - from[0], point[1] - from[1]]);
      entries[place.index] = shifted(place.table, entry, by);
    } else {
      const now = entries[place.index];
      entries[place.index] = moved(place.table, now, handle, point);
      if (place.table === "signals") {
        const changed = entries[place.index];
        handle.index = cornerAt(handle.lamp ? changed.lamps[handle.lamp] : changed.box, point);
      }
    }
    this.render();
  }

  #up(event) {
    const point = this.#point(event);
    // In screen pixels: the page may have moved under the finger since it came down.
    const far = this.#held && Math.hypot(event.clientX - this.#held[0], event.clientY - this.#held[1]) > DRAG_PX;
    if (this.#pending.length && far && !isArea(this.#table())) this.add(point);
    this.#held = null;
    if (!this.#drag) return;
    this.#drag = null;
    this.store.end();
  }

  // ---- keyboard

  #key(event) {
    if (!this.store.tree) return;
    const step = event.altKey ? 0.001 : event.shiftKey ? 0.05 : 0.01;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const done = this.tool === "select" ? this.#selectKey(event, way, step / 2) : this.#drawKey(event, way, step);
    if (done) event.preventDefault();
  }

  #drawKey(event, way, step) {
    if (way) {
      const [x, y] = this.#cursor ?? [0.5, 0.5];
      this.#cursor = [round(x + way[0] * step), round(y + way[1] * step)];
      this.render();
      this.tell();
    } else if (event.key === "Enter" || event.key === " ") this.add((this.#cursor ??= [0.5, 0.5]));
    else if (event.key === "Backspace") this.removePoint();
    else if (event.key === "Escape") this.points ? this.cancel() : this.choose("select");
    else return false;
    return true;
  }

  #selectKey(event, way, step) {
    const handle = event.target.closest?.("[data-handle]");
    const shape = event.target.closest?.("[data-shape]");
    const place = this.store.selected;
    if (event.key === "Escape") this.store.select(null);
    else if (handle) return this.#handleKey(JSON.parse(handle.dataset.handle), event.key, way, step);
    else if (!shape) return false;
    else if (event.key === "Enter" || event.key === " ") this.store.select(JSON.parse(shape.dataset.shape));
    else if (!place || shape.dataset.shape !== JSON.stringify(place)) return false;
    else if (way) this.#change((entry) => shifted(place.table, entry, allowed(place.table, entry, [way[0] * step, way[1] * step])));
    else if (event.key === "Delete") this.store.remove(place.table, place.index);
    else if (event.key.toLowerCase() === "f") this.onFlip();
    else return false;
    return true;
  }

  #handleKey(handle, key, way, step) {
    const { table } = this.store.selected;
    if (way) {
      if (handle.kind === "between") return true;
      const { point } = handles(table, this.store.entry()).find((each) => each.kind === handle.kind && each.index === handle.index && each.lamp === handle.lamp);
      this.#change((entry) => moved(table, entry, handle, [point[0] + way[0] * step, point[1] + way[1] * step]));
    } else if (key === "Delete" && handle.kind === "corner" && isArea(table)) this.#change((entry) => without(entry, handle.index));
    else if ((key === "Enter" || key === " ") && handle.kind === "between") this.#change((entry) => split(entry, handle.index));
    else return false;
    return true;
  }

  #change(edit) {
    const { table, index } = this.store.selected;
    this.store.change((tree) => {
      tree[table][index] = edit(tree[table][index]);
    });
  }

  // ---- what is seen

  tell(problem) {
    const names = { select: "hint_select", lines: "hint_line", zones: "hint_area", lanes: "hint_lane", signals: "hint_signal", lamp: "hint_lamp", privacy: "hint_area" };
    const where = this.#cursor && this.tool !== "select" ? ` (${this.#cursor.map((value) => value.toFixed(2)).join(", ")})` : "";
    this.hint.textContent = problem ?? `${word(names[this.tool])}${this.points ? ` ${word("points", { count: this.points })}` : ""}${where}`;
    this.drawing.hidden = !this.points;
    this.drawing.querySelector("#finish").hidden = !isArea(this.#table());
    this.drawing.querySelector("#finish").disabled = this.points < 3;
  }

  render() {
    const focused = document.activeElement?.dataset?.key;
    const pixel = UNIT / (this.sheet.clientHeight || UNIT);
    this.sheet.style.setProperty("--pixel", String(pixel));
    this.sheet.classList.toggle("is-drawing", this.tool !== "select");
    this.sheet.setAttribute("aria-label", word("sheet"));
    const tree = this.store.tree ?? {};
    const layers = [this.#gridLayer()];
    for (const table of ["privacy", "zones", "lanes", "signals", "lines"]) {
      (tree[table] ?? []).forEach((entry, index) => layers.push(this.#shape(table, entry, index, pixel)));
    }
    layers.push(...this.#survey(tree, pixel), ...this.#seen(pixel), ...this.#draft(pixel));
    const selected = this.store.entry();
    if (selected && this.tool === "select") layers.push(this.#handles(this.store.selected.table, selected, pixel));
    this.sheet.replaceChildren(...layers);
    if (focused) this.sheet.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  #xy([x, y]) {
    return [x * UNIT * this.aspect, y * UNIT];
  }

  #path(points, closed = false) {
    return points.map((point, index) => `${index ? "L" : "M"}${this.#xy(point).map((value) => value.toFixed(1)).join(" ")}`).join("") + (closed ? "Z" : "");
  }

  #shape(table, entry, index, pixel) {
    const place = JSON.stringify({ table, index });
    const isSelected = JSON.stringify(this.store.selected) === place;
    const name = entry.id ?? String(index + 1);
    const kind = `shape ${table}${isSelected ? " is-selected" : ""}${this.wrong.has(`${table}/${name}`) ? " is-wrong" : ""}`;
    const group = s("g", { class: kind, "data-shape": place, "data-key": `shape ${place}`, tabindex: 0, role: "button", "aria-pressed": String(isSelected), "aria-label": `${word(`one_${table}`)} ${name}${this.wrong.has(`${table}/${name}`) ? `, ${word("wrong")}` : ""}` });
    if (table === "lines") {
      const d = this.#path([entry.from, entry.to]);
      group.append(s("path", { class: "hit", d }), s("path", { class: "casing", d }), s("path", { class: "edge", d }), this.#arrow(middle([entry.from, entry.to]), this.#forward(entry), 34 * pixel));
      this.#label(group, entry.from, name, pixel);
    } else if (table === "signals") {
      for (const [lamp, box] of [["", entry.box], ...Object.entries(entry.lamps ?? {})]) {
        if (!box) continue;
        const d = this.#path(boxCorners(box), true);
        group.append(s("path", { class: `area lamp-${/^[a-z]+$/.test(lamp) ? lamp : "box"}`, d }));
        if (lamp && isSelected) this.#label(group, [box[2], (box[1] + box[3]) / 2], lamp, pixel, true);
      }
      if (entry.box) this.#label(group, [entry.box[0], entry.box[1]], name, pixel);
    } else {
      const d = this.#path(entry.polygon, true);
      group.append(s("path", { class: "area", d }), s("path", { class: "casing", d }), s("path", { class: "edge", d }));
      const centre = middle(entry.polygon);
      if (table === "lanes") {
        const [a, b] = [this.#xy(centre), this.#xy(arrowTip(entry))];
        group.append(this.#arrow(centre, [b[0] - a[0], b[1] - a[1]], Math.hypot(b[0] - a[0], b[1] - a[1])));
      }
      this.#label(group, table === "lanes" ? entry.polygon[0] : centre, name, pixel);
    }
    return group;
  }

  #forward(line) {
    const [a, b] = [this.#xy(line.from), this.#xy(line.to)];
    return [-(b[1] - a[1]), b[0] - a[0]];
  }

  #arrow(from, way, length) {
    const [x, y] = this.#xy(from);
    const size = Math.hypot(...way) || 1;
    const [dx, dy] = [(way[0] / size) * length, (way[1] / size) * length];
    const head = Math.min(length * 0.4, 16 * (UNIT / (this.sheet.clientHeight || UNIT)));
    const [ux, uy] = [(dx / length) * head, (dy / length) * head];
    const d = `M${x} ${y}L${x + dx} ${y + dy}M${x + dx - ux - uy * 0.6} ${y + dy - uy + ux * 0.6}L${x + dx} ${y + dy}L${x + dx - ux + uy * 0.6} ${y + dy - uy - ux * 0.6}`;
    return s("g", { class: "arrow" }, s("path", { class: "casing", d }), s("path", { class: "edge", d }));
  }

  #label(group, point, text, pixel, isSmall = false) {
    const size = (isSmall ? 11 : 13) * pixel;
    const [x, y] = this.#xy(point);
    const right = UNIT * this.aspect - text.length * size * 0.62;
    group.append(s("text", { x: Math.max(4 * pixel, Math.min(x + 6 * pixel, right)), y: Math.max(y - 6 * pixel, size * 1.2), "font-size": size }, text));
  }

  #handles(table, entry, pixel) {
    const group = s("g", { class: `handles ${table}` });
    handles(table, entry).forEach((handle) => {
      const [x, y] = this.#xy(handle.point);
      const key = JSON.stringify({ kind: handle.kind, index: handle.index, lamp: handle.lamp });
      const label = word(`handle_${handle.kind}`, { index: handle.index + 1, lamp: handle.lamp ?? "", x: handle.point[0].toFixed(3), y: handle.point[1].toFixed(3) });
      group.append(
        s("g", { class: `handle ${handle.kind}`, "data-handle": key, "data-key": `handle ${key}`, tabindex: 0, role: "button", "aria-label": label },
          s("circle", { class: "finger", cx: x, cy: y, r: 16 * pixel }),
          s("circle", { class: "dot", cx: x, cy: y, r: (handle.kind === "between" ? 4 : 7) * pixel })),
      );
    });
    return group;
  }

  #gridLayer() {
    const d = this.grid.map(([x1, y1, x2, y2]) => this.#path([[x1, y1], [x2, y2]])).join("");
    return s("path", { class: "grid", d });
  }

  #survey(tree, pixel) {
    return (tree.homography?.points ?? []).map(([x, y], index) => {
      const [cx, cy] = this.#xy([x, y]);
      return s("g", { class: "survey" }, s("circle", { cx, cy, r: 4 * pixel }), s("text", { x: cx + 6 * pixel, y: cy - 4 * pixel, "font-size": 11 * pixel }, `P${index + 1}`));
    });
  }

  // Objects of a previewed frame.
  #seen(pixel) {
    return this.boxes.map(({ box, label, isHot }) => {
      const d = this.#path(boxCorners(box), true);
      const [x, y] = this.#xy([box[0], box[1]]);
      const feet = this.#xy([(box[0] + box[2]) / 2, box[3]]);
      return s("g", { class: `seen${isHot ? " is-hot" : ""}` }, s("path", { class: "casing", d }), s("path", { class: "edge", d }), s("circle", { cx: feet[0], cy: feet[1], r: 3 * pixel }), s("text", { x, y: y - 4 * pixel, "font-size": 12 * pixel }, label));
    });
  }

  #draft(pixel) {
    if (this.tool === "select") return [];
    const found = [];
    const points = this.#cursor && this.points ? [...this.#pending, this.#cursor] : this.#pending;
    if (points.length) {
      const isBox = this.#table() === "signals";
      const corners = isBox && points.length > 1 ? boxCorners(boxOf(points)) : points;
      const d = this.#path(corners, corners.length > 2);
      found.push(s("path", { class: "casing", d }), s("path", { class: "draft", d }));
      for (const point of this.#pending) {
        const [cx, cy] = this.#xy(point);
        found.push(s("circle", { class: "dot draft-dot", cx, cy, r: 5 * pixel }));
      }
    }
    if (this.#cursor) {
      const [x, y] = this.#xy(this.#cursor);
      const arm = 14 * pixel;
      const d = `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`;
      found.push(s("path", { class: "casing", d }), s("path", { class: "cross", d }));
    }
    return found;
  }
}

export function toolButtons(stage, container, onChoose) {
  container.replaceChildren(
    ...TOOLS.map((tool) =>
      h("button", { type: "button", "data-tool": tool, "aria-pressed": String(stage.tool === tool), onclick: () => onChoose(tool) }, word(`tool_${tool}`)),
    ),
  );
}
