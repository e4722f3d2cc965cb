//! URLs for display, without any part of a password.
//!
//! Works on text that is not a valid URL as well, because an error message shows exactly that. An unescaped password can
//! contain every separator of a URL, so a text has several readings. Only text that is no secret in any of them is shown.

use std::borrow::Cow;

/// The replacement of a secret.
const HIDDEN: &str = "***";

/// The schemes that are recognized without the two slashes.
const SCHEMES: [&str; 10] =
    ["postgres", "postgresql", "mongodb", "mongodb+srv", "redis", "rediss", "redis+unix", "unix", "http", "https"];

/// Parts of parameter names. A parameter whose name contains one of them holds a secret.
const SECRET_WORDS: [&str; 7] = ["pass", "pwd", "secret", "token", "key", "credential", "properties"];

/// The parameters that are shown although they follow a secret one. Any other text there may belong to the secret.
const HARMLESS: [&str; 20] = [
    "schema",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "host",
    "port",
    "user",
    "dbname",
    "db",
    "protocol",
    "replicaset",
    "directconnection",
    "tls",
    "ssl",
    "authsource",
    "authmechanism",
    "retrywrites",
    "readpreference",
    "w",
    "appname",
];

/// Returns a URL without its password and without the values of parameters that hold secrets.
///
/// ```
/// use esctl::store::redact_url;
/// assert_eq!(redact_url("postgres://ann:se?cr@t@db:5432/shop"), "postgres://ann:***@db:5432/shop");
/// ```
pub fn redact_url(text: &str) -> String {
    if text.starts_with("sqlite:") {
        return text.to_owned();
    }
    let (scheme, rest) = split_scheme(text);
    if !scheme.is_empty() && !is_known(scheme) {
        return format!("{scheme}{HIDDEN}");
    }
    let Some(at) = rest.rfind('@') else { return format!("{scheme}{}", redact_hosts(rest)) };
    let (credentials, place) = (&rest[..at], &rest[at + 1..]);
    if secret_value(credentials).is_some() {
        // In one reading the rest of the text belongs to that parameter.
        return format!("{scheme}{HIDDEN}");
    }
    let place = redact_hosts(place);
    match credentials.split_once(':') {
        Some((user, _)) => format!("{scheme}{user}:{HIDDEN}@{place}"),
        // For Redis, a single name before the @ is often meant as the password.
        None if scheme.starts_with("redis") => format!("{scheme}{HIDDEN}@{place}"),
        None => format!("{scheme}{credentials}@{place}"),
    }
}

/// Returns a text without the password of the URL that it contains, if any. The URL ends where the text ends.
pub fn redact_text(text: &str) -> Cow<'_, str> {
    let with_slashes = text.find("://").map(|at| {
        let scheme = text[..at].bytes().rev().take_while(|byte| in_scheme(*byte)).count();
        at - scheme
    });
    let without = SCHEMES.iter().filter_map(|scheme| text.find(&format!("{scheme}:")));
    match without.chain(with_slashes).min() {
        Some(at) => Cow::Owned(format!("{}{}", &text[..at], redact_url(&text[at..]))),
        None => Cow::Borrowed(text),
    }
}

fn in_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

