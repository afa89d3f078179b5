// Places: sites, cameras put on the map, areas and their official list, agencies, and who handles what where.
import { read, readAll, send } from "./api.js";
import { areaNames, forgetAreas } from "./area_names.js";
import { Choice } from "./choose.js";
import { Projection, drawPlan, fitted, isPlaced, pointsOf } from "./plan.js";
import { ask, banner, button, format, h, may, ready, s, said, table, toast, words } from "./shell.js";

const w = words.places;
const mayAgencies = may.has("agencies.write");
const state = { sites: [], cameras: [], provinces: [], communes: null, agencies: [], routes: [], names: new Map(), tried: "" };
const slug = { pattern: "[a-z0-9][a-z0-9\\-]{1,63}", hint: w.id_hint, required: true, maxlength: "64" };
const path = (...parts) => `/api/v1/${parts.map(encodeURIComponent).join("/")}`;
const number = (text) => (text === "" ? null : Number(text));
const day = (text) => text || null;

// A small map in a dialog: a click puts the position into the fields.
const picker = () => {
  const svg = s("svg", { class: "small", "aria-hidden": "true" });
  const points = pointsOf(state.sites, state.cameras);
  if (!points.length) return null;
  const projection = new Projection(points);
  let view = null;
  requestAnimationFrame(() => {
    view = fitted(svg, projection, points);
    view.scale *= 1.4;
    drawPlan(svg, { sites: state.sites, cameras: state.cameras, projection, view });
  });
  svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect();
    const x = view.x + (event.clientX - box.left - box.width / 2) * view.scale;
    const y = view.y + (event.clientY - box.top - box.height / 2) * view.scale;
    const [lat, lon] = projection.latLon([x, y]);
    const form = svg.closest("form");
    form.elements.lat.value = lat.toFixed(6);
    form.elements.lon.value = lon.toFixed(6);
  });
  return h("div", {}, h("p", { class: "muted small" }, w.pick), h("div", { class: "map-frame" }, svg));
};

const areaChoice = (chosen, label = w.area_name) =>
  new Choice({ label, hint: w.area_hint, items: [...state.names], chosen: chosen ? [chosen] : [], single: true });
const areaName = (id) => state.names.get(id) ?? id;

const latLon = (each) => [
  { name: "lat", label: w.lat, type: "number", min: "-90", max: "90", step: "any", value: each?.lat ?? "" },
  { name: "lon", label: w.lon, type: "number", min: "-180", max: "180", step: "any", value: each?.lon ?? "" },
];

const saved = async (done) => {
  if (!done) return;
  toast(words.work.saved, { forMs: 4000 });
  await load();
};

// A site's id begins with its kind, by which boards choose their sites.
const kindsOf = (site) => [["", words.work.none], ...Object.entries(words.site_kinds)].filter(([kind]) => !site || kind === site.kind);
const withKind = (id, kind) => (kind && !id.startsWith(`${kind}-`) ? `${kind}-${id}`.slice(0, 64) : id);

const editSite = async (site) => {
  const area = areaChoice(site?.area);
  await saved(await ask(site ? `${words.work.edit}: ${site.name}` : w.add_site, [
    { name: "id", label: words.work.id, ...slug, value: site?.id, readonly: Boolean(site) },
    { name: "name", label: words.work.name, required: true, value: site?.name, maxlength: "128" },
    { name: "kind", label: w.kind, hint: w.kind_hint, options: kindsOf(site), value: site?.kind ?? "" },
    area.element,
    { name: "address", label: w.address, value: site?.address, maxlength: "500" },
    ...latLon(site),
  ], {
    extra: picker(),
    attempt: ({ id, kind, lat, lon, ...rest }) => send("PUT", path("sites", withKind(id, kind)), { ...rest, kind, area: area.value, lat: number(lat), lon: number(lon) }),
  }));
};

const editCamera = async (camera) =>
  saved(await ask(camera ? `${words.work.edit}: ${camera.name || camera.camera}` : w.place_camera, [
    { name: "node", label: w.node, required: true, value: camera?.node, readonly: Boolean(camera), maxlength: "64" },
    { name: "camera", label: w.camera, required: true, value: camera?.camera, readonly: Boolean(camera), maxlength: "64" },
    { name: "name", label: words.work.name, value: camera?.name, maxlength: "128" },
    { name: "site", label: w.site, options: [["", words.work.none], ...state.sites.map((site) => [site.id, site.name])], value: camera?.site ?? "" },
    ...latLon(camera),
    { name: "heading_deg", label: w.heading, type: "number", min: "0", max: "359.9", step: "any", value: camera?.heading_deg ?? 0, required: true },
    { name: "fov_deg", label: w.fov, type: "number", min: "1", max: "360", step: "any", value: camera?.fov_deg ?? 60, required: true },
    { name: "range_m", label: w.range, type: "number", min: "1", max: "5000", step: "any", value: camera?.range_m ?? 50, required: true },
  ], {
    extra: picker(),
    attempt: ({ node, camera: name, lat, lon, heading_deg, fov_deg, range_m, ...rest }) =>
      send("PUT", path("cameras", node, name), { ...rest, lat: number(lat), lon: number(lon), heading_deg: Number(heading_deg), fov_deg: Number(fov_deg), range_m: Number(range_m) }),
  }));

