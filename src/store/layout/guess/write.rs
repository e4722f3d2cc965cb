//! The text of a guessed layout, with a comment where the guess is unsure.

use std::fmt::Write;

use crate::store::foreign::Engine;
use crate::store::foreign::ForeignColumn;
use crate::store::layout::guess::forms::Forms;
use crate::store::layout::guess::roles::Guess;
use crate::store::layout::guess::words::Role;
use crate::store::layout::model::DataForm;
use crate::store::layout::model::TimeForm;

/// Returns a text as TOML writes it. The escapes of JSON are those of TOML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct Writer<'a> {
    guess: &'a Guess,
    text: String,
}

/// Returns the text of the layout.
pub(super) fn write(guess: &Guess, forms: &Forms, others: &[String]) -> String {
    let mut writer = Writer { guess, text: String::new() };
    writer.head(others);
    writer.events(forms);
    writer.follow();
    writer.text
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn name(&self, column: &ForeignColumn) -> String {
        let alias = if self.guess.engine == Engine::Mongodb { "" } else { "e." };
        quoted(&format!("{alias}{}", column.name))
    }

    /// Writes the remarks on a key as comments.
    fn comments(&mut self, key: &str) {
        for note in self.guess.notes.iter().filter(|note| note.key == key) {
            let lead = if note.unsure { "# unsure: " } else { "# " };
            let text: String = note.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.text.push_str(lead);
            self.text.push_str(&text);
            self.text.push('\n');
        }
    }

    fn key(&mut self, key: &str, value: &str) {
        self.comments(key);
        // A String accepts every text.
        let _ = writeln!(self.text, "{key:<8} = {value}");
    }

    fn head(&mut self, others: &[String]) {
        let (guess, noun) = (self.guess, self.guess.engine.table_noun());
        self.line(&format!("# A guess from the names, types and indexes of one {noun}, and from its first rows."));
        self.line("# Check the lines after a comment with \"unsure\".");
        if !others.is_empty() {
            let others: String = others.join(", ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.line(&format!("# These look like events as well: {others}."));
        }
        let title = quoted(&format!("Events in {}", guess.full_name()));
        self.line(&format!("title  = {title}"));
        self.line(&format!("engine = \"{}\"", guess.engine.name()));
        if !guess.schema.is_empty() {
            self.line(&format!("schema = {}", quoted(&guess.schema)));
        }
        self.line("");
    }

    fn events(&mut self, forms: &Forms) {
        self.line("[events]");
        let (from, unwind) = (quoted(&self.guess.table), self.guess.unwind.as_deref().map(quoted));
        self.key("from", &from);
        if let Some(array) = unwind {
            self.key("unwind", &array);
        }
        match self.guess.column(Role::Position) {
            Some(column) if forms.first_position == 0 => {
                self.key("position", &format!("{{ column = {}, first = 0 }}", self.name(column)));
            }
            Some(column) => self.key("position", &self.name(column)),
            None => self.comments("position"),
        }
        self.stream();
        match self.guess.column(Role::Version).filter(|_| self.guess.unwind.is_none()) {
            Some(column) => self.key("version", &format!("{{ column = {}, first = {} }}", self.name(column), forms.first)),
            None => self.key("version", &format!("{{ first = {} }}", forms.first)),
        }
        self.type_name(forms);
        self.time(forms);
        if let Some(column) = self.guess.column(Role::Id) {
            self.key("id", &format!("{{ column = {} }}", self.name(column)));
        }
        self.data(forms);
        self.metadata(forms);
        for (role, key) in
            [(Role::CorrelationId, "correlation_id"), (Role::CausationId, "causation_id"), (Role::ClientId, "client_id")]
        {
            if let Some(column) = self.guess.column(role) {
                self.key(key, &format!("{{ column = {} }}", self.name(column)));
            }
        }
        let extra: Vec<String> = [(Role::SchemaVersion, "schema_version"), (Role::Tenant, "tenant")]
            .into_iter()
            .filter_map(|(role, key)| self.guess.column(role).map(|column| format!("{key} = {}", self.name(column))))
            .collect();
        if !extra.is_empty() {
            self.key("extra", &format!("{{ {} }}", extra.join(", ")));
        }
    }

    fn stream(&mut self) {
        let guess = self.guess;
        let Some(stream) = guess.column(Role::Stream) else { return };
        if !guess.unique.is_empty() {
            self.line(&format!("# The unique index is ({}).", guess.unique.join(", ")));
        }
        let value = match guess.column(Role::Category) {
            None => format!("{{ parts = [{}] }}", self.name(stream)),
            Some(category) => {
                let in_index = guess.unique.contains(&category.name);
                let key = if in_index { String::new() } else { format!(", key = [{}]", self.name(stream)) };
                format!("{{ parts = [{}, {}]{key} }}", self.name(category), self.name(stream))
            }
        };
        self.key("stream", &value);
    }

    fn type_name(&mut self, forms: &Forms) {
        if let Some(column) = self.guess.column(Role::Type) {
            return self.key("type", &format!("{{ column = {} }}", self.name(column)));
        }
        let (Some(data), Some(key)) = (self.guess.column(Role::Data), &forms.type_in_data) else { return };
        let form = if key.is_empty() { "key = true".to_owned() } else { format!("json = {}", quoted(key)) };
        self.key("type", &format!("{{ column = {}, {form} }}", self.name(data)));
    }

    fn time(&mut self, forms: &Forms) {
        let Some(column) = self.guess.column(Role::Time) else { return };
        let name = match forms.time {
            None => return self.comments("time"),
            Some(TimeForm::Timestamptz) => "timestamptz",
            Some(TimeForm::Utc) => "utc",
            Some(TimeForm::EpochS) => "epoch-s",
            Some(TimeForm::EpochMs) => "epoch-ms",
            Some(TimeForm::EpochUs) => "epoch-us",
            Some(TimeForm::Rfc3339) => "rfc3339",
            Some(TimeForm::Date) => "date",
            Some(TimeForm::Objectid) => "objectid",
        };
        self.key("time", &format!("{{ column = {}, as = \"{name}\" }}", self.name(column)));
    }

    fn data(&mut self, forms: &Forms) {
        let unwrap = if forms.type_in_data.as_deref() == Some("") { ", unwrap = true" } else { "" };
        if let Some(column) = self.guess.column(Role::Data) {
            return self.key("data", &format!("{{ column = {}{}{unwrap} }}", self.name(column), self.form(forms.data)));
        }
        let columns: Vec<String> = self.guess.rest.iter().map(|column| self.name(column)).collect();
        self.key("data", &format!("{{ columns = [{}] }}", columns.join(", ")));
    }

    fn metadata(&mut self, forms: &Forms) {
        let Some(column) = self.guess.column(Role::Metadata) else { return };
        let keys: String = forms.metadata_keys.iter().map(|(key, name)| format!(", {key} = {}", quoted(name))).collect();
        self.key("metadata", &format!("{{ column = {}{}{keys} }}", self.name(column), self.form(forms.metadata)));
    }

    /// Returns the form of a value, unless it is the usual one.
    fn form(&self, form: DataForm) -> &'static str {
        match form {
            DataForm::Json if self.guess.engine == Engine::Mongodb => ", as = \"json\"",
            DataForm::Json | DataForm::Bson => "",
            DataForm::Text => ", as = \"text\"",
            DataForm::Bytes => ", as = \"bytes\"",
            DataForm::LargeObject => ", as = \"large-object\"",
        }
    }

    fn follow(&mut self) {
        let has_position = self.guess.column(Role::Position).is_some();
        let rule = match (self.guess.engine, has_position) {
            (Engine::Postgres, true) => "transactions",
            (Engine::Sqlite, true) => "rowid",
            (Engine::Mongodb, _) => "change-stream",
            (_, false) => "streams",
        };
        self.line("");
        self.line("[follow]");
        self.line(&format!("rule = \"{rule}\""));
    }
}
