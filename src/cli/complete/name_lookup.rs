//! Looks up names on a thread of its own, within a time limit.

use std::ffi::OsString;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use clap::FromArgMatches;

use crate::cli::app::App;
use crate::cli::complete::command_line::typed_options;
use crate::cli::config::ConfigFile;
use crate::cli::globals::Globals;
use crate::cli::globals::without_empty_variables;
use crate::cli::layout_choice::layout_choice;
use crate::cli::name_source::NameSource;
use crate::event::is_unsafe;
use crate::ops::Reducer;
use crate::ops::layouts::list_layouts;
use crate::ops::names::NameKind;
use crate::ops::names::names;
use crate::runtime::QueryBus;
use crate::runtime::system_clock;
use crate::store;
use crate::store::StoreUrl;
use crate::store::layout_store::open_with_layout;

/// The maximum number of names that are offered.
const MOST: usize = 200;

/// The maximum length of a name that is offered, in bytes.
const LONGEST: usize = 200;

/// Looks up names for a completion.
#[derive(Debug)]
pub(super) struct NameLookup {
    words: Vec<String>,
    /// True if the shell quotes names.
    quoted: bool,
    deadline: Instant,
    definition: fn() -> clap::Command,
}

impl NameLookup {
    /// Returns the lookup for a command line as far as it is typed.
    pub(super) fn new(words: Vec<String>, quoted: bool, deadline: Instant, definition: fn() -> clap::Command) -> Self {
        Self { words, quoted, deadline, definition }
    }

    /// Returns the names that begin with the typed text; none if they cannot be found in time.
    pub(super) fn names(&self, from: NameSource, typed: &str) -> Vec<String> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let (words, prefix) = (self.words.clone(), typed.to_owned());
        let (left, definition) = (self.left(), self.definition);
        let ask = move || {
            // The receiver may have given up.
            let _ = sender.send(find(definition, &words, from, &prefix, left));
        };
        if thread::Builder::new().name("names".into()).spawn(ask).is_err() {
            return Vec::new();
        }
        let found = receiver.recv_timeout(self.left()).ok().flatten().unwrap_or_default();
        found.into_iter().filter(|name| name.starts_with(typed) && self.may_be_offered(name)).collect()
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Returns false for a name that would be read as an option or could act on a terminal.
    fn may_be_offered(&self, name: &str) -> bool {
        let plain = |c: char| c.is_alphanumeric() || "-_.:/@+,".contains(c);
        name.len() <= LONGEST
            && !name.starts_with('-')
            && !name.chars().any(is_unsafe)
            && (self.quoted || name.chars().all(plain))
    }
}

fn find(
    definition: fn() -> clap::Command,
    words: &[String],
    from: NameSource,
    prefix: &str,
    left: Duration,
) -> Option<Vec<String>> {
    match from {
        NameSource::Contexts => Some(ConfigFile::load().ok()?.contexts.into_iter().map(|context| context.name).collect()),
        NameSource::Reducers => Some(Reducer::names().into_iter().map(str::to_owned).collect()),
        NameSource::Layouts => list_layouts().ok().map(|all| all.into_iter().map(|layout| layout.name.to_owned()).collect()),
        NameSource::Store(what) => {
            let (url, layout) = store_of(definition, words)?;
            of_store(&url, layout.as_deref(), what, prefix, left)
        }
    }
}

/// Returns the URL of the store that the command would use, and the layout with which it would read it.
fn store_of(definition: fn() -> clap::Command, words: &[String]) -> Option<(StoreUrl, Option<String>)> {
    let mut line: Vec<OsString> = vec!["esctl".into()];
    line.extend(typed_options(words, &["--store", "--context", "--layout"]).into_iter().map(OsString::from));
    // Any command; it is not run.
    line.push("stats".into());
    let matches = without_empty_variables(definition()).try_get_matches_from(line).ok()?;
    App::store_url_of(&Globals::from_arg_matches(&matches).ok()?, &matches).ok()
}

fn of_store(url: &StoreUrl, layout: Option<&str>, what: NameKind, prefix: &str, left: Duration) -> Option<Vec<String>> {
    if *url == StoreUrl::SqliteMemory || left.is_zero() {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let store = match layout {
            Some(layout) => open_with_layout(url, layout_choice(layout, left).ok()?, left).ok()?,
            None => store::open(url, left).ok()?,
        };
        let queries = match layout {
            // The store of another program keeps no projections.
            Some(_) => QueryBus::new(store.clone(), system_clock()),
            None => QueryBus::open(store.clone(), system_clock()).await.ok()?,
        };
        names(&store, &queries, what, prefix, MOST).await.ok()
    })
}
