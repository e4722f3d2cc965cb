//! Several callers work on one projection at once, held up at the very moment at which it could go wrong: each event is in its
//! row once, and no decision of an operator is lost.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::Mutex;

use esctl::aggregate::Fold;
use esctl::aggregate::FoldError;
use esctl::aggregate::FoldVersion;
use esctl::aggregate::Projection;
use esctl::event::EventView;
use esctl::event::Position;
use esctl::event::Timestamp;
use esctl::runtime::BatchSize;
use esctl::runtime::OnError;
use esctl::runtime::Paused;
use esctl::runtime::Projector;
use esctl::runtime::RuntimeError;
use esctl::runtime::pause;
use esctl::runtime::resume;
use esctl::runtime::set_on_error;
use esctl::runtime::system_clock;
use esctl::store::Part;
use esctl::store::ReadModel;
use esctl::store::Store;
use esctl::store::StoreError;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::conformance::kit::Shared;
use crate::conformance::kit::put;
use crate::conformance::projections::at;
use crate::conformance::projections::problem_at;
use crate::conformance::projections::problems;
use crate::conformance::projections::projector;
use crate::conformance::projections::rebuild;
use crate::conformance::projections::rows;
use crate::conformance::projections::run;
use crate::conformance::projections::seen;
use crate::conformance::projections::wanted;

/// The work of another caller at a moment, once, while the one that reaches it waits.
type Meanwhile = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

fn meanwhile<W: Future<Output = ()>>(work: impl FnOnce() -> W + Send + 'static) -> Meanwhile {
    let elsewhere = move || std::thread::spawn(|| crate::conformance::kit::run(work())).join().unwrap();
    Arc::new(Mutex::new(Some(Box::new(elsewhere))))
}

fn happens(meanwhile: &Meanwhile) {
    let work = meanwhile.lock().unwrap().take();
    work.into_iter().for_each(|work| work());
}

/// [`Seen`], held up before it reads rows, and before it has an event applied: the first one from a position on.
#[derive(Default)]
struct HeldUp {
    before_rows: Meanwhile,
    from: u64,
    before_event: Meanwhile,
}

struct HeldUpRow {
    row: Box<dyn Fold>,
    from: u64,
    before_event: Meanwhile,
}

impl HeldUp {
    fn at(from: u64, before_event: Meanwhile) -> Self {
        Self { from, before_event, ..Self::default() }
    }

    fn runner<'a>(&'a self, store: &'a Store) -> Projector<'a> {
        Projector::new(store, self, system_clock(), BatchSize(1))
    }

    fn assert_held_up(&self) {
        assert!(self.before_rows.lock().unwrap().is_none() && self.before_event.lock().unwrap().is_none());
    }
}

impl Projection for HeldUp {
    fn name(&self) -> &str {
        "seen"
    }
    fn version(&self) -> u32 {
        1
    }
    fn categories(&self) -> Vec<String> {
        seen(&[]).categories()
    }
    fn key<'a>(&self, event: &EventView<'a>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(event.stream))
    }
    fn row(&self, key: &str) -> Box<dyn Fold> {
        happens(&self.before_rows);
        Box::new(HeldUpRow { row: seen(&[]).row(key), from: self.from, before_event: Arc::clone(&self.before_event) })
    }
}

impl Fold for HeldUpRow {
    fn version(&self) -> FoldVersion {
        self.row.version()
    }
    fn apply(&mut self, event: &EventView<'_>) -> Result<(), FoldError> {
        if event.position.0 >= self.from {
            happens(&self.before_event);
        }
        self.row.apply(event)
    }
    fn save(&self) -> Result<String, FoldError> {
        self.row.save()
    }
    fn restore(&mut self, saved: &str) -> Result<(), FoldError> {
        self.row.restore(saved)
    }
    fn show(&self, now: Timestamp) -> Value {
        self.row.show(now)
    }
}

