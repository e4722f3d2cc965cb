// A client of an esctl server: sends commands, and follows streams so that each event comes exactly once and in order,
// across reconnects.
//
//   import { connect } from "/client.js";
//   const client = connect({ url: "http://127.0.0.1:8080", token });
//   const outcome = await client.command("resource.allocate", "gold", { amount: 100 });
//   for await (const event of client.subscribe("resource-gold", { after: 0 })) console.log(event.eventId, event.data);
//
// One file without dependencies, for browsers and for Node. Node before version 22 has no WebSocket; pass a class.

/** The subprotocol of the server. The token is a second one, so that no URL contains it. */
const PROTOCOL = "esctl";
/** The first and the longest delay before a reconnect, in milliseconds. */
const FIRST_WAIT = 200;
const LONGEST_WAIT = 10_000;
/** Time limit for opening a connection, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
/** Time limit for the reason of a refused connection, in milliseconds. */
const REASON_TIMEOUT = 5000;
/** Time limit for closing a connection after an error, in milliseconds. */
const CLOSE_TIMEOUT = 1000;
/** Interval of pings, and the time limit for an answer, in milliseconds. */
const PING_EVERY = 15_000;
const SILENCE = 25_000;
/** Maximum number of unanswered commands. A server disconnects a client that sends far more than it accepts. */
const MOST_UNANSWERED = 64;
/** Maximum number of events that wait for a slow reader. Beyond it the stream is left and followed again at the reader's version. */
const MOST_WAITING = 1000;
/** The reason of a connection that timed out. */
const TIMED_OUT = "timeout";
/** Close codes after which a reconnect does not help: the messages are invalid or not allowed. */
const FINAL_CODES = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

