//! A domain of one's own on esctl's core: a `User` that registers and changes an e-mail address.
//! Run it with `cargo run --example user`.

use std::time::Duration;

use esctl::aggregate::{Aggregate, Rejection};
use esctl::event::Timestamp;
use esctl::runtime::{Repository, WriteOptions, system_clock};
use serde::{Deserialize, Serialize};

esctl::events! {
    enum UserEvent {
        "user.registered" => Registered { name: String, email: String },
        "user.email_changed" => EmailChanged { email: String },
    }
}
esctl::commands! {
    enum UserCommand {
        "user.register" => Register { name: String, email: String },
        "user.change_email" => ChangeEmail { email: String },
    }
}

#[derive(Default, Clone, Serialize, Deserialize)]
struct User {
    name: String,
    email: String,
}

impl Aggregate for User {
    const CATEGORY: &'static str = "user";
    type Event = UserEvent;
    type Command = UserCommand;
    type Rejection = Rejection;

    fn evolve(&mut self, event: &UserEvent, _at: Timestamp) {
        match event.clone() {
            UserEvent::Registered { name, email } => *self = Self { name, email },
            UserEvent::EmailChanged { email } => self.email = email,
        }
    }

    fn decide(&self, id: &str, command: &UserCommand, _now: Timestamp) -> Result<Vec<UserEvent>, Rejection> {
        match (command.clone(), self.name.is_empty()) {
            (UserCommand::Register { name, email }, true) => Ok(vec![UserEvent::Registered { name, email }]),
            (UserCommand::Register { .. }, false) => Err(Rejection::new("user_exists", format!("user {id} exists"))),
            (UserCommand::ChangeEmail { email }, false) => Ok(vec![UserEvent::EmailChanged { email }]),
            (UserCommand::ChangeEmail { .. }, true) => Err(Rejection::new("user_not_found", format!("there is no user {id}"))),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let users = Repository::<User>::new(esctl::store::open(&"sqlite::memory:".parse()?, Duration::from_secs(5))?, system_clock());
    let register = UserCommand::Register { name: "Ann".into(), email: "ann@example.org".into() };
    users.execute("ann", &register, WriteOptions::by("sign-up form").keyed("sign-up-7")).await?;
    let ann = users.execute("ann", &UserCommand::ChangeEmail { email: "ann@example.net".into() }, "profile page").await?;
    println!("{} has {} at version {}", ann.id(), ann.state().email, ann.stream_version());
    Ok(())
}

#[test]
fn it_runs() {
    main().unwrap();
    esctl::testing::given::<User>([]).when(&UserCommand::ChangeEmail { email: "a@b.c".into() }).then_rejected("user_not_found");
}
