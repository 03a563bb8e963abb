//! Emergency and short numbers of a country.
//!
//! Owns the table (`short_numbers.tsv`, from libphonenumber's short number metadata, which the `phonenumber` crate
//! packages but does not load) and which of its numbers may be told from an extension.

use std::sync::{LazyLock, OnceLock};

use super::automaton::Automaton;
use super::{country_index, country_name};
use crate::Name;
use crate::fields::well_known::COUNTRIES;

/// What a short number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Short {
    /// Calls for help.
    Emergency,
    /// Public short number: operator, directory, help line.
    Code,
}

const TABLE: &str = include_str!("short_numbers.tsv");
/// Where the country is unknown: the numbers that mean an emergency nearly everywhere they work.
const EVERYWHERE: [&[u8]; 3] = [&[1, 1, 2], &[9, 1, 1], &[9, 9, 9]];

static LINES: LazyLock<Vec<Option<&'static str>>> = LazyLock::new(|| {
    let mut lines = vec![None; COUNTRIES.len()];
    for line in TABLE.lines().filter(|l| !l.starts_with('#')) {
        let region = line.split('\t').next().unwrap_or_default();
        if let Some(slot) = country_index(country_name(region)).and_then(|i| lines.get_mut(i)) {
            *slot = Some(line);
        }
    }
    lines
});

static COMPILED: LazyLock<Vec<OnceLock<Option<Automaton>>>> =
    LazyLock::new(|| COUNTRIES.iter().map(|_| OnceLock::new()).collect());

fn automaton(country: usize) -> Option<&'static Automaton> {
    let compile = || {
        let mut columns = LINES.get(country).copied().flatten()?.split('\t').skip(2);
        let patterns: Vec<String> = [columns.next()?, columns.next()?]
            .map(|p| if p.is_empty() { "[^0-9]".to_owned() } else { p.to_owned() })
            .into();
        Automaton::build(&patterns, |matched| match matched {
            m if m.contains(&0) => 1,
            [] => 0,
            _ => 2,
        })
    };
    COMPILED.get(country)?.get_or_init(compile).as_ref()
}

/// Whether digits 0 to 9, dialled in `country`, are an emergency or a public short number.
///
/// The metadata's short numbers include mobile message services, which in some countries are every number of four
/// to six digits. Those cannot be called from an office and would swallow its extensions, so only three digits
/// starting with 0 or 1, North America's N11, and Europe's 116xxx and 118xx count.
pub(super) fn look_up(digits: &[u8], country: Name) -> Option<Short> {
    let Some(index) = country_index(country) else {
        return EVERYWHERE.contains(&digits).then_some(Short::Emergency);
    };
    match automaton(index)?.run(digits) {
        1 => Some(Short::Emergency),
        2 if distinct(digits) => Some(Short::Code),
        _ => None,
    }
}

fn distinct(digits: &[u8]) -> bool {
    match digits {
        [0 | 1, _, _] | [_, 1, 1] => true,
        [1, 1, 6 | 8, ..] => digits.len() >= 5,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|b| b - b'0').collect()
    }

    #[test]
    fn every_emergency_example_is_one() {
        let mut seen = 0;
        for line in TABLE.lines().filter(|l| !l.starts_with('#')) {
            let mut columns = line.split('\t');
            let (region, example) = (columns.next().unwrap(), columns.next().unwrap());
            assert!(country_name(region).is_present(), "{region}");
            if !example.is_empty() {
                let found = look_up(&digits(example), country_name(region));
                assert_eq!(found, Some(Short::Emergency), "{region} {example}");
                seen += 1;
            }
        }
        assert!(seen > 200);
    }

    #[test]
    fn known_emergency_and_short_numbers() {
        let at = |country, number: &str| look_up(&digits(number), country_name(country));
        for (country, number) in
            [("CO", "123"), ("MX", "911"), ("ES", "112"), ("US", "911"), ("GB", "999"), ("DE", "110")]
        {
            assert_eq!(at(country, number), Some(Short::Emergency), "{country} {number}");
        }
        assert_eq!(at("US", "611"), Some(Short::Code));
        assert_eq!(at("ES", "116111"), Some(Short::Code));
        assert_eq!(at("ES", "11888"), Some(Short::Code));
        for (country, extension) in [("US", "2001"), ("US", "809"), ("ES", "1001"), ("GB", "2202")] {
            assert_eq!(at(country, extension), None, "{country} {extension}");
        }
        assert_eq!(look_up(&digits("112"), Name::ABSENT), Some(Short::Emergency));
        assert_eq!(look_up(&digits("123"), Name::ABSENT), None);
    }
}
