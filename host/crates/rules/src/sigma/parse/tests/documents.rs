//! Documents: kinds, metadata, log sources, the actions of the first Sigma.

use model::Severity;

use super::{HEAD, foreign, only, read, rule, said};
use crate::sigma::{Document, Status};

const DETECTION: &str = "detection: {sel: {user: x}, condition: sel}\n";

#[test]
fn what_a_rule_says_about_itself() {
    let text = format!(
        "title: A title\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nname: a_name\nstatus: experimental\nlevel: high\n\
         description: |\n    two\n    lines\nauthor: [a, b]\nreferences: [x]\ntags: [attack.t1496, cve.2026-1]\n\
         falsepositives: none known\nfields: [user]\ndate: 2026-11-23\nmodified: '2026-11-24'\n\
         related: [{{id: x, type: similar}}]\nlogsource: {{product: Webex, category: call}}\n{DETECTION}"
    );
    let meta = rule(&text).meta;
    assert_eq!((meta.title.as_str(), meta.name.as_deref()), ("A title", Some("a_name")));
    assert_eq!((meta.status, meta.level), (Some(Status::Experimental), Some(Severity::High)));
    assert_eq!((meta.description.as_str(), meta.author.as_str()), ("two\nlines\n", "a, b"));
    assert_eq!((meta.date.as_str(), meta.modified.as_str()), ("2026-11-23", "2026-11-24"));
    assert_eq!((meta.tags.len(), meta.falsepositives.len(), meta.file.as_str()), (2, 1, "a.yml"));
}

