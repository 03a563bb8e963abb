//! Correlations and filters.

use super::{foreign, read, said};
use crate::sigma::{
    Bound, Comparison, Condition, Correlation, CorrelationKind, Document, Filter, FilterRules,
};

/// A correlation of the given lines.
fn with(lines: &str) -> String {
    let indented: String = lines.lines().map(|l| format!("    {l}\n")).collect();
    format!("title: t\ncorrelation:\n{indented}")
}

fn correlation(lines: &str) -> Correlation {
    let parsed = read(&with(lines));
    assert_eq!(said(&parsed), "", "{lines}");
    match <[Document; 1]>::try_from(parsed.documents) {
        Ok([Document::Correlation(correlation)]) => *correlation,
        other => panic!("{other:?}"),
    }
}

const COUNT: &str = "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 5m\n";

#[test]
fn every_type_is_read() {
    let count = correlation(&format!("{COUNT}condition: {{gte: 10}}"));
    assert_eq!((count.kind, count.timespan, count.generate), (CorrelationKind::EventCount, 300_000, false));
    assert_eq!(count.test.bounds, [Bound { comparison: Comparison::Gte, value: 10.0 }]);
    assert_eq!(count.group_by[0].0, "user");

    let values = correlation(
        "type: value_count\nrules: a\ngroup-by: user\ntimespan: 1d\ncondition: {field: [x, y], gt: 1, lte: 9}",
    );
    assert_eq!(
        (values.kind, values.test.fields.len(), values.test.bounds.len()),
        (CorrelationKind::ValueCount, 2, 2)
    );

    let temporal = correlation("type: temporal_ordered\nrules: [a, b]\ngroup-by: [user]\ntimespan: 90s");
    assert_eq!(temporal.kind, CorrelationKind::TemporalOrdered);
    assert_eq!((temporal.test.bounds.len(), temporal.test.percentile), (0, 50.0));

    let sum = correlation("type: value_sum\nrules: [a]\ntimespan: 1w\ncondition: {field: duration, gt: 0.5}");
    assert_eq!((sum.timespan, sum.test.bounds[0].value), (604_800_000, 0.5));
    assert!(sum.group_by.is_empty());

    let percentile = correlation(
        "type: value_percentile\nrules: [a]\ntimespan: 1h\ncondition: {field: duration, percentile: 95, gt: 600}",
    );
    assert_eq!(percentile.test.percentile, 95.0);
    assert_eq!(
        correlation("type: value_avg\nrules: [a]\ntimespan: 1h\ncondition: {field: d, neq: 1}").kind,
        CorrelationKind::ValueAvg
    );
    assert_eq!(
        correlation("type: temporal\nrules: [a, b, c]\ntimespan: 1h\ncondition: {gte: 2}").test.bounds.len(),
        1
    );
}

#[test]
fn a_temporal_condition_may_be_an_expression_over_the_rules() {
    let temporal =
        correlation("type: temporal\nrules: [a-1, b, c]\ntimespan: 1h\ncondition: a-1 and (b or c)");
    let search = |name: &str| Condition::Search(name.to_owned());
    let wanted = Condition::And(vec![search("a-1"), Condition::Or(vec![search("b"), search("c")])]);
    assert_eq!(temporal.test.expression, Some(wanted));
    let unknown = said(&read(&with("type: temporal\nrules: [aa, b]\ntimespan: 1h\ncondition: ab and b")));
    assert!(unknown.contains("there is no rule of the correlation 'ab'; did you mean 'aa'?"), "{unknown}");
}

#[test]
fn aliases_name_fields_by_rule() {
    let lines = "type: temporal\nrules: [a, b]\ngroup-by: [ip]\ntimespan: 10s\naliases:\n    ip:\n        a: src\n        b: dst";
    let correlation = correlation(lines);
    assert_eq!(correlation.aliases[0].name, "ip");
    let fields: Vec<(&str, &str)> =
        correlation.aliases[0].fields.iter().map(|(r, f)| (r.name.as_str(), f.as_str())).collect();
    assert_eq!(fields, [("a", "src"), ("b", "dst")]);
    let said = said(&read(&with(&lines.replace("a: src", "aa: src").replace("[ip]", "[user]"))));
    assert!(said.contains("'aa' is not among the rules of the correlation"), "{said}");
    assert!(said.contains("alias 'ip' is not used in 'group-by'"), "{said}");
}

#[test]
fn generate_stands_beside_or_within() {
    let beside = read(&format!("{}generate: true\n", with(&format!("{COUNT}condition: {{gte: 1}}"))));
    assert!(matches!(&beside.documents[..], [Document::Correlation(c)] if c.generate));
    assert!(correlation(&format!("{COUNT}condition: {{gte: 1}}\ngenerate: true")).generate);
}

