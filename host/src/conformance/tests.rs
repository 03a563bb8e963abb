use model::{EventKind, FieldId, Name};

use super::traffic::shift;
use super::*;

#[test]
fn kept_records_come_back() {
    let traffic = Traffic::make(3).unwrap();
    let some: Vec<Event> = traffic.events.iter().step_by(97).cloned().collect();
    let text = traffic::to_json(&some, &traffic.texts);
    let again = traffic.clone_without_events().with_records(&text).unwrap();
    assert!(some.len() > 20);
    assert_eq!(traffic::to_json(&again.events, &again.texts), text);
    let wrong = traffic.clone_without_events().with_records("{}\n{\"usr\": \"x\"}").unwrap_err();
    assert!(wrong.to_string().contains("line 2") && wrong.to_string().contains("'usr'"), "{wrong}");
}

#[test]
fn the_traffic_has_something_for_everybody_and_is_the_same_for_a_seed() {
    let traffic = Traffic::make(1).unwrap();
    for kind in EventKind::ALL {
        assert!(traffic.events.iter().any(|e| e.kind == kind), "{kind:?}");
    }
    for class in ["premium", "international", "satellite", "mobile"] {
        let calls = traffic.events.iter().filter(|e| e.name(FieldId::called_class) == Name::known(class));
        assert!(calls.count() >= 30, "{class}");
    }
    let mut ids: Vec<_> = traffic.events.iter().map(|e| e.id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|w| w[0] != w[1]), "each record once");
    let text = |t: &Traffic| traffic::to_json(&t.events, &t.texts);
    assert_eq!(text(&traffic), text(&Traffic::make(1).unwrap()));
    assert_ne!(text(&traffic), text(&Traffic::make(2).unwrap()));
}

#[test]
fn the_next_weeks_are_other_records_at_the_same_hours() {
    let traffic = Traffic::make(1).unwrap();
    let mut later = traffic.events.clone();
    shift(&mut later, 1);
    let (first, next) = (&traffic.events[0], &later[0]);
    assert_ne!(first.id, next.id);
    assert_eq!(next.int(FieldId::start_time) - first.int(FieldId::start_time), 14 * 86_400_000);
    assert_eq!(next.int(FieldId::duration), first.int(FieldId::duration));
}
