//! The context of a command: output, store, client and clock.

use std::ffi::OsString;
use std::fs;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Once;
use std::time::Duration;

use clap::ArgMatches;
use etcetera::BaseStrategy;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::cli::config::ConfigFile;
use crate::cli::config::Effective;
use crate::cli::config::TypedSettings;
use crate::cli::error::CliError;
use crate::cli::globals::Globals;
use crate::cli::jq;
use crate::cli::layout_choice::layout_choice;
use crate::cli::output::Format;
use crate::cli::output::Output;
use crate::cli::output::OutputSettings;
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
use crate::store::layout_store::open_with_layout;
use crate::store::no_store_is_empty;

/// A function that runs a command line with an output of its own, and returns its exit code.
pub type RunInside = fn(Vec<OsString>, Arc<Output>) -> Pin<Box<dyn Future<Output = u8>>>;

/// The command line of a run, as far as the context of its command depends on it.
pub(super) struct Invocation<'a> {
    /// The flags that every command has.
    pub globals: Globals,
    /// The arguments as clap matched them.
    pub matches: &'a ArgMatches,
    /// The arguments as typed, the name of the program first.
    pub arguments: &'a [OsString],
    /// Returns the definition of the command line.
    pub definition: fn() -> clap::Command,
    /// Runs a command line inside the command.
    pub run_inside: RunInside,
    /// The effect of the command.
    pub effect: Effect,
    /// True if the command opens the named store.
    pub opens_the_store: bool,
}

/// The context of a command: output, configuration, store, client and clock.
pub struct App {
    /// The output for results, notes and questions.
    pub out: Arc<Output>,
    /// The flags that every command has.
    pub globals: Globals,
    /// The configuration file.
    pub config: ConfigFile,
    /// The settings from flags and environment alone.
    pub typed: TypedSettings,
    /// The record of the writes of this run, with the command that repeats it.
    pub record: Arc<WriteRecord>,
    /// Returns the definition of the command line.
    pub definition: fn() -> clap::Command,
    /// Runs a command line inside this one.
    pub run_inside: RunInside,
    /// True where appends are recorded. A store that is made for this run alone is not recorded.
    is_recorded: bool,
    effective: Effective,
    clock: Clock,
    warn: Warn,
}

impl App {
    /// The time for one answer of the store unless another one is configured.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

    /// Resolves settings from flags, environment and configuration file, in this order.
    ///
    /// # Errors
    /// The configuration file is broken, or the context does not exist. The settings that the error is printed with come along.
    pub(super) fn new(invocation: Invocation<'_>) -> Result<Self, Box<(OutputSettings, CliError)>> {
        let Invocation { globals, matches, .. } = &invocation;
        let settings = |format| OutputSettings {
            wide: globals.wide,
            zone: globals.local.then(TimeZone::system),
            ..OutputSettings::detect(format, globals.no_color, globals.quiet, globals.verbose)
        };
        let failed = |error| Box::new((settings(globals.output.unwrap_or(Format::Table)), error));
        let typed = TypedSettings::new(globals, matches);
        let command = matches.subcommand_name();
        // These commands must work with a broken configuration file.
        let config = match command {
            Some("help" | "completions" | "man") => ConfigFile::default(),
            _ => ConfigFile::load().map_err(failed)?,
        };
        let effective = match Effective::new(&typed, &config) {
            // The `context` commands repair the file.
            Err(_) if matches!(command, Some("context" | "help" | "completions" | "man")) => {
                Effective::new(&typed.in_no_context(), &ConfigFile::default())
            }
            effective => effective,
        };
        let effective = effective.map_err(failed)?;
        check_log_variable().map_err(failed)?;
        // A server configures its own log.
        if command != Some("serve") {
            log_to_stderr(globals.verbose);
        }
        let out = Arc::new(Output::new(settings(effective.output.value)));
        config.warnings.iter().for_each(|warning| out.warn(warning));
        Ok(Self::with_settings(invocation, typed, config, effective, out))
    }

    /// Returns the context of a command line that runs inside another command, with an output of its own. The configuration file
    /// and the context of the outer command do not apply.
    ///
    /// # Errors
    /// The settings are wrong (2).
    pub(super) fn inside(invocation: Invocation<'_>, out: Arc<Output>) -> Result<Self, CliError> {
        let typed = TypedSettings::new(&invocation.globals, invocation.matches).in_no_context();
        let config = ConfigFile::default();
        let effective = Effective::new(&typed, &config)?;
        Ok(Self::with_settings(invocation, typed, config, effective, out))
    }

