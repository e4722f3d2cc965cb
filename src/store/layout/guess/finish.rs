//! The end of a guess: the forms of the values, and the text of the layout.

use crate::store::foreign::ColumnClass;
use crate::store::foreign::Engine;
use crate::store::foreign::Sample;
use crate::store::foreign::SampleValue;
use crate::store::layout::error::LayoutError;
use crate::store::layout::format::Origin;
use crate::store::layout::format::parse;
use crate::store::layout::guess::forms::Forms;
use crate::store::layout::guess::roles::Guess;
use crate::store::layout::guess::roles::Note;
use crate::store::layout::guess::sampled::data_form;
use crate::store::layout::guess::sampled::first_version;
use crate::store::layout::guess::sampled::objects;
use crate::store::layout::guess::sampled::time_form;
use crate::store::layout::guess::words::Role;
use crate::store::layout::guess::words::snake;
use crate::store::layout::guess::words::words;
use crate::store::layout::guess::write::write;
use crate::store::layout::model::Layout;
use crate::store::layout::model::TimeForm;

/// The keys of data that name the type of an event.
const TYPE_KEYS: [&str; 6] = ["type", "event_type", "eventType", "@type", "$type", "kind"];

/// A guessed layout.
#[derive(Debug, Clone, PartialEq)]
pub struct Guessed {
    /// The text in TOML, with comments.
    pub text: String,
    /// The model.
    pub layout: Layout,
    /// The remarks, which are comments in the text.
    pub notes: Vec<Note>,
}

impl Guess {
    /// Returns the layout, with the forms of values that a sample shows. `others` are further tables that look like events.
    ///
    /// # Errors
    /// Never: the text of a guess is a valid layout.
    pub fn finish(mut self, sample: &Sample, others: &[String]) -> Result<Guessed, LayoutError> {
        let forms = self.forms(sample);
        let text = write(&self, &forms, others);
        let layout = parse(&text, Origin::User)?;
        Ok(Guessed { text, layout, notes: self.notes })
    }

    fn values<'s>(&self, role: Role, sample: &'s Sample) -> Vec<&'s SampleValue> {
        let name = self.column(role).map(|column| column.name.as_str());
        let place = self.sampled().iter().position(|column| Some(column.name.as_str()) == name);
        place.map(|place| sample.values(place).collect()).unwrap_or_default()
    }

    fn forms(&mut self, sample: &Sample) -> Forms {
        let values = |guess: &Self, role| guess.values(role, sample).into_iter();
        let (first, is_shown) = first_version(values(self, Role::Version));
        if self.unwind.is_none() && !is_shown {
            let seen = if sample.rows.is_empty() { "there are no rows" } else { "the first rows show no first event" };
            self.unsure("version", format!("{seen}: a first version of {first} is an assumption"));
        }
        let class = |guess: &Self, role| guess.column(role).map_or(ColumnClass::Other, |column| column.class);
        let (data, data_shown) = data_form(self.engine, class(self, Role::Data), values(self, Role::Data));
        if self.column(Role::Data).is_some() && !data_shown && self.unwind.is_none() {
            self.unsure("data", "there are no rows that show the form of the data");
        }
        let (metadata, _) = data_form(self.engine, class(self, Role::Metadata), values(self, Role::Metadata));
        let starts_at_zero = values(self, Role::Position).any(|value| *value == SampleValue::Integer(0));
        Forms {
            first,
            first_position: i64::from(!starts_at_zero),
            time: self.time(sample),
            data,
            metadata,
            type_in_data: self.type_in_data(sample),
            metadata_keys: self.metadata_keys(sample),
        }
    }

    fn time(&mut self, sample: &Sample) -> Option<TimeForm> {
        let column = self.column(Role::Time)?.clone();
        let form = time_form(self.engine, column.class, self.values(Role::Time, sample).into_iter());
        match form {
            None => {
                self.unsure("time", format!("{} is of the type {}; no row shows the form of its times", column.name, column.kind))
            }
            Some(TimeForm::Utc) => self.unsure("time", format!("{} has no zone: taken for UTC", column.name)),
            Some(_) => {}
        }
        // Without rows, the usual forms are written.
        form.or(match (self.engine, column.class) {
            (Engine::Mongodb, _) => Some(TimeForm::Date),
            (_, ColumnClass::Integer | ColumnClass::Number) => Some(TimeForm::EpochMs),
            (_, ColumnClass::Text) => Some(TimeForm::Rfc3339),
            (Engine::Sqlite, _) => Some(TimeForm::Utc),
            (Engine::Postgres, _) => None,
        })
    }

    /// Looks for the type inside the data where no column names it.
    fn type_in_data(&mut self, sample: &Sample) -> Option<String> {
        if self.column(Role::Type).is_some() {
            return None;
        }
        let found = objects(self.values(Role::Data, sample).into_iter());
        let all_have =
            |key: &str| !found.is_empty() && found.iter().all(|object| object.get(key).is_some_and(|value| value.is_string()));
        if let Some(key) = TYPE_KEYS.into_iter().find(|key| all_have(key)) {
            self.unsure("type", format!("no column names the type; the data has it as \"{key}\""));
            return Some(key.to_owned());
        }
        let only_key = !found.is_empty() && found.iter().all(|object| object.as_object().is_some_and(|object| object.len() == 1));
        if only_key {
            self.unsure("type", "no column names the type; each object of the data has one key, which is taken for the type");
            return Some(String::new());
        }
        self.unsure("type", "no column names the type; \"type\" in the data is an assumption");
        Some("type".to_owned())
    }

    /// Looks for the usual keys in the metadata.
    fn metadata_keys(&self, sample: &Sample) -> Vec<(&'static str, String)> {
        let Some(metadata) = self.column(Role::Metadata) else { return Vec::new() };
        let found = objects(self.values(Role::Metadata, sample).into_iter());
        let in_rows = found.iter().filter_map(|object| object.as_object()).flat_map(|object| object.keys().cloned());
        let prefix = format!("{}.", metadata.name);
        let in_fields = self.names.iter().filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned));
        let keys: Vec<String> = in_rows.chain(in_fields).collect();
        let roles = [("correlation_id", Role::CorrelationId), ("causation_id", Role::CausationId), ("client_id", Role::ClientId)];
        let find = |(name, role): (&'static str, Role)| {
            if self.column(role).is_some() {
                return None;
            }
            let is_word = |key: &&String| words(role).contains(&snake(key.trim_start_matches('$')).as_str());
            keys.iter().find(is_word).map(|key| (name, key.clone()))
        };
        roles.into_iter().filter_map(find).collect()
    }
}