const days = (each) => [
  { name: "valid_from", label: words.work.from, type: "date", value: each?.valid_from ?? "" },
  { name: "valid_to", label: words.work.to, type: "date", value: each?.valid_to ?? "", hint: w.ends_hint },
];

const editAgency = async (agency) =>
  saved(await ask(agency ? `${words.work.edit}: ${agency.name}` : w.add_agency, [
    { name: "id", label: words.work.id, ...slug, value: agency?.id, readonly: Boolean(agency) },
    { name: "name", label: words.work.name, required: true, value: agency?.name, maxlength: "128" },
    { name: "name_en", label: w.name_en, value: agency?.name_en, maxlength: "128" },
    { name: "parent", label: w.parent, options: [["", words.work.none], ...state.agencies.filter((each) => each.id !== agency?.id).map((each) => [each.id, each.name])], value: agency?.parent ?? "" },
    { name: "email", label: w.email, type: "email", value: agency?.email, maxlength: "254" },
    { name: "phone", label: w.phone, type: "tel", value: agency?.phone, maxlength: "32" },
    ...days(agency),
    { name: "successor", label: w.successor, options: [["", words.work.none], ...state.agencies.filter((each) => each.id !== agency?.id).map((each) => [each.id, each.name])], value: agency?.successor ?? "" },
  ], {
    attempt: ({ id, valid_from, valid_to, ...rest }) =>
      send("PUT", path("agencies", id), { ...rest, valid_from: day(valid_from), valid_to: day(valid_to) }),
  }));

// What cases are routed by: the fields of work of alarms, and what other records call themselves.
const categories = () => {
  const known = [["*", w.every_category], ...Object.entries(words.fields)];
  const more = new Set(state.routes.map((each) => each.category).filter((each) => !known.some(([id]) => id === each)));
  return [...known, ...[...more].map((each) => [each, each])];
};
const categoryName = (id) => new Map(categories()).get(id) ?? id;

const editRoute = async (route) => {
  const area = areaChoice(route?.area);
  await saved(await ask(route ? `${words.work.edit}: ${categoryName(route.category)}` : w.add_route, [
    { name: "category", label: w.category, options: categories(), value: route?.category ?? "*" },
    area.element,
    { name: "agency", label: w.agency, required: true, options: state.agencies.map((each) => [each.id, each.name]), value: route?.agency },
    { ...days(route)[0], required: true },
    days(route)[1],
  ], {
    attempt: ({ valid_to, ...rest }) => {
      const body = { ...rest, area: area.value, valid_to: day(valid_to) };
      return route ? send("PUT", path("routes", route.id), body) : send("POST", "/api/v1/routes", body);
    },
  }));
};

const tryRoute = async () => {
  const area = areaChoice("");
  const found = await ask(w.try_route, [
    { name: "category", label: w.category, options: Object.entries(words.fields) },
    area.element,
    { name: "at", label: w.on_day, type: "date" },
  ], {
    submit: w.try_route,
    attempt: async ({ category, at }) => {
      const asked = new URLSearchParams({ category, area: area.value, ...(at ? { at } : {}) });
      return { ...(await read(`/api/v1/routes/resolve?${asked}`)), category };
    },
  });
  if (!found) return;
  const agency = found.agency ? agencyName(found.agency) : w.goes_nowhere;
  state.tried = format.fill(w.goes_to, { category: categoryName(found.category), area: area.value ? areaName(area.value) : w.all_areas, agency });
  draw();
};

const importAreas = async (given) => {
  const counts = await send("POST", "/api/v1/areas/import", { ...given, dry_run: true });
  const done = await ask(w.import, [], {
    text: format.fill(w.would, counts),
    submit: w.import,
    attempt: () => send("POST", "/api/v1/areas/import", given),
  });
  if (!done) return;
  toast(format.fill(w.imported, done), { forMs: 6000 });
  forgetAreas();
  await load();
};

const importOfficial = async () => {
  try {
    await importAreas({ official: true });
  } catch (error) {
    toast(said(error), { wrong: true });
  }
};

const importCsv = async () => {
  const given = await ask(w.import_csv, [{ name: "csv", label: w.csv, rows: 8, required: true, maxlength: "900000" }], { submit: words.work.add });
  if (!given) return;
  try {
    await importAreas(given);
  } catch (error) {
    toast(said(error), { wrong: true });
  }
};

