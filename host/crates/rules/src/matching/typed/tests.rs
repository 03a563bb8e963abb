use std::net::Ipv4Addr;

use crate::Diagnostic;
use crate::matching::testing::{item, like, pattern, simple};
use crate::matching::{Placeholders, compile};
use crate::sigma::{Flags, Item, Matcher, Network, Relation, TimePart};

/// What the compiler says of a line: errors, or else warnings.
fn said(item: Item) -> Vec<Diagnostic> {
    match compile(&simple(vec![item]), &[], &Placeholders::default()) {
        Ok(program) => program.warnings().to_vec(),
        Err(wrong) => wrong,
    }
}

fn error(field: &str, matcher: Matcher) -> Diagnostic {
    let said = said(item(field, vec![matcher]));
    assert!(said.len() == 1 && said[0].is_error(), "{said:?}");
    said[0].clone()
}

fn warning(field: &str, matcher: Matcher) -> Diagnostic {
    let said = said(item(field, vec![matcher]));
    assert!(said.len() == 1 && !said[0].is_error(), "{said:?}");
    said[0].clone()
}

fn fine(field: &str, matcher: Matcher) {
    assert_eq!(said(item(field, vec![matcher])), []);
}

fn more(value: f64) -> Matcher {
    Matcher::Compare { relation: Relation::Gt, value }
}

fn regex() -> Matcher {
    Matcher::Regex { source: "1".to_owned(), flags: Flags::default() }
}

fn cidr() -> Matcher {
    Matcher::Cidr(Network { address: Ipv4Addr::new(10, 0, 0, 0).into(), prefix: 8 })
}

#[test]
fn an_unknown_field_names_what_was_meant_and_where() {
    let said = error("CaledNumber", like("x"));
    assert!(said.message.contains("'CaledNumber'") && said.help.contains("'called_number'"), "{said:?}");
    assert_eq!((said.file.as_str(), said.span.line), ("test.yml", 7));
    let other = Matcher::FieldRef { field: "calling_numbr".to_owned(), open: (false, false), cased: false };
    assert!(error("called_number", other).help.contains("'calling_number'"));
}

#[test]
fn every_type_says_what_it_cannot_answer() {
    assert!(error("duration", cidr()).message.contains("a number and cannot be compared with the network"));
    assert!(error("duration", like("36*")).help.contains("|gte"));
    assert!(error("duration", regex()).message.contains("regular expression"));
    assert!(error("answered", Matcher::Number(1.0)).help.contains("answered: true"));
    assert!(error("answered", like("Yes")).message.contains("true or false"));
    assert!(error("start_time", like("2026-*")).help.contains("|hour"));
    assert!(error("called_number", more(5.0)).help.contains("|startswith"));
    assert!(error("direction", more(5.0)).message.contains("no order"));
    assert!(error("called_number", cidr()).help.contains("actor_ip"));
    let other = Matcher::FieldRef { field: "duration".to_owned(), open: (false, false), cased: false };
    assert!(error("user_name", other).message.contains("different types"));
    let hour = said(Item { part: Some(TimePart::Hour), ..item("duration", vec![Matcher::Number(3.0)]) });
    assert!(hour[0].is_error() && hour[0].help.contains("start_time"), "{hour:?}");
}

#[test]
fn a_value_that_never_occurs_is_doubtful() {
    assert!(warning("direction", like("Outgoing")).help.contains("'ORIGINATING' and 'TERMINATING'"));
    assert!(warning("called_class", like("premum")).help.contains("'premium'"));
    assert!(warning("called_country", like("Spain")).help.contains("ISO 3166"));
    assert!(warning("call_type", like("SIP_PREMUM")).help.contains("'SIP_PREMIUM'"));
    assert!(warning("called_number", like("+34 911 23")).help.contains("'+3491123'"));
    assert!(warning("local_hour", Matcher::Number(24.0)).help.contains("between 0 and 23"));
    assert!(warning("start_time", more(1_764_000_000.0)).message.contains("milliseconds"));
    let hour = said(Item { part: Some(TimePart::Hour), ..item("start_time", vec![Matcher::Number(24.0)]) });
    assert!(!hour[0].is_error() && hour[0].message.contains("never 24"), "{hour:?}");
}

#[test]
fn what_can_be_is_not_doubted() {
    fine("direction", like("orig*"));
    fine("called_class", like("Premium"));
    fine("call_type", like("SOMETHING_WEBEX_MADE_NEW"));
    fine("called_country", like("es"));
    fine("called_number", like("+53*"));
    fine("called_number", Matcher::Number(34_911_234_567.0));
    fine("duration", like("60"));
    fine("duration", more(0.0));
    fine("actor_ip", cidr());
    fine("client_version", more(44.0));
    fine("calling_line_id", regex());
    fine("holiday", Matcher::Bool(true));
    fine("local_weekday", like("sun"));
    fine("Answer indicator", Matcher::Text { pattern: pattern("Yes"), cased: true });
    fine("answer_time", Matcher::Null);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let rule = simple(vec![item("durations", vec![like("x")]), item("duration", vec![like("x")])]);
    let wrong = compile(&rule, &[], &Placeholders::default()).unwrap_err();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}
