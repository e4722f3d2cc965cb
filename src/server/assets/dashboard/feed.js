// What happens in the whole store, as it happens: one line for each event, without its data. Comes back by itself.

import { get, read } from "./api.js";

const FIRST_WAIT = 300;
const LONGEST_WAIT = 8000;
/** The server gives a sign of life at least this often, in milliseconds. */
const SILENCE = 40_000;

export class Feed extends EventTarget {
  #listeners = new Set();
  #position;
  #stop = null;
  #attempts = 0;
  #wake = () => {};

  /** `connecting`, `live`, `waiting` for the next attempt, or `away` while nobody looks. */
  status = "connecting";
  /** When the next attempt comes, in milliseconds since 1970. */
  next = 0;

  constructor() {
    super();
    addEventListener("online", () => this.#wake());
    // A browser has few connections for a server, and all pages share them: one that nobody sees gives its own back.
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#leave() : this.#return()));
    addEventListener("pageshow", () => this.#return());
  }

  /** Calls with each event from now on; what it gives back stops that. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tries again now. */
  retry() {
    this.#wake();
  }

  /** Follows from now on, until told otherwise. */
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
    this.#become("away");
  }

  #return() {
    if (this.status === "away" && !document.hidden) this.start();
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
      // Whatever it was, the next attempt shows whether it lasts. A store that was put back begins anew.
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

/** The position of the newest event; 0: there is none. */
async function newest(signal) {
  const { items } = await get("/api/events", { backwards: true, limit: 1, signal });
  return items[0]?.position ?? 0;
}
