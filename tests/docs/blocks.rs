//! The code blocks of a document, and the comment before each that says what the test does with it.

/// The languages that a reader may copy and run.
const RUNNABLE: [&str; 9] = ["console", "sh", "bash", "js", "rust", "sql", "toml", "yaml", "python"];

/// The reasons that a block may have for not being run.
const REASONS: [&str; 8] = [
    "builds a release",
    "builds the tests",
    "installs software",
    "needs a server of the reader",
    "needs mongosh",
    "runs on GitHub",
    "runs until it is stopped",
    "starts servers",
];

/// The use that the test makes of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// Its commands are run, and their output is compared. On a server, if one is named.
    Run { server: Option<Server> },
    /// Its text is written to a file of this name, for later commands.
    File(String),
    /// Its lines must be in this file of the repository, in this order.
    Quote(String),
    /// It is only shown.
    Shown,
}

/// A server that commands need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Postgres,
    Mongodb,
}

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    /// The line of its opening fence, from 1.
    pub line: usize,
    pub used: Use,
    pub text: Vec<String>,
}

/// Returns the blocks of a document, in order.
///
/// # Errors
///
/// A runnable block that is neither run nor says why.
pub fn blocks(document: &str) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    let mut before = "";
    for (index, line) in document.lines().enumerate() {
        match (inside, line.trim_start().strip_prefix("```")) {
            (false, Some(info)) => {
                let used = used(info, before).map_err(|error| format!("line {}: {error}", index + 1))?;
                blocks.push(Block { line: index + 1, used, text: Vec::new() });
                inside = true;
            }
            (true, Some(_)) => inside = false,
            (true, None) => blocks.last_mut().unwrap().text.push(line.to_owned()),
            (false, None) => {}
        }
        if !line.trim().is_empty() {
            before = line;
        }
    }
    Ok(blocks)
}

fn used(info: &str, before: &str) -> Result<Use, String> {
    let language = info.split([' ', ',']).next().unwrap_or("");
    let comment = before.trim().strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
    match comment.and_then(|comment| comment.split_once(": ")) {
        Some(("file", name)) => Ok(Use::File(name.to_owned())),
        Some(("quoted from", path)) => Ok(Use::Quote(path.to_owned())),
        Some(("not run", reason)) if REASONS.contains(&reason) => Ok(Use::Shown),
        Some(("not run", reason)) => Err(format!("unknown reason {reason:?}; known: {REASONS:?}")),
        Some(("needs", "postgres")) if language == "console" => Ok(Use::Run { server: Some(Server::Postgres) }),
        Some(("needs", "mongodb")) if language == "console" => Ok(Use::Run { server: Some(Server::Mongodb) }),
        _ if language == "console" => Ok(Use::Run { server: None }),
        _ if RUNNABLE.contains(&language) => Err(format!(
            "a block of {language} that is not run; make it `console`, or put one of these comments before it: \
             <!-- file: NAME -->, <!-- quoted from: PATH -->, <!-- not run: REASON -->"
        )),
        _ => Ok(Use::Shown),
    }
}

#[test]
fn a_runnable_block_without_a_comment_is_refused() {
    assert!(blocks("```sh\nls\n```\n").unwrap_err().starts_with("line 1: a block of sh that is not run"));
    assert!(blocks("<!-- not run: no time -->\n```sh\nls\n```\n").unwrap_err().contains("unknown reason"));
    assert!(blocks("<!-- needs: postgres -->\n```sh\nls\n```\n").is_err());
    assert_eq!(blocks("```text\nls\n```\n").unwrap()[0].used, Use::Shown);
}

#[test]
fn a_comment_says_the_use_of_a_block() {
    let document = "<!-- file: a.yaml -->\n\n```yaml\na: 1\n```\n\n<!-- needs: postgres -->\n```console\n$ ls\n```\n";
    let found = blocks(document).unwrap();
    assert_eq!(found[0].used, Use::File("a.yaml".to_owned()));
    assert_eq!(found[0].text, ["a: 1"]);
    assert_eq!(found[1].used, Use::Run { server: Some(Server::Postgres) });
}
