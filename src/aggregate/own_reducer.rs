//! The reducer of a category with a domain: the fold of the domain, except for a stream that was copied from the store of another
//! program.

use serde_json::Value;

use crate::aggregate::fold::Fold;
use crate::aggregate::fold::FoldVersion;
use crate::aggregate::fold_error::FoldError;
use crate::event::EventView;
use crate::event::Timestamp;
use crate::event::is_copied;

/// Returns the fold of a domain, in place of which a generic one folds a stream whose first event was copied from the store of
/// another program.
pub fn own_reducer(domain: Box<dyn Fold>, generic: Box<dyn Fold>) -> Box<dyn Fold> {
    Box::new(OwnReducer { folds: [domain, generic], used: 0, begun: false })
}

struct OwnReducer {
    /// The fold of the domain, and the generic one.
    folds: [Box<dyn Fold>; 2],
    /// The fold that is used.
    used: usize,
    begun: bool,
}

impl OwnReducer {
    fn used(&self) -> &dyn Fold {
        &*self.folds[self.used]
    }

    fn begin(&mut self, event: &EventView<'_>) -> &mut dyn Fold {
        if !self.begun {
            self.begun = true;
            self.used = usize::from(is_copied(event.metadata));
        }
        &mut *self.folds[self.used]
    }
}

impl Fold for OwnReducer {
    fn version(&self) -> FoldVersion {
        self.used().version()
    }

    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        self.begin(event).apply(event)
    }

    fn leave_out(&mut self, event: &EventView<'_>) {
        self.begin(event).leave_out(event);
    }

    fn violations(&self) -> Vec<String> {
        self.used().violations()
    }

    fn save(&self) -> Result<String, FoldError> {
        self.used().save()
    }

    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        self.folds[self.used].restore(saved)?;
        self.begun = true;
        Ok(())
    }

    fn show(&self, at: Timestamp) -> Value {
        self.used().show(at)
    }
}
