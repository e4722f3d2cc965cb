//! A thread with a runtime of its own for all connections of a store. It outlives the runtime of a caller, and reads ahead
//! while its caller works.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::thread::JoinHandle;

use tokio::runtime::Builder;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::task::spawn_local;

use crate::store::backend::Answer;
use crate::store::error::StoreError;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::database::Database;

type Work = Pin<Box<dyn Future<Output = ()>>>;

struct Job {
    /// True if closing the store waits for the job.
    writes: bool,
    start: Box<dyn FnOnce(Rc<Database>) -> Work + Send>,
}

struct Running {
    jobs: mpsc::UnboundedSender<Job>,
    thread: JoinHandle<()>,
}

/// The worker thread. It starts with the first job and ends with this value, after the current writes.
pub(crate) struct Worker {
    connector: Connector,
    running: Mutex<Option<Running>>,
}

impl Worker {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, running: Mutex::new(None) }
    }

    /// Starts a job that only reads. It may be dropped when the store is closed.
    pub(crate) fn read<T, W>(&self, job: impl FnOnce(Rc<Database>) -> W + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, StoreError>> + 'static,
    {
        self.run(false, job)
    }

    /// Starts a job that writes. Closing the store waits for it.
    pub(crate) fn write<T, W>(&self, job: impl FnOnce(Rc<Database>) -> W + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, StoreError>> + 'static,
    {
        self.run(true, job)
    }

    fn run<T, W>(&self, writes: bool, job: impl FnOnce(Rc<Database>) -> W + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, StoreError>> + 'static,
    {
        let (answer, result) = oneshot::channel();
        let start = Box::new(move |database| {
            let work = job(database);
            Box::pin(async move {
                // A caller that no longer waits does not undo the work.
                let _ = answer.send(work.await);
            }) as Work
        });
        let sent = self.send(Job { writes, start });
        Box::pin(async move {
            sent?;
            result.await.unwrap_or_else(|_| Err(died()))
        })
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            *running = Some(self.start()?);
        }
        let sent = running.as_ref().is_some_and(|running| running.jobs.send(job).is_ok());
        if sent { Ok(()) } else { Err(died()) }
    }

    fn start(&self) -> Result<Running, StoreError> {
        let failed = |error| StoreError::Unavailable { message: "cannot start a thread".into(), source: Some(Arc::new(error)) };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (jobs, receiver) = mpsc::unbounded_channel();
        let connector = self.connector.clone();
        let thread = thread::Builder::new().name("postgres".into()).spawn(move || run_jobs(&runtime, connector, receiver));
        Ok(Running { jobs, thread: thread.map_err(failed)? })
    }
}

fn died() -> StoreError {
    StoreError::Bug("the thread of the database has died".into())
}

fn run_jobs(runtime: &Runtime, connector: Connector, mut jobs: mpsc::UnboundedReceiver<Job>) {
    LocalSet::new().block_on(runtime, async move {
        let database = Rc::new(Database::new(connector));
        let (writing, mut all_written) = mpsc::channel::<()>(1);
        while let Some(job) = jobs.recv().await {
            let guard = job.writes.then(|| writing.clone());
            let work = (job.start)(Rc::clone(&database));
            spawn_local(async move {
                work.await;
                drop(guard);
            });
        }
        drop(writing);
        // Nothing is ever sent: the channel closes with the last guard.
        all_written.recv().await;
        database.pool.close().await;
    });
}

impl Drop for Worker {
    /// Waits for the current writes and closes the connections.
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { jobs, thread }) = running {
            drop(jobs);
            let _ = thread.join();
        }
    }
}
