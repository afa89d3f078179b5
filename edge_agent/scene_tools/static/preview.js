// The preview panel: runs the node's pipeline over the footage with the drawn scene, and shows frame by frame.
import { ask, h, number, say, word } from "./dom.js";

const EVERY_MS = 250;

export class PreviewPanel {
  constructor({ panel, stage, still, store, opening, onProblem }) {
    Object.assign(this, { panel, stage, still, store, opening, onProblem });
    this.frames = [];
    this.events = [];
    this.measurements = [];
    this.state = "none";
    this.shown = -1;
    this.follows = true;
    this.timer = null;
    this.playing = null;
    this.segment = { start: 0, length: Math.min(opening.view.longest_s, opening.view.live ? 180 : Math.max(1, Math.ceil(opening.view.duration_s)), 120) };
    this.isOpen = false;
  }

  open(isOpen) {
    this.isOpen = isOpen;
    this.#pause();
    if (isOpen) this.render();
    if (isOpen && this.frames.length) this.show(this.shown < 0 ? 0 : this.shown);
    else this.#clear();
  }

  // ---- running

  async start() {
    this.#pause();
    const draft = this.store.draft;
    this.drawnFor = JSON.stringify(draft);
    try {
      const progress = await ask("/api/preview", { draft, start_s: this.segment.start, length_s: this.segment.length });
      Object.assign(this, { frames: [], events: [], measurements: [], run: progress.run, state: progress.state, shown: -1, follows: true, crossings: {}, problem: "" });
      this.render();
      this.#poll();
    } catch (problem) {
      this.onProblem(problem);
    }
  }

  async stop() {
    try {
      await ask("/api/preview/stop", {});
    } catch (problem) {
      this.onProblem(problem);
    }
  }