fn is_known(scheme: &str) -> bool {
    let scheme = scheme.trim_end_matches('/').trim_end_matches(':');
    SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Splits after the scheme and its slashes. Without a scheme the first part is empty.
fn split_scheme(text: &str) -> (&str, &str) {
    let Some((scheme, rest)) = text.split_once(':') else { return ("", text) };
    let slashes = rest.len() - rest.trim_start_matches('/').len();
    let named = !scheme.is_empty() && scheme.bytes().all(in_scheme);
    // Only a known scheme can be distinguished from "user:password".
    if named && (slashes >= 2 || is_known(scheme)) { text.split_at(scheme.len() + 1 + slashes.min(2)) } else { ("", text) }
}

/// Redacts `host:port,host:port/path?key=value`, or other text in its place.
fn redact_hosts(place: &str) -> String {
    let end = place.find(['/', '?', '#']).unwrap_or(place.len());
    let mut start = 0;
    for host in place[..end].split(',') {
        if let Some((name, port)) = split_port(host)
            && port.parse::<u16>().is_err()
        {
            // Without a valid port this may be the password, and so may all that follows.
            let shown = format!("{}{name}", &place[..start]);
            return if secret_value(&shown).is_some() { HIDDEN.to_owned() } else { format!("{shown}:{HIDDEN}") };
        }
        start += host.len() + 1;
    }
    redact_parameters(place)
}

/// Splits at the colon before a port. The colons of an IPv6 address in brackets do not count.
fn split_port(host: &str) -> Option<(&str, &str)> {
    let address = match host.starts_with('[') {
        true => host.find(']').filter(|end| host[1..*end].bytes().all(|byte| byte.is_ascii_hexdigit() || b":.%".contains(&byte))),
        false => None,
    };
    let from = address.unwrap_or(0);
    let colon = from + host[from..].find(':')?;
    Some((&host[..colon], &host[colon + 1..]))
}

/// Hides the first secret parameter and what follows it, except harmless parameters and further secret ones.
fn redact_parameters(place: &str) -> String {
    let Some(value) = secret_value(place) else { return redact_unnamed(place) };
    let mut shown = format!("{}{HIDDEN}", &place[..value]);
    let following: Option<Vec<String>> = place[value..].split('&').skip(1).map(following_parameter).collect();
    for parameter in following.unwrap_or_default() {
        shown.push('&');
        shown.push_str(&parameter);
    }
    shown
}

/// Hides the first parameter that has no name, and what follows it: a URL has no such parameter.
fn redact_unnamed(place: &str) -> String {
    let Some((before, query)) = place.split_once('?') else { return place.to_owned() };
    let named: Vec<&str> = query.split('&').take_while(|parameter| parameter.contains('=')).collect();
    let rest = if named.len() == query.split('&').count() || query.is_empty() { None } else { Some(HIDDEN) };
    format!("{before}?{}", named.into_iter().chain(rest).collect::<Vec<_>>().join("&"))
}

fn following_parameter(parameter: &str) -> Option<String> {
    let (key, value) = parameter.split_once('=')?;
    if secret_value(parameter).is_some() {
        return key.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| format!("{key}={HIDDEN}"));
    }
    let harmless = HARMLESS.iter().any(|known| key.eq_ignore_ascii_case(known)) && !value.contains(['=', '?', '#', ' ']);
    harmless.then(|| parameter.to_owned())
}

/// Returns the offset of the value of the first parameter that holds a secret. Its equals sign may be percent-encoded, as
/// it is inside the value of another parameter.
fn secret_value(text: &str) -> Option<usize> {
    let signs = ["=", "%3D", "%3d"].into_iter().flat_map(|sign| text.match_indices(sign));
    signs.filter(|(at, _)| is_secret(&text[..*at])).map(|(at, sign)| at + sign.len()).min()
}

