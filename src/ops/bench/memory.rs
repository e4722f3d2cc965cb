//! Memory of processes, on systems with `/proc`.

use std::fs;

/// Returns the peak resident memory of this process.
pub(super) fn peak_memory_bytes() -> Option<u64> {
    field("self", "VmHWM:")
}

/// Begins a new peak of this process, where the system can do so.
pub(super) fn reset_peak_memory() {
    // 5 resets `VmHWM`: proc_pid_clear_refs(5).
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Returns the peak resident memory of another process.
pub(super) fn peak_memory_bytes_of(process: u32) -> Option<u64> {
    field(&process.to_string(), "VmHWM:")
}

/// Returns the resident memory of another process.
pub(super) fn memory_bytes(process: u32) -> Option<u64> {
    field(&process.to_string(), "VmRSS:")
}

fn field(process: &str, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
