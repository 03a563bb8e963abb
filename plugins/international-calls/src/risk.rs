//! How much a destination is known for fraud, from a list that is data: `destinations.csv`.
//!
//! Owns the list and its look-up. Does not own what the weight counts for ([`crate::evidence`]).

use ringfence_sdk::Number;

/// Prefix, weight, words.
const LIST: &str = include_str!("../destinations.csv");

/// Digits of the longest prefix that is looked up.
const LONGEST: u32 = 7;

/// The list, by prefix.
#[derive(Debug)]
pub struct Risks(Vec<(u64, f64)>);

impl Risks {
    /// Reads the list that is part of the plugin.
    ///
    /// # Errors
    /// For a line that is neither a comment nor prefix, weight and words.
    pub fn built_in() -> Result<Risks, String> {
        let mut list = Vec::new();
        for line in LIST.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
            let mut cells = line.splitn(3, ',');
            let prefix = cells.next().and_then(|p| p.parse().ok()).filter(|p| *p > 0);
            let weight = cells.next().and_then(|w| w.parse().ok()).filter(|w| (0.0..=1.0).contains(w));
            let (Some(prefix), Some(weight), Some(_)) = (prefix, weight, cells.next()) else {
                return Err(format!("destinations.csv: '{line}' is not prefix, weight from 0 to 1, words"));
            };
            list.push((prefix, weight));
        }
        list.sort_unstable_by_key(|(prefix, _)| *prefix);
        Ok(Risks(list))
    }

    /// Weight of the longest prefix that fits; 0 for all others.
    pub fn of(&self, number: Number) -> f64 {
        let Some(mut digits) = number.e164() else { return 0.0 };
        while digits >= 10_u64.pow(LONGEST) {
            digits /= 10;
        }
        while digits > 0 {
            if let Ok(at) = self.0.binary_search_by_key(&digits, |(prefix, _)| *prefix) {
                return self.0[at].1;
            }
            digits /= 10;
        }
        0.0
    }
}

/// Codes that belong to no country and have no everyday use: satellites, international networks, premium rate.
pub fn is_world_code(number: Number) -> bool {
    [870, 878, 881, 882, 883, 979].into_iter().any(|code| number.has_prefix(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_counts() {
        let risks = Risks::built_in().unwrap();
        let of = |digits| risks.of(Number::from_e164(digits).unwrap());
        assert!(of(37_120_000_000) > 0.5);
        assert!(of(18_095_551_234) > 0.5, "the Dominican Republic");
        assert_eq!(of(12_125_551_234), 0.0, "New York");
        assert!(of(447_012_345_678) > of(447_912_345_678), "personal numbers, not mobiles");
        assert_eq!(risks.of(Number::ABSENT), 0.0);
        assert!(is_world_code(Number::from_e164(8_821_234_567).unwrap()));
        assert!(!is_world_code(Number::from_e164(886_212_345_678).unwrap()), "Taiwan");
    }
}
