//! What a command is given: the output, the store, who is asking, and the clock.

use std::ffi::OsString;
use std::fs;
use std::sync::Arc;
use std::sync::Once;
use std::time::Duration;

use clap::ArgMatches;
use etcetera::BaseStrategy;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::cli::args::Globals;
use crate::cli::commands::Command;
use crate::cli::config::ConfigFile;
use crate::cli::config::Effective;
use crate::cli::config::Typed;
use crate::cli::error::CliError;
use crate::cli::jq;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::output::Settings;
use crate::cli::output::check_log_variable;
use crate::cli::output::log_to_stderr;
use crate::cli::repeat::Repeat;
use crate::cli::when::When;
use crate::cli::when::parse_time;
use crate::cli::write_record::Effect;
use crate::cli::write_record::WriteRecord;
use crate::event::Timestamp;
use crate::event::Version;
use crate::event::new_id;
use crate::ops::replay::PointInTime;
use crate::runtime::Clock;
use crate::runtime::CommandBus;
use crate::runtime::QueryBus;
use crate::runtime::SnapshotPolicy;
use crate::runtime::system_clock;
use crate::store;
use crate::store::Observer;
use crate::store::OpenOptions;
use crate::store::Store;
use crate::store::StoreError;
use crate::store::StoreUrl;
use crate::store::Warn;
use crate::store::no_store_is_empty;

/// What a command is given.
pub struct App {
    /// Where results, notes and questions go.
    pub out: Arc<Output>,
    /// The flags every command has.
    pub globals: Globals,
    /// The configuration file.
    pub config: ConfigFile,
    /// The settings of flags and environment alone.
    pub typed: Typed,
    /// What this run writes, and the command that repeats it.
    pub record: Arc<WriteRecord>,
    /// True where appends are recorded: not those to a store that is only made for this run.
    is_recorded: bool,
    effective: Effective,
    clock: Clock,
    warn: Warn,
}

impl App {
    /// How long any one answer may take, unless told.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

    /// Works out what was asked for from flags, environment and configuration, in this order.
    ///
    /// # Errors
    /// A broken configuration file, or a context that is not there; with how to print it.
    pub fn new(
        globals: Globals,
        matches: &ArgMatches,
        arguments: &[OsString],
        asked: &Command,
    ) -> Result<Self, (Settings, CliError)> {
        let settings = |format| Settings::detect(format, globals.no_color, globals.quiet, globals.verbose);
        let failed = |error| (settings(globals.output.unwrap_or(Format::Table)), error);
        let typed = Typed::new(&globals, matches);
        let command = matches.subcommand_name();
        // These must work when nothing else does.
        let config = match command {
            Some("help" | "completions" | "man") => ConfigFile::default(),
            _ => ConfigFile::load().map_err(failed)?,
        };
        let effective = match Effective::new(&typed, &config) {
            // What is wrong with the contexts is put right by their own commands.
            Err(_) if matches!(command, Some("context" | "help" | "completions" | "man")) => {
                Effective::new(&typed.in_no_context(), &ConfigFile::default())
            }
            effective => effective,
        };
        let effective = effective.map_err(failed)?;
        check_log_variable().map_err(failed)?;
        // A server says itself how its log is written.
        if command != Some("serve") {
            log_to_stderr(globals.verbose);
        }
        let out = Arc::new(Output::new(settings(effective.output.value)));
        config.warnings.iter().for_each(|warning| out.warn(warning));
        let store = if asked.opens_the_store() { effective.store_words(&typed) } else { Vec::new() };
        let effect = asked.effect();
        let record = Arc::new(WriteRecord::new(effect, Repeat::new(arguments, store)));
        let is_recorded = effect != Effect::Reads && asked.opens_the_store();
        let warn = warn_once(Arc::clone(&out), command == Some("serve"));
        Ok(Self { out, globals, config, typed, record, is_recorded, effective, clock: system_clock(), warn })
    }

    /// The store that was asked for. Nothing is touched yet.
    ///
    /// # Errors
    /// A URL that names no store (2).
    pub fn store(&self) -> Result<Store, CliError> {
        self.open(&self.store_url()?)
    }

