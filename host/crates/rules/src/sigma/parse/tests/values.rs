//! Escapes, types of values, keywords, lists.

use proptest::prelude::*;

use super::{HEAD, complaint, foreign, item, items, only, read, rule, said, shown, with_lines};
use crate::sigma::detection::Piece;
use crate::sigma::parse::pattern::pieces;
use crate::sigma::{Matcher, Part, Pattern, Search};

fn literal(text: &str) -> Part {
    Part::Literal(text.to_owned())
}

#[test]
fn escapes_are_those_of_the_specification() {
    let cases: &[(&str, Vec<Part>)] = &[
        ("", vec![]),
        ("plain", vec![literal("plain")]),
        ("*", vec![Part::Any]),
        ("**", vec![Part::Any]),
        ("a*b?", vec![literal("a"), Part::Any, literal("b"), Part::One]),
        // A single backslash before anything but a wildcard is plain.
        (r"C:\Windows\x", vec![literal(r"C:\Windows\x")]),
        // So is a double one.
        (r"C:\\Windows", vec![literal(r"C:\Windows")]),
        // Escaped wildcards.
        (r"\*", vec![literal("*")]),
        (r"a\?b", vec![literal("a?b")]),
        // A backslash and a wildcard.
        (r"\\*", vec![literal(r"\"), Part::Any]),
        (r"a\\?", vec![literal(r"a\"), Part::One]),
        // A backslash and a plain asterisk.
        (r"\\\*", vec![literal(r"\*")]),
        // Three and four are two.
        (r"\\\x", vec![literal(r"\\x")]),
        (r"\\\\x", vec![literal(r"\\x")]),
        (r"\\\\*", vec![literal(r"\\"), Part::Any]),
        // At the end.
        (r"a\", vec![literal(r"a\")]),
        (r"a\\", vec![literal(r"a\")]),
        ("é*ß", vec![literal("é"), Part::Any, literal("ß")]),
    ];
    for (text, parts) in cases {
        assert_eq!(Pattern::parse(text).0, *parts, "{text}");
    }
}

#[test]
fn values_have_the_type_of_their_notation() {
    assert_eq!(item("duration: 60").matchers, [Matcher::Number(60.0)]);
    assert_eq!(item("duration: 0.5").matchers, [Matcher::Number(0.5)]);
    assert_eq!(shown(&item("duration: '60'")), ["60"]);
    assert_eq!(item("answered: true").matchers, [Matcher::Bool(true)]);
    assert_eq!(item("user: null").matchers, [Matcher::Null]);
    assert_eq!(item("user:").matchers, [Matcher::Null]);
    assert_eq!(shown(&item("user: ''")), [""]);
    assert_eq!(shown(&item("user|contains: 12")), ["*12*"]);
    assert_eq!(shown(&item("user|startswith: true")), ["true*"]);
    // Beyond what floating point holds exactly a number is compared by its digits.
    assert_eq!(shown(&item("user: 9007199254740993")), ["9007199254740993"]);
    assert_eq!(item("user: [a, 'b*', 3]").matchers.len(), 3);
}

#[test]
fn numbers_that_lose_digits_are_warned_of() {
    let said = complaint("called_number: +34911234567");
    assert!(said.starts_with("warning 5:24+12 YAML reads this as the number 34911234567"), "{said}");
    assert!(complaint("called_number: 0034911234567").contains("in quotation marks"));
    assert_eq!(complaint("called_number: '+34911234567'"), "");
}

#[test]
fn keywords_are_looked_for_anywhere() {
    let text = format!(
        "{HEAD}detection:\n    keywords:\n        - abc\n        - 'd*e'\n        - 7\n    condition: keywords\n"
    );
    let items = items(&text);
    assert_eq!(items.len(), 1);
    assert_eq!((items[0].field.as_deref(), items[0].all), (None, false));
    assert_eq!(shown(&items[0]), ["*abc*", "*d*e*", "*7*"]);

    let all = item("'|all':\n  - abc\n  - def");
    assert_eq!((all.field.as_deref(), all.all), (None, true));
    assert_eq!(shown(&all), ["*abc*", "*def*"]);
    assert!(matches!(&item("'|re': 'a+'").matchers[..], [Matcher::Regex { .. }]));
    assert!(complaint("'|exists': true").contains("needs a field's name"));

    let single = read(&format!("{HEAD}detection:\n    k: abc\n    condition: k\n"));
    assert!(said(&single).contains("write it as a list"));
    assert_eq!(single.documents.len(), 1);
}

#[test]
fn lists_of_maps_and_keywords_and_lists_are_alternatives() {
    let text = format!(
        "{HEAD}detection:\n    sel:\n        - user: a\n          duration: 1\n        - word\n        - - x\n          - y\n    condition: sel\n"
    );
    let Search::Any(alternatives) = rule(&text).searches.remove(0).1 else { panic!() };
    assert_eq!(alternatives.len(), 3);
    assert!(matches!(&alternatives[0], Search::All(items) if items.len() == 2));
    assert!(matches!(&alternatives[1], Search::All(items) if items[0].field.is_none()));
    assert!(matches!(&alternatives[2], Search::All(items) if items[0].matchers.len() == 2));
}

#[test]
fn null_is_no_value_of_a_list() {
    let text = with_lines("user: ['', null]");
    assert!(said(&read(&text)).contains("null in a list of values"));
    assert_eq!(only(foreign(&text)).searches.len(), 1);
    assert!(complaint("user|contains: null").contains("a text modifier with null"));
}

#[test]
fn wrong_values_are_refused() {
    for (line, part) in [
        ("user: {a: b}", "must be text, a number, true, false or null, not a map"),
        ("user: [[a]]", "not a list"),
        ("user: []", "a field without a value"),
        ("user|re: ''", "'re' takes text, not empty text"),
        ("user|re: [a, {b: c}]", "not a map"),
        ("public_calling_ip|cidr: 10.0.0.0/33", "is not a network"),
        ("public_calling_ip|cidr: 10.0.0/8", "is not a network"),
        ("public_calling_ip|cidr: 10.0.0.0/+8", "is not a network"),
        ("public_calling_ip|cidr: 10.0.0.1/8", "write 10.0.0.0/8"),
        ("user|exists: 'true'", "takes true or false, not text"),
        ("user|exists: 1", "takes true or false, not a number"),
        ("duration|gt: '60'", "take the quotation marks away"),
        ("duration|gt: soon", "take a number, not text"),
        ("duration|gt: .inf", "take a number"),
        ("start_time|hour: 24", "a whole number from 0 to 23"),
        ("start_time|hour: 1.5", "a whole number from 0 to 23"),
        ("start_time|month: 0", "a whole number from 1 to 12"),
        ("user|fieldref: 'a*'", "wildcards in a field's name"),
    ] {
        let said = complaint(line);
        assert!(said.contains(part), "{line}: {said}");
    }
}

#[test]
fn networks_begin_at_their_first_address() {
    for (text, address, prefix) in [
        ("10.1.2.3/8", "10.0.0.0", 8),
        ("1.2.3.4", "1.2.3.4", 32),
        ("0.0.0.0/0", "0.0.0.0", 0),
        ("2001:db8:ffff::1/33", "2001:db8:8000::", 33),
        ("::/0", "::", 0),
    ] {
        let rule = only(foreign(&with_lines(&format!("a|cidr: '{text}'"))));
        let Search::All(items) = &rule.searches[0].1 else { panic!() };
        let Matcher::Cidr(network) = items[0].matchers[0] else { panic!() };
        assert_eq!((network.address.to_string().as_str(), network.prefix), (address, prefix), "{text}");
    }
}

#[test]
fn placeholders_are_found_and_percent_signs_can_be_plain() {
    let name = |n: &str| Piece::Name(n.to_owned());
    let text = |t: &str| Piece::Pattern(Pattern::parse(t));
    for (value, wanted) in [
        ("%name%", vec![name("name")]),
        ("a%x%b%y%*", vec![text("a"), name("x"), text("b"), name("y"), text("*")]),
        (r"\%plain%name%", vec![text("%plain"), name("name")]),
        ("100%", vec![text("100%")]),
        ("50% of %x%", vec![text("50% of "), name("x")]),
        ("%%", vec![text("%%")]),
        (r"\\%x%", vec![text(r"\"), name("x")]),
        (r"\*%x%", vec![text(r"\*"), name("x")]),
        ("", vec![text("")]),
    ] {
        assert_eq!(pieces(value), wanted, "{value}");
    }
    let item = item("called_number|expand|startswith: '%lines%'");
    assert!(matches!(&item.matchers[..], [Matcher::Placeholder { open: (false, true), cased: false, .. }]));
    // Without the modifier it is text.
    assert_eq!(shown(&super::item("called_number: '%lines%'")), ["%lines%"]);
    assert!(complaint("user|expand: name").contains("without a placeholder"));
}

/// Matching by trying everything, to compare patterns by what they match.
fn holds(parts: &[Part], text: &[char]) -> bool {
    match parts.split_first() {
        None => text.is_empty(),
        Some((Part::Any, rest)) => (0..=text.len()).any(|at| holds(rest, &text[at..])),
        Some((Part::One, rest)) => !text.is_empty() && holds(rest, &text[1..]),
        Some((Part::Literal(literal), rest)) => {
            let literal: Vec<char> = literal.chars().collect();
            text.starts_with(&literal) && holds(rest, &text[literal.len()..])
        }
    }
}

proptest! {
    #[test]
    fn a_pattern_written_and_read_is_the_same(text in r"[ab*?\\%é]{0,24}") {
        let pattern = Pattern::parse(&text);
        prop_assert_eq!(&Pattern::parse(&pattern.to_string()), &pattern);
        for pair in pattern.0.windows(2) {
            prop_assert!(!matches!(pair, [Part::Literal(_), Part::Literal(_)]));
            prop_assert!(!matches!(pair, [Part::Any, Part::Any]));
        }
    }

    #[test]
    fn escaped_text_is_itself(text in "\\PC{0,24}") {
        let pattern = Pattern::literal(text.clone());
        let read = Pattern::parse(&pattern.to_string());
        prop_assert_eq!(read.as_literal(), Some(text.as_str()));
    }

    #[test]
    fn opening_a_pattern_is_putting_asterisks_around_it(text in r"[ab*?]{0,6}", sample in "[ab]{0,8}") {
        let sample: Vec<char> = sample.chars().collect();
        let opened = Pattern::parse(&text).opened((true, true));
        prop_assert_eq!(
            holds(&opened.0, &sample),
            holds(&Pattern::parse(&format!("*{text}*")).0, &sample)
        );
    }
}
