//! The completions and manual pages in the repository are those of this command line.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use esctl::cli::generated;

const FOLDERS: [&str; 2] = ["completions", "man"];

#[test]
fn completions_and_manual_pages_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = generated::files();
    if env::var_os("ESCTL_RENEW").is_some() {
        for folder in FOLDERS {
            // What no command generates any more goes as well.
            let _ = fs::remove_dir_all(root.join(folder));
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for (path, text) in &files {
            fs::write(root.join(path), text).unwrap();
        }
    }
    let mut stale = BTreeSet::new();
    for (path, text) in &files {
        if fs::read(root.join(path)).ok().as_ref() != Some(text) {
            stale.insert(path.clone());
        }
    }
    for folder in FOLDERS {
        for entry in fs::read_dir(root.join(folder)).into_iter().flatten() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap());
            if !files.iter().any(|(generated, _)| *generated == path) {
                stale.insert(path);
            }
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}\nrenew them with: ESCTL_RENEW=1 cargo test --test generated");
}

#[test]
fn nothing_of_this_machine_is_in_them() {
    let home = env::var("HOME").unwrap_or_default();
    for (path, text) in generated::files() {
        let text = String::from_utf8(text).unwrap();
        for word in [env!("CARGO_MANIFEST_DIR"), home.as_str()].into_iter().filter(|word| word.len() > 1) {
            assert!(!text.contains(word), "{path} holds {word}");
        }
    }
}

#[test]
fn every_command_has_a_page_and_the_main_page_has_the_exit_codes() {
    let files = generated::files();
    let text = |name: &str| String::from_utf8(files.iter().find(|(path, _)| path == name).unwrap().1.clone()).unwrap();
    assert!(text("man/esctl-resource-create.1").contains("SEE ALSO"));
    let main = text("man/esctl.1");
    for part in ["EXIT STATUS", "outcome unknown", "ENVIRONMENT", "ESCTL\\_CONFIG", "FILES"] {
        assert!(main.contains(part) || main.contains(&part.replace('\\', "")), "{part}");
    }
}
