//! File systems in memory, which only root may mount.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// A mounted file system in memory. It is unmounted with this value.
pub struct Mounted(PathBuf);

/// Returns true for a process that may mount file systems: it has the capability `CAP_SYS_ADMIN`.
pub fn may_mount() -> bool {
    const CAP_SYS_ADMIN: u32 = 21;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    capabilities.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> CAP_SYS_ADMIN & 1 == 1)
}

impl Mounted {
    /// Mounts a file system on a folder.
    pub fn on(folder: &Path, options: &str) -> Self {
        let mounted = Self(folder.to_owned());
        mounted.mount(options);
        mounted
    }

    /// Mounts it with other options.
    pub fn remount(&self, options: &str) {
        self.mount(&format!("remount,{options}"));
    }

    fn mount(&self, options: &str) {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(&self.0).output().unwrap();
        assert!(done.status.success(), "mount -o {options}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}