const showCommunes = async (province) => {
  try {
    state.communes = { province, items: await readAll(`/api/v1/areas?parent=${encodeURIComponent(province.id)}&limit=500`) };
    draw();
    document.getElementById("communes")?.focus();
  } catch (error) {
    toast(said(error), { wrong: true });
  }
};

const position = (each) => (isPlaced(each) ? `${each.lat.toFixed(5)}, ${each.lon.toFixed(5)}` : words.alarms.unplaced);
const editButton = (work, each, name) => button(words.work.edit, () => work(each), { "aria-label": `${words.work.edit}: ${name}` });
const span = (each) => [each.valid_from, each.valid_to].map((value) => (value ? format.day(value) : "…")).join(" → ");
const agencyName = (id) => state.agencies.find((each) => each.id === id)?.name ?? id;

const panel = (title, buttons, ...content) =>
  h("section", { class: "panel card", "aria-label": title }, h("div", { class: "head-row" }, h("h2", {}, title), h("div", { class: "buttons" }, buttons)), ...content);

const draw = () => {
  const sites = state.sites.map((site) => [h("span", {}, site.name, h("p", { class: "muted small" }, site.id)), words.site_kinds[site.kind] ?? "–", site.area ? areaName(site.area) : "–", position(site), editButton(editSite, site, site.name)]);
  const cameras = state.cameras.map((camera) => [camera.name || camera.camera, `${camera.node} / ${camera.camera}`, state.sites.find((site) => site.id === camera.site)?.name ?? (camera.site || "–"), position(camera), editButton(editCamera, camera, camera.name || camera.camera)]);
  const agencies = state.agencies.map((agency) => [agency.name, agency.id, [agency.phone, agency.email].filter(Boolean).join(" · ") || "–", span(agency), mayAgencies ? editButton(editAgency, agency, agency.name) : ""]);
  const routes = state.routes.map((route) => [categoryName(route.category), route.area ? areaName(route.area) : w.all_areas, agencyName(route.agency), span(route), mayAgencies ? editButton(editRoute, route, categoryName(route.category)) : ""]);
  const provinces = state.provinces.map((area) => [area.name, area.code || area.id, area.valid_from ? format.day(area.valid_from) : "–", button(w.show_communes, () => showCommunes(area), { "aria-label": `${w.show_communes}: ${area.name}` })]);
  const communes = state.communes?.items.map((area) => [area.name, area.code || area.id, area.valid_from ? format.day(area.valid_from) : "–"]);
  const a = words.work;
  ready(
    h("h1", {}, words.menu.places),
    panel(w.sites, button(w.add_site, () => editSite(null)), table(w.sites, [a.name, w.kind, w.area_name, words.alarms.position, a.actions], sites, w.no_sites)),
    panel(w.cameras, button(w.place_camera, () => editCamera(null)), table(w.cameras, [a.name, `${w.node} / ${w.camera}`, words.alarms.where, words.alarms.position, a.actions], cameras, w.no_cameras)),
    panel(w.agencies, mayAgencies ? button(w.add_agency, () => editAgency(null)) : "", table(w.agencies, [a.name, a.id, w.phone, `${a.from} → ${a.to}`, a.actions], agencies, w.no_agencies)),
    panel(w.routes, [mayAgencies && state.agencies.length ? button(w.add_route, () => editRoute(null)) : "", state.routes.length ? button(w.try_route, tryRoute) : ""], h("p", { role: "status" }, state.tried), table(w.routes, [words.alarms.work, w.area_name, w.agency, `${a.from} → ${a.to}`, a.actions], routes, w.no_routes)),
    panel(w.areas, [button(w.import, importOfficial), button(w.import_csv, importCsv)], h("p", { class: "muted small" }, w.official_hint), provinces.length ? h("details", { class: "fold", open: state.communes !== null }, h("summary", {}, `${w.province} (${format.count(provinces.length)})`), table(w.areas, [w.province, a.id, a.from, a.actions], provinces, w.no_areas)) : table(w.areas, [], [], w.no_areas)),
    communes ? h("section", { class: "panel card", id: "communes", tabindex: "-1" }, h("h2", {}, `${w.commune}: ${state.communes.province.name}`), table(w.commune, [w.commune, a.id, a.from], communes, words.work.none)) : "",
  );
};

const load = async () => {
  try {
    const [sites, cameras, agencies, routes, provinces] = await Promise.all([
      read("/api/v1/sites"), read("/api/v1/cameras"), read("/api/v1/agencies"), read("/api/v1/routes"), readAll("/api/v1/areas?parent=&limit=200"),
    ]);
    Object.assign(state, { sites: sites.items, cameras: cameras.items, agencies: agencies.items, routes: routes.items, provinces });
    banner(null);
    draw();
    state.names = await areaNames();
    draw();
  } catch (error) {
    banner(format.fill(words.work.load_failed, { detail: said(error) }), load);
  }
};

await load();