    /// The store that was asked for, to write to: the folder of the embedded one is made.
    ///
    /// # Errors
    /// As [`App::store`]; the folder cannot be made (6).
    pub fn store_to_write(&self) -> Result<Store, CliError> {
        let url = self.store_url()?;
        if let (None, StoreUrl::SqliteFile(path)) = (&self.effective.store, &url)
            && let Some(folder) = path.parent()
            && let Err(error) = fs::create_dir_all(folder)
        {
            let message = format!("cannot make the folder {}", folder.display());
            return Err(CliError::unavailable(message).hint("pass --store sqlite:PATH").caused_by(&error));
        }
        self.open(&url)
    }

    /// The URL of the store that was asked for.
    ///
    /// # Errors
    /// A URL that names no store (2), or the user has no home (6).
    pub fn store_url(&self) -> Result<StoreUrl, CliError> {
        url_of(&self.effective)
    }

    /// The store that was named by a flag, the environment or a context; `None`: none was.
    ///
    /// # Errors
    /// A URL that names no store (2).
    pub fn named_store(&self) -> Result<Option<StoreUrl>, CliError> {
        Ok(self.effective.store.as_ref().map(|url| url.value.parse()).transpose()?)
    }

    /// The store that was named for this very command, by a flag or in the environment; not that of the current context.
    ///
    /// # Errors
    /// A URL that names no store (2).
    pub fn typed_store(&self) -> Result<Option<StoreUrl>, CliError> {
        Ok(if self.typed.names_a_store() { self.named_store()? } else { None })
    }

    /// The store that a command line asks for. Nothing is said, whatever the configuration file is like.
    ///
    /// # Errors
    /// As [`App::new`] and [`App::store`].
    pub(super) fn store_url_of(globals: &Globals, matches: &ArgMatches) -> Result<StoreUrl, CliError> {
        url_of(&Effective::new(&Typed::new(globals, matches), &ConfigFile::load()?)?)
    }

    /// The embedded store of this user.
    ///
    /// # Errors
    /// The user has no home (6).
    pub fn default_store() -> Result<StoreUrl, CliError> {
        let no_home = |error| {
            CliError::unavailable("the user's data folder cannot be found").hint("pass --store sqlite:PATH").caused_by(&error)
        };
        let folder = etcetera::choose_base_strategy().map_err(no_home)?.data_dir();
        Ok(StoreUrl::SqliteFile(folder.join("esctl").join("esctl.db")))
    }

    /// A store by its URL.
    ///
    /// # Errors
    /// A URL that names no store (2).
    pub fn open(&self, url: &StoreUrl) -> Result<Store, CliError> {
        tracing::info!(store = %url, timeout = ?self.timeout(), client = self.client(), "opening");
        let store = store::open(url, self.open_options())?;
        Ok(if self.is_recorded { store.observed_by(Arc::clone(&self.record) as Arc<dyn Observer>) } else { store })
    }

    /// Returns how stores are opened.
    pub fn open_options(&self) -> OpenOptions {
        let Globals { accept_clock, accept_server, .. } = self.globals;
        let warn = Arc::clone(&self.warn);
        OpenOptions { accept_clock, accept_server, warn, ..OpenOptions::new(self.timeout()).with_io() }
    }

    /// How long any one answer of the store may take.
    pub fn timeout(&self) -> Duration {
        self.effective.timeout.as_ref().map_or(Self::DEFAULT_TIMEOUT, |timeout| timeout.value)
    }

    /// A bus for commands to a store.
    pub fn command_bus(&self, store: &Store, snapshot_every: Option<u64>) -> CommandBus {
        CommandBus::new(store.clone(), self.clock(), self.snapshot_policy(snapshot_every))
    }

    /// What was asked for on the command line counts for every category; else what the configuration file says.
    fn snapshot_policy(&self, asked: Option<u64>) -> SnapshotPolicy {
        let configured = &self.effective.snapshots;
        if let Some(every) = asked {
            return SnapshotPolicy::every(every);
        }
        let policy = configured.every.map_or_else(SnapshotPolicy::default, SnapshotPolicy::every);
        configured.categories.iter().fold(policy, |policy, (category, every)| policy.with_category(category, *every))
    }

