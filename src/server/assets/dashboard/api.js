// Requests to the server, with the token if there is one. Failures are errors with a code, a message and a hint.

const KEY = "esctl.token";
let token = sessionStorage.getItem(KEY) ?? "";
let refused = () => {};

/** Returns the token, for connections of other modules. */
export function currentToken() {
  return token || undefined;
}

/** Stores a token in this tab. An empty one removes it. */
export function keepToken(value) {
  token = value;
  if (value) sessionStorage.setItem(KEY, value);
  else sessionStorage.removeItem(KEY);
}

/** Sets the function to call if the server requires or refuses a token. */
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

/** Gets JSON. */
export async function get(path, { signal, ...query } = {}) {
  return (await ask(address(path, query), { signal })).json();
}

/** Returns the first items of a list, up to a number, from as many pages as needed. `next` is set if there are more. */
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

/** Posts JSON and returns the answer. */
export async function post(path, body = {}) {
  const headers = { "content-type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** Encodes a part of a path. */
export function part(name) {
  return encodeURIComponent(name);
}

/** Reads server-sent events until they end, and yields the data of each. */
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
      // A message without data is a heartbeat.
      yield lines.length > 0 ? JSON.parse(lines.map((line) => line.slice(5).trimStart()).join("\n")) : null;
    }
  }
}

function address(path, query) {
  const wanted = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return wanted.length > 0 ? `${path}?${new URLSearchParams(wanted)}` : path;
}

/** Repeats a request after the time that the server states if the rate is exceeded. */
async function patiently(path, options) {
  for (let tries = 1; ; tries++) {
    const response = await fetch(path, options).catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, { code: "unreachable", message: "The server is unreachable.", hint: "This page retries automatically." });
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
