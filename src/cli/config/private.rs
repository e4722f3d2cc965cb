//! Files that only their owner may read, where the system knows such a thing.

use std::fs::DirBuilder;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// The mode of a file that others than its owner may use; none where nobody else may.
#[cfg(unix)]
pub(in crate::cli) fn open_to_others(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some(metadata.mode() & 0o777).filter(|mode| mode & 0o077 != 0)
}

/// Access is not a matter of modes here.
#[cfg(not(unix))]
pub(in crate::cli) fn open_to_others(_: &Path) -> Option<u32> {
    None
}

/// Makes a new file for its owner alone.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a folder for its owner alone, with those it is in.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