    /// A bus for queries to a store, with the projections that the store keeps as well.
    ///
    /// # Errors
    /// As the store says.
    pub async fn all_queries(&self, store: &Store) -> Result<QueryBus, CliError> {
        // Programs of the store's want the same care as those of an argument.
        jq::watch(self.out.settings());
        Ok(QueryBus::open(store.clone(), self.clock()).await?)
    }

    /// A bus for queries to the read models of domains.
    pub fn query_bus(&self, store: &Store) -> QueryBus {
        QueryBus::new(store.clone(), self.clock())
    }

    /// The clock.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// This moment.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Who is asking.
    pub fn client(&self) -> String {
        self.effective.client.as_ref().map_or_else(Self::default_client, |client| client.value.clone())
    }

    /// The user of this system.
    pub fn default_client() -> String {
        whoami::username().unwrap_or_else(|_| "unknown".into())
    }

    /// Returns an idempotency key for this run: the one that was typed, or a new one. The command that repeats this run
    /// has it, with the client that its events name.
    pub fn idempotency_key(&self, typed: Option<&str>) -> String {
        let key = typed.map_or_else(|| new_id().to_string(), str::to_owned);
        self.record.repeat.fix("--idempotency-key", &*key);
        self.record.repeat.fix("--client", self.client());
        key
    }

    /// Returns a moment that was typed, with a note where something was assumed.
    ///
    /// # Errors
    /// Not a time (2).
    pub fn moment(&self, text: &str) -> Result<Timestamp, CliError> {
        Ok(self.when(text)?.at)
    }

    /// Returns the end of what `--at` asks for: `now` is the head, shown as of this moment.
    ///
    /// # Errors
    /// Not a time (2).
    pub fn until(&self, text: &str) -> Result<PointInTime, CliError> {
        let when = self.when(text)?;
        Ok(if when.is_now { PointInTime::Head } else { PointInTime::Time(when.at) })
    }

    fn when(&self, text: &str) -> Result<When, CliError> {
        let when: When = parse_time(text, self.now(), &TimeZone::system())?;
        if let Some(note) = when.note() {
            self.out.note(&note);
        }
        Ok(when)
    }

    /// Warns that the store became unavailable while it is followed; said once for each outage.
    pub fn warn_unavailable(&self, error: &StoreError) {
        self.out.warn(&format!("store unavailable, trying again: {error}"));
    }

    /// Notes that the store is available again.
    pub fn note_available(&self) {
        self.out.warn("store available again; nothing was missed");
    }

    /// Warns about quarantined events that an answer leaves out.
    pub fn warn_left_out(&self, left_out: &[Uuid]) {
        let shown: Vec<String> = left_out.iter().take(3).map(Uuid::to_string).collect();
        let more = if left_out.len() > shown.len() { ", …" } else { "" };
        let ids = format!("{}{more}; 'esctl quarantine list' shows why", shown.join(", "));
        match left_out.len() {
            0 => {}
            1 => self.out.warn(&format!("1 quarantined event is left out: {ids}")),
            count => self.out.warn(&format!("{count} quarantined events are left out: {ids}")),
        }
    }

    /// Warns about the quarantined events of a stream, which an answer made of its events leaves out.
    ///
    /// # Errors
    /// As the store says.
    pub async fn warn_quarantined(&self, store: &Store, stream: &str) -> Result<(), CliError> {
        let quarantine = no_store_is_empty(store.quarantine().await)?;
        self.warn_left_out(&quarantine.of_stream(stream, Version(u64::MAX)));
        Ok(())
    }

    /// Says so when the clock of this machine is behind the last event of the store.
    pub fn warn_clock_behind(&self, micros: u64) {
        // Two appends within one tick of the clock are no news.
        if micros > 1_000_000 {
            let behind = Duration::from_micros(micros);
            self.out.warn(&format!("the clock is {behind:.0?} behind the last event; the time recorded goes on from that event"));
        }
    }
}

/// Returns the receiver of the warnings of stores: the first one is shown, however many stores are opened. A server has a log.
fn warn_once(out: Arc<Output>, to_log: bool) -> Warn {
    let once = Once::new();
    Arc::new(move |text| once.call_once(|| if to_log { tracing::warn!("{text}") } else { out.warn(text) }))
}

fn url_of(effective: &Effective) -> Result<StoreUrl, CliError> {
    match &effective.store {
        Some(url) => Ok(url.value.parse()?),
        None => App::default_store(),
    }
}
