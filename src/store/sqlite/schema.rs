//! The schema of a file: the expected one, its faults, and their repair.

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::Error;
use rusqlite::ErrorCode;
use rusqlite::OptionalExtension;
use rusqlite::TransactionBehavior;
use rusqlite::params;

use crate::store::backend::SCHEMA_VERSION;
use crate::store::error::StoreError;
use crate::store::read_model::Part;
use crate::store::read_model::ReadModel;
use crate::store::schema::Column;
use crate::store::schema::Index;
use crate::store::schema::Schema;
use crate::store::schema::SchemaDifference;
use crate::store::schema::SchemaFault;
use crate::store::schema::Table;
use crate::store::schema::faults_of;
use crate::store::sqlite::connection::STATEMENTS;
use crate::store::sqlite::error::SqlError;
use crate::store::sqlite::read_model_table::has_key;
use crate::store::sqlite::read_model_table::remove;
use crate::store::sqlite::statement::table_exists;

/// The tables that only a backup can restore.
const EVENTS: [&str; 3] = ["events", "streams", "types"];

/// Creates an empty store in memory, which has the expected schema.
fn reference() -> Result<Connection, Error> {
    let connection = Connection::open_in_memory()?;
    for statements in STATEMENTS {
        connection.execute_batch(statements)?;
    }
    Ok(connection)
}

/// Reads the schema of a database: its views, and its tables except those of read models.
fn read(connection: &Connection) -> Result<Schema, Error> {
    let mut schema = Schema::default();
    let sql = "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('table', 'view')";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        if kind == "view" {
            schema.views.insert(name, normalized(&row.get::<_, String>(2)?));
        } else if !name.starts_with("rm_") && !name.starts_with("sqlite_") {
            let mut table = read_table(connection, &name)?;
            let sql = normalized(&row.get::<_, String>(2)?);
            table.checks = checks(&sql);
            sql.rsplit_once(')').map_or("", |(_, end)| end).trim().clone_into(&mut table.rules);
            schema.tables.insert(name, table);
        }
    }
    Ok(schema)
}

/// Returns a statement without comments and with single spaces.
fn normalized(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// Returns the conditions of the CHECK constraints of a table.
fn checks(sql: &str) -> Vec<String> {
    let condition =
        |at: usize| sql[at..].split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inside, _)| inside.trim());
    sql.match_indices("CHECK").filter_map(|(at, _)| condition(at)).map(str::to_owned).collect()
}

/// Returns the triggers of a table that run before a write: each can change the row or discard it.
fn triggers(connection: &Connection, table: &str) -> Result<Vec<String>, Error> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let triggers = statement.query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let triggers = triggers.collect::<Result<Vec<_>, _>>()?;
    let runs_before = |sql: &str| {
        let sql = normalized(sql).to_uppercase();
        !sql.split(" ON ").next().is_some_and(|head| head.split(' ').any(|word| word == "AFTER"))
    };
    Ok(triggers.into_iter().filter(|(_, sql)| runs_before(sql)).map(|(name, _)| format!("the trigger {name}")).collect())
}

