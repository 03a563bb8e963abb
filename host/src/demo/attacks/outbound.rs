//! Attacks that call out: toll fraud, slow drips, auto-diallers, an insider's premium calls.

use model::Millis;

use super::{Story, Target, has_role};
use crate::demo::calendar::{HOUR, MINUTE, SECOND};
use crate::demo::leg::{Outcome, Peer};
use crate::demo::organisation::{Role, STRANGER};
use crate::demo::plans::{self, FRAUD_RANGES, PREMIUM_RANGES};
use crate::demo::random::Dice;
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// Neighbouring numbers of one range.
pub(super) fn range(dice: &mut Dice, shape: &str, count: u64) -> Vec<u64> {
    let first = plans::number(dice, shape) / 100 * 100 + dice.below(100 - count);
    (0..count).map(|i| first + i).collect()
}

/// Two test calls to one range, then dozens of long, overlapping ones at night or on a day off.
pub(super) fn toll_fraud_burst(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person = target.person(recorder, has_role(&[Role::Office, Role::Finance, Role::Sales]));
    let site = target.world.organisation.party(person).site;
    let (country, shape) = *recorder.dice.pick(FRAUD_RANGES);
    let count = recorder.dice.between(3, 8) as u64;
    let numbers = range(&mut recorder.dice, shape, count);
    let day = target.day(recorder, 1);
    let (day, hour) = if recorder.dice.chance(0.5) {
        (target.world.calendar.day_off(site, day), recorder.dice.between(2, 21))
    } else {
        (day, recorder.dice.between(0, 4))
    };
    // Stolen credentials show as a new client, calls through the user's own client do not.
    let stolen = recorder.dice.chance(0.5);
    let device =
        if stolen { STRANGER | target.instance } else { target.world.organisation.party(person).devices.0 };
    let mut at = recorder.at(person, day, hour, recorder_minute(target.instance));
    for number in numbers.iter().take(2) {
        let shape = Shape::answered(3_000, recorder.seconds(8, 25));
        recorder.outbound(person, device, at, Peer::Outside(*number), shape);
        at += recorder.seconds(60, 400);
    }
    at += recorder.seconds(900, 5400);
    let calls = recorder.dice.between(22, 60);
    for _ in 0..calls {
        let number = *recorder.dice.pick(&numbers);
        let shape = if recorder.dice.chance(0.88) {
            Shape::answered(recorder.seconds(2, 6), recorder.seconds(150, 900))
        } else {
            Shape::ended(Outcome::Unavailable)
        };
        recorder.outbound(person, device, at, Peer::Outside(number), shape);
        at += recorder.seconds(20, 260);
    }
    let note =
        format!("2 test calls, then {calls} calls to {count} neighbouring numbers in {country}, overlapping");
    Story { users: vec![person], numbers, note }
}

fn recorder_minute(instance: u32) -> i64 {
    i64::from(instance * 13 % 60)
}

/// A few calls a day to one premium range, at ordinary hours too, for a week or so.
pub(super) fn slow_drip(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person = target.person(recorder, has_role(&[Role::Office, Role::Finance]));
    let shapes = [PREMIUM_RANGES, FRAUD_RANGES].concat();
    let (country, shape) = *recorder.dice.pick(&shapes);
    let count = recorder.dice.between(1, 4) as u64;
    let numbers = range(&mut recorder.dice, shape, count);
    let days = recorder.dice.between(5, 8).min(i64::from(target.world.calendar.days)) as u32;
    let first = target.day(recorder, days);
    let device = target.world.organisation.party(person).devices.0;
    let mut calls = 0;
    for day in first..first + days {
        for _ in 0..recorder.dice.between(2, 4) {
            let hour = if recorder.dice.chance(0.6) {
                recorder.dice.between(9, 18)
            } else {
                recorder.dice.between(19, 30)
            };
            let at = recorder.at(person, day, hour, 20);
            let number = *recorder.dice.pick(&numbers);
            let shape = Shape::answered(recorder.seconds(2, 8), recorder.seconds(170, 620));
            recorder.outbound(person, device, at, Peer::Outside(number), shape);
            calls += 1;
        }
    }
    let place = if country == "001" { "a world-wide premium range" } else { country };
    Story { users: vec![person], numbers, note: format!("{calls} calls in {days} days to {place}") }
}

/// Sequential numbers at regular gaps, seconds long. Every second one hides behind an agent's ordinary volume.
pub(super) fn autodialer(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let hidden = target.instance % 2 == 1;
    let roles: &[Role] = if hidden { &[Role::Agent] } else { &[Role::Office, Role::Finance] };
    let person = target.person(recorder, |world, p| roles.contains(&world.organisation.role(p)));
    let site = target.world.organisation.party(person).site;
    let day = target.day(recorder, 1);
    let day = target.world.calendar.working_day(site, day);
    let hour = if hidden { recorder.dice.between(10, 16) } else { recorder.dice.between(9, 22) };
    let device = target.world.organisation.party(person).devices.0;
    let gap = recorder.dice.between(6_000, 10_000);
    let calls = recorder.dice.between(90, 260);
    let first = plans::of(SITES[site].country).fixed(&mut recorder.dice) / 1000 * 1000;
    let mut at = recorder.at(person, day, hour, 5);
    for index in 0..calls {
        let talk = recorder.dice.between(0, 4_500);
        let shape = if recorder.dice.chance(0.7) {
            Shape::answered(900, talk)
        } else {
            Shape::ended(*recorder.dice.pick(&[Outcome::Unassigned, Outcome::Busy, Outcome::NoAnswer]))
        };
        recorder.outbound(person, device, at, Peer::Outside(first + index as u64), shape);
        at += gap + recorder.dice.between(-300, 300);
    }
    let whom = if hidden { "a call-centre agent" } else { "an office user" };
    let note = format!("{calls} calls to consecutive numbers every {:.1} s from {whom}", gap as f64 / 1000.0);
    Story { users: vec![person], numbers: vec![first, first + calls as u64 - 1], note }
}

/// Somebody from inside calls their own country's premium numbers when the others have gone.
pub(super) fn premium_abuse(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person = target.person(recorder, has_role(&[Role::Office, Role::Finance]));
    let site = target.world.organisation.party(person).site;
    let plan = plans::of(SITES[site].country);
    let numbers = vec![plan.premium(&mut recorder.dice), plan.premium(&mut recorder.dice)];
    let first = target.day(recorder, 4);
    let device = target.world.organisation.party(person).devices.0;
    let mut calls = 0;
    for day in first..first + recorder.dice.between(2, 4) as u32 {
        let mut at: Millis = recorder.at(person, day, 20, 10) + recorder.seconds(0, 3600);
        for _ in 0..recorder.dice.between(2, 4) {
            let number = *recorder.dice.pick(&numbers);
            let talk = recorder.dice.between(4 * MINUTE, 22 * MINUTE);
            recorder.outbound(person, device, at, Peer::Outside(number), Shape::answered(2 * SECOND, talk));
            at += (talk + recorder.seconds(30, 900)).min(HOUR);
            calls += 1;
        }
    }
    Story {
        users: vec![person],
        numbers,
        note: format!("{calls} premium calls on evenings after everybody has left"),
    }
}
