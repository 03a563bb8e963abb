use proptest::prelude::*;

use super::*;
use crate::matching::compile_open;
use crate::matching::testing::{any_event, any_rule, as_json, item, like, simple, world};
use crate::sigma::{Matcher, Relation};

/// Numbers on telephone fields mean the number in full form as well: the lowered form says so by two texts.
fn as_the_compiler_reads_numbers(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    fn walk(search: &mut crate::sigma::Search) {
        match search {
            crate::sigma::Search::Any(inner) => inner.iter_mut().for_each(walk),
            crate::sigma::Search::All(items) => {
                for item in items
                    .iter_mut()
                    .filter(|i| !i.all && i.field.as_deref().is_some_and(|f| f.ends_with("_number")))
                {
                    let whole = item.matchers.iter().filter_map(|m| match m {
                        Matcher::Number(n) if n.fract() == 0.0 && *n >= 0.0 => Some(like(&format!("+{n}"))),
                        _ => None,
                    });
                    let whole: Vec<Matcher> = whole.collect();
                    item.matchers.extend(whole);
                }
            }
        }
    }
    rule.searches.iter_mut().for_each(|(_, search)| walk(search));
    rule
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slots_and_open_values_agree(
        (rule, events, world) in any_rule().prop_flat_map(|rule| {
            let world = world();
            let names = world.names.clone();
            (Just(rule), proptest::collection::vec(any_event(names), 1..12), Just(world))
        }),
    ) {
        let compiled = compile(&rule, &[], &Placeholders::default());
        prop_assume!(compiled.is_ok());
        let program = compiled.unwrap();
        let derived = crate::Virtual::ALL.map(crate::Virtual::name);
        let named: Vec<Option<&str>> = program.sources.iter().map(|i| i.field.as_deref()).collect();
        let keywords = named.contains(&None);
        let reads_derived = program.items.iter().any(|i| {
            matches!(i.field, Some(Field::Virtual(_))) || i.line.refs.iter().any(|r| matches!(r.field, Field::Virtual(_)))
        });
        prop_assume!(!(keywords && reads_derived));
        let open = compile_open(&as_the_compiler_reads_numbers(&rule), &[], &Placeholders::default()).unwrap();
        let mut memo = Memo::default();
        for event in &events {
            let mut json = as_json(event, rule.ours.zone.as_ref(), &world);
            // Keywords look at the record, and derived fields are not in it.
            if keywords {
                derived.iter().for_each(|name| drop(json.as_object_mut().unwrap().remove(*name)));
            }
            for _ in 0..2 {
                prop_assert_eq!(
                    program.matches(event, &world, &mut memo), open.matches(&json), "{:#?}\n{:#}", rule, json
                );
            }
        }
    }
}

#[test]
fn one_line_per_type_matches() {
    let more = |relation, value| Matcher::Compare { relation, value };
    let rule = simple(vec![
        item("direction", vec![like("originating")]),
        item("called_number", vec![like("+53*")]),
        item("Duration", vec![more(Relation::Gt, 3600.0)]),
    ]);
    let program = compile(&rule, &[], &Placeholders::default()).unwrap();
    assert!(program.fields().contains(FieldId::duration), "fields may be named as Webex does");
    let world = world();
    let mut event = model::Event::default();
    event.set_enum(FieldId::direction, model::Name::known("ORIGINATING"));
    event.set_phone(FieldId::called_number, model::Number::from_e164(5_355_512_345).unwrap());
    event.set_u32(FieldId::duration, 3601);
    let mut memo = Memo::default();
    assert!(program.matches(&event, &world, &mut memo));
    event.set_u32(FieldId::duration, 3600);
    assert!(!program.matches(&event, &world, &mut memo));
}

#[test]
fn kinds_follow_the_log_source_and_what_is_said_of_the_event() {
    let mut rule = simple(vec![item("event", vec![like("sign-in"), like("admin*")])]);
    let kinds = |rule: &Rule| compile(rule, &[], &Placeholders::default()).unwrap().kinds();
    assert_eq!(kinds(&rule), [false, false, true, true]);
    rule.logsource.category = Some("sign_in".to_owned());
    assert_eq!(kinds(&rule), [false, false, false, true]);
    rule.logsource.product = Some("windows".to_owned());
    assert_eq!(kinds(&rule), [false; 4]);
}

#[test]
fn what_is_remembered_of_names_ends_with_their_world() {
    let rule = simple(vec![item(
        "user_name",
        vec![Matcher::Regex { source: "^Ana".to_owned(), flags: crate::sigma::Flags::default() }],
    )]);
    let program = compile(&rule, &[], &Placeholders::default()).unwrap();
    let (first, second) = (world(), world());
    let ana = first.names.intern("Ana Maria").unwrap();
    assert_eq!(
        second.names.intern("Bruno").unwrap(),
        ana,
        "both worlds number their names from the same handle"
    );
    let mut event = model::Event::default();
    event.set_name(FieldId::user_name, ana);
    let mut memo = Memo::default();
    assert!(program.matches(&event, &first, &mut memo));
    assert!(!program.matches(&event, &second, &mut memo));
    assert!(program.matches(&event, &first, &mut memo));
}
