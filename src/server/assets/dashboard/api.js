// Calls of the server, with the token where there is one. Failures are errors with a code, a message and a hint.

const KEY = "esctl.token";
let token = sessionStorage.getItem(KEY) ?? "";
let refused = () => {};

/** The token, for connections that are not made here. */
export function currentToken() {
  return token || undefined;
}

/** Keeps a token in this tab; an empty one forgets it. */
export function keepToken(value) {
  token = value;
  if (value) sessionStorage.setItem(KEY, value);
  else sessionStorage.removeItem(KEY);
}

/** Calls this when the server does not take the token, or wants one. */
export function whenRefused(listener) {
  refused = listener;
}

export class ApiError extends Error {
  constructor(status, { code = "error", message, hint, details = {} } = {}) {
    super(message ?? `the server answered with ${status}`);
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.details = details;
  }
}

/** Asks for JSON. */
export async function get(path, { signal, ...query } = {}) {
  return (await ask(address(path, query), { signal })).json();
}

/** The first so many items of a list, however many pages that takes; `next`: there are more; `caveats` qualify them. */
export async function list(path, most) {
  const items = [];
  let next;
  let caveats = [];
  do {
    const page = await get(path, { after: next, limit: Math.min(1000, most - items.length) });
    items.push(...page.items);
    ({ next, caveats } = page);
  } while (next && items.length < most);
  return { items, next, caveats };
}

/** Sends JSON, and gives back what is answered. */
export async function post(path, body = {}) {
  const headers = { "content-type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** A part of a path, whatever it is called. */
export function part(name) {
  return encodeURIComponent(name);
}

/** Reads server-sent events until they end; gives each one's data. */
export async function* read(path, { signal, ...query } = {}) {
  const response = await ask(address(path, query), { signal, headers: { accept: "text/event-stream" } });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const messages = (rest + value).split(/\r?\n\r?\n/);
    rest = messages.pop();
    for (const message of messages) {
      const lines = message.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      // A message without data is a sign of life.
      yield lines.length > 0 ? JSON.parse(lines.map((line) => line.slice(5).trimStart()).join("\n")) : null;
    }
  }
}

function address(path, query) {
  const wanted = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return wanted.length > 0 ? `${path}?${new URLSearchParams(wanted)}` : path;
}

/** Too often is no failure of what was asked: it waits as long as the server says. */
async function patiently(path, options) {
  for (let tries = 1; ; tries++) {
    const response = await fetch(path, options).catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, { code: "unreachable", message: "The server cannot be reached.", hint: "This page tries again by itself." });
    });
    if (response.status !== 429 || tries === 5) return response;
    await new Promise((resolve) => setTimeout(resolve, 1000 * (Number(response.headers.get("retry-after")) || 1)));
  }
}

async function ask(path, { headers = {}, ...options } = {}) {
  const used = token;
  if (used) headers = { ...headers, authorization: `Bearer ${used}` };
  const response = await patiently(path, { ...options, headers, credentials: "omit" });
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401 && used === token) refused(Boolean(used));
  throw new ApiError(response.status, answer.error ?? {});
}
