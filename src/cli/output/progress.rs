//! A progress bar for long work, on a terminal only.

use std::fmt;

use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressState;
use indicatif::ProgressStyle;

use crate::cli::output::Output;
use crate::cli::output::lock;

/// With fewer columns than this only the percentage is drawn.
const ROOMY: u16 = 70;

/// A progress bar; it goes away when it is dropped, so that it never hides an error.
pub struct Progress {
    bar: ProgressBar,
}

impl Output {
    /// Begins a progress bar on stderr: rate, and time left where the total is known. The unit `bytes`
    /// is counted in KiB and MiB. Invisible unless stderr is a terminal and more than results is wanted.
    pub fn progress(&self, total: Option<u64>, unit: &'static str) -> Progress {
        let settings = self.settings();
        if !settings.stderr_terminal || settings.quiet || settings.dumb {
            return Progress { bar: ProgressBar::hidden() };
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
            // Whole numbers: more digits only flicker.
            let rate = |state: &ProgressState, f: &mut dyn fmt::Write| {
                let _ = write!(f, "{:.0}", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
        }
        bar.set_message(unit);
        *lock(&self.bar) = Some(bar.clone());
        Progress { bar }
    }
}

impl Progress {
    /// So much more is done.
    pub fn advance(&self, n: u64) {
        self.bar.inc(n);
    }

    /// The total has become known, or has changed.
    pub fn total(&self, total: u64) {
        self.bar.set_length(total);
    }

    /// Takes the bar away.
    pub fn finish(self) {
        // Dropping does it.
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