/** An error. `code` is stable; the message is for people. */
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
  #connectTimeout;
  #socket = null;
  /** The timer of a connection that is being opened, and the call that asks for the reason of a refusal. */
  #limit = null;
  #call = null;
  #status = "idle";
  #attempts = 0;
  #timer = null;
  #heartbeat = null;
  #heard = 0;
  #asked = 0;
  #requests = 0;
  #farewell = null;
  #commands = new Map();
  /** Commands to send, in order; the number of unanswered ones and its limit; the timer while the rate is exceeded. */
  #queue = [];
  #unanswered = 0;
  #window = MOST_UNANSWERED;
  #pause = null;
  #streams = new Map();
  /** Requested subscriptions that the server has not begun. Until then, messages of their streams belong to earlier ones. */
  #entering = [];

  constructor({ url, token, WebSocket = globalThis.WebSocket, connectTimeout = CONNECT_TIMEOUT } = {}) {
    super();
    if (!WebSocket) throw new EsctlError("no_websocket", "there is no WebSocket here; hand one in as { WebSocket }");
    this.#url = new URL(url ?? globalThis.location.href);
    this.#url.protocol = this.#url.protocol.replace("ws", "http");
    this.#token = token;
    this.#WebSocket = WebSocket;
    this.#connectTimeout = connectTimeout;
    globalThis.addEventListener?.("online", this.#online);
  }

  /** `idle`, `connecting`, `open`, `waiting` (for the next attempt), `refused` or `closed`. */
  get status() {
    return this.#status;
  }

  /** Sends a command and resolves to its outcome. After a reconnect it is sent again under the same id, so it is applied once. */
  command(name, id, payload = {}, { expectVersion, commandId = randomId() } = {}) {
    return new Promise((resolve, reject) => {
      const requestId = `c${++this.#requests}`;
      // A value that is not JSON fails here, and a later change of the value has no effect.
      const text = JSON.stringify({ type: "command", requestId, command: name, id, with: payload, expectVersion, commandId });
      if (!this.#ready(reject)) return;
      this.#commands.set(requestId, { text, resolve, reject });
      this.#queue.push(requestId);
      this.#sendCommands();
    });
  }

  /** Follows a stream after a version. Without a version the state is first. Returns an async iterator. */
  subscribe(stream, { after } = {}) {
    if (this.#streams.has(stream)) throw new EsctlError("already_subscribed", `${stream} is followed already`);
    const subscription = new Subscription(stream, after, {
      enter: () => this.#enter(subscription),
      leave: () => this.#send({ type: "unsubscribe", stream }),
      end: () => this.#streams.delete(stream),
    });
    if (!this.#ready((error) => subscription.fail(error))) return subscription;
    this.#streams.set(stream, subscription);
    subscription.enter();
    return subscription;
  }

  /** Closes the client. Pending commands and subscriptions fail with `closed`. */
  close() {
    this.#end("closed", new EsctlError("closed", "the client was closed"));
    // First, so that later reports of the socket are ignored.
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #online = () => {
    if (this.#status === "waiting") this.#open();
  };

  /** Opens a connection unless there is one. */
  #ready(reject) {
    if (this.#status === "closed" || this.#status === "refused") {
      reject(new EsctlError(this.#status, `the client is ${this.#status}`));
      return false;
    }
    if (this.#status === "idle") this.#open();
    return true;
  }

  #send(message) {
    // Commands and streams are kept, and sent once the connection is open.
    if (this.#status === "open") this.#socket.send(JSON.stringify(message));
  }

  #sendCommands() {
    while (this.#status === "open" && !this.#pause && this.#unanswered < this.#window && this.#queue.length > 0) {
      this.#unanswered += 1;
      this.#socket.send(this.#commands.get(this.#queue.shift()).text);
    }
  }

  #enter(subscription) {
    if (this.#status !== "open") return;
    const { stream, last } = subscription;
    subscription.requestId = `s${++this.#requests}`;
    this.#entering.push({ stream, requestId: subscription.requestId, subscription });
    this.#send({ type: "subscribe", requestId: subscription.requestId, stream, lastEventId: last });
  }

  /** Handles the start or refusal of a stream. Answers are in the order of the requests. */
  #entered(is) {
    const index = this.#entering.findIndex(is);
    return index < 0 ? undefined : this.#entering.splice(index, 1)[0].subscription;
  }

  /** Returns the subscription that a message of a stream belongs to. */
  #follower(stream) {
    return this.#entering.some((one) => one.stream === stream) ? undefined : this.#streams.get(stream);
  }

  async #open() {
    clearTimeout(this.#timer);
    this.#become("connecting");
    let token;
    try {
      token = await (typeof this.#token === "function" ? this.#token() : this.#token);
    } catch {
      return this.#retry();
    }
    if (this.#status !== "connecting") return;
    const url = new URL("/ws", this.#url);
    url.protocol = url.protocol.replace("http", "ws");
    let socket;
    try {
      socket = new this.#WebSocket(url.href, token ? [PROTOCOL, `bearer.${token}`] : [PROTOCOL]);
    } catch {
      // A reconnect does not help. The error of the browser may contain the token.
      return this.#end("refused", new EsctlError("refused", "no connection can be made with this address and token"));
    }
    this.#socket = socket;
    let opened = false;
    const lost = (code, reason) => {
      clearTimeout(limit);
      if (this.#socket === socket) this.#lost(code, reason, opened, token);
    };
    const limit = this.#limit = setTimeout(() => {
      lost(1006, TIMED_OUT);
      socket.close();
    }, this.#connectTimeout);
    socket.onopen = () => {
      clearTimeout(limit);
      opened = true;
      if (this.#socket === socket) this.#opened(socket);
      // Timed out before the connection could be closed.
      else socket.close();
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#received(data);
    };
    // The WebSocket of Node 22 reports a connection that cannot be made as an error and never as closed.
    socket.onerror = () => {
      if (opened) setTimeout(() => lost(1006, "error"), CLOSE_TIMEOUT);
      else lost(1006, "");
    };
    socket.onclose = ({ code, reason }) => lost(code, reason);
  }

  #opened(socket) {
    this.#heard = this.#asked = Date.now();
    clearTimeout(this.#pause);
    this.#pause = null;
    this.#unanswered = 0;
    this.#queue = [...this.#commands.keys()];
    this.#entering = [];
    this.#become("open");
    for (const subscription of this.#streams.values()) subscription.enter();
    this.#sendCommands();
    // Measured from the unanswered ping, not from the last message: hidden pages have slow timers.
    this.#heartbeat = setInterval(() => {
      const owed = this.#heard < this.#asked;
      if (owed && Date.now() - this.#asked >= SILENCE) {
        // Closing a dead connection can take minutes, so this does not wait.
        socket.close();
        this.#lost(1006, "silent", true);
      } else {
        if (!owed) this.#asked = Date.now();
        this.#send({ type: "ping" });
      }
    }, PING_EVERY);
    this.#heartbeat.unref?.();
  }

  #received(text) {
    this.#heard = Date.now();
    const message = JSON.parse(text);
    const { type, requestId, stream } = message;
    // A message before a close does not count as a connection.
    if (type !== "error" || requestId !== undefined) this.#attempts = 0;
    if (type === "event") {
      this.#follower(stream)?.event(message);
    } else if (type === "state" || type === "replayStart") {
      this.#entered((one) => one.stream === stream);
      if (type === "state") this.#follower(stream)?.state(message);
    } else if (type === "result") {
      this.#settle(requestId)?.resolve(withoutEnvelope(message));
    } else if (type === "error") {
      this.#refused(message);
    }
  }

  #refused(message) {
    const { code, requestId, stream, retryAfter } = message;
    // A stopping server has not accepted the command. It is sent again on the next connection.
    if (code === "stopping") return;
    const error = new EsctlError(code, message.message, message);
    if (this.#commands.has(requestId)) {
      if (code === "rate_limited") this.#later(requestId, retryAfter);
      else this.#settle(requestId).reject(error);
    } else if (requestId !== undefined || stream !== undefined) {
      // An error of a live stream has no request id.
      const asked = requestId === undefined ? undefined : this.#entered((one) => one.requestId === requestId);
      const found = asked ?? this.#follower(stream);
      if (!found || (requestId !== undefined && found.requestId !== requestId)) return;
      // An unavailable stream is requested again.
      if (retryAfter === undefined) found.fail(error);
      else setTimeout(() => found.enter(), patience(retryAfter));
    } else {
      // An error without a request precedes a close.
      this.#farewell = error;
    }
  }

  /** The rate was exceeded and nothing was done. The command is sent again before any other. */
  #later(requestId, retryAfter) {
    this.#unanswered -= 1;
    this.#window = Math.max(1, this.#window >> 1);
    const behind = this.#queue.findIndex((other) => Number(other.slice(1)) > Number(requestId.slice(1)));
    this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, requestId);
    this.#pause ??= setTimeout(() => {
      this.#pause = null;
      this.#sendCommands();
    }, patience(retryAfter));
  }

  #settle(requestId) {
    const command = this.#commands.get(requestId);
    if (!command) return undefined;
    this.#commands.delete(requestId);
    this.#unanswered -= 1;
    this.#window = Math.min(MOST_UNANSWERED, this.#window + 1);
    this.#sendCommands();
    return command;
  }

  async #lost(code, reason, opened, token) {
    clearInterval(this.#heartbeat);
    this.#socket = null;
    const farewell = this.#farewell ?? new EsctlError("refused", reason || `closed with ${code}`);
    this.#farewell = null;
    if (opened && FINAL_CODES.has(code)) return this.#end("refused", farewell);
    // Browsers hide the reason of a refused connection. A plain request returns it.
    // A server that timed out is not asked.
    const refusal = opened || reason === TIMED_OUT ? null : await this.#refusal(token);
    if (refusal) return this.#end("refused", refusal);
    if (this.#status === "connecting" || this.#status === "open") this.#retry();
  }

  /** Returns the reason for which the server refuses this client; null if it does not, or if the reason is unknown. */
  async #refusal(token) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const call = this.#call = new AbortController();
    const limit = setTimeout(() => call.abort(), REASON_TIMEOUT);
    try {
      const response = await fetch(new URL("/api/me", this.#url), { headers, signal: call.signal });
      const answer = await response.json();
      if (response.status === 401) return new EsctlError("unauthorized", "the server does not accept the token", answer.error);
      if (response.status === 403) return new EsctlError(answer.error.code, answer.error.message, answer.error);
      if (response.ok && !answer.scopes.includes("read")) return new EsctlError("scope_missing", "the token does not have the scope read");
    } catch {
      // No valid answer. The next attempt decides.
    } finally {
      clearTimeout(limit);
    }
    return null;
  }

  /** Returns a delay that doubles each time, with jitter, so that clients do not reconnect at once. */
  #retry() {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempts++);
    this.#timer = setTimeout(() => this.#open(), longest * (0.5 + Math.random() / 2));
    this.#become("waiting");
  }

  #end(status, error) {
    if (this.#status === "closed") return;
    clearTimeout(this.#timer);
    clearTimeout(this.#pause);
    clearTimeout(this.#limit);
    clearInterval(this.#heartbeat);
    this.#call?.abort();
    globalThis.removeEventListener?.("online", this.#online);
    this.#become(status);
    for (const { reject } of this.#commands.values()) reject(error);
    this.#commands.clear();
    this.#queue = [];
    for (const subscription of [...this.#streams.values()]) subscription.fail(error);
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
  #readers = [];
  #over = null;
  #left = false;
  #gapAt = null;

  constructor(stream, after, connection) {
    this.stream = stream;
    this.last = after;
    this.#connection = connection;
  }

  enter() {
    if (!this.#left && !this.#over) this.#connection.enter();
  }

  state(message) {
    // The state has changed without a new version: an event was quarantined or released.
    if (this.#left || (this.last !== undefined && message.eventId < this.last)) return;
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

  /** Requests missing events from the last version on, once. */
  #gap(eventId) {
    if (this.#gapAt === this.last) {
      return this.fail(new EsctlError("gap", `${this.stream}: after ${this.last} came ${eventId}`));
    }
    this.#gapAt = this.last;
    this.#connection.leave();
    this.#connection.enter();
  }

  #push(message) {
    if (this.#readers.length > 0) return this.#readers.shift().resolve({ done: false, value: message });
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
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Ends the iteration at once, without the events that have arrived. */
  close() {
    this.#waiting = [];
    if (this.#over) return;
    this.#connection.leave();
    this.#finish({});
  }

  return() {
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
    const [first, ...others] = this.#readers.splice(0);
    if (!first) return;
    this.#over = {};
    if (over.error) first.reject(over.error);
    else first.resolve({ done: true, value: undefined });
    for (const other of others) other.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** Returns a unique id. `crypto.randomUUID` is missing on pages over plain HTTP. */
function randomId() {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto) globalThis.crypto.getRandomValues(bytes);
  else bytes.forEach((_, index) => (bytes[index] = Math.random() * 256));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns a number of seconds with jitter, in milliseconds. */
function patience(seconds = 1) {
  return 1000 * seconds * (1 + Math.random());
}

function withoutEnvelope({ type, requestId, ...outcome }) {
  return outcome;
}
