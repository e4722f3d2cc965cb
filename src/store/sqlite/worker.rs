//! A thread that runs the jobs of one connection.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::store::backend::Answer;
use crate::store::error::StoreError;
use crate::store::sqlite::connection::Connector;
use crate::store::sqlite::files::Files;
use crate::store::sqlite::lazy_connection::LazyConnection;

type Job = Box<dyn FnOnce(&mut LazyConnection) + Send>;

struct Running {
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

/// A thread with one connection. It starts with the first job and ends with this value.
pub(crate) struct Worker {
    connector: Connector,
    /// The files as the first connection of this process found them.
    first: Arc<OnceLock<Files>>,
    running: Mutex<Option<Running>>,
    waiting: Arc<AtomicUsize>,
}

impl Worker {
    pub(crate) fn new(connector: Connector, first: Arc<OnceLock<Files>>) -> Self {
        Self { connector, first, running: Mutex::new(None), waiting: Arc::default() }
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
        Box::pin(async move {
            sent?;
            let died = |_| Err(StoreError::Bug("the thread of the database has died".into()));
            result.await.unwrap_or_else(died)
        })
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            *running = Some(self.start()?);
        }
        let jobs = running.as_ref().map(|running| &running.jobs);
        let sent = jobs.is_some_and(|jobs| jobs.send(job).is_ok());
        if sent { Ok(()) } else { Err(StoreError::Bug("the thread of the database has died".into())) }
    }

    fn start(&self) -> Result<Running, StoreError> {
        let (jobs, receiver) = mpsc::channel::<Job>();
        let mut lazy = LazyConnection::new(self.connector.clone(), Arc::clone(&self.first));
        let work = move || {
            for job in receiver {
                job(&mut lazy);
            }
        };
        let thread = thread::Builder::new().name("sqlite".into()).spawn(work);
        let failed = |error| StoreError::Unavailable { message: "cannot start a thread".into(), source: Some(Arc::new(error)) };
        Ok(Running { jobs, thread: thread.map_err(failed)? })
    }
}

impl Drop for Worker {
    /// Waits until the connection is closed. The program then leaves a complete file without a lock.
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { jobs, thread }) = running {
            drop(jobs);
            // The last clone of a store may be dropped by a job on this very thread.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}
