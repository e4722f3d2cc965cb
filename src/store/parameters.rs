//! Checks of server URLs that are common to all servers: unescaped separators and repeated parameters.

use std::collections::HashSet;

use crate::event::escape_unsafe;
use crate::store::redact::redact_url;

/// The advice on separators in a user name or password.
const ENCODING: &str = "in a user name or password write @ as %40, / as %2F, ? as %3F, # as %23 and : as %3A";

/// Checks that a password contains no unescaped separator of a URL.
///
/// # Errors
/// The reason, without any value of the URL: an `@` or `#` after the host, a backslash, a blank, or a colon without a port.
pub(crate) fn check_separators(url: &str) -> Result<(), String> {
    let (authority, after_host) = parts(url);
    for separator in ['@', '#'] {
        if after_host.contains(separator) {
            return Err(format!("has {separator} after the host: {ENCODING}"));
        }
    }
    if url.contains('\\') {
        return Err("has a backslash: in a user name or password write it as %5C".to_owned());
    }
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has a blank or a control character: in a user name or password write a space as %20".to_owned());
    }
    if authority.ends_with(':') { Err("has a colon without a port after the host".to_owned()) } else { Ok(()) }
}

/// Checks that no parameter is repeated. `same` returns the canonical name of a parameter, or `None` where it may be
/// repeated.
///
/// # Errors
/// The repeated parameter. It is not named where its name may be a part of a secret.
pub(crate) fn check_repeated(url: &str, same: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    let mut seen = HashSet::new();
    let query = parts(url).1.split_once('?').map_or("", |(_, query)| query);
    for (key, _) in url::form_urlencoded::parse(query.as_bytes()) {
        let twice = same(&key).is_some_and(|name| !seen.insert(name));
        if twice {
            return Err(format!("gives {} twice", named(url, &key)));
        }
    }
    Ok(())
}

/// Returns the part with the host, and the rest.
fn parts(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

/// Names a parameter in a message. A name that may be a part of a secret is left out.
pub(crate) fn named(url: &str, parameter: &str) -> String {
    match redact_url(url).contains(parameter) {
        true => format!("the parameter \"{}\"", escape_unsafe(parameter)),
        false => "a parameter".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::check_repeated;
    use super::check_separators;

    #[test]
    fn a_url_with_one_reading_passes_and_others_name_the_reason() {
        let check = |url: &str| check_separators(url).and_then(|()| check_repeated(url, |key| Some(key.to_lowercase())));
        for url in ["postgres://u:p%40@h/d?a=1&b=2", "mongodb://h", "postgres://u:p@ss@h/d"] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for (url, part) in [
            ("postgres://u:12/x@h/d", "%2F"),
            ("postgres://u:12?x@h/d", "%3F"),
            ("postgres://u:12#x@h/d", "%23"),
            ("postgres://h/d#x", "has #"),
            ("postgres://u:p x@h/d", "%20"),
            ("postgres://host=h password='@x//y' dbname=d", "has a blank"),
            ("postgres://u://x", "without a port"),
            ("postgres://h/d?a=1&b=2&A=1", "\"A\" twice"),
            ("postgres://h/d?a=1&%61=2", "\"a\" twice"),
            ("postgres://h/d?password=a&b=1&b=2", "gives a parameter twice"),
        ] {
            assert!(check(url).unwrap_err().contains(part), "{url}");
        }
    }
}