pub async fn a_rebuild_that_another_one_ends_and_a_third_one_restarts_lacks_no_event<S: Shared>(subject: S) {
    let store = subject.open();
    put(&store, "thing-a", 3).await;
    let two = Some(Position(2));
    projector(&store, &seen(&[])).build(two, &mut |_| {}).await.unwrap();
    let (second, third) = (subject.open(), subject.open());
    let held_up = HeldUp {
        before_rows: meanwhile(async move || assert!(second.swap_read_model("seen", Position(2), vec![]).await.unwrap())),
        from: 0,
        before_event: meanwhile(async move || drop(projector(&third, &seen(&[])).build(two, &mut |_| {}).await.unwrap())),
    };
    held_up.runner(&store).rebuild(&mut |_| {}).await.unwrap();
    held_up.assert_held_up();
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3])]));
}

pub async fn a_first_build_that_another_one_discards_is_restarted<S: Shared>(subject: S) {
    let store = subject.open();
    put(&store, "thing-a", 1500).await;
    let other = subject.open();
    let building = ReadModel::building("seen");
    // Once there is something to drop: what has been read so far is committed.
    let held_up = HeldUp::at(1001, meanwhile(async move || assert!(other.drop_read_model(building).await.unwrap())));
    held_up.runner(&store).catch_up(&mut |_| {}).await.unwrap();
    held_up.assert_held_up();
    assert_eq!(rows(&store).await["thing-a"].len(), 1500);
}

pub async fn a_read_model_that_another_one_has_built_sooner_does_not_go_back<S: Shared>(subject: S) {
    let store = subject.open();
    put(&store, "thing-a", 2).await;
    let other = subject.open();
    let sooner = meanwhile(async move || {
        run(&other, &seen(&[])).await.unwrap();
        put(&other, "thing-a", 1).await;
        run(&other, &seen(&[])).await.unwrap();
        // From here on no caller may get less.
        assert_eq!(at(&other).await, 3);
    });
    let held_up = HeldUp::at(1, sooner);
    held_up.runner(&store).catch_up(&mut |_| {}).await.unwrap();
    held_up.assert_held_up();
    let records = store.projections().await.unwrap();
    assert_eq!(
        records.iter().map(|record| (record.model.part, record.checkpoint.position.0)).collect::<Vec<_>>(),
        [(Part::Live, 3)]
    );
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3])]));
}

pub async fn a_pause_holds_while_a_read_model_is_built<S: Shared>(subject: S) {
    let store = subject.open();
    put(&store, "thing-a", 3).await;
    let other = subject.open();
    let paused = Paused { since: Timestamp::MIN, by: "ann".into(), reason: None };
    let held_up = HeldUp::at(2, meanwhile(async move || pause(&other, "seen", &paused).await.map(drop).unwrap()));
    let report = held_up.runner(&store).catch_up(&mut |_| {}).await.unwrap();
    held_up.assert_held_up();
    assert!(report.paused && !report.rebuilt && report.position == Position::ZERO, "{report:?}");
    assert!(rows(&store).await.is_empty());
    // The build is not lost.
    resume(&store, "seen").await.unwrap();
    let report = run(&store, &seen(&[])).await.unwrap();
    assert!(report.rebuilt && report.events_applied == 0, "{report:?}");
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3])]));
}

pub async fn a_read_model_that_is_dropped_while_it_is_run_does_not_come_back_without_its_events<S: Shared>(subject: S) {
    let store = subject.open();
    put(&store, "thing-a", 3).await;
    run(&store, &seen(&[])).await.unwrap();
    put(&store, "thing-a", 1).await;
    let other = subject.open();
    let live = ReadModel::live("seen");
    let held_up = HeldUp::at(4, meanwhile(async move || assert!(other.drop_read_model(live).await.unwrap())));
    let ended = held_up.runner(&store).catch_up(&mut |_| {}).await;
    held_up.assert_held_up();
    assert!(matches!(ended, Err(RuntimeError::Store(StoreError::Unavailable { .. }))), "{ended:?}");
    assert!(store.projections().await.unwrap().is_empty());
}

