//! In bash: its words, its quotes and its colons.

use std::process::Command;

use crate::common::Esctl;
use crate::common::backend::Backend;
use crate::completion::shell::seeded;
use crate::completion::shell::until_names;

/// Returns what bash would put in the place of the word under the cursor, at the end of this line.
fn completed(esctl: &Esctl, line: &str) -> Vec<String> {
    until_names(|| complete(esctl, line))
}

fn complete(esctl: &Esctl, line: &str) -> Vec<String> {
    let script = r#"
        esctl() { "$PROGRAM" "$@"; }
        source <("$PROGRAM" completions bash)
        COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_WORDS=(esctl) COMP_CWORD=0
        _clap_complete_esctl
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let program = env!("CARGO_BIN_EXE_esctl");
    let folder = program.rsplit_once('/').unwrap().0;
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.env_clear().env("HOME", esctl.dir.path()).env("PATH", path).env("PROGRAM", program).env("LINE", line);
    let output = bash.args(["--norc", "-c", script]).env("ESCTL_STORE", &esctl.place.url).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn words_with_colons_and_quotes_are_put_together() {
    let (esctl, other) = (seeded(Backend::Sqlite), Esctl::new(Backend::Sqlite));
    other.append("parcel-2:b c");
    let store = &other.place.url;
    for line in [
        format!("esctl --store {store} stream show par"),
        format!("esctl --store={store} stream show par"),
        format!("esctl stream --store \"{store}\" show par"),
    ] {
        assert_eq!(completed(&esctl, &line), [r"parcel-2:b\ c"], "{line}");
    }
    // Only what follows the colon is replaced.
    assert_eq!(completed(&other, "esctl stream show parcel-2:"), [r"b\ c"]);
    assert_eq!(completed(&other, "esctl stream show 'par"), ["parcel-2:b c"]);
    assert_eq!(completed(&esctl, "esctl stream show "), completed(&esctl, "esctl stream show ''"));
    assert_eq!(completed(&esctl, "esctl resource lock si"), ["silver"]);
}
