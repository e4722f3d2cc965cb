//! A progress bar for long work, on terminals only.

use std::fmt;

use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressState;
use indicatif::ProgressStyle;

use crate::cli::output::printer::Output;
use crate::cli::output::printer::lock;

/// The width of the terminal below which only the percentage is drawn.
const ROOMY: u16 = 70;

/// A progress bar. The drop removes it, so that it never hides an error.
pub struct ProgressHandle {
    bar: ProgressBar,
}

impl Output {
    /// Begins a progress bar on stderr: rate, and time left if the total is known. The unit `bytes` is counted in KiB and MiB.
    /// Invisible unless stderr is a terminal and `--quiet` is not set.
    pub fn progress(&self, total: Option<u64>, unit: &'static str) -> ProgressHandle {
        let settings = self.settings();
        if !settings.stderr_terminal || settings.quiet || settings.dumb {
            return ProgressHandle { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let roomy = console::Term::stderr().size().1 >= ROOMY;
        let template = match (total.is_some(), unit == "bytes") {
            (true, _) if !roomy => "{percent}% {eta} left",
            (false, _) if !roomy => "{human_pos}",
            (true, true) => "[{wide_bar}] {binary_bytes}/{binary_total_bytes}, {binary_bytes_per_sec}, {eta} left",
            (true, false) => "[{wide_bar}] {human_pos}/{human_len} {msg}, {rate}/s, {eta} left",
            (false, true) => "{binary_bytes}, {binary_bytes_per_sec}, {elapsed}",
            (false, false) => "{human_pos} {msg}, {rate}/s, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            // Whole numbers, because more digits flicker.
            let rate = |state: &ProgressState, f: &mut dyn fmt::Write| {
                let _ = write!(f, "{:.0}", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
        }
        bar.set_message(unit);
        *lock(&self.bar) = Some(bar.clone());
        ProgressHandle { bar }
    }
}

impl ProgressHandle {
    /// Advances the bar.
    pub fn advance(&self, n: u64) {
        self.bar.inc(n);
    }

    /// Sets the total.
    pub fn total(&self, total: u64) {
        self.bar.set_length(total);
    }

    /// Removes the bar.
    pub fn finish(self) {
        // The drop removes it.
    }
}

impl Drop for ProgressHandle {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
