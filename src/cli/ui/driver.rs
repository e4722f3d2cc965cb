//! The loop of the viewer: keys, answers and time change the model, which is drawn. Nothing here waits for the store.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::output::InputEvent;
use crate::cli::output::screen::Screen;
use crate::cli::ui::model::Model;
use crate::cli::ui::store_reader::StoreReader;
use crate::cli::ui::view;
use crate::cli::ui::view::Theme;
use crate::ops::browse::HeadReport;
use crate::store::Store;

/// The interval between two requests for the head of the store.
pub(super) const TICK: Duration = Duration::from_millis(500);

/// Runs the viewer until the user leaves.
pub(super) async fn run(app: &App, store: &Store, head: HeadReport) -> Result<(), CliError> {
    let settings = app.out.settings();
    let reader = StoreReader::new(app, store);
    let (mut screen, mut typed) = Screen::open(settings)?;
    let theme = Theme { colour: settings.colour, unicode: settings.unicode };
    let mut model = Model::new(head, screen.size()?);
    let (mut page, mut news) = (PendingRequest::default(), PendingRequest::default());
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !model.over() {
        if let Some(request) = model.wants()
            && page.what.as_ref() != Some(&request)
        {
            page.ask(request.clone(), reader.clone().ask(request));
        }
        screen.draw(|frame| view::draw(frame, &model, theme))?;
        tokio::select! {
            some = typed.recv() => {
                take_all(&mut model, some, &mut typed)?;
            }
            (request, answer) = page.answer() => model.answer(&request, answer),
            ((), answer) = news.answer() => model.head(answer),
            _ = ticks.tick() => {
                model.tick(news.what.is_some());
                if news.what.is_none() {
                    news.ask((), reader.clone().head());
                }
            }
        }
    }
    Ok(())
}

/// Takes all pending input, so that a held key is not drawn step by step.
fn take_all(model: &mut Model, first: Option<InputEvent>, typed: &mut UnboundedReceiver<InputEvent>) -> Result<(), CliError> {
    let gone = || CliError::unavailable("the terminal is gone").code("terminal_failed");
    let mut next = Some(first.ok_or_else(gone)?);
    while let Some(one) = next.filter(|_| !model.over()) {
        match one {
            InputEvent::Key(key) => model.key(key),
            InputEvent::Size(columns, rows) => model.resize(columns, rows),
        }
        next = typed.try_recv().ok();
    }
    Ok(())
}

/// A request in progress. A newer one replaces it.
struct PendingRequest<Q, A> {
    what: Option<Q>,
    task: Option<JoinHandle<A>>,
}

impl<Q, A> Default for PendingRequest<Q, A> {
    fn default() -> Self {
        Self { what: None, task: None }
    }
}

impl<Q, A: Send + 'static> PendingRequest<Q, A> {
    fn ask(&mut self, what: Q, answer: impl Future<Output = A> + Send + 'static) {
        self.stop();
        (self.what, self.task) = (Some(what), Some(tokio::spawn(answer)));
    }

    /// Waits for the answer; forever if nothing was requested.
    async fn answer(&mut self) -> (Q, A) {
        if let Some(task) = &mut self.task {
            let answer = task.await;
            self.task = None;
            // A task is only stopped if another one replaces it, and a panic ends the program.
            if let (Some(what), Ok(answer)) = (self.what.take(), answer) {
                return (what, answer);
            }
        }
        std::future::pending().await
    }
}

impl<Q, A> PendingRequest<Q, A> {
    fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl<Q, A> Drop for PendingRequest<Q, A> {
    fn drop(&mut self) {
        self.stop();
    }
}
