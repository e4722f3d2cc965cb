//! Recent commands of this instance: counts by outcome, and the last refusals.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::event::Timestamp;
use crate::event::escape_unsafe;
use crate::server::HttpProblem;

/// Length of a span.
const SPAN: Duration = Duration::from_secs(30);
/// Number of spans that are kept: half an hour.
const SPANS: usize = 60;
/// Number of refusals that are kept.
const INCIDENTS: usize = 100;
/// Maximum number of characters of a name that is kept. A client may send any length.
const NAME: usize = 100;

/// The outcome of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Applied now or before, or nothing to change.
    Applied,
    /// Refused by a rule of the domain, invalid, or for a target that does not exist.
    Rejected,
    /// Refused because the stream was modified concurrently.
    Conflict,
    /// Failed on the server.
    Failed,
}

impl Sort {
    fn of(problem: &HttpProblem) -> Self {
        match problem.status {
            StatusCode::CONFLICT => Self::Conflict,
            status if status.is_server_error() => Self::Failed,
            _ => Self::Rejected,
        }
    }
}

/// Counts of commands in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Span {
    /// The beginning of the span.
    pub from: Timestamp,
    /// Applied now or before, or nothing to change.
    pub applied: u64,
    /// Refused by a rule of the domain, invalid, or for a target that does not exist.
    pub rejected: u64,
    /// Refused because the stream was modified concurrently.
    pub conflicts: u64,
    /// Failed on the server.
    pub failed: u64,
}

/// A command that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Incident {
    /// Its number, counted from 1 since the start of the server.
    pub number: u64,
    /// The time of the refusal.
    pub at: Timestamp,
    /// The outcome: `rejected`, `conflict` or `failed`.
    pub outcome: Sort,
    /// The code of the error.
    pub code: String,
    /// The name of the command.
    pub command: String,
    /// The stream of the command.
    pub stream: String,
    /// The client that sent the command.
    pub client_id: String,
}

/// Recent commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lately {
    /// Length of a span, in seconds.
    pub every_seconds: u64,
    /// The spans of the last half hour, oldest first, without gaps.
    pub spans: Vec<Span>,
    /// The last refusals, newest first.
    pub recent: Vec<Incident>,
}

/// A command and its sender.
#[derive(Debug, Clone, Copy)]
pub struct SentCommand<'c> {
    /// The name of the command.
    pub name: &'c str,
    /// The id of its target.
    pub id: &'c str,
    /// The client that sent the command.
    pub client_id: &'c str,
}

/// Counts commands in bounded memory.
#[derive(Debug, Default)]
pub struct Activity(Mutex<CommandLog>);

#[derive(Debug, Default)]
struct CommandLog {
    /// The spans with commands, oldest first.
    spans: VecDeque<Span>,
    /// The refusals, each with the full name of its client. Shortened names may be equal.
    incidents: VecDeque<(String, Incident)>,
    numbers: u64,
}

impl Activity {
    /// Counts a command, and records the reason of a refusal.
    pub fn note(&self, command: SentCommand<'_>, refused: Option<&HttpProblem>, now: Timestamp) {
        let sort = refused.map_or(Sort::Applied, Sort::of);
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.span(now).add(sort);
        let Some(problem) = refused else { return };
        log.numbers += 1;
        let category = command.name.split_once('.').map_or("", |(category, _)| category);
        let incident = Incident {
            number: log.numbers,
            at: now,
            outcome: sort,
            code: problem.failure.code.to_owned(),
            command: short(command.name),
            stream: short(&format!("{category}-{}", command.id)),
            client_id: short(command.client_id),
        };
        log.incidents.push_front((command.client_id.to_owned(), incident));
        log.incidents.truncate(INCIDENTS);
    }

    /// Returns the recent commands. With a client, only the refusals of that client.
    pub fn lately(&self, client_id: Option<&str>, now: Timestamp) -> Lately {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = begin(now);
        let first = last.micros() - (SPANS as i64 - 1) * SPAN.as_micros() as i64;
        let begins = (0..SPANS as i64).map(|index| Timestamp::from_micros_saturating(first + index * SPAN.as_micros() as i64));
        let known = |from| log.spans.iter().find(|span| span.from == from).copied();
        let spans = begins.map(|from| known(from).unwrap_or_else(|| Span::empty(from))).collect();
        let seen = log.incidents.iter().filter(|(of, _)| client_id.is_none_or(|client| of == client));
        Lately { every_seconds: SPAN.as_secs(), spans, recent: seen.map(|(_, incident)| incident.clone()).collect() }
    }
}

