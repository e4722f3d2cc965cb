//! `esctl man`

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::app::App;
use crate::cli::error::CliError;
use crate::cli::generated;
use crate::cli::write_record::Effect;
use crate::cli::written::Readers;
use crate::cli::written::replace;
use crate::cli::written::unwritable;

/// Print the manual page, or write one for each command
#[derive(Debug, Args)]
pub struct Man {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
}

#[derive(Serialize)]
struct Written {
    dir: String,
    pages: Vec<String>,
}

impl Man {
    /// Returns its effect.
    pub(in crate::cli) fn effect(&self) -> Effect {
        if self.dir.is_some() { Effect::Repeatable } else { Effect::Reads }
    }

    pub(super) fn run(self, app: &App) -> Result<(), CliError> {
        let Some(dir) = self.dir else {
            return app.out.bytes(&generated::main_page());
        };
        let mut written = Written { dir: dir.display().to_string(), pages: Vec::new() };
        fs::create_dir_all(&dir).map_err(|error| unwritable("the folder", &dir, &error))?;
        for (name, page) in generated::pages() {
            let path = dir.join(&name);
            replace(&path, &page, Readers::Usual).map_err(|error| unwritable("the manual page", &path, &error))?;
            written.pages.push(name);
        }
        app.out.one(&written, |sheet| {
            sheet.line(format!("{} pages in {}", written.pages.len(), written.dir));
        })
    }
}
