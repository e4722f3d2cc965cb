//! A PgBouncer of a test's own, in front of a PostgreSQL server of this machine. Gone with the value.

use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use url::Url;

/// The usual remedy for clients that send more than a pooler knows.
pub const IGNORE: &str = "ignore_startup_parameters = extra_float_digits,options,search_path";

pub struct Pooler {
    port: u16,
    process: Child,
    _folder: TempDir,
}

impl Pooler {
    /// In front of the server of a URL, with this `pool_mode` and these further lines of its configuration.
    pub fn before(server: &Url, mode: &str, more: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let (host, at, user) = (server.host_str().unwrap(), server.port().unwrap_or(5432), server.username());
        let password = server.password().unwrap_or_default();
        let configuration = format!(
            "[databases]\n* = host={host} port={at} user={user} password={password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = {mode}\n{more}\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, configuration).unwrap();
        let mut pooler = Self { port, process: start(&file), _folder: folder };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(pooler.process.try_wait().unwrap().is_none(), "pgbouncer has ended");
            thread::sleep(Duration::from_millis(20));
        }
        pooler
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same database, through the pooler.
    pub fn url(&self, database: &Url) -> Url {
        let mut url = database.clone();
        url.set_port(Some(self.port)).unwrap();
        url
    }
}

/// As the user `postgres` where this one is root, as which PgBouncer does not run.
fn start(file: &Path) -> Child {
    let owner = Command::new("chown").args(["-R", "postgres"]).arg(file.parent().unwrap()).output();
    let mut command = if owner.is_ok_and(|owner| owner.status.success()) {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "pgbouncer"]);
        command
    } else {
        Command::new("pgbouncer")
    };
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    command.arg(file).env("PATH", path).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("no pgbouncer: tests/servers brings it")
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
