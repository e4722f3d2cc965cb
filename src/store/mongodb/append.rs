//! Appends with optimistic concurrency: a commit is decided on the newest known state and inserted directly after it. On a
//! collision it is decided again.
//!
//! The `_id` of a commit is the position after the last commit. A concurrent append takes the same `_id`, so a successful
//! insert was decided on the newest state. The last commit is read **before** the versions of the streams, which are then
//! never older than the insert position.
//!
//! A process remembers its last commit and the known streams for a moment: a successful insert confirms them. A refusal
//! confirms nothing, so it relies only on state that was read for it.
//!
//! Nothing collides where a database is restored under a running process. So the request that inserts also looks for the
//! preceding commit (`insert.rs`).

use std::collections::HashSet;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use tokio::time::Instant;
use uuid::Uuid;

use crate::event::ExpectedVersion;
use crate::event::Position;
use crate::event::StreamName;
use crate::event::Version;
use crate::store::append::BackendAnswer;
use crate::store::append::BackendAppend;
use crate::store::clock;
use crate::store::error::StoreError;
use crate::store::head::Head;
use crate::store::identity::LastSeen;
use crate::store::mongodb::by_id::known;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::decide::AppendDecision;
use crate::store::mongodb::decide::decide;
use crate::store::mongodb::end::hash_at;
use crate::store::mongodb::end::head_and_commit;
use crate::store::mongodb::existence::create_again;
use crate::store::mongodb::insert::CommitRun;
use crate::store::mongodb::insert::StopReason;
use crate::store::mongodb::known_state::KnownState;
use crate::store::mongodb::streams::versions;

/// The time for which remembered state is used.
const REMEMBERED: Duration = Duration::from_secs(1);
/// The number of streams that a process remembers.
const REMEMBERED_STREAMS: usize = 10_000;
/// The longest pause before the state is read again.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The appends of a process, one group at a time.
#[derive(Default)]
pub(crate) struct Appender {
    state: Option<KnownState>,
}

impl Appender {
    /// Appends a group, each append as a whole or not at all.
    pub(crate) async fn append(
        &mut self,
        connection: &Connection,
        group: Vec<BackendAppend>,
        last_seen: Option<LastSeen>,
    ) -> Result<Vec<BackendAnswer>, StoreError> {
        let deadline = Instant::now() + connection.timeout;
        let mut group = Group {
            connection,
            deadline,
            last_seen,
            appends: group,
            answers: Vec::new(),
            known: HashSet::new(),
            pauses: 0,
            reads_new_streams: false,
        };
        // True if the state was read for this group. Only then can an append be refused.
        let mut fresh = false;
        while group.answers.len() < group.appends.len() {
            // The state may also be read again after some appends were made.
            match self.refresh(&group).await.map_err(|error| group.after_some_were_applied(error))? {
                StateSource::Assumed => fresh = false,
                StateSource::Read => fresh = true,
                StateSource::Remembered => {}
            }
            let Some(state) = &self.state else { continue };
            let now = clock::read(&connection.clock, clock::TOO_LATE_FOR_MONGODB);
            let decisions = now.and_then(|now| decide(state, &group.appends[group.answers.len()..], &group.known, now));
            let decisions = decisions.map_err(|error| group.after_some_were_applied(error))?;
            if !fresh && decisions.iter().any(|decision| !matches!(decision, AppendDecision::Commit(_))) {
                self.state = None;
                group.reads_new_streams = true;
                continue;
            }
            // Until this returns the state is unknown.
            let mut state = self.state.take();
            let end = group.carry_out(decisions, state.as_mut()).await;
            let end = end.map_err(|error| group.after_some_were_applied(error))?;
            if end == StateAfter::Outdated {
                fresh = false;
                group.reads_new_streams = true;
                group.pause().await?;
            } else {
                self.state = state.filter(|state| state.streams.len() <= REMEMBERED_STREAMS);
            }
        }
        Ok(group.answers)
    }

