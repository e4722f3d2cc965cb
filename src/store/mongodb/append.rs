//! Appending: what is decided on the newest state there was goes in right behind it, or collides and is decided again.
//!
//! A commit's `_id` is the position right behind the last commit. Whoever appended since that one was looked at took this
//! very `_id`, so an insert that succeeds was decided on the newest state. The last commit is read **before** the
//! versions of the streams: what is read of them is then never older than the place that is written to.
//!
//! A process remembers its last commit and the streams it knows for a moment: an insert proves them right. A refusal
//! proves nothing, so it is given only on what was read for it. Where a database is restored to an older state under a
//! running process nothing collides: so the request that inserts also finds the commit that it inserts behind (`insert.rs`).

use std::collections::HashMap;
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
use crate::store::backend::Head;
use crate::store::clock;
use crate::store::error::StoreError;
use crate::store::identity::LastSeen;
use crate::store::mongodb::by_id::known;
use crate::store::mongodb::connection::Connection;
use crate::store::mongodb::decide::Decision;
use crate::store::mongodb::decide::decide;
use crate::store::mongodb::end::hash_at;
use crate::store::mongodb::end::head_and_commit;
use crate::store::mongodb::insert::Run;
use crate::store::mongodb::insert::Stop;
use crate::store::mongodb::streams::versions;

/// How long what a process remembers is trusted.
const REMEMBERED: Duration = Duration::from_secs(1);
/// How many streams a process remembers.
const REMEMBERED_STREAMS: usize = 10_000;
/// The longest pause before looking again.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Where the store ends, as far as a process knows.
pub(crate) struct Tip {
    /// The last event.
    pub(crate) head: Head,
    /// The position of the first event of the last commit; 0 where there is none.
    commit: i64,
    /// Where streams are.
    pub(crate) streams: HashMap<StreamName, Version>,
    /// When it was known to be so.
    seen: Instant,
}

/// What a process remembers between appends. One append, or group, at a time.
#[derive(Default)]
pub(crate) struct Writer {
    tip: Option<Tip>,
}

impl Writer {
    /// Appends a group, each of it whole or not at all.
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
            looks_at_all: false,
        };
        // Whether the state was read for this group: only then a refusal can be given.
        let mut fresh = false;
        while group.answers.len() < group.appends.len() {
            // Also when it looks again, after some were applied.
            match self.look(&group).await.map_err(|error| group.after_some_were_applied(error))? {
                Looked::Assumed => fresh = false,
                Looked::Read => fresh = true,
                Looked::Remembered => {}
            }
            let Some(tip) = &self.tip else { continue };
            let now = clock::read(&connection.clock, clock::TOO_LATE_FOR_MONGODB);
            let decisions = now.and_then(|now| decide(tip, &group.appends[group.answers.len()..], &group.known, now));
            let decisions = decisions.map_err(|error| group.after_some_were_applied(error))?;
            if !fresh && decisions.iter().any(|decision| !matches!(decision, Decision::Commit(_))) {
                self.tip = None;
                group.looks_at_all = true;
                continue;
            }
            // Until this returns nobody knows what is there.
            let mut tip = self.tip.take();
            let end = group.carry_out(decisions, tip.as_mut()).await;
            let end = end.map_err(|error| group.after_some_were_applied(error))?;
            if end == End::Behind {
                fresh = false;
                group.looks_at_all = true;
                group.pause().await?;
            } else {
                self.tip = tip.filter(|tip| tip.streams.len() <= REMEMBERED_STREAMS);
            }
        }
        Ok(group.answers)
    }

    /// Makes sure that the tip and the streams of what is left are known.
    async fn look(&mut self, group: &Group<'_>) -> Result<Looked, StoreError> {
        let left = &group.appends[group.answers.len()..];
        let mut looked = Looked::Remembered;
        let mut tip = match self.tip.take() {
            Some(tip) if tip.seen.elapsed() < REMEMBERED && group.knows_no_later_event(&tip) => tip,
            remembered => {
                looked = Looked::Read;
                let seen = Instant::now();
                let (head, commit) = group.find_head().await?;
                // The hash of the last event vouches for everything before it: where it is the same, so are the streams.
                let streams = remembered.filter(|tip| tip.head == head).map(|tip| tip.streams).unwrap_or_default();
                Tip { head, commit, streams, seen }
            }
        };
        let mut unknown: Vec<StreamName> = Vec::new();
        for append in left {
            let stream = &append.request.stream;
            if !tip.streams.contains_key(stream) {
                tip.streams.insert(stream.clone(), Version::ZERO);
                let is_new = matches!(append.request.expected, ExpectedVersion::NoStream | ExpectedVersion::Exact(Version::ZERO));
                // One that is to be new is taken for new: were it there, its first version would collide.
                if is_new && !group.looks_at_all {
                    looked = Looked::Assumed;
                } else {
                    unknown.push(stream.clone());
                }
            }
        }
        // In a store without events there are no streams. (Should there be some by now, the insert collides.)
        if !unknown.is_empty() && tip.head.position > Position::ZERO {
            let connection = group.connection.clone();
            let found = group.bounded(async move { versions(&connection, &unknown).await }).await?;
            tip.streams.extend(found);
        }
        self.tip = Some(tip);
        Ok(looked)
    }
}

