// A game of Caravan, now or at any earlier move. Hands are hidden.

import { el, fill, setAttribute, setText, sync } from "../dom.js";
import { clock, count, number } from "../format.js";
import { History } from "../history.js";
import { icon } from "../icons.js";
import { badge, empty, heading, showCaveats, showProblem } from "../parts.js";
import { timeline } from "../timeline.js";
import { coin, crystals, merchantCard, pointCard } from "../table/cards.js";
import { sentence } from "../table/moves.js";

export function tableDetail(root, app, id, version) {
  const stream = `game-${id}`;
  const history = new History(app.client, stream, version);
  const trouble = el("div");
  const qualified = el("div");
  const now = el("div", { class: "now" });
  const table = el("div", { class: "table" });
  const moves = el("ol", { class: "moves", "aria-label": "Moves, the newest first" });
  const older = el("button", { class: "more", type: "button", on: { click: () => history.older() } }, "Older moves");
  const time = timeline(history);
  const tableAndMoves = el("div", { class: "table-and-moves" }, table, el("section", { class: "pane", "aria-label": "Moves" }, el("header", {}, el("h2", {}, "Moves")), el("div", { class: "scroll" }, moves, older)));
  fill(root,
    el("a", { class: "back", href: "#/games" }, "All games"),
    heading(`Game ${id}`, now, el("a", { class: "button", href: `#/streams/${encodeURIComponent(stream)}` }, "Its events")),
    trouble, qualified, time, tableAndMoves);

  let drawn = null;
  history.addEventListener("change", () => {
    showProblem(trouble, history.error, () => history.start());
    showCaveats(qualified, history.report?.caveats ?? []);
    time.hidden = tableAndMoves.hidden = Boolean(history.error) && history.last === 0;
    if (history.report && drawn !== history.report) draw(history.report.state, table, now, history.report.event);
    drawn = history.report;
    sync(moves, history.events.toReversed(), (event) => event.version, (event) => move(event, history),
      (item, event) => setAttribute(item.firstChild, "aria-current", event.version === history.version ? "true" : null));
    older.hidden = !history.hasOlder;
  });
  history.start();
  return { title: `Game ${id}`, refresh: () => history.refresh(), close: () => history.close() };
}

function move(event, history) {
  return el("li", {}, el("button", { type: "button", class: "move", on: { click: () => history.show(event.version) } },
    el("span", {}, sentence(event)), el("span", { class: "muted small" }, clock(event.recorded_at))));
}

function draw(game, table, now, event) {
  if (!game) {
    fill(now);
    fill(table, empty("No game", "The game has no state at this version."));
    return;
  }
  const said = { waiting: "waits for players", playing: game.last_round ? "last round" : `round ${game.round}`, finished: "finished" }[game.phase];
  fill(now, badge(said ?? game.phase, game.phase === "playing" ? "good" : ""),
    game.turn ? el("span", { class: "turn" }, `${game.turn} to move`) : null,
    game.winner ? el("span", { class: "turn" }, icon("crown"), `${game.winner} has won`) : null);
  fill(table,
    game.phase === "waiting" ? null : [rowOf("Point cards", game.point_cards.map((slot) => pointCard(slot.card, slot.coin)), `${number(game.point_cards_left)} to come`),
      rowOf("Market", game.market.map(({ card, crystals: on }) => merchantCard(card, on)), `${number(game.merchants_left)} to come`)],
    el("section", { "aria-label": "Players" }, el("h2", {}, "Players"), el("ul", { class: "players" }, game.players.map((player) => seat(player, game, event)), emptySeats(game))));
}

function rowOf(title, cards, left) {
  return el("section", { "aria-label": title }, el("h2", {}, title, el("span", { class: "muted small" }, left)), el("ul", { class: "card-row", tabindex: 0, "aria-label": title }, cards.map((card) => el("li", {}, card))));
}

function seat(player, game, event) {
  const turn = player.player_id === game.turn;
  const held = Object.values(player.caravan).reduce((sum, many) => sum + many, 0);
  const score = game.scores.find((entry) => entry.player_id === player.player_id)?.score ?? player.score;
  const acted = event.data.player_id === player.player_id;
  return el("li", { class: `seat ${turn ? "turn" : ""} ${acted ? "acted" : ""} ${player.left ? "gone" : ""}` },
    el("header", {}, el("h3", {}, player.player_id), turn ? badge("to move", "good") : null, player.left ? badge("has left") : null,
      player.player_id === game.winner ? badge([icon("crown"), "winner"], "gold") : null,
      el("p", { class: "score" }, el("strong", {}, number(score)), " points")),
    el("p", { class: "caravan" }, crystals(player.caravan), room(game.caravan_capacity - held), el("span", { class: "unseen" }, `${held} of ${game.caravan_capacity}`)),
    el("p", { class: "small holdings" },
      el("span", {}, backs(player.hand_size), count(player.hand_size, "card"), " in the hand"),
      el("span", {}, count(player.point_cards.length, "point card"), ` of ${game.point_cards_to_win}`),
      player.coins.gold > 0 ? el("span", {}, coin("gold"), `${player.coins.gold} gold`) : null,
      player.coins.silver > 0 ? el("span", {}, coin("silver"), `${player.coins.silver} silver`) : null),
    player.played.length > 0 ? el("div", { class: "played" }, el("p", { class: "muted small" }, "Played"), el("ul", { class: "card-row small" }, player.played.map((card) => el("li", {}, merchantCard(card))))) : null);
}

/** Creates the free slots of a caravan. */
function room(free) {
  return Array.from({ length: Math.max(0, free) }, () => el("span", { class: "free", "aria-hidden": "true" }));
}

/** Creates hidden cards: only their number is known. */
function backs(many) {
  return el("span", { class: "backs", "aria-hidden": "true" }, Array.from({ length: Math.min(many, 12) }, () => el("span")));
}

function emptySeats(game) {
  if (game.phase !== "waiting") return [];
  return Array.from({ length: game.num_players - game.players.length }, () => el("li", { class: "seat free-seat" }, "An empty seat"));
}
