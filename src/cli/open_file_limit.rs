//! The limit of open files and connections of this process.

/// Raises the limit to the wanted number if it can. Returns the limit that then applies.
#[cfg(unix)]
pub(super) fn allow(wanted: u64) -> u64 {
    use rustix::process::Resource;
    use rustix::process::Rlimit;
    use rustix::process::getrlimit;
    use rustix::process::setrlimit;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return current.unwrap_or(u64::MAX);
    }
    let asked = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(asked), maximum }) {
        Ok(()) => asked,
        Err(_) => current.unwrap_or(u64::MAX),
    }
}

/// Returns the wanted number: this system has no limit to raise.
#[cfg(not(unix))]
pub(super) fn allow(wanted: u64) -> u64 {
    wanted
}
