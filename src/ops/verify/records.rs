//! The catalog of records: each of a kind that esctl knows must be one that it can read.

use crate::ops::error::OpsError;
use crate::ops::reducer::Reducer;
use crate::ops::verify::Verifier;
use crate::runtime::Control;
use crate::runtime::Unreadable;
use crate::runtime::definitions;

impl Verifier<'_> {
    /// Checks that the records of each kind can be read.
    pub(super) async fn records(&mut self) -> Result<(), OpsError> {
        let kept = definitions(self.store).await;
        for definition in self.check("record", kept)?.unwrap_or_default() {
            let unreadable = definition.and_then(|definition| {
                let reason = |(part, error)| Unreadable { name: definition.name.clone(), reason: format!("{part}: {error}") };
                definition.projection().map(drop).map_err(reason)
            });
            if let Err(Unreadable { name, reason }) = unreadable {
                let message = format!("projection {name} cannot be read: {reason}; 'esctl projection create' replaces it");
                self.report.add("record", None, message);
            }
        }
        let controls = Control::unreadable(self.store).await;
        for name in self.check("record", controls)?.unwrap_or_default() {
            let message = format!(
                "the record \"{name}\" of a projection cannot be read: 'esctl projection pause' or 'esctl projection resume' replaces it"
            );
            self.report.add("record", None, message);
        }
        let reducers = Reducer::unreadable(self.store).await;
        for name in self.check("record", reducers)?.unwrap_or_default() {
            let message = format!("the program of reducer {name} cannot be read, or is another one: take its snapshots again");
            self.report.add("record", None, message);
        }
        Ok(())
    }
}
