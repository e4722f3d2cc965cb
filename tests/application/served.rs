//! Read models and domains of an application over HTTP: `esctl serve` as it is, and the application's own.

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use serde_json::Value;
use serde_json::json;

use crate::application::domain::a_store_of_users;
use crate::application::own_program::UNDECLARED;
use crate::application::own_program::own_command;
use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::token::signed_by;

crate::on_every_backend! {
    a_server_without_the_domain_shows_its_read_models
    a_server_of_the_application_takes_its_commands
    a_domain_that_declares_no_access_is_for_administrators
}

/// A server that ends with this value.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let said = |line: &String| serde_json::from_str::<Value>(line).ok()?["listening"].as_str().map(str::to_owned);
        let url = stdout.lines().map(Result::unwrap).find_map(|line| said(&line)).unwrap();
        let served = Self { child, url };
        while served.get("/ready").0 != 200 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        served
    }

    /// Sends a request with the token of a scope.
    fn as_scope(&self, scope: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let expires = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 600;
        let claims = json!({"sub": scope, "scope": scope, "exp": expires});
        let key = EncodingKey::from_secret(SECRET.as_bytes()).unwrap();
        let token = signed_by(Algorithm::HS256, &key, &claims);
        let (status, text) = self.send(|client, url| {
            let url = format!("{url}{path}");
            let request = body.map_or_else(|| client.get(&url), |body| client.post(&url).json(body));
            request.bearer_auth(token)
        });
        (status, serde_json::from_str(&text).unwrap())
    }

    fn send(&self, request: impl FnOnce(&reqwest::Client, &str) -> reqwest::RequestBuilder) -> (u16, String) {
        run(async {
            let answer = request(&reqwest::Client::new(), &self.url).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.send(|client, url| client.get(format!("{url}{path}")))
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, text) = self.send(|client, url| client.post(format!("{url}{path}")).json(body));
        (status, serde_json::from_str(&text).unwrap())
    }

    fn json(&self, path: &str) -> Value {
        let (status, text) = self.get(path);
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The secret of the tokens.
const SECRET: &str = "a secret of more than thirty-two bytes";
const SERVE: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "-o", "ndjson"];

fn a_server_without_the_domain_shows_its_read_models(on: Backend) {
    let esctl = Esctl::new(on);
    a_store_of_users(&esctl);
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("esctl"));
    command.env_clear().env("HOME", esctl.dir.path()).current_dir(esctl.dir.path());
    command.args(["--store", &esctl.place.url]).args(SERVE);
    let served = Served::start(command);
    let list = served.json("/api/projections");
    let users = list["items"].as_array().unwrap().iter().find(|item| item["name"] == "users").unwrap().clone();
    let wanted = (json!("application"), json!("current"), json!(3), json!(2));
    assert_eq!(
        (users["maintained_by"].clone(), users["state"].clone(), users["position"].clone(), users["rows"].clone()),
        wanted
    );
    let (status, error) = served.post("/api/projections/users/rebuild", &json!({}));
    assert_eq!((status, &error["error"]["code"]), (409, &json!("maintained_by_application")), "{error}");
    let metrics = served.get("/metrics").1;
    assert!(metrics.contains(r#"esctl_projection_position{projection="users"} 3"#), "{metrics}");
    assert!(metrics.contains(r#"esctl_projection_state{projection="users",state="current"} 1"#), "{metrics}");
}

fn a_server_of_the_application_takes_its_commands(on: Backend) {
    let esctl = Esctl::new(on);
    let served = Served::start(own_command(&esctl, &SERVE));
    let register = json!({"command": "user.register", "id": "ann", "with": {"name": "Ann", "email": "ann@example.org"}});
    let (status, outcome) = served.post("/api/commands", &register);
    assert_eq!((status / 100, &outcome["state"]["email"]), (2, &json!("ann@example.org")), "{outcome}");
    assert_eq!(served.post("/api/commands", &register).1["error"]["code"], "user_exists");
    let state = served.json("/api/streams/user-ann/state");
    assert_eq!(state["state"]["name"], "Ann", "{state}");
    let (status, job) = served.post("/api/projections/mail_domains/rebuild", &json!({}));
    assert_eq!(status, 202, "{job}");
}

fn a_domain_that_declares_no_access_is_for_administrators(on: Backend) {
    let esctl = Esctl::new(on);
    let secret = esctl.dir.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let mut command = own_command(&esctl, &[&SERVE[..], &["--jwt-secret-file", secret.to_str().unwrap()]].concat());
    command.env(UNDECLARED, "1");
    let served = Served::start(command);
    let register = json!({"command": "user.register", "id": "ann", "with": {"name": "Ann", "email": "ann@example.org"}});
    let (status, refused) = served.as_scope("read write", "/api/commands", Some(&register));
    assert_eq!((status, &refused["error"]["code"]), (403, &json!("scope_missing")), "{refused}");
    let (status, outcome) = served.as_scope("admin", "/api/commands", Some(&register));
    assert_eq!((status, &outcome["state"]["email"]), (201, &json!("ann@example.org")), "{outcome}");
    for (scope, name) in [("admin", json!("Ann")), ("read", json!(null))] {
        let (_, state) = served.as_scope(scope, "/api/streams/user-ann/state", None);
        assert_eq!(state["state"]["name"], name, "{state}");
        let (_, events) = served.as_scope(scope, "/api/streams/user-ann/events", None);
        assert_eq!(
            (&events["items"][0]["data"]["name"], &events["items"][0]["type"]),
            (&name, &json!("user.registered")),
            "{events}"
        );
        let other = json!({"stream": "user-ann", "reducer": "merge"});
        let (status, replayed) = served.as_scope(scope, "/api/replay", Some(&other));
        assert_eq!(status, if scope == "admin" { 202 } else { 403 }, "{replayed}");
        assert!(scope == "admin" || !replayed.to_string().contains("Ann"), "{replayed}");
    }
}
