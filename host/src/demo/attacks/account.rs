//! Attacks on a person: a stolen account, and a lure to call a number that only looks domestic.

use super::outbound::range;
use super::{Story, Target, has_role};
use crate::demo::change::{Change, What};
use crate::demo::leg::Peer;
use crate::demo::organisation::{Role, STRANGER};
use crate::demo::plans::{self, CARIBBEAN, FRAUD_RANGES};
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::NEW_YORK;

/// Failed sign-ins, one that succeeds, then a client nobody knows calls several new countries.
pub(super) fn account_takeover(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person =
        target.person(recorder, has_role(&[Role::Office, Role::Executive, Role::Finance, Role::Sales]));
    let day = target.day(recorder, 1);
    let hour = recorder.dice.between(18, 27);
    let mut at = recorder.at(person, day, hour, 0);
    let ip = format!("203.0.113.{}", recorder.dice.between(2, 250));
    let agent = "python-requests/2.31";
    let tries = recorder.dice.between(4, 9);
    for attempt in 0..=tries {
        let what = What::SignIn { success: attempt == tries, ip: ip.clone(), agent };
        recorder.change(Change::new(at, person, what));
        at += recorder.seconds(4, 50);
    }
    at += recorder.seconds(300, 1500);
    let device = STRANGER | (target.instance + 1);
    let mut numbers = Vec::new();
    let first = recorder.dice.below(FRAUD_RANGES.len() as u64) as usize;
    for step in 0..3 {
        numbers.extend(range(&mut recorder.dice, FRAUD_RANGES[(first + step * 3) % FRAUD_RANGES.len()].1, 2));
    }
    let calls = recorder.dice.between(9, 20);
    for index in 0..calls {
        let number = numbers[index as usize % numbers.len()];
        let shape = Shape::answered(recorder.seconds(2, 6), recorder.seconds(60, 540));
        recorder.outbound(person, device, at, Peer::Outside(number), shape);
        at += recorder.seconds(60, 420);
    }
    let note = format!(
        "{tries} failed sign-ins and a good one, then {calls} calls to 3 new countries from a new client"
    );
    Story { users: vec![person], numbers, note }
}

/// Somebody leaves a message; people call back a number beyond the border that looks domestic.
pub(super) fn caribbean_callback(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let (country, shape) = CARIBBEAN[target.instance as usize % CARIBBEAN.len()];
    let number = plans::number(&mut recorder.dice, shape);
    let site = |world: &crate::demo::recorder::World, p: u32| world.organisation.party(p).site == NEW_YORK;
    let people: Vec<u32> = (0..3).map(|_| target.person(recorder, site)).collect();
    let day = target.day(recorder, 2);
    let mut calls = 0;
    for (index, person) in people.iter().enumerate() {
        let day = target.world.calendar.working_day(NEW_YORK, day + index as u32 / 2);
        let hour = recorder.dice.between(10, 16);
        let mut at = recorder.at(*person, day, hour, 0);
        recorder.inbound(*person, at, number, Shape::unanswered(2_500));
        at += recorder.seconds(600, 5400);
        for _ in 0..recorder.dice.between(1, 3) {
            let shape = Shape::answered(2_000, recorder.seconds(240, 1500));
            let device = target.world.organisation.party(*person).devices.0;
            recorder.outbound(*person, device, at, Peer::Outside(number), shape);
            at += recorder.seconds(1600, 4000);
            calls += 1;
        }
    }
    let note =
        format!("3 people called back a +1 number in {country} {calls} times; Webex says SIP_NATIONAL");
    Story { users: people, numbers: vec![number], note }
}
