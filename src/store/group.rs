//! Group commit: concurrent appends share a transaction, and each keeps its own outcome.
//!
//! While one group is being written the next one gathers. No append waits for others, and a single append costs nothing
//! extra.

use std::mem;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::oneshot;

use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::backend::EventLog;
use crate::store::error::StoreError;
use crate::store::identity::Identity;

/// The largest number of events in one transaction of grouped appends.
const MAX_EVENTS: usize = 2000;

struct Waiting {
    appends: Vec<BackendAppend>,
    answer: oneshot::Sender<Result<Vec<BackendAnswer>, StoreError>>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    writing: bool,
}

/// The queue of concurrent appends to one log.
pub(crate) struct Grouper {
    log: Arc<dyn EventLog>,
    identity: Arc<Identity>,
    queue: Mutex<Queue>,
}

impl Grouper {
    pub(crate) fn new(log: Arc<dyn EventLog>, identity: Arc<Identity>) -> Arc<Self> {
        Arc::new(Self { log, identity, queue: Mutex::default() })
    }

    /// Appends in one transaction, perhaps together with other appends.
    pub(crate) async fn append(self: &Arc<Self>, appends: Vec<BackendAppend>) -> Result<Vec<BackendAnswer>, StoreError> {
        let (answer, outcome) = oneshot::channel();
        let start = {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.waiting.push(Waiting { appends, answer });
            !mem::replace(&mut queue.writing, true)
        };
        if start {
            // A task of its own: a caller that is cancelled does not stop the writes of the others.
            tokio::spawn(Self::write_all(Arc::clone(self)));
        }
        let gone =
            || StoreError::OutcomeUnknown { message: "the program ended while an append was under way".into(), source: None };
        outcome.await.unwrap_or_else(|_| Err(gone()))
    }

    async fn write_all(self: Arc<Self>) {
        // The runtime of the caller that started this may end first. The guard lets the next append start another task.
        let mut end = LeaderGuard { grouper: &self, armed: true };
        while let Some(group) = self.next_group() {
            let mut appends = Vec::new();
            let mut callers = Vec::with_capacity(group.len());
            for waiting in group {
                callers.push((waiting.answer, waiting.appends.len()));
                appends.extend(waiting.appends);
            }
            let outcome = self.log.append(appends, self.identity.last_seen()).await;
            self.identity.note_appended(&outcome);
            let mut outcome = outcome.map(Vec::into_iter);
            for (caller, size) in callers {
                let part = match &mut outcome {
                    Ok(answers) => Ok(answers.by_ref().take(size).collect()),
                    Err(error) => Err(error.clone()),
                };
                // A cancelled caller no longer receives; the append is done all the same.
                let _ = caller.send(part);
            }
        }
        end.armed = false;
    }

    fn next_group(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = 0;
        let fits = queue.waiting.iter().take_while(|waiting| {
            let before = events;
            events += waiting.appends.iter().map(|append| append.request.events.len()).sum::<usize>();
            before == 0 || events <= MAX_EVENTS
        });
        let count = fits.count();
        if count == 0 {
            queue.writing = false;
            return None;
        }
        Some(queue.waiting.drain(..count).collect())
    }
}

/// A guard that answers the waiting appends when the writing task ends early.
struct LeaderGuard<'g> {
    grouper: &'g Grouper,
    armed: bool,
}

impl Drop for LeaderGuard<'_> {
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        let waiting = {
            let mut queue = self.grouper.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.writing = false;
            mem::take(&mut queue.waiting)
        };
        // These have not been sent. Appends that were sent are answered as outcome unknown.
        for waiting in waiting {
            let message = "the task that was writing has ended; nothing was appended".into();
            let _ = waiting.answer.send(Err(StoreError::Unavailable { message, source: None }));
        }
    }
}
