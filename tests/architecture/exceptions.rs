//! The places where a rule does not hold, each with its reason.

use crate::source::Finding;
use crate::source::Source;

/// A rule, the path at which it does not hold (one that ends in `/` means everything below it), and the reason. `RULE: PART`
/// covers only findings that contain the part.
pub type Exception = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
pub const EXCEPTIONS: &[Exception] = &[
    ("cfg", "src/lib.rs", "a smaller build does not use all that the full one does"),
    ("cfg", "src/store/sqlite/connection.rs", "the mode of a new file is a matter of Unix"),
    ("cfg", "src/store/sqlite/access.rs", "the rights on a file are a matter of Unix"),
    ("cfg", "src/store/sqlite/files.rs", "device and inode are a matter of Unix"),
    ("cfg", "src/store/lock_holder.rs", "the inode of a file is a matter of Unix"),
    ("cfg", "src/cli/file_mode.rs", "modes and pipes are a matter of Unix"),
    ("cfg", "src/cli/output/stdout.rs", "whether stdout was closed can only be seen where ELF initialisers are"),
    ("cfg", "src/cli/signals.rs", "SIGTERM is a matter of Unix"),
    ("cfg", "src/cli/open_file_limit.rs", "the limit of open files is a matter of Unix"),
    ("clock", "src/event/id.rs", "a new id holds the time, and must not panic where the clock has none for it"),
    ("clock", "src/ops/bench/", "it measures, and that is all it does with the clock"),
    ("purity", "src/jq/stack.rs", "the thread is for its stack: who starts it waits for it, and nothing runs beside it"),
    ("statement", "src/store/postgres/session.rs", "it makes the statements of the other files"),
    ("statement", "src/store/postgres/optimistic_append.rs", "it works only on a connection to the server itself"),
    ("statement", "src/store/postgres/baseline/mod.rs", "it works only on a connection to the server itself"),
    ("use case", "src/cli/absent/", "the command of a smaller build only says that it is not there"),
    ("use case", "src/cli/demo/mod.rs", "each of its steps is a command, which calls a use case"),
    ("use case", "src/cli/program.rs", "it runs the whole command line"),
    ("use case", "src/cli/context/", "the configuration file is a matter of the edge; no store is opened"),
    ("use case", "src/cli/completions.rs", "generated from the command line itself"),
    ("use case", "src/cli/man.rs", "generated from the command line itself"),
    ("use case", "src/cli/help.rs", "generated from the command line itself"),
    ("use case", "src/cli/scenario/init.rs", "it prints a file"),
    ("layer: must not use server", "src/cli/serve.rs", "the command that starts the server"),
    ("words: \"away\"", "src/server/http/health.rs", "`away` is a value of the API"),
    ("words: \"away\"", "src/server/readiness.rs", "`away` is a value of the API"),
];

/// Removes the findings that an exception covers, and adds one for each exception that covers none.
pub fn apply(findings: Vec<Finding>, exceptions: &[Exception]) -> Vec<Finding> {
    let covers = |&(rule, path, _): &Exception, finding: &Finding| {
        let (rule, part) = rule.split_once(": ").unwrap_or((rule, ""));
        let below = path.ends_with('/') && finding.path.starts_with(path);
        finding.rule == rule && finding.what.contains(part) && (below || finding.path == path)
    };
    let unused = exceptions.iter().filter(|exception| !findings.iter().any(|finding| covers(exception, finding)));
    let unused: Vec<_> = unused.map(|(rule, path, _)| (rule, path)).collect();
    let mut left: Vec<_> =
        findings.into_iter().filter(|finding| !exceptions.iter().any(|exception| covers(exception, finding))).collect();
    left.extend(unused.into_iter().map(|(rule, path)| {
        let exceptions = Source::new("tests/architecture/exceptions.rs", "");
        exceptions.finding("exception", 0, format!("nothing at {path} breaks the rule {rule}: remove the exception"))
    }));
    left
}
