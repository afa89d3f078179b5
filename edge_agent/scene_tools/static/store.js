// The scene being edited: its values, what was renamed since the text, undo and redo. No page here.

const MOST_STEPS = 200;
export const TABLES = ["lines", "zones", "lanes", "signals", "privacy"];

export class Store {
  #listeners = [];
  #past = [];
  #future = [];

  constructor() {
    this.state = { text: "", tree: {}, renamed: [] };
    this.saved = this.#packed();
    this.selected = null;
  }

  get tree() {
    return this.state.tree;
  }

  get draft() {
    return this.state.tree ? { text: this.state.text, tree: this.state.tree, renamed: this.state.renamed } : { text: this.state.text };
  }

  get isChanged() {
    return this.#packed() !== this.saved;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  // What the file says now; `forget` is for another file content, not for one's own saving.
  load(text, tree, { forget = true } = {}) {
    this.state = { text, tree, renamed: [] };
    this.saved = this.#packed();
    if (forget) {
      this.#past = [];
      this.#future = [];
      this.selected = null;
    }
    this.#tell();
  }

  // One step that can be undone.
  change(edit) {
    this.begin();
    edit(this.state.tree, this.state);
    this.end();
  }

  // A drag is one step, however many moves it has.
  begin() {
    this.#past.push(this.#packed());
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.#future = [];
  }

  end() {
    if (this.#past.at(-1) === this.#packed()) this.#past.pop();
    this.#tell();
  }

  undo() {
    this.#go(this.#past, this.#future);
  }

  redo() {
    this.#go(this.#future, this.#past);
  }

  entry(place = this.selected) {
    return place && this.tree?.[place.table]?.[place.index];
  }

  select(place) {
    this.selected = place;
    this.#tell();
  }

  add(table, entry) {
    this.change((tree) => {
      tree[table] = [...(tree[table] ?? []), entry];
    });
    this.select({ table, index: this.tree[table].length - 1 });
  }

  remove(table, index) {
    this.selected = null;
    this.change((tree) => {
      tree[table].splice(index, 1);
      if (!tree[table].length) delete tree[table];
    });
  }

  // A new id, in the rules that name it as well.
  rename(table, index, id, references) {
    const old = this.tree[table][index].id;
    if (old === id) return;
    this.change((tree, state) => {
      tree[table][index].id = id;
      state.renamed.push([table, old, id]);
      for (const rule of tree.rules ?? []) {
        for (const [key, target] of Object.entries(references)) {
          if (target !== table || rule[key] === undefined) continue;
          rule[key] = Array.isArray(rule[key]) ? rule[key].map((name) => (name === old ? id : name)) : rule[key] === old ? id : rule[key];
        }
      }
    });
  }

  freeId(stem, table) {
    const taken = new Set((this.tree[table] ?? []).map((entry) => entry.id));
    for (let count = 1; ; count += 1) if (!taken.has(`${stem}-${count}`)) return `${stem}-${count}`;
  }

  #go(from, to) {
    if (!from.length) return;
    to.push(this.#packed());
    this.state = JSON.parse(from.pop());
    if (!this.entry()) this.selected = null;
    this.#tell();
  }

  #packed() {
    return JSON.stringify(this.state);
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
