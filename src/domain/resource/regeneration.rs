//! Regeneration of a resource over time, in whole numbers: repeated calculation loses nothing.
//!
//! The rate is read as its decimal number, to 10⁻¹² units per second. Microseconds times such a rate are units of
//! 10⁻¹⁸. The part below a whole unit is carried over as the remainder.

use std::iter;

use crate::domain::resource::state::Resource;
use crate::event::Timestamp;

/// Number of parts of a unit.
const PARTS: u128 = 1_000_000_000_000_000_000;
/// Number of significant decimals of a rate.
const DECIMALS: usize = 12;

/// The result of regeneration up to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regeneration {
    /// Whole units that have regenerated.
    pub regenerated: i64,
    /// The amount with them.
    pub amount: i64,
    /// The time up to which regeneration is included.
    pub last_regenerated: Timestamp,
    /// The regenerated part of a further unit, in 10⁻¹⁸.
    pub remainder: u64,
}

impl Resource {
    /// Returns the regeneration up to a time, capped at the maximum.
    ///
    /// A full resource accrues nothing. A clock that was set back neither adds nor removes anything. A time far in the
    /// future, from a wrong clock, is dropped: regeneration starts again now.
    pub fn regenerate(&self, now: Timestamp) -> Regeneration {
        let last_regenerated = now.present(self.last_regenerated);
        let room = u64::try_from(self.max_amount.saturating_sub(self.amount)).unwrap_or(0);
        let elapsed = u128::from(now.micros_since(self.last_regenerated));
        let parts =
            elapsed.saturating_mul(rate_in_picos(self.regeneration_rate)).saturating_add(self.regeneration_remainder.into());
        let (units, remainder) = (parts / PARTS, parts % PARTS);
        match (i64::try_from(units), u64::try_from(remainder)) {
            (Ok(regenerated), Ok(remainder)) if units < u128::from(room) => {
                Regeneration { regenerated, amount: self.amount + regenerated, last_regenerated, remainder }
            }
            _ => {
                let amount = self.max_amount.max(self.amount);
                Regeneration { regenerated: amount.saturating_sub(self.amount), amount, last_regenerated, remainder: 0 }
            }
        }
    }
}

/// Returns a rate in 10⁻¹² units per second, read from its shortest decimal text: 0.1 is a tenth, and not the nearest
/// binary fraction. A rate that is not a positive number is 0. One that is too large is the maximum.
fn rate_in_picos(rate: f64) -> u128 {
    if rate.is_nan() || rate <= 0.0 {
        return 0;
    }
    let text = rate.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = whole.bytes().chain(fraction.bytes().chain(iter::repeat(b'0')).take(DECIMALS));
    let picos = digits.fold(0_u128, |sum, digit| sum.saturating_mul(10).saturating_add(digit.saturating_sub(b'0').into()));
    let round_up = fraction.as_bytes().get(DECIMALS).is_some_and(|digit| *digit >= b'5');
    picos.saturating_add(round_up.into())
}

#[cfg(test)]
mod tests {
    use super::rate_in_picos;

    #[test]
    fn a_rate_is_the_decimal_number_that_was_written() {
        let cases = [
            (0.0, 0),
            (-1.0, 0),
            (f64::NAN, 0),
            (0.1, 100_000_000_000),
            (1.0, 1_000_000_000_000),
            (1_000_000.1, 1_000_000_100_000_000_000),
            (1e-12, 1),
            (5e-13, 1),
            (4.9e-13, 0),
            (1e300, u128::MAX),
        ];
        for (rate, picos) in cases {
            assert_eq!(rate_in_picos(rate), picos, "{rate}");
        }
    }
}
