//! Scratch areas: temporary stores on the same server as the store of a URL.
//!
//! The store of the URL itself is never touched: only areas with a name from [`scratch_url`] are removed.

use std::path::Path;

use uuid::Uuid;

use crate::store::error::StoreError;
use crate::store::options::OpenOptions;
use crate::store::url::StoreUrl;

/// The start of the name of a scratch schema or database; a random part follows.
const PREFIX: &str = "esctl_scratch_";

/// Returns the URL of a scratch store of the same kind: a file in this folder, or a schema or database of its own on the
/// server. Creates nothing.
pub fn scratch_url(url: &StoreUrl, folder: &Path) -> StoreUrl {
    let name = format!("{PREFIX}{}", &Uuid::new_v4().simple().to_string()[..12]);
    match url {
        StoreUrl::SqliteFile(_) | StoreUrl::SqliteMemory => StoreUrl::SqliteFile(folder.join("scratch.db")),
        StoreUrl::Server(url) => StoreUrl::Server(url.in_area(name)),
    }
}

/// Removes a scratch area with everything in it, if it exists. The caller removes the folder of a file.
///
/// # Errors
/// [`StoreError::Bug`] when the URL is not from [`scratch_url`].
pub async fn remove_scratch(url: &StoreUrl, options: impl Into<OpenOptions>) -> Result<(), StoreError> {
    let StoreUrl::Server(url) = url else { return Ok(()) };
    match url.area() {
        name if name.starts_with(PREFIX) => url.remove(&options.into()).await,
        name => Err(StoreError::Bug(format!("{name} is not a scratch area and was not removed"))),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::remove_scratch;
    use super::scratch_url;
    use crate::store::error::StoreError;
    use crate::store::url::StoreUrl;

    fn url(text: &str) -> StoreUrl {
        text.parse().unwrap()
    }

    #[test]
    fn a_scratch_area_is_on_the_same_server_under_a_name_of_its_own() {
        let scratch = |text: &str| scratch_url(&url(text), Path::new("/f")).to_string();
        assert_eq!(scratch("sqlite:/data/a.db"), "sqlite:/f/scratch.db");
        assert!(scratch("postgres://u:p@h:5/d?schema=shop").starts_with("postgres://h:5/d?schema=esctl_scratch_"));
        let shown = scratch("mongodb://ann:secret@h:1,i:2/shop?authSource=admin");
        assert!(shown.starts_with("mongodb://ann:***@h:1,i:2/esctl_scratch_"), "{shown}");
        assert!(shown.ends_with("?authSource=admin"), "{shown}");
        assert!(scratch("mongodb://h").starts_with("mongodb://h/esctl_scratch_"));
        assert_ne!(scratch("mongodb://h"), scratch("mongodb://h"));
    }

    #[test]
    fn nothing_but_a_scratch_area_is_ever_removed() {
        for text in ["postgres://u@h/d?schema=shop", "mongodb://h/shop"] {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let refused = runtime.block_on(remove_scratch(&url(text), Duration::from_secs(1)));
            assert!(matches!(refused, Err(StoreError::Bug(_))), "{refused:?}");
        }
    }
}
