//! Verification of the schema: what the database finds wrong with itself, missing indexes, and records that cannot be read.

use crate::ops::error::OpsError;
use crate::ops::reducer::Reducer;
use crate::ops::verify::verifier::Verifier;
use crate::runtime::Control;
use crate::runtime::Unreadable;
use crate::runtime::definitions;
use crate::store::StoreError;

impl Verifier<'_> {
    /// Adds the faults that the database finds in itself, and the faults of the schema.
    pub(super) async fn database(&mut self) -> Result<(), OpsError> {
        let lines = self.store.check().await;
        // A file that is not a store has nothing to report on.
        if let (Err(error @ StoreError::Integrity { .. }), Err(_)) = (&lines, self.store.end().await) {
            return Err(error.clone().into());
        }
        for line in self.check("database", lines)?.unwrap_or_default() {
            self.report.add("database", None, line);
        }
        let faults = self.store.schema_faults().await;
        for fault in self.check("schema", faults)?.unwrap_or_default() {
            self.report.add("schema", None, fault.message);
        }
        Ok(())
    }

    /// Checks that the records of each kind can be read.
    pub(super) async fn records(&mut self) -> Result<(), OpsError> {
        let kept = definitions(self.store).await;
        for definition in self.check("record", kept)?.unwrap_or_default() {
            let unreadable = definition.and_then(|definition| {
                let reason = |(part, error)| Unreadable { name: definition.name.clone(), reason: format!("{part}: {error}") };
                definition.projection().map(drop).map_err(reason)
            });
            if let Err(Unreadable { name, reason }) = unreadable {
                let message = format!("projection {name} cannot be read: {reason}; run 'esctl projection create' to replace it");
                self.report.add("record", None, message);
            }
        }
        let controls = Control::unreadable(self.store).await;
        for name in self.check("record", controls)?.unwrap_or_default() {
            let message = format!(
                "record \"{name}\" of a projection cannot be read; run 'esctl projection pause' or 'esctl projection resume' to replace it"
            );
            self.report.add("record", None, message);
        }
        let reducers = Reducer::unreadable(self.store).await;
        for name in self.check("record", reducers)?.unwrap_or_default() {
            let message = format!("the program of reducer {name} cannot be read or has another hash; take its snapshots again");
            self.report.add("record", None, message);
        }
        Ok(())
    }
}
