//! The buffer before stdout. A closed pipe ends the program quietly; any other failure is an error.

use std::io;
use std::io::BufWriter;
use std::io::ErrorKind;
use std::io::Write;

use crate::cli::error::CliError;

/// The code of the error for a stdout that cannot be written.
pub(crate) const STDOUT_UNAVAILABLE: &str = "stdout_unavailable";

/// The size of the buffer.
pub(crate) const BUFFER_BYTES: usize = 64 << 10;

/// stdout behind a buffer.
pub(crate) struct Sink {
    writer: Option<BufWriter<Box<dyn Write + Send>>>,
    failure: CliError,
}

impl Sink {
    pub(crate) fn new(writer: Box<dyn Write + Send>) -> Self {
        let writer = Some(BufWriter::with_capacity(BUFFER_BYTES, writer));
        Self { writer, failure: CliError::closed_pipe() }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.attempt(|writer| writer.write_all(bytes))
    }

    pub(crate) fn flush(&mut self) -> Result<(), CliError> {
        self.attempt(Write::flush)
    }

    fn attempt(&mut self, write: impl FnOnce(&mut BufWriter<Box<dyn Write + Send>>) -> io::Result<()>) -> Result<(), CliError> {
        let Some(writer) = &mut self.writer else { return Err(self.failure.clone()) };
        let Err(error) = write(writer) else { return Ok(()) };
        self.failure = failure(&error);
        // The drop must not write the rest of the buffer again.
        if let Some(writer) = self.writer.take() {
            let _ = writer.into_parts();
        }
        Err(self.failure.clone())
    }
}

fn failure(error: &io::Error) -> CliError {
    if error.kind() == ErrorKind::BrokenPipe {
        return CliError::closed_pipe();
    }
    CliError::unavailable("cannot write stdout").code(STDOUT_UNAVAILABLE).caused_by(error)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::io::Write;

    use super::Sink;

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_quiet_and_stays_closed() {
        let mut sink = Sink::new(Box::new(Failing(io::ErrorKind::BrokenPipe)));
        sink.write(b"gathered").unwrap();
        let error = sink.flush().unwrap_err();
        assert!(error.is_closed_pipe() && error.exit() == 0);
        assert!(sink.write(b"more").unwrap_err().is_closed_pipe());
    }

    #[test]
    fn a_full_disk_is_reported_at_the_last_flush() {
        let mut sink = Sink::new(Box::new(Failing(io::ErrorKind::StorageFull)));
        sink.write(b"gathered").unwrap();
        let error = sink.flush().unwrap_err();
        assert_eq!((error.exit(), error.failure.code), (6, "stdout_unavailable"));
        assert_eq!(sink.flush().unwrap_err(), error);
    }
}
