//! The schema of a store: the actual one, the expected one, and the differences between the two.
//!
//! Each backend derives the expected schema from the statements that create it.

use std::collections::BTreeMap;
use std::fmt;

use crate::store::error::StoreError;

/// A difference between the schema of a store and the schema that this program creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFault {
    /// The description of the difference.
    pub message: String,
    /// True if the store accepts no writes until it is repaired: an event could be appended twice, or be lost.
    pub blocks: bool,
}

/// Checks that the parts of the schema that writes rely on are complete.
///
/// # Errors
/// [`StoreError::Schema`] with the missing parts.
pub(crate) fn check_writable(place: &str, faults: &[SchemaFault]) -> Result<(), StoreError> {
    let missing: Vec<&str> = faults.iter().filter(|fault| fault.blocks).map(|fault| fault.message.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(StoreError::Schema(format!("the event store at {place} accepts no writes: {}", missing.join("; "))))
}

/// The tables, views and functions of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Schema {
    /// The tables, by name.
    pub(crate) tables: BTreeMap<String, Table>,
    /// The definition of each view, as far as it can be compared.
    pub(crate) views: BTreeMap<String, String>,
    /// The attributes and the body of each function, by its name and arguments.
    pub(crate) functions: BTreeMap<String, String>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// The columns in their order.
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key.
    pub(crate) primary_key: Vec<String>,
    /// The other indexes.
    pub(crate) indexes: Vec<Index>,
    /// The conditions of the CHECK constraints.
    pub(crate) checks: Vec<String>,
    /// The other constraints, as a canonical text.
    pub(crate) rules: String,
    /// Foreign additions that change the data that is written or read.
    pub(crate) added: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// The name.
    pub(crate) name: String,
    /// The type, with the collation where that is not the default.
    pub(crate) kind: String,
    /// True if NULL is not allowed.
    pub(crate) not_null: bool,
    /// The default, as an expression.
    pub(crate) default: Option<String>,
}

/// An index of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index {
    /// The name.
    pub(crate) name: String,
    /// The columns in their order.
    pub(crate) columns: Vec<String>,
    /// True if two rows cannot have the same values.
    pub(crate) unique: bool,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SchemaDifference {
    /// A table is missing.
    NoTable(String),
    /// A column is missing.
    NoColumn(String, Column),
    /// A column has another type, which is the last value.
    OtherType(String, Column, String),
    /// A column allows NULL.
    Nullable(String, Column),
    /// A column has no default, or another one.
    NoDefault(String, Column),
    /// A CHECK constraint is missing.
    NoCheck(String, String),
    /// A foreign addition to a table changes the data that is written or read.
    Added(String, String),
    /// A primary key is missing or differs.
    NoPrimaryKey(String, Vec<String>),
    /// An index is missing.
    NoIndex(String, Index),
    /// Other constraints of a table differ.
    OtherRules(String),
    /// A view is missing.
    NoView(String),
    /// A view has another definition.
    OtherView(String),
    /// A function is missing.
    NoFunction(String),
    /// A function has another body.
    OtherFunction(String),
}

impl SchemaDifference {
    /// Returns the table that differs.
    pub(crate) fn table(&self) -> Option<&str> {
        match self {
            Self::NoTable(table)
            | Self::NoColumn(table, _)
            | Self::OtherType(table, ..)
            | Self::Nullable(table, _)
            | Self::NoDefault(table, _)
            | Self::NoCheck(table, _)
            | Self::Added(table, _)
            | Self::NoPrimaryKey(table, _)
            | Self::NoIndex(table, _)
            | Self::OtherRules(table) => Some(table),
            Self::NoView(_) | Self::OtherView(_) | Self::NoFunction(_) | Self::OtherFunction(_) => None,
        }
    }

    fn blocks(&self) -> bool {
        match self {
            Self::NoTable(_)
            | Self::NoColumn(..)
            | Self::OtherType(..)
            | Self::Nullable(..)
            | Self::NoCheck(..)
            | Self::OtherRules(_)
            | Self::Added(..)
            | Self::NoPrimaryKey(..)
            | Self::NoFunction(_) => true,
            Self::NoIndex(_, index) => index.unique,
            // A function of an earlier program of this schema version does the same.
            Self::NoDefault(..) | Self::NoView(_) | Self::OtherView(_) | Self::OtherFunction(_) => false,
        }
    }
}

/// Returns differences as they are reported. Those of one table that block no writes share a line.
pub(crate) fn faults_of(differences: &[SchemaDifference]) -> Vec<SchemaFault> {
    let mut faults: Vec<SchemaFault> = Vec::new();
    let mut last = None;
    for difference in differences {
        let (blocks, table, message) = (difference.blocks(), difference.table(), difference.to_string());
        match faults.last_mut() {
            Some(fault) if !fault.blocks && !blocks && table.is_some() && last == table => {
                fault.message = format!("{}; {message}", fault.message);
            }
            _ => faults.push(SchemaFault { message, blocks }),
        }
        last = table;
    }
    faults
}