/// Returns true when a text ends with the name of a secret parameter. The name may be percent-encoded.
fn is_secret(before: &str) -> bool {
    let before = before.trim_end();
    let start = before.rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.' | '%' | '+')).map_or(0, |at| at + 1);
    // The last character before the name may be wider than a byte.
    let name = before.get(start..).unwrap_or(before);
    let (name, _) = url::form_urlencoded::parse(name.as_bytes()).next().unwrap_or_default();
    let name = name.to_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::Just;
    use proptest::prelude::Strategy;
    use proptest::prelude::any;
    use proptest::prelude::prop_oneof;
    use proptest::proptest;
    use proptest::sample::select;

    use super::redact_text;
    use super::redact_url;
    use crate::store::StoreUrl;

    #[test]
    fn what_is_no_secret_stays() {
        for (url, shown) in [
            ("postgres://u:p@ss:w@h:5/d", "postgres://u:***@h:5/d"),
            ("postgres://u:se?cret@h/d", "postgres://u:***@h/d"),
            ("postgres://u@h/d?password=x&sslmode=require", "postgres://u@h/d?password=***&sslmode=require"),
            ("postgres://h/d?password=x&sslpassword=y&schema=a", "postgres://h/d?password=***&sslpassword=***&schema=a"),
            ("sqlite:a@b:c", "sqlite:a@b:c"),
            ("postgres://u:secret", "postgres://u:***"),
            ("postgres://u:se/cret", "postgres://u:***"),
            ("postgres://u:99999/cret", "postgres://u:***"),
            ("postgres:u:secret@h/d", "postgres:u:***@h/d"),
            ("postgres:/u:secret@h/d", "postgres:/u:***@h/d"),
            ("u:secret@h", "u:***@h"),
            ("u:secret", "u:***"),
            ("redis://secret@h", "redis://***@h"),
            ("mongodb://h1:27017,h2:27018/d", "mongodb://h1:27017,h2:27018/d"),
            ("mongodb://h1:27017,h2:secret/d?x", "mongodb://h1:27017,h2:***"),
            ("mongodb://u:p@h/?authMechanismProperties=A:b,C:d&w=1", "mongodb://u:***@h/?authMechanismProperties=***&w=1"),
            ("postgres://[::1]:5432/d", "postgres://[::1]:5432/d"),
            ("postgres://[::1/secret]:5432/d", "postgres://[:***"),
            ("host=h password=secret", "host=h password=***"),
            ("host=h password = 'sec ret' user=u", "host=h password =***"),
            ("postgres://h/d?%70assword=x", "postgres://h/d?%70assword=***"),
            (
                "postgres://h/d?options=-c%20x.password%3Dx&sslmode=require",
                "postgres://h/d?options=-c%20x.password%3D***&sslmode=require",
            ),
            ("postgres://u:12?secret", "postgres://u:12?***"),
            ("postgres://h/d?schema=a&secret&b=1", "postgres://h/d?schema=a&***"),
            ("mongodb://h/?", "mongodb://h/?"),
            ("a.db", "a.db"),
        ] {
            assert_eq!(redact_url(url), shown, "{url}");
        }
        assert_eq!(redact_text("--store=postgres://u:p@h"), "--store=postgres://u:***@h");
        assert_eq!(redact_text("x mongodb:u:p@h"), "x mongodb:u:***@h");
        assert_eq!(redact_text("plain: text"), "plain: text");
    }

    /// Marks in place of the characters of a password, so that each part of it is recognized.
    const MARKS: [&str; 4] = ["QQZ", "ÄÖ7", "秘密", "xxq"];

    /// A password of marks with every separator of a URL between them.
    fn password() -> impl Strategy<Value = String> {
        let separators = vec![
            "?", "#", "@", "/", ":", "%", " ", "&", "=", ";", ",", "[", "]", "+", "'", "\\", "$", "%40", "%zz", "//", "://",
            ":5/", "12", "\"", "|", "{", "<", "^", "`", "~", "!", "*", "(", "\n", "\t", "%3D", "%2F", "%25", "%", "",
        ];
        let part = (select(separators), select(MARKS.to_vec())).prop_map(|(separator, mark)| format!("{separator}{mark}"));
        vec(part, 1..5).prop_map(|parts| parts.concat())
    }

    fn url() -> impl Strategy<Value = String> {
        let scheme = select(vec![
            "postgres://",
            "postgresql://",
            "mongodb://",
            "mongodb+srv://",
            "redis://",
            "rediss://",
            "postgres:",
            "redis:",
            "mysql://",
            "",
        ]);
        let before_host =
            (password(), select(vec!["@h", "@h:5/d", "@h1:1,h2:2/d?w=1", "@h1,[::1]:5,h3:2/?tls=true", "@h/0?db=1#x", "@", ""]))
                .prop_map(|(password, place)| {
                    // Without a host, what follows an @ is the host.
                    let password = if place.is_empty() { password.replace('@', "") } else { password };
                    format!("u:{password}{place}")
                });
        let without_user = password().prop_map(|password| format!(":{password}@h/0"));
        let names = select(vec![
            "password",
            "sslpassword",
            "authMechanismProperties",
            "PassWord",
            "pass",
            "tlsCertificateKeyFilePassword",
            "options=-c%20x.password%3D",
        ]);
        let in_parameter = (names, password(), any::<bool>(), prop_oneof![Just(""), Just("&sslmode=require")]).prop_map(
            |(name, password, user, end)| format!("{}h:5/d?w=1&{name}={password}{end}", if user { "u:QQZ@" } else { "" }),
        );
        let keywords = password().prop_map(|password| format!("host=h user=u password='{password}' dbname=d"));
        (scheme, prop_oneof![before_host, without_user, in_parameter, keywords])
            .prop_map(|(scheme, rest)| format!("{scheme}{rest}"))
    }

    fn no_mark(shown: &str, url: &str) {
        // An error or a debug format may show the password in its encoded form.
        let decoded =
            url::form_urlencoded::parse(format!("x={shown}").as_bytes()).map(|(_, value)| value.into_owned()).collect::<String>();
        for mark in MARKS {
            assert!(!shown.contains(mark) && !decoded.contains(mark), "{mark} of {url} in {shown}");
        }
    }

    proptest! {
        #[test]
        fn no_part_of_a_password_is_shown(url in url()) {
            no_mark(&redact_url(&url), &url);
            if url.contains(':') && !url.starts_with(['u', 'h', ':']) {
                no_mark(&redact_text(&format!("invalid value '{url}'")), &url);
            }
            match url.parse::<StoreUrl>() {
                Ok(read) => no_mark(&format!("{read} {read:?}"), &url),
                Err(error) => no_mark(&format!("{error} {error:?}"), &url),
            }
        }
    }
}
