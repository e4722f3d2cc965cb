// The list of streams, most recently written first, and the selected stream.

import { get } from "../api.js";
import { el, fill, flash, setAttribute, setText, sync } from "../dom.js";
import { ago, count, number } from "../format.js";
import { calmly, dot, empty, heading, showProblem } from "../parts.js";
import { streamDetail } from "./stream.js";

const PAGE = 100;
/** Maximum number of rows. A search finds the others. */
const MOST_ROWS = 400;
/** Maximum number of streams that are kept, most recently written first. */
const MOST_KNOWN = 5000;

export function open(root, app, rest) {
  let [name] = rest;
  let shown = null;
  const search = el("input", { type: "search", placeholder: "Name begins with …", "aria-label": "Search streams", autocomplete: "off", spellcheck: "false" });
  const total = el("p", { class: "muted small", role: "status" });
  const trouble = el("div");
  const list = el("ul", { class: "rows", "aria-label": "Streams" });
  const nothing = el("div");
  const more = el("button", { type: "button", class: "more", hidden: true, on: { click: () => load() } }, "Show more");
  const side = el("section", { class: "side", "aria-label": "All streams" }, heading("Streams", total), search, trouble, list, nothing, more);
  const detail = el("section", { class: "detail", "aria-label": "Stream" });
  const split = el("div", { class: "split" }, side, detail);
  fill(root, split);

  const known = new Map();
  let next;
  let asked = 0;

  const draw = () => {
    const prefix = search.value.trim();
    const found = Array.from(known.values()).filter(({ stream }) => stream.startsWith(prefix));
    found.sort((one, other) => other.last_position - one.last_position);
    sync(list, found.slice(0, MOST_ROWS), (item) => item.stream, row, bringUpToDate);
    setText(total, found.length > 0 ? `${count(found.length, "stream")}${next ? ", and more" : ""}` : "");
    more.hidden = !next;
    drawNothing(prefix, found.length);
  };

  const drawNothing = (prefix, found) => {
    const said = found > 0 || !asked ? "" : prefix ? "none" : "empty";
    if (nothing.dataset.said === said) return;
    nothing.dataset.said = said;
    if (said === "none") fill(nothing, empty("No matching stream", "A search matches the beginning of names, such as resource-."));
    else if (said === "empty") fill(nothing, empty("No streams yet", "New streams appear here at once. For example:", "esctl resource create gold --owner ann --type currency --amount 100 --max 1000"));
    else fill(nothing);
  };

  const bringUpToDate = (item, info) => {
    const { version: at, time } = item.parts;
    setText(at, number(info.version));
    setText(time, ago(info.last_recorded_at));
    setAttribute(item.firstChild, "aria-current", info.stream === name ? "true" : null);
  };

  const load = async ({ anew = false } = {}) => {
    const ask = ++asked;
    const prefix = search.value.trim();
    try {
      const page = await get("/api/streams", { prefix, after: anew ? undefined : next, limit: PAGE });
      if (ask !== asked) return;
      page.items.forEach((info) => known.set(info.stream, info));
      next = page.next;
      showProblem(trouble, null);
      draw();
    } catch (error) {
      if (ask === asked) showProblem(trouble, error, () => load({ anew }));
    }
  };

  const searching = calmly(250, () => load({ anew: true }));
  search.addEventListener("input", () => {
    draw();
    searching();
  });
  const written = new Set();
  const drawSoon = calmly(200, () => {
    draw();
    flash(...Array.from(list.children).filter((item) => written.has(item.dataset.key)));
    written.clear();
  });
  const unlisten = app.feed.listen(({ stream, version: at, position, recorded_at }) => {
    known.set(stream, { stream, version: at, last_position: position, last_recorded_at: recorded_at });
    written.add(stream);
    if (known.size > MOST_KNOWN) forgetSome(known);
    drawSoon();
  });
  const clockTicks = setInterval(draw, 5000);
  load({ anew: true });
  recent(known, draw);

  const choose = ([stream, version]) => {
    shown?.close();
    name = stream;
    setAttribute(split, "class", name ? "split chosen" : "split");
    shown = name ? streamDetail(detail, app, name, Number(version) || undefined) : null;
    if (!name) fill(detail, empty("Choose a stream", "Its events appear as they are appended, and a slider selects any version."));
  };
  choose(rest);
  return {
    get title() {
      return name ?? "Streams";
    },
    /** Selects another stream and keeps the list. */
    go(next) {
      choose(next);
      draw();
      // A hidden list would lose the focus.
      if (side.offsetParent === null) detail.querySelector("h2")?.focus();
      return true;
    },
    refresh() {
      load({ anew: true });
      recent(known, draw);
      shown?.refresh();
    },
    close() {
      unlisten();
      searching.stop();
      drawSoon.stop();
      clearInterval(clockTicks);
      shown?.close();
    },
  };
}

/** Reads streams by name, and the most recently written ones from their events. */
async function recent(known, draw) {
  try {
    const { items } = await get("/api/events", { backwards: true, limit: 100 });
    for (const { stream, version, position, recorded_at } of items) {
      if ((known.get(stream)?.last_position ?? 0) >= position) continue;
      known.set(stream, { stream, version, last_position: position, last_recorded_at: recorded_at });
    }
    draw();
  } catch {
    // The list by name reports the error.
  }
}

function forgetSome(known) {
  const oldest = Array.from(known.values()).sort((one, other) => one.last_position - other.last_position);
  for (const { stream } of oldest.slice(0, MOST_KNOWN / 2)) known.delete(stream);
}

function row(info) {
  const version = el("span", { class: "version" });
  const time = el("span", { class: "time" });
  const link = el("a", { href: `#/streams/${encodeURIComponent(info.stream)}` }, dot(info.stream), el("span", { class: "name" }, info.stream), version, time);
  const item = el("li", {}, link);
  item.parts = { version, time };
  return item;
}
