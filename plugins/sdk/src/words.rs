//! Counts in words, for reports.
//!
//! Owns the plural of regular nouns. Does not own sentences: those are each detector's.

/// `1 call`, `2 calls`.
///
/// ```
/// assert_eq!(ringfence_sdk::plural(2, "call"), "2 calls");
/// ```
pub fn plural(count: u32, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|n| super::plural(n, "call")), ["0 calls", "1 call", "2 calls"]);
    }
}
