//! Modifiers: what they make of values, and which combinations are refused.

use proptest::prelude::*;

use super::{complaint, foreign, item, items, only, read, said, shown, with_lines};
use crate::sigma::parse::MODIFIERS;
use crate::sigma::parse::encode::base64;
use crate::sigma::{Flags, Matcher, Relation, Search, TimePart};

#[test]
fn text_modifiers_put_wildcards_around_the_value() {
    assert_eq!(shown(&item("user|contains: a*b")), ["*a*b*"]);
    assert_eq!(shown(&item("user|startswith: ['a', 'b?']")), ["a*", "b?*"]);
    assert_eq!(shown(&item(r"user|endswith: '\cmd.exe'")), [r"*\\cmd.exe"]);
    assert_eq!(shown(&item("user|contains: ''")), ["*"]);
    assert_eq!(shown(&item("user|cased: Ab")), ["Ab (cased)"]);
    assert_eq!(shown(&item("user|contains|cased: Ab")), ["*Ab* (cased)"]);
    let all = item("user|contains|all: [a, b]");
    assert!(all.all && !all.negate);
    let neq = item("user|neq: [a, b]");
    assert!(neq.negate && !neq.all);
    assert_eq!(neq.span.column, 9);
    assert_eq!(neq.span.len, 4);
}

#[test]
fn tests_other_than_text() {
    let flags = Flags { insensitive: true, multi_line: true, dot_all: true };
    let source = r"^a\d{2}*$".to_owned();
    assert_eq!(item(r"user|re|i|m|s: '^a\d{2}*$'").matchers, [Matcher::Regex { source, flags }]);
    assert_eq!(item("user|exists: false").matchers, [Matcher::Exists(false)]);
    assert_eq!(
        item("duration|gte: 60").matchers,
        [Matcher::Compare { relation: Relation::Gte, value: 60.0 }]
    );
    assert_eq!(item("duration|lt: 1.5").matchers, [Matcher::Compare { relation: Relation::Lt, value: 1.5 }]);
    let hour = item("start_time|hour: [8, 9]");
    assert_eq!((hour.part, hour.matchers.len()), (Some(TimePart::Hour), 2));
    assert_eq!(hour.matchers[0], Matcher::Number(8.0));
    let late = item("start_time|hour|gte: 20");
    assert_eq!(
        (late.part, &late.matchers[..]),
        (Some(TimePart::Hour), &[Matcher::Compare { relation: Relation::Gte, value: 20.0 }][..])
    );
    let field = "user".to_owned();
    assert_eq!(
        item("actor|fieldref|startswith: user").matchers,
        [Matcher::FieldRef { field, open: (false, true), cased: false }]
    );
}

#[test]
fn encodings_are_applied_in_their_order() {
    assert_eq!(shown(&item("a|base64: foobar")), ["Zm9vYmFy"]);
    assert_eq!(shown(&item("a|base64|contains: foob")), ["*Zm9vYg==*"]);
    assert_eq!(shown(&item("a|utf16le: 'cmd'")), ["c\0m\0d\0"]);
    assert_eq!(shown(&item("a|wide|contains: 'c*d'")), ["*c\0*d\0*"]);
    assert_eq!(shown(&item("a|utf16be: 'cmd'")), ["\0c\0m\0d"]);
    assert_eq!(shown(&item("a|utf16: 'c'")), ["\u{ff}\u{fe}c\0"]);
    // U+20AC is AC 20: bytes, not characters.
    assert_eq!(shown(&item("a|utf16le: '€'")), ["\u{ac} "]);
    // Bytes of UTF-16, not their UTF-8: base64(63 00 e9 00 ac 20).
    assert_eq!(shown(&item("a|wide|base64: 'cé€'")), ["YwDpAKwg"]);
    assert_eq!(shown(&item("a|utf16|base64: 'c'")), ["//5jAA=="]);
    assert_eq!(shown(&item("a|base64|base64: 'a'")), [base64(b"YQ==")]);
    // Text beyond ASCII is UTF-8 before Base64.
    assert_eq!(shown(&item("a|base64: 'é'")), ["w6k="]);
    assert_eq!(shown(&item("a|base64: 12")), ["MTI="]);
}

#[test]
fn base64offset_gives_what_is_common_to_all_surroundings() {
    assert_eq!(shown(&item("a|base64offset|contains: foobar")), ["*Zm9vYmFy*", "*Zvb2Jhc*", "*mb29iYX*"]);
    assert!(complaint("a|base64offset: foobar").contains("write '|base64offset|contains'"));
    assert!(complaint("a|base64offset|contains: f").contains("less than two bytes"));
}

#[test]
fn windash_gives_every_permutation_with_the_value_first() {
    let one = item("a|windash|contains: ' -x'");
    assert_eq!(shown(&one), ["* -x*", "* /x*", "* –x*", "* —x*", "* ―x*"]);
    assert!(!one.all);
    assert_eq!(shown(&item("a|contains|windash: '/a'"))[..2], ["*/a*", "*–a*"]);
    let two = item("a|windash: '-a*-b'");
    assert_eq!(two.matchers.len(), 25);
    let mut distinct = shown(&two);
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 25);
    assert_eq!(shown(&item("a|windash|base64offset|contains: '-ab'")).len(), 15);
    assert_eq!(item("a|windash: none").matchers.len(), 1);
    assert_eq!(item("a|windash: '-----'").matchers.len(), 3_125);
    assert!(complaint("a|windash: '------'").contains("more than 3125 values"));
}