    /// Ensures that the end of the store and the streams of the remaining appends are known.
    async fn refresh(&mut self, group: &Group<'_>) -> Result<StateSource, StoreError> {
        let left = &group.appends[group.answers.len()..];
        let mut source = StateSource::Remembered;
        let mut state = match self.state.take() {
            Some(state) if state.seen.elapsed() < REMEMBERED && group.knows_no_later_event(&state) => state,
            remembered => {
                source = StateSource::Read;
                let seen = Instant::now();
                let (head, commit) = group.find_head().await?;
                // The hash of the last event covers everything before it: with the same hash the streams are the same.
                let streams = remembered.filter(|state| state.head == head).map(|state| state.streams).unwrap_or_default();
                KnownState { head, commit, streams, seen }
            }
        };
        let mut unknown: Vec<StreamName> = Vec::new();
        for append in left {
            let stream = &append.request.stream;
            if !state.streams.contains_key(stream) {
                state.streams.insert(stream.clone(), Version::ZERO);
                let is_new = matches!(append.request.expected, ExpectedVersion::NoStream | ExpectedVersion::Exact(Version::ZERO));
                // A stream that is expected to be new is assumed to be new: otherwise its first version would collide.
                if is_new && !group.reads_new_streams {
                    source = StateSource::Assumed;
                } else {
                    unknown.push(stream.clone());
                }
            }
        }
        // A store without events has no streams. (Should there be some by now, the insert collides.)
        if !unknown.is_empty() && state.head.position > Position::ZERO {
            let connection = group.connection.clone();
            let found = group.bounded(async move { versions(&connection, &unknown).await }).await?;
            state.streams.extend(found);
        }
        self.state = Some(state);
        Ok(source)
    }
}

/// The source of the known state.
#[derive(PartialEq, Eq)]
enum StateSource {
    /// Remembered from an earlier append.
    Remembered,
    /// Read now.
    Read,
    /// New streams were assumed from the expectations of their appends. An insert confirms that, but a refusal cannot rely
    /// on it.
    Assumed,
}

/// The usefulness of the remembered state after an attempt.
#[derive(PartialEq, Eq)]
enum StateAfter {
    /// The state is known.
    Known,
    /// Others have appended.
    Outdated,
}

/// The appends of a group.
struct Group<'c> {
    connection: &'c Connection,
    deadline: Instant,
    /// The newest event that this process knows.
    last_seen: Option<LastSeen>,
    appends: Vec<BackendAppend>,
    /// The answers to the first appends.
    answers: Vec<BackendAnswer>,
    /// True if streams that are expected to be new are read as well: an append was refused or has collided.
    reads_new_streams: bool,
    /// The event ids that are in the store already.
    known: HashSet<Uuid>,
    pauses: u32,
}

