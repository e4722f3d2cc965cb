//! How many files and connections this process may have open: as many as the system lets it.

/// Asks for room for so many; how many there is room for then.
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

/// Nothing need be asked for.
#[cfg(not(unix))]
pub(super) fn allow(wanted: u64) -> u64 {
    wanted
}
