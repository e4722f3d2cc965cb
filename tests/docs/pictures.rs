//! The pictures of the README are of the program as it is.
//!
//! The terminal is drawn from a real run: `ESCTL_RENEW=1 cargo test --test it docs::pictures` draws it again. The dashboard is photographed by
//! `docs/pictures/renew`, which records the files that the page was made of.

use std::env;
use std::fmt::Write;
use std::fs;
use std::process::Command;

use sha2::Digest;
use sha2::Sha256;

use crate::docs::read;
use crate::docs::root;

const TERMINAL: &str = "docs/pictures/terminal.svg";
const DASHBOARD: &str = "docs/pictures/dashboard.sha256";

/// Run before the picture begins.
const BEFORE: [&str; 3] = [
    "esctl resource create gold --owner player123 --type gold --amount 1000 --max 2000",
    "esctl resource allocate gold 200 --reason 'a sword' --client player123",
    "esctl resource add gold 500 --reason 'quest done'",
];

/// The commands of the picture.
const SHOWN: [&str; 4] = [
    "esctl resource lock gold --for 5m --reason maintenance --client admin",
    "esctl resource allocate gold 300 --reason 'a shield' --client player123",
    "esctl resource history gold",
    "esctl verify --quiet",
];

const COLUMNS: usize = 98;
const LINE_HEIGHT: usize = 18;
/// The width of a character of 14 pixels in the fonts that are named.
const CHARACTER_WIDTH: f64 = 8.43;

#[derive(Clone, Copy)]
enum Style {
    Command,
    Error,
    Plain,
}

/// Runs the commands of the picture in a fresh home; returns the lines of the terminal.
fn terminal() -> Vec<(Style, String)> {
    let home = tempfile::tempdir().unwrap();
    let run = |command: &str| {
        let binary = std::path::Path::new(env!("CARGO_BIN_EXE_esctl"));
        let path = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
        let output = Command::new("sh")
            .args(["-c", &format!("{command} 2>&1")])
            .env_clear()
            .envs([("HOME", home.path().as_os_str()), ("PATH", path.as_ref()), ("LANG", "C.UTF-8".as_ref())])
            .envs([("ESCTL_CLIENT", "server"), ("TZ", "UTC")])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for command in BEFORE {
        run(command);
    }
    let mut lines = Vec::new();
    for command in SHOWN {
        lines.push((Style::Command, format!("$ {command}")));
        for line in run(command).lines() {
            let style = if line.starts_with("error:") { Style::Error } else { Style::Plain };
            // A terminal breaks a long line at its last column.
            let characters: Vec<char> = line.trim_end().chars().collect();
            lines.extend(characters.chunks(COLUMNS).map(|part| (style, part.iter().collect())));
        }
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Draws lines as an SVG image.
fn drawn(lines: &[(Style, String)]) -> String {
    let (width, height) = ((COLUMNS as f64 * CHARACTER_WIDTH) as usize + 40, lines.len() * LINE_HEIGHT + 56);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>esctl in a terminal</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1b1f27\"/>\n\
         <g fill=\"#5b6472\"><circle cx=\"20\" cy=\"18\" r=\"5\"/><circle cx=\"38\" cy=\"18\" r=\"5\"/><circle cx=\"56\" cy=\"18\" r=\"5\"/></g>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\" fill=\"#d5dbe5\" xml:space=\"preserve\">\n"
    );
    for (row, (style, text)) in lines.iter().enumerate() {
        let fill = match style {
            Style::Command => " fill=\"#8fd694\"",
            Style::Error => " fill=\"#ff8a80\"",
            Style::Plain => "",
        };
        let y = 48 + row * LINE_HEIGHT;
        writeln!(svg, "<text x=\"20\" y=\"{y}\"{fill} style=\"white-space: pre\">{}</text>", escaped(text)).unwrap();
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Returns a picture without what differs from run to run: times and hashes.
fn lasting(svg: &str) -> String {
    let word = |word: &str| {
        let time = word.len() >= 20 && word[..4].bytes().all(|byte| byte.is_ascii_digit()) && word.as_bytes()[4] == b'-';
        let time_of_day = word.len() == 9 && word.ends_with('Z') && word.as_bytes()[2] == b':';
        let hash = word.bytes().filter(u8::is_ascii_hexdigit).count() >= 32;
        if time || time_of_day || hash { "…".to_owned() } else { word.to_owned() }
    };
    svg.split([' ', '"', '\n', '<', '>']).map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_terminal_is_of_this_program() {
    let svg = drawn(&terminal());
    if env::var_os("ESCTL_RENEW").is_some() {
        fs::write(root().join(TERMINAL), &svg).unwrap();
    }
    let renew = "draw it again: ESCTL_RENEW=1 cargo test --test it docs::pictures";
    assert_eq!(lasting(&read(TERMINAL)), lasting(&svg), "{TERMINAL} is stale; {renew}");
}

#[test]
fn times_and_hashes_do_not_make_a_picture_stale() {
    assert_eq!(lasting("<text>a 2026-11-30T02:54:16.857294Z b</text>"), lasting("<text>a 2027-01-01T00:00:00.000000Z b</text>"));
    assert_eq!(lasting("<text>until 12:43:45Z</text>"), lasting("<text>until 00:00:00Z</text>"));
    assert_ne!(lasting("<text>a 800</text>"), lasting("<text>a 801</text>"));
}

/// Returns true for a file of the dashboard that changes its look: not for connections and clients.
fn is_seen(path: &std::path::Path) -> bool {
    let path = path.to_str().unwrap();
    path.ends_with(".css") || path.ends_with(".html") || path.contains("/pages/")
}

#[test]
fn the_dashboard_is_of_these_files() {
    let renew = "take it again: docs/pictures/renew";
    let recorded = read(DASHBOARD);
    let mut files = Vec::new();
    let mut folders = vec![root().join("src/server/assets")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if is_seen(&path) {
                files.push(path);
            }
        }
    }
    assert_eq!(recorded.lines().count(), files.len(), "docs/pictures/dashboard.png is stale: other files; {renew}");
    for path in files {
        let hash: String = Sha256::digest(fs::read(&path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
        let name = path.strip_prefix(root()).unwrap().display();
        assert!(recorded.contains(&format!("{hash}  {name}\n")), "docs/pictures/dashboard.png is stale: {name} changed; {renew}");
    }
}
