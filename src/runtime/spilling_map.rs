//! States by key, of which those that do not fit in memory are in a temporary file.

use std::collections::HashMap;

use crate::store::RowSpill;
use crate::store::StoreError;

/// Approximate memory of an entry besides its key and state, in bytes.
const ENTRY_BYTES: usize = 200;
/// Approximate memory of a state, as a multiple of its saved text.
const STATE_FACTOR: usize = 2;
/// Maximum number of entries in a part.
const PART_ENTRIES: usize = 5000;
/// The size of saved texts that ends a part, in bytes.
const PART_BYTES: usize = 4 << 20;

/// A state that can leave memory.
pub(crate) trait Spill {
    /// The error of saving.
    type Error: From<StoreError>;

    /// Returns the text from which the state can be restored; none if it is not worth keeping.
    fn save(&self) -> Result<Option<String>, Self::Error>;
}

/// States by key.
pub(crate) struct SpillingMap<S> {
    held: HashMap<String, S>,
    /// States that were moved out of memory. One that is held as well is newer.
    spilled: Option<RowSpill>,
    /// Approximate size of the held states, in bytes. It is too high where events do not make a state larger.
    bytes: usize,
}

impl<S: Spill> SpillingMap<S> {
    /// Creates an empty map.
    pub(crate) fn new() -> Self {
        Self { held: HashMap::new(), spilled: None, bytes: 0 }
    }

    /// Returns the held states.
    pub(crate) fn held(&self) -> &HashMap<String, S> {
        &self.held
    }

    /// Returns the held states, to change them.
    pub(crate) fn held_mut(&mut self) -> &mut HashMap<String, S> {
        &mut self.held
    }

    /// Returns the held states, and drops the others.
    pub(crate) fn into_held(self) -> HashMap<String, S> {
        self.held
    }

    /// Returns the text of a state that was moved out of memory.
    pub(crate) fn spilled(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        let found = self.spilled.as_mut().map(|spilled| spilled.get(key)).transpose()?.flatten();
        self.bytes += STATE_FACTOR * found.as_ref().map_or(0, String::len);
        Ok(found)
    }

    /// Adds a state.
    pub(crate) fn insert(&mut self, key: String, state: S) {
        self.bytes += ENTRY_BYTES + 2 * key.len();
        self.held.insert(key, state);
    }

