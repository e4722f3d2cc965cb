//! The command `esctl layout show`.

use clap::Args;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::name_source::NameSource;
use crate::cli::read_layout::read_layout;
use crate::ops::layouts::ShownLayout;

/// Show a layout: the text of a built-in one, or a checked file
#[derive(Debug, Args)]
pub struct LayoutShowArgs {
    /// Name of a built-in layout, or a file; - reads stdin
    #[arg(value_name = "NAME|FILE", value_hint = clap::ValueHint::FilePath, add = NameSource::Layouts)]
    layout: String,
}

impl LayoutShowArgs {
    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let shown: ShownLayout = read_layout(&self.layout, app.open_options().timeout)?;
        app.out.one(&shown, |sheet| {
            sheet.text(&shown.text);
        })
    }
}
