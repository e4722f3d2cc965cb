//! Read models: their checkpoints stand on events of this store, their problems are about events of it, and nothing is left
//! of one that is not whole. The rows themselves are checked by `replay --verify`.

use std::collections::HashMap;

use crate::ops::error::OpsError;
use crate::ops::verify::Verifier;
use crate::runtime::check_belongs;
use crate::store::Part;
use crate::store::Problem;
use crate::store::ReadModel;
use crate::store::StoreError;

/// Ids of events that are looked up at once.
const AT_ONCE: usize = 500;

impl Verifier<'_> {
    /// Checks what the store keeps of each projection beside its rows.
    pub(super) async fn read_models(&mut self) -> Result<(), OpsError> {
        let faults = self.store.check_read_models().await;
        for fault in self.check("read_model", faults)?.unwrap_or_default() {
            self.report.add("read_model", None, fault);
        }
        let records = self.store.projections().await;
        for record in self.check("checkpoint", records)?.unwrap_or_default() {
            // A rebuild has set the previous one aside: it answers nothing, and a rollback to it checks it.
            if record.model.part == Part::Previous {
                continue;
            }
            let (name, position) = (&record.model.name, record.checkpoint.position);
            match check_belongs(self.store, name, record.checkpoint).await {
                Err(error @ StoreError::ForeignCheckpoint { .. }) => {
                    let message = format!("{error}; 'esctl projection rebuild {name}' builds the read model again");
                    self.report.add("checkpoint", Some(position), message);
                }
                checked => {
                    self.check("checkpoint", checked)?;
                }
            }
            let checked = self.problems(record.model.clone()).await;
            self.check("problem", checked)?;
        }
        Ok(())
    }

    /// Checks that each problem of a read model is about an event of this store.
    async fn problems(&mut self, model: ReadModel) -> Result<(), OpsError> {
        let name = model.name.clone();
        let problems = self.store.problems(model).await?;
        for problems in problems.chunks(AT_ONCE) {
            let ids = problems.iter().map(|problem| problem.event_id).collect();
            let events = self.store.events_by_id(ids).await?;
            let events: HashMap<_, _> = events.into_iter().map(|event| (event.event_id, event)).collect();
            for problem in problems {
                let fits = events.get(&problem.event_id).is_some_and(|event| {
                    let Problem { position, stream, version, event_type, .. } = problem;
                    (event.position, event.stream.as_str(), event.version, event.event_type.as_str())
                        == (*position, stream.as_str(), *version, event_type.as_str())
                });
                if !fits {
                    let message = format!(
                        "a problem of projection {name} is about no event of this store ({}): 'esctl projection rebuild {name}' builds the read model again",
                        problem.event_id
                    );
                    self.report.add("problem", Some(problem.position), message);
                }
            }
        }
        Ok(())
    }
}
