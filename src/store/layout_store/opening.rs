//! A database and a layout. The catalog is read with the first answer.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::Once;

use tokio::sync::OnceCell;

use crate::store::error::StoreError;
use crate::store::follow::Writers;
use crate::store::foreign::Catalog;
use crate::store::foreign::ForeignDatabase;
use crate::store::layout::BuiltIn;
use crate::store::layout::Fit;
use crate::store::layout::FollowRule;
use crate::store::layout::Layout;
use crate::store::layout::Tables;
use crate::store::layout::built_in;
use crate::store::layout::fits;
use crate::store::layout::missing_in;
use crate::store::layout_store::opened::Opened;
use crate::store::layout_store::read_ahead::ReadAhead;
use crate::store::layout_store::table::EventTable;
use crate::store::options::Warn;

/// The layout of a store.
#[derive(Debug, Clone)]
pub enum LayoutChoice {
    /// A layout. Ids of events that are no UUIDs are derived from its name.
    Named(String, Box<Layout>),
    /// The only built-in layout that fits.
    Auto,
}

/// A database, and the layout once it was compared with the catalog.
pub(super) struct Opening {
    pub(super) database: Arc<dyn ForeignDatabase>,
    choice: LayoutChoice,
    warn: Warn,
    opened: OnceCell<Opened>,
    warned: Once,
    warned_streams: Once,
}

impl Opening {
    pub(super) fn new(database: Arc<dyn ForeignDatabase>, choice: LayoutChoice, warn: Warn) -> Self {
        Self { database, choice, warn, opened: OnceCell::new(), warned: Once::new(), warned_streams: Once::new() }
    }

    /// Returns the same database opened once more, if the store is in several tables and there is another one.
    pub(super) async fn again(&self) -> Result<Option<Self>, StoreError> {
        let opened = self.opened().await?;
        if opened.tables.iter().all(|table| table.all.layout.events.tables != Some(Tables::All)) {
            return Ok(None);
        }
        let again = Self::new(Arc::clone(&self.database), self.choice.clone(), Arc::clone(&self.warn));
        let names =
            |opened: &Opened| -> Vec<String> { opened.tables.iter().map(|table| table.all.plan.query.from.clone()).collect() };
        let is_new = names(again.opened().await?) != names(opened);
        Ok(is_new.then_some(again))
    }

    /// Returns the layout in the database.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no layout fits; [`StoreError::Invalid`] if there are several places for it.
    pub(super) async fn opened(&self) -> Result<&Opened, StoreError> {
        self.opened.get_or_try_init(|| self.open()).await
    }

    /// Returns the layout in the database after the first answer.
    pub(super) fn known(&self) -> Option<&Opened> {
        self.opened.get()
    }

    async fn open(&self) -> Result<Opened, StoreError> {
        let (database, place) = (&*self.database, self.database.place());
        if let LayoutChoice::Named(name, layout) = &self.choice
            && layout.engine != database.engine()
        {
            let message = format!("layout {name} is for {}, and {place} is on {}", layout.engine, database.engine());
            return Err(StoreError::Invalid(message));
        }
        let catalog = database.catalog().await?;
        if catalog.has_esctl_store {
            return Err(StoreError::Invalid(format!("{place} is a store of esctl, which needs no layout")));
        }
        let (name, layout, fit) = self.choose(&catalog, &place)?;
        let tables = fit.tables.iter().map(|table| EventTable::new(&layout, &catalog, &fit.schema, table));
        Ok(Opened {
            name,
            schema: fit.schema.clone(),
            tables: tables.collect(),
            catalog,
            located: Mutex::default(),
            ahead: ReadAhead::default(),
        })
    }

    /// Returns the transactions that may still make rows visible, by the rule of the layout.
    pub(super) async fn writers(&self, opened: &Opened) -> Result<Writers, StoreError> {
        let in_order = |table: &EventTable| table.all.layout.follow == Some(FollowRule::CommitOrder);
        if opened.tables.iter().all(in_order) {
            return Ok(Writers::InOrder);
        }
        self.database.writers().await
    }

    /// Warns, once, that reading all events in order is slow.
    pub(super) fn warn_unindexed(&self, opened: &Opened) {
        let Some(position) = opened.position().filter(|position| !position.indexed) else { return };
        self.warned.call_once(|| {
            (self.warn)(&format!(
                "no index of {} begins with {}: reading all in order sorts the table for each page; \
                 'esctl layout check' shows the index that helps",
                position.query.from, position.column.name
            ));
        });
    }

    /// Warns, once, that finding the last event of each stream is slow.
    pub(super) fn warn_slow_streams(&self, opened: &Opened) {
        let Some((table, index)) = opened.tables.iter().find_map(|table| opened.missing_stream_index(table)) else { return };
        self.warned_streams.call_once(|| {
            (self.warn)(&format!(
                "no index of {table} begins with the columns of a stream: its whole {} is read for each stream; {index}",
                self.database.engine().table_noun()
            ));
        });
    }

    /// Returns the layout and its only place in the database.
    fn choose(&self, catalog: &Catalog, place: &str) -> Result<(String, Layout, Fit), StoreError> {
        let (named, layouts): (Option<&str>, Vec<(String, Layout)>) = match &self.choice {
            LayoutChoice::Named(name, layout) => (Some(name), vec![(name.clone(), (**layout).clone())]),
            LayoutChoice::Auto => {
                let model = |built_in: &BuiltIn| Ok((built_in.name.to_owned(), built_in.model()?));
                (None, built_in().iter().map(model).collect::<Result<_, StoreError>>()?)
            }
        };
        let (mut complete, mut near) = (Vec::new(), Vec::new());
        for (name, layout) in layouts {
            let found = fits(&layout, catalog);
            if found.is_empty() && named.is_some() {
                near = missing_in(&layout, catalog);
            }
            for fit in found {
                if fit.is_complete() {
                    complete.push((name.clone(), layout.clone(), fit));
                } else {
                    near.extend(fit.missing);
                }
            }
        }
        if complete.len() <= 1 {
            let missing =
                if near.is_empty() || named.is_none() { String::new() } else { format!(": missing {}", near.join(", ")) };
            let message = match named {
                Some(name) => format!("layout {name} does not fit {place}{missing}"),
                None => format!("no built-in layout fits {place}; run 'esctl layout guess' to write one"),
            };
            return complete.pop().ok_or(StoreError::NotFound(message));
        }
        let places = complete.iter().map(|(name, _, fit)| {
            let schema = if fit.schema.is_empty() { String::new() } else { format!("{}.", fit.schema) };
            format!("{name} with {schema}{}", fit.tables.join(", "))
        });
        let places: Vec<String> = places.collect();
        let help = match named {
            Some(_) => "name the schema in the URL, or write a layout that names the table",
            None => "name one with --layout",
        };
        Err(StoreError::Invalid(format!("several layouts or tables fit {place}: {}; {help}", places.join("; "))))
    }
}
