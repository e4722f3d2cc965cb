//! A thread with a runtime of its own for all connections of a store. It outlives the runtime of a caller, and reads ahead
//! while its caller works.

use std::pin::Pin;
use std::rc::Rc;

use tokio::runtime::Builder;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::task::spawn_local;

use crate::store::answer::Answer;
use crate::store::error::StoreError;
use crate::store::postgres::connector::Connector;
use crate::store::postgres::database::Database;
use crate::store::worker::WorkerThread;
use crate::store::worker::answer_of;
use crate::store::worker::thread_died;

type JobFuture = Pin<Box<dyn Future<Output = ()>>>;

struct WorkerJob {
    /// True if closing the store waits for the job.
    writes: bool,
    start: Box<dyn FnOnce(Rc<Database>) -> JobFuture + Send>,
}

/// The worker thread. It starts with the first job and ends with this value, after the current writes.
pub(crate) struct Worker {
    connector: Connector,
    thread: WorkerThread<mpsc::UnboundedSender<WorkerJob>>,
}

impl Worker {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, thread: WorkerThread::new("postgres") }
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
            }) as JobFuture
        });
        answer_of(self.send(WorkerJob { writes, start }), result)
    }

    fn send(&self, job: WorkerJob) -> Result<(), StoreError> {
        let jobs = self.thread.link(|| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let (jobs, receiver) = mpsc::unbounded_channel();
            let connector = self.connector.clone();
            Ok((jobs, move || run_jobs(&runtime, connector, receiver)))
        })?;
        jobs.send(job).map_err(|_| thread_died())
    }
}

fn run_jobs(runtime: &Runtime, connector: Connector, mut jobs: mpsc::UnboundedReceiver<WorkerJob>) {
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
