//! File modes and special files, on systems that have them.

use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// Returns true for a pipe or a socket. Opening one can wait forever.
#[cfg(unix)]
pub(super) fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo() || found.file_type().is_socket())
}

/// Returns false: this system has no pipes among its files.
#[cfg(not(unix))]
pub(super) fn is_pipe(_: &Path) -> bool {
    false
}

/// Gives a temporary file the mode that any new file has.
#[cfg(unix)]
pub(super) fn as_usual(builder: &mut tempfile::Builder<'_, '_>) {
    // The system removes the bits of `umask`.
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
}

/// Does nothing: this system has no file modes.
#[cfg(not(unix))]
pub(super) fn as_usual(_: &mut tempfile::Builder<'_, '_>) {}

/// Opens a pipe or a device for writing. A pipe without a reader is an error instead of an endless wait.
#[cfg(unix)]
pub(super) fn open_special(path: &Path) -> io::Result<File> {
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let mut probe = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut probe, nonblocking);
    // Stays open until the other one is open, so that the reader does not see an end between them.
    let _probe = probe.write(true).open(path)?;
    OpenOptions::new().write(true).open(path)
}

/// Opens a device for writing.
#[cfg(not(unix))]
pub(super) fn open_special(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// Returns the mode of a file that others than its owner may use; none if only the owner may.
#[cfg(unix)]
pub(super) fn open_to_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(metadata.mode() & 0o777).filter(|mode| mode & 0o077 != 0)
}

/// Returns none: this system has no file modes.
#[cfg(not(unix))]
pub(super) fn open_to_others(_: &Path) -> Option<u32> {
    None
}

/// Creates a folder that only its owner may use, with its parent folders.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
