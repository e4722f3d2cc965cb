//! The walk over the rows of events: each must be an event, and none may be from the future.

use std::time::Duration;

use crate::event::Timestamp;
use crate::ops::error::OpsError;
use crate::ops::verify::layout::LayoutVerifier;
use crate::ops::verify::layout::finding;
use crate::ops::verify::layout::ids::check_ids;
use crate::ops::verify::layout::positions::PositionCheck;
use crate::ops::verify::layout::versions::VersionCheck;
use crate::store::PlaceSpill;
use crate::store::SpilledPlace;
use crate::store::layout_store::RowWalk;
use crate::store::layout_store::WalkedPage;
use crate::store::layout_store::WalkedRow;

/// The permitted difference between clocks.
const TOLERANCE: Duration = Duration::from_secs(60);

/// The places of events, for the checks that need them in another order.
struct Places {
    versions: Option<PlaceSpill>,
    positions: Option<PlaceSpill>,
    ids: Option<PlaceSpill>,
    /// The check of positions, where rows come in their order.
    in_order: Option<PositionCheck>,
}

impl LayoutVerifier<'_> {
    /// Checks all rows of a walk.
    pub(super) async fn rows(&mut self, mut walk: RowWalk, progress: &mut (dyn FnMut(u64) + Send)) -> Result<(), OpsError> {
        let spill = |wanted: bool| wanted.then(PlaceSpill::create).transpose();
        let checks_positions = self.parts.has_positions && self.input.stream.is_none();
        let mut places = Places {
            versions: spill(self.parts.has_versions || self.input.stream.is_some())?,
            positions: spill(checks_positions && !walk.by_position())?,
            ids: spill(self.parts.may_repeat_ids)?,
            in_order: (checks_positions && walk.by_position()).then(PositionCheck::default),
        };
        while let Some(page) = walk.next().await? {
            progress(page.rows.len() as u64);
            self.page(page, &mut places)?;
        }
        let Places { versions, positions, ids, in_order: _ } = places;
        if let Some(positions) = positions {
            let mut check = PositionCheck::default();
            positions.each(&mut |place| check.next(place, &mut self.report))?;
        }
        if let Some(mut versions) = versions {
            self.add_listed(&mut versions).await?;
            let mut check = VersionCheck::new(self.parts.lists_versions, self.parts.lists_links);
            versions.each(&mut |place| check.next(place, &mut self.report))?;
            check.end();
            self.compare_again(check.suspects, check.more_suspects).await?;
        }
        if let Some(ids) = ids {
            check_ids(&ids, &mut self.report)?;
        }
        Ok(())
    }

    fn page(&mut self, page: WalkedPage, places: &mut Places) -> Result<(), OpsError> {
        let (mut versions, mut positions, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(last) = page.rows.last().filter(|_| page.more) {
            let message = "too many rows have the place of this one; the others were not checked";
            self.report.add_of_kind(finding("row", last.stream.as_deref(), last.version, last.position, message));
        }
        for row in page.rows {
            let WalkedRow { stream, key, version, position, event } = row;
            let place =
                || SpilledPlace { stream: stream.clone().unwrap_or_default(), version, position, ..SpilledPlace::default() };
            if let (Some(key), Some(number)) = (key, version) {
                versions.push(SpilledPlace { key, number, position, ..SpilledPlace::default() });
            }
            if let Some(number) = position {
                let place = SpilledPlace { number, ..place() };
                match &mut places.in_order {
                    Some(check) => check.next(place, &mut self.report),
                    None => positions.push(place),
                }
            }
            match event {
                Ok(event) => {
                    self.report.events += 1;
                    if let Some(time) = event.recorded_at {
                        self.time(time, stream.as_deref(), version, position);
                    }
                    if let Some(key) = event.original_id.filter(|_| places.ids.is_some()) {
                        ids.push(SpilledPlace { key: key.into_owned(), number: position.or(version).unwrap_or(0), ..place() });
                    }
                }
                Err(error) => {
                    self.report.add_of_kind(finding("row", stream.as_deref(), version, position, error.to_string()));
                }
            }
        }
        for (spill, found) in [(&mut places.versions, versions), (&mut places.positions, positions), (&mut places.ids, ids)] {
            if let Some(spill) = spill {
                spill.add(found)?;
            }
        }
        Ok(())
    }

    fn time(&mut self, time: Timestamp, stream: Option<&str>, version: Option<i64>, position: Option<i64>) {
        let now = self.input.now;
        if time > now.plus(TOLERANCE) {
            let message = format!("the time {time} is in the future: now it is {now}");
            self.report.add_of_kind(finding("time", stream, version, position, message));
        }
    }
}
