//! File modes and special files, where the system knows such a thing.

use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// Returns true for a pipe or a socket: opening one can wait without end.
#[cfg(unix)]
pub(super) fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo() || found.file_type().is_socket())
}

/// Pipes have no place among the files here.
#[cfg(not(unix))]
pub(super) fn is_pipe(_: &Path) -> bool {
    false
}

/// Gives a temporary file the mode that any new file has.
#[cfg(unix)]
pub(super) fn as_usual(builder: &mut tempfile::Builder<'_, '_>) {
    // The system takes away what `umask` says.
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
}

/// Access is not a matter of modes here.
#[cfg(not(unix))]
pub(super) fn as_usual(_: &mut tempfile::Builder<'_, '_>) {}

/// Opens a pipe or a device for writing. A pipe without a reader is an error, not a wait without end.
///
/// # Errors
/// As the system says.
#[cfg(unix)]
pub(super) fn open_special(path: &Path) -> io::Result<File> {
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let mut probe = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut probe, nonblocking);
    // Kept until the other is open, so that the reader does not see an end between them.
    let _probe = probe.write(true).open(path)?;
    OpenOptions::new().write(true).open(path)
}

/// Opens a device for writing.
///
/// # Errors
/// As the system says.
#[cfg(not(unix))]
pub(super) fn open_special(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

/// The mode of a file that others than its owner may use; none where nobody else may.
#[cfg(unix)]
pub(super) fn open_to_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(metadata.mode() & 0o777).filter(|mode| mode & 0o077 != 0)
}

/// Access is not a matter of modes here.
#[cfg(not(unix))]
pub(super) fn open_to_others(_: &Path) -> Option<u32> {
    None
}

/// Makes a folder for its owner alone, with those it is in.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
