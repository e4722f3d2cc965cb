//! A server of its own for each test: the real program on a free port, over a store of the backend under test.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use reqwest::Method;
use reqwest::RequestBuilder;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::common::backend::Backend;
use crate::common::backend::Place;
use crate::serve::token;

/// A server that runs. It is killed with this value, unless it was stopped before.
pub struct Served {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// The same without `http://`.
    pub address: SocketAddr,
    /// The place of its store.
    pub store: String,
    client: reqwest::Client,
    child: Child,
    log: Arc<Mutex<String>>,
    // The store is removed after the server.
    place: Option<Place>,
    dir: TempDir,
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Null where it is no JSON.
    pub json: Value,
    pub text: String,
}

impl Served {
    /// A server over a store of its own, ready.
    pub async fn start(on: Backend) -> Self {
        Self::with(on, &[]).await
    }

    /// The same with more arguments for `esctl serve`.
    pub async fn with(on: Backend, args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::fresh(on, dir.path(), "store");
        let url = place.url.clone();
        let command = command(&dir, &url, args);
        Self::run(dir, Some(place), &url, command).await
    }

    /// A server over a store that is somewhere already.
    pub async fn over(store: &str, args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let command = command(&dir, store, args);
        Self::run(dir, None, store, command).await
    }

    /// Another server over the store of this one.
    pub async fn beside(&self, args: &[&str]) -> Self {
        Self::over(&self.store, args).await
    }

    /// A server with a configuration file, and with more in its environment.
    pub async fn configured(config: &str, environment: &[(&str, &str)], args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::fresh(Backend::Sqlite, dir.path(), "store");
        let (url, file) = (place.url.clone(), dir.path().join("config.toml"));
        std::fs::write(&file, config).unwrap();
        let mut command = command(&dir, &url, args);
        command.env("ESCTL_CONFIG", file).envs(environment.iter().copied());
        Self::run(dir, Some(place), &url, command).await
    }

    async fn run(dir: TempDir, place: Option<Place>, store: &str, mut command: Command) -> Self {
        // For those that want a key.
        for (name, content) in [
            ("secret", format!("{}\n", token::SECRET)),
            ("rsa.pub.pem", token::RSA_PUBLIC.to_owned()),
            ("ed25519.pub.pem", token::ED25519_PUBLIC.to_owned()),
        ] {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut stderr = child.stderr.take().unwrap();
        let written = Arc::clone(&log);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut buffer) {
                written.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(started) = serde_json::from_str::<Value>(&line) else {
            let code = child.wait().unwrap();
            panic!("{code}: {line}{}", log.lock().unwrap());
        };
        let url = started["listening"].as_str().unwrap().to_owned();
        let address = url.trim_start_matches("http://").parse().unwrap();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let served = Self { url, address, store: store.to_owned(), client, child, log, place, dir };
        while served.get("/ready").await.status != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        served
    }

    /// A request that is still to be completed and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// The same with a token.
    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        answer(self.request(Method::GET, path).bearer_auth(token)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// The same with a token.
    pub async fn post_as(&self, token: &str, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).bearer_auth(token).json(body)).await
    }

    /// Sends a command.
    pub async fn command(&self, command: &str, id: &str, with: Value) -> Answer {
        self.post("/api/commands", &json!({"command": command, "id": id, "with": with})).await
    }

    /// Sends a command with a token.
    pub async fn command_as(&self, token: &str, command: &str, id: &str, with: Value) -> Answer {
        self.post_as(token, "/api/commands", &json!({"command": command, "id": id, "with": with})).await
    }

    /// Runs the command line on its store; the JSON it prints.
    pub fn esctl(&self, args: &[&str]) -> Value {
        let mut command = program(&self.dir);
        let output = command.args(["--store", &self.store, "-o", "json"]).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The place of its store, where that is its own.
    pub fn place(&self) -> &Place {
        self.place.as_ref().unwrap()
    }

    /// Returns its stderr so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end (SIGTERM).
    pub fn terminate(&self) {
        signal(self.pid(), "TERM");
    }

    /// Waits until it has ended; its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Kills it (-9).
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Kills it (-9), and starts it again where it was.
    pub async fn restart(&mut self) {
        self.kill();
        let mut again = self.beside(&["--listen", &self.address.to_string()]).await;
        std::mem::swap(&mut self.child, &mut again.child);
        self.log = Arc::clone(&again.log);
    }

    /// A file of its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// It has this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} {:?}", self.text, self.headers);
        self
    }

    /// It is a problem of this status and code.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.json["error"]["code"], code, "{}", answer.text);
        answer
    }

    /// The text of a header.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }
}

/// Sends a request; the answer in full.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, json, text }
}

/// Runs `esctl serve` where it does not start; its exit code and what it says.
pub fn refused(args: &[&str]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", dir.path().join("store.db").display());
    let output = command(&dir, &store, args).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Sends a signal to a process.
pub fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap().success());
}

fn program(dir: &TempDir) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("esctl"));
    command.env_clear().env("TZ", "UTC").env("HOME", dir.path()).current_dir(dir.path());
    command
}

fn command(dir: &TempDir, store: &str, args: &[&str]) -> Command {
    let mut command = program(dir);
    command.args(["-o", "ndjson", "--store", store, "serve"]);
    // A test may pass its own address.
    if !args.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
