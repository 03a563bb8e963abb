use serde_json::json;

use super::*;
use crate::matching::testing::{item, like, rule, simple};
use crate::sigma::detection::Piece;
use crate::sigma::{Condition, Flags, Matcher, Network, Quantifier, Relation, Search};

fn compiled(rule: &Rule) -> OpenProgram {
    compile_open(rule, &[], &Placeholders::default()).unwrap()
}

/// Whether a line holds of an event.
fn holds(item: Item, event: &Value) -> bool {
    compiled(&simple(vec![item])).matches(event)
}

fn one(field: &str, matcher: Matcher, event: &Value) -> bool {
    holds(item(field, vec![matcher]), event)
}

#[test]
fn names_with_dots_are_fields_else_paths_and_lists_stand_for_their_elements() {
    let event = json!({
        "a.b": "flat", "a": {"b": "deep", "c": [{"d": 1}, {"d": [2, 3]}], "x.y": {"z": "mixed"}}, "empty": [], "map": {}
    });
    assert!(one("a.b", like("flat"), &event) && !one("a.b", like("deep"), &event));
    assert!(one("a.x.y.z", like("mixed"), &event));
    for number in [1.0, 2.0, 3.0] {
        assert!(one("a.c.d", Matcher::Number(number), &event));
    }
    assert!(!one("a.c.d", Matcher::Number(4.0), &event));
    let all = Item { all: true, ..item("a.c.d", vec![Matcher::Number(1.0), Matcher::Number(3.0)]) };
    assert!(holds(all, &event), "each value may be another element");
    assert!(one("empty", Matcher::Exists(true), &event) && !one("empty", like("*"), &event));
    assert!(one("map", Matcher::Exists(true), &event) && !one("map", like("*"), &event));
}

#[test]
fn null_absent_and_empty_are_told_apart() {
    let event = json!({"null": null, "empty": ""});
    assert!(one("null", Matcher::Null, &event) && one("absent", Matcher::Null, &event));
    assert!(!one("empty", Matcher::Null, &event));
    assert!(one("null", Matcher::Exists(true), &event) && one("absent", Matcher::Exists(false), &event));
    assert!(
        one("empty", like(""), &event) && !one("null", like(""), &event) && !one("absent", like(""), &event)
    );
    let differs = Item { negate: true, ..item("absent", vec![like("x")]) };
    assert!(holds(differs, &event));
    assert!(!one("absent", Matcher::Compare { relation: Relation::Lt, value: 1.0 }, &event));
}

#[test]
fn numbers_texts_and_truth_values_meet() {
    let event = json!({"n": 4769, "t": "4769", "f": 3.0, "b": true, "bt": "TRUE", "zero": "0112"});
    for field in ["n", "t"] {
        assert!(one(field, like("4769"), &event) && one(field, Matcher::Number(4769.0), &event));
        assert!(one(field, like("47*"), &event));
        assert!(one(field, Matcher::Compare { relation: Relation::Gte, value: 4769.0 }, &event));
        assert!(!one(field, Matcher::Compare { relation: Relation::Gt, value: 4769.0 }, &event));
    }
    assert!(one("f", like("3"), &event));
    for field in ["b", "bt"] {
        assert!(one(field, Matcher::Bool(true), &event) && one(field, like("true"), &event));
        assert!(!one(field, Matcher::Bool(false), &event));
    }
    assert!(!one("zero", Matcher::Number(112.0), &event));
}

#[test]
fn capitals_count_only_where_the_rule_says_so() {
    let event = json!({"user": "ÑANDÚ"});
    let cased = |text: &str| Matcher::Text { pattern: crate::matching::testing::pattern(text), cased: true };
    assert!(one("user", like("ñan*"), &event) && !one("user", cased("ñan*"), &event));
    assert!(one("user", cased("ÑAN*"), &event));
    let regex = |insensitive| Matcher::Regex {
        source: "ñandú$".to_owned(),
        flags: Flags { insensitive, ..Flags::default() },
    };
    assert!(one("user", regex(true), &event) && !one("user", regex(false), &event));
}

#[test]
fn addresses_lie_in_networks_of_their_family() {
    let network =
        |address: &str, prefix| Matcher::Cidr(Network { address: address.parse().unwrap(), prefix });
    let event =
        json!({"v4": "192.168.7.9", "v6": "2001:db8::7", "mapped": "::ffff:192.168.7.9", "no": "192.168.7"});
    assert!(one("v4", network("192.168.0.0", 16), &event) && !one("v4", network("192.168.8.0", 24), &event));
    assert!(one("v4", network("0.0.0.0", 0), &event) && !one("v6", network("0.0.0.0", 0), &event));
    assert!(one("v6", network("2001:db8::", 32), &event) && one("v6", network("::", 0), &event));
    assert!(one("mapped", network("192.168.0.0", 16), &event));
    assert!(!one("no", network("0.0.0.0", 0), &event));
}

#[test]
fn fields_are_compared_with_fields() {
    let event = json!({"a": "Ana", "b": "ANA", "c": "Ana Maria", "n": 5, "m": 5.0, "list": ["x", "ana"]});
    let like_field = |field: &str, open| Matcher::FieldRef { field: field.to_owned(), open, cased: false };
    assert!(one("a", like_field("b", (false, false)), &event));
    assert!(
        one("c", like_field("a", (false, true)), &event) && !one("c", like_field("a", (true, false)), &event)
    );
    assert!(
        one("n", like_field("m", (false, false)), &event)
            && one("list", like_field("a", (false, false)), &event)
    );
    assert!(!one("a", like_field("absent", (false, false)), &event));
    assert!(!one("absent", like_field("gone", (false, false)), &event));
}

