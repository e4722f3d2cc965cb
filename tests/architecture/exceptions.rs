//! Where a rule does not hold, and why. A path that ends in `/` means everything below it.

/// Conditional compilation of what is no module or derive of a feature.
const CFG: [(&str, &str); 9] = [
    ("src/lib.rs", "a smaller build does not use all that the full one does"),
    ("src/store/sqlite/connection.rs", "the mode of a new file is a matter of Unix"),
    ("src/store/sqlite/access.rs", "the rights on a file are a matter of Unix"),
    ("src/store/sqlite/files.rs", "device and inode are a matter of Unix"),
    ("src/store/lock_holder.rs", "the inode of a file is a matter of Unix"),
    ("src/cli/file_mode.rs", "modes and pipes are a matter of Unix"),
    ("src/cli/output/stdout.rs", "whether stdout was closed can only be seen where ELF initialisers are"),
    ("src/cli/signals.rs", "SIGTERM is a matter of Unix"),
    ("src/cli/open_files.rs", "the limit of open files is a matter of Unix"),
];

/// A clock, an identity or an environment where they are otherwise arguments.
const CLOCK: [(&str, &str); 2] = [
    ("src/event/id.rs", "a new id holds the time, and must not panic where the clock has none for it"),
    ("src/ops/bench/", "it measures, and that is all it does with the clock"),
];

/// Threads in a pure layer.
const IMPURE: [(&str, &str); 1] =
    [("src/jq/room.rs", "the thread is for its stack: who starts it waits for it, and nothing runs beside it")];

/// Statements of PostgreSQL with a name, which a pooler loses.
const NAMED_STATEMENT: [(&str, &str); 3] = [
    ("src/store/postgres/transaction.rs", "it makes the statements of the other files"),
    ("src/store/postgres/behind.rs", "it works only on a connection to the server itself"),
    ("src/store/postgres/bare.rs", "it works only on a connection to the server itself"),
];

/// Commands without a use case in `ops`.
const NO_USE_CASE: [(&str, &str); 8] = [
    ("src/cli/absent/", "the command of a smaller build only says that it is not there"),
    ("src/cli/program.rs", "it runs the whole command line"),
    ("src/cli/context/", "the configuration file is a matter of the edge; no store is opened"),
    ("src/cli/completions.rs", "generated from the command line itself"),
    ("src/cli/man.rs", "generated from the command line itself"),
    ("src/cli/help.rs", "generated from the command line itself"),
    ("src/cli/scenario/init.rs", "it prints a file"),
    ("src/cli/serve.rs", "it starts the server, which calls the use cases"),
];

/// One layer that may use another in this one place.
const LAYER: [(&str, &str, &str); 1] = [("src/cli/serve.rs", "server", "the command that starts the server")];

fn covers(pattern: &str, path: &str) -> bool {
    if pattern.ends_with('/') { path.starts_with(pattern) } else { path == pattern }
}

fn listed(list: &[(&str, &str)], path: &str) -> bool {
    list.iter().any(|(pattern, _)| covers(pattern, path))
}

pub fn cfg(path: &str) -> bool {
    listed(&CFG, path)
}

pub fn clock(path: &str) -> bool {
    listed(&CLOCK, path)
}

pub fn impure(path: &str) -> bool {
    listed(&IMPURE, path)
}

pub fn named_statement(path: &str) -> bool {
    listed(&NAMED_STATEMENT, path)
}

pub fn no_use_case(path: &str) -> bool {
    listed(&NO_USE_CASE, path)
}

pub fn layer(path: &str, used: &str) -> bool {
    LAYER.iter().any(|(pattern, layer, _)| covers(pattern, path) && *layer == used)
}
