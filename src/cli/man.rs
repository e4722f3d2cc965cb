//! The command `esctl man`.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::generated;
use crate::cli::replace_file::Readers;
use crate::cli::replace_file::replace;
use crate::cli::replace_file::unwritable;
use crate::cli::write_record::Effect;

/// Print the manual page, or write a page for each command
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
}

#[derive(Serialize)]
struct WrittenPages {
    dir: String,
    pages: Vec<String>,
}

impl ManArgs {
    /// Returns the effect of the command.
    pub(in crate::cli) fn effect(&self) -> Effect {
        if self.dir.is_some() { Effect::Repeatable } else { Effect::Reads }
    }

    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let Some(dir) = self.dir else {
            return app.out.bytes(&generated::main_page(app.definition));
        };
        let mut written = WrittenPages { dir: dir.display().to_string(), pages: Vec::new() };
        fs::create_dir_all(&dir).map_err(|error| unwritable("the folder", &dir, &error))?;
        for (name, page) in generated::pages(app.definition) {
            let path = dir.join(&name);
            replace(&path, &page, Readers::Usual).map_err(|error| unwritable("the manual page", &path, &error))?;
            written.pages.push(name);
        }
        app.out.one(&written, |sheet| {
            sheet.line(format!("{} pages in {}", written.pages.len(), written.dir));
        })
    }
}