#[test]
fn keywords_are_found_in_values_and_not_in_names() {
    let event = json!({"outer": {"inner": ["say event::clear now", 4624]}, "secretname": true});
    assert!(one("", like("EVENT::clear"), &event) && one("", Matcher::Number(462.0), &event));
    assert!(!one("", like("secretname"), &event));
    let both = Item { all: true, ..item("", vec![like("event"), like("4624")]) };
    assert!(holds(both, &event), "each may be in another value");
    assert!(
        compile_open(&simple(vec![item("", vec![Matcher::Null])]), &[], &Placeholders::default()).is_err()
    );
}

#[test]
fn parts_of_times_are_those_of_the_zone() {
    let event = json!({"at": "2025-11-25T23:30:00Z", "millis": 1_764_113_400_000_i64, "local_offset": 60});
    let hour =
        |field: &str, hour| Item { part: Some(TimePart::Hour), ..item(field, vec![Matcher::Number(hour)]) };
    assert!(holds(hour("at", 23.0), &event) && holds(hour("millis", 23.0), &event));
    let mut rule = simple(vec![hour("at", 0.0)]);
    assert!(!compiled(&rule).matches(&event));
    for zone in [ZoneBy::Location, ZoneBy::Zone("Europe/Madrid".to_owned())] {
        rule.ours.zone = Some(zone);
        assert!(compiled(&rule).matches(&event));
    }
    rule.ours.zone = Some(ZoneBy::Zone("Europe/Atlantis".to_owned()));
    assert!(compile_open(&rule, &[], &Placeholders::default()).is_err());
}

#[test]
fn conditions_count_searches() {
    let search = |text: &str| Search::All(vec![item("f", vec![like(text)])]);
    let names = || vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
    let event = json!({"f": ["x", "y"]});
    let with = |condition| rule(vec![("a", search("x")), ("b", search("y")), ("c", search("z"))], condition);
    for (quantifier, wanted) in [
        (Quantifier::AtLeast(1), true),
        (Quantifier::AtLeast(2), true),
        (Quantifier::AtLeast(3), false),
        (Quantifier::All, false),
    ] {
        assert_eq!(
            compiled(&with(Condition::Of(quantifier, names()))).matches(&event),
            wanted,
            "{quantifier:?}"
        );
    }
    let not = Condition::And(vec![
        Condition::Search("a".to_owned()),
        Condition::Not(Box::new(Condition::Search("c".to_owned()))),
    ]);
    assert!(compiled(&with(not)).matches(&event));
}

#[test]
fn a_placeholder_that_nobody_set_makes_the_rule_inactive_even_under_not() {
    let placeholder = Matcher::Placeholder {
        pieces: vec![Piece::Name("lines".to_owned())],
        open: (false, true),
        cased: false,
    };
    let mut rule = simple(vec![item("f", vec![placeholder])]);
    rule.condition = Condition::Not(Box::new(rule.condition));
    let program = compiled(&rule);
    assert_eq!(program.missing(), ["lines"]);
    assert!(!program.matches(&json!({"f": "x"})));
    let values: Placeholders = [("lines", vec!["+34".to_owned()])].into_iter().collect();
    let program = compile_open(&rule, &[], &values).unwrap();
    assert!(program.matches(&json!({"f": "x"})) && !program.matches(&json!({"f": "+34911"})));
}

#[test]
fn what_is_beyond_the_bounds_is_refused_quickly() {
    let refused =
        |rule: &Rule| compile_open(rule, &[], &Placeholders::default()).unwrap_err()[0].message.clone();
    let searches: Vec<(String, Search)> =
        (0..10_000).map(|n| (format!("s{n}"), Search::All(vec![item("f", vec![like("x")])]))).collect();
    let mut rule = simple(vec![]);
    rule.searches = searches;
    assert!(refused(&rule).contains("10000 search identifiers"));

    let many = simple(vec![item("f", (0..30_000).map(|n| Matcher::Number(f64::from(n))).collect())]);
    assert!(refused(&many).contains("values"));

    let mut deep = Condition::Search("selection".to_owned());
    for _ in 0..1_000 {
        deep = Condition::Not(Box::new(deep));
    }
    let mut rule = simple(vec![item("f", vec![like("x")])]);
    rule.condition = deep;
    assert!(refused(&rule).contains("nested"));

    let regexes = |source: &str| -> Vec<Matcher> {
        let one = |n| Matcher::Regex { source: format!("{source}{n}"), flags: Flags::default() };
        (0..1_000).map(one).collect()
    };
    assert!(refused(&simple(vec![item("f", regexes(r"\w{30}"))])).contains("take more than"));
    let huge = simple(vec![item("f", regexes(r"\w{900}"))]);
    let wrong = compile_open(&huge, &[], &Placeholders::default()).unwrap_err();
    assert!(wrong.len() <= 5, "{} were compiled, one after the other", wrong.len());

    let wide = Condition::And(vec![Condition::Of(Quantifier::All, vec!["selection".to_owned(); 5_000]); 10]);
    let mut rule = simple((0..10).map(|_| item("f", vec![like("x")])).collect());
    rule.condition = wide;
    assert!(refused(&rule).contains("comparisons"));
}
