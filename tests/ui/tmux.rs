//! A terminal of its own for each test, and a store to look at.

use std::process::Command;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use crate::common::Esctl;

/// The time that a screen may take; only a program that hangs takes that long.
const PATIENCE: Duration = Duration::from_secs(60);

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Esctl {
    /// A resource that was changed three times, and an order.
    pub fn seed(&self) {
        self.must(&["resource", "create", "gold", "--owner", "p1", "--type", "coin", "--amount", "1000", "--max", "2000"]);
        self.must(&["resource", "allocate", "gold", "200", "--reason", "a sword"]);
        self.must(&["resource", "add", "gold", "50"]);
        self.must(&["stream", "append", "order-1", "--type", "order.placed", "--data", r#"{"total":250,"to":"金"}"#]);
    }
}

/// A terminal in which a shell runs.
pub struct Tmux {
    socket: String,
}

impl Tmux {
    /// Opens a terminal of this number of columns and rows that runs `esctl ui`, and prints its exit code.
    pub fn ui(esctl: &Esctl, columns: u16, rows: u16, flags: &str, set: &[(&str, &str)]) -> Self {
        let socket = format!("esctl-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let tmux = Self { socket };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let mut script = String::from("env -i ");
        let path = esctl.dir.path().display().to_string();
        for (name, value) in
            [("HOME", path.as_str()), ("ESCTL_STORE", &esctl.place.url), ("LANG", "C.UTF-8"), ("TERM", "screen-256color")]
        {
            script.push_str(&format!("{name}={} ", quoted(value)));
        }
        for (name, value) in set {
            script.push_str(&format!("{name}={} ", quoted(value)));
        }
        let program = quoted(env!("CARGO_BIN_EXE_esctl"));
        script.push_str(&format!(
            "{program} {flags} ui; echo \"ended with $?\"; stty -a | tr ' ' '\\n' | grep -x -e icanon -e echo; cat"
        ));
        tmux.tmux(&["-u", "-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", &columns, "-y", &rows, "sh", "-c", &script]);
        tmux
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.socket]).args(arguments).output();
        let output = output.expect("tmux is needed: tests/run installs it");
        assert!(output.status.success(), "tmux {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Types keys, by tmux's names for them.
    pub fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys", "-t", "t"], keys].concat());
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.tmux(&["resize-window", "-t", "t", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// The process that runs in it.
    pub fn process(&self) -> String {
        let shell = self.tmux(&["display-message", "-p", "-t", "t", "#{pane_pid}"]);
        let output = Command::new("pgrep").args(["-P", shell.trim(), "esctl"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", "t"])
    }

    /// The same with its colours.
    pub fn coloured(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e", "-t", "t"])
    }

    /// Waits until the screen is as wanted; that screen.
    #[track_caller]
    pub fn until(&self, wanted: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "this never came to be as wanted:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the screen holds all of these; that screen.
    #[track_caller]
    pub fn until_it_shows(&self, parts: &[&str]) -> String {
        self.until(|screen| parts.iter().all(|part| screen.contains(part)))
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A screen with its times and its store made the same on every run.
pub fn settled(screen: &str, esctl: &Esctl) -> String {
    let mut settled = String::new();
    for line in screen.lines() {
        // A time is 19 characters that begin with the century and hold two colons.
        let mut line = line.to_owned();
        while let Some(at) = line.match_indices("20").map(|(at, _)| at).find(|at| is_time(&line[*at..])) {
            line.replace_range(at..at + 19, "YYYY-MM-DD hh:mm:ss");
        }
        let place = esctl.place.url.trim_start_matches("sqlite:");
        let shown: String = place.chars().take(12).collect();
        if line.contains(&shown) {
            line = "(status)".to_owned();
        }
        settled.push_str(line.trim_end());
        settled.push('\n');
    }
    settled
}

fn is_time(text: &str) -> bool {
    let shape = text.as_bytes().get(..19);
    shape.is_some_and(|bytes| bytes[4] == b'-' && bytes[7] == b'-' && bytes[10] == b' ' && bytes[13] == b':' && bytes[16] == b':')
}
