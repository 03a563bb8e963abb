use std::sync::Arc;

use model::{Event, EventKind, FieldId, NameTable};

use super::*;
use crate::set::{File, LoadOptions, load};

fn world() -> World {
    World { names: Arc::new(NameTable::default()), places: Arc::new(()) }
}

fn set(text: &str) -> Arc<RuleSet> {
    let file = File { name: "f.yml".to_owned(), text: text.as_bytes().into() };
    let loaded = load(&[file], &[], &LoadOptions::default());
    assert!(loaded.diagnostics.iter().all(|d| !d.is_error()), "{:?}", loaded.diagnostics);
    loaded.set
}

const MINUTE: Millis = 60_000;
const START: Millis = 1_772_442_000_000;

fn call(world: &World, id: u128, user: &str, minute: i64, seconds: u32) -> Event {
    let mut event = Event::default();
    event.kind = EventKind::Call;
    event.id = RecordId(id);
    let start = START + minute * MINUTE;
    event.set_millis(FieldId::start_time, start);
    event.set_millis(FieldId::report_time, start);
    event.set_u32(FieldId::duration, seconds);
    event.set_name(FieldId::user, world.names.intern(user).unwrap());
    event
}

const LONG: &str = "
title: Long calls
name: long
logsource: {product: webex, service: calling, category: call}
detection:
    selection:
        duration|gte: 60
    condition: selection
";

const MANY: &str = "
title: Many
name: many
correlation:
    type: event_count
    rules: [long]
    group-by: [user]
    timespan: 10m
    condition: {gte: 3}
---";

#[test]
fn windows_say_how_near_they_came_by_group() {
    let (world, set) = (world(), set(&format!("{MANY}{LONG}")));
    let plan = set.plans().iter().find(|p| p.name == "many").unwrap();
    assert_eq!(bounds(plan).unwrap(), "at least 3 records within 10m");
    let mut calls: Vec<Event> = (0..2).map(|n| call(&world, n, "u1", n as i64, 90)).collect();
    calls.extend((10..14).map(|n| call(&world, n, "u2", n as i64 * 2, 90)));
    calls.push(call(&world, 20, "u1", 2, 10));
    let windows = windows(&set, plan, &calls, &world);
    let told: Vec<_> = windows.iter().map(|w| (w.group[0].1.as_str(), w.value, w.fires)).collect();
    assert_eq!(told, [("u2", 4.0, true), ("u1", 2.0, false)]);
    let says = record(&set, plan, &calls[6], &world);
    assert_eq!((says[0].rule.as_str(), says[0].holds()), ("long", false));
    assert_eq!(says[0].group, [("user", "u1".to_owned())]);
}

#[test]
fn scripts_say_what_they_read_and_gave() {
    let world = world();
    let set = set(&format!("{LONG}ringfence:\n    when: 'duration > 100'\n"));
    let says = |seconds| record(&set, &set.plans()[0], &call(&world, 1, "u1", 0, seconds), &world).remove(0);
    assert_eq!((says(90).when, says(90).holds()), (Some(Ok(false)), false));
    assert_eq!((says(101).when, says(101).holds()), (Some(Ok(true)), true));
    assert!(says(90).read.contains(&("duration", Some("90".to_owned()))), "{:?}", says(90).read);
}

#[test]
fn what_is_usual_is_told_from_what_is_too_little() {
    let world = world();
    let set = set(&format!(
        "{LONG}ringfence:\n    subject: user\n    baseline: {{new_value: [called_country], days: 30, after_days: 7}}\n"
    ));
    let windows = windows(&set, &set.plans()[0], &[call(&world, 1, "u1", 0, 90)], &world);
    assert_eq!((windows.len(), windows[0].fires, windows[0].usual), (1, false, true));
}

#[test]
fn scripts_with_window_counts_are_answered_record_by_record() {
    let world = world();
    let set = set(&format!("{LONG}ringfence:\n    when: 'count(\"1h\") >= 2'\n"));
    let calls: Vec<Event> = (0..3).map(|n| call(&world, n, "u1", n as i64, 90)).collect();
    let answers: Vec<_> =
        predicate(&set, &set.plans()[0], &calls, &world).into_iter().map(|(_, a)| a).collect();
    assert_eq!(answers, [Ok(false), Ok(true), Ok(true)]);
}
