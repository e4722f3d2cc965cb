//! A small TCP proxy that breaks connections on demand.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

/// The treatment of the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It passes everything on.
    Pass,
    /// The next request never reaches the server, and its connection is cut; then everything passes.
    LoseRequest,
    /// The next request is done, its answer is lost, and the connection is cut; then everything passes.
    LoseAnswer,
    /// Likewise, and from then on no connection is accepted.
    LoseAnswerAndGo,
    /// Requests are held until the mode changes.
    Hold,
    /// No connection is accepted.
    Gone,
}

#[derive(Clone)]
pub struct Proxy {
    /// The treatment, and the number of requests that get it.
    plan: Arc<Mutex<(Mode, usize)>>,
    /// The number of requests that pass before that.
    first: Arc<AtomicUsize>,
    /// The bytes of a client that count as a request.
    counts: fn(&[u8]) -> bool,
    /// A request has been held.
    held: Arc<AtomicBool>,
    port: u16,
}

/// Returns true for any bytes, as a client of PostgreSQL sends them.
pub fn anything(_: &[u8]) -> bool {
    true
}

/// An insert of commits, as MongoDB is asked for it; the heartbeats of its drivers do not count.
pub fn insert_of_commits(said: &[u8]) -> bool {
    let holds = |word: &[u8; 7]| said.windows(7).any(|part| part == word);
    holds(b"commits") && holds(b"update\0")
}

impl Proxy {
    /// In front of a server on this machine.
    pub fn before(server: u16, counts: fn(&[u8]) -> bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy =
            Self { plan: Arc::new(Mutex::new((Mode::Pass, 0))), first: Arc::default(), counts, held: Arc::default(), port };
        let accepting = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.mode() != Mode::Gone
                    && let Ok(server) = TcpStream::connect(("127.0.0.1", server))
                {
                    accepting.connect(&client, &server);
                }
            }
        });
        proxy
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on, with the next request.
    pub fn set(&self, mode: Mode) {
        self.times(mode, 1);
    }

    /// Treats one request, after a number of others.
    pub fn after(&self, requests: usize, mode: Mode) {
        self.first.store(requests, Ordering::SeqCst);
        self.set(mode);
    }

    /// Treats this number of requests from now on.
    pub fn times(&self, mode: Mode, times: usize) {
        if mode == Mode::Hold {
            self.held.store(false, Ordering::SeqCst);
        }
        *self.plan() = (mode, times);
    }

    /// Returns true once a request has been held.
    pub fn has_held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    pub fn mode(&self) -> Mode {
        self.plan().0
    }

    fn plan(&self) -> MutexGuard<'_, (Mode, usize)> {
        self.plan.lock().unwrap()
    }

    fn connect(&self, client: &TcpStream, server: &TcpStream) {
        let lost = Arc::new(AtomicBool::new(false));
        let (asking, losing) = (self.clone(), Arc::clone(&lost));
        let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || pump(from, to, |said| asking.passes(said, &losing)));
        let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let answering = self.clone();
        thread::spawn(move || pump(from, to, |_| !lost.load(Ordering::SeqCst) && answering.mode() != Mode::Gone));
    }

    /// Returns true if bytes of a client are passed on; `lost` is set where their answer is not.
    fn passes(&self, said: &[u8], lost: &AtomicBool) -> bool {
        let mut plan = self.plan();
        let (mode, times) = *plan;
        if matches!(mode, Mode::Pass | Mode::Gone) || !(self.counts)(said) {
            return mode != Mode::Gone;
        }
        if self.first.load(Ordering::SeqCst) > 0 {
            self.first.fetch_sub(1, Ordering::SeqCst);
            return true;
        }
        if mode == Mode::Hold {
            drop(plan);
            self.held.store(true, Ordering::SeqCst);
            while self.mode() == Mode::Hold {
                thread::sleep(Duration::from_millis(5));
            }
            return self.mode() != Mode::Gone;
        }
        let then = if mode == Mode::LoseAnswerAndGo { Mode::Gone } else { Mode::Pass };
        *plan = if times > 1 { (mode, times - 1) } else { (then, 0) };
        lost.store(matches!(mode, Mode::LoseAnswer | Mode::LoseAnswerAndGo), Ordering::SeqCst);
        lost.load(Ordering::SeqCst)
    }
}

/// Passes bytes on until either side ends the connection, or some are not to pass.
fn pump(mut from: TcpStream, mut to: TcpStream, passes: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || !passes(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
