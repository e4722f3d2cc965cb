//! The command `esctl serve`.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::Args;
use secrecy::SecretSlice;
use secrecy::SecretString;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::config::ServeOptions;
use crate::cli::error::CliError;
use crate::cli::file_mode::open_to_others;
use crate::cli::input::unreadable;
use crate::cli::jq;
use crate::cli::open_file_limit;
use crate::cli::output::LogFormat;
use crate::cli::output::log_of_server_to_stderr;
use crate::cli::signals;
use crate::ops::projections::follow::RunnerIdentity;
use crate::server::Listening;
use crate::server::OriginError;
use crate::server::Server;
use crate::server::ServerEnd;
use crate::server::Settings;
use crate::server::StartError;
use crate::server::settings::TokenKey;
use crate::server::settings::TokenSettings;

/// The number of open files that the server asks the system for.
const MOST_FILES: u64 = 65_536;
/// The prefixes of the variables that decide who may use the server.
const GUARDS: [&str; 2] = ["ESCTL_JWT_", "ESCTL_ALLOW_"];

/// The size limit of a file with a key.
const MAX_KEY_BYTES: u64 = 64 << 10;

/// Serve clients over HTTP, WebSocket and SSE, with a dashboard
///
/// Clients send commands, the server decides, and clients receive the events. Several servers over one store behave as one. Every
/// flag has a variable ESCTL_… and a key in the table [serve] of the configuration file. The server stops at SIGTERM or Ctrl-C,
/// after it has finished the requests in progress. A second signal ends it at once.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    options: ServeOptions,
}

/// The output of the command once clients can connect.
#[derive(Serialize)]
struct ServerStarted {
    listening: String,
    store: String,
    tokens: bool,
}

impl ServeArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        check_variables(std::env::vars_os())?;
        let options = self.options.or(app.config.serve.clone());
        log_of_server_to_stderr(app.globals.verbose, options.log_format.unwrap_or(LogFormat::Text));
        // Each client is a connection, and each connection an open file.
        open_file_limit::allow(MOST_FILES);
        let settings = settings(options)?;
        let store = app.store_to_write()?;
        // The jq programs of stored projections need the same limits as those of an argument.
        jq::watch(app.out.settings());
        let server = Server::new(store.clone(), |store| app.command_bus(store, None), app.clock(), settings)?;
        server.prepare().await?;
        let listening = Listening::on(server.clone())?;
        let listening_on = format!("http://{}", listening.address());
        if !server.checks_tokens() {
            tracing::warn!(
                "without --jwt-secret-file or --jwt-public-key-file the server serves this machine only, and every user of it may do everything"
            );
        }
        let started = ServerStarted { listening: listening_on, store: store.place(), tokens: server.checks_tokens() };
        app.out.one(&started, |sheet| {
            sheet.field("listening on", started.listening.as_str());
            sheet.field("store", started.store.as_str());
        })?;
        let host = whoami::hostname().unwrap_or_else(|_| "unknown".into());
        let who = RunnerIdentity { host, pid: std::process::id(), by: app.client() };
        server.follow_projections(who);
        let on_signal = async {
            let _ = signals::interrupted().await;
            tracing::info!("stopping: finishing the requests in progress");
            server.stop();
            std::future::pending().await
        };
        let ended = tokio::select! {
            ended = listening.serve() => ended,
            never = on_signal => never,
        };
        match ended {
            ServerEnd::Drained => Ok(()),
            ServerEnd::Cut => {
                let error = CliError::terminated("stopped before all requests in progress were finished");
                Err(error.hint("pass a longer --shutdown-grace"))
            }
        }
    }
}

/// Refuses an unknown variable with a prefix of those that decide who may use the server. Otherwise the server would start without
/// it.
fn check_variables(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), CliError> {
    let known: Vec<String> = ServeOptions::names().iter().map(|name| format!("ESCTL_{}", name.to_uppercase())).collect();
    let set = variables.filter(|(_, value)| !value.is_empty()).filter_map(|(name, _)| name.into_string().ok());
    let mut guards = set.filter(|name| GUARDS.iter().any(|guard| name.starts_with(guard)));
    match guards.find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let guards = known.iter().map(String::as_str).filter(|known| GUARDS.iter().any(|guard| known.starts_with(guard)));
            let error = CliError::unsupported(format!("unknown variable {name} in the environment")).code("unknown_variable");
            Err(error.hint(format!("unset it, or use one of {}", guards.collect::<Vec<_>>().join(", "))))
        }
    }
}

