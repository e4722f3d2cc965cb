//! A server of the test's own, which can be stopped, killed and started again.

// Several test programs share this file, and not all of them use all of it.
#![allow(dead_code)]

use std::net::TcpListener;
use std::net::TcpStream;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

/// A standalone mongod in a scratch folder, killed with the value.
pub struct Server {
    folder: TempDir,
    port: u16,
    options: Vec<&'static str>,
    process: Child,
}

fn mongod() -> String {
    let cache =
        std::env::var("XDG_CACHE_HOME").unwrap_or_else(|_| format!("{}/.cache", std::env::var("HOME").unwrap_or_default()));
    let fetched = format!("{cache}/esctl-tests/mongod");
    if std::path::Path::new(&fetched).exists() { fetched } else { "mongod".to_owned() }
}

fn start(folder: &TempDir, port: u16, options: &[&str]) -> Child {
    let port = port.to_string();
    let mut command = Command::new(mongod());
    command.args(["--port", &port, "--bind_ip", "127.0.0.1", "--wiredTigerCacheSizeGB", "0.25", "--dbpath"]).arg(folder.path());
    command.args(["--setParameter", "diagnosticDataCollectionEnabled=false"]).args(options);
    let process = command.stdout(Stdio::null()).spawn().expect("no mongod: tests/servers fetches one");
    while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
        std::thread::sleep(Duration::from_millis(50));
    }
    process
}

impl Server {
    pub fn start(options: &[&'static str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = start(&folder, port, options);
        Self { folder, port, options: options.to_vec(), process }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("mongodb://{}/?directConnection=true", self.address())
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.process = start(&self.folder, self.port, &self.options);
    }

    /// Lets it stand still, or go on: `STOP`, `CONT`.
    pub fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([format!("-{signal}"), id]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
