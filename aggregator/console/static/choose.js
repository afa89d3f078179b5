// Choosing from many by typing: a combobox with what was chosen as chips (WAI-ARIA's pattern of it).
//
// What must hold: it is worked by keyboard alone; letters find words with and without their Vietnamese marks;
// Enter submits the form around it as long as no proposal is marked.
import { format, h, words } from "./shell.js";

const MOST_SHOWN = 40;
const w = words.choose;
let made = 0;

export const folded = (text) =>
  text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "d").toLowerCase();

// `items` are [id, words]; `chosen` ids that no item has are kept and shown as they are.
export class Choice {
  constructor({ label, hint = "", items = [], chosen = [], single = false, onchange = () => {} }) {
    this.id = `choice-${++made}`;
    this.items = [];
    this.chosen = [...chosen];
    this.single = single;
    this.onchange = onchange;
    this.marked = -1;
    this.shown = [];
    this.chips = h("ul", { class: "chips", "aria-label": label });
    this.list = h("ul", { class: "proposals card", role: "listbox", id: `${this.id}-list`, "aria-label": label, hidden: true });
    this.input = h("input", {
      id: this.id, type: "text", role: "combobox", autocomplete: "off", placeholder: w.type, "aria-autocomplete": "list", "aria-expanded": "false",
      "aria-controls": `${this.id}-list`, "aria-describedby": hint ? `${this.id}-hint` : null,
      oninput: () => this.open(), onclick: () => this.open(), onkeydown: (event) => this.key(event), onblur: () => setTimeout(() => this.close(), 150),
    });
    this.element = h(
      "div",
      { class: "field choice-field" },
      h("label", { for: this.id }, label),
      this.chips,
      h("div", { class: "choice-box" }, this.input, this.list),
      hint ? h("p", { class: "muted small", id: `${this.id}-hint` }, hint) : null,
    );
    this.offer(items);
  }

  get values() {
    return [...this.chosen];
  }

  get value() {
    return this.chosen[0] ?? "";
  }

  offer(items) {
    this.items = items.map(([id, text]) => ({ id, text, folded: folded(`${text} ${id}`) }));
    this.names = new Map(items);
    this.draw();
    if (!this.list.hidden) this.open(); // somebody was faster than the list
  }

  draw() {
    this.chips.hidden = !this.chosen.length;
    this.chips.replaceChildren(...this.chosen.map((id) => {
      const name = this.names.get(id) ?? id;
      const remove = h("button", { type: "button", "aria-label": format.fill(w.remove, { name }), onclick: () => this.drop(id) }, "×");
      return h("li", { class: "chip-chosen" }, h("span", {}, name), remove);
    }));
  }

  drop(id) {
    this.chosen = this.chosen.filter((each) => each !== id);
    this.draw();
    this.input.focus();
    this.onchange();
  }

  take(id) {
    this.chosen = this.single ? [id] : [...this.chosen, id];
    this.input.value = "";
    this.close();
    this.draw();
    this.onchange();
  }

  open() {
    const wanted = folded(this.input.value.trim());
    // What begins with the letters comes first: "ha noi" is the city before any ward of it.
    const found = this.items
      .filter((item) => !this.chosen.includes(item.id) && item.folded.includes(wanted))
      .sort((a, b) => Number(b.folded.startsWith(wanted)) - Number(a.folded.startsWith(wanted)));
    this.shown = found.slice(0, MOST_SHOWN);
    this.marked = wanted && this.shown.length ? 0 : -1;
    const options = this.shown.map((item, index) =>
      h("li", { role: "option", id: `${this.id}-${index}`, "aria-selected": "false", onpointerdown: (event) => { event.preventDefault(); this.take(item.id); } }, item.text));
    const more = found.length > MOST_SHOWN ? format.fill(w.more, { count: format.count(found.length - MOST_SHOWN) }) : "";
    if (!options.length || more) options.push(h("li", { class: "muted", role: "option", "aria-disabled": "true" }, more || w.nothing));
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark();
  }

  close() {
    this.list.hidden = true;
    this.marked = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  mark() {
    [...this.list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.marked)));
    if (this.marked < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", `${this.id}-${this.marked}`);
      this.list.children[this.marked].scrollIntoView({ block: "nearest" });
    }
  }

  key(event) {
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen) this.open();
      const count = this.shown.length;
      if (count) this.marked = (this.marked + (event.key === "ArrowDown" ? 1 : -1) + count) % count;
      this.mark();
    } else if (event.key === "Enter" && isOpen && this.marked >= 0) this.take(this.shown[this.marked].id);
    else if (event.key === "Escape" && isOpen) this.close();
    else if (event.key === "Backspace" && !this.input.value && this.chosen.length) this.drop(this.chosen.at(-1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
