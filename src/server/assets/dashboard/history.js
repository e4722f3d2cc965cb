// The history of a stream: its newest events, and the selected version.

import { get, part } from "./api.js";
import { calmly } from "./parts.js";

/** Number of events that are read at once. */
const PAGE = 50;
/** Maximum number of events that are kept. Older ones are read again on demand. */
const MOST_KEPT = 1000;
/** Duration of a step of the replay, and the minimum time between two requests, in milliseconds. */
const STEP = 900;
const CALM = 60;

/** Fires `change` after new data. */
export class History extends EventTarget {
  #client;
  #subscription = null;
  #asking = null;
  #playing = null;
  #reading = false;
  /** Set if the state of the version in the report has changed. */
  #outdated = false;
  #starts = 0;
  #closed = false;
  /** Events that arrive together are drawn once. */
  #tell = calmly(CALM, () => this.dispatchEvent(new Event("change")));

  /** The version of the newest event; 0 if there is none. */
  last = 0;
  /** The selected version, and whether it follows the newest. */
  version = 0;
  live = true;
  /** The report of the version: `{event, state, changes, …}`. */
  report = null;
  /** The newest events, oldest first. */
  events = [];
  /** The last error. */
  error = null;

  constructor(client, stream, version) {
    super();
    this.#client = client;
    this.stream = stream;
    if (version) [this.version, this.live] = [version, false];
  }

  get playing() {
    return this.#playing !== null;
  }

  /** Returns true if there are older events. */
  get hasOlder() {
    return this.events.length > 0 && this.events[0].version > 1;
  }

  /** Reads the newest events, and follows from there. */
  async start() {
    const start = ++this.#starts;
    this.#subscription?.close();
    this.error = null;
    try {
      const events = await this.#page();
      if (this.#closed || start !== this.#starts) return;
      this.events = events;
      this.last = this.events.at(-1)?.version ?? 0;
      if (!this.last) throw new Error(`Stream ${this.stream} not found.`);
      if (this.live || this.version > this.last) this.goLive();
      else this.#show(this.version);
    } catch (error) {
      if (start === this.#starts) this.#say(error);
      return;
    }
    this.#follow();
  }

  /** Selects a version. The last one follows new events. */
  show(version) {
    this.pause();
    this.live = version >= this.last;
    this.#show(version);
  }

  goLive() {
    this.pause();
    this.live = true;
    this.#show(this.last);
  }

  /** Steps through the versions up to the last one. */
  play() {
    if (this.version >= this.last) this.#show(1);
    this.live = false;
    this.#playing = setInterval(() => {
      if (this.#asking) return;
      if (this.version >= this.last) this.goLive();
      else this.#show(this.version + 1);
    }, STEP);
    this.#changed();
  }

  pause() {
    clearInterval(this.#playing);
    this.#playing = null;
  }

  /** Reads older events. */
  async older() {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const page = await this.#page(this.events[0].version);
      // Some may have been dropped in the meantime.
      const first = this.events[0].version;
      if (page.at(-1)?.version === first - 1) this.events = [...page, ...this.events];
      this.#changed();
    } catch (error) {
      this.#say(error);
    } finally {
      this.#reading = false;
    }
  }

  /** Retries a failed request. Live events reconnect automatically. */
  refresh() {
    if (this.error) this.start();
  }

  close() {
    this.#closed = true;
    this.pause();
    this.#tell.stop();
    this.#subscription?.close();
  }

  /** Reads the last events, or the last ones before a version. */
  async #page(before) {
    const { items } = await get(`/api/streams/${part(this.stream)}/events`, { backwards: true, after: before, limit: PAGE });
    return items.reverse();
  }

  async #follow() {
    try {
      const subscription = this.#client.subscribe(this.stream, { after: this.last });
      this.#subscription = subscription;
      for await (const message of subscription) this.#arrived(message);
    } catch (error) {
      this.#say(error);
    }
  }

  #arrived(message) {
    if (message.type === "state") {
      // An event was quarantined or released, so the same version has another state.
      this.#outdated = true;
      this.#show(this.version);
      return;
    }
    const event = message.data;
    this.last = message.eventId;
    this.events.push(event);
    if (this.events.length > MOST_KEPT) this.events.splice(0, this.events.length - MOST_KEPT);
    if (this.live) this.#show(this.last);
    else this.#changed();
  }

  /** Requests a version. During a request only the newest selection is kept. */
  async #show(version) {
    this.version = version;
    this.#changed();
    if (this.#asking) return;
    this.#asking = true;
    try {
      while (!this.#closed && (this.#outdated || this.report?.event.version !== this.version)) {
        const wanted = this.version;
        this.#outdated = false;
        const report = await get(`/api/streams/${part(this.stream)}/state`, { version: wanted });
        this.error = null;
        this.report = report;
        this.#changed();
        await new Promise((resolve) => setTimeout(resolve, CALM));
      }
    } catch (error) {
      this.#say(error);
    } finally {
      this.#asking = null;
    }
  }

  #say(error) {
    this.error = error;
    this.#changed();
  }

  #changed() {
    if (!this.#closed) this.#tell();
  }
}