#[test]
fn slips_are_told_with_the_nearest_name_and_all_at_once() {
    let text = format!(
        "titel: x\nstatus: stabel\nlevel: hihg\ndate: 2026/11/23\nid: 12\nname: a b\ntags: [Attack]\nrelated: [{{id: x, type: simlar}}]\n\
         comment: x\nlogsource: {{product: webex, sevice: calling}}\n{DETECTION}"
    );
    let said = said(&read(&text));
    for part in [
        "error 1:1+5 unknown key 'titel'; did you mean 'title'?",
        "error 1:1+1 no title",
        "error 2:9+6 unknown status 'stabel'; did you mean 'stable'?",
        "error 3:8+4 unknown level 'hihg'; did you mean 'high'?",
        "error 4:7+10 'date' is not a date",
        "warning 5:5+2 'id' is not a UUID",
        "error 6:7+3 'name' is not a plain name",
        "warning 7:8+6 tag 'Attack'",
        "did you mean 'similar'?",
        "warning 9:1+7 key 'comment' is not one of Sigma's",
        "error 10:29+6 unknown key 'sevice' in 'logsource'; did you mean 'service'?",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // In somebody else's file all of it is tolerated.
    let other = foreign(&text);
    assert_eq!(super::said(&other), "");
    assert_eq!(only(other).meta.status, None);
}

#[test]
fn metadata_of_the_wrong_type() {
    for key in ["title", "id", "name", "status", "level", "description", "date", "modified", "taxonomy"] {
        let title = if key == "title" { "" } else { "title: t\n" };
        let text = format!("{title}logsource: {{product: webex}}\n{key}: [x, {{y: z}}]\n{DETECTION}");
        let parsed = read(&text);
        assert!(said(&parsed).contains("must be text, not a list"), "{key}: {}", said(&parsed));
        assert!(parsed.documents.is_empty());
        assert_eq!(foreign(&text).documents.len(), 1, "{key}");
    }
    for key in ["references", "tags", "fields", "falsepositives", "author"] {
        let text = format!("{HEAD}{key}: {{x: y}}\n{DETECTION}");
        assert!(said(&read(&text)).contains("must be a list of texts, not a map"), "{key}");
        assert_eq!(foreign(&text).documents.len(), 1, "{key}");
    }
}

#[test]
fn a_document_is_one_of_three_kinds() {
    for (text, part) in [
        ("title: x\n", "neither 'detection', 'correlation' nor 'filter'"),
        ("title: x\ndetectoin: {}\n", "did you mean 'detection'?"),
        ("just text\n", "a document must be a map"),
        ("- a\n- b\n", "not a list"),
        ("title: x\ndetection: {}\nfilter: {}\n", "'detection' and 'filter' in one document"),
        ("title: x\nlogsource: {product: webex}\ndetection: x\n", "'detection' must be a map, not text"),
        ("title: x\nlogsource: {product: webex}\ndetection: {condition: a}\n", "no search identifier"),
        ("title: x\nlogsource: {product: webex}\ndetection: {a: {b: c}}\n", "add 'condition: a'"),
        ("title: x\nlogsource: {product: webex}\ndetection: {a: {}, condition: a}\n", "without content"),
        ("title: x\nlogsource: {product: webex}\ndetection: {a: [], condition: a}\n", "without content"),
        ("title: x\nlogsource: {product: webex}\ndetection: {a:, condition: a}\n", "without content"),
        ("title: x\ncorrelation: 5\n", "'correlation' must be a map, not a number"),
        ("title: x\nlogsource: [x]\ndetection: {a: {b: c}, condition: a}\n", "'logsource' must be a map"),
        (
            "title: x\nlogsource: {product: webex}\ndetection: {a: {b: c}, timeframe: 5m, condition: a}\n",
            "'timeframe' belongs",
        ),
    ] {
        let parsed = read(text);
        assert!(said(&parsed).contains(part), "{text}: {}", said(&parsed));
        assert!(parsed.documents.is_empty(), "{text}");
    }
}

#[test]
fn a_bad_document_does_not_take_its_neighbours_along() {
    let good = format!("{HEAD}{DETECTION}");
    let parsed = read(&format!("{good}---\ntitle: bad\n---\n{good}---\nx: [\n---\n{good}"));
    assert_eq!(parsed.documents.len(), 3);
    assert_eq!(parsed.diagnostics.len(), 2);
}

#[test]
fn rules_for_other_products_are_read_as_theirs_but_told() {
    let with = |source: &str| read(&format!("title: t\nid: x\nlogsource: {{{source}}}\n{DETECTION}"));
    let windows = with("product: windows, category: process_creation");
    assert_eq!(
        said(&windows),
        "warning 3:12+46 the rule is about another product and matches no call; for rules about calls write 'product: webex'\n"
    );
    assert_eq!(windows.documents.len(), 1);
    for (source, part) in [
        ("product: webx", "did you mean 'webex'?"),
        ("category: call", "add 'product: webex'"),
        ("service: calling", "add 'product: webex'"),
        ("product: webex, service: meetings", "no such service"),
        ("product: webex, category: calls", "no such category"),
    ] {
        let parsed = with(source);
        assert!(said(&parsed).contains(part) && parsed.documents.is_empty(), "{source}: {}", said(&parsed));
    }
    assert!(said(&read(&format!("title: t\n{DETECTION}"))).contains("no log source"));
}

#[test]
fn actions_of_the_first_sigma_still_mean_what_they_did() {
    let text = "title: both\naction: global\nlevel: low\ndetection: {condition: sel}\n---\nlogsource: {product: webex}\ndetection: {sel: {user: x}}\n\
                ---\naction: repeat\ntitle: second\ndetection: {sel: {user: y}}\n---\naction: reset\n---\ntitle: alone\n\
                logsource: {product: webex}\ndetection: {sel: {user: z}, condition: sel}\n";
    let parsed = foreign(text);
    assert_eq!(said(&parsed), "");
    let rules: Vec<(String, Option<Severity>, usize)> = parsed
        .documents
        .iter()
        .map(|d| match d {
            Document::Rule(rule) => (rule.meta.title.clone(), rule.meta.level, rule.searches.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    let low = Some(Severity::Low);
    assert_eq!(
        rules,
        [("both".to_owned(), low, 1), ("second".to_owned(), low, 1), ("alone".to_owned(), None, 1)]
    );
    assert!(said(&read(text)).contains("'action' is from the first Sigma"));
    assert!(said(&read("action: globl\ntitle: x\n")).contains("must be global, repeat or reset"));
}
