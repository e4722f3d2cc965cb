//! Asking for names, on a thread of its own: whoever has no answer in time goes on without.

use std::ffi::OsString;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use clap::FromArgMatches;

use crate::cli::app::App;
use crate::cli::args;
use crate::cli::args::Cli;
use crate::cli::complete::line::Quotes;
use crate::cli::complete::line::typed_options;
use crate::cli::complete::values::Source;
use crate::cli::config::ConfigFile;
use crate::event::is_unsafe;
use crate::ops::Reducer;
use crate::ops::names::NameKind;
use crate::ops::names::names;
use crate::runtime::QueryBus;
use crate::runtime::system_clock;
use crate::store;
use crate::store::StoreUrl;

/// More names than these help nobody.
const MOST: usize = 200;

/// The longest name that is offered, in bytes.
const LONGEST: usize = 200;

/// Whom to ask for names.
#[derive(Debug)]
pub(super) struct Asker {
    words: Vec<String>,
    quotes: Quotes,
    deadline: Instant,
}

impl Asker {
    /// For a command line as far as it is typed.
    pub(super) fn new(words: Vec<String>, quotes: Quotes, deadline: Instant) -> Self {
        Self { words, quotes, deadline }
    }

    /// The names that begin with what was typed; none where they cannot be had in time.
    pub(super) fn names(&self, from: Source, typed: &str) -> Vec<String> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let (words, prefix) = (self.words.clone(), typed.to_owned());
        let left = self.left();
        let ask = move || {
            // Whoever waited may have gone on.
            let _ = sender.send(find(&words, from, &prefix, left));
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

    /// A name that would be taken for an option, or that could do something to a terminal, is not.
    fn may_be_offered(&self, name: &str) -> bool {
        let plain = |c: char| c.is_alphanumeric() || "-_.:/@+,".contains(c);
        name.len() <= LONGEST
            && !name.starts_with('-')
            && !name.chars().any(is_unsafe)
            && (self.quotes == Quotes::ByTheShell || name.chars().all(plain))
    }
}

fn find(words: &[String], from: Source, prefix: &str, left: Duration) -> Option<Vec<String>> {
    match from {
        Source::Contexts => Some(ConfigFile::load().ok()?.contexts.into_iter().map(|context| context.name).collect()),
        Source::Reducers => Some(Reducer::names().into_iter().map(str::to_owned).collect()),
        Source::Store(what) => of_store(&store_of(words)?, what, prefix, left),
    }
}

/// The store that the command would have.
fn store_of(words: &[String]) -> Option<StoreUrl> {
    let mut line: Vec<OsString> = vec!["esctl".into()];
    line.extend(typed_options(words, &["--store", "--context"]).into_iter().map(OsString::from));
    // Any command; it is not run.
    line.push("stats".into());
    let matches = args::command_here().try_get_matches_from(line).ok()?;
    let cli = Cli::from_arg_matches(&matches).ok()?;
    App::store_url_of(&cli.globals, &matches).ok()
}

fn of_store(url: &StoreUrl, what: NameKind, prefix: &str, left: Duration) -> Option<Vec<String>> {
    if *url == StoreUrl::SqliteMemory || left.is_zero() {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let store = store::open(url, left).ok()?;
        let queries = QueryBus::open(store.clone(), system_clock()).await.ok()?;
        names(&store, &queries, what, prefix, MOST).await.ok()
    })
}
