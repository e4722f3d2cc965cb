/** Why something failed. `code` is stable snake_case, the same as the command line's; the message is for people. */
export class EsctlError extends Error {
  readonly code: string;
  readonly hint?: string;
  readonly details: Record<string, unknown>;
  constructor(code: string, message: string, more?: { hint?: string; details?: Record<string, unknown> });
}

export interface Options {
  /** Where the server is; in a browser the page's own origin unless told. */
  url?: string | URL;
  /** A JWT, or what gives one: asked again before each connection, so that it can be renewed. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** The WebSocket class; the global one unless told. */
  WebSocket?: unknown;
  /** Time that a connection may take to be made, in milliseconds: 10,000 unless told. Then the next attempt is made. */
  connectTimeout?: number;
}

export interface CommandOptions {
  /** Fails with the code of a conflict unless the stream is at this version. */
  expectVersion?: number;
  /** The same id is done once. One is made unless told. */
  commandId?: string;
}

/** What a command led to: the outcome of the command line, as JSON. */
export interface Outcome {
  outcome: "applied" | "already_applied" | "unchanged";
  id: string;
  stream: string;
  version: number;
  /** Where its last event is in the store. */
  position: number | null;
  events: { event_id: string; type: string; version: number; data: Record<string, any> }[];
  /** What the sender must know about the events; absent where there is nothing. */
  notes?: { code: string; message: string }[];
  /** The state after it, as one may see it; null where there is none. */
  state: any;
  [more: string]: unknown;
}

/** An event as it was recorded, and as one may see it. */
export interface RecordedEvent {
  position: number;
  event_id: string;
  stream: string;
  version: number;
  type: string;
  schema_version: number;
  /** RFC 3339, in UTC. */
  recorded_at: string;
  data: Record<string, any>;
  metadata: Record<string, any>;
  [more: string]: unknown;
}

/** An event of a stream; `eventId` is its version there. */
export interface StreamEvent {
  type: "event";
  eventId: number;
  stream: string;
  data: RecordedEvent;
  [more: string]: unknown;
}

/** The state of a stream, which comes first where nothing was seen before. */
export interface StreamState {
  type: "state";
  eventId: number;
  stream: string;
  state: any;
  [more: string]: unknown;
}

/** The events of one stream, each once and in order, across cut connections. */
export interface Subscription<T = StreamEvent> extends AsyncIterableIterator<T> {
  readonly stream: string;
  /** The version of the newest event that has arrived. */
  readonly last: number | undefined;
  /** No more events, not even those that have arrived. */
  close(): void;
}

/** `waiting`: the connection was cut, and the next attempt comes by itself. `refused`: it would be refused again. */
export type Status = "idle" | "connecting" | "open" | "waiting" | "refused" | "closed";

/** Fires `status` whenever the connection's status changes. Connects at the first command or subscription. */
export class Client extends EventTarget {
  constructor(options?: Options);
  readonly status: Status;
  /** Sends a command: resolves to its outcome, rejects with an `EsctlError`. Sent again after a cut, done once. */
  command(name: string, id: string | undefined, payload?: object, options?: CommandOptions): Promise<Outcome>;
  /** Follows a stream from after a version (0: from its beginning). */
  subscribe(stream: string, options: { after: number }): Subscription;
  /** Follows a stream from now on; its state comes first. */
  subscribe(stream: string): Subscription<StreamEvent | StreamState>;
  /** Ends everything; what still waits fails with `closed`. */
  close(): void;
}

/** A new client; connects by itself, and again after every cut. */
export function connect(options?: Options): Client;
