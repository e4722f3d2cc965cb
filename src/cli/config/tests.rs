//! Tests of the configuration file: reading, changing, and the effective settings.

use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::FromArgMatches;

use super::ConfigFile;
use super::Effective;
use super::SettingOrigin;
use super::TypedSettings;
use super::read::read_config;
use crate::cli::args;
use crate::cli::globals::Globals;
use crate::cli::output::Format;

const FILE: &str = r#"
# where I work
current_context = "dev" # mine

[contexts.dev]
store = "sqlite:/tmp/dev.db"
client = "ann"
output = "yaml"
timeout = "5s"

[contexts.prod]
store = "sqlite:/tmp/prod.db"

[snapshots]
every = 7

[snapshots.categories]
document = 20
"#;

fn read(text: &str) -> Result<ConfigFile, crate::cli::CliError> {
    read_config(text, Path::new("c.toml"))
}

fn effective(config: &ConfigFile, line: &[&str]) -> Effective {
    let words = ["esctl"].iter().chain(line).chain(&["stream", "list"]);
    let matches = args::command().try_get_matches_from(words).unwrap();
    let globals = Globals::from_arg_matches(&matches).unwrap();
    Effective::new(&TypedSettings::new(&globals, &matches), config).unwrap()
}

#[test]
fn every_key_is_read() {
    let config = read(FILE).unwrap();
    assert_eq!(config.current.as_deref(), Some("dev"));
    let dev = config.context("dev").unwrap();
    assert_eq!((dev.client.as_deref(), dev.output, dev.timeout), (Some("ann"), Some(Format::Yaml), Some(Duration::from_secs(5))));
    assert_eq!(config.snapshots.every, Some(7));
    assert_eq!(config.snapshots.categories, [("document".to_owned(), 20)]);
    assert!(config.warnings.is_empty());
    assert_eq!(read("").unwrap(), ConfigFile::default());
}

#[test]
fn what_is_broken_is_named_with_its_line() {
    let cases = [
        ("current_context = \n", "c.toml:1:"),
        ("\n\ncurrent_context = 5\n", "c.toml:3:19"),
        ("[contexts.a]\nclient = \"x\"\n", "c.toml:1:11"),
        ("[contexts.a]\nstore = \"sqlite:a\"\noutput = \"xml\"\n", "c.toml:3:10"),
        ("[contexts.a]\nstore = \"sqlite:a\"\ntimeout = \"5\"\n", "c.toml:3:11"),
        ("contexts = 1\n", "c.toml:1:1"),
        ("[snapshots]\nevery = -1\n", "c.toml:2:9"),
        ("[snapshots.categories]\ndocument = \"x\"\n", "c.toml:2:12"),
    ];
    for (text, place) in cases {
        let error = read(text).unwrap_err();
        assert!(
            (error.exit(), error.failure.code) == (9, "config_broken") && error.failure.message.starts_with(place),
            "{text}: {error}"
        );
    }
}

#[test]
fn a_broken_line_does_not_give_away_its_password() {
    let error = read("[contexts.a]\nstore = \"postgres://u:hush@h/d\n").unwrap_err();
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest() {
    let config = read("curent_context = \"a\"\n[contexts.a]\nstore = \"sqlite:a\"\ntimeut = 3\n[zzz]\n").unwrap();
    assert_eq!(
        config.warnings,
        [
            "c.toml:1:1: unknown key curent_context; did you mean current_context?",
            "c.toml:4:1: unknown key timeut; did you mean timeout?",
            "c.toml:5:2: unknown key zzz; known here: current_context, contexts, snapshots, serve",
        ]
    );
}

#[test]
fn flags_come_before_the_context_and_the_context_before_defaults() {
    let config = read(FILE).unwrap();
    let current = effective(&config, &[]);
    assert_eq!(current.store.unwrap().from, SettingOrigin::Context("dev".into()));
    assert_eq!((current.output.value, current.snapshots.every), (Format::Yaml, Some(7)));

    let prod = effective(&config, &["--context", "prod", "-o", "json"]);
    assert_eq!(prod.store.unwrap().value, "sqlite:/tmp/prod.db");
    assert_eq!((prod.output.value, prod.client), (Format::Json, None));

    let store = effective(&config, &["--store", "sqlite:x"]);
    assert_eq!((store.store.unwrap().value.as_str(), store.client, store.context), ("sqlite:x", None, None));

    let both = effective(&config, &["--store", "sqlite:x", "--context", "dev"]);
    assert_eq!((both.store.unwrap().value.as_str(), both.client.unwrap().value.as_str()), ("sqlite:x", "ann"));
}

#[test]
fn changes_keep_comments_and_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/config.toml");
    let load = || ConfigFile::load_from(&path).unwrap();
    load().add_context("first", &[("store", "sqlite:/a".into())], true).unwrap();
    assert_eq!(load().current.as_deref(), Some("first"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "current_context = \"first\"\n\n[contexts.first]\nstore = \"sqlite:/a\"\n");

    fs::write(&path, FILE).unwrap();
    load().use_context("prod").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("# where I work\ncurrent_context = \"prod\" # mine"), "{text}");
    load().remove_context("prod").unwrap();
    assert_eq!((load().current, load().contexts.len()), (None, 1));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_password_that_others_can_read_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, "[contexts.a]\nstore = \"postgres://u:hush@h/d\"\n").unwrap();
    let mode = |mode| {
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, mode);
        fs::set_permissions(&path, permissions).unwrap();
        ConfigFile::load_from(&path).unwrap().warnings
    };
    assert!(mode(0o644)[0].contains("(mode 644)") && !mode(0o644)[0].contains("hush"));
    assert!(mode(0o600).is_empty());
}
