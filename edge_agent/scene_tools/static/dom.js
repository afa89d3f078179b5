// Small pieces that every part of the page uses: elements, words, requests.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  return filled(element, attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected" || name === "disabled") element[name] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// ---- words: one catalogue, sent by the node

let catalogue = {};
let language = "vi";
const listeners = [];

export function begin(words) {
  catalogue = words;
  let kept = null;
  try {
    kept = localStorage.getItem("matthan_scene_language");
  } catch {
    // Private windows keep nothing.
  }
  speak(kept === "en" ? "en" : "vi");
}

export function speak(wanted) {
  language = wanted;
  document.documentElement.lang = wanted;
  try {
    localStorage.setItem("matthan_scene_language", wanted);
  } catch {
    // The choice holds for this page.
  }
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", word(element.dataset.label));
  for (const element of document.querySelectorAll("[data-lang]")) element.setAttribute("aria-pressed", String(element.dataset.lang === wanted));
  for (const listener of listeners) listener();
}

export const onLanguage = (listener) => listeners.push(listener);
export const say = (words) => words?.[language] || words?.en || "";

export function word(name, values = {}) {
  const text = say(catalogue[name]) || name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export const number = (value, digits = 1) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

// ---- requests

export async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(path, body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw Object.assign(new Error(word("gone")), { status: 0 });
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({ detail: answer.statusText }));
    throw Object.assign(new Error(problem.detail), { status: answer.status });
  }
  return answer.json();
}
