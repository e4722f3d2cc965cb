//! Decimal numbers in their written form, and their conversion to 64-bit floats.

use serde_json::Number;

/// Returns true for a JSON number that keeps its decimal value as a 64-bit float.
///
/// The spelling may differ: `1.10` becomes `1.1`, `1e2` becomes `100.0`. `12345678901234567.89` and `1e-400` change their
/// value.
pub fn survives_as_float(number: &str) -> bool {
    let Some(written) = Decimal::read(number) else { return false };
    if written.digits.len() <= SAFE_DIGITS && written.exponent.abs() <= SAFE_EXPONENT {
        return true;
    }
    // Compares with the recorded text: for two shortest texts at the same distance the standard library may write the other
    // one.
    let kept = number.parse().ok().and_then(Number::from_f64);
    kept.is_some_and(|kept| Decimal::read(&kept.to_string()) == Some(written))
}

/// Returns a JSON number in the form that all its spellings share: its significant digits, then `e` and the power of ten unless
/// that is 0.
///
/// `1`, `1.0` and `10e-1` become `1`; `1.50` becomes `15e-1`, `1000` becomes `1e3`, and -0 is `0`. An exponent beyond 64 bits
/// stays as it is written.
pub(super) fn exact_number(number: &str) -> String {
    let Some(Decimal { negative, digits, exponent }) = Decimal::read(number) else { return number.to_owned() };
    if digits.is_empty() {
        return "0".to_owned();
    }
    let mut text = String::with_capacity(digits.len() + 8);
    text.push_str(if negative { "-" } else { "" });
    text.extend(digits.into_iter().map(char::from));
    if exponent != 0 {
        text.push_str(&format!("e{exponent}"));
    }
    text
}

/// The number of significant digits up to which a float preserves every number with an exponent within [`SAFE_EXPONENT`].
const SAFE_DIGITS: usize = 15;
/// The absolute exponent up to which a float preserves every number of [`SAFE_DIGITS`].
const SAFE_EXPONENT: i64 = 280;

/// A decimal number: its significant digits, without zeros at either end, times a power of ten.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads a number in the grammar of JSON; `None` for an exponent beyond 64 bits.
    fn read(number: &str) -> Option<Self> {
        let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).skip_while(|digit| *digit == b'0').collect();
        let written = digits.len();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Self { negative: false, digits, exponent: 0 });
        }
        let moved = i64::try_from(written - digits.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = exponent.strip_prefix('+').unwrap_or(exponent).parse::<i64>().ok()?.checked_add(moved)?;
        Some(Self { negative, digits, exponent })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::prop_assert;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::survives_as_float;

    #[test]
    fn the_same_value_in_another_spelling_survives() {
        let cases =
            ["0.1", "1.10", "1e2", "1E+2", "0", "-0.0", "0e999999999999999999999", "100", "0.30000000000000004", "5e-324"];
        let more =
            ["1.7976931348623157e308", "2.2250738585072014e-308", "123456789012345.6", "0.000000000000001", "1e300", "1e22"];
        for number in cases.into_iter().chain(more) {
            assert!(survives_as_float(number), "{number}");
        }
    }

    #[test]
    fn another_value_does_not_survive() {
        // The recorded text at the same distance is 80136521414471.12.
        assert!(survives_as_float("80136521414471.12") && !survives_as_float("80136521414471.13"));
        let cases = ["12345678901234567.89", "1e-400", "1e400", "0.10000000000000000001", "9007199254740993.0", "4e-324"];
        let more = ["1e99999999999999999999", "3.14159265358979323846", "-1e-400", "123456789012345678.5", "2.5e-324"];
        for number in cases.into_iter().chain(more) {
            assert!(!survives_as_float(number), "{number}");
        }
    }

    proptest! {
        #[test]
        fn what_a_float_writes_survives(bits in any::<u64>()) {
            let float = f64::from_bits(bits);
            if float.is_finite() {
                let json = serde_json::to_string(&float).unwrap();
                prop_assert!(survives_as_float(&json));
                for other in [format!("{float}"), format!("{float:e}")] {
                    prop_assert_eq!(survives_as_float(&other), super::Decimal::read(&other) == super::Decimal::read(&json));
                }
            }
        }

        #[test]
        fn what_survives_is_read_and_written_as_the_same_value(whole in "[1-9][0-9]{0,18}", fraction in "[0-9]{1,6}", power in -330..330) {
            let number = format!("{whole}.{fraction}e{power}");
            let again = serde_json::from_str::<f64>(&number).ok().map(|float| serde_json::to_string(&float).unwrap());
            let same = again.is_some_and(|again| super::Decimal::read(&again) == super::Decimal::read(&number));
            prop_assert_eq!(survives_as_float(&number), same, "{}", number);
        }
    }
}
