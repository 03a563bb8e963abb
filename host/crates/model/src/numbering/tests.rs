use phonenumber::metadata::DATABASE;
use proptest::prelude::*;

use super::*;
use crate::{NameTable, NumberKind};

fn class_in(home: &Home<'_>, text: &str) -> (String, String) {
    let names = NameTable::default();
    let (class, country) = classify(parse(text, home), home, false);
    let text = |n| names.resolve(n).map_or(String::new(), |t| t.to_string());
    (text(class), text(country))
}

fn home(country: &str) -> Home<'static> {
    Home::new(Some(country), None)
}

fn outside(country: &str) -> Home<'static> {
    Home::new(Some(country), Some("9"))
}

#[track_caller]
fn reads(home: &Home<'_>, text: &str, expected: &str) {
    assert_eq!(parse(text, home).to_string(), expected, "{text}");
}

#[track_caller]
fn is_class(country: &str, text: &str, class: &str, of: &str) {
    assert_eq!(class_in(&home(country), text), (class.to_owned(), of.to_owned()), "{text} from {country}");
}

/// The metadata's own examples, with the class each kind has at home.
#[test]
fn every_example_number_has_its_kind() {
    let kinds = [
        (Kind::Fixed, Name::known("national")),
        (Kind::Mobile, Name::known("mobile")),
        (Kind::TollFree, Name::known("toll-free")),
        (Kind::Premium, Name::known("premium")),
        (Kind::SharedCost, Name::known("shared-cost")),
        (Kind::Voip, Name::known("national")),
        (Kind::Personal, Name::known("national")),
        (Kind::Pager, Name::known("national")),
        (Kind::Company, Name::known("national")),
    ];
    let mut seen = 0;
    for code in 1..1000u16 {
        for region in DATABASE.by_code(&code).unwrap_or_default() {
            for (kind, class) in kinds {
                let Some(example) = plan::descriptor(region, kind).and_then(|d| d.example()) else {
                    continue;
                };
                let id = region.id();
                let number = Number::from_e164(format!("{code}{example}").parse().unwrap()).unwrap();
                let (country, found) = describe(number);
                // Ranges that fixed lines and mobiles share are listed as both.
                let shared = kind == Kind::Mobile && found == Kind::Fixed;
                assert!(found == kind || shared, "{id} {number} is {found:?}, not {kind:?}");
                seen += 1;
                if id == "001" {
                    assert_eq!(country, Name::known("001"), "{number}");
                    continue;
                }
                // Regions sharing toll-free and premium ranges get the main region's name.
                let theirs = Home { country, outside_access: None };
                let (seen_class, seen_country) = classify(number, &theirs, false);
                let expected = if shared { Name::known("national") } else { class };
                assert_eq!((seen_class, seen_country), (expected, country), "{id} {number}");
                assert_eq!(parse(&number.to_string(), &home(id)), number);
                // Small territories share mobile ranges with the main country, which then gets the number.
                if kind == Kind::Fixed && region.is_main_country_for_code() {
                    assert_eq!(country, country_name(id), "{number}");
                }
            }
        }
    }
    assert!(seen > 900, "{seen}");
}

/// A row per premium range: `reference/data/premium_rate_patterns.csv`, calling code and example only.
#[test]
fn premium_examples_are_premium_from_everywhere() {
    let mut seen = 0;
    for line in include_str!("premium_examples.csv").lines().filter(|l| !l.starts_with('#')) {
        let (code, example) = line.split_once(',').unwrap();
        let number = format!("+{code}{example}");
        for from in ["US", "ES", "CO", "MX", "LV"] {
            assert_eq!(class_in(&home(from), &number).0, "premium", "{number} from {from}");
        }
        seen += 1;
    }
    assert!(seen > 140, "{seen}");
}

#[test]
fn classes_are_decided_by_the_number() {
    is_class("US", "+18095551234", "international", "DO");
    is_class("US", "+18765551234", "international", "JM");
    is_class("US", "18095551234", "international", "DO");
    is_class("US", "8095551234", "international", "DO");
    is_class("US", "809", "internal", "");
    is_class("US", "+18885551234", "toll-free", "US");
    is_class("CO", "+18885551234", "toll-free", "US");
    is_class("ES", "+979123456789", "premium", "001");
    is_class("ES", "+80012345678", "toll-free", "001");
    is_class("ES", "+80812345678", "shared-cost", "001");
    is_class("ES", "+870773111632", "satellite", "001");
    is_class("ES", "+881612345678", "satellite", "001");
    is_class("ES", "+882161234567", "satellite", "001");
    is_class("ES", "+883510012345", "satellite", "001");
    is_class("ES", "+34803123456", "premium", "ES");
    is_class("US", "+19002345678", "premium", "US");
    is_class("CO", "+19002345678", "premium", "US");
    is_class("ES", "+34612345678", "mobile", "ES");
    is_class("ES", "+34911234567", "national", "ES");
    is_class("ES", "+34900123456", "toll-free", "ES");
    is_class("ES", "+37120000000", "international", "LV");
    is_class("CO", "+5358123456", "international", "CU");
    is_class("ES", "+2522999999", "international", "SO");
    is_class("ES", "+999123456789", "invalid", "");
    is_class("ES", "+34111", "invalid", "");
    is_class("ES", "123@example.org", "invalid", "");
    is_class("ES", "*99", "short-code", "");
    is_class("ES", "112", "emergency", "");
    is_class("US", "+911", "emergency", "");
    is_class("MX", "911", "emergency", "");
    is_class("CO", "123", "emergency", "");
    is_class("ES", "", "", "");
}

