//! The condition language against a reference that works another way.

use proptest::prelude::*;

use super::{HEAD, foreign, read, rule, said};
use crate::sigma::Condition::{self, And, Not, Of, Or};
use crate::sigma::Quantifier::{All, AtLeast};

const NAMES: [&str; 5] = ["sel_a", "sel_b", "filter", "_hidden", "all"];

fn with(condition: &str) -> String {
    let searches: String = NAMES.iter().map(|n| format!("    {n}: {{user: x}}\n")).collect();
    format!("{HEAD}detection:\n{searches}    condition: {condition}\n")
}

fn condition(text: &str) -> Condition {
    let parsed = foreign(&with(text));
    assert_eq!(said(&parsed), "", "{text}");
    super::only(parsed).condition
}

fn search(name: &str) -> Condition {
    Condition::Search(name.to_owned())
}

fn of(quantifier: crate::sigma::Quantifier, names: &[&str]) -> Condition {
    Of(quantifier, names.iter().map(|n| (*n).to_owned()).collect())
}

#[test]
fn operators_bind_as_the_specification_says() {
    let (a, b, f) = (|| search("sel_a"), || search("sel_b"), || search("filter"));
    let not = |c| Not(Box::new(c));
    for (text, wanted) in [
        ("sel_a", a()),
        ("(sel_a)", a()),
        ("sel_a or sel_b and filter", Or(vec![a(), And(vec![b(), f()])])),
        ("sel_a and sel_b or filter", Or(vec![And(vec![a(), b()]), f()])),
        ("not sel_a and sel_b", And(vec![not(a()), b()])),
        ("not (sel_a and sel_b)", not(And(vec![a(), b()]))),
        ("not not sel_a", not(not(a()))),
        ("sel_a AND Not sel_b", And(vec![a(), not(b())])),
        ("sel_a and(not(filter))", And(vec![a(), not(f())])),
        ("not 1 of sel_*", not(of(AtLeast(1), &["sel_a", "sel_b"]))),
        ("all of sel_* and not filter", And(vec![of(All, &["sel_a", "sel_b"]), not(f())])),
        ("1 of them", of(AtLeast(1), &["sel_a", "sel_b", "filter", "all"])),
        ("any of them", of(AtLeast(1), &["sel_a", "sel_b", "filter", "all"])),
        ("2 OF *l*", of(AtLeast(2), &["sel_a", "sel_b", "filter", "all"])),
        ("all of s*_a", of(All, &["sel_a"])),
        ("1 of filter", of(AtLeast(1), &["filter"])),
        ("1 of _*", of(AtLeast(1), &["_hidden"])),
        // A word of the language can be a name where no quantity can stand.
        ("all and sel_a", And(vec![search("all"), a()])),
        ("[sel_a, sel_b and filter]", Or(vec![a(), And(vec![b(), f()])])),
        ("[sel_a]", a()),
    ] {
        assert_eq!(condition(text), wanted, "{text}");
    }
}

#[test]
fn over_several_lines() {
    let wanted = And(vec![search("sel_a"), Not(Box::new(search("filter")))]);
    assert_eq!(condition("|\n        sel_a\n        and not filter"), wanted);
    assert_eq!(condition("sel_a\n        and not\n        filter"), wanted);
}

#[test]
fn errors_say_what_and_where() {
    for (text, place, part) in [
        ("sel_c", "9:16+5", "there is no search identifier 'sel_c'; did you mean 'sel_a'?"),
        ("'sel_a and x'", "9:27+1", "there is no search identifier 'x'; one of: sel_a"),
        ("sel_a sel_b", "9:22+5", "'sel_b' is not expected here; join it with"),
        ("sel_a and", "9:24+1", "is missing after 'and'"),
        ("sel_a and )", "9:26+1", "is missing before ')'"),
        ("(sel_a", "9:16+1", "a parenthesis that is not closed"),
        ("sel_a)", "9:21+1", "take the parenthesis away"),
        ("1 of nothing*", "9:21+8", "'nothing*' fits no search identifier"),
        ("1 of", "9:16+1", "nothing after 'of'"),
        ("most of them", "9:16+4", "'most of' is no quantity"),
        ("0 of them", "9:16+1", "'0 of' is no quantity"),
        ("sel_*", "9:16+5", "write '1 of sel_*'"),
        ("them", "9:16+4", "is missing before 'them'"),
        ("''", "9:", "is missing"),
        ("{a: b}", "9:", "must be text, not a map"),
        ("[]", "9:", "a list of 0 conditions"),
        ("sel_a | count() by user > 10", "9:22+1", "write a correlation rule: type event_count"),
        ("count(sel_a) > 10", "9:16+5", "write a correlation rule"),
        ("sel_a near sel_b", "9:22+4", "write a correlation rule"),
    ] {
        let said = said(&foreign(&with(text)));
        assert!(said.starts_with(&format!("error {place}")) && said.contains(part), "{text}: {said}");
    }
    let literal = said(&foreign(&with("|\n        sel_a\n        and sel_z")));
    assert!(literal.starts_with("error 11:13+5"), "{literal}");
}

