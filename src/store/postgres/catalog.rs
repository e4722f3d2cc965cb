//! The actual schema from the server's catalog, its faults, and their repair.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use sqlx::Row;

use crate::store::error::StoreError;
use crate::store::postgres::error::SqlError;
use crate::store::postgres::schema::FUNCTIONS;
use crate::store::postgres::schema::TABLES;
use crate::store::postgres::session::Session;
use crate::store::postgres::statements::ObjectKind;
use crate::store::postgres::statements::Statement;
use crate::store::postgres::statements::created_by;
use crate::store::postgres::statements::statements;
use crate::store::schema::Column;
use crate::store::schema::Index;
use crate::store::schema::Schema;
use crate::store::schema::SchemaDifference;
use crate::store::schema::SchemaFault;
use crate::store::schema::Table;
use crate::store::schema::faults_of;
use crate::store::schema::without_arguments;

/// The tables that only a backup can restore.
const EVENTS: [&str; 2] = ["events", "esctl_meta"];

fn all_statements() -> Vec<Statement> {
    statements(TABLES.into_iter().chain(FUNCTIONS))
}

/// Reads the actual schema in one round trip.
async fn read(session: &mut Session) -> Result<Schema, SqlError> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let mut schema = Schema::default();
    let mut views: Vec<(String, String)> = Vec::new();
    let mut defaults: Vec<(String, String, String)> = Vec::new();
    for row in session.query(include_str!("sql/catalog.sql")).fetch_all(&mut session.connection).await? {
        let (kind, of, name, text): (String, String, String, Option<String>) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let (text, is): (String, bool) = (text.unwrap_or_default(), row.try_get(4)?);
        let columns = || text.split(", ").map(str::to_owned).collect::<Vec<_>>();
        match kind.as_str() {
            "column" => {
                tables.entry(of).or_default().columns.push(Column { name, kind: text, not_null: is, default: None });
            }
            "key" if is => tables.entry(of).or_default().primary_key = columns(),
            "key" => {}
            "index" => tables.entry(of).or_default().indexes.push(Index { name, columns: columns(), unique: is }),
            "check" => tables.entry(of).or_default().checks.push(condition(&text)),
            "default" => defaults.push((of, name, text)),
            "added" => tables.entry(of).or_default().added.push(text),
            "view" => views.push((of, text)),
            _ => {
                schema.functions.insert(of, text);
            }
        }
    }
    for (view, narrowed) in views {
        let columns = tables.remove(&view).unwrap_or_default().columns;
        let columns = columns.into_iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        schema.views.insert(view, columns + &narrowed);
    }
    for (table, column, default) in defaults {
        let columns = tables.get_mut(&table).map(|table| table.columns.as_mut_slice()).unwrap_or_default();
        if let Some(column) = columns.iter_mut().find(|found| found.name == column) {
            column.default = default.split("::").next().map(str::to_owned);
        }
    }
    schema.tables = tables;
    Ok(schema)
}

/// Returns the condition of a CHECK constraint in the spelling of this program's statements.
fn condition(constraint: &str) -> String {
    let mut condition = constraint.strip_prefix("CHECK ").unwrap_or(constraint).trim();
    while let Some(inside) = condition.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        condition = inside;
    }
    condition.to_owned()
}

/// Returns the tables of read models without a primary key, which could have two rows for one key.
fn without_key(schema: &Schema) -> impl Iterator<Item = &str> {
    let keyless = |(name, table): (&'_ String, &'_ Table)| {
        let is_key = |columns: &[String]| matches!(columns, [key] if key == "key");
        let has = is_key(&table.primary_key) || table.indexes.iter().any(|index| index.unique && is_key(&index.columns));
        name.starts_with("rm_") && !has
    };
    schema.tables.iter().filter(move |entry| keyless(*entry)).map(|(name, _)| name.as_str())
}

