//! A thread with a connection of its own that works off what it is asked.

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
use crate::store::sqlite::session::Session;

type Job = Box<dyn FnOnce(&mut Session) + Send>;

struct Running {
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

/// One thread, one connection. The thread starts with the first job and ends with this value.
pub(crate) struct Worker {
    connector: Connector,
    /// The files as the first of all connections found them.
    first: Arc<OnceLock<Files>>,
    running: Mutex<Option<Running>>,
    waiting: Arc<AtomicUsize>,
}

impl Worker {
    pub(crate) fn new(connector: Connector, first: Arc<OnceLock<Files>>) -> Self {
        Self { connector, first, running: Mutex::new(None), waiting: Arc::default() }
    }

    /// How many jobs are under way or waiting.
    pub(crate) fn load(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Runs a job on the thread; it starts as soon as the jobs before it are done, awaited or not.
    pub(crate) fn run<T, F>(&self, job: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Session) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let waiting = Arc::clone(&self.waiting);
        waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.send(Box::new(move |session| {
            let outcome = job(session);
            waiting.fetch_sub(1, Ordering::Relaxed);
            // A caller that no longer waits does not undo what was done.
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
        let mut session = Session::new(self.connector.clone(), Arc::clone(&self.first));
        let work = move || {
            for job in receiver {
                job(&mut session);
            }
        };
        let thread = thread::Builder::new().name("sqlite".into()).spawn(work);
        let failed =
            |error| StoreError::Unavailable { message: "no thread can be started".into(), source: Some(Arc::new(error)) };
        Ok(Running { jobs, thread: thread.map_err(failed)? })
    }
}

impl Drop for Worker {
    /// Waits for the connection to be closed, so that the file is whole and alone when the program ends.
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