pub async fn an_event_that_is_tried_again_while_another_one_rebuilds_counts_once<S: Shared>(subject: S) {
    let store = subject.open();
    put(&store, "thing-a", 5).await;
    set_on_error(&store, "seen", OnError::Park).await.unwrap();
    run(&store, &seen(&[4])).await.unwrap();
    let id = problem_at(&store, 4).await.event_id;
    let other = subject.open();
    // It has come as far, in as many commits.
    let before_rows = meanwhile(async move || drop(rebuild(&other, &seen(&[])).await.unwrap()));
    let held_up = HeldUp { before_rows, ..HeldUp::default() };
    match held_up.runner(&store).retry(id).await {
        // The other one has taken it in.
        Ok(_) | Err(RuntimeError::NotFound(_)) => {}
        Err(error) => panic!("{error:?}"),
    }
    held_up.assert_held_up();
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 4, 5])]));
}

pub async fn a_skip_that_is_taken_back_while_another_one_rebuilds_is_taken_back<S: Shared>(subject: S) {
    let store = subject.open();
    put(&store, "thing-a", 5).await;
    run(&store, &seen(&[4])).await.unwrap_err();
    let id = store.failed_events(ReadModel::building("seen")).await.unwrap()[0].event_id;
    projector(&store, &seen(&[4])).skip(id).await.unwrap();
    run(&store, &seen(&[4])).await.unwrap();
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 5])]));
    let other = subject.open();
    let held_up = HeldUp::at(2, meanwhile(async move || drop(projector(&other, &seen(&[])).retry(id).await.unwrap())));
    held_up.runner(&store).rebuild(&mut |_| {}).await.unwrap();
    held_up.assert_held_up();
    assert_eq!(rows(&store).await, wanted([("thing-a", &[1, 2, 3, 4, 5])]));
    assert_eq!(problems(&store).await, []);
}

pub async fn runners_operators_and_rebuilds_at_once_take_each_event_in_once<S: Shared>(subject: S) {
    let store = subject.open();
    for round in 0..4 {
        put(&store, "thing-a", 5).await;
        put(&store, &format!("thing-{round}"), 5).await;
    }
    set_on_error(&store, "seen", OnError::Park).await.unwrap();
    let bad = [3, 18, 27];
    run(&store, &seen(&bad)).await.unwrap();
    let ids: Vec<_> =
        store.failed_events(ReadModel::live("seen")).await.unwrap().into_iter().map(|found| found.event_id).collect();
    let mut tasks = JoinSet::new();
    for number in 0..6_usize {
        let (store, ids) = (subject.open(), ids.clone());
        tasks.spawn(async move {
            let mended = seen(&[]);
            for _ in 0..5 {
                match number {
                    0 => drop(put(&store, "thing-a", 3).await),
                    1 | 2 => drop(run(&store, &mended).await.unwrap()),
                    3 => drop(rebuild(&store, &mended).await.unwrap()),
                    // Another caller may have done it.
                    _ => {
                        for id in &ids {
                            match projector(&store, &mended).retry(*id).await {
                                Ok(_) | Err(RuntimeError::NotFound(_)) => {}
                                Err(error) => panic!("{error:?}"),
                            }
                        }
                    }
                }
            }
        });
    }
    tasks.join_all().await;
    let mended = seen(&[]);
    for (_, problem) in projector(&store, &mended).problems().await.unwrap() {
        projector(&store, &mended).retry(problem.event_id).await.unwrap();
    }
    run(&store, &mended).await.unwrap();
    let mut found: Vec<u64> = rows(&store).await.into_values().flatten().collect();
    assert!(rows(&store).await.values().all(|positions| positions.is_sorted()));
    found.sort_unstable();
    assert_eq!(found, (1..=55).collect::<Vec<u64>>());
}
