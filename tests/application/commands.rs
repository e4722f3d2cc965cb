//! The commands of an application's own esctl.

use serde_json::json;

use crate::application::own_program::own;
use crate::application::own_program::own_json;
use crate::common::Esctl;
use crate::common::backend::Backend;

crate::on_every_backend! {
    its_domain_has_commands_of_its_own
    every_other_command_knows_the_domain
}

#[test]
fn help_and_completion_know_the_domain() {
    let esctl = Esctl::new(Backend::Sqlite);
    let help = own(&esctl, &["help"]);
    assert!(help.stdout.contains("user "), "{}", help.stdout);
    let help = own(&esctl, &["user", "change_email", "--help"]).stdout;
    assert!(help.contains("Send the command user.change_email") && help.contains("--idempotency-key"), "{help}");
    assert_eq!(own(&esctl, &["user", "chang_email", "ann"]).code, 2);
    assert!(own(&esctl, &["completions", "fish", "--static"]).stdout.contains("change_email"));
    assert_eq!(esctl.run(&["user", "show", "ann"]).code, 2);
}

fn its_domain_has_commands_of_its_own(on: Backend) {
    let esctl = Esctl::new(on);
    let register = ["user", "register", "ann", "name=Ann", "email=ann@example.org", "--idempotency-key", "k"];
    let registered = own_json(&esctl, &register);
    assert_eq!((&registered["outcome"], &registered["stream"]), (&json!("applied"), &json!("user-ann")));
    assert_eq!(registered["state"], json!({"id": "ann", "version": 1, "name": "Ann", "email": "ann@example.org"}));
    assert_eq!(own_json(&esctl, &register)["outcome"], "already_applied");
    let again = own(&esctl, &["user", "register", "ann", "name=Ann", "email=a@b.c"]);
    assert!(again.code == 5 && again.stderr.contains("user ann exists"), "{again:?}");
    assert_eq!(own(&esctl, &["user", "register", "bob", "name=Bob"]).code, 2);
    assert_eq!(own(&esctl, &["user", "register", "bob", "name=Bob", "mail=b@c.d", "email=b@c.d"]).code, 2);
    assert_eq!(own(&esctl, &["user", "change_email", "bob", "email=b@c.d"]).code, 3);
    let data = r#"{"email":"ann@example.net"}"#;
    own_json(&esctl, &["user", "change_email", "ann", "--data", data, "--expect-version", "1"]);
    assert_eq!(own(&esctl, &["user", "change_email", "ann", "--data", data, "--expect-version", "1"]).code, 4);
    assert_eq!(own_json(&esctl, &["user", "show", "ann"])["email"], "ann@example.net");
    assert_eq!(own_json(&esctl, &["user", "show", "ann", "--version", "1"])["email"], "ann@example.org");
    assert_eq!(own(&esctl, &["user", "show", "zoe"]).code, 3);
    assert_eq!(own(&esctl, &["user", "show", "ann", "--client", "ann"]).code, 2);
}

fn every_other_command_knows_the_domain(on: Backend) {
    let esctl = Esctl::new(on);
    own_json(&esctl, &["user", "register", "ann", "name=Ann", "email=ann@example.org"]);
    // Events that its fold cannot apply are refused.
    let append = ["stream", "append", "user-ann", "--type", "user.email_changed", "--data"];
    assert_eq!(own(&esctl, &[&append[..], &[r#"{"email":5}"#]].concat()).code, 5);
    own_json(&esctl, &[&append[..], &[r#"{"email":"ann@example.net"}"#]].concat());
    assert_eq!(own_json(&esctl, &["replay", "user-ann"])["reducer"], "user");
    let verified = own_json(&esctl, &["replay", "user-ann", "--verify"]);
    assert_eq!((&verified["verify"]["ok"], &verified["state"]["email"]), (&json!(true), &json!("ann@example.net")));
    own_json(&esctl, &["projection", "run"]);
    let verified = own_json(&esctl, &["replay", "user-ann", "--verify"]);
    assert_eq!(verified["verify"]["read_model"]["name"], "users");
    assert_eq!(own_json(&esctl, &["snapshot", "take", "user-ann"])["reducer"], "user");
    assert_eq!(own_json(&esctl, &["snapshot", "verify"])["items"][0]["result"], "fits");
    let scenario = "name: a user registers\nsteps:\n  - {run: user.register, with: {id: eve, name: Eve, email: e@f.g}, expect: {events: [user.registered]}}\n  - {query: users, expect: {rows: [{name: Eve}]}}\n";
    std::fs::write(esctl.path("users.yaml"), scenario).unwrap();
    let ran = own(&esctl, &["scenario", "run", "users.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(own(&esctl, &["verify"]).code, 0);
}
