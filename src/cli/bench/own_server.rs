//! A server of this very program for one benchmark: a process of its own, on a port that is free, gone with the value.

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

/// Between two questions whether it is ready.
const PAUSE: Duration = Duration::from_millis(20);
/// Clients that it takes besides those that listen.
const OTHER_CLIENTS: usize = 1000;

/// A server.
pub(super) struct OwnServer {
    child: Child,
    address: SocketAddr,
    /// What it says goes here.
    log: File,
    /// Where it finds no configuration file.
    _nothing: TempDir,
}

impl OwnServer {
    /// Starts one on the scratch store, and waits until it is ready.
    pub(super) async fn start(app: &App, scratch: &Scratch<'_>, clients: usize) -> Result<Self, CliError> {
        let failed = |error: std::io::Error| CliError::unavailable("a server cannot be started").caused_by(&error);
        let address = free_address().map_err(failed)?;
        let (log, nothing) = (tempfile::tempfile().map_err(failed)?, tempfile::tempdir().map_err(failed)?);
        let mut command = Command::new(env::current_exe().map_err(failed)?);
        command.args(["serve", "--listen", &address.to_string(), "--rate-limit", "0"]);
        command.args(["--max-clients", &(clients + OTHER_CLIENTS).to_string()]);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ESCTL_")) {
            command.env_remove(name);
        }
        // Not as an argument: it may hold a password.
        command.env("ESCTL_STORE", scratch.url_with_secrets());
        command.env("ESCTL_LOG", "esctl=warn").env("XDG_CONFIG_HOME", nothing.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.try_clone().map_err(failed)?);
        let child = command.spawn().map_err(failed)?;
        let mut server = Self { child, address, log, _nothing: nothing };
        server.until_ready(app.timeout()).await?;
        Ok(server)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
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
        let mut said = String::new();
        let _ = self.log.rewind().and_then(|()| self.log.read_to_string(&mut said));
        let message = format!("the server did not become ready: {}", said.trim());
        Err(CliError::unavailable(message))
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Its store goes away: there is nothing to end in good order.
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