  #poll() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#take(), EVERY_MS);
  }

  async #take() {
    try {
      const progress = await ask(`/api/preview?after=${this.frames.length}`);
      if (progress.run !== this.run) return;
      for (const frame of progress.frames) {
        this.frames.push(frame);
        this.events.push(...frame.events.map((event) => ({ ...event, frame: frame.n })));
      }
      const isBehind = this.frames.length < progress.total;
      Object.assign(this, { state: isBehind ? "running" : progress.state, problem: progress.problem, crossings: progress.crossings, measurements: progress.measurements, firstPicture: progress.first_picture });
      if (this.state === "running") this.#poll();
      else this.events.push(...progress.last_events.map((event) => ({ ...event, frame: this.frames.length - 1 })));
      if (this.isOpen && this.follows && this.frames.length) this.show(this.frames.length - 1);
      this.render();
    } catch (problem) {
      this.state = "failed";
      this.problem = problem.message;
      this.render();
    }
  }

  // ---- looking

  show(n) {
    const frame = this.frames[n];
    if (!frame) return;
    this.shown = n;
    const now = new Set(this.events.filter((event) => event.frame === n).map((event) => event.track_id));
    this.stage.boxes = frame.seen.map(([id, name, score, box]) => ({ box, label: `${id} ${name} ${score}`, isHot: now.has(id) }));
    this.stage.render();
    const next = `/api/preview/picture?n=${n}`;
    if (!this.loading && n >= (this.firstPicture ?? 0)) this.#load(next);
    const slider = this.panel.querySelector("#frame");
    if (slider) {
      slider.value = n;
      slider.setAttribute("aria-valuetext", `${number(frame.t)} s`);
      this.panel.querySelector("#frame-time").textContent = word("frame_at", { n: n + 1, total: this.frames.length, t: number(frame.t, 2) });
      this.#counts();
    }
  }

  // One picture at a time: a slow link skips pictures rather than piling them up.
  #load(address) {
    this.loading = true;
    const run = this.run;
    const done = () => {
      this.loading = false;
      if (this.isOpen && this.run === run && this.wanted && this.wanted !== address) this.#load(this.wanted);
    };
    this.wanted = address;
    this.still.addEventListener("load", done, { once: true });
    this.still.addEventListener("error", done, { once: true });
    this.still.src = `${address}&run=${run}`;
  }

  #clear() {
    if (!this.stage.boxes.length && !this.wanted) return;
    this.stage.boxes = [];
    this.stage.render();
    this.wanted = null;
    this.still.src = this.still.dataset.still;
  }

  #step(by) {
    this.follows = false;
    this.#pause();
    this.show(Math.min(this.frames.length - 1, Math.max(0, this.shown + by)));
  }

  #play() {
    if (this.playing) return this.#pause();
    this.follows = false;
    if (this.shown >= this.frames.length - 1) this.shown = -1;
    const gap = this.frames.length > 1 ? (this.frames.at(-1).t - this.frames[0].t) / (this.frames.length - 1) : 0.1;
    this.playing = setInterval(() => (this.shown >= this.frames.length - 1 ? this.#pause() : this.show(this.shown + 1)), Math.max(40, gap * 1000));
    return this.render();
  }

  #pause() {
    clearInterval(this.playing);
    this.playing = null;
  }

  // ---- the panel

  render() {
    if (!this.isOpen) return;
    const focused = document.activeElement?.id;
    const isRunning = this.state === "running";
    const isStale = this.state !== "none" && this.drawnFor !== JSON.stringify(this.store.draft);
    const start = h("input", { type: "number", id: "segment-start", min: 0, step: 1, value: this.segment.start, onchange: (event) => { this.segment.start = Math.max(0, Number(event.target.value) || 0); } });
    const length = h("input", { type: "number", id: "segment-length", min: 1, max: this.opening.view.longest_s, step: 1, value: this.segment.length, onchange: (event) => { this.segment.length = Math.max(1, Number(event.target.value) || 1); } });
    const parts = [
      h("p", { class: "muted" }, word(this.opening.view.live ? "preview_live" : "preview_about")),
      h("div", { class: "field" }, h("label", { for: "segment-start" }, word("segment_start")), h("span", { class: "control" }, start)),
      h("div", { class: "field" }, h("label", { for: "segment-length" }, word("segment_length")), h("span", { class: "control" }, length)),
      h("div", { class: "group" },
        h("button", { type: "button", id: "preview-start", class: "primary", disabled: !this.store.tree, onclick: () => this.start() }, word(this.state === "none" ? "preview_start" : "preview_again")),
        h("button", { type: "button", id: "preview-stop", disabled: !isRunning, onclick: () => this.stop() }, word("preview_stop"))),
      h("p", { id: "preview-state", role: "status" }, this.#stateWords(isRunning)),
    ];
    if (isStale) parts.push(h("p", { class: "note" }, word("preview_stale")));
    if (this.frames.length) parts.push(this.#player(), h("div", { id: "counts" }), this.#eventList());
    this.panel.replaceChildren(...parts);
    if (this.frames.length) this.#counts();
    if (focused) this.panel.querySelector(`#${CSS.escape(focused)}`)?.focus();
  }

  #stateWords(isRunning) {
    if (this.state === "none") return "";
    if (this.state === "failed") return this.problem;
    const seconds = this.frames.length ? this.frames.at(-1).t - this.frames[0].t : 0;
    return word(isRunning ? "preview_running" : this.state === "done" ? "preview_done" : "preview_stopped", { frames: this.frames.length, seconds: number(seconds) });
  }

  #player() {
    const slide = (event) => {
      this.follows = false;
      this.#pause();
      this.show(Number(event.target.value));
    };
    return h("div", { class: "player" },
      h("p", { id: "frame-time" }, word("frame_at", { n: this.shown + 1, total: this.frames.length, t: number(this.frames[Math.max(0, this.shown)].t, 2) })),
      h("input", { type: "range", id: "frame", min: 0, max: this.frames.length - 1, value: Math.max(0, this.shown), "aria-label": word("frame"), oninput: slide }),
      h("div", { class: "group" },
        h("button", { type: "button", id: "frame-back", onclick: () => this.#step(-1) }, word("frame_back")),
        h("button", { type: "button", id: "frame-play", onclick: () => this.#play() }, word(this.playing ? "pause" : "play")),
        h("button", { type: "button", id: "frame-next", onclick: () => this.#step(1) }, word("frame_next"))));
  }

  #counts() {
    const until = this.follows && this.shown === this.frames.length - 1 && this.state !== "running" ? Infinity : this.shown;
    const rows = new Map();
    for (const event of this.events) {
      if (event.frame > until) continue;
      const name = [this.#eventName(event.kind), event.rule, event.direction && word(event.direction)].filter(Boolean).join(" · ");
      rows.set(name, (rows.get(name) ?? 0) + 1);
    }
    const zones = Object.entries(this.frames[Math.max(0, this.shown)]?.zones ?? {});
    const table = h("table", {}, h("caption", {}, word("counts_so_far")), h("tbody", {}, ...[...rows].map(([name, count]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, String(count)))), ...zones.map(([zone, count]) => h("tr", {}, h("th", { scope: "row" }, word("in_zone", { zone })), h("td", {}, String(count))))));
    this.panel.querySelector("#counts")?.replaceChildren(table);
  }

  #eventName(kind) {
    return say(this.opening.events[kind]) || kind;
  }

  #eventList() {
    const items = this.events.slice(-300).reverse().map((event) => {
      const what = [this.#eventName(event.kind), event.rule, event.direction && word(event.direction), event.class && `${event.class} ${event.track_id || ""}`.trim()].filter(Boolean).join(" · ");
      const jump = () => {
        this.follows = false;
        this.#pause();
        this.show(this.#frameAt(event.t));
      };
      return h("li", {}, h("button", { type: "button", class: "event", onclick: jump }, h("time", {}, `${number(event.t, 1)} s`), " ", what));
    });
    return h("section", {}, h("h2", {}, word("events", { count: this.events.length })), items.length ? h("ul", { id: "events", class: "events" }, ...items) : h("p", { class: "note" }, word("no_events_yet")));
  }

  #frameAt(t) {
    let low = 0;
    let high = this.frames.length - 1;
    while (low < high) {
      const half = (low + high) >> 1;
      if (this.frames[half].t < t) low = half + 1;
      else high = half;
    }
    return low;
  }
}
