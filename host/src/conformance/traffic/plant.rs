//! Bursts that the demo does not plant, so that a detector of any kind finds something: calls of every class in a row, and
//! failed sign-ins.
//!
//! Owns their shape. They are ordinary events of the organisation's people at other times, to other numbers.

use model::{Event, EventKind, FieldId, Millis, Name, Number, RecordId};

const MINUTE: Millis = 60_000;
/// Calls and sign-ins of one burst.
const LENGTH: i64 = 12;
/// Bursts of each kind, spread over the traffic.
const BURSTS: usize = 3;

/// Class, country and first number called.
const CALLED: [(&str, &str, u64); 4] = [
    ("premium", "ES", 34_803_123_400),
    ("international", "LV", 37_128_100_000),
    ("satellite", "", 881_612_345_000),
    ("mobile", "ES", 34_612_345_000),
];

/// Puts the bursts among the events, in the order of the log.
pub(super) fn plant(events: &mut Vec<Event>, seed: u64) {
    let outgoing = |e: &&Event| {
        e.kind == EventKind::Call
            && e.name(FieldId::direction) == Name::known("ORIGINATING")
            && e.has(FieldId::user)
            && e.has(FieldId::location)
    };
    let calls: Vec<&Event> = events.iter().filter(outgoing).collect();
    let sign_ins: Vec<&Event> = events.iter().filter(|e| e.kind == EventKind::SignIn).collect();
    let mut planted = Vec::new();
    let bursts = CALLED.len() * BURSTS;
    for burst in 0..bursts {
        // From all over the traffic, another place for another seed.
        let place = |count: usize| (burst * count / bursts + seed as usize % 7).min(count.saturating_sub(1));
        if let Some(model) = calls.get(place(calls.len())) {
            let (class, country, number) = CALLED[burst % CALLED.len()];
            planted.extend((0..LENGTH).map(|n| call(model, burst as u64, n, class, country, number)));
        }
        if let Some(model) = sign_ins.get(place(sign_ins.len())).filter(|_| burst < BURSTS) {
            planted.extend((0..LENGTH).map(|n| {
                let mut event = at(model, burst as u64 + 1_000, n, n * MINUTE / 2);
                event.set_bool(FieldId::success, false);
                event
            }));
        }
    }
    events.extend(planted);
    events.sort_by_key(|event| (event.int(FieldId::report_time), event.id));
}

/// The same event so much later, with an identity of its own.
fn at(model: &Event, burst: u64, n: i64, later: Millis) -> Event {
    let mut event = model.clone();
    event.id =
        RecordId((u128::from(0xb0_57_00 + burst) << 96) | u128::from(n as u64) << 32 | 0x4000_0000_8000_0000);
    for field in [FieldId::start_time, FieldId::answer_time, FieldId::release_time, FieldId::report_time] {
        if event.has(field) {
            event.set_millis(field, event.int(field) + later);
        }
    }
    event
}

fn call(model: &Event, burst: u64, n: i64, class: &str, country: &str, number: u64) -> Event {
    let mut event = at(model, burst, n, n * 4 * MINUTE + MINUTE);
    let seconds = 20 + (n as u32 * 37 + burst as u32 * 11) % 180;
    let start = event.int(FieldId::start_time);
    event.set_millis(FieldId::answer_time, start + 5_000);
    event.set_millis(FieldId::release_time, start + 5_000 + Millis::from(seconds) * 1_000);
    event.set_millis(FieldId::report_time, start + 6_000 + Millis::from(seconds) * 1_000);
    event.set_u32(FieldId::duration, seconds);
    event.set_bool(FieldId::answered, true);
    event.set_bool(FieldId::called_ours, false);
    event.set_phone(FieldId::called_number, Number::from_e164(number + n as u64).unwrap_or_default());
    event.set_enum(FieldId::called_class, Name::known(class));
    if !country.is_empty() {
        event.set_name(FieldId::called_country, Name::known(country));
    }
    event
}