/// Returns the faults of the schema; `None` where there is no store.
pub(crate) async fn faults(session: &mut Session) -> Result<Option<Vec<SchemaFault>>, SqlError> {
    let found = read(session).await?;
    if !found.tables.contains_key("esctl_meta") {
        return Ok(None);
    }
    let mut faults = faults_of(&found.differences(&created_by(&all_statements())));
    for table in without_key(&found) {
        faults.push(SchemaFault { message: format!("primary key {table} (key) is missing"), blocks: false });
    }
    Ok(Some(faults))
}

/// Repairs the faults in one transaction. Returns the restored parts.
pub(crate) async fn repair(session: &mut Session, schema: &str) -> Result<Vec<String>, SqlError> {
    session.begin_always().await?;
    // A function may use one that is restored after it.
    sqlx::raw_sql("SET LOCAL check_function_bodies = off").execute(&mut session.connection).await?;
    session.query(include_str!("sql/lock_schema.sql")).bind(schema).execute(&mut session.connection).await?;
    let found = read(session).await?;
    let made = all_statements();
    let differences = found.differences(&created_by(&made));
    let mut done: Vec<String> = faults_of(&differences).into_iter().map(|fault| fault.message).collect();
    for difference in &differences {
        let statements = repair_of(difference, &made)?;
        if let SchemaDifference::NoPrimaryKey(table, columns)
        | SchemaDifference::NoIndex(table, Index { columns, unique: true, .. }) = difference
        {
            must_be_unique(session, table, columns).await?;
        }
        for statement in statements {
            let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut session.connection).await;
            done.map_err(|error| prevented(difference, error.into()))?;
        }
    }
    for table in without_key(&found) {
        done.push(format!("primary key {table} (key) is missing; the next run rebuilds the read model"));
        // Only without them does the next run begin at the first event.
        let remove = format!(
            "DROP TABLE \"{table}\"; DELETE FROM problems p WHERE read_model_table(p.name, p.part) = '{table}'; \
             DELETE FROM read_models r WHERE read_model_table(r.name, r.part) = '{table}'"
        );
        sqlx::raw_sql(AssertSqlSafe(remove)).execute(&mut session.connection).await?;
    }
    session.commit().await?;
    Ok(done)
}

