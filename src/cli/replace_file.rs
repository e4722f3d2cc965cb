//! Replacing files: each is replaced in one step and under a lock, so a reader never sees half of it.

use std::fs;
use std::fs::File;
use std::io;
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::cli::error::CliError;
use crate::cli::file_mode;
use crate::cli::shutdown_hold::ShutdownHold;
use crate::store::lock_holder;

/// The maximum number of symbolic links to follow, as in Linux.
const MAX_LINKS: usize = 40;
/// The maximum wait for another process that changes a file in the same folder.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between two attempts to lock.
const LOCK_PAUSE: Duration = Duration::from_millis(5);
/// The file to lock if the system cannot lock a folder.
const LOCK_FILE: &str = ".esctl.lock";

/// The users that may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// The owner alone: the file may hold a password.
    Owner,
    /// The users that `umask` allows.
    Usual,
}

/// The number of files that this process has replaced.
static REPLACED: AtomicU64 = AtomicU64::new(0);

/// Returns the number of files that this process has replaced.
pub(super) fn replaced() -> u64 {
    REPLACED.load(Ordering::SeqCst)
}

/// Replaces the content of a file in one step, or creates the file. Its mode and symbolic links to it stay. The content is on disk
/// when this returns.
///
/// A pipe or a device is written to instead, because it must not be replaced.
///
/// # Errors
/// The file cannot be written; it is then unchanged.
pub(super) fn replace(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let path = resolve(path)?;
    let mode = match fs::metadata(&path) {
        Ok(found) if found.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => return file_mode::open_special(&path)?.write_all(content),
        Ok(found) => {
            // A file that its owner made read-only is not replaced either.
            fs::OpenOptions::new().write(true).open(&path)?;
            Some(found.permissions())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let folder = folder_of(&path);
    let mut beside = tempfile::Builder::new();
    beside.prefix(".esctl-").suffix(".new");
    if readers == Readers::Usual {
        file_mode::as_usual(&mut beside);
    }
    let mut beside = beside.tempfile_in(&folder)?;
    beside.write_all(content)?;
    if let Some(mode) = mode {
        beside.as_file().set_permissions(mode)?;
    }
    beside.as_file().sync_all()?;
    let _hold = ShutdownHold::begin();
    beside.persist(&path).map_err(|error| error.error)?;
    REPLACED.fetch_add(1, Ordering::SeqCst);
    // Syncs the new name. A system that cannot sync a folder does that by itself.
    let _ = File::open(&folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Checks that [`replace`] can work, and changes nothing.
pub(super) fn check_replaceable(path: &Path) -> io::Result<()> {
    let path = resolve(path)?;
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
        // Opening a pipe may show its reader an end.
        Ok(found) if !found.is_file() => Ok(()),
        Ok(_) => {
            fs::OpenOptions::new().write(true).open(&path)?;
            tempfile::tempfile_in(folder_of(&path)).map(drop)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => tempfile::tempfile_in(folder_of(&path)).map(drop),
        Err(error) => Err(error),
    }
}

/// Runs a change of the files in a folder while no other process of esctl changes them. The folder must exist.
///
/// # Errors
/// The lock is not free in time, or the system cannot lock (6, 7).
pub(super) fn locked<T>(folder: &Path, change: impl FnOnce() -> Result<T, CliError>) -> Result<T, CliError> {
    let failed = |error: &io::Error| unwritable("the folder", folder, error);
    // The lock is on the folder itself, so that no lock file stays in it.
    let lock = match File::open(folder).and_then(|lock| try_lock(&lock).map(|free| (lock, free))) {
        Ok((lock, _)) => lock,
        Err(_) => fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK_FILE))
            .map_err(|error| failed(&error))?,
    };
    let begun = Instant::now();
    while !try_lock(&lock).map_err(|error| failed(&error))? {
        if begun.elapsed() > LOCK_TIMEOUT {
            let holder = lock_holder(folder).map_or_else(|| "another process".to_owned(), |holder| holder.to_string());
            let message = format!("{holder} is changing files in {}", folder.display());
            return Err(CliError::unavailable(message).code("file_locked").hint("try again when it has ended"));
        }
        thread::sleep(LOCK_PAUSE);
    }
    change()
}

/// Returns true if this process has the lock now. It is released with the file.
fn try_lock(lock: &File) -> io::Result<bool> {
    match lock.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Returns the folder of a file.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// Returns the path behind symbolic links. The last link may lead to a file that does not exist yet.
///
/// # Errors
/// There are too many links, as in a cycle.
pub(super) fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Returns the error for a file that cannot be written: 7 without permission, 2 for a wrong path, else 6.
pub(super) fn unwritable(what: &str, path: &Path, error: &io::Error) -> CliError {
    let message = format!("cannot write {what} {}", path.display());
    let made = match error.kind() {
        ErrorKind::PermissionDenied => CliError::not_allowed(message).hint("the user has no permission to write there"),
        ErrorKind::ReadOnlyFilesystem => CliError::unavailable(message).hint("the file system is mounted read-only"),
        ErrorKind::IsADirectory => CliError::usage(format!("{message}: it is a directory")).hint("name a file"),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::InvalidInput => CliError::usage(message),
        _ => CliError::unavailable(message),
    };
    made.code("file_not_writable").with("path", path.display().to_string()).caused_by(error)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;

    use super::Readers;
    use super::check_replaceable;
    use super::replace;

    #[test]
    fn mode_and_links_stay_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("deep/target"), folder.path().join("link"));
        fs::create_dir(folder.path().join("deep")).unwrap();
        symlink("deep/target", &link).unwrap();
        // A link to nothing is followed, too.
        replace(&link, b"one", Readers::Owner).unwrap();
        let mode = || fs::metadata(&target).unwrap().permissions().mode() & 0o777;
        assert_eq!((fs::read(&target).unwrap(), mode()), (b"one".to_vec(), 0o600));
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        check_replaceable(&link).unwrap();
        replace(&link, b"two", Readers::Usual).unwrap();
        assert_eq!((fs::read(&target).unwrap(), mode()), (b"two".to_vec(), 0o640));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 1);
        replace(&folder.path().join("usual"), b"", Readers::Usual).unwrap();
        let usual = fs::metadata(folder.path().join("usual")).unwrap().permissions().mode();
        fs::write(folder.path().join("plain"), "").unwrap();
        assert_eq!(usual, fs::metadata(folder.path().join("plain")).unwrap().permissions().mode());
        for bad in [folder.path().to_owned(), folder.path().join("no/file"), folder.path().join("plain/file")] {
            assert!(replace(&bad, b"", Readers::Usual).is_err() && check_replaceable(&bad).is_err(), "{bad:?}");
        }
        symlink("loop", folder.path().join("loop")).unwrap();
        assert!(replace(&folder.path().join("loop"), b"", Readers::Usual).is_err());
    }
}
