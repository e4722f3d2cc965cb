//! Suggestions for an invalid time. Each of them is valid when it is typed.

use crate::cli::error::nearest;

/// Returns at most two readings of a text that `accepts` returns true for.
pub(super) fn suggestions(word: &str, accepts: impl Fn(&str) -> bool) -> Vec<String> {
    let candidates = [number(word), date(word), clock(word), spaced(word), span(word), standard(word), zone(word)];
    let mut found: Vec<String> = Vec::new();
    for candidate in candidates.into_iter().flatten() {
        if found.len() < 2 && candidate != word && !found.contains(&candidate) && accepts(&candidate) {
            found.push(candidate);
        }
    }
    found
}

/// Suggests for `1764780403437` and its like: seconds, milliseconds, microseconds or nanoseconds since 1970; `20260101`: a date.
fn number(word: &str) -> Vec<String> {
    let word = word.strip_prefix('@').unwrap_or(word);
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    if whole.is_empty() || !word.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Vec::new();
    }
    let seconds = |digits: usize| {
        let (seconds, part) = whole.split_at(whole.len() - digits);
        let part = format!("{part}{fraction}");
        let part = part.trim_end_matches('0');
        if part.is_empty() { format!("@{seconds}") } else { format!("@{seconds}.{part}") }
    };
    match whole.len() {
        4 if fraction.is_empty() => vec![format!("{whole}-01-01")],
        8 if fraction.is_empty() => vec![format!("{}-{}-{}", &whole[..4], &whole[4..6], &whole[6..]), seconds(0)],
        13..=14 => vec![seconds(3)],
        15..=17 => vec![seconds(6)],
        18..=20 => vec![seconds(9)],
        _ => vec![seconds(0)],
    }
}

/// Suggests for `29.11.2026`, `11/29/2026`, `2026/11/29` or `2026-1-5`, with or without a time of day: the year first.
fn date(word: &str) -> Vec<String> {
    let (date, time) = word.split_once([' ', 'T']).unwrap_or((word, ""));
    let date = date.trim_end_matches(',');
    let Some(separator) = date.chars().find(|c| ['.', '/', '-'].contains(c)) else { return Vec::new() };
    let parts: Vec<&str> = date.split(separator).collect();
    let [a, b, c] = parts[..] else { return Vec::new() };
    if !parts.iter().all(|part| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|b| b.is_ascii_digit())) {
        return Vec::new();
    }
    let written = |year: &str, month: &str, day: &str| {
        let time = if time.is_empty() { String::new() } else { format!(" {}", time.trim()) };
        format!("{year}-{month:0>2}-{day:0>2}{time}")
    };
    match (a.len(), c.len(), separator) {
        (4, _, _) => vec![written(a, b, c), written(a, c, b)],
        // The day comes first, except in countries with slashes, where it may be either.
        (_, 4, _) => vec![written(c, b, a), written(c, a, b)],
        _ => Vec::new(),
    }
}

/// Suggests for `16:46`: today or yesterday.
fn clock(word: &str) -> Vec<String> {
    vec![format!("today {word}"), format!("yesterday {word}")]
}

/// Suggests for `2026-11-29 16:46 UTC` and `2026-11-29 16:46 +01:00`: without the space. Also for `yesterday at 16:46` and `16:46
/// yesterday`.
fn spaced(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some((time, zone)) = word.rsplit_once(' ') {
        let zone = if ["UTC", "GMT", "Z"].iter().any(|name| zone.eq_ignore_ascii_case(name)) { "Z" } else { zone };
        found.push(format!("{time}{zone}"));
        found.push(format!("{zone} {time}"));
    }
    found.push(word.replace(" at ", " ").replace(", ", " "));
    found.push(word.replace('_', "-"));
    found
}

/// Suggests for `5m` and `+5m`: back from now.
fn span(word: &str) -> Vec<String> {
    vec![format!("{} ago", word.trim_start_matches(['+', '-']))]
}

/// Suggests for `Sun, 29 Nov 2026 16:46:43 GMT`, the form of mails and HTTP.
fn standard(word: &str) -> Vec<String> {
    let read = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(word);
    read.map(|moment| moment.to_string()).into_iter().collect()
}

/// Suggests for `2026-11-29 16:46[Europe/Berln]`: the zone with the nearest name.
fn zone(word: &str) -> Vec<String> {
    let Some((time, name)) = word.strip_suffix(']').and_then(|word| word.split_once('[')) else { return Vec::new() };
    let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    nearest(name, known.iter().map(String::as_str)).map(|near| format!("{time}[{near}]")).into_iter().collect()
}
