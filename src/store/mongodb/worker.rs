//! The thread that drives the database. A job runs there to its end, whether or not its caller still waits, and never on
//! the runtime of a caller.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::store::backend::Answer;
use crate::store::error::StoreError;

struct Running {
    runtime: Handle,
    /// The thread continues while a clone of this exists: one here, and one with each current write.
    alive: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

/// A thread with a runtime of its own. It starts with the first job and ends with this value, after the last write.
#[derive(Default)]
pub(crate) struct Worker {
    running: Mutex<Option<Running>>,
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
        let started = self.running().map(|(runtime, alive)| {
            let alive = writes.then_some(alive);
            runtime.spawn(async move {
                // A caller that no longer waits does not undo the work.
                let _ = answer.send(job.await);
                drop(alive);
            });
        });
        Box::pin(async move {
            started?;
            let died = |_| Err(StoreError::Bug("the thread of the database has died".into()));
            result.await.unwrap_or_else(died)
        })
    }

    fn running(&self) -> Result<(Handle, mpsc::Sender<()>), StoreError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*running {
            return Ok((running.runtime.clone(), running.alive.clone()));
        }
        let failed =
            |error| StoreError::Unavailable { message: "cannot start a thread".into(), source: Some(Arc::new(error) as _) };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (alive, mut last) = mpsc::channel(1);
        let work = move || runtime.block_on(async { while last.recv().await.is_some() {} });
        let thread = thread::Builder::new().name("mongodb".into()).spawn(work).map_err(failed)?;
        *running = Some(Running { runtime: handle.clone(), alive: alive.clone(), thread });
        Ok((handle, alive))
    }
}

impl Drop for Worker {
    /// Waits for the current writes.
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { alive, thread, .. }) = running {
            drop(alive);
            // The last clone of a store may be dropped by a job on this very thread.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}
