//! The settings for printing, detected once: format, colour, and the kind of output.

use std::env;
use std::io;
use std::io::IsTerminal;

use clap::ValueEnum;
use jiff::tz::TimeZone;

use crate::event::Timestamp;

/// The output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON value a line
    Ndjson,
    /// One YAML document
    Yaml,
    /// A header and rows
    Csv,
}

impl Format {
    /// Returns true if errors are JSON as well.
    pub(crate) fn has_json_errors(self) -> bool {
        matches!(self, Self::Json | Self::Ndjson)
    }

    /// Returns true if a list is one document, which has an end.
    pub(crate) fn is_one_document(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }
}

/// The settings for printing. Plain data, so that tests can state them.
#[derive(Debug, Clone, Default)]
pub struct OutputSettings {
    /// The output format.
    pub format: Format,
    /// True for colour on stdout.
    pub colour: bool,
    /// True for colour on stderr.
    pub colour_stderr: bool,
    /// True to print results and errors only.
    pub quiet: bool,
    /// The number of `-v` flags.
    pub verbose: u8,
    /// The columns of the terminal that stdout is; none if it is not a terminal.
    pub width: Option<u16>,
    /// Tables are not made to fit the terminal.
    pub wide: bool,
    /// The zone in which tables and reports print times, with the offset; UTC where there is none.
    pub zone: Option<TimeZone>,
    /// True if stdin and stderr are a terminal, so that a question can be asked.
    pub can_ask: bool,
    /// True if stderr is a terminal.
    pub stderr_terminal: bool,
    /// True if the terminal can only print line by line (`TERM=dumb`).
    pub dumb: bool,
    /// True if characters beyond ASCII can be drawn.
    pub unicode: bool,
}

impl OutputSettings {
    /// Detects the settings of this process from its terminal and its environment.
    pub fn detect(format: Format, no_color: bool, quiet: bool, verbose: u8) -> Self {
        let variable = |name: &str| env::var(name).ok();
        let stdout_terminal = io::stdout().is_terminal();
        let stderr_terminal = io::stderr().is_terminal();
        Self {
            format,
            colour: wants_colour(no_color, stdout_terminal, &variable),
            colour_stderr: wants_colour(no_color, stderr_terminal, &variable),
            quiet,
            verbose,
            width: stdout_terminal.then(|| console::Term::stdout().size_checked().map_or(80, |(_, columns)| columns.max(1))),
            wide: false,
            zone: None,
            can_ask: io::stdin().is_terminal() && stderr_terminal,
            stderr_terminal,
            dumb: is_dumb(&variable),
            unicode: is_unicode(&variable),
        }
    }

    /// Returns the width that tables must fit.
    pub(crate) fn room(&self) -> Option<usize> {
        self.width.filter(|_| !self.wide).map(usize::from)
    }

    /// Returns a moment as tables and reports print it: to the second where they are made to fit a terminal or are in a zone,
    /// else in full. What it prints can be typed as a TIME.
    pub(crate) fn time(&self, time: Timestamp) -> String {
        let in_full = self.zone.is_none() && self.room().is_none();
        if in_full { time.to_string() } else { self.to_the_second(time, "%F %T") }
    }

    /// Returns a moment to the second, without the date if that is the one of another moment.
    pub(crate) fn time_near(&self, time: Timestamp, other: Timestamp) -> String {
        let date = |time| self.to_the_second(time, "%F");
        self.to_the_second(time, if date(time) == date(other) { "%T" } else { "%F %T" })
    }

    fn to_the_second(&self, time: Timestamp, form: &str) -> String {
        if !time.is_some() {
            return time.to_string();
        }
        let Ok(moment) = jiff::Timestamp::from_microsecond(time.micros()) else { return time.to_string() };
        match &self.zone {
            Some(zone) => moment.to_zoned(zone.clone()).strftime(&format!("{form}%:z")).to_string(),
            None => moment.strftime(&format!("{form}Z")).to_string(),
        }
    }
}

fn is_dumb(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    variable("TERM").is_some_and(|term| term == "dumb")
}

/// Returns false with the flag or `NO_COLOR`, true with `CLICOLOR_FORCE`, else what the terminal supports.
fn wants_colour(no_color: bool, terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if no_color || set("NO_COLOR") {
        return false;
    }
    if set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE").as_deref() != Some("0") {
        return true;
    }
    terminal && !is_dumb(variable) && variable("CLICOLOR").as_deref() != Some("0")
}

/// Returns true for UTF-8, by the first of the three variables that is set, as in programs that ask the C library.
fn is_unicode(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    let locale = locale.unwrap_or_default().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::is_unicode;
    use super::wants_colour;

    fn colour(no_color: bool, terminal: bool, set: &[(&str, &str)]) -> bool {
        wants_colour(no_color, terminal, &|name| of(set, name))
    }

    fn of(set: &[(&str, &str)], name: &str) -> Option<String> {
        set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn colour_follows_flag_then_environment_then_terminal() {
        assert!(colour(false, true, &[]));
        assert!(!colour(false, false, &[]));
        assert!(!colour(true, true, &[("CLICOLOR_FORCE", "1")]));
        assert!(!colour(false, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(colour(false, true, &[("NO_COLOR", "")]));
        assert!(colour(false, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!colour(false, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!colour(false, true, &[("TERM", "dumb")]));
    }

    #[test]
    fn the_locale_decides_about_characters() {
        assert!(is_unicode(&|name| of(&[("LANG", "de_DE.UTF-8")], name)));
        assert!(!is_unicode(&|name| of(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")], name)));
        assert!(!is_unicode(&|_| None));
    }
}
