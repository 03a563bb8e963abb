use ringfence_sdk::Habits as _;
use ringfence_sdk::harness::{World, set_world};
use ringfence_sdk::names::intern;

use super::*;
use crate::Class;

const LV: Name = ringfence_sdk::known::COUNTRY_LV;

fn call(number: u64) -> Call {
    let number = Number::from_e164(number).unwrap();
    Call { number, country: LV, location: intern("Madrid"), class: Class::International, ..Call::NONE }
}

fn short(id: u32) -> Short {
    let start = i64::from(id) * 60_000;
    Short { start, id, seconds: 60, number: 1, country: LV.0, odd: false, premium: false }
}

#[test]
fn what_one_user_does_is_new_to_the_others() {
    set_world(World::default());
    let (ana, bob, eve) = (intern("ana"), intern("bob"), intern("eve"));
    let mut habits = Habits::default();
    for day in 100..104 {
        let mut of = Day::default();
        assert!(of.note(ana, &call(37_120_000_000), short(1), day));
        assert!(!of.note(ana, &call(37_120_000_000), short(1), day), "again");
        if day > 101 {
            of.note(bob, &call(37_120_000_001), short(2), day);
        }
        habits.seal(day, &of);
    }
    let range = range_of(call(37_120_000_000).number);
    assert_eq!(habits.age(), 4);
    assert_eq!(habits.country(LV, mark(eve), 104), Known::Usual);
    assert_eq!(habits.at_location(intern("Madrid"), LV, mark(eve), 104), Known::Usual);
    assert_eq!(habits.at_location(intern("Bogota"), LV, mark(eve), 104), Known::New);
    assert_eq!(habits.range(range, mark(ana), 104), Known::Usual);
    let mut alone = Habits::default();
    let mut of = Day::default();
    of.note(ana, &call(37_120_000_000), short(1), 100);
    alone.seal(100, &of);
    assert_eq!(alone.country(LV, mark(ana), 104), Known::New, "only the user themselves");
    assert_eq!(alone.country(LV, mark(eve), 104), Known::Seen);
    assert_eq!(alone.range_by_any(range, 104), Known::Seen);
    assert_eq!(alone.country(LV, mark(eve), 200), Known::New, "forgotten");
}

#[test]
fn a_day_is_the_same_in_any_order_and_bounded() {
    set_world(World::default());
    let rows: Vec<(Name, Call, Short)> = (0..3_000_u32)
        .map(|i| {
            let number = call(37_100_000_000 + u64::from(i) * 7_919_000);
            (intern(&format!("user {}", i % 90)), number, short(i))
        })
        .collect();
    let (mut forwards, mut backwards) = (Day::default(), Day::default());
    rows.iter().for_each(|(user, call, short)| {
        forwards.note(*user, call, *short, 100);
    });
    rows.iter().rev().chain(&rows).for_each(|(user, call, short)| {
        backwards.note(*user, call, *short, 100);
    });
    assert_eq!(forwards, backwards);
    assert_eq!(forwards.sample.len(), SAMPLED);
    assert!(
        forwards
            .sample
            .values()
            .all(|calls| calls.len() == 3_000 / 90 + usize::from(3_000 % 90 > 89) || calls.len() == 34)
    );
}

#[test]
fn marks_do_not_depend_on_handles() {
    set_world(World::default());
    let first = mark(intern("ana"));
    set_world(World::default());
    intern("somebody before her");
    assert_eq!(mark(intern("ana")), first);
}
