//! The stdout of the process, which may have been closed at the start.
//!
//! Before `main` Rust opens /dev/null in place of a closed stdout, so results would be lost silently. Only an initialiser of the
//! program can still see that it was closed.

use std::io;
use std::io::Write;

/// Returns a writer to stdout. It fails if the program was started without one.
pub(crate) fn writer() -> Box<dyn Write + Send> {
    if early::was_closed() { Box::new(Closed) } else { Box::new(io::stdout()) }
}

/// Returns true if stdout has no reader any more. A program that waits would otherwise notice at its next write only.
#[cfg(unix)]
pub(crate) fn reader_is_gone() -> bool {
    use rustix::event::PollFd;
    use rustix::event::PollFlags;
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = rustix::event::Timespec::default();
    rustix::event::poll(&mut watched, Some(&at_once)).is_ok() && watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

#[cfg(not(unix))]
pub(crate) fn reader_is_gone() -> bool {
    false
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("stdout is closed"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
mod early {
    use std::ffi::c_int;
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering;

    static CLOSED: AtomicBool = AtomicBool::new(false);

    const STDOUT: c_int = 1;
    const F_GETFD: c_int = 1;

    unsafe extern "C" {
        fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    }

    extern "C" fn look() {
        // SAFETY: F_GETFD takes no third argument, changes nothing, and only fails for a closed descriptor.
        let flags = unsafe { fcntl(STDOUT, F_GETFD) };
        CLOSED.store(flags == -1, Ordering::Relaxed);
    }

    // SAFETY: the C library calls each function in this section before `main`, with arguments that a
    // function without parameters may ignore; `look` needs nothing of Rust's runtime.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;

    pub(super) fn was_closed() -> bool {
        CLOSED.load(Ordering::Relaxed)
    }
}

#[cfg(not(target_os = "linux"))]
mod early {
    pub(super) fn was_closed() -> bool {
        false
    }
}
