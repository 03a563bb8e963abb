use super::*;
use crate::matching::testing::{any_event, any_rule, item, like, simple, world};
use crate::matching::{Placeholders, compile};
use crate::sigma::{Condition, Filter, FilterRules, Item, LogSource, Matcher, Metadata, Search};
use model::{Event, FieldId, Name, Number};
use proptest::prelude::*;

fn call() -> Event {
    let mut event = Event::default();
    event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
    event.set_phone(FieldId::called_number, Number::from_e164(5_255_512_345).unwrap());
    event.set_u32(FieldId::duration, 3540);
    event.set_text(FieldId::authorization_code, "9911");
    event
}

fn more(value: f64) -> Matcher {
    Matcher::Compare { relation: Relation::Gte, value }
}

fn lines(explanation: &Explanation) -> Vec<&Explanation> {
    if explanation.parts.is_empty() {
        return vec![explanation];
    }
    explanation.parts.iter().flat_map(lines).collect()
}

#[test]
fn every_line_says_its_words_the_value_and_how_near_it_was() {
    let rule = simple(vec![
        item("direction", vec![like("originating")]),
        item("called_number", vec![like("+371*"), like("+53*")]),
        item("duration", vec![more(3600.0)]),
        item("user_name", vec![like("Ana")]),
        Item { negate: true, ..item("direction", vec![like("ORIGINATING")]) },
    ]);
    let program = compile(&rule, &[], &Placeholders::default()).unwrap();
    let told = program.explain(&call(), &world());
    let told = lines(&told);
    let text = |at: usize| {
        let part = told[at];
        (
            part.held,
            part.what.as_str(),
            part.actual.as_deref().unwrap_or("-"),
            part.near.as_deref().unwrap_or("-"),
        )
    };
    assert_eq!(text(0), (true, "direction: 'originating'", "'ORIGINATING'", "-"));
    assert_eq!(
        text(1),
        (false, "called_number|startswith: ['+371', '+53']", "'+5255512345'", "'+53' wanted, '+52' found")
    );
    assert_eq!(text(2), (false, "duration|gte: 3600", "3540", "3,540 of 3,600, 60 away"));
    assert_eq!(text(3), (false, "user_name: 'Ana'", "-", "the field is absent"));
    assert_eq!(text(4).3, "anything but 'ORIGINATING' wanted");
    assert_eq!(told[2].span.line, 7);
}

#[test]
fn the_filter_that_removes_is_named_and_secrets_are_not_shown() {
    let rule = simple(vec![item("authorization_code", vec![like("99*")])]);
    let filter = Filter {
        meta: Metadata { title: "Known desk".to_owned(), ..Metadata::default() },
        logsource: LogSource::default(),
        rules: FilterRules::Any,
        searches: vec![("desk".to_owned(), Search::All(vec![item("duration", vec![more(60.0)])]))],
        condition: Condition::Not(Box::new(Condition::Search("desk".to_owned()))),
    };
    let program = compile(&rule, &[&filter], &Placeholders::default()).unwrap();
    let told = program.explain(&call(), &world());
    assert!(!told.held);
    assert_eq!(told.removed_by(), Some("Known desk"));
    let all = format!("{told:?}");
    assert!(!all.contains("9911"), "{all}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_explanation_agrees_with_matching(
        (rule, event, world) in any_rule().prop_flat_map(|rule| {
            let world = world();
            (Just(rule), any_event(world.names.clone()), Just(world))
        }),
    ) {
        if let Ok(program) = compile(&rule, &[], &Placeholders::default()) {
            let told = program.explain(&event, &world);
            prop_assert_eq!(told.held, program.matches(&event, &world, &mut Memo::default()));
        }
    }
}
