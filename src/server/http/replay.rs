//! `POST /api/replay`: the state of a stream or a category as it was, worked out from the events, for operators.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;

use crate::event::Position;
use crate::event::StreamName;
use crate::ops::BrokenStream;
use crate::ops::OpsError;
use crate::ops::Reducer;
use crate::ops::replay::CategoryReport;
use crate::ops::replay::PointInTime;
use crate::ops::replay::Replay;
use crate::ops::replay::ReplayCategory;
use crate::ops::replay::ReplayReport;
use crate::ops::replay::replay;
use crate::ops::replay::replay_and_verify;
use crate::ops::replay::replay_category;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::asked::Asked;
use crate::server::http::asked::AskedVersion;
use crate::server::http::asked::Moment;
use crate::server::http::asked::until;
use crate::server::http::refused::BadBody;
use crate::server::http::refused::Refused;
use crate::server::jobs::Job;
use crate::server::jobs::JobKind;
use crate::server::jobs::Work;
use crate::server::limits::body::JsonBody;
use crate::server::sight::Sight;

/// What to replay: a stream or a category; up to a moment, a version or a position, else everything.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReplayAsked {
    /// Which stream.
    #[schema(nullable = false)]
    stream: Option<String>,
    /// Or every stream of this category.
    #[schema(nullable = false)]
    category: Option<String>,
    /// Up to and including this moment.
    #[schema(value_type = Option<String>, nullable = false)]
    at: Option<Moment>,
    /// Up to this version of the stream.
    #[schema(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64, nullable = false)]
    version: Option<AskedVersion>,
    /// Up to this position of the store.
    #[schema(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64, nullable = false)]
    position: Option<AskedVersion>,
    /// What makes the state: the category's domain unless told; `merge`, `last`, `count`.
    #[schema(nullable = false)]
    reducer: Option<String>,
    /// Compare with the read model and the snapshots.
    #[serde(default)]
    verify: bool,
    /// Do without snapshots.
    #[serde(default)]
    no_snapshot: bool,
}

/// How the state is shown.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReplayView {
    /// In full; without it as a client sees it.
    #[serde(default)]
    server: bool,
}

/// What a replay finds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Replayed {
    /// Of a stream.
    Stream(Box<ReplayReport>),
    /// Of a category.
    Category(CategoryReport),
}

/// Replay a stream or a category
///
/// Answers with a job; `GET /api/jobs/{id}` says how far it is, and in the end what it found.
#[utoipa::path(post, path = "/api/replay", tag = "operations", operation_id = "replay", params(ReplayView), request_body = ReplayAsked,
    responses((status = 202, description = "It has begun", body = Job, headers(("Location" = String, description = "Where to ask how far it is"))),
        Refused, BadBody))]
pub async fn start(
    State(server): State<Server>,
    caller: Caller,
    Asked(view): Asked<ReplayView>,
    JsonBody(asked): JsonBody<ReplayAsked>,
) -> Result<Response, Problem> {
    caller.may(Scope::Admin)?;
    let sight = Sight::of(&caller, None, view.server)?;
    let reducer = reducer(asked.reducer.as_deref())?;
    let until = up_to(&asked)?;
    let (verify, snapshots, now) = (asked.verify, !asked.no_snapshot, (server.clock)());
    let work = |target: String| Work { kind: JobKind::Replay, target, asked_by: caller.client_id.clone(), alone: false };
    let (store, metrics) = (server.store.clone(), server.metrics.clone());
    let job = match (asked.stream, asked.category) {
        (Some(stream), None) => {
            let stream = StreamName::parse(&stream)?;
            whole_view_for(&sight, stream.category(), &reducer)?;
            let input = Replay { stream, until, diff: None, reducer, snapshots, now };
            server.jobs.start(work(input.stream.to_string()), move |meter| async move {
                let report = if verify { replay_and_verify(&store, &input).await? } else { replay(&store, &input).await? };
                meter.add(report.events_applied);
                metrics.replayed(report.events_applied);
                Ok::<_, OpsError>(Replayed::Stream(seen(report, &sight).into()))
            })?
        }
        (None, Some(category)) => {
            whole_view_for(&sight, &category, &reducer)?;
            let input = ReplayCategory { category, until, reducer, snapshots, verify, now };
            server.jobs.start(work(input.category.clone()), move |meter| async move {
                let mut report = replay_category(&store, input, &mut |streams| meter.add(streams)).await?;
                metrics.replayed(report.events_applied);
                report.broken = sight.broken(&report.category, report.broken);
                report.differing = report.differing.into_iter().map(|stream| seen(stream, &sight)).collect();
                Ok::<_, OpsError>(Replayed::Category(report))
            })?
        }
        _ => {
            let made = Problem::bad_request("bad_request", "a replay is of one stream or of one category");
            return Err(made.hint(r#"for instance {"stream":"resource-gold","version":3}"#));
        }
    };
    Ok(answer::accepted(&job))
}

fn up_to(asked: &ReplayAsked) -> Result<PointInTime, Problem> {
    match (until(asked.at, asked.version)?, asked.position) {
        (until, None) => Ok(until),
        (PointInTime::Head, Some(AskedVersion(position))) => Ok(PointInTime::Position(Position(position.0))),
        _ => {
            Err(Problem::bad_request("bad_request", "position and another place both say up to where")
                .hint("ask for one of them"))
        }
    }
}

fn reducer(name: Option<&str>) -> Result<Reducer, Problem> {
    let Some(name) = name else { return Ok(Reducer::Own) };
    Reducer::named(name).ok_or_else(|| {
        let made = Problem::bad_request("unknown_reducer", format!("there is no reducer \"{name}\""));
        made.hint(format!("there are {}", Reducer::names().join(", ")))
    })
}

/// Another reducer than the domain's own makes of events a state in which nobody can tell what is hidden.
fn whole_view_for(sight: &Sight, category: &str, reducer: &Reducer) -> Result<(), Problem> {
    let own = match reducer {
        Reducer::Own => true,
        Reducer::Named(name) => name == category,
        Reducer::Jq(_) => false,
    };
    if own || sight.sees_all_of(category) {
        return Ok(());
    }
    let message = format!("another reducer than its own shows all of category {category}");
    Err(Problem::forbidden("server_view_needed", message).hint("ask with ?server=true"))
}

/// A replay as somebody sees it: what is kept is not shown to those who do not see all of it.
fn seen(mut report: ReplayReport, sight: &Sight) -> ReplayReport {
    if let Some(verified) = report.verify.as_mut().filter(|_| !sight.sees_all_of(&report.category)) {
        for difference in &mut verified.differences {
            (difference.expected, difference.found) = (None, None);
            if difference.kept == "state" {
                difference.reason = "a rule of the domain is broken".into();
            }
        }
    }
    if !sight.sees_all_of(&report.category) {
        report.broken = report.broken.map(BrokenStream::without_details);
    }
    report.state = sight.state(&report.category, report.state);
    report
}
