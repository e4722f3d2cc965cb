//! The command `esctl bench serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use url::Url;
use uuid::Uuid;

use crate::cli::app::App;
use crate::cli::arg_values::limit;
use crate::cli::bench::scratch::Scratch;
use crate::cli::bench::scratch::ScratchArgs;
use crate::cli::bench::server_process::ServerProcess;
use crate::cli::bench::show_serve::show;
use crate::cli::error::CliError;
use crate::cli::input::InputSource;
use crate::cli::open_file_limit;
use crate::ops::bench::ServeBench;
use crate::ops::bench::Target;
use crate::ops::bench::bench_serve;

/// The number of open files besides the connections of clients.
const OTHER_FILES: u64 = 200;

/// Load a server: clients that listen, events for all of them, commands, and a slow client
///
/// The benchmark starts a server on a scratch store, and never touches the user's store.
#[derive(Debug, Args)]
pub struct BenchServeArgs {
    /// Number of clients that listen by WebSocket
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1000")]
    clients: usize,
    /// Number of streams; each client listens to one
    #[arg(long, value_name = "N", value_parser = limit, default_value = "100")]
    streams: usize,
    /// Number of events that reach clients in a second, all clients together
    #[arg(long, value_name = "N", value_parser = limit, default_value = "10000")]
    fan_out: usize,
    /// Number of commands in a second
    #[arg(long, value_name = "N", value_parser = limit, default_value = "1000")]
    rate: usize,
    /// Duration of each of the three parts, in seconds
    #[arg(long, value_name = "N", value_parser = limit, default_value = "10")]
    seconds: usize,
    /// URL of a running server: http://HOST:PORT. Resources named bench-… are created in its store and stay there
    #[arg(long, value_name = "URL", conflicts_with = "dir")]
    url: Option<Url>,
    /// File with a token that may read and write, for a server that checks tokens
    #[arg(long, value_name = "FILE", requires = "url")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    scratch: ScratchArgs,
}

impl BenchServeArgs {
    pub(super) async fn run(self, app: &App) -> Result<(), CliError> {
        let wanted = self.clients as u64 + OTHER_FILES;
        let allowed = open_file_limit::allow(wanted);
        if allowed < wanted {
            let message = format!("{} clients need {wanted} open files; this system allows {allowed}", self.clients);
            return Err(CliError::usage(message).hint("raise the limit with 'ulimit -n', or pass a smaller --clients"));
        }
        match &self.url {
            Some(url) => {
                let (address, host) = place_of(url).await?;
                let target = Target { address, host, token: self.token()?, process: None };
                self.measure(app, &target, redacted(url)).await
            }
            None => {
                let scratch = Scratch::make(app, &self.scratch)?;
                // The server must end before its store.
                let server = ServerProcess::start(app, &scratch, self.clients).await?;
                let address = server.address();
                let target = Target { address, host: address.to_string(), token: None, process: Some(server.process()) };
                self.measure(app, &target, format!("{} (removed)", scratch.name())).await
            }
        }
    }

    async fn measure(&self, app: &App, target: &Target, store: String) -> Result<(), CliError> {
        let input = ServeBench {
            clients: self.clients,
            streams: self.streams.min(self.clients),
            fan_out: self.fan_out as u64,
            rate: self.rate as u64,
            seconds: self.seconds as u64,
            name: Uuid::new_v4().simple().to_string()[..8].to_owned(),
        };
        let bar = app.out.progress(Some(input.seconds * ServeBench::PARTS), "seconds");
        let mut report = bench_serve(target, &input, &mut |more| bar.advance(more)).await?;
        bar.finish();
        report.store = store;
        show(app, &report)
    }

    fn token(&self) -> Result<Option<String>, CliError> {
        let Some(path) = &self.token_file else { return Ok(None) };
        let text = InputSource::File(&path.to_string_lossy()).read_text(MAX_TOKEN_BYTES)?;
        Ok(Some(text.trim().to_owned()))
    }
}

/// The size limit of a file with a token.
const MAX_TOKEN_BYTES: usize = 64 << 10;

/// Returns the first address of a server, and its name in requests.
async fn place_of(url: &Url) -> Result<(SocketAddr, String), CliError> {
    let refused = || {
        CliError::usage("expected a server like http://HOST:PORT")
            .hint("name the port behind the proxy: the benchmark does not measure TLS")
    };
    if url.scheme() != "http" {
        return Err(refused());
    }
    let host = url.host_str().ok_or_else(refused)?.to_owned();
    let port = url.port_or_known_default().ok_or_else(refused)?;
    let place = format!("{host}:{port}");
    let unknown = |error| CliError::unavailable(format!("cannot find host {host}")).caused_by(&error);
    let address = tokio::net::lookup_host(&place).await.map_err(unknown)?.next().ok_or_else(refused)?;
    Ok((address, place))
}

fn redacted(url: &Url) -> String {
    crate::store::redact_url(url.as_str())
}