fn read_table(connection: &Connection, name: &str) -> Result<Table, Error> {
    let mut table = Table::default();
    let mut key = Vec::new();
    let sql = "SELECT name, type, \"notnull\", pk, dflt_value FROM pragma_table_xinfo(?1) WHERE hidden = 0";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([name])?;
    while let Some(row) = rows.next()? {
        let (name, place): (String, u32) = (row.get(0)?, row.get(3)?);
        if place > 0 {
            key.push((place, name.clone()));
        }
        table.columns.push(Column { name, kind: row.get(1)?, not_null: row.get(2)?, default: row.get(4)? });
    }
    key.sort_unstable();
    table.primary_key = key.into_iter().map(|(_, name)| name).collect();
    let mut statement =
        connection.prepare("SELECT name, \"unique\", origin = 'pk' FROM pragma_index_list(?1) WHERE NOT partial")?;
    let mut rows = statement.query([name])?;
    while let Some(row) = rows.next()? {
        let (name, unique, is_key): (String, bool, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        // With another collation, different values can be equal.
        let column = "ifnull(name, '') || iif(coll = 'BINARY', '', ' COLLATE ' || coll)";
        let sql = format!("SELECT {column} FROM pragma_index_xinfo(?1) WHERE \"key\" ORDER BY seqno");
        let mut statement = connection.prepare(&sql)?;
        let columns = statement.query_map([&name], |row| row.get::<_, String>(0))?.collect::<Result<_, _>>()?;
        if is_key {
            table.primary_key = columns;
        } else {
            table.indexes.push(Index { name, columns, unique });
        }
    }
    table.added = triggers(connection, name)?;
    Ok(table)
}

/// Returns the differences from the expected schema.
fn differences(connection: &Connection) -> Result<Vec<SchemaDifference>, SqlError> {
    let expected = read(&reference()?)?;
    Ok(read(connection)?.differences(&expected))
}

/// Returns the read models whose table has no primary key: it could have two rows for one key.
fn without_key(connection: &Connection) -> Result<Vec<ReadModel>, SqlError> {
    if !table_exists(connection, "read_models")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT name, part FROM read_models")?;
    let models = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut found = Vec::new();
    for model in models {
        let (name, part) = model?;
        let Some(part) = Part::parse(&part) else { continue };
        let model = ReadModel { name, part };
        if table_exists(connection, &model.table()?)? && !has_key(connection, &model)? {
            found.push(model);
        }
    }
    Ok(found)
}

fn named(model: &ReadModel) -> Result<String, SqlError> {
    Ok(format!("primary key {} (key) is missing", model.table()?))
}

/// Returns the faults of the schema.
pub(crate) fn faults(connection: &Connection) -> Result<Vec<SchemaFault>, SqlError> {
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != SCHEMA_VERSION {
        // The first write migrates an older store.
        return Ok(Vec::new());
    }
    let mut faults = faults_of(&differences(connection)?);
    for model in without_key(connection)? {
        faults.push(SchemaFault { message: named(&model)?, blocks: false });
    }
    Ok(faults)
}

/// Repairs the faults in one transaction. Returns the restored parts.
pub(crate) fn repair(connection: &mut Connection) -> Result<Vec<String>, SqlError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.flush_prepared_statement_cache();
    let (differences, keyless) = (differences(&transaction)?, without_key(&transaction)?);
    let mut done: Vec<String> = faults_of(&differences).into_iter().map(|fault| fault.message).collect();
    let model = reference()?;
    let expected = read(&model)?;
    if !differences.is_empty() {
        for view in expected.views.keys() {
            transaction.execute_batch(&format!("DROP VIEW IF EXISTS \"{view}\""))?;
        }
        let tables: BTreeSet<&str> = differences.iter().filter_map(SchemaDifference::table).collect();
        for table in tables {
            let of_table: Vec<&SchemaDifference> = differences.iter().filter(|found| found.table() == Some(table)).collect();
            repair_table(&transaction, &model, &expected, table, &of_table)?;
        }
        for view in expected.views.keys() {
            transaction.execute_batch(&statement_of(&model, "view", view)?)?;
        }
    }
    for read_model in keyless {
        done.push(format!("{}; the next run rebuilds the read model", named(&read_model)?));
        remove(&transaction, &read_model)?;
    }
    if !done.is_empty() {
        transaction.commit()?;
    }
    Ok(done)
}

fn statement_of(model: &Connection, kind: &str, name: &str) -> Result<String, Error> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2";
    model.query_row(sql, params![kind, name], |row| row.get(0))
}

