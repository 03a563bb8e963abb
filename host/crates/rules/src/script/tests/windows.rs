//! Window functions over entries.

use model::{FieldId, Millis, RecordId};
use proptest::prelude::*;

use super::{call, compiled, world};
use crate::record::Field;
use crate::script::ErrorKind;
use crate::window::{Datum, Entry, Predicate};

fn entry(id: u128, minute: i64, number: u64, seconds: i64) -> Entry {
    let columns = Box::new([Datum::Phone(number), Datum::Int(seconds)]);
    Entry { time: super::at(9, 0) + minute * 60_000, id: RecordId(id), leaf: 0, report: 0, columns }
}

const COLUMNS: [Field; 2] = [Field::Table(FieldId::called_number), Field::Table(FieldId::duration)];

fn number(n: u64) -> u64 {
    model::Number::from_e164(5_355_500_000 + n).unwrap().0
}

#[test]
fn windows_reach_back_and_include_the_record() {
    let world = world();
    let entries = [
        entry(1, 0, number(1), 60),
        entry(2, 30, number(1), 60),
        entry(3, 60, number(2), 60),
        entry(4, 61, number(3), 60),
    ];
    let at = |source: &str| {
        let when = compiled(source);
        assert!(when.uses_window());
        let predicate = when.predicate(&COLUMNS, &world);
        let held: Vec<bool> = (0..entries.len()).map(|at| predicate.holds(&entries, at).unwrap()).collect();
        held
    };
    assert_eq!(at("count(\"1h\") == 3"), [false, false, true, true]);
    assert_eq!(at("count(\"59m\") >= 2"), [false, true, true, true]);
    assert_eq!(at("distinct(\"called_number\", \"1h\") >= 2"), [false, false, true, true]);
    assert_eq!(at("distinct(\"called_number\", \"1h\") == 3"), [false, false, false, true]);
    assert_eq!(at("sum(\"duration\", \"24h\") > 120"), [false, false, true, true]);
    assert_eq!(at("seconds_since_first(\"1h\") >= 3600"), [false, false, true, false]);
    assert_eq!(
        at("minutes == 1 && called_number == \"+5355500003\" && count(\"1d\") == 4"),
        [false, false, false, true]
    );
    assert_eq!(at("count(\"1s\") > 1 || count(\"1h\") == 3"), [false, false, true, true]);
}

#[test]
fn an_entry_carries_what_the_script_reads() {
    let when = compiled(
        "count(\"1h\") > 0 && local_hour == 10 && business_hours && location == \"Madrid\" && answered \
         && country(called_number) == \"CU\" && present(\"duration\") && absent(\"elin\") && start_time < report_time",
    );
    let columns = when.columns();
    assert!(!columns.contains(&Field::Table(FieldId::start_time)), "{columns:?}");
    assert!(columns.iter().all(|c| matches!(c, Field::Table(_))));
    let world = world();
    let madrid = world.names.find("Madrid").unwrap();
    let values = columns.iter().map(|column| match column {
        Field::Table(FieldId::local_offset) => Datum::Int(60),
        Field::Table(FieldId::location) => Datum::Name(madrid.0),
        Field::Table(FieldId::answered) => Datum::Bool(true),
        Field::Table(FieldId::called_number) => Datum::Phone(number(1)),
        Field::Table(FieldId::duration) => Datum::Int(5),
        _ => Datum::Absent,
    });
    let time: Millis = super::at(9, 30);
    let entry = Entry { time, id: RecordId(1), leaf: 0, report: time + 5, columns: values.collect() };
    assert_eq!(when.predicate(&columns, &world).holds(&[entry], 0), Ok(true));
}

#[test]
fn without_entries_window_functions_say_so() {
    let world = world();
    let error = compiled("count(\"1h\") > 3").holds(&call(&world), &world).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Type);
    assert!(error.message.contains("count counts records of the rule's own group"), "{error}");
    // Also after they were there.
    let when = compiled("count(\"1h\") > 0");
    assert_eq!(when.predicate(&COLUMNS, &world).holds(&[entry(1, 0, 1, 1)], 0), Ok(true));
    assert!(when.holds(&call(&world), &world).is_err());
}

#[test]
fn a_failing_script_names_the_record_and_not_its_text() {
    let world = world();
    let when = compiled("count(\"1h\") > 0 && { throw `x${called_number}` }");
    let error = when.predicate(&COLUMNS, &world).holds(&[entry(9, 0, number(1), 1)], 0).unwrap_err();
    assert_eq!(error.record, RecordId(9));
    assert!(!error.message.contains("+53"), "{error}");
}

#[test]
fn a_function_of_the_library_may_count() {
    let scripts = super::scripts(&[("calls", "fn burst() { count(\"1h\") >= 2 } fn other() { 1 }")]);
    let when = |source| scripts.when("a.yml", source, super::BEGIN, &crate::sigma::ZoneBy::Location).unwrap();
    assert!(when("calls::burst()").uses_window() && !when("calls::other() == 1").uses_window());
    let (world, when) = (world(), when("calls::burst()"));
    let entries = [entry(1, 0, number(1), 1), entry(2, 1, number(1), 1)];
    let predicate = when.predicate(&COLUMNS, &world);
    assert_eq!([0, 1].map(|at| predicate.holds(&entries, at)), [Ok(false), Ok(true)]);
}

proptest! {
    /// Carried from entry to entry or asked for in any order, the answers are those of looking at all entries.
    #[test]
    fn answers_are_those_of_counting(
        minutes in proptest::collection::vec((0i64..200, 0u64..5, -3i64..100, any::<bool>()), 1..40),
        asked in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut entries: Vec<Entry> = minutes
            .iter()
            .enumerate()
            .map(|(id, (minute, n, seconds, is_real))| {
                let mut entry = entry(id as u128, *minute, number(*n), *seconds);
                if *is_real {
                    entry.columns[1] = Datum::Float((*seconds as f64 / 8.0).to_bits());
                }
                entry
            })
            .collect();
        entries.sort_by_key(|e| (e.time, e.id));
        let world = world();
        let order: Vec<usize> = (0..entries.len()).chain(asked.iter().map(|i| i.index(entries.len()))).collect();
        let scripts = super::scripts(&[]);
        let when = |source: &str| scripts.when("a.yml", source, super::BEGIN, &crate::sigma::ZoneBy::Utc).unwrap();
        let whens: Vec<_> =
            (0..6).map(|n| when(&format!("distinct(\"called_number\", \"45m\") == {n}"))).collect();
        let predicates: Vec<_> = whens.iter().map(|w| w.predicate(&COLUMNS, &world)).collect();
        let sum = when("sum(\"duration\", \"30m\") > 100");
        let sum = sum.predicate(&COLUMNS, &world);
        let count = when("count(\"1h\") >= 5");
        let count = count.predicate(&COLUMNS, &world);
        for at in order {
            let within = |minutes: i64| {
                let from = entries[at].time - minutes * 60_000;
                entries[..=at].iter().filter(move |e| e.time >= from)
            };
            let mut numbers: Vec<&Datum> = within(45).map(|e| &e.columns[0]).collect();
            numbers.sort();
            numbers.dedup();
            for (n, predicate) in predicates.iter().enumerate() {
                prop_assert_eq!(predicate.holds(&entries, at), Ok(numbers.len() == n));
            }
            let total: f64 = within(30).filter_map(|e| e.columns[1].number()).sum();
            prop_assert_eq!(sum.holds(&entries, at), Ok(total > 100.0));
            prop_assert_eq!(count.holds(&entries, at), Ok(within(60).count() >= 5));
        }
    }
}