#[test]
fn what_is_not_used_is_warned_of_in_rules_of_ours() {
    let said = said(&read(&with("sel_a and filter and 1 of sel_*")));
    assert!(said.contains("warning 7:5+7 search identifier '_hidden' is not used"), "{said}");
    assert!(said.contains("'all' is not used") && !said.contains("'sel_b' is not used"), "{said}");
    assert!(super::said(&read(&with("3 of sel_*"))).contains("3 of 2 can never hold"));
}

#[test]
fn size_and_depth_are_bounded() {
    let deep = format!("{}sel_a{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(said(&foreign(&with(&deep))).contains("more than 8192 bytes"));
    let deep = format!("{}sel_a{}", "(".repeat(100), ")".repeat(100));
    assert!(said(&foreign(&with(&deep))).contains("nested more than 64 deep"));
    assert!(
        said(&foreign(&with(&format!("{}sel_a", "not ".repeat(100))))).contains("nested more than 64 deep")
    );
    let wide = vec!["sel_a"; 900].join(" or ");
    assert!(matches!(condition(&wide), Or(all) if all.len() == 900));
}

/// Whether a condition holds, given which of the names do.
fn holds(condition: &Condition, facts: &[bool; 5]) -> bool {
    let fact = |name: &str| facts[NAMES.iter().position(|n| *n == name).unwrap()];
    match condition {
        Condition::Search(name) => fact(name),
        And(all) => all.iter().all(|c| holds(c, facts)),
        Or(all) => all.iter().any(|c| holds(c, facts)),
        Not(inner) => !holds(inner, facts),
        Of(AtLeast(n), names) => names.iter().filter(|name| fact(name)).count() >= *n as usize,
        Of(All, names) => names.iter().all(|name| fact(name)),
    }
}

/// The reference: rewriting from the inside out. Facts become T and F, then parentheses, `not`, `and`, `or` are worked off by
/// replacing text, the strongest first.
fn reference(text: &str, facts: &[bool; 5]) -> bool {
    let truth = |b: bool| if b { "T" } else { "F" };
    let mut text = text.to_owned();
    text = text.replace("1 of sel_*", truth(facts[0] || facts[1]));
    text = text.replace("all of sel_*", truth(facts[0] && facts[1]));
    for (name, fact) in NAMES.iter().zip(facts).take(4) {
        text = text.replace(name, truth(*fact));
    }
    loop {
        let before = text.clone();
        for (from, to) in [("(T)", "T"), ("(F)", "F"), ("not T", "F"), ("not F", "T")] {
            text = text.replace(from, to);
        }
        if text == before {
            for (from, to) in [("T and T", "T"), ("T and F", "F"), ("F and T", "F"), ("F and F", "F")] {
                text = text.replacen(from, to, 1);
            }
        }
        if text == before {
            // Only where no `and` or `not` waits on either side.
            for (from, to) in [("T or T", "T"), ("T or F", "T"), ("F or T", "T"), ("F or F", "F")] {
                let free = text.match_indices(from).map(|(at, _)| at).find(|at| {
                    !text[at + from.len()..].starts_with(" and")
                        && !text[..*at].ends_with("and ")
                        && !text[..*at].ends_with("not ")
                });
                if let Some(at) = free {
                    text.replace_range(at..at + from.len(), to);
                    break;
                }
            }
        }
        if text == before {
            return text == "T";
        }
    }
}

fn any_condition() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("sel_a".to_owned()),
        Just("sel_b".to_owned()),
        Just("filter".to_owned()),
        Just("_hidden".to_owned()),
        Just("1 of sel_*".to_owned()),
        Just("all of sel_*".to_owned()),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|c| format!("({c})")),
            inner.clone().prop_map(|c| format!("not ({c})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} and {b}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} or {b}")),
        ]
    })
}

proptest! {
    #[test]
    fn conditions_mean_what_rewriting_says(text in any_condition(), facts: [bool; 5]) {
        prop_assert_eq!(holds(&condition(&text), &facts), reference(&text, &facts), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(sel_a|sel_b|and|or|not|1|all|any|of|them|\\(|\\)|\\||\\*|é| ){0,30}") {
        let parsed = foreign(&with(&format!("'{text}'")));
        prop_assert!(parsed.documents.len() + parsed.diagnostics.len() > 0);
    }
}

#[test]
fn several_conditions_use_what_any_of_them_uses() {
    let text = format!(
        "{HEAD}detection:\n    a: {{user: x}}\n    b: {{user: y}}\n    condition:\n        - a\n        - b\n"
    );
    assert_eq!(rule(&text).condition, Or(vec![search("a"), search("b")]));
}
