// The events of the whole store, without their data, as they are appended. Reconnects automatically.

import { get, read } from "./api.js";

const FIRST_WAIT = 300;
const LONGEST_WAIT = 8000;
/** Maximum time between two heartbeats of the server, in milliseconds. */
const SILENCE = 40_000;

export class Feed extends EventTarget {
  #listeners = new Set();
  #position;
  #stop = null;
  #attempts = 0;
  #wake = () => {};

  /** `connecting`, `live`, `waiting` for the next attempt, or `hidden` while the page is not visible. */
  status = "connecting";
  /** Time of the next attempt, in milliseconds since 1970. */
  next = 0;

  constructor() {
    super();
    addEventListener("online", () => this.#wake());
    // A browser limits the connections to a server, and all pages share them. A hidden page closes its own.
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#leave() : this.#return()));
    addEventListener("pageshow", () => this.#return());
  }

  /** Calls a function with each event from now on, and returns a function that stops it. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Retries now. */
  retry() {
    this.#wake();
  }

  /** Follows until it is stopped. */
  async start() {
    this.#position = undefined;
    this.stop();
    const stop = new AbortController();
    this.#stop = stop;
    while (!stop.signal.aborted) {
      await this.#follow(stop.signal);
      if (stop.signal.aborted) return;
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempts++) * (0.7 + Math.random() * 0.3);
      this.next = Date.now() + wait;
      this.#become("waiting");
      await new Promise((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, wait);
      });
    }
  }

  stop() {
    this.#stop?.abort();
    this.#stop = null;
  }

  #leave() {
    if (!this.#stop) return;
    this.stop();
    this.#become("hidden");
  }

  #return() {
    if (this.status === "hidden" && !document.hidden) this.start();
  }

  async #follow(stopped) {
    const silent = new AbortController();
    const signal = AbortSignal.any([stopped, silent.signal]);
    let timer = setTimeout(() => silent.abort(), SILENCE);
    try {
      this.#position ??= await newest(signal);
      for await (const head of read("/api/events", { after: this.#position, signal })) {
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(), SILENCE);
        this.#attempts = 0;
        this.#become("live");
        if (head && head.position > this.#position) this.#tell(head);
      }
    } catch (error) {
      // The next attempt shows whether the error lasts. A restored store is followed from its head.
      if (error.code === "cursor_beyond_end") this.#position = null;
    } finally {
      clearTimeout(timer);
      silent.abort();
    }
  }

  #tell(head) {
    this.#position = head.position;
    for (const listener of this.#listeners) listener(head);
  }

  #become(status) {
    if (this.status === status) return;
    const before = this.status;
    this.status = status;
    this.dispatchEvent(new CustomEvent("status", { detail: { before } }));
  }
}

/** Returns the position of the newest event; 0 if there is none. */
async function newest(signal) {
  const { items } = await get("/api/events", { backwards: true, limit: 1, signal });
  return items[0]?.position ?? 0;
}
