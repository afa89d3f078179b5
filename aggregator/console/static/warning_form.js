// Writing a public warning: a form of its own in the page, kept as a draft on this machine until it is sent.
//
// What must hold: nothing goes to the public without being shown once more as it will be; a draft is lost by
// nothing but sending it or throwing it away, and is the writer's own.
import { Problem, newId, send } from "./api.js";
import { areaNames, areaOptions } from "./area_names.js";
import { Choice } from "./choose.js";
import { fromLocal, group, toLocal } from "./rule_form.js";
import { ask, button, fieldOf, format, h, main, ready, said, toast, words } from "./shell.js";

const w = words.warnings;
const HOUR = 3_600_000;
const keyOf = (id) => `matthan_warning_${main.dataset.user}_${id || "new"}`;

const stored = (id) => {
  try {
    return JSON.parse(localStorage.getItem(keyOf(id)));
  } catch {
    return null;
  }
};
const keep = (id, draft) => {
  try {
    if (draft) localStorage.setItem(keyOf(id), JSON.stringify(draft));
    else localStorage.removeItem(keyOf(id));
  } catch {
    // Private windows keep nothing; the form itself still holds what was written.
  }
};

export const draftOf = (id = "") => stored(id);
export const dropDraft = (id = "") => keep(id, null);

const choices = (name) => Object.entries(words[name]);
const SAID = ["event", "headline", "description", "instruction"];

const textFields = (language, required) => SAID.map((name) => ({
  name: `${language}_${name}`,
  label: w[name],
  required: required && name !== "instruction",
  maxlength: name === "event" || name === "headline" ? "160" : "4000",
  ...(name === "description" || name === "instruction" ? { rows: 3 } : {}),
}));

const fieldsOf = () => ({
  head: [
    { name: "status", label: w.status, options: choices("cap_status"), value: "Actual" },
    { name: "category", label: w.category, options: choices("cap_category"), value: "Met" },
    { name: "severity", label: w.severity, options: choices("cap_severity"), value: "Severe" },
    { name: "urgency", label: w.urgency, options: choices("cap_urgency"), value: "Immediate" },
    { name: "certainty", label: w.certainty, options: choices("cap_certainty"), value: "Observed" },
  ],
  times: [
    { name: "onset_at", label: w.onset, type: "datetime-local", hint: w.onset_hint },
    { name: "expires_at", label: w.expires, type: "datetime-local", required: true },
  ],
  circle: [
    { name: "lat", label: words.places.lat, type: "number", min: "-90", max: "90", step: "any" },
    { name: "lon", label: words.places.lon, type: "number", min: "-180", max: "180", step: "any" },
    { name: "radius_km", label: w.radius, type: "number", min: "0.1", max: "1000", step: "any" },
  ],
});

const valuesOf = (asked) => ({
  status: asked.status, category: asked.category, severity: asked.severity, urgency: asked.urgency, certainty: asked.certainty,
  onset_at: asked.onset_at ? toLocal(asked.onset_at) : "", expires_at: toLocal(asked.expires_at),
  lat: asked.circles[0]?.lat ?? "", lon: asked.circles[0]?.lon ?? "", radius_km: asked.circles[0]?.radius_km ?? "",
  ...Object.fromEntries(["vi", "en"].flatMap((language) => SAID.map((name) => [`${language}_${name}`, asked[language]?.[name] ?? ""]))),
  areas: asked.areas,
});

const textOf = (values, language) => Object.fromEntries(SAID.map((name) => [name, values[`${language}_${name}`].trim()]));

// What is sent; `before` is the warning that this one replaces, whose shapes it keeps.
const bodyOf = (values, areas, before) => {
  const en = textOf(values, "en");
  const hasEnglish = SAID.some((name) => en[name]);
  if (hasEnglish && !(en.event && en.headline && en.description)) throw new Problem(0, { detail: w.half_english });
  if (!areas.length) throw new Problem(0, { detail: w.no_areas });
  const expires = new Date(fromLocal(values.expires_at));
  if (expires <= new Date()) throw new Problem(0, { detail: w.bad_expiry });
  const point = [values.lat, values.lon, values.radius_km];
  if (point.some(Boolean) && !point.every(Boolean)) throw new Problem(0, { detail: w.half_circle });
  const first = point.every(Boolean) ? [{ lat: Number(values.lat), lon: Number(values.lon), radius_km: Number(values.radius_km) }] : [];
  return {
    status: values.status, category: values.category, severity: values.severity, urgency: values.urgency, certainty: values.certainty,
    onset_at: values.onset_at ? fromLocal(values.onset_at) : null, expires_at: fromLocal(values.expires_at),
    vi: textOf(values, "vi"), en: hasEnglish ? en : null, areas,
    polygons: before?.polygons ?? [], circles: [...first, ...(before?.circles.slice(1) ?? [])],
  };
};

