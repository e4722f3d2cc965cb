//! The process that holds a lock on a file. Only Linux lists the locks, in `/proc/locks`.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process;

/// A process that holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockHolder {
    /// The process id.
    pub pid: u32,
    /// The name of the program; empty where it is unknown.
    pub program: String,
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.program.as_str() {
            "" => write!(f, "process {}", self.pid),
            program => write!(f, "process {} ({program})", self.pid),
        }
    }
}

/// Returns another process that holds an exclusive lock on a file or folder, if the system shows one.
#[cfg(unix)]
pub fn lock_holder(path: &Path) -> Option<LockHolder> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).ok()?;
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let pid = holders(&locks, found.ino()).find(|pid| *pid != process::id() && has_open(*pid, path))?;
    let program = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(LockHolder { pid, program: program.trim().chars().filter(|c| !c.is_control()).collect() })
}

/// Returns `None`: the system does not show locks.
#[cfg(not(unix))]
pub fn lock_holder(_: &Path) -> Option<LockHolder> {
    None
}

/// Returns the processes with an exclusive lock on a file, from lines like `1: POSIX  ADVISORY  WRITE 1234 08:01:131085 120
/// 120`.
fn holders(locks: &str, inode: u64) -> impl Iterator<Item = u32> {
    locks.lines().filter_map(move |line| {
        let mut fields = line.split_whitespace().skip(1);
        // A line with an arrow is a process that waits for the lock.
        fields.next().filter(|kind| *kind != "->")?;
        fields.by_ref().nth(1).filter(|mode| *mode == "WRITE")?;
        let pid = fields.next()?.parse().ok()?;
        let place = fields.next()?.rsplit(':').next()?;
        (place.parse() == Ok(inode)).then_some(pid)
    })
}

/// Returns false for a process that is known not to have the file open: another file system can have the same inode number.
fn has_open(pid: u32, path: &Path) -> bool {
    let (Ok(path), Ok(open)) = (fs::canonicalize(path), fs::read_dir(format!("/proc/{pid}/fd"))) else { return true };
    open.flatten().any(|link| fs::read_link(link.path()).is_ok_and(|target| target == path))
}

#[cfg(test)]
mod tests {
    use super::holders;

    #[test]
    fn exclusive_locks_of_the_file_count_and_those_that_wait_do_not() {
        let locks = "1: POSIX  ADVISORY  WRITE 11 08:01:77 120 120\n\
                     1: -> POSIX  ADVISORY  WRITE 12 08:01:77 120 120\n\
                     2: POSIX  ADVISORY  READ 13 08:01:77 124 124\n\
                     3: FLOCK  ADVISORY  WRITE 14 00:2f:77 0 EOF\n\
                     4: POSIX  ADVISORY  WRITE 15 08:01:777 0 EOF\n\
                     5: OFDLCK ADVISORY  WRITE -1 08:01:77 0 EOF\n";
        assert_eq!(holders(locks, 77).collect::<Vec<_>>(), [11, 14]);
    }
}
