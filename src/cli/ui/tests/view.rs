//! Tests of the view: whole screens compared with the files in `screens`, and properties of all screens.
//!
//! `ESCTL_RENEW=1` renews the files.

use std::env;
use std::fs;
use std::path::PathBuf;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::world::World;
use crate::cli::output::Key;
use crate::cli::ui::model::Model;
use crate::cli::ui::model::PageReply;
use crate::cli::ui::view::Theme;
use crate::cli::ui::view::draw;
use crate::event::is_unsafe;

const WORLD: World = World { streams: 1234, versions: 12, text: "" };
const COLOURFUL: Theme = Theme { colour: true, unicode: true };
const PLAIN: Theme = Theme { colour: false, unicode: false };

fn drawn(model: &Model, theme: Theme) -> Buffer {
    let (columns, rows) = model.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(frame, model, theme)).unwrap();
    terminal.backend().buffer().clone()
}

/// Returns the text of a screen.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, y)];
            row.push_str(cell.symbol());
            x += u16::try_from(ratatui::text::Span::raw(cell.symbol()).width().max(1)).unwrap();
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// The pages, by name, with the keys that lead to each.
fn pages() -> [(&'static str, Vec<Key>); 7] {
    [
        ("streams", vec![Key::Down]),
        ("filter", "/s-000123".chars().map(Key::Char).collect()),
        ("events", vec![Key::Enter]),
        ("version", vec![Key::Enter, Key::Enter, Key::Left]),
        ("all", vec![Key::Char('2')]),
        ("projections", vec![Key::Char('3')]),
        ("help", vec![Key::Char('?')]),
    ]
}

#[track_caller]
fn matches_file(name: &str, seen: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/cli/ui/tests/screens").join(format!("{name}.txt"));
    if env::var_os("ESCTL_RENEW").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, seen).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(seen == expected, "{name} is now\n{seen}\nand was\n{expected}");
}

#[test]
fn each_page_is_drawn_as_it_was_at_two_sizes() {
    for (columns, rows) in [(80, 24), (40, 10)] {
        for (name, keys) in pages() {
            let mut model = WORLD.viewer((columns, rows));
            WORLD.press(&mut model, &keys);
            matches_file(&format!("{name}-{columns}x{rows}"), &text(&drawn(&model, COLOURFUL)));
        }
    }
}

#[test]
fn hostile_names_and_data_stay_text_on_every_page() {
    let world = World { streams: 3, versions: 3, text: "\u{1b}[2J\u{9b}31m\u{202e}\r\u{7}\u{200b}\t" };
    for (name, keys) in pages() {
        let mut model = world.viewer((80, 24));
        world.press(&mut model, &keys);
        model.problem = (name == "events").then(|| format!("no {}", world.text));
        let seen = text(&drawn(&model, COLOURFUL));
        let raw: Vec<char> = seen.chars().filter(|c| *c != '\n' && is_unsafe(*c)).collect();
        assert!(raw.is_empty() && seen.contains("\\u001b[2J"), "{name}: {raw:?}\n{seen}");
    }
}

#[test]
fn no_size_is_too_small_or_too_large_to_draw() {
    let wide = World { streams: 3, versions: 3, text: "金銀é" };
    for (_, keys) in pages() {
        for columns in [1, 2, 19, 39, 40, 41, 55, 71, 72, 80, 131, 300] {
            for rows in [1, 2, 9, 10, 11, 24, 100] {
                let mut model = wide.viewer((80, 24));
                wide.press(&mut model, &keys);
                model.resize(columns, rows);
                wide.answer(&mut model);
                let seen = text(&drawn(&model, COLOURFUL));
                if columns < 40 || rows < 10 {
                    assert!(seen.starts_with(&"too small:"[..10.min(usize::from(columns))]), "{columns}x{rows}: {seen}");
                } else {
                    assert!(!seen.contains("too small"), "{columns}x{rows}: {seen}");
                }
            }
        }
    }
}

#[test]
fn without_colour_there_is_none_and_without_unicode_only_ascii() {
    for (name, keys) in pages() {
        let mut model = WORLD.viewer((80, 24));
        WORLD.press(&mut model, &keys);
        let plain = drawn(&model, PLAIN);
        assert!(plain.content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset), "{name}");
        assert!(text(&plain).is_ascii(), "{name}: {}", text(&plain));
        model.lost = Some("no".into());
        let colourful = drawn(&model, COLOURFUL);
        assert!(colourful.content().iter().any(|cell| cell.fg == Color::Red), "{name}");
    }
}

#[test]
fn an_error_is_in_the_status_line() {
    let mut model = WORLD.viewer((80, 24));
    model.head(Err("cannot connect to\nhost: refused".into()));
    let status = |model: &Model| text(&drawn(model, COLOURFUL)).lines().nth(22).unwrap().to_owned();
    assert_eq!(status(&model), "! no answer, trying again: cannot connect to\\u000ahost: refused");
    model.head(Ok(WORLD.head()));
    assert_eq!(status(&model), "SQLite /srv/.db                              head 14808, 2025-12-03 20:53:31 UTC");
    (0..20).for_each(|_| model.tick(true));
    assert_eq!(status(&model), "! waiting for the store for 10 s");
}

#[test]
fn a_state_that_cannot_be_made_says_why_and_the_event_is_seen_all_the_same() {
    let mut model = WORLD.viewer((80, 24));
    WORLD.press(&mut model, &[Key::Enter, Key::Enter, Key::Left]);
    model.key(Key::Left);
    let request = model.wants().unwrap();
    let mut reply = WORLD.reply(&request);
    if let PageReply::State(report) = &mut reply {
        report.unreadable = Some(format!("the data of an event cannot be read: {}", "why ".repeat(20)));
    }
    model.answer(&request, Ok(reply));
    let seen = text(&drawn(&model, COLOURFUL));
    assert!(seen.contains("the data of an event cannot be read") && seen.contains("\"client_id\": \"ann\""), "{seen}");
}

#[test]
fn a_long_text_goes_on_in_the_next_row_and_can_be_read_to_its_end() {
    let mut model = WORLD.viewer((40, 10));
    WORLD.press(&mut model, &[Key::Enter, Key::Enter]);
    model.key(Key::Left);
    let request = model.wants().unwrap();
    let mut reply = WORLD.reply(&request);
    if let PageReply::State(report) = &mut reply {
        report.state = serde_json::json!({"long": "\u{1b}金".repeat(10), "end": 1});
        report.changes = vec![crate::ops::Change {
            path: "/end".into(),
            before: Some(serde_json::json!("b".repeat(60))),
            after: Some(serde_json::json!(1)),
        }];
    }
    model.answer(&request, Ok(reply));
    matches_file("long-40x10", &text(&drawn(&model, COLOURFUL)));
    WORLD.press(&mut model, &[Key::Down, Key::Down]);
    matches_file("long-end-40x10", &text(&drawn(&model, COLOURFUL)));
}
