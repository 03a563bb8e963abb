//! Bad input: everything ends, within its bounds, and whatever is typed.

use proptest::prelude::*;

use super::{HEAD, foreign, read, said};
use crate::yaml::MAX_DIAGNOSTICS;

#[test]
fn ten_thousand_selections_are_refused() {
    let searches: String = (0..10_000).map(|n| format!("    s{n}: {{user: x}}\n")).collect();
    let said = said(&foreign(&format!("{HEAD}detection:\n{searches}    condition: 1 of s*\n")));
    assert!(said.contains("more than 512 search identifiers"), "{said}");
}

#[test]
fn too_many_values_are_refused() {
    let values = "        - '-----'\n".repeat(20);
    let said =
        said(&foreign(&format!("{HEAD}detection:\n    s:\n      a|windash:\n{values}    condition: s\n")));
    assert!(said.contains("more than 50000 values in one rule"), "{said}");
}

#[test]
fn a_small_file_cannot_ask_for_much_memory() {
    let line = format!("        - '-----{}'\n", "x".repeat(300));
    let document =
        format!("---\n{HEAD}detection:\n    s:\n      a|windash:\n{}    condition: s\n", line.repeat(10));
    assert!(said(&foreign(&document.repeat(50))).contains("bytes of values"));
    let long =
        format!("{HEAD}detection:\n    s:\n      a|windash: '--{}'\n    condition: s\n", "x".repeat(100_000));
    assert!(said(&foreign(&long)).contains("or 1048576 bytes, of one with 2 dashes"));
}

#[test]
fn global_documents_do_not_multiply_without_bound() {
    let big = "x, ".repeat(10_000);
    let small = "---\nlogsource: {product: webex}\ndetection: {s: {user: x}, condition: s}\n";
    let text = format!("action: global\ntitle: t\ncustom_attributes: [{big}]\n{}", small.repeat(200));
    assert!(said(&foreign(&text)).contains("global documents copy more than"));
}

#[test]
fn long_chains_and_names_are_bounded() {
    let chain = format!("{HEAD}detection:\n    s:\n        a{}: x\n    condition: s\n", "|base64".repeat(30));
    assert!(said(&foreign(&chain)).contains("more than 16 modifiers"));
    let name = "x".repeat(100_000);
    let long = format!(
        "{HEAD}level: {name}\n? {name}\n: x\ndetection:\n    s: {{user: x}}\n    condition: {name}\n"
    );
    let parsed = read(&long);
    assert!(parsed.documents.is_empty());
    assert!(said(&parsed).len() < 10_000, "{}", said(&parsed).len());
}

#[test]
fn what_is_said_of_a_file_is_bounded() {
    let bad = "title: x\nlevel: y\n---\n".repeat(500);
    assert_eq!(read(&bad).diagnostics.len(), MAX_DIAGNOSTICS);
}

/// Any YAML value in flow style.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("5".to_owned()),
        Just("-0.5".to_owned()),
        Just("''".to_owned()),
        Just("'*'".to_owned()),
        Just("sel".to_owned()),
        Just("5m".to_owned()),
        Just("high".to_owned()),
        Just("any".to_owned()),
        Just("event_count".to_owned()),
        Just("'%x%'".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let key = proptest::sample::select(vec![
            "a",
            "'|all'",
            "'a|contains'",
            "'a|re'",
            "'a|exists'",
            "'a|windash|base64offset|contains'",
            "condition",
            "type",
            "rules",
            "gte",
            "field",
            "new_value",
            "rate",
            "name",
            "events",
            "fields",
            "expect",
            "kind",
        ]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|v| format!("[{}]", v.join(", "))),
            proptest::collection::btree_map(key, inner, 0..3).prop_map(|m| {
                format!(
                    "{{{}}}",
                    m.into_iter().map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>().join(", ")
                )
            }),
        ]
    })
}

proptest! {
    #[test]
    fn wrong_types_everywhere_are_told_and_never_panic(
        key in proptest::sample::select(vec![
            "title", "id", "name", "status", "level", "related", "tags", "date", "logsource", "fields", "detection",
            "correlation", "filter", "generate", "action", "ringfence",
        ]),
        inner in proptest::sample::select(vec![
            "type", "rules", "group-by", "timespan", "condition", "aliases", "sel", "when", "window", "lateness", "zone",
            "subject", "severity", "shadow", "baseline", "response", "tests", "product",
        ]),
        value in value(),
        nested: bool,
    ) {
        let line = if nested { format!("{key}: {{{inner}: {value}}}") } else { format!("{key}: {value}") };
        let base = match key {
            "correlation" | "filter" | "detection" => HEAD.to_owned(),
            _ => format!("{HEAD}detection: {{sel: {{user: x}}, condition: sel}}\n"),
        };
        let base: String = base.lines().filter(|l| !l.starts_with(&format!("{key}:"))).map(|l| format!("{l}\n")).collect();
        let text = format!("{base}{line}\n");
        for parsed in [read(&text), foreign(&text)] {
            let refused = parsed.diagnostics.iter().any(crate::Diagnostic::is_error);
            prop_assert!(refused == parsed.documents.is_empty() || key == "action", "{}\n{}", text, said(&parsed));
            for diagnostic in &parsed.diagnostics {
                prop_assert!(diagnostic.span.line >= 1 && diagnostic.span.line <= 4, "{:?}", diagnostic);
                prop_assert!(!diagnostic.message.is_empty(), "{:?}", diagnostic);
                prop_assert!(!diagnostic.help.is_empty(), "{:?}", diagnostic);
            }
        }
    }

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for strictness in [super::Strictness::Ours, super::Strictness::Foreign] {
            super::parse("a.yml", &bytes, &super::ParseOptions { strictness });
        }
    }
}
