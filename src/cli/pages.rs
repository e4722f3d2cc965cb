//! Lists that are read in pages, with their caveats.

use crate::cli::app::App;
use crate::cli::caveats::warn_caveats;
use crate::cli::error::CliError;
use crate::cli::output::ListWriter;
use crate::cli::replay::broken;
use crate::ops::BrokenStream;
use crate::ops::ListCaveat;
use crate::ops::ListPage;

/// The number of items of one request.
const PAGE: usize = 500;

/// The end of a list that was read in pages.
#[derive(Debug, Default)]
pub(super) struct ListEnd {
    next: Option<String>,
    caveats: Vec<ListCaveat>,
    broken: Vec<BrokenStream>,
}

/// Reads pages until `wanted` items were found or there are no more. Hands the items of each page to `take`, which returns false to
/// stop.
pub(super) async fn all_pages<T, P, F, E>(
    after: Option<String>,
    wanted: Option<usize>,
    mut page: F,
    mut take: impl FnMut(Vec<T>) -> Result<bool, CliError>,
) -> Result<ListEnd, CliError>
where
    F: FnMut(Option<String>, usize) -> P,
    P: Future<Output = Result<ListPage<T>, E>>,
    CliError: From<E>,
{
    let mut left = wanted.unwrap_or(usize::MAX);
    let (mut after, mut broken) = (after, Vec::new());
    loop {
        let found = page(after, left.min(PAGE)).await?;
        left -= found.items.len();
        broken.extend(found.broken);
        let more = take(found.items)?;
        if found.next.is_none() || left == 0 || !more {
            // Each page has the caveats of the whole list.
            return Ok(ListEnd { next: found.next, caveats: found.caveats, broken });
        }
        after = found.next;
    }
}

impl ListEnd {
    /// Ends a list, and prints its caveats on stderr.
    ///
    /// # Errors
    /// A stream could not be read (8).
    pub(super) fn finish(self, app: &App, list: ListWriter<'_>, named: &str) -> Result<(), CliError> {
        list.finish(self.next)?;
        warn_caveats(app, self.caveats);
        for stream in &self.broken {
            app.out.warn(&stream.message);
        }
        match self.broken.len() {
            0 => Ok(()),
            count => Err(broken(count as u64, named)),
        }
    }

    /// Returns true if a stream could not be read.
    pub(super) fn has_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Drops the caveats for which `unwanted` returns true.
    #[must_use]
    pub(super) fn without(mut self, unwanted: impl Fn(&ListCaveat) -> bool) -> Self {
        self.caveats.retain(|caveat| !unwanted(caveat));
        self
    }
}
