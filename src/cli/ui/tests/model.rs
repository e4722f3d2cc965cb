//! Tests of the model: the effect of keys and answers on the state.

use serde_json::json;

use super::world::World;
use crate::cli::output::Key;
use crate::cli::ui::model::Mark;
use crate::cli::ui::model::Model;
use crate::cli::ui::model::PageReply;
use crate::cli::ui::model::PageRequest;
use crate::cli::ui::model::STREAMS_AT_ONCE;
use crate::cli::ui::model::Streams;
use crate::cli::ui::model::ViewerPage;
use crate::cli::ui::model::state_lines;
use crate::event::Version;
use crate::ops::Change;

const WORLD: World = World { streams: 1234, versions: 5, text: "" };

fn streams(model: &Model) -> &Streams {
    match model.page() {
        ViewerPage::Streams(page) => page,
        other => panic!("{other:?}"),
    }
}

fn chosen(model: &Model) -> &str {
    &streams(model).chosen().unwrap().stream
}

fn version(model: &Model) -> (u64, u64) {
    match model.page() {
        ViewerPage::Version(page) => (page.at, page.last),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_million_streams_are_walked_through_with_one_page_in_memory() {
    let world = World { streams: 1_000_000, versions: 1, text: "" };
    let mut model = world.viewer((80, 24));
    let mut pages = 1;
    while streams(&model).next.is_some() {
        world.press(&mut model, &[Key::End, Key::Down]);
        assert!(streams(&model).items.len() <= STREAMS_AT_ONCE);
        pages += 1;
    }
    assert_eq!((pages, streams(&model).offset()), (2000, 999_500));
    world.press(&mut model, &[Key::End]);
    assert_eq!(chosen(&model), "s-1000000");
    world.press(&mut model, &[Key::Home]);
    assert_eq!((chosen(&model), streams(&model).offset()), ("s-0000001", 0));
}

#[test]
fn over_the_edge_of_a_page_is_the_next_one_and_back_again() {
    let mut model = WORLD.viewer((80, 24));
    WORLD.press(&mut model, &[Key::End, Key::Down]);
    assert_eq!(chosen(&model), "s-0000501");
    WORLD.press(&mut model, &[Key::Up]);
    assert_eq!(chosen(&model), "s-0000500");
    WORLD.press(&mut model, &[Key::End, Key::PageDown, Key::End, Key::PageDown, Key::End, Key::Down, Key::PageDown]);
    assert_eq!(chosen(&model), "s-0001234");
}

#[test]
fn keys_in_a_row_do_not_run_over_a_page_that_is_still_awaited() {
    let mut model = WORLD.viewer((80, 24));
    for key in [Key::End, Key::Down, Key::Down, Key::Down, Key::Up] {
        model.key(key);
    }
    WORLD.answer(&mut model);
    assert_eq!(chosen(&model), "s-0000501");
}

#[test]
fn who_types_ahead_gets_there_as_well() {
    let mut model = Model::new(WORLD.head(), (80, 24));
    for key in [Key::Enter, Key::Enter] {
        model.key(key);
    }
    WORLD.answer(&mut model);
    let ViewerPage::Events(page) = model.page() else { panic!() };
    assert_eq!(page.stream.as_ref().unwrap().as_str(), "s-0000001");
    let mut model = WORLD.viewer((80, 24));
    for key in "/s-00012".chars().map(Key::Char).chain([Key::Enter, Key::Enter]) {
        model.key(key);
    }
    // Not the stream that is still visible.
    assert!(matches!(model.page(), ViewerPage::Streams(_)));
    WORLD.answer(&mut model);
    let ViewerPage::Events(page) = model.page() else { panic!() };
    assert_eq!(page.stream.as_ref().unwrap().as_str(), "s-0001200");
    let mut model = WORLD.viewer((80, 24));
    for key in [Key::Enter, Key::Enter] {
        model.key(key);
    }
    WORLD.answer(&mut model);
    assert_eq!(version(&model), (5, 5));
    // Another key cancels the opening.
    let mut model = WORLD.viewer((80, 24));
    for key in [Key::Enter, Key::Enter, Key::Up] {
        model.key(key);
    }
    WORLD.answer(&mut model);
    assert!(matches!(model.page(), ViewerPage::Events(_)));
}

#[test]
fn a_filter_is_asked_for_as_it_is_typed_and_an_older_answer_is_passed_over() {
    let mut model = WORLD.viewer((80, 24));
    for key in "/s-00012".chars().map(Key::Char) {
        model.key(key);
    }
    let older = PageRequest::Streams { prefix: "s-0001".into(), after: None };
    model.answer(&older, Ok(WORLD.reply(&older)));
    assert_eq!(model.wants(), Some(PageRequest::Streams { prefix: "s-00012".into(), after: None }));
    WORLD.answer(&mut model);
    assert_eq!(streams(&model).items.len(), 35);
    // While a filter is typed, letters are text.
    WORLD.press(&mut model, &[Key::Char('q'), Key::Char('?')]);
    assert!(!model.over() && model.help.is_none() && streams(&model).items.is_empty());
    WORLD.press(&mut model, &[Key::Backspace, Key::Backspace, Key::Enter, Key::Down]);
    assert_eq!(chosen(&model), "s-0001201");
    WORLD.press(&mut model, &[Key::Esc]);
    assert_eq!((streams(&model).items.len(), model.over()), (STREAMS_AT_ONCE, false));
}

#[test]
fn the_stream_that_is_chosen_stays_chosen_when_others_come_before_it() {
    let mut model = WORLD.viewer((80, 24));
    WORLD.press(&mut model, &[Key::Down, Key::Down]);
    let request = PageRequest::Streams { prefix: String::new(), after: None };
    let mut head = WORLD.head();
    head.position = head.position.next();
    model.head(Ok(head));
    assert_eq!(model.wants(), Some(request.clone()));
    let mut reply = WORLD.reply(&request);
    if let PageReply::Streams(page) = &mut reply {
        let mut new = page.items[0].clone();
        new.stream = "a-1".into();
        page.items.insert(0, new);
    }
    model.answer(&request, Ok(reply));
    assert_eq!(chosen(&model), "s-0000003");
}

#[test]
fn new_events_appear_and_a_cursor_at_the_end_follows() {
    let mut model = WORLD.viewer((80, 24));
    WORLD.press(&mut model, &[Key::Enter]);
    let place = |model: &Model| match model.page() {
        ViewerPage::Events(page) => (page.cursor.at + 1, page.last, page.follow),
        other => panic!("{other:?}"),
    };
    assert_eq!(place(&model), (5, 5, true));
    let grown = World { versions: 7, ..WORLD };
    model.head(Ok(grown.head()));
    grown.answer(&mut model);
    assert_eq!(place(&model), (7, 7, true));
    grown.press(&mut model, &[Key::Up]);
    let grown = World { versions: 9, ..WORLD };
    model.head(Ok(grown.head()));
    grown.answer(&mut model);
    assert_eq!(place(&model), (6, 9, false));
}

#[test]
fn a_million_events_are_seen_through_a_window() {
    let world = World { streams: 1, versions: 1_000_000, text: "" };
    let mut model = world.viewer((80, 24));
    world.press(&mut model, &[Key::Char('2'), Key::Home]);
    for _ in 0..300 {
        world.press(&mut model, &[Key::PageDown]);
        let ViewerPage::Events(page) = model.page() else { panic!() };
        let seen = page.cursor.top + 1..=page.cursor.top + 20;
        assert!(seen.clone().all(|place| page.line(place).is_some()), "{seen:?}");
        let (first, last) = (seen.start().saturating_sub(1000).max(1), seen.end() + 1000);
        let held = (first..=last).filter(|place| page.line(*place).is_some()).count();
        assert!(held <= 300, "{held}");
    }
    world.press(&mut model, &[Key::End, Key::Enter]);
    assert_eq!(version(&model), (1_000_000, 1_000_000));
}

#[test]
fn the_slider_goes_from_the_first_to_the_last_version_and_no_further() {
    let mut model = WORLD.viewer((80, 24));
    WORLD.press(&mut model, &[Key::Enter, Key::Enter]);
    assert_eq!(version(&model), (5, 5));
    for (key, expected) in [
        (Key::Left, 4),
        (Key::PageUp, 1),
        (Key::Left, 1),
        (Key::Right, 2),
        (Key::End, 5),
        (Key::Right, 5),
        (Key::Home, 1),
        (Key::PageDown, 5),
    ] {
        WORLD.press(&mut model, &[key]);
        assert_eq!(version(&model), (expected, 5), "{key:?}");
    }
    // A late answer is not shown as that of another version.
    model.key(Key::Left);
    let late = model.wants().unwrap();
    model.key(Key::Left);
    model.answer(&late, Ok(WORLD.reply(&late)));
    let ViewerPage::Version(page) = model.page() else { panic!() };
    assert!(page.current().is_none());
    assert!(matches!(model.wants(), Some(PageRequest::State(_, Version(3)))));
}

#[test]
fn at_the_end_the_slider_goes_on_with_the_stream() {
    let mut model = WORLD.viewer((80, 24));
    WORLD.press(&mut model, &[Key::Enter, Key::Enter, Key::End]);
    let grown = World { versions: 6, ..WORLD };
    model.head(Ok(grown.head()));
    grown.answer(&mut model);
    assert_eq!(version(&model), (6, 6));
    grown.press(&mut model, &[Key::Left]);
    let grown = World { versions: 8, ..WORLD };
    model.head(Ok(grown.head()));
    grown.answer(&mut model);
    assert_eq!(version(&model), (5, 8));
}

#[test]
fn an_error_is_shown_asked_about_again_later_and_forgotten_when_it_is_over() {
    let mut model = Model::new(WORLD.head(), (80, 24));
    let request = model.wants().unwrap();
    model.answer(&request, Err("gone".into()));
    assert_eq!((model.problem.as_deref(), model.wants()), (Some("gone"), None));
    model.head(Err("no server".into()));
    model.tick(false);
    assert_eq!((model.lost.as_deref(), model.wants()), (Some("no server"), Some(request)));
    WORLD.answer(&mut model);
    assert_eq!((model.problem.as_deref(), model.wants()), (None, None));
    model.head(Ok(WORLD.head()));
    assert!(model.lost.is_none() && model.wants().is_some(), "what is shown may be old");
}

#[test]
fn there_is_always_a_way_out() {
    let deep: [&[Key]; 4] = [&[], &[Key::Char('/')], &[Key::Char('?')], &[Key::Enter, Key::Enter]];
    for keys in deep {
        let mut model = WORLD.viewer((80, 24));
        WORLD.press(&mut model, keys);
        WORLD.press(&mut model, &[Key::Interrupt]);
        assert!(model.over(), "{keys:?}");
    }
    for keys in [&deep[0], &deep[2], &deep[3]] {
        let mut model = WORLD.viewer((80, 24));
        WORLD.press(&mut model, keys);
        WORLD.press(&mut model, &[Key::Char('q')]);
        assert!(model.over(), "{keys:?}");
    }
    let mut model = WORLD.viewer((80, 24));
    WORLD.press(&mut model, &[Key::Enter, Key::Enter, Key::Esc, Key::Esc]);
    assert!(!model.over());
    WORLD.press(&mut model, &[Key::Esc]);
    assert!(model.over());
}

#[test]
fn each_line_of_a_state_says_what_happened_to_it() {
    let change = |path: &str, before, after| Change { path: path.into(), before, after };
    let state = json!({"a": 1, "b/c": {"d": [1, 2]}, "new": {"x": true}, "same": [], "e": {}});
    let changes = [
        change("/a", Some(json!(0)), Some(json!(1))),
        change("/b~1c/d/1", None, Some(json!(2))),
        change("/new", None, Some(json!({"x": true}))),
        change("/e/gone", Some(json!("x")), None),
    ];
    let lines: Vec<String> = state_lines(&state, &changes)
        .into_iter()
        .map(|line| {
            let sign = match line.mark {
                Mark::Same => ' ',
                Mark::Added => '+',
                Mark::Changed => '~',
                Mark::Removed => '-',
            };
            format!("{sign}{}{}", line.text, line.was.map_or_else(String::new, |was| format!(" <{was}>")))
        })
        .collect();
    let expected = [
        " {",
        "~  \"a\": 1, <0>",
        "   \"b/c\": {",
        "     \"d\": [",
        "       1,",
        "+      2",
        "     ]",
        "   },",
        "+  \"new\": {",
        "+    \"x\": true",
        "+  },",
        "   \"same\": [],",
        "   \"e\": {",
        "-    \"gone\": \"x\"",
        "   }",
        " }",
    ];
    assert_eq!(lines, expected);
}
