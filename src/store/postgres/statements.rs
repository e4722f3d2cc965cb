//! The schema that this program's statements create, as far as it can be read from them.
//!
//! Reads only the statements of this folder: a type is one word, and each column is on a line of its own.

use crate::store::schema::Column;
use crate::store::schema::Index;
use crate::store::schema::Schema;
use crate::store::schema::Table;

/// A statement, with the object that it creates.
pub(crate) struct Statement {
    /// The text.
    pub(crate) text: String,
    /// The name of the table, index, view or function.
    pub(crate) name: String,
    /// The kind of the object, as in `CREATE KIND`.
    pub(crate) kind: ObjectKind,
}

/// The kind of object that a statement creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Table,
    Index,
    View,
    Function,
    /// The statement changes an existing object.
    Other,
}

/// Splits files into statements.
pub(crate) fn statements<'s>(files: impl IntoIterator<Item = &'s str>) -> Vec<Statement> {
    files.into_iter().flat_map(parts).map(|text| statement(&text)).collect()
}

/// Returns the statements of a file, without comments outside of functions.
fn parts(file: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut in_body = false;
    for line in file.lines() {
        let code = if in_body { line } else { line.split_once("--").map_or(line, |(code, _)| code) };
        if code.matches("$$").count() % 2 == 1 {
            in_body = !in_body;
        }
        let ends = !in_body && code.trim_end().ends_with(';');
        let code = if ends { code.trim_end().trim_end_matches(';') } else { code };
        if let Some(part) = parts.last_mut() {
            part.push_str(code);
            part.push('\n');
        }
        if ends {
            parts.push(String::new());
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

fn statement(text: &str) -> Statement {
    let words: Vec<&str> = text.split_whitespace().filter(|word| !["OR", "REPLACE", "UNIQUE"].contains(word)).take(3).collect();
    let kind = match words.get(..2) {
        Some(["CREATE", "TABLE"]) => ObjectKind::Table,
        Some(["CREATE", "INDEX"]) => ObjectKind::Index,
        Some(["CREATE", "VIEW"]) => ObjectKind::View,
        Some(["CREATE", "FUNCTION"]) => ObjectKind::Function,
        _ => ObjectKind::Other,
    };
    let name = words.get(2).map_or("", |word| word.split('(').next().unwrap_or_default());
    Statement { text: text.to_owned(), name: name.to_owned(), kind }
}

/// Returns the schema that statements create.
pub(crate) fn created_by(statements: &[Statement]) -> Schema {
    let mut schema = Schema::default();
    for Statement { text, name, kind } in statements {
        match kind {
            ObjectKind::Table => {
                schema.tables.insert(name.clone(), table(text));
            }
            ObjectKind::Index => {
                if let Some((table, index)) = index(text, name) {
                    schema.tables.entry(table).or_default().indexes.push(index);
                }
            }
            ObjectKind::View => {
                schema.views.insert(name.clone(), view(text));
            }
            ObjectKind::Function => {
                let (function, definition) = function(text, name);
                schema.functions.insert(function, definition);
            }
            ObjectKind::Other => alter(&mut schema, text),
        }
    }
    schema
}

/// Returns a function with its arguments, and its attributes and body, in the form of the catalog.
fn function(text: &str, name: &str) -> (String, String) {
    let mut parts = text.split("$$");
    let (head, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let arguments: Vec<String> = in_brackets(head).split_whitespace().map(long_type).collect();
    let words: Vec<&str> = head.split_whitespace().collect();
    let language = words.iter().skip_while(|word| **word != "LANGUAGE").nth(1).unwrap_or(&"");
    let volatility = if words.contains(&"IMMUTABLE") {
        "i"
    } else if words.contains(&"STABLE") {
        "s"
    } else {
        "v"
    };
    (format!("{name}({})", arguments.join(" ")), format!("{language} {volatility}{body}"))
}

/// Returns a type by its name in the catalog.
fn long_type(word: &str) -> String {
    word.replace("int2", "smallint").replace("int4", "integer").replace("int8", "bigint")
}

/// Returns the text between the first bracket and its closing bracket.
fn in_brackets(text: &str) -> &str {
    let Some(start) = text.find('(') else { return "" };
    let mut depth = 0;
    for (at, letter) in text[start..].char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 1 => return &text[start + 1..start + at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    ""
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

fn table(text: &str) -> Table {
    let mut table = Table::default();
    for line in in_brackets(text).lines().map(|line| line.trim().trim_end_matches(',')).filter(|line| !line.is_empty()) {
        if line.starts_with("PRIMARY KEY") {
            table.primary_key = names(in_brackets(line));
            continue;
        }
        let Some(column) = column(line) else { continue };
        if line.contains("PRIMARY KEY") {
            table.primary_key.push(column.name.clone());
        }
        table.checks.extend(line.find("CHECK").map(|at| in_brackets(&line[at..]).to_owned()));
        table.columns.push(column);
    }
    // A key allows no NULL.
    for column in &mut table.columns {
        column.not_null |= table.primary_key.contains(&column.name);
    }
    table
}

fn column(line: &str) -> Option<Column> {
    let mut words = line.split_whitespace();
    let (name, short) = (words.next()?, words.next()?);
    let kind = long_type(short);
    let default = line.split_once(" DEFAULT ").map(|(_, default)| default.trim().to_owned());
    let collation = if line.contains("COLLATE \"C\"") { " COLLATE \"C\"" } else { "" };
    Some(Column { name: name.to_owned(), kind: format!("{kind}{collation}"), not_null: line.contains("NOT NULL"), default })
}

fn index(text: &str, name: &str) -> Option<(String, Index)> {
    let table = text.split_whitespace().skip_while(|word| *word != "ON").nth(1)?;
    let unique = text.starts_with("CREATE UNIQUE");
    Some((table.to_owned(), Index { name: name.to_owned(), columns: names(in_brackets(text)), unique }))
}

/// Returns the names of a view's columns.
fn view(text: &str) -> String {
    let select = text.split_once("SELECT").and_then(|(_, rest)| rest.split_once("FROM"));
    let columns = select.map(|(columns, _)| columns).unwrap_or_default();
    let name = |line: &str| line.trim().trim_end_matches(',').rsplit(' ').next().unwrap_or_default().to_owned();
    columns.lines().map(name).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
}

fn alter(schema: &mut Schema, text: &str) {
    let Some(rest) = text.strip_prefix("ALTER TABLE ") else { return };
    let Some((table, change)) = rest.split_once(' ') else { return };
    if let Some(line) = change.strip_prefix("ADD COLUMN ") {
        schema.tables.entry(table.to_owned()).or_default().columns.extend(column(line));
    } else if let Some(name) = change.strip_prefix("RENAME TO ")
        && let Some(renamed) = schema.tables.remove(table)
    {
        schema.tables.insert(name.to_owned(), renamed);
    }
}