    /// Notes that a held state has become larger by at most this number of bytes.
    pub(crate) fn grew(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Adds saved states, without holding them.
    pub(crate) fn put(&mut self, saved: &[(String, String)]) -> Result<(), StoreError> {
        let saved = saved.iter().map(|(key, text)| (key.as_str(), text.as_str()));
        let mut spilled = self.spilled.take().map_or_else(RowSpill::create, Ok)?;
        spilled.put(saved)?;
        self.spilled = Some(spilled);
        Ok(())
    }

    /// Moves all states out of memory if they have more than `memory` bytes. Returns true if it has done so.
    pub(crate) fn bound(&mut self, memory: usize) -> Result<bool, S::Error> {
        if self.bytes <= memory {
            return Ok(false);
        }
        // The estimate grows with the events. The states themselves may be much smaller.
        self.bytes = 0;
        for (key, state) in &self.held {
            self.bytes += ENTRY_BYTES + 2 * key.len() + STATE_FACTOR * state.save()?.map_or(0, |saved| saved.len());
        }
        if self.bytes <= memory / 4 * 3 {
            return Ok(false);
        }
        self.spill()?;
        self.forget();
        Ok(true)
    }

    /// Drops the held states.
    pub(crate) fn forget(&mut self) {
        self.held = HashMap::new();
        self.bytes = 0;
    }

    /// Copies the held states to the others.
    fn spill(&mut self) -> Result<(), S::Error> {
        let mut keys = Keys::of(&self.held);
        loop {
            let part = self.held_part(&mut keys)?;
            if part.is_empty() {
                return Ok(());
            }
            self.put(&part)?;
        }
    }

    fn held_part(&self, keys: &mut Keys) -> Result<Vec<(String, String)>, S::Error> {
        let (mut part, mut bytes) = (Vec::new(), 0);
        while part.len() < PART_ENTRIES
            && bytes < PART_BYTES
            && let Some(key) = keys.0.next()
        {
            if let Some(saved) = self.held.get(&key).map(S::save).transpose()?.flatten() {
                bytes += key.len() + saved.len();
                part.push((key, saved));
            }
        }
        Ok(part)
    }

    /// Begins to read all states in the order of their keys.
    pub(crate) fn all(&mut self) -> Result<AllStates, S::Error> {
        if self.spilled.is_none() {
            return Ok(AllStates::Held(Keys::of(&self.held)));
        }
        self.spill()?;
        Ok(AllStates::Spilled { after: None })
    }

    /// Takes the next of all states out of the map, while all are in memory; none after the last.
    pub(crate) fn take_next(&mut self, all: &mut AllStates) -> Option<(String, S)> {
        let AllStates::Held(keys) = all else { return None };
        keys.0.by_ref().find_map(|key| self.held.remove_entry(&key))
    }

    /// Returns the next of all states as texts; none after the last.
    pub(crate) fn next(&mut self, all: &mut AllStates) -> Result<Vec<(String, String)>, S::Error> {
        match (all, &mut self.spilled) {
            (AllStates::Held(keys), _) => self.held_part(keys),
            (AllStates::Spilled { after }, Some(spilled)) => {
                let part = spilled.after(after.as_deref(), PART_ENTRIES, PART_BYTES)?;
                if let Some((key, _)) = part.last() {
                    *after = Some(key.clone());
                }
                Ok(part)
            }
            (AllStates::Spilled { .. }, None) => Ok(Vec::new()),
        }
    }
}

/// Keys in their order.
pub(crate) struct Keys(std::vec::IntoIter<String>);

impl Keys {
    fn of<S>(states: &HashMap<String, S>) -> Self {
        let mut keys: Vec<String> = states.keys().cloned().collect();
        keys.sort_unstable();
        Self(keys.into_iter())
    }
}

/// A reading of all states.
pub(crate) enum AllStates {
    /// All are in memory.
    Held(Keys),
    /// All are in the temporary file.
    Spilled {
        /// The key of the last state that was read.
        after: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::ENTRY_BYTES;
    use super::Spill;
    use super::SpillingMap;
    use crate::store::StoreError;

    impl Spill for u64 {
        type Error = StoreError;

        fn save(&self) -> Result<Option<String>, StoreError> {
            Ok((*self > 0).then(|| self.to_string()))
        }
    }

    fn add(map: &mut SpillingMap<u64>, key: &str, more: u64) {
        if !map.held().contains_key(key) {
            let before = map.spilled(key).unwrap().map_or(0, |text| text.parse().unwrap());
            map.insert(key.to_owned(), before);
        }
        *map.held_mut().get_mut(key).unwrap() += more;
        map.grew(8);
    }

    fn all(map: &mut SpillingMap<u64>) -> Vec<(String, String)> {
        let (mut reading, mut found) = (map.all().unwrap(), Vec::new());
        loop {
            let part = map.next(&mut reading).unwrap();
            if part.is_empty() {
                return found;
            }
            found.extend(part);
        }
    }

    #[test]
    fn the_states_are_the_same_in_any_memory() {
        for memory in [0, 1000, 1 << 20, 1 << 30] {
            let (mut map, mut expected, mut spills) = (SpillingMap::new(), BTreeMap::new(), 0);
            for number in 0..30_000_u64 {
                let key = format!("key {}", number * number % 12_007);
                add(&mut map, &key, number);
                *expected.entry(key).or_insert(0) += number;
                if number % 100 == 0 {
                    spills += u32::from(map.bound(memory).unwrap());
                    assert!(map.bytes <= memory.max(ENTRY_BYTES));
                }
            }
            assert_eq!(spills > 0, memory < 1 << 30, "{memory}");
            let expected: Vec<(String, String)> =
                expected.into_iter().filter(|(_, n)| *n > 0).map(|(key, n)| (key, n.to_string())).collect();
            assert_eq!(all(&mut map), expected);
            // Reading changes nothing.
            assert_eq!(all(&mut map), expected);
        }
    }

    #[test]
    fn an_estimate_that_is_too_high_moves_nothing() {
        let mut map = SpillingMap::new();
        add(&mut map, "", 7);
        map.grew(1 << 20);
        assert!(!map.bound(1 << 20).unwrap() && map.bytes < 300);
        assert_eq!(all(&mut map), [(String::new(), "7".to_owned())]);
    }

    #[test]
    fn states_in_memory_are_taken_as_they_are() {
        let mut map = SpillingMap::new();
        add(&mut map, "b", 0);
        add(&mut map, "a", 2);
        let mut reading = map.all().unwrap();
        assert_eq!(map.take_next(&mut reading), Some(("a".to_owned(), 2)));
        assert_eq!(map.take_next(&mut reading), Some(("b".to_owned(), 0)));
        assert!(map.take_next(&mut reading).is_none() && map.next(&mut reading).unwrap().is_empty());
    }

    #[test]
    fn saved_states_are_added_without_being_held() {
        let mut map = SpillingMap::new();
        map.put(&[("b".into(), "1".into()), ("a".into(), "2".into())]).unwrap();
        add(&mut map, "b", 1);
        add(&mut map, "c", 1);
        let of = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        assert_eq!(all(&mut map), [of("a", "2"), of("b", "2"), of("c", "1")]);
    }
}
