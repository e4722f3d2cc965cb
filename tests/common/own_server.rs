//! Servers of a test's own, which can be stopped, killed and started again. Gone with the value.

use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use mongodb::bson::doc;
use sqlx::AssertSqlSafe;
use sqlx::Connection;
use sqlx::PgConnection;
use tempfile::TempDir;

use crate::common::backend::Backend;
use crate::common::backend::run;

/// A server on a free port of this machine, with its files in a folder of its own.
pub struct Server {
    program: PathBuf,
    arguments: Vec<String>,
    port: u16,
    /// The URL of the server, without a store's place.
    pub url: String,
    /// As another user where this one is root: PostgreSQL refuses to run as root.
    as_postgres: bool,
    folder: TempDir,
    process: Child,
}

impl Server {
    /// One as a backend wants it, with no users but one who may do everything and needs no password.
    pub fn start(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => panic!("SQLite has no server"),
            Backend::Postgres => Self::postgres(),
            Backend::MongoStandalone => Self::mongod(&[]),
            Backend::MongoReplicaSet => {
                let server = Self::mongod(&["--replSet", "own"]);
                server.initiate();
                server
            }
        }
    }

    /// A mongod with these options.
    pub fn mongod(options: &[&str]) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut arguments: Vec<String> = vec!["--port".into(), port.to_string(), "--dbpath".into(), text(folder.path())];
        arguments.extend(["--bind_ip", "127.0.0.1", "--wiredTigerCacheSizeGB", "0.25"].map(str::to_owned));
        arguments.extend(["--setParameter", "diagnosticDataCollectionEnabled=false"].map(str::to_owned));
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
        Self::run(mongod(), arguments, port, url, false, folder)
    }

    /// A Redis server with these options. What is in it does not outlive it.
    pub fn redis(options: &[&str]) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut arguments: Vec<String> = vec!["--port".into(), port.to_string(), "--dir".into(), text(folder.path())];
        arguments.extend(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"].map(str::to_owned));
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        Self::run("redis-server".into(), arguments, port, format!("redis://127.0.0.1:{port}/"), false, folder)
    }

    /// Starts a PostgreSQL server. Every user but `postgres` needs a password.
    pub fn postgres() -> Self {
        let (folder, port, bin) = (tempfile::tempdir().unwrap(), free_port(), postgres_bin());
        let is_root = as_postgres(Path::new("true"), &[]).status().is_ok_and(|status| status.success());
        let hba = folder.path().join("hba");
        std::fs::write(&hba, "host all postgres all trust\nhost all all all scram-sha-256\n").unwrap();
        if is_root {
            give_to_postgres(folder.path());
        }
        let data = text(&folder.path().join("db"));
        let making = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"].map(str::to_owned);
        let made = command(&bin.join("initdb"), &making, is_root).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        let mut arguments = vec!["-D".to_owned(), data, "-p".into(), port.to_string(), "-k".into(), text(folder.path())];
        arguments.extend(["-c".to_owned(), "listen_addresses=127.0.0.1".to_owned()]);
        arguments.extend(["-c".to_owned(), format!("hba_file={}", text(&hba))]);
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        Self::run(bin.join("postgres"), arguments, port, url, is_root, folder)
    }

    fn run(program: PathBuf, arguments: Vec<String>, port: u16, url: String, as_postgres: bool, folder: TempDir) -> Self {
        let process = start(&program, &arguments, as_postgres, port, &url);
        Self { program, arguments, port, url, as_postgres, folder, process }
    }

    /// Makes it a replica set of one, and waits until that has a primary.
    fn initiate(&self) {
        run(async {
            let admin = mongodb::Client::with_uri_str(&self.url).await.unwrap().database("admin");
            let config = doc! { "_id": "own", "members": [{ "_id": 0, "host": self.address() }] };
            admin.run_command(doc! { "replSetInitiate": config }).await.unwrap();
            while admin.run_command(doc! { "hello": 1 }).await.unwrap().get_bool("isWritablePrimary").is_ok_and(|is| !is) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }

    /// Turns TLS on in a PostgreSQL server.
    pub fn tls(&self, certificate: &Certificate) {
        for (name, bytes) in [("server.key", &certificate.key), ("server.crt", &certificate.certificate)] {
            let path = self.folder.path().join("db").join(name);
            std::fs::write(&path, bytes).unwrap();
            assert!(Command::new("chmod").arg("600").arg(&path).status().unwrap().success());
            if self.as_postgres {
                give_to_postgres(&path);
            }
        }
        self.sql("ALTER SYSTEM SET ssl = on; SELECT pg_reload_conf()");
        while self.query("SHOW ssl") != "on" {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs statements in a PostgreSQL server, each in a transaction of its own.
    pub fn sql(&self, statements: &str) {
        run(async {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            for statement in statements.split(';') {
                sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
            }
        });
    }

    /// The one text that a query of a PostgreSQL server gives.
    pub fn query(&self, sql: &str) -> String {
        run(async {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap()
        })
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a power cut does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Ends it as an operator does: at once for its clients, in order for its files.
    pub fn stop(&mut self) {
        self.signal("INT");
        self.process.wait().unwrap();
    }

    /// The same server once more, on the same port.
    pub fn start_again(&mut self) {
        self.process = start(&self.program, &self.arguments, self.as_postgres, self.port, &self.url);
    }

    /// Lets it stand still, or go on: `STOP`, `CONT`.
    pub fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([format!("-{signal}"), id.clone()]).status().unwrap().success());
        if ["STOP", "CONT"].contains(&signal) {
            // PostgreSQL has a process for each client, which goes on without the first one. Others have none to be found.
            let _ = Command::new("pkill").args([format!("-{signal}"), "-P".to_owned(), id]).status();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server and waits until it lets clients in. One whose files are still held by what was killed is tried again.
fn start(program: &Path, arguments: &[String], as_postgres: bool, port: u16, url: &str) -> Child {
    for _ in 0..100 {
        let mut starting = command(program, arguments, as_postgres);
        let mut process =
            starting.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("no server: tests/servers brings it");
        loop {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() && lets_in(url) {
                return process;
            }
            if process.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("{} does not start: {arguments:?}", program.display())
}

/// A PostgreSQL server that is still starting up takes connections and says so.
fn lets_in(url: &str) -> bool {
    !url.starts_with("postgres:") || run(PgConnection::connect(url)).is_ok()
}

fn command(program: &Path, arguments: &[String], is_root: bool) -> Command {
    if is_root {
        return as_postgres(program, arguments);
    }
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// As the user `postgres`, which only root can.
fn as_postgres(program: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program).args(arguments);
    command.current_dir("/").stderr(Stdio::null());
    command
}

fn give_to_postgres(path: &Path) {
    assert!(Command::new("chown").args(["-R", "postgres:"]).arg(path).status().unwrap().success());
}

/// A key, and a self-signed certificate for 127.0.0.1; as PEM.
pub struct Certificate {
    pub key: Vec<u8>,
    pub certificate: Vec<u8>,
}

impl Certificate {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key.pem");
        let mut openssl = Command::new("openssl");
        openssl
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout"])
            .arg(&key);
        openssl.args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]);
        let made = openssl.output().expect("no openssl");
        assert!(made.status.success(), "{made:?}");
        Self { key: std::fs::read(&key).unwrap(), certificate: made.stdout }
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The one that tests/servers has fetched, or that of the system.
fn mongod() -> PathBuf {
    let home = || std::env::var("HOME").unwrap_or_default();
    let cache = std::env::var("XDG_CACHE_HOME").unwrap_or_else(|_| format!("{}/.cache", home()));
    let fetched = Path::new(&cache).join("esctl-tests/mongod");
    if fetched.exists() { fetched } else { "mongod".into() }
}

/// The newest one where packages put it, or wherever `postgres` is.
fn postgres_bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|version| version.file_name().to_str()?.parse::<u32>().ok()).max();
    newest.map_or_else(PathBuf::new, |version| format!("/usr/lib/postgresql/{version}/bin").into())
}
