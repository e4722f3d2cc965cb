// A client of an esctl server: sends commands, and follows streams so that each event comes exactly once and in order,
// whatever happens to the connection in between.
//
//   import { connect } from "/client.js";
//   const client = connect({ url: "http://127.0.0.1:8080", token });
//   const outcome = await client.command("resource.allocate", "gold", { amount: 100 });
//   for await (const event of client.subscribe("resource-gold", { after: 0 })) console.log(event.eventId, event.data);
//
// One file without dependencies, for browsers and for Node. A Node that has no WebSocket of its own (before 22) is handed one.

/** The subprotocol of the server. A token travels beside it, so that it stands in no URL. */
const PROTOCOL = "esctl";
/** The first and the longest wait before the next attempt, in milliseconds. */
const FIRST_WAIT = 200;
const LONGEST_WAIT = 10_000;
/** How often the server is asked for a sign of life, and after how long a silence it is given up, in milliseconds. */
const PING_EVERY = 15_000;
const SILENCE = 40_000;
/** Events that wait for a slow reader; beyond these the stream is left, and taken up again where the reader is. */
const MOST_WAITING = 1000;
/** Close codes after which the same would happen again: what was sent is not understood, or not allowed. */
const FINAL_CODES = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

/** Why something failed: `code` is stable, the message is for people. */
export class EsctlError extends Error {
  constructor(code, message, details = {}) {
    super(message);
    this.name = "EsctlError";
    this.code = code;
    this.hint = details.hint;
    this.details = details.details ?? {};
  }
}

/** Connects to a server; see `client.d.ts`. */
export function connect(options = {}) {
  return new Client(options);
}

export class Client extends EventTarget {
  #url;
  #token;
  #WebSocket;
  #socket = null;
  #status = "idle";
  #attempts = 0;
  #timer = null;
  #heartbeat = null;
  #heard = 0;
  #requests = 0;
  #farewell = null;
  #commands = new Map();
  #streams = new Map();

