// Names of areas for people: asked for once a page, and only by pages that need them.
import { readAll } from "./api.js";
import { may } from "./shell.js";

let asked = null;

const fetched = async () => {
  if (!may.has("places.read")) return new Map();
  const areas = await readAll("/api/v1/areas?limit=1000", 50_000).catch(() => []);
  const names = new Map(areas.map((area) => [area.id, area.name]));
  return new Map(areas.map((area) => [area.id, area.parent && names.has(area.parent) ? `${area.name}, ${names.get(area.parent)}` : area.name]));
};

// id → "Phường Cầu Giấy, Thành phố Hà Nội"
export const areaNames = () => (asked ??= fetched());

export const areaOptions = async () => [...(await areaNames())];

// After an import.
export const forgetAreas = () => {
  asked = null;
};
