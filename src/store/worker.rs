//! The thread of a backend. It runs jobs to their end, whether or not their callers still wait, and knows no database.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::store::answer::Answer;
use crate::store::error::StoreError;

/// A thread that starts when it is first needed. It ends once this value and all clones of its link are dropped.
pub(crate) struct WorkerThread<L> {
    name: &'static str,
    running: Mutex<Option<StartedThread<L>>>,
}

/// A thread that runs, and the link to it.
struct StartedThread<L> {
    link: L,
    thread: JoinHandle<()>,
}

impl<L: Clone> WorkerThread<L> {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, running: Mutex::new(None) }
    }

    /// Returns the link to the thread. If there is no thread yet, `prepare` makes the link and the work of a new one.
    pub(crate) fn link<W>(&self, prepare: impl FnOnce() -> io::Result<(L, W)>) -> Result<L, StoreError>
    where
        W: FnOnce() + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*running {
            return Ok(running.link.clone());
        }
        let (link, work) = prepare().map_err(no_thread)?;
        let thread = thread::Builder::new().name(self.name.into()).spawn(work).map_err(no_thread)?;
        *running = Some(StartedThread { link: link.clone(), thread });
        Ok(link)
    }
}

impl<L> Drop for WorkerThread<L> {
    /// Waits until the thread has finished its work.
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(StartedThread { link, thread }) = running {
            drop(link);
            // The last clone of a store may be dropped by a job on this very thread.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

/// Returns the answer of a job that was sent to a thread.
pub(crate) fn answer_of<T>(sent: Result<(), StoreError>, result: oneshot::Receiver<Result<T, StoreError>>) -> Answer<T>
where
    T: Send + 'static,
{
    Box::pin(async move {
        sent?;
        result.await.unwrap_or_else(|_| Err(thread_died()))
    })
}

/// Runs one job on a thread of its own.
pub(crate) fn on_thread<T: Send + 'static>(
    name: &str,
    job: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Answer<T> {
    let (answer, result) = oneshot::channel();
    let work = move || {
        // A caller that no longer waits needs no answer.
        let _ = answer.send(job());
    };
    let started = thread::Builder::new().name(name.to_owned()).spawn(work);
    answer_of(started.map(|_| ()).map_err(no_thread), result)
}

fn no_thread(error: io::Error) -> StoreError {
    StoreError::Unavailable { message: "cannot start a thread".into(), source: Some(Arc::new(error) as _) }
}

/// Returns the error of a job whose thread has panicked.
pub(crate) fn thread_died() -> StoreError {
    StoreError::Bug("the thread of the database has died".into())
}
