//! The dumps of SQLite: their files.

use std::fs;

use tempfile::TempDir;

use crate::upgrade::dumps::Dump;
use crate::upgrade::dumps::upgrade;

macro_rules! on {
    ($module:ident, $version:literal, $head:literal, $file:literal) => {
        mod $module {
            use super::*;

            struct Sqlite(TempDir);

            impl Dump for Sqlite {
                const VERSION: u32 = $version;
                const HEAD: &str = $head;

                async fn load() -> Self {
                    let folder = tempfile::tempdir().unwrap();
                    fs::write(folder.path().join("store.db"), include_bytes!($file)).unwrap();
                    Self(folder)
                }

                fn url(&self) -> String {
                    format!("sqlite:{}", self.0.path().join("store.db").display())
                }
            }

            upgrade!(Sqlite);
        }
    };
}

on!(version1, 1, "c664cc41cca9279f0cb8ac9c0ffbdab48ab8f8eacc2e8f42016a6e7b2f61b491", "version1/store.db");
on!(version2, 2, "231818b97879db153465d732324a045b3dd6acf8ab69043dfffde1b394830c19", "version2/store.db");
