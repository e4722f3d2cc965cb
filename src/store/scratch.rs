//! A scratch area: a store of its own beside the one that a URL names, on the same server, made to be removed.
//!
//! The store of the URL itself is never touched: what is removed has a name that only [`scratch_url`] gives.

use std::path::Path;

use uuid::Uuid;

use crate::store::error::StoreError;
use crate::store::options::OpenOptions;
use crate::store::url::StoreUrl;

/// How the schema or the database of a scratch area begins; what follows is random.
const PREFIX: &str = "esctl_scratch_";

/// Where a scratch store of the same kind as this one can be made: in this folder for the embedded kinds, in a schema or a
/// database of its own on a server. Nothing is made yet.
pub fn scratch_url(url: &StoreUrl, folder: &Path) -> StoreUrl {
    let name = format!("{PREFIX}{}", &Uuid::new_v4().simple().to_string()[..12]);
    match url {
        StoreUrl::SqliteFile(_) | StoreUrl::SqliteMemory => StoreUrl::SqliteFile(folder.join("scratch.db")),
        StoreUrl::Server(url) => StoreUrl::Server(url.in_area(name)),
    }
}

/// Removes a scratch area with all that is in it; one that was never made is no fault. The folder of an embedded one
/// is its owner's to remove.
///
/// # Errors
/// [`StoreError::Bug`] when the URL is not one of [`scratch_url`]; or as the server says.
pub async fn remove_scratch(url: &StoreUrl, options: impl Into<OpenOptions>) -> Result<(), StoreError> {
    let StoreUrl::Server(url) = url else { return Ok(()) };
    match url.area() {
        name if name.starts_with(PREFIX) => url.remove(&options.into()).await,
        name => Err(StoreError::Bug(format!("{name} is no scratch area; it was not removed"))),
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
