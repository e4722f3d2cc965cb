//! The rights that the system grants on the file of a store and on its folder.

use std::io;
use std::path::Path;

/// Returns why the system does not let this process write the file, or make files beside it.
///
/// The file is not opened for that: closing it would release the locks that SQLite holds on it in this process.
#[cfg(unix)]
pub(super) fn denied(file: &Path) -> Option<io::Error> {
    use rustix::fs::Access;
    use rustix::fs::AtFlags;
    let access = |path: &Path, access| rustix::fs::accessat(rustix::fs::CWD, path, access, AtFlags::EACCESS);
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = access(file, Access::READ_OK | Access::WRITE_OK);
    let error = file.and_then(|()| access(folder, Access::WRITE_OK | Access::EXEC_OK)).err()?;
    Some(error.into())
}

/// Only SQLite tells here.
#[cfg(not(unix))]
pub(super) fn denied(_: &Path) -> Option<io::Error> {
    None
}