    fn with_settings(
        invocation: Invocation<'_>,
        typed: TypedSettings,
        config: ConfigFile,
        effective: Effective,
        out: Arc<Output>,
    ) -> Self {
        let Invocation { globals, matches, arguments, definition, run_inside, effect, opens_the_store } = invocation;
        let store = if opens_the_store { effective.store_words(&typed) } else { Vec::new() };
        let record = Arc::new(WriteRecord::new(effect, Repeat::new(arguments, store, definition)));
        let is_recorded = effect != Effect::Reads && opens_the_store;
        let warn = warn_once(Arc::clone(&out), matches.subcommand_name() == Some("serve"));
        let clock = system_clock();
        Self { out, globals, config, typed, record, definition, run_inside, is_recorded, effective, clock, warn }
    }

    /// Returns the store that was asked for. Nothing is read or written yet.
    ///
    /// # Errors
    /// The URL names no store (2).
    pub fn store(&self) -> Result<Store, CliError> {
        let url = self.store_url()?;
        match self.layout() {
            Some(layout) => {
                tracing::info!(store = %url, layout, timeout = ?self.timeout(), "opening");
                Ok(open_with_layout(&url, layout_choice(layout, self.timeout())?, self.open_options())?)
            }
            None => self.open(&url),
        }
    }

    /// Returns the layout with which the store is read; `None` for a store of esctl.
    pub fn layout(&self) -> Option<&str> {
        self.effective.layout.as_ref().map(|layout| layout.value.as_str())
    }

    /// Returns the store that was asked for, for writing. Creates the folder of the embedded store.
    ///
    /// # Errors
    /// The URL names no store (2), or the folder cannot be created (6).
    pub fn store_to_write(&self) -> Result<Store, CliError> {
        let url = self.store_url()?;
        if let (None, StoreUrl::SqliteFile(path)) = (&self.effective.store, &url)
            && let Some(folder) = path.parent()
            && let Err(error) = fs::create_dir_all(folder)
        {
            let message = format!("cannot create the folder {}", folder.display());
            return Err(CliError::unavailable(message).hint("pass --store sqlite:PATH").caused_by(&error));
        }
        self.open(&url)
    }

    /// Returns the URL of the store that was asked for.
    ///
    /// # Errors
    /// The URL names no store (2), or the user has no home folder (6).
    pub fn store_url(&self) -> Result<StoreUrl, CliError> {
        url_of(&self.effective)
    }

    /// Returns the URL of the store that a flag, the environment or a context names; `None` if none is named.
    ///
    /// # Errors
    /// The URL names no store (2).
    pub fn named_store(&self) -> Result<Option<StoreUrl>, CliError> {
        Ok(self.effective.store.as_ref().map(|url| url.value.parse()).transpose()?)
    }

    /// Returns the URL of the store that a flag or the environment names; not that of the current context.
    ///
    /// # Errors
    /// The URL names no store (2).
    pub fn typed_store(&self) -> Result<Option<StoreUrl>, CliError> {
        Ok(if self.typed.names_a_store() { self.named_store()? } else { None })
    }

    /// Returns the URL and the layout of the store that a command line asks for. Prints nothing, even if the configuration file is
    /// broken.
    ///
    /// # Errors
    /// As [`App::new`] and [`App::store`].
    pub(super) fn store_url_of(globals: &Globals, matches: &ArgMatches) -> Result<(StoreUrl, Option<String>), CliError> {
        let effective = Effective::new(&TypedSettings::new(globals, matches), &ConfigFile::load()?)?;
        Ok((url_of(&effective)?, effective.layout.map(|layout| layout.value)))
    }

    /// Returns the URL of the embedded store of this user.
    ///
    /// # Errors
    /// The user has no home folder (6).
    pub fn default_store() -> Result<StoreUrl, CliError> {
        let no_home = |error| {
            CliError::unavailable("cannot find the user's data folder").hint("pass --store sqlite:PATH").caused_by(&error)
        };
        let folder = etcetera::choose_base_strategy().map_err(no_home)?.data_dir();
        Ok(StoreUrl::SqliteFile(folder.join("esctl").join("esctl.db")))
    }

    /// Returns the store with a URL.
    ///
    /// # Errors
    /// The URL names no store (2).
    pub fn open(&self, url: &StoreUrl) -> Result<Store, CliError> {
        tracing::info!(store = %url, timeout = ?self.timeout(), client = self.client(), "opening");
        let store = store::open(url, self.open_options())?;
        Ok(if self.is_recorded { store.observed_by(Arc::clone(&self.record) as Arc<dyn Observer>) } else { store })
    }

