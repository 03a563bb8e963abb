//! Dial strings in any country: never a panic, and reading a number again changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::NumberKind;
use model::fields::well_known::COUNTRIES;
use model::numbering::{Home, classify, parse};

fuzz_target!(|data: (u8, Option<u8>, &str)| {
    let (country, outside, text) = data;
    let outside = outside.map(|d| (d % 100).to_string());
    let home = Home::new(COUNTRIES.get(usize::from(country)).copied(), outside.as_deref());
    let number = parse(text, &home);
    classify(number, &home, false);
    if number.kind() == NumberKind::E164 {
        assert_eq!(parse(&number.to_string(), &home), number);
    }
});
