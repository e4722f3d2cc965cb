//! A game, and the changes of a game, as people read them in one line. The cards on the table are left to `esctl game show`.

use serde_json::Value;

use crate::ops::Change;

/// Maximum number of players to look at. A change may name any position.
const MAX_PLAYERS: usize = 100;

/// Returns a game in one line: `playing, round 1, turn ann, ann 1, bob 0`. The last numbers are scores.
pub(super) fn game(state: &Value) -> String {
    let phase = text(&state["phase"]);
    let mut words = match (phase.as_str(), state["winner"].as_str(), state["turn"].as_str()) {
        (_, Some(winner), _) => vec![phase, format!("winner {winner}")],
        (_, _, Some(turn)) => vec![phase, format!("round {}", state["round"]), format!("turn {turn}")],
        _ => vec![format!("{phase} for {} players", state["num_players"])],
    };
    words.extend(players(state).iter().map(|player| format!("{} {}", text(&player["player_id"]), player["score"])));
    words.join(", ")
}

/// Returns the changes of a game: phase, turn, and what each player has. `change` writes one of them.
pub(super) fn game_changes(changes: &[&Change], after: &Value, change: impl Fn(&Change) -> String) -> Vec<String> {
    let mut words = membership(changes, after);
    for it in changes {
        let path: Vec<&str> = it.path.split('/').skip(1).collect();
        match path.as_slice() {
            ["phase" | "round" | "turn" | "last_round" | "winner"] => words.push(change(it)),
            ["players", index, "left"] => words.push(format!("{} left", name(after, index))),
            ["players", index, "caravan" | "coins", rest @ ..] => words.push(of_player(it, &name(after, index), rest, &change)),
            ["players", index, "score" | "hand_size"] => {
                words.push(of_player(it, &name(after, index), &path[2..], &change));
            }
            _ => {}
        }
    }
    words
}

/// Returns the players that came, `+ann`, and those that are no longer there, `-bob`. The changes are by position, and a player
/// that goes moves those behind.
fn membership(changes: &[&Change], after: &Value) -> Vec<String> {
    let now: Vec<String> = players(after).iter().map(|player| text(&player["player_id"])).collect();
    let mut before: Vec<Option<String>> = now.iter().cloned().map(Some).collect();
    for it in changes {
        let path: Vec<&str> = it.path.split('/').skip(1).collect();
        let (["players", index] | ["players", index, "player_id"]) = path.as_slice() else { continue };
        let Ok(index) = index.parse::<usize>() else { continue };
        let player = it.before.as_ref().filter(|before| !before.is_null());
        before.resize(before.len().max(index.saturating_add(1).min(MAX_PLAYERS)), None);
        if let Some(place) = before.get_mut(index) {
            *place = player.map(|player| if path.len() == 2 { text(&player["player_id"]) } else { text(player) });
        }
    }
    let before: Vec<String> = before.into_iter().flatten().collect();
    let came = now.iter().filter(|name| !before.contains(name)).map(|name| format!("+{name}"));
    came.chain(before.iter().filter(|name| !now.contains(name)).map(|name| format!("-{name}"))).collect()
}

/// Returns a change of a player, with the player's name: `ann yellow 3 → 2`.
fn of_player(it: &Change, name: &str, rest: &[&str], change: &impl Fn(&Change) -> String) -> String {
    format!("{name} {}", change(&Change { path: format!("/{}", rest.join("/")), ..it.clone() }))
}

fn name(state: &Value, index: &str) -> String {
    let player = index.parse::<usize>().ok().and_then(|index| players(state).get(index));
    player.map_or_else(|| format!("players.{index}"), |player| text(&player["player_id"]))
}

fn players(state: &Value) -> &[Value] {
    state["players"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::game;
    use super::game_changes;
    use crate::ops::Change;

    #[test]
    fn players_are_named_and_the_table_is_left_out() {
        let after = json!({"phase": "playing", "round": 2, "turn": "bob", "winner": null, "players": [
            {"player_id": "ann", "score": 1, "caravan": {"yellow": 2}}, {"player_id": "bob", "score": 0, "caravan": {}}]});
        assert_eq!(game(&after), "playing, round 2, turn bob, ann 1, bob 0");
        let change =
            |path: &str, before: Value, after: Value| Change { path: path.into(), before: Some(before), after: Some(after) };
        let found = [
            change("/turn", json!("ann"), json!("bob")),
            change("/players/0/caravan/yellow", json!(3), json!(2)),
            change("/market/0/card/id", json!("m1"), json!("m2")),
        ];
        let words = game_changes(&found.iter().collect::<Vec<_>>(), &after, |it| format!("{} changed", it.path));
        assert_eq!(words, ["/turn changed", "ann /yellow changed"]);
    }

    #[test]
    fn players_come_and_go_by_their_names() {
        let of = |names: &[&str]| {
            let player = |name: &&str| json!({"player_id": name, "score": 0});
            json!({"phase": "waiting", "players": names.iter().map(player).collect::<Vec<_>>()})
        };
        for (before, after, expected) in [
            (&[][..], &["ann"][..], &["+ann"][..]),
            (&["ann"], &["ann", "bob"], &["+bob"]),
            (&["ann", "bob"], &["ann"], &["-bob"]),
            (&["ann", "bob"], &["bob"], &["-ann"]),
            (&["ann", "bob", "cho"], &["ann", "cho"], &["-bob"]),
            (&["ann"], &[], &["-ann"]),
        ] {
            let found = crate::ops::changes(&of(before), &of(after));
            let words = game_changes(&found.iter().collect::<Vec<_>>(), &of(after), |it| it.path.clone());
            assert_eq!(words, expected, "{before:?} {after:?}");
        }
    }
}
