//! The dashboard at `/` and the JavaScript client. The files are part of the program.

use axum::Router;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use sha2::Digest;
use sha2::Sha256;

use crate::server::Server;
use crate::server::http::answer;

/// Allows resources of this server only, and neither inline scripts, inline styles nor framing.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Cached files are revalidated, because they change with the version of the program.
const CACHING: HeaderValue = HeaderValue::from_static("no-cache");

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TYPES: &str = "text/x-typescript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file of the program: path, content type and text.
type Asset = (&'static str, &'static str, &'static str);

macro_rules! dashboard {
    ($($content_type:ident $file:literal)+) => {
        &[$((concat!("/dashboard/", $file), $content_type, include_str!(concat!("../assets/dashboard/", $file)))),+]
    };
}

const PAGES: &[Asset] = &[
    ("/", HTML, include_str!("../assets/index.html")),
    ("/client.js", SCRIPT, include_str!("../assets/client.js")),
    ("/client.d.ts", TYPES, include_str!("../assets/client.d.ts")),
];

const DASHBOARD: &[Asset] = dashboard! {
    SVG "icon.svg"
    CSS "base.css"
    CSS "parts.css"
    CSS "table.css"
    SCRIPT "api.js"
    SCRIPT "chart.js"
    SCRIPT "connection.js"
    SCRIPT "dom.js"
    SCRIPT "feed.js"
    SCRIPT "format.js"
    SCRIPT "history.js"
    SCRIPT "icons.js"
    SCRIPT "json_view.js"
    SCRIPT "main.js"
    SCRIPT "parts.js"
    SCRIPT "theme.js"
    SCRIPT "timeline.js"
    SCRIPT "pages/activity.js"
    SCRIPT "pages/game.js"
    SCRIPT "pages/games.js"
    SCRIPT "pages/projections.js"
    SCRIPT "pages/resources.js"
    SCRIPT "pages/stream.js"
    SCRIPT "pages/streams.js"
    SCRIPT "table/cards.js"
    SCRIPT "table/moves.js"
};

/// Returns the routes of the files. They are public, so they need no token.
pub fn router() -> Router<Server> {
    let assets = PAGES.iter().chain(DASHBOARD);
    assets.fold(Router::new(), |router, &(path, content_type, text)| {
        let tag = tag(text);
        router.route(path, get(async move |headers: HeaderMap| show(content_type, text, &tag, &headers)))
    })
}

fn show(content_type: &'static str, text: &'static str, tag: &str, headers: &HeaderMap) -> Response {
    let mut response = match answer::is_known(headers, tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, content_type)], text).into_response(),
    };
    let headers = response.headers_mut();
    // Quoted hexadecimal digits are a valid header value.
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, CACHING);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    response
}

fn tag(text: &str) -> String {
    let hash = Sha256::digest(text);
    let digits: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::DASHBOARD;
    use super::PAGES;

    fn files_below(folder: &Path, found: &mut BTreeSet<String>, root: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_below(&path, found, root);
            } else {
                found.insert(format!("/{}", path.strip_prefix(root).unwrap().display()));
            }
        }
    }

    #[test]
    fn every_file_is_served() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/assets");
        let mut files = BTreeSet::new();
        files_below(&root, &mut files, &root);
        files.remove("/index.html");
        files.insert("/".into());
        let served = PAGES.iter().chain(DASHBOARD).map(|(path, ..)| (*path).to_owned()).collect();
        assert_eq!(files, served);
    }

    /// Every file that a page loads is served.
    #[test]
    fn what_a_file_wants_is_there() {
        let served: BTreeSet<&str> = PAGES.iter().chain(DASHBOARD).map(|(path, ..)| *path).collect();
        for (path, _, text) in PAGES.iter().chain(DASHBOARD) {
            let imported = text.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1));
            let linked = text.lines().filter_map(|line| line.split_once("ref=\"/").or_else(|| line.split_once("src=\"/")));
            let linked = linked.filter_map(|(_, rest)| rest.split('"').next()).map(|rest| format!("/{rest}"));
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for wanted in imported.map(|import| resolved(folder, import)).chain(linked) {
                assert!(served.contains(wanted.as_str()), "{path} wants {wanted}");
            }
        }
    }

    fn resolved(folder: &str, import: &str) -> String {
        if import.starts_with('/') {
            return import.to_owned();
        }
        let mut parts: Vec<&str> = folder.split('/').collect();
        for part in import.split('/') {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    /// Data from a store is inserted as text, never as markup.
    #[test]
    fn no_script_makes_markup_of_data() {
        let dangers =
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc", "setHTML"];
        for (path, _, text) in PAGES.iter().chain(DASHBOARD) {
            for danger in dangers {
                assert!(!text.contains(danger), "{path}: {danger}");
            }
            assert!(
                !text.contains("http://") || text.contains("www.w3.org") || path.starts_with("/client"),
                "{path} goes elsewhere"
            );
            assert!(!text.contains("https://"), "{path} goes elsewhere");
        }
    }
}