impl fmt::Display for SchemaDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable(table) => write!(f, "table {table} is missing"),
            Self::NoColumn(table, column) => write!(f, "column {table}.{} is missing", column.name),
            Self::OtherType(table, column, found) => {
                write!(f, "column {table}.{} is of type {found}, not {}", column.name, column.kind)
            }
            Self::Nullable(table, column) => write!(f, "column {table}.{} has lost its constraint NOT NULL", column.name),
            Self::NoDefault(table, column) => write!(f, "column {table}.{} has lost its default", column.name),
            Self::NoCheck(table, check) => write!(f, "constraint CHECK ({check}) on {table} is missing"),
            Self::Added(table, what) => write!(f, "table {table} has {what}, which changes what is written or read"),
            Self::NoPrimaryKey(table, columns) => write!(f, "primary key {table} ({}) is missing", columns.join(", ")),
            Self::NoIndex(table, Index { name, columns, unique }) => {
                let kind = if *unique { "unique index" } else { "index" };
                write!(f, "{kind} {name} on {table} ({}) is missing", columns.join(", "))
            }
            Self::OtherRules(table) => write!(f, "table {table} has other constraints than the ones that esctl creates"),
            Self::NoView(view) => write!(f, "view {view} is missing"),
            Self::OtherView(view) => write!(f, "view {view} has another definition"),
            Self::NoFunction(function) => write!(f, "function {} is missing", without_arguments(function)),
            Self::OtherFunction(function) => {
                write!(f, "function {} differs from the one that esctl creates", without_arguments(function))
            }
        }
    }
}

/// Returns the name of a function without its arguments.
pub(crate) fn without_arguments(function: &str) -> &str {
    function.split('(').next().unwrap_or_default()
}

impl Table {
    /// Compares with the expected table. Additional columns and indexes do not count.
    fn differences(&self, name: &str, expected: &Self) -> Vec<SchemaDifference> {
        let mut differences = Vec::new();
        let table = || name.to_owned();
        for column in &expected.columns {
            match self.columns.iter().find(|found| found.name == column.name) {
                None => differences.push(SchemaDifference::NoColumn(table(), column.clone())),
                Some(found) => {
                    if found.kind != column.kind {
                        differences.push(SchemaDifference::OtherType(table(), column.clone(), found.kind.clone()));
                    }
                    if column.not_null && !found.not_null {
                        differences.push(SchemaDifference::Nullable(table(), column.clone()));
                    }
                    if column.default.is_some() && column.default != found.default {
                        differences.push(SchemaDifference::NoDefault(table(), column.clone()));
                    }
                }
            }
        }
        if self.primary_key != expected.primary_key {
            differences.push(SchemaDifference::NoPrimaryKey(table(), expected.primary_key.clone()));
        }
        for index in &expected.indexes {
            // Any name counts: an index that was created again by hand serves as well.
            let serves = |found: &&Index| found.columns == index.columns && (found.unique || !index.unique);
            if self.indexes.iter().find(serves).is_none() {
                differences.push(SchemaDifference::NoIndex(table(), index.clone()));
            }
        }
        let missing = expected.checks.iter().filter(|check| !self.checks.contains(check));
        differences.extend(missing.map(|check| SchemaDifference::NoCheck(table(), check.clone())));
        if differences.is_empty() && self.rules != expected.rules {
            differences.push(SchemaDifference::OtherRules(table()));
        }
        differences.extend(self.added.iter().map(|what| SchemaDifference::Added(table(), what.clone())));
        differences
    }
}

impl Schema {
    /// Compares with the expected schema. Additional tables, views and functions do not count.
    pub(crate) fn differences(&self, expected: &Self) -> Vec<SchemaDifference> {
        let mut differences = Vec::new();
        for (name, table) in &expected.tables {
            match self.tables.get(name) {
                None => differences.push(SchemaDifference::NoTable(name.clone())),
                Some(found) => differences.extend(found.differences(name, table)),
            }
        }
        for (name, view) in &expected.views {
            match self.views.get(name) {
                None => differences.push(SchemaDifference::NoView(name.clone())),
                Some(found) if found != view => differences.push(SchemaDifference::OtherView(name.clone())),
                Some(_) => {}
            }
        }
        for (name, body) in &expected.functions {
            match self.functions.get(name) {
                None => differences.push(SchemaDifference::NoFunction(name.clone())),
                Some(found) if found != body => differences.push(SchemaDifference::OtherFunction(name.clone())),
                Some(_) => {}
            }
        }
        differences
    }
}
