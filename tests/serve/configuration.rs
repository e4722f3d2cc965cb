//! Settings of a server: by flag, in the environment, in the configuration file, in this order.

use serde_json::json;

use crate::common::backend::run;
use crate::serve::support::Served;
use crate::serve::support::refused;

/// The limit of a body that a server goes by.
async fn limit_of(served: &Served) -> u64 {
    let body = json!({"x": "y".repeat(20_000)});
    served.post("/api/commands", &body).await.fails(413, "too_large").json["error"]["details"]["limit"].as_u64().unwrap()
}

#[test]
fn a_flag_counts_before_the_environment_and_that_before_the_file() {
    run(async {
        let file = "[serve]\nmax_body_bytes = 2048\nrequest_timeout = \"7s\"\nallow_origin = [\"https://app.example\"]\n";
        let variable = [("ESCTL_MAX_BODY_BYTES", "3072")];
        assert_eq!(limit_of(&Served::configured(file, &[], &[]).await).await, 2048);
        assert_eq!(limit_of(&Served::configured(file, &variable, &[]).await).await, 3072);
        assert_eq!(limit_of(&Served::configured(file, &variable, &["--max-body-bytes", "4096"]).await).await, 4096);
        let served = Served::configured(file, &variable, &[]).await;
        let request = served.request(reqwest::Method::GET, "/health").header("Origin", "https://app.example");
        crate::serve::support::answer(request).await.is(200);
        assert!(!served.log().contains("unknown key"), "{}", served.log());
    });
}

#[test]
fn every_flag_has_a_variable_and_a_key_in_the_file() {
    let help = esctl(&["serve", "--help"]);
    let flags: Vec<&str> = help.split("Global options:").next().unwrap().lines().filter_map(flag_of).collect();
    assert!(flags.len() >= 14, "{flags:?}");
    let keys: String = flags.iter().map(|flag| format!("{} = {{}}\n", flag.replace('-', "_"))).collect();
    let dir = tempfile::tempdir().unwrap();
    for flag in flags {
        let variable = format!("ESCTL_{}", flag.replace('-', "_").to_uppercase());
        assert!(help.contains(&format!("[env: {variable}]")), "{flag} has no {variable}: {help}");
        // A value of the wrong kind is found out by its key, so the key is known.
        let file = dir.path().join(format!("{flag}.toml"));
        std::fs::write(&file, format!("[serve]\n{} = 1.5\n", flag.replace('-', "_"))).unwrap();
        let output = program(&["stats"]).env("ESCTL_CONFIG", &file).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(9), "{flag}: {said}\n{keys}");
        assert!(said.contains(":2:"), "{flag}: {said}");
    }
}

#[test]
fn what_is_wrong_in_the_file_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    for (text, code, part) in [
        ("[serve]\nlisten = \"nowhere\"\n", 9, ":2:10: listen: expected an address"),
        ("[serve]\nrate_limit = -1\n", 9, ":2:14: rate_limit"),
        ("[serve]\n\nredis = \"redis:/\\u0007\"\n", 9, ":3:9: redis: expected a URL"),
        ("[serve]\nlog_format = \"xml\"\n", 9, ":2:14: log_format"),
        ("[serve]\nlistn = \"127.0.0.1:1\"\n", 9, ":2:1: unknown key listn in [serve]; did you mean listen?"),
        ("[serve]\njwt-secret-file = \"a\"\n", 9, ":2:1: unknown key jwt-secret-file in [serve]; did you mean jwt_secret_file?"),
        ("[serve]\nzzz = 1\n", 9, ":2:1: unknown key zzz in [serve]; known here: listen, "),
        ("[sevre]\njwt_secret_file = \"a\"\n", 9, ":1:2: unknown key sevre; did you mean [serve]?"),
        ("[server]\nx = 1\n", 9, ":1:2: unknown key server; did you mean [serve]?"),
        ("[http]\njwt-secret-file = \"a\"\n", 9, ":1:2: unknown key http; did you mean [serve]?"),
        ("jwt_secret_file = \"a\"\n", 9, ":1:1: misplaced key jwt_secret_file; jwt_secret_file belongs in [serve]"),
        ("[snapshots]\njwt-secret-file = \"a\"\n", 9, ":2:1: misplaced key jwt-secret-file; jwt_secret_file belongs in [serve]"),
        ("[contexts.a]\nstore = \"sqlite:a\"\nallow_origin = \"*\"\n", 9, ":3:1: misplaced key allow_origin"),
        ("[serve]\njwt_secret_file = \"a\"\njwt_public_key_file = \"b\"\n", 2, "two keys for tokens"),
        ("serve = 1\n", 9, ":1:1: serve must be a table"),
    ] {
        let file = dir.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        // A command line that is wrong itself, so that nothing is ever started.
        let output = program(&["serve", "--listen", "0.0.0.0:0", "--store", "sqlite::memory:"])
            .env("ESCTL_CONFIG", &file)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}: {said}");
        assert!(said.contains(part), "{text}: {said}");
    }
}

