//! A thread with a runtime of its own for all connections of a store: it does not end with the runtime of a caller,
//! and it reads ahead while its caller works.

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
use crate::store::postgres::session::Database;

type Work = Pin<Box<dyn Future<Output = ()>>>;

struct Job {
    /// Whether it is waited for when the store is closed.
    writes: bool,
    start: Box<dyn FnOnce(Rc<Database>) -> Work + Send>,
}

struct Running {
    jobs: mpsc::UnboundedSender<Job>,
    thread: JoinHandle<()>,
}

/// The thread; it starts with the first job and ends with this value, after the writes under way.
pub(crate) struct Worker {
    connector: Connector,
    running: Mutex<Option<Running>>,
}

impl Worker {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, running: Mutex::new(None) }
    }

    /// Starts a job that only reads: it may be dropped when the store is closed.
    pub(crate) fn read<T, W>(&self, job: impl FnOnce(Rc<Database>) -> W + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, StoreError>> + 'static,
    {
        self.run(false, job)
    }

    /// Starts a job that writes: closing the store waits for it.
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
                // A caller that no longer waits does not undo what was done.
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
        let failed =
            |error| StoreError::Unavailable { message: "no thread can be started".into(), source: Some(Arc::new(error)) };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (jobs, receiver) = mpsc::unbounded_channel();
        let connector = self.connector.clone();
        let thread = thread::Builder::new().name("postgres".into()).spawn(move || work_off(&runtime, connector, receiver));
        Ok(Running { jobs, thread: thread.map_err(failed)? })
    }
}

fn died() -> StoreError {
    StoreError::Bug("the thread of the database has died".into())
}

fn work_off(runtime: &Runtime, connector: Connector, mut jobs: mpsc::UnboundedReceiver<Job>) {
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
        // Nothing is ever sent: it ends when the last guard is gone.
        all_written.recv().await;
        database.pool.close().await;
    });
}

impl Drop for Worker {
    /// Waits for what is being written and says good-bye to the server.
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { jobs, thread }) = running {
            drop(jobs);
            let _ = thread.join();
        }
    }
}
