//! The check of event ids, which come in their order: none is there twice.

use crate::ops::verify::layout::finding;
use crate::ops::verify::layout::positions::event;
use crate::ops::verify::report::VerifyReport;
use crate::store::PlaceSpill;
use crate::store::SpilledPlace;
use crate::store::StoreError;

/// Reports each event whose id another one has as well.
pub(super) fn check_ids(ids: &PlaceSpill, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut last: Option<SpilledPlace> = None;
    ids.each(&mut |place| match &last {
        Some(first) if first.key == place.key => {
            let message = format!("event id {} is there twice: also {}", place.key, event(first));
            report.add_of_kind(finding("id", Some(&place.stream), place.version, place.position, message));
        }
        _ => last = Some(place),
    })
}