#[test]
fn all_asks_for_each_value_in_any_of_its_forms() {
    // One item would ask for all permutations of both.
    let each = items(&with_lines("a|windash|contains|all: ['-x', '-y']"));
    assert_eq!(each.len(), 2);
    assert!(each.iter().all(|item| !item.all && item.matchers.len() == 5));
    let expanded = items(&with_lines("a|expand|all: ['%x%', 'b%y%']"));
    assert_eq!(expanded.len(), 2);
}

#[test]
fn combinations_without_a_meaning_are_refused() {
    for (line, part) in [
        ("a|contains|startswith: x", "'startswith' beside 'contains'"),
        ("a|re|contains: x", "'contains' beside 're'"),
        ("a|re|cidr: x", "'re' and 'cidr' together"),
        ("a|gt|lt: 1", "'gt' and 'lt' together"),
        ("a|hour|day: 1", "'hour' and 'day' together"),
        ("a|hour|re: 1", "'hour' beside 're'"),
        ("a|gt|contains: 1", "'contains' beside 'gt'"),
        ("a|hour|contains: 1", "'contains' beside 'hour'"),
        ("a|exists|neq: true", "'exists' with another modifier"),
        ("a|base64|base64offset|contains: abc", "'base64' beside 'base64offset'"),
        ("a|base64|re: abc", "an encoding or 'windash' beside 're'"),
        ("a|wide|utf16be: abc", "cannot be encoded so again"),
        ("a|base64: 'a*'", "with wildcards cannot be encoded"),
        ("a|i: abc", "'i' is a flag of 're'"),
        ("a|not: abc", "'not' is no modifier"),
        ("a|contain: abc", "did you mean 'contains'?"),
        ("a|: abc", "unknown modifier ''"),
    ] {
        let said = complaint(line);
        assert!(said.starts_with("error 5:") && said.contains(part), "{line}: {said}");
        let parsed = foreign(&with_lines(line));
        assert!(parsed.documents.is_empty(), "{line}");
    }
}

#[test]
fn what_ours_may_not_others_may() {
    for (line, part) in [
        ("a|contains|all: x", "'all' with a single value"),
        ("a|contains|base64: abc", "write '|base64|contains'"),
        ("a|contains|contains: abc", "modifier 'contains' twice"),
        ("a|neq|all: [b, c]", "take 'all' away"),
        ("a|re|cased: abc", "cased already"),
        ("a|re|ignorecase: abc", "write 'i'"),
        ("a|gt: '5'", "take the quotation marks away"),
    ] {
        let said = complaint(line);
        assert!(said.starts_with("error 5:") && said.contains(part), "{line}: {said}");
        let parsed = foreign(&with_lines(line));
        assert_eq!(super::said(&parsed), "", "{line}");
        let Search::All(items) = &only(parsed).searches[0].1 else { panic!() };
        assert!(!items[0].all, "{line}");
    }
}

#[test]
fn the_place_of_a_modifier_is_told() {
    let text = with_lines("'called_number|contian|all': [a, b]");
    assert!(
        said(&read(&text)).starts_with("error 5:24+7 unknown modifier 'contian'"),
        "{}",
        said(&read(&text))
    );
}

#[test]
fn every_modifier_of_the_table_is_known() {
    for modifier in MODIFIERS {
        let before = if "ims".contains(modifier.name) { "re|" } else { "" };
        let said = complaint(&format!("a|{before}{}: 5", modifier.name));
        assert!(!said.contains("unknown modifier"), "{}: {said}", modifier.name);
    }
}

/// Base64 the slow way: bits of the bytes, six by six.
fn slow_base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let bits: Vec<u8> = bytes.iter().flat_map(|b| (0..8).rev().map(move |at| b >> at & 1)).collect();
    let mut text: String = bits
        .chunks(6)
        .map(|six| alphabet[(0..6).fold(0, |n, at| n * 2 + usize::from(six.get(at).copied().unwrap_or(0)))])
        .collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

proptest! {
    #[test]
    fn base64_is_base64(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert_eq!(base64(&bytes), slow_base64(&bytes));
    }

    #[test]
    fn a_value_under_base64offset_is_found_wherever_it_stands(
        before in proptest::collection::vec(any::<u8>(), 0..8),
        value in "[a-zA-Z0-9 ]{2,20}",
        after in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let whole = base64(&[&before, value.as_bytes(), &after].concat());
        let item = item(&format!("a|base64offset|contains: '{value}'"));
        let found = shown(&item).iter().any(|pattern| whole.contains(pattern.trim_matches('*')));
        prop_assert!(found, "{:?} in {}", shown(&item), whole);
    }
}
