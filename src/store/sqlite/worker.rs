//! A thread that runs the jobs of one connection.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::sqlite::connection::Connector;
use crate::store::sqlite::files::Files;
use crate::store::sqlite::lazy_connection::LazyConnection;
use crate::store::worker::WorkerThread;
use crate::store::worker::answer_of;
use crate::store::worker::thread_died;

type WorkerJob = Box<dyn FnOnce(&mut LazyConnection) + Send>;

/// A thread with one connection. It starts with the first job. At its end the connection is closed, which leaves a complete
/// file without a lock.
pub(crate) struct Worker {
    connector: Connector,
    /// The files as the first connection of this process found them.
    first: Arc<OnceLock<Files>>,
    thread: WorkerThread<mpsc::Sender<WorkerJob>>,
    waiting: Arc<AtomicUsize>,
}

impl Worker {
    pub(crate) fn new(connector: Connector, first: Arc<OnceLock<Files>>) -> Self {
        Self { connector, first, thread: WorkerThread::new("sqlite"), waiting: Arc::default() }
    }

    /// Returns the number of running and waiting jobs.
    pub(crate) fn load(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Runs a job on the thread. It starts after the jobs before it, awaited or not.
    pub(crate) fn run<T, F>(&self, job: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut LazyConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let waiting = Arc::clone(&self.waiting);
        waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.send(Box::new(move |lazy| {
            let outcome = job(lazy);
            waiting.fetch_sub(1, Ordering::Relaxed);
            // A caller that no longer waits does not undo the work.
            let _ = answer.send(outcome);
        }));
        answer_of(sent, result)
    }

    fn send(&self, job: WorkerJob) -> Result<(), StoreError> {
        let jobs = self.thread.link(|| {
            let (jobs, receiver) = mpsc::channel::<WorkerJob>();
            let mut lazy = LazyConnection::new(self.connector.clone(), Arc::clone(&self.first));
            let work = move || {
                for job in receiver {
                    job(&mut lazy);
                }
            };
            Ok((jobs, work))
        })?;
        jobs.send(job).map_err(|_| thread_died())
    }
}
