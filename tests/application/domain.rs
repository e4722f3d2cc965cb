//! The application: users, a read model of their states, and one of how many users have an address in each domain.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use esctl::aggregate::Aggregate;
use esctl::aggregate::AggregateRows;
use esctl::aggregate::Fold;
use esctl::aggregate::FoldError;
use esctl::aggregate::FoldVersion;
use esctl::aggregate::Projection;
use esctl::aggregate::Rejection;
use esctl::domain::Domain;
use esctl::event::EventView;
use esctl::event::Timestamp;
use esctl::runtime::BatchSize;
use esctl::runtime::Projector;
use esctl::runtime::Repository;
use esctl::runtime::SnapshotPolicy;
use esctl::runtime::system_clock;
use esctl::store::Store;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::common::Esctl;
use crate::common::backend::run;

esctl::events! {
    pub enum UserEvent {
        "user.registered" => Registered { name: String, email: String },
        "user.email_changed" => EmailChanged { email: String },
    }
}
esctl::commands! {
    pub enum UserCommand {
        "user.register" => Register { name: String, email: String },
        "user.change_email" => ChangeEmail { email: String },
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct User {
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

/// The number of events that brought an address of a mail domain.
pub struct MailDomains;

#[derive(Default, Serialize, Deserialize)]
struct MailDomain {
    addresses: u64,
}

impl Fold for MailDomain {
    fn version(&self) -> FoldVersion {
        FoldVersion { name: "mail_domain".into(), version: 1 }
    }
    fn apply(&mut self, _event: &EventView<'_>) -> Result<(), FoldError> {
        self.addresses += 1;
        Ok(())
    }
    fn save(&self) -> Result<String, FoldError> {
        Ok(json!(self).to_string())
    }
    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        *self = serde_json::from_str(saved).map_err(|error| FoldError::Reducer(error.to_string()))?;
        Ok(())
    }
    fn show(&self, _at: Timestamp) -> Value {
        json!(self)
    }
}

impl Projection for MailDomains {
    fn name(&self) -> &str {
        "mail_domains"
    }
    fn version(&self) -> u32 {
        1
    }
    fn categories(&self) -> Vec<String> {
        vec!["user".into()]
    }
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        let data: Value = serde_json::from_str(event.data).ok()?;
        Some(Cow::Owned(data["email"].as_str()?.split_once('@')?.1.to_owned()))
    }
    fn row(&self, _key: &str) -> Box<dyn Fold> {
        Box::new(MailDomain::default())
    }
}

/// Returns the domain of the application.
pub fn user_domain() -> Domain {
    Domain::of(AggregateRows::<User>::named("users"))
}

/// The store as the application opens it.
pub fn open(esctl: &Esctl) -> Store {
    esctl::store::open(&esctl.place.url.parse().unwrap(), Duration::from_secs(20)).unwrap()
}

/// A store in which the application has registered `ann` and `bob` and changed the address of `ann`. It takes a snapshot after each
/// event, and has brought its two read models up to date.
pub fn a_store_of_users(esctl: &Esctl) {
    run(async {
        let store = open(esctl);
        let users = Repository::<User>::new(store.clone(), system_clock()).with_snapshots(SnapshotPolicy::every(1));
        for name in ["ann", "bob"] {
            let register = UserCommand::Register { name: name.into(), email: format!("{name}@example.org") };
            users.execute(name, &register, "sign-up").await.unwrap();
        }
        users.execute("ann", &UserCommand::ChangeEmail { email: "ann@example.net".into() }, "ann").await.unwrap();
        bring_up_to_date(&store).await;
    });
}

/// Brings the read models up to date, as the application does.
pub async fn bring_up_to_date(store: &Store) {
    let projections: [Arc<dyn Projection>; 2] = [Arc::new(AggregateRows::<User>::named("users")), Arc::new(MailDomains)];
    for projection in projections {
        Projector::new(store, &*projection, system_clock(), BatchSize::default()).catch_up(&mut |_| {}).await.unwrap();
    }
}
