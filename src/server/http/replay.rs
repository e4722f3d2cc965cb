//! `POST /api/replay`: the state of a stream or category at a point in time, computed from the events, for operators.

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
use crate::server::HttpProblem;
use crate::server::Scope;
use crate::server::Server;
use crate::server::http::answer;
use crate::server::http::error_responses::BodyErrors;
use crate::server::http::error_responses::CommonErrors;
use crate::server::http::params::Moment;
use crate::server::http::params::QueryParams;
use crate::server::http::params::VersionParam;
use crate::server::http::params::until;
use crate::server::jobs::Job;
use crate::server::jobs::JobKind;
use crate::server::jobs::JobRequest;
use crate::server::limits::body::JsonBody;
use crate::server::visibility::Visibility;

/// A replay of a stream or category, up to a time, a version, a position or the head.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReplayRequest {
    /// The stream to replay.
    #[schema(nullable = false)]
    stream: Option<String>,
    /// The category whose streams to replay.
    #[schema(nullable = false)]
    category: Option<String>,
    /// Up to and including this time.
    #[schema(value_type = Option<String>, nullable = false)]
    at: Option<Moment>,
    /// Up to this version of the stream.
    #[schema(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64, nullable = false)]
    version: Option<VersionParam>,
    /// Up to this position of the store.
    #[schema(value_type = Option<u64>, minimum = 0, maximum = 9_223_372_036_854_775_807_i64, nullable = false)]
    position: Option<VersionParam>,
    /// The reducer: `merge`, `last` or `count`. Default: the domain of the category.
    #[schema(nullable = false)]
    reducer: Option<String>,
    /// Compare with the read model and the snapshots.
    #[serde(default)]
    verify: bool,
    /// Ignore snapshots.
    #[serde(default)]
    no_snapshot: bool,
}

/// The view of the states.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReplayView {
    /// Show states in full. Default: as a client sees them.
    #[serde(default)]
    server: bool,
}

/// The result of a replay.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Replayed {
    /// The replay of a stream.
    Stream(Box<ReplayReport>),
    /// The replay of a category.
    Category(CategoryReport),
}

/// Replay a stream or category
///
/// Returns a job. `GET /api/jobs/{id}` shows its progress and in the end its result.
#[utoipa::path(post, path = "/api/replay", tag = "operations", operation_id = "replay", params(ReplayView), request_body = ReplayRequest,
    responses((status = 202, description = "Accepted", body = Job, headers(("Location" = String, description = "The address of the job"))),
        CommonErrors, BodyErrors))]
pub async fn start(
    State(server): State<Server>,
    caller: Caller,
    QueryParams(view): QueryParams<ReplayView>,
    JsonBody(request): JsonBody<ReplayRequest>,
) -> Result<Response, HttpProblem> {
    caller.may(Scope::Admin)?;
    let visibility = Visibility::of(&caller, None, view.server)?;
    let reducer = reducer(request.reducer.as_deref())?;
    let until = up_to(&request)?;
    let (verify, snapshots, now) = (request.verify, !request.no_snapshot, (server.clock)());
    let job_on =
        |target: String| JobRequest { kind: JobKind::Replay, target, asked_by: caller.client_id.clone(), exclusive: false };
    let (store, metrics) = (server.store.clone(), server.metrics.clone());
    let job = match (request.stream, request.category) {
        (Some(stream), None) => {
            let stream = StreamName::parse(&stream)?;
            check_visible(&visibility, stream.category(), &reducer)?;
            let input = Replay { stream, until, diff: None, reducer, snapshots, now };
            server.jobs.start(job_on(input.stream.to_string()), move |meter| async move {
                let report = if verify { replay_and_verify(&store, &input).await? } else { replay(&store, &input).await? };
                meter.add(report.events_applied);
                metrics.replayed(report.events_applied);
                Ok::<_, OpsError>(Replayed::Stream(visible(report, &visibility).into()))
            })?
        }
        (None, Some(category)) => {
            check_visible(&visibility, &category, &reducer)?;
            let input = ReplayCategory { category, until, reducer, snapshots, verify, now };
            server.jobs.start(job_on(input.category.clone()), move |meter| async move {
                let mut report = replay_category(&store, input, &mut |streams| meter.add(streams)).await?;
                metrics.replayed(report.events_applied);
                report.broken = visibility.broken(&report.category, report.broken);
                report.differing = report.differing.into_iter().map(|stream| visible(stream, &visibility)).collect();
                Ok::<_, OpsError>(Replayed::Category(report))
            })?
        }
        _ => {
            let made = HttpProblem::bad_request("bad_request", "stream or category required, and not both");
            return Err(made.hint(r#"send for example {"stream":"resource-gold","version":3}"#));
        }
    };
    Ok(answer::accepted(&job))
}

fn up_to(request: &ReplayRequest) -> Result<PointInTime, HttpProblem> {
    match (until(request.at, request.version)?, request.position) {
        (until, None) => Ok(until),
        (PointInTime::Head, Some(VersionParam(position))) => Ok(PointInTime::Position(Position(position.0))),
        _ => Err(HttpProblem::bad_request("bad_request", "position, version and at exclude each other").hint("pass one of them")),
    }
}

fn reducer(name: Option<&str>) -> Result<Reducer, HttpProblem> {
    let Some(name) = name else { return Ok(Reducer::Own) };
    Reducer::named(name).ok_or_else(|| {
        let made = HttpProblem::bad_request("unknown_reducer", format!("unknown reducer \"{name}\""));
        made.hint(format!("use one of {}", Reducer::names().join(", ")))
    })
}

/// Checks that the caller may see all fields of the category if the reducer is not its domain. Hidden fields cannot be
/// found in the state of another reducer.
fn check_visible(visibility: &Visibility, category: &str, reducer: &Reducer) -> Result<(), HttpProblem> {
    let own = match reducer {
        Reducer::Own => true,
        Reducer::Named(name) => name == category,
        Reducer::Jq(_) => false,
    };
    if own || visibility.sees_all_of(category) {
        return Ok(());
    }
    let message = format!("a reducer other than the domain would show hidden fields of category {category}");
    Err(HttpProblem::forbidden("server_view_needed", message).hint("add ?server=true"))
}

/// Reduces a replay to what the caller may see. Differences show no values to a caller that sees only a part of the
/// state.
fn visible(mut report: ReplayReport, visibility: &Visibility) -> ReplayReport {
    if let Some(verified) = report.verify.as_mut().filter(|_| !visibility.sees_all_of(&report.category)) {
        for difference in &mut verified.differences {
            (difference.expected, difference.found) = (None, None);
            if difference.kept == "state" {
                difference.reason = "violates a rule of the domain".into();
            }
        }
    }
    if !visibility.sees_all_of(&report.category) {
        report.broken = report.broken.map(BrokenStream::without_details);
    }
    report.state = visibility.state(&report.category, report.state);
    report
}
