//! The dump of SQLite: its file.

use std::fs;

use tempfile::TempDir;

use crate::dumps::Dump;
use crate::dumps::upgrade;

struct Sqlite(TempDir);

impl Dump for Sqlite {
    const HEAD: &str = "c664cc41cca9279f0cb8ac9c0ffbdab48ab8f8eacc2e8f42016a6e7b2f61b491";

    async fn load() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("store.db"), include_bytes!("version1/store.db")).unwrap();
        Self(folder)
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.0.path().join("store.db").display())
    }
}

upgrade!(Sqlite);
