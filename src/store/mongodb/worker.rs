//! The thread that drives the database. A job runs there to its end, whether or not its caller still waits, and never on
//! the runtime of a caller.

use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::worker::WorkerThread;
use crate::store::worker::answer_of;

/// The work of a task.
type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The link to the thread. The thread continues while a clone of `alive` exists: one here, and one with each current write.
#[derive(Clone)]
struct Link {
    runtime: Handle,
    alive: mpsc::Sender<()>,
}

/// A thread with a runtime of its own. It starts with the first job and ends with this value, after the last write.
pub(crate) struct Worker {
    thread: WorkerThread<Link>,
}

impl Default for Worker {
    fn default() -> Self {
        Self { thread: WorkerThread::new("mongodb") }
    }
}

impl Worker {
    /// Starts a job that reads. It is dropped with the store.
    pub(crate) fn read<T: Send + 'static>(&self, job: impl Future<Output = Result<T, StoreError>> + Send + 'static) -> Answer<T> {
        self.start(job, false)
    }

    /// Starts a job that writes. It runs to its end, also when the store is dropped meanwhile.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        job: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Answer<T> {
        self.start(job, true)
    }

    /// Starts a job that writes and has no time limit of its own. It gives up on a server that does not answer.
    pub(crate) fn write_within<T: Send + 'static>(
        &self,
        patience: Duration,
        job: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Answer<T> {
        let late = move |_| {
            let message = format!(
                "outcome unknown: the write may or may not have been applied; the server gave no answer within {patience:?}"
            );
            Err(StoreError::OutcomeUnknown { message, source: None })
        };
        let died = |_| Err(StoreError::Bug("a task of the database has died".into()));
        // A task of its own: the driver must not be interrupted.
        self.start(
            async move {
                let job: Task<Result<T, StoreError>> = Box::pin(job);
                let task = tokio::time::timeout(patience, tokio::spawn(job));
                task.await.map_or_else(late, |done| done.unwrap_or_else(died))
            },
            true,
        )
    }

    fn start<T: Send + 'static>(
        &self,
        job: impl Future<Output = Result<T, StoreError>> + Send + 'static,
        writes: bool,
    ) -> Answer<T> {
        let (answer, result) = oneshot::channel();
        let started = self.link().map(|Link { runtime, alive }| {
            let alive = writes.then_some(alive);
            // In a box, so that the code that runs a task is compiled once, and not for each of a hundred jobs.
            let task: Task<()> = Box::pin(async move {
                // A caller that no longer waits does not undo the work.
                let _ = answer.send(job.await);
                drop(alive);
            });
            runtime.spawn(task);
        });
        answer_of(started, result)
    }

    fn link(&self) -> Result<Link, StoreError> {
        self.thread.link(|| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (alive, mut last) = mpsc::channel(1);
            let link = Link { runtime: runtime.handle().clone(), alive };
            Ok((link, move || runtime.block_on(async { while last.recv().await.is_some() {} })))
        })
    }
}
