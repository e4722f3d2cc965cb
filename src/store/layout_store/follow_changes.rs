//! The changes that a database reports, so that not all streams have to be compared.

use std::time::Duration;

use crate::store::error::StoreError;
use crate::store::foreign::Changes;
use crate::store::foreign::ChangesQuery;
use crate::store::foreign::ForeignDatabase;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::streams::NamedStream;

/// The reported changes. They begin before all streams are compared, so that nothing is between the two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum ReportedChanges {
    /// The database was not asked yet.
    #[default]
    Unknown,
    /// The database reports none.
    None,
    /// Those after a place are reported, but not all streams were compared since.
    Begun(String),
    /// Those after a place.
    After(String),
}

impl ReportedChanges {
    /// Begins with the changes from now on.
    pub(super) async fn begin(&mut self, opened: &Opened, database: &dyn ForeignDatabase) -> Result<(), StoreError> {
        *self = match database.changes(question(opened, None, Duration::ZERO)).await? {
            Changes::NotReported => Self::None,
            Changes::Lost => Self::Unknown,
            Changes::Reported { after, .. } => Self::Begun(after),
        };
        Ok(())
    }

    /// Notes that all streams were compared since the changes began.
    pub(super) fn compared(&mut self) {
        if let Self::Begun(after) = self {
            *self = Self::After(std::mem::take(after));
        }
    }

    /// Returns the streams that have changed; `None` if all streams are to be compared.
    pub(super) async fn next(
        &mut self,
        opened: &Opened,
        database: &dyn ForeignDatabase,
        wait: Duration,
    ) -> Result<Option<Vec<NamedStream>>, StoreError> {
        let after = match self {
            Self::None | Self::Begun(_) => return Ok(None),
            Self::Unknown => {
                self.begin(opened, database).await?;
                return Ok(None);
            }
            Self::After(after) => after.clone(),
        };
        match database.changes(question(opened, Some(after), wait)).await? {
            Changes::Reported { after, streams } => {
                *self = Self::After(after);
                Ok(Some(streams.into_iter().filter_map(|(table, parts)| opened.stream_of(table, parts)).collect()))
            }
            Changes::NotReported | Changes::Lost => {
                *self = Self::Unknown;
                Ok(None)
            }
        }
    }
}

fn question(opened: &Opened, after: Option<String>, wait: Duration) -> ChangesQuery {
    let tables = opened.tables.iter().map(|table| (table.one.plan.query.from.clone(), table.one.parts.clone()));
    ChangesQuery { tables: tables.collect(), after, wait }
}