/// How a look at the state came to what it knows.
#[derive(PartialEq, Eq)]
enum Looked {
    /// From before.
    Remembered,
    /// Read now.
    Read,
    /// That a stream is new was taken from what its append expects: an insert proves it, a refusal cannot rest on it.
    Assumed,
}

#[derive(PartialEq, Eq)]
enum End {
    /// The tip is known.
    Known,
    /// Others have appended.
    Behind,
}

/// Appends under way.
struct Group<'c> {
    connection: &'c Connection,
    deadline: Instant,
    /// The newest event that this process knows.
    last_seen: Option<LastSeen>,
    appends: Vec<BackendAppend>,
    /// Of the first ones.
    answers: Vec<BackendAnswer>,
    /// Whether streams that are to be new are looked up as well: it has been refused or has collided once.
    looks_at_all: bool,
    /// Ids found to be in the store already.
    known: HashSet<Uuid>,
    pauses: u32,
}

impl Group<'_> {
    /// Does what was decided, as far as it goes.
    async fn carry_out(&mut self, decisions: Vec<Decision>, mut tip: Option<&mut Tip>) -> Result<End, StoreError> {
        let mut decisions = decisions.into_iter().peekable();
        loop {
            while let Some(decision) = decisions.next_if(|decision| !matches!(decision, Decision::Commit(_))) {
                self.refuse(decision).await?;
            }
            let mut run = Run::behind(tip.as_deref().map(|tip| (tip.commit, tip.head.hash)));
            let mut decided = Vec::new();
            // Refusals between commits are as right as the commits before them: they wait for those.
            while let Some(decision) = decisions.next_if(|decision| match decision {
                Decision::Commit(commit) => run.takes(commit),
                _ => false,
            }) {
                if let Decision::Commit(commit) = decision {
                    run.push(commit.document, commit.head);
                    decided.push((commit.appended, commit.head));
                }
            }
            if decided.is_empty() {
                return Ok(End::Known);
            }
            let (inserted, stop) = run.insert(self.connection, self.deadline).await;
            for (appended, head) in decided.drain(..inserted) {
                self.connection.is_durable(head.position);
                if let Some(tip) = tip.as_deref_mut() {
                    tip.commit = appended.events.first().map_or(0, |first| first.position.0.cast_signed());
                    tip.head = head;
                    tip.seen = Instant::now();
                    let stream = &self.appends[self.answers.len()].request.stream;
                    let version = appended.events.last().map(|event| event.version).unwrap_or_default();
                    tip.streams.insert(stream.clone(), version);
                }
                self.answers.push(BackendAnswer::Appended(appended));
            }
            match stop {
                None => {}
                Some(Stop::Collided) => return Ok(End::Behind),
                Some(Stop::KnownId) => {
                    // What follows was decided as if this one went in. Of those known one by one each would be a request more.
                    self.find_known().await?;
                    return Ok(End::Behind);
                }
                Some(Stop::Failed(error)) => return Err(error),
            }
        }
    }

    /// Whether the tip is as new as what this process knows. Otherwise others have appended, or the store was replaced.
    fn knows_no_later_event(&self, tip: &Tip) -> bool {
        self.last_seen.is_none_or(|seen| seen.position <= tip.head.position)
    }

    /// Reads the last event, and the position of the first event of its commit. It is, or follows on, the newest event that
    /// this process knows.
    async fn find_head(&self) -> Result<(Head, i64), StoreError> {
        let (connection, last_seen) = (self.connection.clone(), self.last_seen);
        self.bounded(async move {
            let (head, commit) = head_and_commit(&connection).await?;
            let is_in = match last_seen.map(|seen| (seen, seen.is_in(head))) {
                // A store without events may have been removed since it was last seen.
                None if head.position == Position::ZERO => return connection.make_again(None).await.map(|_| (head, commit)),
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

    async fn refuse(&mut self, decision: Decision) -> Result<(), StoreError> {
        let answer = match decision {
            Decision::Commit(_) => return Err(StoreError::Bug("an append was refused that was to be made".into())),
            Decision::Refuse(answer) => answer,
            // A batch that is known has its times from the first time.
            Decision::TimeGoesBack(_) if self.knows_ids_of_next().await? => BackendAnswer::KnownId,
            Decision::TimeGoesBack(last) => BackendAnswer::TimeGoesBack(last),
        };
        self.answers.push(answer);
        Ok(())
    }

    async fn knows_ids_of_next(&mut self) -> Result<bool, StoreError> {
        self.find_known().await?;
        let next = &self.appends[self.answers.len()].request;
        Ok(next.events.iter().any(|event| self.known.contains(&event.event_id)))
    }

    /// Looks which ids of what is left are in the store.
    async fn find_known(&mut self) -> Result<(), StoreError> {
        let connection = self.connection.clone();
        let left = self.appends[self.answers.len()..].iter().flat_map(|append| &append.request.events);
        let ids: Vec<Uuid> = left.map(|event| event.event_id).collect();
        self.known = self.bounded(async move { known(&connection, &ids).await }).await?;
        Ok(())
    }

    /// Waits for a reading, which goes on to its end by itself, but not for ever.
    async fn bounded<T: Send + 'static>(
        &self,
        reading: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let task = tokio::time::timeout_at(self.deadline, tokio::spawn(reading));
        match task.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(StoreError::Bug("a task of the database has died".into())),
            Err(_) => Err(self.late("it gave no answer")),
        }
    }

    fn late(&self, why: &str) -> StoreError {
        let (place, timeout) = (&self.connection.place, self.connection.timeout);
        StoreError::Unavailable { message: format!("cannot append to {place} within {timeout:?}: {why}"), source: None }
    }

    /// Before looking again: the other's commit is seen once most of the servers have it.
    async fn pause(&mut self) -> Result<(), StoreError> {
        if Instant::now() >= self.deadline {
            return Err(self.after_some_were_applied(self.late("others were always faster")));
        }
        self.pauses += 1;
        // Each waits for a time of its own, or the same ones would collide again. The clock's last digits are chance enough.
        let chance = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_micros() % 1000;
        let most = Duration::from_micros(500) * self.pauses;
        tokio::time::sleep(most.min(LONGEST_PAUSE) * chance / 1000).await;
        Ok(())
    }

    /// A group has one error for all: where some were appended, it must not say that none was.
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
