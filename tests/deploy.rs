//! The files that operators take: each can be read, names what is there, and sets only what `esctl serve` knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

use crate::common::not_run::not_run;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy");

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(FOLDER).join(name)).unwrap()
}

/// The variables that `esctl serve` looks at.
fn known_variables() -> BTreeSet<String> {
    // Those of the options that every command has are in the help of the program.
    let help = |arguments: &[&str]| {
        let help = Command::new(cargo_bin("esctl")).args(arguments).output().unwrap();
        assert!(help.status.success());
        variables(&String::from_utf8(help.stdout).unwrap())
    };
    help(&["serve", "--help"]).union(&help(&["--help"])).cloned().collect()
}

/// Returns the words of a text that look like variables of esctl.
fn variables(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(|c| !is_name(c)).filter(|word| word.starts_with("ESCTL_")).map(str::to_owned).collect()
}

#[test]
fn every_variable_is_one_that_serve_looks_at() {
    let known = known_variables();
    assert!(known.len() > 10, "{known:?}");
    for name in ["esctl.service", "Dockerfile", "compose.yaml"] {
        let used = variables(&file(name));
        assert!(!used.is_empty(), "{name} sets nothing");
        let unknown: Vec<_> = used.difference(&known).collect();
        assert!(unknown.is_empty(), "{name} sets {unknown:?}");
    }
}

#[test]
fn what_is_copied_into_the_image_is_there_and_all_that_is_needed_to_build() {
    let ignore = file("Dockerfile.dockerignore");
    let kept: Vec<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in &kept {
        assert!(root.join(path).exists(), "{path} is not there");
    }
    // The files besides `src` that the manifest and the sources include.
    for needed in ["Cargo.toml", "Cargo.lock", "src", "README.md"] {
        assert!(kept.contains(&needed), "{needed} is needed");
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let needs = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"').to_owned();
    let image = file("Dockerfile").lines().find_map(|line| line.strip_prefix("FROM rust:").map(str::to_owned)).unwrap();
    let number = |version: &str| version.split(['.', '-']).nth(1).unwrap().parse::<u32>().unwrap();
    assert!(number(&image) >= number(&needs), "Rust {image} is older than {needs}");
}

/// Makes `<<: *anchor` a part of the mapping that has it, as Compose does.
fn merged(value: Value) -> Value {
    match value {
        Value::Object(mut members) => {
            let base = members.remove("<<").map(merged);
            let mut all = base.and_then(|base| base.as_object().cloned()).unwrap_or_default();
            all.extend(members.into_iter().map(|(key, value)| (key, merged(value))));
            Value::Object(all)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(merged).collect()),
        value => value,
    }
}

#[test]
fn the_compose_file_names_what_it_has() {
    let compose: Value = merged(yaml_serde::from_str(&file("compose.yaml")).unwrap());
    let services = compose["services"].as_object().unwrap();
    for name in ["esctl-1", "esctl-2", "esctl-mongodb", "postgres", "mongodb", "redis"] {
        assert!(services.contains_key(name), "no {name}");
    }
    let keys = |value: &Value| value.as_object().map(|all| all.keys().cloned().collect::<BTreeSet<_>>()).unwrap_or_default();
    for (name, service) in services {
        assert!(service["image"].is_string(), "{name} has no image");
        assert!(service["restart"] == "unless-stopped", "{name} is not started again");
        for other in keys(&service["depends_on"]) {
            assert!(services.contains_key(&other), "{name} waits for {other}");
            let condition = &service["depends_on"][&other]["condition"];
            assert!(condition != "service_healthy" || services[&other]["healthcheck"].is_object(), "{other} has no health");
        }
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let source = volume.as_str().unwrap().split(':').next().unwrap();
            assert!(keys(&compose["volumes"]).contains(source), "{name} has no volume {source}");
        }
        for secret in service["secrets"].as_array().into_iter().flatten() {
            assert!(keys(&compose["secrets"]).contains(secret.as_str().unwrap()), "{name} has no secret {secret}");
        }
        if let Some(build) = service["build"].as_object() {
            let context = Path::new(FOLDER).join(build["context"].as_str().unwrap());
            assert!(context.join(build["dockerfile"].as_str().unwrap()).exists(), "{name} is built from nothing");
            // A port that other machines can reach needs a key, and so do these, which are behind a port of this one.
            assert!(service["ports"][0].as_str().unwrap().starts_with("127.0.0.1:"), "{name} is open to all");
            assert!(service["secrets"].is_array(), "{name} has no key");
        }
    }
}

#[test]
fn systemd_takes_the_unit() {
    let unit = file("esctl.service");
    let stop = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
    assert_eq!(stop, "30s", "longer than the grace of --shutdown-grace, which is 20 s");
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        // Systems without it do not run units either; where it is there, it must agree.
        return not_run("systemd-analyze is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("esctl.service");
    // The program need not be installed here.
    fs::write(&path, unit.replace("/usr/local/bin/esctl", cargo_bin("esctl").to_str().unwrap())).unwrap();
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && !said.contains("esctl.service"), "{said}");
}