  constructor({ url, token, WebSocket = globalThis.WebSocket } = {}) {
    super();
    if (!WebSocket) throw new EsctlError("no_websocket", "there is no WebSocket here; hand one in as { WebSocket }");
    this.#url = new URL(url ?? globalThis.location.href);
    this.#token = token;
    this.#WebSocket = WebSocket;
    globalThis.addEventListener?.("online", this.#online);
  }

  /** `idle`, `connecting`, `open`, `waiting` (for the next attempt), `refused` or `closed`. */
  get status() {
    return this.#status;
  }

  /** Sends a command; resolves to its outcome. Across a cut it is sent again under the same id, and so is done once. */
  command(name, id, payload = {}, { expectVersion, commandId = randomId() } = {}) {
    return new Promise((resolve, reject) => {
      const requestId = `c${++this.#requests}`;
      const message = { type: "command", requestId, command: name, id, with: payload, expectVersion, commandId };
      if (!this.#ready(reject)) return;
      this.#commands.set(requestId, { message, resolve, reject });
      this.#send(message);
    });
  }

  /** Follows a stream from after a version; without one a state comes first. An async iterator. */
  subscribe(stream, { after } = {}) {
    if (this.#streams.has(stream)) throw new EsctlError("already_subscribed", `${stream} is followed already`);
    const requestId = `s${++this.#requests}`;
    const subscription = new Subscription(stream, after, {
      enter: () => this.#send({ type: "subscribe", requestId, stream, lastEventId: subscription.last }),
      leave: () => this.#send({ type: "unsubscribe", stream }),
      end: () => this.#streams.delete(stream),
    });
    if (!this.#ready((error) => subscription.fail(error))) return subscription;
    this.#streams.set(stream, { requestId, subscription });
    subscription.enter();
    return subscription;
  }

  /** Ends everything; what still waits fails with `closed`. */
  close() {
    this.#end("closed", new EsctlError("closed", "the client was closed"));
    this.#socket?.close(1000);
    this.#socket = null;
  }

  #online = () => {
    if (this.#status === "waiting") this.#open();
  };

  /** Makes sure that there is a connection, or that one is under way. */
  #ready(reject) {
    if (this.#status === "closed" || this.#status === "refused") {
      reject(new EsctlError(this.#status, `the client is ${this.#status}`));
      return false;
    }
    if (this.#status === "idle") this.#open();
    return true;
  }

  #send(message) {
    // What is not sent now is sent when the connection is there: commands and streams are kept.
    if (this.#status === "open") this.#socket.send(JSON.stringify(message));
  }

  async #open() {
    clearTimeout(this.#timer);
    this.#become("connecting");
    let token;
    try {
      token = typeof this.#token === "function" ? await this.#token() : this.#token;
    } catch {
      return this.#retry();
    }
    if (this.#status !== "connecting") return;
    const url = new URL("/ws", this.#url);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new this.#WebSocket(url.href, token ? [PROTOCOL, `bearer.${token}`] : [PROTOCOL]);
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      if (this.#socket === socket) this.#opened(socket);
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#received(data);
    };
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => {
      if (this.#socket === socket) this.#lost(code, reason, opened, token);
    };
  }

  #opened(socket) {
    this.#heard = Date.now();
    this.#become("open");
    for (const { subscription } of this.#streams.values()) subscription.enter();
    for (const { message } of this.#commands.values()) this.#send(message);
    this.#heartbeat = setInterval(() => {
      if (Date.now() - this.#heard > SILENCE) {
        // A close of a dead connection can take minutes: it is not waited for.
        socket.close();
        this.#lost(1006, "silent", true);
      } else {
        this.#send({ type: "ping" });
      }
    }, PING_EVERY);
    this.#heartbeat.unref?.();
  }

  #received(text) {
    this.#heard = Date.now();
    this.#attempts = 0;
    const message = JSON.parse(text);
    const { requestId } = message;
    if (message.type === "event") {
      this.#streams.get(message.stream)?.subscription.event(message);
    } else if (message.type === "state") {
      this.#streams.get(message.stream)?.subscription.state(message);
    } else if (message.type === "result") {
      this.#settle(requestId)?.resolve(withoutEnvelope(message));
    } else if (message.type === "error" && message.code === "rate_limited" && this.#commands.has(requestId)) {
      // Nothing was done; all that were too many must not come again at once.
      setTimeout(() => this.#again(requestId), 1000 * (message.retryAfter ?? 1) * (1 + Math.random()));
    } else if (message.type === "error" && message.code !== "stopping") {
      // A server that stops has not taken a command in: it is sent again where the connection leads next.
      const error = new EsctlError(message.code, message.message, message);
      // What answers nothing is said before the connection is closed.
      if (requestId === undefined) this.#farewell = error;
      this.#settle(requestId)?.reject(error);
      for (const entry of this.#streams.values()) {
        if (requestId !== undefined && entry.requestId === requestId) entry.subscription.fail(error);
      }
    }
  }

  #again(requestId) {
    const command = this.#commands.get(requestId);
    if (command) this.#send(command.message);
  }

  #settle(requestId) {
    const command = this.#commands.get(requestId);
    this.#commands.delete(requestId);
    return command;
  }

  async #lost(code, reason, opened, token) {
    clearInterval(this.#heartbeat);
    this.#socket = null;
    const farewell = this.#farewell ?? new EsctlError("refused", reason || `closed with ${code}`);
    this.#farewell = null;
    if (opened && FINAL_CODES.has(code)) return this.#end("refused", farewell);
    // Browsers do not say why a connection was not let in; a plain call does.
    if (!opened && (await this.#unauthorized(token))) return this.#end("refused", new EsctlError("unauthorized", "the server does not accept the token"));
    if (this.#status === "connecting" || this.#status === "open") this.#retry();
  }

  async #unauthorized(token) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    try {
      const { status } = await fetch(new URL("/api/me", this.#url), { headers, signal: AbortSignal.timeout(5000) });
      return status === 401;
    } catch {
      return false;
    }
  }

  /** The wait doubles each time, and is never the same for all: clients must not come back in one wave. */
  #retry() {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempts++);
    this.#timer = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
    this.#become("waiting");
  }

  #end(status, error) {
    if (this.#status === "closed") return;
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    globalThis.removeEventListener?.("online", this.#online);
    this.#become(status);
    for (const { reject } of this.#commands.values()) reject(error);
    this.#commands.clear();
    for (const { subscription } of [...this.#streams.values()]) subscription.fail(error);
  }

  #become(status) {
    if (this.#status === status) return;
    this.#status = status;
    this.dispatchEvent(new Event("status"));
  }
}

/** The events of one stream, in order. `last` is the version of the newest one that arrived. */
class Subscription {
  #connection;
  #waiting = [];
  #reader = null;
  #over = null;
  #left = false;
  #gapAt = null;

  constructor(stream, after, connection) {
    this.stream = stream;
    this.last = after;
    this.#connection = connection;
  }

  enter() {
    if (!this.#left) this.#connection.enter();
  }

  state(message) {
    if (this.last !== undefined) return;
    this.last = message.eventId;
    this.#push(message);
  }

  event(message) {
    const { eventId } = message;
    if (this.#left || (this.last !== undefined && eventId <= this.last)) return;
    if (this.last !== undefined && eventId > this.last + 1) return this.#gap(eventId);
    this.last = eventId;
    this.#push(message);
  }

  /** Something is missing: it is asked for again from where this is; once. */
  #gap(eventId) {
    if (this.#gapAt === this.last) {
      return this.fail(new EsctlError("gap", `${this.stream}: after ${this.last} came ${eventId}`));
    }
    this.#gapAt = this.last;
    this.#connection.leave();
    this.#connection.enter();
  }

  #push(message) {
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: message });
      this.#reader = null;
      return;
    }
    this.#waiting.push(message);
    if (this.#waiting.length >= MOST_WAITING) {
      this.#left = true;
      this.#connection.leave();
    }
  }

  next() {
    if (this.#waiting.length > 0) {
      const value = this.#waiting.shift();
      if (this.#left && this.#waiting.length === 0) {
        this.#left = false;
        this.#connection.enter();
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.#over) {
      const { error } = this.#over;
      this.#over = {};
      return error ? Promise.reject(error) : Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  /** No more events. */
  close() {
    if (this.#over) return;
    this.#connection.leave();
    this.#finish({});
  }

  return() {
    this.#waiting = [];
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends with an error, after the events that have arrived. */
  fail(error) {
    if (!this.#over) this.#finish({ error });
  }

  #finish(over) {
    this.#connection.end();
    this.#over = over;
    const reader = this.#reader;
    this.#reader = null;
    if (!reader) return;
    this.#over = {};
    if (over.error) reader.reject(over.error);
    else reader.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** An id nobody else has; `crypto.randomUUID` is missing where a page came over plain HTTP. */
function randomId() {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto) globalThis.crypto.getRandomValues(bytes);
  else bytes.forEach((_, index) => (bytes[index] = Math.random() * 256));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function withoutEnvelope({ type, requestId, ...outcome }) {
  return outcome;
}
