//! The list of streams: in the order of their names, filtered by category and prefix, in pages.

use esctl::event::ExpectedVersion;
use esctl::event::category_of;
use esctl::store::Store;
use esctl::store::StoreError;
use esctl::store::StreamQuery;

use crate::assert_fails;
use crate::conformance::kit::Subject;
use crate::conformance::kit::events;
use crate::conformance::kit::put;
use crate::conformance::kit::request;
use crate::conformance::kit::streams;
use crate::conformance::kit::whole;

const NAMES: [&str; 20] = [
    "a",
    "a-",
    "a-1",
    "a-1-2",
    "a-é",
    "a!x",
    "a!x-1",
    "a b-1",
    "a.b-1",
    "a.b",
    "a/b",
    "aa-1",
    "b-1",
    "-x",
    "A-1",
    "a-😀",
    "é-1",
    "\u{ff41}",
    "\u{10ffff}",
    "a-\u{10ffff}\u{10ffff}",
];

async fn filled<S: Subject>(subject: &S) -> Store {
    let store = subject.store();
    for name in NAMES {
        put(&store, name, 2).await;
    }
    store
}

async fn names(store: &Store, query: StreamQuery) -> Vec<String> {
    store.streams(query).await.unwrap().into_iter().map(|info| info.stream).collect()
}

fn wanted(category: Option<&str>, prefix: Option<&str>, after: Option<&str>, limit: usize) -> Vec<String> {
    let mut names: Vec<&str> = NAMES.to_vec();
    names.sort_unstable();
    let fits = |name: &&str| {
        category.is_none_or(|category| category == category_of(name))
            && prefix.is_none_or(|prefix| name.starts_with(prefix))
            && after.is_none_or(|after| *name > after)
    };
    names.into_iter().filter(fits).take(limit).map(str::to_owned).collect()
}

pub async fn category_prefix_after_and_limit_choose_exactly_what_they_say<S: Subject>(subject: S) {
    let store = filled(&subject).await;
    let categories = [None, Some("a"), Some("a!x"), Some("a.b"), Some("a b"), Some("aa"), Some(""), Some("é"), Some("none")];
    let prefixes = [None, Some(""), Some("a"), Some("a-"), Some("a-1"), Some("a!"), Some("é"), Some("zzz"), Some("a%")];
    let afters = [None, Some(""), Some("a"), Some("a-1"), Some("a-1x"), Some("é"), Some("\u{10fff0}")];
    for category in categories {
        for prefix in prefixes {
            for after in afters {
                for limit in [0, 1, 2, 3, usize::MAX] {
                    let owned = |text: Option<&str>| text.map(str::to_owned);
                    let query =
                        StreamQuery { category: owned(category), prefix: owned(prefix), after: owned(after), token: None, limit };
                    let found = names(&store, query.clone()).await;
                    assert_eq!(found, wanted(category, prefix, after, limit), "{query:?}");
                }
            }
        }
    }
}

pub async fn each_stream_is_listed_with_its_category_version_and_last_event<S: Subject>(subject: S) {
    let store = filled(&subject).await;
    put(&store, "a-1", 3).await;
    let there = whole(&store).await;
    for info in streams(&store).await {
        let last = there.iter().rfind(|event| event.stream == info.stream).unwrap();
        assert_eq!(info.category, category_of(&info.stream));
        assert_eq!((info.version, info.last_position, info.last_recorded_at), (last.version, last.position, last.recorded_at));
    }
}

pub async fn pages_of_any_size_together_are_the_whole_list<S: Subject>(subject: S) {
    let store = subject.store();
    let many = (0..2500).map(|n| request(&format!("thing-{n:04}"), ExpectedVersion::Any, events(1)));
    for outcome in store.append_together(many.collect()).await.unwrap() {
        outcome.unwrap();
    }
    for category in [None, Some("thing".to_owned())] {
        for limit in [7, 999, 1000, 1001, 2500, 9999] {
            let mut found: Vec<String> = Vec::new();
            loop {
                let query =
                    StreamQuery { category: category.clone(), after: found.last().cloned(), limit, ..StreamQuery::default() };
                let page = names(&store, query).await;
                assert!(page.len() <= limit);
                if page.is_empty() {
                    break;
                }
                found.extend(page);
            }
            assert_eq!(found, (0..2500).map(|n| format!("thing-{n:04}")).collect::<Vec<_>>(), "{limit}");
        }
    }
}

pub async fn names_that_only_begin_like_the_category_do_not_fill_its_page<S: Subject>(subject: S) {
    let store = subject.store();
    let many = (0..1500).map(|n| request(&format!("a!{n}"), ExpectedVersion::Any, events(1)));
    store.append_together(many.collect()).await.unwrap();
    put(&store, "a-1", 1).await;
    for limit in [1, 1000, usize::MAX] {
        let query = StreamQuery { category: Some("a".into()), limit, ..StreamQuery::default() };
        assert_eq!(names(&store, query).await, ["a-1"]);
    }
}

pub async fn to_a_reserved_stream_only_esctl_appends_and_it_is_read_like_any_other<S: Subject>(subject: S) {
    let store = subject.store();
    put(&store, "a-1", 1).await;
    let reserved = || request("$quarantine", ExpectedVersion::Any, events(2));
    assert_fails!(store.append(reserved()).await, StoreError::Invalid(message) if message.contains("reserved"));
    let both = vec![request("a-2", ExpectedVersion::Any, events(1)), reserved()];
    assert_fails!(store.append_together(both).await, StoreError::Invalid(_));
    assert_eq!(whole(&store).await.len(), 1);
    let appended = store.append_to_any(vec![reserved()]).await.unwrap().remove(0).unwrap();
    assert_eq!((appended.events[1].position.0, appended.events[1].version.0), (3, 2));
    let read: Vec<String> = whole(&store).await.into_iter().map(|event| event.stream).collect();
    assert_eq!(read, ["a-1", "$quarantine", "$quarantine"]);
    let listed = streams(&store).await;
    assert_eq!((listed[0].stream.as_str(), listed[0].version.0), ("$quarantine", 2));
    assert!(listed[0].name().unwrap().is_reserved());
}