#[test]
fn wrong_correlations_are_refused() {
    for (lines, part) in [
        ("type: event_cuont\nrules: [a]\ntimespan: 1h\ncondition: {gte: 1}", "did you mean 'event_count'?"),
        ("rules: [a]\ntimespan: 1h\ncondition: {gte: 1}", "a correlation without 'type'"),
        ("type: event_count\ntimespan: 1h\ncondition: {gte: 1}", "a correlation without rules"),
        ("type: event_count\nrules: []\ntimespan: 1h\ncondition: {gte: 1}", "a correlation without rules"),
        (
            "type: event_count\nrules: {a: b}\ntimespan: 1h\ncondition: {gte: 1}",
            "must be a list of ids and names",
        ),
        ("type: event_count\nrules: [a, a]\ntimespan: 1h\ncondition: {gte: 1}", "rule 'a' twice"),
        ("type: event_count\nrules: [a]\ncondition: {gte: 1}", "without 'timespan'"),
        ("type: event_count\nrules: [a]\ntimeframe: 1h\ncondition: {gte: 1}", "write 'timespan'"),
        ("type: event_count\nrules: [a]\ntimespan: 1h", "without 'condition'"),
        ("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: a", "must be a map for this type"),
        ("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: [1]", "must be a map, not a list"),
        ("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {}", "compares with nothing"),
        ("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gtee: 1}", "did you mean 'gte'?"),
        (
            "type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gte: 1.5}",
            "a whole number from 0, not 1.5",
        ),
        ("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gte: '1'}", "a whole number from 0"),
        ("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gte: -1}", "a whole number from 0"),
        ("type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gt: 5, lt: 2}", "no number fits"),
        (
            "type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gte: 1, field: x}",
            "'field' is for the types",
        ),
        ("type: value_count\nrules: [a]\ntimespan: 1h\ncondition: {gte: 1}", "needs a 'field'"),
        ("type: value_sum\nrules: [a]\ntimespan: 1h\ncondition: {gte: 1, field: [x, y]}", "several fields"),
        (
            "type: value_sum\nrules: [a]\ntimespan: 1h\ncondition: {gte: 1, field: x, percentile: 5}",
            "for value_percentile only",
        ),
        (
            "type: value_percentile\nrules: [a]\ntimespan: 1h\ncondition: {gte: 1, field: x, percentile: 101}",
            "from 0 to 100",
        ),
        ("type: temporal\nrules: [a, b]\ntimespan: 1h\ncondition: {gte: 3}", "than there are rules"),
        (
            "type: event_count\nrules: [a]\ngroupby: [x]\ntimespan: 1h\ncondition: {gte: 1}",
            "did you mean 'group-by'?",
        ),
        (
            "type: event_count\nrules: [a]\ngroup-by: [{x: y}]\ntimespan: 1h\ncondition: {gte: 1}",
            "here stands a map",
        ),
        (
            "type: event_count\nrules: [a]\ntimespan: 1h\ncondition: {gte: 1}\naliases: [x]",
            "'aliases' must be a map",
        ),
    ] {
        let parsed = read(&with(lines));
        assert!(said(&parsed).contains(part), "{lines}: {}", said(&parsed));
        assert!(parsed.documents.is_empty(), "{lines}");
    }
}

#[test]
fn timespans_are_a_number_and_a_letter() {
    for (text, ours, others) in [
        ("45s", Some(45_000), Some(45_000)),
        ("15m", Some(900_000), Some(900_000)),
        ("2h", Some(7_200_000), Some(7_200_000)),
        ("7d", Some(604_800_000), Some(604_800_000)),
        ("366d", Some(31_622_400_000), Some(31_622_400_000)),
        ("367d", None, Some(31_708_800_000)),
        ("1M", None, Some(2_629_746_000)),
        ("1y", None, Some(31_556_952_000)),
        ("1h30m", None, None),
        ("1H", None, None),
        ("h", None, None),
        ("10", None, None),
        ("0m", None, None),
        ("-5m", None, None),
        ("1.5h", None, None),
        ("99999999999999999999d", None, None),
    ] {
        let text = with(&COUNT.replace("5m", text).replace("group-by: [user]\n", "condition: {gte: 1}\n"));
        let timespan = |parsed: super::Parsed| match parsed.documents.first() {
            Some(Document::Correlation(c)) => Some(c.timespan),
            _ => None,
        };
        assert_eq!(timespan(read(&text)), ours, "{text}");
        assert_eq!(timespan(foreign(&text)), others, "{text}");
    }
}

fn filter(lines: &str) -> Result<Filter, String> {
    let indented: String = lines.lines().map(|l| format!("    {l}\n")).collect();
    let parsed = read(&format!("title: t\nlogsource: {{product: webex}}\nfilter:\n{indented}"));
    let said = said(&parsed);
    match <[Document; 1]>::try_from(parsed.documents) {
        Ok([Document::Filter(filter)]) if said.is_empty() => Ok(*filter),
        _ => Err(said),
    }
}

#[test]
fn filters_are_for_any_rule_or_named_ones() {
    let any = filter("rules: any\nselection: {user: x}\ncondition: not selection").unwrap();
    assert_eq!(any.rules, FilterRules::Any);
    assert_eq!(any.condition, Condition::Not(Box::new(Condition::Search("selection".to_owned()))));
    assert_eq!(any.searches.len(), 1);
    let named =
        filter("rules: [a, 6f3e2987-db24-4c78-a860-b4f4095a7095]\nmine: {user: x}\ncondition: mine").unwrap();
    assert!(matches!(named.rules, FilterRules::Named(rules) if rules.len() == 2));

    assert!(
        filter("selection: {user: x}\ncondition: selection")
            .unwrap_err()
            .contains("no 'rules' in the filter")
    );
    assert!(
        filter("rules: []\nselection: {user: x}\ncondition: selection").unwrap_err().contains("for no rule")
    );
    assert!(
        filter("rules: any\ncondition: selection").unwrap_err().contains("no search identifier in 'filter'")
    );
    assert!(filter("rules: any\nselection: {user: x}").unwrap_err().contains("no 'condition' in 'filter'"));
}
