//! A small TCP proxy that breaks connections when told.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering;
use std::thread;

/// What the proxy does with what passes through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// It passes everything on.
    Pass,
    /// The next thing a client says is lost, and its connection is cut; then everything passes.
    LoseRequest,
    /// The next thing a server says is lost, and the connection is cut; then everything passes.
    LoseAnswer,
    /// Likewise, and from then on nobody gets through.
    LoseAnswerAndGo,
    /// Nobody gets through.
    Gone,
}

const MODES: [Mode; 5] = [Mode::Pass, Mode::LoseRequest, Mode::LoseAnswer, Mode::LoseAnswerAndGo, Mode::Gone];

#[derive(Clone)]
pub struct Proxy {
    mode: Arc<AtomicU8>,
    port: u16,
}

impl Proxy {
    /// In front of a server on this machine.
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { mode: Arc::new(AtomicU8::new(Mode::Pass as u8)), port: listener.local_addr().unwrap().port() };
        let accepting = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.mode() != Mode::Gone {
                    accepting.connect(client, TcpStream::connect(("127.0.0.1", server)).unwrap());
                }
            }
        });
        proxy
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    pub fn mode(&self) -> Mode {
        MODES[usize::from(self.mode.load(Ordering::SeqCst))]
    }

    fn connect(&self, client: TcpStream, server: TcpStream) {
        let requests = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let (asking, answering) = (self.clone(), self.clone());
        thread::spawn(move || asking.pump(requests.0, requests.1, true));
        thread::spawn(move || answering.pump(server, client, false));
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, requests: bool) {
        let mut buffer = [0; 1 << 16];
        while let Ok(count) = from.read(&mut buffer) {
            let next = match (self.mode(), requests) {
                (Mode::LoseRequest, true) | (Mode::LoseAnswer, false) => Some(Mode::Pass),
                (Mode::LoseAnswerAndGo, false) => Some(Mode::Gone),
                _ => None,
            };
            if count == 0 || next.is_some() || to.write_all(&buffer[..count]).is_err() {
                if let Some(next) = next.filter(|_| count > 0) {
                    self.set(next);
                }
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
