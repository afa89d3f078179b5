// Reads and changes over the API with the session of the page; what the server refuses is a Problem.
const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? String(status));
    this.status = status;
    this.code = body.code ?? "";
    this.body = body;
    this.own = status === 0; // said by the page itself, in its own language
  }
}

const answer = async (response) => {
  if (response.status === 401) {
    location.assign("/console/sign-in");
    await new Promise(() => {}); // the page goes; nothing after this may draw
  }
  const text = await response.text();
  let body = {};
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    body = { detail: `${response.status} ${response.statusText}` };
  }
  if (!response.ok) throw new Problem(response.status, body);
  return body;
};

export const read = async (path) =>
  answer(await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" }));

// `version` is the one that the change was decided on; `once` lets a repeat of the same change count once.
export const send = async (method, path, body, { version, once } = {}) => {
  const headers = { Accept: "application/json", "X-CSRF-Token": token };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  if (once) headers["Idempotency-Key"] = once;
  return answer(await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }));
};

// An id for Idempotency-Key; also where the page is plain HTTP, which has no crypto.randomUUID.
export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const readAll = async (path, most = 1000) => {
  const items = [];
  let cursor = null;
  do {
    const joint = path.includes("?") ? "&" : "?";
    const page = await read(cursor ? `${path}${joint}cursor=${encodeURIComponent(cursor)}` : path);
    items.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor && items.length < most);
  return items;
};
