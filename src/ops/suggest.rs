//! Suggestions for mistyped words.

/// Returns the candidate that is most similar to a mistyped word, if one is similar enough.
///
/// ```
/// use esctl::ops::nearest;
/// assert_eq!(nearest("resuorces", ["documents", "resources"]), Some("resources"));
/// assert_eq!(nearest("games", ["documents", "resources"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_near_words_are_offered() {
        assert_eq!(nearest("Gold", ["gold", "silver"]), Some("gold"));
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("resource.lokc", ["resource.lock", "resource.unlock"]), Some("resource.lock"));
        assert_eq!(nearest("", ["a"]), None);
    }
}
