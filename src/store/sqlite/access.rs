//! The permissions on the file of a store and on its folder.

use std::io;
use std::path::Path;

/// Returns the reason why this process may not write the file or create files beside it.
///
/// The file is not opened for this check: closing it would release the locks that SQLite holds on it in this process.
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

/// Returns `None`: only SQLite reports a denied access here.
#[cfg(not(unix))]
pub(super) fn denied(_: &Path) -> Option<io::Error> {
    None
}