fn settings(options: ServeOptions) -> Result<Settings, CliError> {
    let tokens = tokens(&options)?;
    let ServeOptions { listen, redis, allow_origin, max_clients, max_message_bytes, max_body_bytes, rate_limit, .. } = options;
    let usual = Settings::default();
    Ok(Settings {
        listen: listen.unwrap_or(usual.listen),
        redis: redis.map(SecretString::from),
        tokens,
        allow_origins: allow_origin.unwrap_or_default(),
        max_clients: max_clients.map_or(usual.max_clients, |clients| clients as usize),
        max_message_bytes: max_message_bytes.unwrap_or(usual.max_message_bytes),
        max_body_bytes: max_body_bytes.unwrap_or(usual.max_body_bytes),
        rate_limit: rate_limit.unwrap_or(usual.rate_limit),
        request_timeout: options.request_timeout.unwrap_or(usual.request_timeout),
        retry_for: options.retry_for.unwrap_or(usual.retry_for),
        header_timeout: options.header_timeout.unwrap_or(usual.header_timeout),
        shutdown_grace: options.shutdown_grace.unwrap_or(usual.shutdown_grace),
        client_patience: options.client_patience.unwrap_or(usual.client_patience),
        heartbeat: options.heartbeat.unwrap_or(usual.heartbeat),
        max_lag: options.max_lag.unwrap_or(usual.max_lag),
    })
}

fn tokens(options: &ServeOptions) -> Result<Option<TokenSettings>, CliError> {
    let ServeOptions { jwt_secret_file, jwt_public_key_file, jwt_audience, jwt_issuer, .. } = options;
    let key = match (jwt_secret_file, jwt_public_key_file) {
        (Some(_), Some(_)) => {
            return Err(CliError::usage("two keys for tokens: a secret and a public key")
                .hint("pass one of --jwt-secret-file and --jwt-public-key-file"));
        }
        (Some(path), None) => {
            if let Some(mode) = open_to_others(path) {
                let path = path.display();
                tracing::warn!("others may read {path} (mode {mode:03o}); chmod 600 {path}");
            }
            // A line ends with a newline, a secret does not.
            TokenKey::Secret(SecretSlice::from(read_key(path)?.trim_ascii_end().to_vec()))
        }
        (None, Some(path)) => TokenKey::PublicKey(read_key(path)?),
        (None, None) if jwt_audience.is_some() || jwt_issuer.is_some() => {
            let error = CliError::usage("no key to check tokens with");
            return Err(error.hint("pass --jwt-secret-file or --jwt-public-key-file"));
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(TokenSettings { key, audience: jwt_audience.clone(), issuer: jwt_issuer.clone() }))
}

fn read_key(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_KEY_BYTES).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(&path.display().to_string(), &error))?;
    Ok(bytes)
}

impl From<StartError> for CliError {
    fn from(error: StartError) -> Self {
        let message = error.to_string();
        match error {
            StartError::Key(_) => {
                CliError::usage(message).code("bad_key").hint("make a secret with: openssl rand -base64 48 > FILE")
            }
            StartError::OpenToAll(_) => {
                let hint = "pass --jwt-secret-file or --jwt-public-key-file, or listen on 127.0.0.1";
                CliError::usage(message).code("open_to_all").hint(hint)
            }
            StartError::Redis(_) => CliError::usage(message).code("bad_redis_url"),
            StartError::Origin(OriginError::AllWithoutKey) => {
                let hint = "pass --jwt-secret-file or --jwt-public-key-file, or name the origins";
                CliError::usage(message).code("open_to_all").hint(hint)
            }
            StartError::Origin(OriginError::Invalid(_)) => {
                CliError::usage(message).code("bad_origin").hint("write it like https://app.example")
            }
            StartError::Listen { source, .. } => match source.kind() {
                std::io::ErrorKind::PermissionDenied => CliError::not_allowed(message).caused_by(&source),
                _ => CliError::unavailable(message)
                    .code("cannot_listen")
                    .hint("pass another address with --listen")
                    .caused_by(&source),
            },
            StartError::Store(error) => error.into(),
        }
    }
}
