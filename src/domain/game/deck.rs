//! Shuffling by a seed. The algorithm never changes, because a replay must deal the same cards.

/// A random generator with a seed: SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
/// 2014).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below a limit; 0 if the limit is 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        // The high half of the product is uniform enough, because a limit is a few hundred at most.
        let product = u128::from(self.next()) * limit as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }
}

/// Returns a deck shuffled by a generator (Fisher and Yates). The last card is on top.
pub(super) fn shuffled<'c>(ids: impl Iterator<Item = &'c str>, random: &mut Random) -> Vec<String> {
    let mut deck: Vec<String> = ids.map(str::to_owned).collect();
    for last in (1..deck.len()).rev() {
        deck.swap(last, random.below(last + 1));
    }
    deck
}

#[cfg(test)]
mod tests {
    use super::Random;
    use super::shuffled;

    /// The first numbers of the published generator for seed 1234567.
    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        let mut random = Random::new(1_234_567);
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn a_seed_makes_one_order_with_every_card_in_it() {
        let ids: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let deck = |seed| shuffled(ids.iter().map(String::as_str), &mut Random::new(seed));
        assert_eq!(deck(7), deck(7));
        assert_ne!(deck(7), deck(8));
        let mut sorted = deck(7);
        sorted.sort_by_key(|id| id.parse::<u32>().unwrap());
        assert_eq!(sorted, ids);
    }
}
