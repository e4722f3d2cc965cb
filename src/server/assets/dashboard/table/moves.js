// The events of a game, as sentences.

const SENTENCES = {
  "game.created": ({ num_players }) => `A game for ${num_players} was created`,
  "game.player_joined": ({ player_id }) => `${player_id} sits down`,
  "game.player_left": ({ player_id }) => `${player_id} gets up`,
  "game.started": ({ players }) => `The game starts: ${players.join(", ")}`,
  "game.card_played": ({ player_id, paid, gained }) => `${player_id} plays a merchant: ${exchanged(paid, gained)}`,
  "game.merchant_acquired": ({ player_id, card, paid, gained }) => `${player_id} acquires merchant ${card}${paid.length > 0 ? ` for ${tally(paid)}` : ""}${said(gained) ? `, and finds ${said(gained)}` : ""}`,
  "game.player_rested": ({ player_id }) => `${player_id} rests`,
  "game.point_card_claimed": ({ player_id, points, paid, coin }) => `${player_id} claims ${points} points for ${said(paid)}${coin ? `, with a ${coin} coin` : ""}`,
  "game.crystals_discarded": ({ player_id, crystals }) => `${player_id} gives up ${said(crystals)}`,
  "game.turn_ended": ({ player_id, next }) => `${player_id} ends the turn${next ? `; ${next.player_id} is next` : ""}`,
  "game.finished": ({ winner }) => `The game is over: ${winner || "nobody"} has won`,
};

/** Returns an event as a sentence, or its type if this page does not know it. */
export function sentence({ type, data }) {
  try {
    return SENTENCES[type](data);
  } catch {
    return type;
  }
}

function exchanged(paid, gained) {
  if (!said(paid)) return `gains ${said(gained) || "nothing"}`;
  return `${said(paid)} become ${said(gained) || "nothing"}`;
}

function said(crystals) {
  return Object.entries(crystals ?? {}).filter(([, many]) => many > 0).map(([colour, many]) => `${many} ${colour}`).join(", ");
}

function tally(list) {
  return said(list.reduce((sums, colour) => ({ ...sums, [colour]: (sums[colour] ?? 0) + 1 }), {}));
}