#[test]
fn a_password_is_not_shown_wherever_it_was_said() {
    let dir = tempfile::tempdir().unwrap();
    let (file, none) = (dir.path().join("config.toml"), dir.path().join("none.toml"));
    std::fs::write(&file, "[serve]\nredis = \"http://u:secret@h\"\n").unwrap();
    for (config, variable, code) in [(&none, "http://u:secret@h", 2), (&file, "redis://h", 9)] {
        let mut serve = program(&["serve", "--listen", "127.0.0.1:0", "--store", "sqlite::memory:"]);
        let output = serve.env("ESCTL_CONFIG", config).env("ESCTL_REDIS", variable).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains("redis") && !said.contains("secret"), "{said}");
    }
}

#[test]
fn what_cannot_be_is_refused_before_anything_starts() {
    for args in [
        ["--listen", "127.0.0.1"],
        ["--listen", "example.org:80"],
        ["--redis", "http://localhost"],
        ["--allow-origin", "app.example"],
        // Without a key.
        ["--allow-origin", "*"],
        ["--allow-origin", "https://app.example,*"],
        ["--allow-origin", "https://app.example/path"],
        ["--allow-origin", "https://*.example"],
        ["--max-message-bytes", "0"],
        ["--rate-limit", "-1"],
        ["--rate-limit", "many"],
        ["--request-timeout", "0s"],
        ["--shutdown-grace", "soon"],
        ["--retry-for", "soon"],
        ["--log-format", "xml"],
        ["--jwt-secret", "topsecret"],
    ] {
        let (code, said) = refused(&args);
        assert_eq!(code, Some(2), "{args:?}: {said}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, said) = refused(&["--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("cannot_listen"), "{said}");
}

#[test]
fn a_variable_that_is_meant_for_a_key_and_is_none_is_refused() {
    for (name, value, code) in [
        ("ESCTL_JWT_SECRET", "topsecret", Some(9)),
        ("ESCTL_JWT_SECRET_FILES", "/topsecret", Some(9)),
        ("ESCTL_ALLOW_ORIGINS", "https://topsecret.example", Some(9)),
        // An empty variable counts as unset, and the port that is asked for cannot be had.
        ("ESCTL_JWT_SECRET", "", Some(6)),
        ("ESCTL_OTHER", "topsecret", Some(6)),
    ] {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = taken.local_addr().unwrap().to_string();
        let mut server = program(&["serve", "--store", "sqlite::memory:", "--listen", &listen]);
        let ended = server.env(name, value).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), code, "{name}={value}: {said}");
        assert!(!said.contains("topsecret"), "{said}");
        if code == Some(9) {
            assert!(said.contains(name) && said.contains("ESCTL_JWT_SECRET_FILE"), "{said}");
        }
    }
}

/// The flag that a line of a help text begins with.
fn flag_of(line: &str) -> Option<&str> {
    let flag = line.trim_start().strip_prefix("--")?;
    flag.split(' ').next()
}

fn program(args: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("esctl"));
    command.env_clear().env("HOME", "/nonexistent").args(args);
    command
}

fn esctl(args: &[&str]) -> String {
    String::from_utf8(program(args).output().unwrap().stdout).unwrap()
}
