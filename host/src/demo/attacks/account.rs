//! Attacks on a person: a stolen account, and a lure to call a number that only looks domestic.

use super::outbound::destinations;
use super::when::{self, Manner, UNWATCHED};
use super::{Story, Target, has_role, sign_ins};
use crate::demo::calendar::SECOND;
use crate::demo::leg::Peer;
use crate::demo::organisation::{Role, STRANGER};
use crate::demo::plans::{self, CARIBBEAN};
use crate::demo::recorder::{Recorder, Shape, World};
use crate::demo::sites::NEW_YORK;

/// Failed sign-ins or none, one that succeeds, then a client nobody knows calls abroad.
pub(super) fn account_takeover(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person =
        target.person(recorder, has_role(&[Role::Office, Role::Executive, Role::Finance, Role::Sales]));
    let mut at = when::begin(recorder, target, person, UNWATCHED, 1);
    let ip = format!("203.0.113.{}", recorder.dice.between(2, 250));
    // Who was phished signs the thief in at once.
    let tries = if recorder.dice.chance(0.3) { 0 } else { recorder.dice.scaled(2, 20) };
    at = sign_ins(recorder, person, at, tries, &ip);
    at += recorder.dice.scaled(120, 6 * 3600) * SECOND;
    let device = STRANGER | (target.instance + 1);
    let (countries, numbers) = destinations(&mut recorder.dice, true);
    let manner = Manner::costly(&mut recorder.dice, 30, 600);
    let calls = recorder.dice.scaled(6, 45);
    for _ in 0..calls {
        let number = *recorder.dice.pick(&numbers);
        let shape = manner.shape(&mut recorder.dice);
        recorder.outbound(person, device, at, Peer::Outside(number), shape);
        at += manner.gap(&mut recorder.dice);
    }
    let note = format!(
        "{tries} failed sign-ins and a good one, then {calls} calls to {countries} from a new client"
    );
    Story { users: vec![person], numbers, note }
}

/// Somebody leaves a message; people call back a number beyond the border that looks domestic.
pub(super) fn caribbean_callback(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let (country, shape) = CARIBBEAN[target.instance as usize % CARIBBEAN.len()];
    let number = plans::number(&mut recorder.dice, shape);
    let site = |world: &World, p: u32| world.organisation.party(p).site == NEW_YORK;
    let people: Vec<u32> = (0..recorder.dice.between(2, 5)).map(|_| target.person(recorder, site)).collect();
    let day = target.day(recorder, 2);
    let mut calls = 0;
    for (index, person) in people.iter().enumerate() {
        let day = target.world.calendar.working_day(NEW_YORK, day + index as u32 / 3);
        let hour = recorder.dice.between(9, 17);
        let minute = recorder.dice.between(0, 59);
        let mut at = recorder.at(*person, day, hour, minute);
        let rung = Shape::unanswered(recorder.seconds(1, 20));
        recorder.inbound(*person, at, number, rung);
        at += recorder.dice.scaled(120, 6 * 3600) * SECOND;
        for _ in 0..recorder.dice.between(1, 3) {
            let shape = Shape::answered(2_000, recorder.dice.scaled(60, 1800) * SECOND);
            let device = target.world.organisation.party(*person).devices.0;
            recorder.outbound(*person, device, at, Peer::Outside(number), shape);
            at += recorder.seconds(1600, 6000);
            calls += 1;
        }
    }
    let note = format!(
        "{} people called back a +1 number in {country} {calls} times; Webex says SIP_NATIONAL",
        people.len()
    );
    Story { users: people, numbers: vec![number], note }
}