export const capWords = (asked) => [words.cap_severity[asked.severity], words.cap_urgency[asked.urgency], words.cap_certainty[asked.certainty], words.cap_category[asked.category]].join(" · ");

const shownText = (text, language) =>
  h("div", { class: "warning-text", lang: language }, h("p", { class: "muted small" }, text.event), h("h3", {}, text.headline), h("p", { class: "as-written" }, text.description), text.instruction ? h("p", { class: "as-written strong" }, text.instruction) : null);

const review = (body, names, path) =>
  ask(w.review, [], {
    wide: true,
    dangerous: body.status === "Actual",
    submit: body.status === "Actual" ? w.send_now : w.send_exercise,
    extra: h(
      "div",
      { class: "review" },
      h("p", { class: body.status === "Actual" ? "form-error" : "muted" }, body.status === "Actual" ? w.goes_public : format.fill(w.not_meant, { status: words.cap_status[body.status] })),
      h("p", {}, h("strong", {}, capWords(body))),
      h("p", {}, format.fill(w.until, { time: format.moment(body.expires_at, new Date(), false) })),
      h("p", {}, h("strong", {}, `${w.areas}: `), body.areas.map((id) => names.get(id) ?? id).join("; ")),
      shownText(body.vi, "vi"),
      body.en ? shownText(body.en, "en") : h("p", { class: "muted" }, w.no_english),
    ),
    attempt: () => send("POST", path, body, { once: newId() }),
  });

// Draws the form; resolves with the warning that was sent, or with null.
export const write = (replaced) =>
  new Promise((resolve) => {
    const id = replaced?.id ?? "";
    const draft = stored(id);
    const begin = draft ?? (replaced ? valuesOf(replaced.asked) : { expires_at: toLocal(Date.now() + 6 * HOUR), areas: [] });
    const parts = fieldsOf();
    const filled = (fields) => fields.map((field) => fieldOf({ ...field, value: begin[field.name] ?? field.value }));
    const areas = new Choice({ label: `${w.areas} (${words.work.required})`, hint: w.areas_hint, chosen: begin.areas, onchange: () => note() });
    areaOptions().then((items) => areas.offer(items));
    const problem = h("p", { class: "form-error", role: "alert", hidden: true });
    const kept = h("p", { class: "muted small", role: "status" }, draft ? w.draft_found : "");
    const later = [3, 6, 24].map((hours) => button(format.fill(w.in_hours, { n: format.count(hours) }), () => {
      form.elements.expires_at.value = toLocal(Date.now() + hours * HOUR);
      note();
    }));
    const values = () => Object.fromEntries(new FormData(form));
    const note = () => {
      keep(id, { ...values(), areas: areas.values });
      kept.textContent = w.draft_kept;
    };
    const leave = (sent) => resolve(sent);
    const discard = () => {
      keep(id, null);
      leave(null);
    };
    const fail = (error) => {
      problem.hidden = false;
      problem.textContent = said(error);
      problem.scrollIntoView({ block: "center" });
    };
    const submit = async (event) => {
      event.preventDefault();
      problem.hidden = true;
      let body;
      try {
        body = bodyOf(values(), areas.values, replaced?.asked);
      } catch (error) {
        fail(error);
        return;
      }
      const path = id ? `/api/v1/warnings/${id}/update` : "/api/v1/warnings";
      const sent = await review(body, await areaNames(), path);
      if (!sent) return;
      keep(id, null);
      toast(w.sent, { forMs: 6000 });
      leave(sent);
    };
    const form = h(
      "form",
      { class: "panel card sheet", onsubmit: submit, oninput: note },
      problem,
      group(w.what, h("div", { class: "side-by-side" }, filled(parts.head))),
      group(w.when, h("div", { class: "side-by-side" }, filled(parts.times)), h("div", { class: "buttons" }, later)),
      group(w.where, areas.element, h("details", {}, h("summary", {}, w.circle), h("div", { class: "side-by-side" }, filled(parts.circle)))),
      h("div", { class: "languages-side" }, group("Tiếng Việt", filled(textFields("vi", true))), group("English", h("p", { class: "muted small" }, w.english_hint), filled(textFields("en", false)))),
      kept,
      h("div", { class: "dialog-buttons" }, button(w.discard, discard), button(w.keep_draft, () => leave(null)), h("button", { type: "submit", class: "primary" }, w.go_review)),
    );
    ready(h("p", {}, button(w.back, () => leave(null))), h("h1", {}, replaced ? w.update_title : w.new_title), form);
    form.querySelector("select")?.focus();
    window.scrollTo(0, 0);
  });
