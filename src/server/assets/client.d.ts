/** An error. `code` is stable snake_case, as on the command line; the message is for people. */
export class EsctlError extends Error {
  readonly code: string;
  readonly hint?: string;
  readonly details: Record<string, unknown>;
  constructor(code: string, message: string, more?: { hint?: string; details?: Record<string, unknown> });
}

export interface Options {
  /** URL of the server. Default in a browser: the origin of the page. */
  url?: string | URL;
  /** A JWT, or a function that returns one. It is called before each connection, so that the token can be renewed. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** The WebSocket class. Default: the global one. */
  WebSocket?: unknown;
  /** Time limit for opening a connection, in milliseconds. Default: 10,000. A timeout leads to the next attempt. */
  connectTimeout?: number;
}

export interface CommandOptions {
  /** Fails with the code of a conflict unless the stream is at this version. */
  expectVersion?: number;
  /** A repeated command with the same id is applied once. Default: a generated id. */
  commandId?: string;
}

/** The outcome of a command, as JSON of the command line. */
export interface Outcome {
  outcome: "applied" | "already_applied" | "unchanged";
  id: string;
  stream: string;
  version: number;
  /** Position in the store of the last event of the command. */
  position: number | null;
  events: { event_id: string; type: string; version: number; data: Record<string, any> }[];
  /** Notes about the events. Absent if there are none. */
  notes?: { code: string; message: string }[];
  /** The visible part of the state after the command. Null if there is none. */
  state: any;
  [more: string]: unknown;
}

/** The visible part of a recorded event. */
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

/** The state of a stream. It is first if no version was given. */
export interface StreamState {
  type: "state";
  eventId: number;
  stream: string;
  state: any;
  [more: string]: unknown;
}

/** The events of a stream, each once and in order, across reconnects. */
export interface Subscription<T = StreamEvent> extends AsyncIterableIterator<T> {
  readonly stream: string;
  /** The version of the newest event that has arrived. */
  readonly last: number | undefined;
  /** Ends the iteration at once, without the events that have arrived. */
  close(): void;
}

/** `waiting`: the connection was lost, and the client reconnects. `refused`: a reconnect does not help. */
export type Status = "idle" | "connecting" | "open" | "waiting" | "refused" | "closed";

/** Fires `status` whenever the connection's status changes. Connects at the first command or subscription. */
export class Client extends EventTarget {
  constructor(options?: Options);
  readonly status: Status;
  /** Sends a command. Resolves to its outcome or rejects with an `EsctlError`. Repeated after a reconnect, and applied once. */
  command(name: string, id: string | undefined, payload?: object, options?: CommandOptions): Promise<Outcome>;
  /** Follows a stream after a version (0: from the beginning). */
  subscribe(stream: string, options: { after: number }): Subscription;
  /** Follows a stream from now on. The state is first. */
  subscribe(stream: string): Subscription<StreamEvent | StreamState>;
  /** Closes the client. Pending commands and subscriptions fail with `closed`. */
  close(): void;
}

/** Creates a client, which connects and reconnects on its own. */
export function connect(options?: Options): Client;
