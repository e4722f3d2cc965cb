//! Verification of read models: their checkpoints are at events of this store, their failed events are events of it, and no incomplete
//! read model is left. `rows.rs` compares the rows.

use std::collections::HashMap;

use crate::ops::error::OpsError;
use crate::ops::verify::verifier::Verifier;
use crate::runtime::check_belongs;
use crate::store::FailedEvent;
use crate::store::Part;
use crate::store::ReadModel;
use crate::store::StoreError;

/// Maximum number of ids in a query.
const AT_ONCE: usize = 500;

impl Verifier<'_> {
    /// Checks the stored data of each projection, except for its rows.
    pub(super) async fn read_models(&mut self) -> Result<(), OpsError> {
        let faults = self.store.check_read_models().await;
        for fault in self.check("read_model", faults)?.unwrap_or_default() {
            self.report.add("read_model", None, fault);
        }
        let records = self.store.projections().await;
        for record in self.check("checkpoint", records)?.unwrap_or_default() {
            // The previous read model does not answer queries, and a rollback checks it.
            if record.model.part == Part::Previous {
                continue;
            }
            let (name, position) = (&record.model.name, record.checkpoint.position);
            match check_belongs(self.store, name, record.checkpoint).await {
                Err(error @ StoreError::ForeignCheckpoint { .. }) => {
                    let message = format!("{error}; run 'esctl projection rebuild {name}' to rebuild the read model");
                    self.report.add("checkpoint", Some(position), message);
                }
                checked => {
                    self.check("checkpoint", checked)?;
                }
            }
            let checked = self.failed_events(record.model.clone()).await;
            self.check("problem", checked)?;
        }
        Ok(())
    }

    /// Checks that each failed event of a read model is an event of this store.
    async fn failed_events(&mut self, model: ReadModel) -> Result<(), OpsError> {
        let name = model.name.clone();
        let failed = self.store.failed_events(model).await?;
        for failed in failed.chunks(AT_ONCE) {
            let ids = failed.iter().map(|failed| failed.event_id).collect();
            let events = self.store.events_by_id(ids).await?;
            let events: HashMap<_, _> = events.into_iter().map(|event| (event.event_id, event)).collect();
            for failed in failed {
                let fits = events.get(&failed.event_id).is_some_and(|event| {
                    let FailedEvent { position, stream, version, event_type, .. } = failed;
                    (event.position, event.stream.as_str(), event.version, event.event_type.as_str())
                        == (*position, stream.as_str(), *version, event_type.as_str())
                });
                if !fits {
                    let message = format!(
                        "a failed event of projection {name} does not exist in this store ({}); run 'esctl projection rebuild {name}' to rebuild the read model",
                        failed.event_id
                    );
                    self.report.add("problem", Some(failed.position), message);
                }
            }
        }
        Ok(())
    }
}