    /// Returns the store of esctl with a URL, which is only read.
    ///
    /// # Errors
    /// The URL names no store (2).
    pub fn open_to_read(&self, url: &StoreUrl) -> Result<Store, CliError> {
        Ok(store::open(url, self.open_options())?)
    }

    /// Returns the options that stores are opened with.
    pub fn open_options(&self) -> OpenOptions {
        let Globals { accept_clock, accept_server, .. } = self.globals;
        let warn = Arc::clone(&self.warn);
        OpenOptions { accept_clock, accept_server, warn, ..OpenOptions::new(self.timeout()).with_io() }
    }

    /// Returns the time for one answer of the store.
    pub fn timeout(&self) -> Duration {
        self.effective.timeout.as_ref().map_or(Self::DEFAULT_TIMEOUT, |timeout| timeout.value)
    }

    /// Returns a bus for commands to a store.
    pub fn command_bus(&self, store: &Store, snapshot_every: Option<u64>) -> CommandBus {
        CommandBus::new(store.clone(), self.clock(), self.snapshot_policy(snapshot_every))
    }

    /// Returns the snapshot policy. A number on the command line applies to every category; without one the configuration file
    /// applies.
    fn snapshot_policy(&self, asked: Option<u64>) -> SnapshotPolicy {
        let configured = &self.effective.snapshots;
        if let Some(every) = asked {
            return SnapshotPolicy::every(every);
        }
        let policy = configured.every.map_or_else(SnapshotPolicy::default, SnapshotPolicy::every);
        configured.categories.iter().fold(policy, |policy, (category, every)| policy.with_category(category, *every))
    }

    /// Returns a bus for queries to a store, including the projections that the store keeps.
    pub async fn all_queries(&self, store: &Store) -> Result<QueryBus, CliError> {
        // The jq programs of stored projections need the same limits as those of an argument.
        jq::watch(self.out.settings());
        Ok(QueryBus::open(store.clone(), self.clock()).await?)
    }

    /// Returns a bus for queries to the read models of domains.
    pub fn query_bus(&self, store: &Store) -> QueryBus {
        QueryBus::new(store.clone(), self.clock())
    }

    /// Returns the clock.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Returns the present time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Returns the client that is recorded with events.
    pub fn client(&self) -> String {
        self.effective.client.as_ref().map_or_else(Self::default_client, |client| client.value.clone())
    }

    /// Returns the name of the operating system's user.
    pub fn default_client() -> String {
        whoami::username().unwrap_or_else(|_| "unknown".into())
    }

    /// Returns an idempotency key for this run: the typed one, or a new one. The command that repeats this run gets the key and the
    /// client.
    pub fn idempotency_key(&self, typed: Option<&str>) -> String {
        let key = typed.map_or_else(|| new_id().to_string(), str::to_owned);
        self.record.repeat.fix("--idempotency-key", &*key);
        self.record.repeat.fix("--client", self.client());
        key
    }

    /// Returns a moment that was typed. Prints a note where something was assumed.
    ///
    /// # Errors
    /// The text is not a time (2).
    pub fn moment(&self, text: &str) -> Result<Timestamp, CliError> {
        Ok(self.when(text)?.at)
    }

    /// Returns the end that `--at` asks for. `now` is the head, shown as of the present time.
    ///
    /// # Errors
    /// The text is not a time (2).
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

    /// Warns that the store became unavailable while it is followed, once for each outage.
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
        let ids = format!("{}{more}; see 'esctl quarantine list'", shown.join(", "));
        match left_out.len() {
            0 => {}
            1 => self.out.warn(&format!("1 quarantined event is left out: {ids}")),
            count => self.out.warn(&format!("{count} quarantined events are left out: {ids}")),
        }
    }

    /// Warns about the quarantined events of a stream, which an answer made of its events leaves out.
    pub async fn warn_quarantined(&self, store: &Store, stream: &str) -> Result<(), CliError> {
        let quarantine = no_store_is_empty(store.quarantine().await)?;
        self.warn_left_out(&quarantine.of_stream(stream, Version(u64::MAX)));
        Ok(())
    }

    /// Warns if the clock of this machine is behind the last event of the store.
    pub fn warn_clock_behind(&self, micros: u64) {
        // Two appends within one tick of the clock are normal.
        if micros > 1_000_000 {
            let behind = Duration::from_micros(micros);
            self.out.warn(&format!("the clock is {behind:.0?} behind the last event; the time recorded goes on from that event"));
        }
    }
}

/// Returns the receiver for warnings of stores. It shows the first one only, however many stores are opened. A server logs it.
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