#[test]
fn north_america_is_one_country_for_its_members_only() {
    is_class("US", "+14165550123", "national", "CA");
    is_class("CA", "+17875550123", "national", "PR");
    is_class("PR", "+13405550123", "national", "VI");
    is_class("PR", "+12425550123", "international", "BS");
    is_class("BS", "+12145550123", "international", "US");
}

#[test]
fn an_unknown_home_leaves_open_what_it_must() {
    let nowhere = Home::default();
    assert_eq!(class_in(&nowhere, "+34911234567"), (String::new(), "ES".to_owned()));
    assert_eq!(class_in(&nowhere, "+34803123456").0, "premium");
    assert_eq!(class_in(&nowhere, "0034911234567").1, "ES");
    assert_eq!(class_in(&nowhere, "2001").0, "internal");
    assert_eq!(class_in(&nowhere, "112").0, "emergency");
}

#[test]
fn our_own_numbers_are_internal() {
    let number = Number::from_e164(34_911_234_567).unwrap();
    assert_eq!(classify(number, &home("CO"), true), (Name::known("internal"), Name::known("ES")));
}

#[test]
fn numbers_are_read_in_the_country_of_the_location() {
    reads(&home("ES"), "+34 911 23 45 67", "+34911234567");
    reads(&home("ES"), "911234567", "+34911234567");
    reads(&home("ES"), "0034911234567", "+34911234567");
    reads(&home("ES"), "00442079460018", "+442079460018");
    reads(&home("ES"), "34911234567", "+34911234567");
    reads(&home("GB"), "020 7946 0018", "+442079460018");
    reads(&home("GB"), "+44 (0)20 7946 0018", "+442079460018");
    reads(&home("US"), "(214) 555-0123", "+12145550123");
    reads(&home("US"), "1-214-555-0123", "+12145550123");
    reads(&home("US"), "011442079460018", "+442079460018");
    reads(&home("CO"), "00937120000000", "+37120000000");
    reads(&home("CO"), "0057 601 5551234", "+576015551234");
    reads(&home("CO"), "3001234567", "+573001234567");
    reads(&home("MX"), "0034911234567", "+34911234567");
    reads(&home("MX"), "55 1234 5678", "+525512345678");
    reads(&home("AR"), "0111523456789", "+5491123456789");
    reads(&home("IT"), "06 6982", "066982");
    reads(&home("IT"), "0669812345", "+390669812345");
    reads(&home("AG"), "4641234", "+12684641234");
    reads(&Home::default(), "0034911234567", "+34911234567");
    reads(&Home::default(), "911234567", "911234567");
    reads(&home("ES"), "tel:+34911234567", "+34911234567");
}

#[test]
fn outside_access_digits_are_taken_off() {
    reads(&outside("US"), "9 1 809 555 1234", "+18095551234");
    reads(&outside("US"), "9011442079460018", "+442079460018");
    reads(&outside("US"), "92145550123", "+12145550123");
    reads(&outside("US"), "9142345678", "+19142345678");
    reads(&outside("ES"), "9911234567", "+34911234567");
    reads(&outside("ES"), "911234567", "+34911234567");
    reads(&outside("ES"), "90037120000000", "+37120000000");
    reads(&outside("CO"), "900937120000000", "+37120000000");
    reads(&Home::new(Some("DE"), Some("0")), "00301234567", "+49301234567");
    reads(&Home::new(Some("DE"), Some("0")), "00034911234567", "+34911234567");
    // Not configured, but beyond doubt.
    reads(&home("US"), "9011442079460018", "+442079460018");
    reads(&home("ES"), "90037120000000", "+37120000000");
    assert_eq!(class_in(&outside("US"), "9911").0, "emergency");
}

#[test]
fn what_is_no_number_stays_what_it_is() {
    for text in ["2001", "11", "*99", "#31#600123456", "+2001", "+0034911", "999999", "*67"] {
        reads(&home("ES"), text, text);
    }
    for text in ["sip:ana@example.org", "ana@example.org", "anonymous", "12345678901234567890"] {
        assert_eq!(parse(text, &home("ES")).kind(), NumberKind::Other, "{text}");
    }
    assert_eq!(parse("  ", &home("ES")), Number::ABSENT);
    assert_eq!(parse("+", &home("ES")).kind(), NumberKind::Digits);
    assert_eq!(parse("+3491123456789012", &home("ES")).kind(), NumberKind::Other);
}

#[test]
fn unallocated_foreign_ranges_are_international() {
    reads(&home("ES"), "0037199999999", "+37199999999");
    is_class("ES", "+37199999999", "international", "LV");
    is_class("LV", "+37199999999", "national", "LV");
}

proptest! {
    #[test]
    fn any_text_is_read_and_classed(text in "\\PC{0,40}", dial in "[0-9+*# ().-]{0,36}", country in 0..250usize) {
        let code = crate::fields::well_known::COUNTRIES.get(country).copied();
        for outside in [None, Some("9"), Some("0")] {
            let home = Home::new(code, outside);
            for text in [&text, &dial] {
                let number = parse(text, &home);
                classify(number, &home, false);
                classify(number, &home, true);
            }
        }
    }

    #[test]
    fn reading_e164_changes_nothing(digits in 1_000_000u64..1_000_000_000_000_000, country in 0..250usize) {
        let code = crate::fields::well_known::COUNTRIES.get(country).copied();
        let number = Number::from_e164(digits).unwrap();
        prop_assert_eq!(parse(&number.to_string(), &Home::new(code, Some("9"))), number);
    }
}
