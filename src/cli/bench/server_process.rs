//! A server process for one benchmark, on a free port. It ends with the value.

use std::env;
use std::fs::File;
use std::io::Read;
use std::io::Seek;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::cli::app::App;
use crate::cli::bench::scratch::Scratch;
use crate::cli::error::CliError;

/// The interval between two checks for readiness.
const PAUSE: Duration = Duration::from_millis(20);
/// The number of clients that the server accepts besides those of the fan-out.
const OTHER_CLIENTS: usize = 1000;

/// A server process.
pub(super) struct ServerProcess {
    child: Child,
    address: SocketAddr,
    /// The file for its stderr.
    log: File,
    /// An empty configuration folder.
    _nothing: TempDir,
}

impl ServerProcess {
    /// Starts a server on the scratch store, and waits until it is ready.
    pub(super) async fn start(app: &App, scratch: &Scratch<'_>, clients: usize) -> Result<Self, CliError> {
        let failed = |error: std::io::Error| CliError::unavailable("cannot start a server").caused_by(&error);
        let address = free_address().map_err(failed)?;
        let (log, nothing) = (tempfile::tempfile().map_err(failed)?, tempfile::tempdir().map_err(failed)?);
        let mut command = Command::new(env::current_exe().map_err(failed)?);
        command.args(["serve", "--listen", &address.to_string(), "--rate-limit", "0"]);
        command.args(["--max-clients", &(clients + OTHER_CLIENTS).to_string()]);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ESCTL_")) {
            command.env_remove(name);
        }
        // The URL is not an argument, because it may hold a password.
        command.env("ESCTL_STORE", scratch.url_with_secrets());
        command.env("ESCTL_LOG", "esctl=warn").env("XDG_CONFIG_HOME", nothing.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.try_clone().map_err(failed)?);
        let child = command.spawn().map_err(failed)?;
        let mut server = Self { child, address, log, _nothing: nothing };
        server.until_ready(app.timeout()).await?;
        Ok(server)
    }

    /// Returns the address that the server listens on.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the id of the process.
    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    async fn until_ready(&mut self, timeout: Duration) -> Result<(), CliError> {
        let ready = async {
            while !is_ready(self.address).await {
                if let Ok(Some(_)) = self.child.try_wait() {
                    return false;
                }
                tokio::time::sleep(PAUSE).await;
            }
            true
        };
        if tokio::time::timeout(timeout, ready).await == Ok(true) {
            return Ok(());
        }
        let mut log = String::new();
        let _ = self.log.rewind().and_then(|()| self.log.read_to_string(&mut log));
        let message = format!("the server did not become ready: {}", log.trim());
        Err(CliError::unavailable(message))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Its store is removed next, so there is no need for a clean shutdown.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

async fn is_ready(address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(format!("GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await?;
        Ok::<_, std::io::Error>(status)
    };
    ask.await.is_ok_and(|status| status.ends_with(b" 200"))
}