impl Group<'_> {
    /// Carries out decisions until one fails.
    async fn carry_out(
        &mut self,
        decisions: Vec<AppendDecision>,
        mut state: Option<&mut KnownState>,
    ) -> Result<StateAfter, StoreError> {
        let mut decisions = decisions.into_iter().peekable();
        loop {
            while let Some(decision) = decisions.next_if(|decision| !matches!(decision, AppendDecision::Commit(_))) {
                self.refuse(decision).await?;
            }
            let mut run = CommitRun::after(state.as_deref().map(|state| (state.commit, state.head.hash)));
            let mut decided = Vec::new();
            // Refusals between commits depend on the commits before them, so they wait for those.
            while let Some(decision) = decisions.next_if(|decision| match decision {
                AppendDecision::Commit(commit) => run.has_room_for(commit),
                _ => false,
            }) {
                if let AppendDecision::Commit(commit) = decision {
                    run.push(commit.document, commit.head);
                    decided.push((commit.appended, commit.head));
                }
            }
            if decided.is_empty() {
                return Ok(StateAfter::Known);
            }
            let (inserted, stop) = run.insert(self.connection, self.deadline).await;
            for (appended, head) in decided.drain(..inserted) {
                self.connection.note_durable(head.position);
                if let Some(state) = state.as_deref_mut() {
                    state.commit = appended.events.first().map_or(0, |first| first.position.0.cast_signed());
                    state.head = head;
                    state.seen = Instant::now();
                    let stream = &self.appends[self.answers.len()].request.stream;
                    let version = appended.events.last().map(|event| event.version).unwrap_or_default();
                    state.streams.insert(stream.clone(), version);
                }
                self.answers.push(BackendAnswer::Appended(appended));
            }
            match stop {
                None => {}
                Some(StopReason::Collided) => return Ok(StateAfter::Outdated),
                Some(StopReason::KnownId) => {
                    // The later decisions assumed that this append succeeds. Known ids are read together, to save requests.
                    self.find_known().await?;
                    return Ok(StateAfter::Outdated);
                }
                Some(StopReason::Failed(error)) => return Err(error),
            }
        }
    }

    /// Returns true if the remembered state is as new as the newest event that this process knows. Otherwise others have
    /// appended, or the store was replaced.
    fn knows_no_later_event(&self, state: &KnownState) -> bool {
        self.last_seen.is_none_or(|seen| seen.position <= state.head.position)
    }

    /// Reads the last event, and the position of the first event of its commit. It is, or follows, the newest event that
    /// this process knows.
    async fn find_head(&self) -> Result<(Head, i64), StoreError> {
        let (connection, last_seen) = (self.connection.clone(), self.last_seen);
        self.bounded(async move {
            let (head, commit) = head_and_commit(&connection).await?;
            let is_in = match last_seen.map(|seen| (seen, seen.is_in(head))) {
                // A store without events may have been removed since it was last seen.
                None if head.position == Position::ZERO => return create_again(&connection, None).await.map(|_| (head, commit)),
                None | Some((_, Some(true))) => return Ok((head, commit)),
                Some((seen, None)) => hash_at(&connection, seen.position).await? == Some(seen.hash),
                Some(_) => false,
            };
            match last_seen {
                Some(seen) if !is_in => Err(seen.not_in(&connection.place)),
                _ => Ok((head, commit)),
            }
        })
        .await
    }

    async fn refuse(&mut self, decision: AppendDecision) -> Result<(), StoreError> {
        let answer = match decision {
            AppendDecision::Commit(_) => return Err(StoreError::Bug("an append was refused that was to be made".into())),
            AppendDecision::Refuse(answer) => answer,
            // A repeated batch has the times of its first append.
            AppendDecision::TimeGoesBack(_) if self.knows_ids_of_next().await? => BackendAnswer::KnownId,
            AppendDecision::TimeGoesBack(last) => BackendAnswer::TimeGoesBack(last),
        };
        self.answers.push(answer);
        Ok(())
    }

    async fn knows_ids_of_next(&mut self) -> Result<bool, StoreError> {
        self.find_known().await?;
        let next = &self.appends[self.answers.len()].request;
        Ok(next.events.iter().any(|event| self.known.contains(&event.event_id)))
    }

    /// Finds the event ids of the remaining appends that are in the store.
    async fn find_known(&mut self) -> Result<(), StoreError> {
        let connection = self.connection.clone();
        let left = self.appends[self.answers.len()..].iter().flat_map(|append| &append.request.events);
        let ids: Vec<Uuid> = left.map(|event| event.event_id).collect();
        self.known = self.bounded(async move { known(&connection, &ids).await }).await?;
        Ok(())
    }

    /// Awaits a read until the deadline. The read itself continues to its end.
    async fn bounded<T: Send + 'static>(
        &self,
        reading: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let task = tokio::time::timeout_at(self.deadline, tokio::spawn(reading));
        match task.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(StoreError::Bug("a task of the database has died".into())),
            Err(_) => Err(self.late("the server gave no answer")),
        }
    }

    fn late(&self, why: &str) -> StoreError {
        let (place, timeout) = (&self.connection.place, self.connection.timeout);
        StoreError::Unavailable { message: format!("cannot append to {place} within {timeout:?}: {why}"), source: None }
    }

    /// Waits before the state is read again: the other commit becomes visible once a majority of the servers has it.
    async fn pause(&mut self) -> Result<(), StoreError> {
        if Instant::now() >= self.deadline {
            return Err(self.after_some_were_applied(self.late("other writers were always faster")));
        }
        self.pauses += 1;
        // The pauses of different processes must differ, or they would collide again. The last digits of the clock are
        // random enough.
        let chance = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_micros() % 1000;
        let most = Duration::from_micros(500) * self.pauses;
        tokio::time::sleep(most.min(LONGEST_PAUSE) * chance / 1000).await;
        Ok(())
    }

    /// Returns the error for a whole group. It does not claim that nothing was appended where something was.
    fn after_some_were_applied(&self, error: StoreError) -> StoreError {
        let applied = self.answers.iter().any(|answer| matches!(answer, BackendAnswer::Appended(_)));
        match error {
            StoreError::Unavailable { message, source } if applied => StoreError::OutcomeUnknown { message, source },
            StoreError::ClockRefused(refused) if applied => {
                StoreError::OutcomeUnknown { message: refused.to_string(), source: None }
            }
            other => other,
        }
    }
}
