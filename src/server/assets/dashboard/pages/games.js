// The list of games, running ones first.

import { list as listed } from "../api.js";
import { el, fill, flash, setText, sync } from "../dom.js";
import { ago, category, count } from "../format.js";
import { badge, calmly, empty, heading, showCaveats, showProblem } from "../parts.js";
import { tableDetail } from "./game.js";

const ORDER = ["playing", "waiting", "finished"];
const KINDS = { playing: "good", waiting: "warn", finished: "" };

export function open(root, app, [id, version]) {
  if (id) return tableDetail(root, app, id, Number(version) || undefined);
  const trouble = el("div");
  const qualified = el("div");
  const total = el("p", { class: "muted", role: "status" });
  const list = el("ul", { class: "cards" });
  const nothing = el("div");
  const more = el("button", { type: "button", class: "more", hidden: true }, "Show more");
  fill(root, heading("Games of Caravan", total), trouble, qualified, list, nothing, more);

  let limit = 100;
  let closed = false;
  const load = async () => {
    try {
      const { items, next, caveats } = await listed("/api/games", limit);
      if (closed) return;
      showProblem(trouble, null);
      showCaveats(qualified, caveats);
      items.sort((one, other) => ORDER.indexOf(one.phase) - ORDER.indexOf(other.phase) || (one.last_updated < other.last_updated ? 1 : -1));
      sync(list, items, (game) => game.id, card, update);
      setText(total, items.length > 0 ? count(items.length, "game") : "");
      more.hidden = !next;
      fill(nothing, items.length > 0 ? null : empty("No games yet", "Create a game and let bots play:", "esctl game new first --players 3 && esctl game bot first"));
    } catch (error) {
      if (!closed) showProblem(trouble, error, load);
    }
  };
  more.addEventListener("click", () => {
    limit += 100;
    load();
  });
  const soon = calmly(400, load);
  const unlisten = app.feed.listen(({ stream }) => category(stream) === "game" && soon());
  soon();
  return {
    title: "Games",
    refresh: soon,
    close() {
      closed = true;
      soon.stop();
      unlisten();
    },
  };
}

function card(game) {
  const phase = el("span");
  const players = el("p");
  const now = el("p", { class: "muted small" });
  const link = el("a", { href: `#/games/${encodeURIComponent(game.id)}` }, game.id);
  const item = el("li", { class: "card" }, el("h2", {}, link, phase), players, now);
  item.parts = { phase, players, now };
  return item;
}

function update(item, { phase, players, num_players, round, turn, winner, version, last_updated }) {
  if (item.parts.phase.textContent !== phase) fill(item.parts.phase, badge(phase, KINDS[phase]));
  const missing = num_players - players.length;
  setText(item.parts.players, players.join(", ") + (missing > 0 && phase === "waiting" ? `${players.length > 0 ? " and " : ""}${count(missing, "empty seat")}` : ""));
  const what = { playing: `round ${round}, ${turn} to move`, waiting: "waits for players", finished: `won by ${winner || "nobody"}` }[phase] ?? phase;
  setText(item.parts.now, `${what} · ${ago(last_updated)}`);
  if (item.dataset.version && item.dataset.version !== String(version)) flash(item);
  item.dataset.version = version;
}
