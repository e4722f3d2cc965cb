//! The comparison of a table of streams with the last event of each stream.

use std::time::Duration;

use crate::ops::error::OpsError;
use crate::ops::verify::layout::LayoutVerifier;
use crate::ops::verify::layout::finding;
use crate::ops::verify::layout::versions::Suspect;
use crate::store::PlaceSpill;
use crate::store::SpilledPlace;
use crate::store::StoreError;

/// The time in which a program that writes events and streams apart has written both.
const SETTLED: Duration = Duration::from_millis(250);

impl LayoutVerifier<'_> {
    /// Adds the rows of the table of streams to the places of events.
    pub(super) async fn add_listed(&mut self, places: &mut PlaceSpill) -> Result<(), OpsError> {
        if !self.parts.lists_versions {
            return Ok(());
        }
        let stream = self.input.stream.as_ref().map(|stream| stream.as_str());
        for mut walk in self.tables.listed_streams(stream).await? {
            while let Some(rows) = walk.next_streams().await? {
                let mut found = Vec::with_capacity(rows.len());
                for row in rows {
                    // Other streams may be found by the same text.
                    if stream.is_some_and(|stream| stream != row.stream) {
                        continue;
                    }
                    match row.version {
                        Ok(version) => found.push(SpilledPlace { key: row.key, last: true, version, ..SpilledPlace::default() }),
                        Err(reason) => {
                            let message = format!("its version in the table of streams cannot be read: {reason}");
                            self.report.add_of_kind(finding("stream", Some(&row.stream), None, None, message));
                        }
                    }
                }
                places.add(found)?;
            }
        }
        Ok(())
    }

    /// Compares streams again whose versions differed: between the two readings, another program may have appended events.
    pub(super) async fn compare_again(&mut self, suspects: Vec<Suspect>, more: u64) -> Result<(), OpsError> {
        if !suspects.is_empty() {
            tokio::time::sleep(SETTLED).await;
        }
        for suspect in suspects {
            let (mut listed, mut is_there) = (None, false);
            for mut walk in self.tables.listed_streams(Some(&suspect.stream)).await? {
                while let Some(rows) = walk.next_streams().await? {
                    for row in rows.into_iter().filter(|row| row.stream == suspect.stream) {
                        is_there = true;
                        listed = row.version.ok().flatten().map(|version| version.max(0)).or(listed);
                    }
                }
            }
            if is_there && listed.is_none() {
                // A version that cannot be read is already a finding.
                continue;
            }
            let last = match self.tables.last_version(&suspect.stream).await {
                Err(StoreError::ForeignDamaged { .. }) => suspect.last,
                last => last?,
            };
            if !suspect.is_confirmed(listed, last, self.parts.lists_links) {
                continue;
            }
            let message = match (listed, last) {
                (None, _) => format!("it has events up to version {last}, and the table of streams lacks it"),
                (Some(listed), 0) => format!("the table of streams has version {listed}, and the stream has no events"),
                (Some(listed), last) => format!("the table of streams has version {listed}, and the last event version {last}"),
            };
            self.report.add_of_kind(finding("stream", Some(&suspect.stream), Some(last), None, message));
        }
        if more > 0 {
            // They are not compared again, and on a store that is being written they may agree by now.
            self.not_checked(&format!("{more} more streams that differed from the table of streams at first"));
        }
        Ok(())
    }
}
