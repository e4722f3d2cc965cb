//! The screen after each key.

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::ui::tmux::Tmux;
use crate::ui::tmux::settled;

crate::on_every_backend! {
    a_walk_through_a_store
}

/// From the list of streams to the state at a version and back; with events that come meanwhile.
fn a_walk_through_a_store(on: Backend) {
    let esctl = Esctl::new(on);
    esctl.seed();
    let tmux = Tmux::ui(&esctl, 80, 24, "", &[]);
    let screen = tmux.until_it_shows(&["resource-gold", "head 4"]);
    let lines: Vec<&str> = screen.lines().collect();
    assert!(lines[0].starts_with(" 1 Streams  2 Events  3 Projections"), "{screen}");
    assert!(
        lines[1].starts_with("STREAM") && lines[2].starts_with("order-1") && lines[3].starts_with("resource-gold"),
        "{screen}"
    );
    assert!(lines[23].starts_with("q quit  ? help  Enter open  / filter"), "{screen}");

    // Down to resource-gold, its events, its last version, the one before.
    tmux.keys(&["Down", "Enter"]);
    tmux.until_it_shows(&["resource.created", "resource.allocated", "resource.added"]);
    tmux.keys(&["Enter"]);
    tmux.until_it_shows(&["version 3 of 3", "~   \"amount\": 850,", "was 800"]);
    tmux.keys(&["Left"]);
    let screen = tmux.until_it_shows(&["version 2 of 3", "~   \"amount\": 800,", "was 1000", "a sword"]);
    assert!(
        screen.contains("STATE (resource)") && screen.contains("EVENT") && screen.contains("\"client_id\": \"ann\""),
        "{screen}"
    );

    // Live: another process appends.
    esctl.must(&["resource", "allocate", "gold", "1"]);
    tmux.until_it_shows(&["version 2 of 4", "head 5"]);
    tmux.keys(&["End"]);
    tmux.until_it_shows(&["version 4 of 4", "\"amount\": 849,"]);
    esctl.must(&["resource", "allocate", "gold", "2"]);
    tmux.until_it_shows(&["version 5 of 5", "\"amount\": 847,"]);

    // All events, projections, and the keys.
    tmux.keys(&["2"]);
    tmux.until_it_shows(&["order.placed", "head 6", "POSITION"]);
    esctl.must(&["stream", "append", "order-2", "--type", "order.lost", "--data", "{}"]);
    tmux.until_it_shows(&["order.lost", "head 7"]);
    tmux.keys(&["3"]);
    tmux.until_it_shows(&["resources", "never run"]);
    esctl.must(&["projection", "run", "resources"]);
    tmux.until_it_shows(&["resources", "current"]);
    tmux.keys(&["?"]);
    tmux.until_it_shows(&[" Keys ", "to another first page"]);
    tmux.keys(&["x"]);
    tmux.until(|screen| !screen.contains(" Keys "));
    tmux.keys(&["1", "/", "or"]);
    tmux.until(|screen| screen.contains("/or_") && screen.contains("order-2") && !screen.contains("resource-gold"));
    // A terminal tells Esc and then q from Alt-q by the time between them.
    tmux.keys(&["Escape"]);
    tmux.until_it_shows(&["resource-gold"]);
    tmux.keys(&["q"]);
    tmux.until_it_shows(&["ended with 0"]);
}

#[test]
fn a_whole_screen_is_as_expected() {
    let esctl = Esctl::new(Backend::Sqlite);
    esctl.must(&["stream", "append", "order-1", "--type", "order.placed", "--data", r#"{"total":250}"#]);
    esctl.must(&["stream", "append", "order-1", "--type", "order.paid", "--data", r#"{"paid":true}"#]);
    let tmux = Tmux::ui(&esctl, 40, 10, "", &[]);
    tmux.until_it_shows(&["order-1"]);
    tmux.keys(&["Enter", "Enter"]);
    let screen = tmux.until_it_shows(&["version 2 of 2", "paid"]);
    let expected = " Streams ›  order-1
version 2 of 2 ━━━━━━━━━━━━━━━━━━━━━━━●
order.paid  YYYY-MM-DD hh:mm:ss UTC  po…
STATE (merge)
  {
    \"total\": 250,
+   \"paid\": true
  }
(status)
q quit  ? help  Esc back  ←→ version
";
    assert_eq!(settled(&screen, &esctl), expected, "{screen}");
}

#[test]
fn the_size_may_change_at_any_time() {
    let esctl = Esctl::new(Backend::Sqlite);
    esctl.seed();
    let tmux = Tmux::ui(&esctl, 80, 24, "", &[]);
    tmux.until_it_shows(&["resource-gold", "POSITION", "LAST EVENT"]);
    tmux.resize(40, 10);
    tmux.until(|screen| screen.contains("resource-gold") && !screen.contains("LAST EVENT") && screen.contains("q quit"));
    tmux.resize(30, 8);
    tmux.until_it_shows(&["too small: 30x8", "40x10 is needed"]);
    tmux.resize(120, 40);
    tmux.until_it_shows(&["resource-gold", "LAST EVENT"]);
}

#[test]
fn no_control_character_of_a_store_reaches_the_terminal() {
    let esctl = Esctl::new(Backend::Sqlite);
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";
    let data = serde_json::json!({ "text": hostile, hostile: 1 }).to_string();
    esctl.must(&["stream", "append", "order-1", "--type", "order.placed", "--data", &data]);
    let tmux = Tmux::ui(&esctl, 80, 24, "", &[]);
    tmux.until_it_shows(&["order-1"]);
    tmux.keys(&["Enter"]);
    tmux.until_it_shows(&["order.placed", "\\u001b[2J"]);
    tmux.keys(&["Enter"]);
    let screen = tmux.until_it_shows(&["STATE (merge)", "\\u202e", "q quit"]);
    assert!(!screen.chars().any(|c| c != '\n' && esctl::event::is_unsafe(c)), "{screen}");
}

#[test]
fn colour_is_there_and_can_be_turned_off() {
    let esctl = Esctl::new(Backend::Sqlite);
    esctl.seed();
    // The attributes without colour: bold, faint, reverse, and all of them off.
    let colours = |flags: &str, set: &[(&str, &str)]| {
        let tmux = Tmux::ui(&esctl, 80, 24, flags, set);
        tmux.until_it_shows(&["resource-gold"]);
        tmux.keys(&["Enter", "Enter"]);
        tmux.until_it_shows(&["STATE (merge)"]);
        let screen = tmux.coloured();
        screen.split("\u{1b}[").skip(1).any(|code| code.starts_with('3') && !code.starts_with("39"))
    };
    assert!(colours("", &[]));
    assert!(!colours("--no-color", &[]));
    assert!(!colours("", &[("NO_COLOR", "1")]));
}