fn repair_table(
    connection: &Connection,
    model: &Connection,
    expected: &Schema,
    name: &str,
    differences: &[&SchemaDifference],
) -> Result<(), SqlError> {
    let Some(table) = expected.tables.get(name) else { return Ok(()) };
    let explicit = |index: &&Index| !index.name.starts_with("sqlite_");
    let only_indexes = differences.iter().all(|found| matches!(found, SchemaDifference::NoIndex(_, index) if explicit(&index)));
    let lost = differences.iter().find(|found| match found {
        SchemaDifference::NoTable(_) => EVENTS.contains(&name),
        SchemaDifference::NoColumn(_, column) => column.not_null && column.default.is_none(),
        _ => false,
    });
    if let Some(added) = differences.iter().find(|found| matches!(found, SchemaDifference::Added(..))) {
        return Err(StoreError::Schema(format!("cannot repair the schema: {added}; remove it first")).into());
    }
    if let Some(lost) = lost {
        return Err(StoreError::Schema(format!("cannot restore lost data: {lost}")).into());
    }
    if !only_indexes {
        must_be_unique(connection, name, &table.primary_key)?;
    }
    for index in table.indexes.iter().filter(|index| index.unique) {
        must_be_unique(connection, name, &index.columns)?;
    }
    if only_indexes {
        for found in differences {
            let SchemaDifference::NoIndex(_, index) = found else { continue };
            connection.execute_batch(&format!("DROP INDEX IF EXISTS \"{}\"", index.name))?;
            connection.execute_batch(&statement_of(model, "index", &index.name)?)?;
        }
        return Ok(());
    }
    recreate(connection, model, name, table).map_err(|error| match error {
        SqlError::Sqlite(Error::SqliteFailure(code, Some(text))) if code.code == ErrorCode::ConstraintViolation => {
            let differs = differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            StoreError::Schema(format!("cannot restore: {differs}: {text}")).into()
        }
        error => error,
    })
}

/// Creates the expected table, and copies the rows of the existing one.
fn recreate(connection: &Connection, model: &Connection, name: &str, table: &Table) -> Result<(), SqlError> {
    let old = format!("{name} before repair");
    let existed = table_exists(connection, name)?;
    if existed {
        connection.execute_batch(&format!("ALTER TABLE \"{name}\" RENAME TO \"{old}\""))?;
    }
    connection.execute_batch(&statement_of(model, "table", name)?)?;
    if existed {
        let found = read_table(connection, &old)?;
        let is_there = |column: &&Column| found.columns.iter().any(|found| found.name == column.name);
        let columns: Vec<&str> = table.columns.iter().filter(is_there).map(|column| column.name.as_str()).collect();
        let columns = columns.join(", ");
        connection.execute_batch(&format!(
            "INSERT INTO \"{name}\" ({columns}) SELECT {columns} FROM \"{old}\"; DROP TABLE \"{old}\""
        ))?;
    } else if name == "store_head" {
        // The recorded head always is the last event.
        connection.execute_batch(include_str!("sql/head_of_events.sql"))?;
    }
    for index in table.indexes.iter().filter(|index| !index.name.starts_with("sqlite_")) {
        connection.execute_batch(&format!("DROP INDEX IF EXISTS \"{}\"", index.name))?;
        connection.execute_batch(&statement_of(model, "index", &index.name)?)?;
    }
    Ok(())
}

/// Checks that no two rows have the same values in these columns.
fn must_be_unique(connection: &Connection, table: &str, columns: &[String]) -> Result<(), SqlError> {
    let columns = columns.join(", ");
    if columns.is_empty() || !table_exists(connection, table)? {
        return Ok(());
    }
    let shown = columns.split(", ").map(|column| format!("iif(typeof({column}) = 'blob', lower(hex({column})), {column})"));
    let shown = shown.collect::<Vec<_>>().join(" || ', ' || ");
    let sql = format!("SELECT {shown}, count(*) FROM \"{table}\" GROUP BY {columns} HAVING count(*) > 1 LIMIT 1");
    let twice = connection.query_row(&sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).optional();
    let Some((value, count)) = twice? else { return Ok(()) };
    let message = format!("cannot restore the uniqueness of {table} ({columns}): {count} rows have the value {value}");
    Err(StoreError::Schema(message).into())
}
