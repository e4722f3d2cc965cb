//! A domain of one's own on esctl's core: a `User` that registers and changes an e-mail address.
//! Run it with `cargo run --example user`.

use std::time::Duration;

use esctl::aggregate::{Aggregate, DomainEvent, Rejection};
use esctl::event::Timestamp;
use esctl::runtime::{Repository, RuntimeError, system_clock};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

// Category → events → state (evolve) → commands (decide). All of it pure.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum UserEvent {
    Registered { name: String, email: String },
    EmailChanged { email: String },
}

impl DomainEvent for UserEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "user.registered",
            Self::EmailChanged { .. } => "user.email_changed",
        }
    }

    fn from_data(event_type: &str, data: &str) -> Option<Result<Self, serde_json::Error>> {
        matches!(event_type, "user.registered" | "user.email_changed").then(|| serde_json::from_str(data))
    }
}

#[derive(Default, Clone, Serialize, Deserialize)]
struct User {
    name: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UserCommand {
    Register { name: String, email: String },
    ChangeEmail { email: String },
}

impl Aggregate for User {
    const CATEGORY: &'static str = "user";
    const STATE_VERSION: u32 = 1;
    const COMMANDS: &'static [&'static str] = &["user.register", "user.change_email"];
    type Event = UserEvent;
    type Command = UserCommand;
    type Rejection = Rejection;

    fn command(name: &str, payload: &Value) -> Option<Result<UserCommand, serde_json::Error>> {
        Self::COMMANDS.contains(&name).then(|| UserCommand::deserialize(payload))
    }

    fn evolve(&mut self, event: &UserEvent, _at: Timestamp) {
        match event {
            UserEvent::Registered { name, email } => (self.name, self.email) = (name.clone(), email.clone()),
            UserEvent::EmailChanged { email } => self.email = email.clone(),
        }
    }

    fn decide(&self, id: &str, command: &UserCommand, _now: Timestamp) -> Result<Vec<UserEvent>, Rejection> {
        let exists = !self.name.is_empty();
        match command {
            UserCommand::Register { .. } if exists => Err(Rejection::new("user_exists", format!("user {id} exists"))),
            UserCommand::Register { name, email } => Ok(vec![UserEvent::Registered { name: name.clone(), email: email.clone() }]),
            UserCommand::ChangeEmail { .. } if !exists => Err(Rejection::new("user_not_found", format!("there is no user {id}"))),
            UserCommand::ChangeEmail { email } => Ok(vec![UserEvent::EmailChanged { email: email.clone() }]),
        }
    }

    fn show(&self, id: &str, version: u64, _at: Timestamp) -> Value {
        json!({ "id": id, "name": self.name, "email": self.email, "version": version })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?;
    let users = Repository::<User>::new(store, system_clock());

    let register = UserCommand::Register { name: "Ann".into(), email: "ann@example.org".into() };
    users.execute("ann", &register, "sign-up form").await?;
    let change = UserCommand::ChangeEmail { email: "ann@example.net".into() };
    let ann = users.execute("ann", &change, "profile page").await?;
    println!("{} has {} at version {}", ann.id(), ann.state().email, ann.stream_version());

    let again = users.execute("ann", &register, "sign-up form").await;
    assert!(matches!(again, Err(RuntimeError::Decide(_))), "a user is registered once");
    Ok(())
}

#[test]
fn it_runs() {
    main().unwrap();
}
