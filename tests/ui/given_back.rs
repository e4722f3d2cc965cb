//! However the viewer ends, the terminal is as it was; and without one it does not begin.

use std::process::Command;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::ui::tmux::Tmux;

/// Returns the content of the screen after the terminal was restored: the shell's words, and nothing that was drawn.
#[track_caller]
fn is_given_back(tmux: &Tmux, code: u8) -> String {
    let screen = tmux.until_it_shows(&["ended with", "icanon", "echo"]);
    assert!(screen.contains(&format!("ended with {code}\n")) && !screen.contains("quit"), "{screen}");
    screen
}

#[test]
fn every_key_that_leaves_gives_the_terminal_back() {
    for key in ["q", "Escape", "C-c"] {
        let esctl = Esctl::new(Backend::Sqlite);
        esctl.seed();
        let tmux = Tmux::ui(&esctl, 80, 24, "", &[]);
        tmux.until_it_shows(&["resource-gold", "q quit"]);
        tmux.keys(&[key]);
        is_given_back(&tmux, 0);
    }
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let esctl = Esctl::new(Backend::Sqlite);
    esctl.seed();
    let tmux = Tmux::ui(&esctl, 80, 24, "", &[]);
    tmux.until_it_shows(&["resource-gold", "q quit"]);
    let done = Command::new("kill").args(["-TERM", &tmux.process()]).status().unwrap();
    assert!(done.success());
    assert!(is_given_back(&tmux, 143).contains("error: terminated"));
}

#[test]
fn what_is_wrong_from_the_start_is_said_without_drawing() {
    let esctl = Esctl::new(Backend::Sqlite);
    let tmux = Tmux::ui(&esctl, 80, 24, "", &[]);
    assert!(is_given_back(&tmux, 3).contains("no event store at"));
    assert!(!esctl.path("store.db").exists(), "looking makes no file");
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_is_refused() {
    let esctl = Esctl::new(Backend::Sqlite);
    esctl.seed();
    let tmux = Tmux::ui(&esctl, 80, 24, "", &[("TERM", "dumb")]);
    assert!(is_given_back(&tmux, 2).contains("TERM is dumb"));
}

#[test]
fn without_a_terminal_it_says_what_there_is_instead() {
    let esctl = Esctl::new(Backend::Sqlite);
    esctl.seed();
    let output = esctl.run(&["ui"]);
    assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output:?}");
    let error = output.stderr;
    assert!(error.contains("must be a terminal") && error.contains("hint: run 'esctl stream list'"), "{error}");
}