/// Returns the statements that repair a difference.
fn repair_of(difference: &SchemaDifference, made: &[Statement]) -> Result<Vec<String>, SqlError> {
    let text_of = |kind: ObjectKind, name: &str| {
        let found = made.iter().find(|statement| statement.kind == kind && statement.name == name);
        found.map(|statement| statement.text.clone()).ok_or_else(|| cannot(difference))
    };
    Ok(match difference {
        SchemaDifference::NoTable(table) if EVENTS.contains(&table.as_str()) => return Err(cannot(difference)),
        SchemaDifference::NoTable(table) if table == "store_head" => {
            let head = text_of(ObjectKind::Table, "head")?;
            vec![head, "ALTER TABLE head RENAME TO store_head".into(), include_str!("sql/head_of_events.sql").into()]
        }
        SchemaDifference::NoTable(table) => {
            let mut statements = vec![text_of(ObjectKind::Table, table)?];
            let changes = format!("ALTER TABLE {table} ADD COLUMN");
            let later = |statement: &&Statement| {
                statement.text.starts_with(&changes)
                    || (statement.kind == ObjectKind::Index && statement.text.contains(&format!(" ON {table} ")))
            };
            statements.extend(made.iter().filter(later).map(|statement| statement.text.clone()));
            statements
        }
        SchemaDifference::NoColumn(table, column) => {
            let change = format!("ALTER TABLE {table} ADD COLUMN {} ", column.name);
            let found = made.iter().find(|statement| statement.text.starts_with(&change));
            vec![found.map(|statement| statement.text.clone()).ok_or_else(|| cannot(difference))?]
        }
        SchemaDifference::OtherType(table, column, found) if represents_all_of(&column.kind, found) => {
            let Column { name, kind, .. } = column;
            // The view depends on the column.
            let drop_view = "DROP VIEW IF EXISTS log".to_owned();
            vec![drop_view, format!("ALTER TABLE {table} ALTER COLUMN \"{name}\" TYPE {kind}"), text_of(ObjectKind::View, "log")?]
        }
        SchemaDifference::Added(table, what) if what.contains("UNLOGGED") => vec![format!("ALTER TABLE {table} SET LOGGED")],
        SchemaDifference::OtherType(..) | SchemaDifference::OtherRules(_) | SchemaDifference::Added(..) => {
            return Err(cannot(difference));
        }
        SchemaDifference::NoCheck(table, check) => vec![format!("ALTER TABLE {table} ADD CHECK ({check})")],
        SchemaDifference::NoDefault(table, Column { name, default, .. }) => {
            let default = default.as_deref().unwrap_or("NULL");
            vec![format!("ALTER TABLE {table} ALTER COLUMN \"{name}\" SET DEFAULT {default}")]
        }
        SchemaDifference::Nullable(table, column) => {
            vec![format!("ALTER TABLE {table} ALTER COLUMN \"{}\" SET NOT NULL", column.name)]
        }
        SchemaDifference::NoPrimaryKey(table, columns) => {
            // A key that is deferrable or has other columns is dropped first.
            let drop_key = format!(
                "DO $$ DECLARE key text; BEGIN \
                 SELECT conname INTO key FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'p'; \
                 IF key IS NOT NULL THEN EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', key); END IF; END $$"
            );
            vec![drop_key, format!("ALTER TABLE {table} ADD PRIMARY KEY ({})", columns.join(", "))]
        }
        SchemaDifference::NoIndex(table, Index { name, .. }) => {
            let drop_constraint = format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}");
            vec![drop_constraint, format!("DROP INDEX IF EXISTS {name}"), text_of(ObjectKind::Index, name)?]
        }
        SchemaDifference::NoView(view) | SchemaDifference::OtherView(view) => {
            vec![format!("DROP VIEW IF EXISTS {view}"), text_of(ObjectKind::View, view)?]
        }
        SchemaDifference::NoFunction(function) | SchemaDifference::OtherFunction(function) => {
            vec![text_of(ObjectKind::Function, without_arguments(function))?.replacen(
                "CREATE FUNCTION",
                "CREATE OR REPLACE FUNCTION",
                1,
            )]
        }
    })
}

/// Returns true where a type represents every value of another one unchanged.
fn represents_all_of(kind: &str, found: &str) -> bool {
    match kind {
        "bigint" => ["integer", "smallint"].contains(&found),
        "integer" => found == "smallint",
        kind if kind.starts_with("text") => found.starts_with("text") || found.starts_with("character varying"),
        _ => false,
    }
}

fn cannot(difference: &SchemaDifference) -> SqlError {
    let error = match difference {
        SchemaDifference::Added(..) => format!("cannot repair the schema: {difference}; remove it first"),
        _ => format!("cannot restore lost data: {difference}"),
    };
    StoreError::Schema(error).into()
}

/// Returns the error of a statement that repairs a difference. Existing rows may prevent it.
fn prevented(difference: &SchemaDifference, error: SqlError) -> SqlError {
    match error.sqlstate() {
        Some(state) if state.starts_with("23") || state.starts_with("42") => {
            StoreError::Schema(format!("cannot restore: {difference}: {error}")).into()
        }
        _ => error,
    }
}

/// Checks that no two rows have the same values in these columns.
async fn must_be_unique(session: &mut Session, table: &str, columns: &[String]) -> Result<(), SqlError> {
    let columns = columns.join(", ");
    let sql = format!("SELECT concat_ws(', ', {columns}), count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1 LIMIT 1");
    let twice = session.query_as::<(String, i64)>(AssertSqlSafe(sql)).fetch_optional(&mut session.connection).await?;
    let Some((value, count)) = twice else { return Ok(()) };
    let message = format!("cannot restore the uniqueness of {table} ({columns}): {count} rows have the value {value}");
    Err(StoreError::Schema(message).into())
}