impl CommandLog {
    /// Returns the span of a moment.
    fn span(&mut self, now: Timestamp) -> &mut Span {
        let from = begin(now);
        if self.spans.back().is_none_or(|last| last.from < from) {
            self.spans.push_back(Span::empty(from));
            if self.spans.len() > SPANS {
                self.spans.pop_front();
            }
        }
        // After the clock was set back, the last span counts.
        let last = self.spans.len() - 1;
        &mut self.spans[last]
    }
}

impl Span {
    fn empty(from: Timestamp) -> Self {
        Self { from, applied: 0, rejected: 0, conflicts: 0, failed: 0 }
    }

    fn add(&mut self, sort: Sort) {
        *match sort {
            Sort::Applied => &mut self.applied,
            Sort::Rejected => &mut self.rejected,
            Sort::Conflict => &mut self.conflicts,
            Sort::Failed => &mut self.failed,
        } += 1;
    }
}

/// Returns the beginning of the span of a moment.
fn begin(now: Timestamp) -> Timestamp {
    let span = SPAN.as_micros() as i64;
    Timestamp::from_micros_saturating(now.micros() / span * span)
}

/// Shortens a name and escapes unprintable characters.
fn short(name: &str) -> String {
    escape_unsafe(&name.chars().take(NAME).collect::<String>()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::Activity;
    use super::INCIDENTS;
    use super::SPANS;
    use super::SentCommand;
    use crate::event::Timestamp;
    use crate::server::HttpProblem;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_010_000_000 + second * 1_000_000).unwrap()
    }

    fn command(client_id: &str) -> SentCommand<'_> {
        SentCommand { name: "resource.add", id: "gold", client_id }
    }

    fn refused(status: u16) -> Option<HttpProblem> {
        Some(HttpProblem::bad_request("x", "no").status(axum::http::StatusCode::from_u16(status).unwrap()))
    }

    #[test]
    fn each_command_counts_in_its_span() {
        let activity = Activity::default();
        let notes = [(0, None), (1, refused(422)), (31, refused(409)), (95, refused(503)), (96, None)];
        for (second, problem) in notes {
            activity.note(command("ann"), problem.as_ref(), at(second));
        }
        let lately = activity.lately(None, at(100));
        assert_eq!(lately.spans.len(), SPANS);
        assert!(lately.spans.windows(2).all(|pair| pair[1].from.micros_since(pair[0].from) == 30_000_000));
        let counts = lately.spans.iter().map(|span| (span.applied, span.rejected, span.conflicts, span.failed));
        assert_eq!(counts.collect::<Vec<_>>()[SPANS - 4..], [(1, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0), (1, 0, 0, 1)]);
        assert!(activity.lately(None, at(10_000)).spans.iter().all(|span| span.applied == 0));
    }

    #[test]
    fn refusals_are_remembered_the_newest_first_and_not_for_ever() {
        let activity = Activity::default();
        for number in 0..2 * INCIDENTS as i64 {
            let client = if number % 2 == 0 { "ann" } else { "bob" };
            activity.note(command(client), refused(422).as_ref(), at(number));
        }
        let recent = activity.lately(None, at(0)).recent;
        assert_eq!((recent.len(), recent[0].number, recent[0].stream.as_str()), (INCIDENTS, 200, "resource-gold"));
        assert_eq!(activity.lately(Some("ann"), at(0)).recent.len(), INCIDENTS / 2);
        // A clock that goes back breaks nothing.
        activity.note(command("ann"), None, at(-5000));
    }

    #[test]
    fn what_clients_send_is_remembered_as_far_as_it_is_safe() {
        let activity = Activity::default();
        let name = format!("a\u{1b}[2J.{}", "x".repeat(10_000));
        activity.note(SentCommand { name: &name, id: &name, client_id: "c" }, refused(400).as_ref(), at(0));
        let recent = &activity.lately(None, at(0)).recent[0];
        assert!(recent.command.len() < 200 && recent.stream.len() < 200 && !recent.command.contains('\u{1b}'));
    }
}
