//! However the viewer ends, the terminal is as it was; and without one it does not begin.

use std::process::Command;
use std::process::Stdio;

use crate::tmux::Home;
use crate::tmux::Tmux;

/// What stands on the screen when the terminal was given back: the shell's words, and nothing that was drawn.
#[track_caller]
fn is_given_back(tmux: &Tmux, code: u8) -> String {
    let screen = tmux.until_it_shows(&["ended with", "icanon", "echo"]);
    assert!(screen.contains(&format!("ended with {code}\n")) && !screen.contains("quit"), "{screen}");
    screen
}

#[test]
fn every_key_that_leaves_gives_the_terminal_back() {
    for key in ["q", "Escape", "C-c"] {
        let home = Home::sqlite();
        home.seed();
        let tmux = Tmux::ui(&home, 80, 24, "", &[]);
        tmux.until_it_shows(&["resource-gold", "q quit"]);
        tmux.keys(&[key]);
        is_given_back(&tmux, 0);
    }
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let home = Home::sqlite();
    home.seed();
    let tmux = Tmux::ui(&home, 80, 24, "", &[]);
    tmux.until_it_shows(&["resource-gold", "q quit"]);
    let done = Command::new("kill").args(["-TERM", &tmux.process()]).status().unwrap();
    assert!(done.success());
    assert!(is_given_back(&tmux, 143).contains("error: terminated"));
}

#[test]
fn what_is_wrong_from_the_start_is_said_without_drawing() {
    let home = Home::sqlite();
    let tmux = Tmux::ui(&home, 80, 24, "", &[]);
    assert!(is_given_back(&tmux, 3).contains("no event store at"));
    assert!(!home.folder.path().join("store.db").exists(), "looking makes no file");
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_is_refused() {
    let home = Home::sqlite();
    home.seed();
    let tmux = Tmux::ui(&home, 80, 24, "", &[("TERM", "dumb")]);
    assert!(is_given_back(&tmux, 2).contains("TERM is dumb"));
}

#[test]
fn without_a_terminal_it_says_what_there_is_instead() {
    let home = Home::sqlite();
    home.seed();
    let mut command = Command::new(env!("CARGO_BIN_EXE_esctl"));
    command.env_clear().env("HOME", home.folder.path()).args(["--store", &home.store, "ui"]).stdin(Stdio::null());
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{error}");
    assert!(error.contains("needs a terminal") && error.contains("hint: 'esctl stream list'"), "{error}");
}
