//! Attacks that call out: toll fraud, slow drips, auto-diallers, an insider's premium calls.

use model::Millis;

use super::when::{self, Manner, UNWATCHED, WATCHED, WHENEVER};
use super::{Story, Target, has_role};
use crate::demo::calendar::{HOUR, SECOND};
use crate::demo::leg::{Outcome, Peer};
use crate::demo::organisation::{Role, STRANGER};
use crate::demo::plans::{self, FRAUD_RANGES, PREMIUM_RANGES, Plan};
use crate::demo::random::Dice;
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// Neighbouring numbers of one range.
pub(super) fn range(dice: &mut Dice, shape: &str, count: u64) -> Vec<u64> {
    let first = plans::number(dice, shape) / 100 * 100 + dice.below(100 - count);
    (0..count).map(|i| first + i).collect()
}

/// What fraud calls: one range mostly, or several; where `premium`, premium ranges too. With the countries' codes.
pub(super) fn destinations(dice: &mut Dice, premium: bool) -> (String, Vec<u64>) {
    let ranges = if dice.chance(0.65) { 1 } else { dice.between(2, 4) };
    let (mut countries, mut numbers): (Vec<&str>, Vec<u64>) = (Vec::new(), Vec::new());
    for _ in 0..ranges {
        let from_premium = premium && dice.chance(0.35);
        let (country, shape) = *dice.pick(if from_premium { PREMIUM_RANGES } else { FRAUD_RANGES });
        let count = dice.scaled(1, 12) as u64;
        numbers.extend(range(dice, shape, count));
        let country = if country == "001" { "a world-wide range" } else { country };
        if !countries.contains(&country) {
            countries.push(country);
        }
    }
    (countries.join(", "), numbers)
}

/// Test calls to a range, then many long ones that overlap, by one account or by several at once.
pub(super) fn toll_fraud_burst(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let roles: &[Role] = &[Role::Office, Role::Finance, Role::Sales, Role::Executive];
    let accounts = if recorder.dice.chance(0.7) { 1 } else { recorder.dice.between(2, 4) };
    let people: Vec<u32> = (0..accounts)
        .map(|_| target.person(recorder, |w, p| roles.contains(&w.organisation.role(p))))
        .collect();
    let (countries, numbers) = destinations(&mut recorder.dice, false);
    // Stolen credentials show as a new client, calls through the user's own client do not.
    let stolen = recorder.dice.chance(0.5);
    let devices: Vec<u32> =
        people
            .iter()
            .map(|p| {
                if stolen {
                    STRANGER | target.instance
                } else {
                    target.world.organisation.party(*p).devices.0
                }
            })
            .collect();
    let mut at = when::begin(recorder, target, people[0], UNWATCHED, 1);
    let tests = recorder.dice.between(0, 3);
    for _ in 0..tests {
        let number = *recorder.dice.pick(&numbers);
        let shape = if recorder.dice.chance(0.75) {
            Shape::answered(3_000, recorder.seconds(2, 40))
        } else {
            Shape::unanswered(recorder.seconds(4, 20))
        };
        recorder.outbound(people[0], devices[0], at, Peer::Outside(number), shape);
        at += recorder.dice.scaled(20, 1200) * SECOND;
    }
    if tests > 0 {
        at += recorder.dice.scaled(60, 4 * 3600) * SECOND;
    }
    let manner = Manner::costly(&mut recorder.dice, 10, 240);
    let calls = recorder.dice.scaled(10, 130);
    for _ in 0..calls {
        let number = *recorder.dice.pick(&numbers);
        let turn = recorder.dice.below(people.len() as u64) as usize;
        let shape = manner.shape(&mut recorder.dice);
        recorder.outbound(people[turn], devices[turn], at, Peer::Outside(number), shape);
        at += manner.gap(&mut recorder.dice);
    }
    let note = format!(
        "{tests} test calls, then {calls} calls by {accounts} to {} numbers in {countries}",
        numbers.len()
    );
    Story { users: people, numbers, note }
}

/// A few calls a day to one range, at ordinary hours too, for days or weeks.
pub(super) fn slow_drip(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person = target.person(recorder, has_role(&[Role::Office, Role::Finance, Role::Sales]));
    let shapes = [PREMIUM_RANGES, PREMIUM_RANGES, FRAUD_RANGES].concat();
    let (country, shape) = *recorder.dice.pick(&shapes);
    let count = recorder.dice.scaled(1, 6) as u64;
    let numbers = range(&mut recorder.dice, shape, count);
    let days = recorder.dice.between(4, 12).min(target.days_after_history()) as u32;
    let first = target.day(recorder, days);
    let device = target.world.organisation.party(person).devices.0;
    let most = recorder.dice.between(1, 4);
    let office = 0.3 + 0.6 * recorder.dice.unit();
    let longest = recorder.dice.scaled(90, 1200);
    let mut calls = 0;
    for day in first..first + days {
        // A day without now and then, but not the first, so that an episode is never empty.
        if day > first && recorder.dice.chance(0.15) {
            continue;
        }
        for _ in 0..recorder.dice.between(1, most) {
            let (early, late) = if recorder.dice.chance(office) { (8, 18) } else { (19, 30) };
            let hour = recorder.dice.between(early, late);
            let minute = recorder.dice.between(0, 59);
            let at = recorder.at(person, day, hour, minute);
            let number = *recorder.dice.pick(&numbers);
            let shape = Shape::answered(recorder.seconds(2, 8), recorder.seconds(45, 60 + longest));
            recorder.outbound(person, device, at, Peer::Outside(number), shape);
            calls += 1;
        }
    }
    let place = if country == "001" { "a world-wide range" } else { country };
    Story { users: vec![person], numbers, note: format!("{calls} calls in {days} days to {place}") }
}

/// Which numbers a machine dials.
fn dialled(dice: &mut Dice, plan: &Plan, calls: i64) -> (&'static str, Vec<u64>) {
    let first = plan.fixed(dice) / 1000 * 1000;
    match dice.below(4) {
        0 => {
            let bought =
                (0..calls).map(|_| if dice.chance(0.7) { plan.mobile(dice) } else { plan.fixed(dice) });
            ("a list of numbers", bought.collect())
        }
        1 => ("numbers of one block", (0..calls).map(|_| first + dice.below(1000)).collect()),
        _ => ("consecutive numbers", (0..calls as u64).map(|index| first + index).collect()),
    }
}

/// A machine dials: at short gaps, for seconds each. One in three hides behind an agent's ordinary volume.
pub(super) fn autodialer(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let hidden = target.instance % 3 == 1;
    let roles: &[Role] = if hidden { &[Role::Agent] } else { &[Role::Office, Role::Finance, Role::Sales] };
    let person = target.person(recorder, |world, p| roles.contains(&world.organisation.role(p)));
    let site = target.world.organisation.party(person).site;
    let hours = if hidden { WATCHED } else { WHENEVER };
    let mut at = when::begin(recorder, target, person, hours, 1);
    let device = target.world.organisation.party(person).devices.0;
    let calls = recorder.dice.scaled(60, 480);
    let (what, numbers) = dialled(&mut recorder.dice, plans::of(SITES[site].country), calls);
    let gap = recorder.dice.between(2_500, 13_000);
    let jitter = recorder.dice.scaled(100, 4_000).min(gap / 2);
    let answered = 0.15 + 0.6 * recorder.dice.unit();
    // Silence and hang-up, or a recorded message that some listen to.
    let longest = if recorder.dice.chance(0.7) { 5_000 } else { 35_000 };
    for number in &numbers {
        let shape = if recorder.dice.chance(answered) {
            Shape::answered(recorder.dice.between(400, 2_400), recorder.dice.between(0, longest))
        } else if recorder.dice.chance(0.4) {
            Shape::unanswered(recorder.dice.between(2_000, 9_000))
        } else {
            Shape::ended(*recorder.dice.pick(&[Outcome::Unassigned, Outcome::Busy, Outcome::Unavailable]))
        };
        recorder.outbound(person, device, at, Peer::Outside(*number), shape);
        at += gap + recorder.dice.between(-jitter, jitter);
    }
    let whom = if hidden { "a call-centre agent" } else { "somebody who calls little" };
    let note = format!("{calls} calls to {what} every {:.1} s from {whom}", gap as f64 / 1000.0);
    let ends = [numbers.first(), numbers.last()].into_iter().flatten().copied().collect();
    Story { users: vec![person], numbers: ends, note }
}

/// Somebody from inside calls their own country's premium numbers when the others have gone.
pub(super) fn premium_abuse(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person = target.person(recorder, has_role(&[Role::Office, Role::Finance]));
    let site = target.world.organisation.party(person).site;
    let plan = plans::of(SITES[site].country);
    let numbers: Vec<u64> =
        (0..recorder.dice.between(1, 4)).map(|_| plan.premium(&mut recorder.dice)).collect();
    let days = recorder.dice.between(1, 5).min(target.days_after_history()) as u32;
    let first = target.day(recorder, days);
    let device = target.world.organisation.party(person).devices.0;
    let usual_hour = *recorder.dice.pick(&[13, 19, 20, 21, 22]);
    let most = recorder.dice.between(2, 4);
    let mut calls = 0;
    for day in first..first + days {
        let mut at: Millis = recorder.at(person, day, usual_hour, 10) + recorder.seconds(0, 5400);
        for _ in 0..recorder.dice.between(if days == 1 { 2 } else { 1 }, most) {
            let number = *recorder.dice.pick(&numbers);
            let talk = recorder.dice.scaled(90, 2400) * SECOND + recorder.seconds(0, 60);
            recorder.outbound(person, device, at, Peer::Outside(number), Shape::answered(2 * SECOND, talk));
            at += (talk + recorder.seconds(30, 900)).min(HOUR);
            calls += 1;
        }
    }
    let note = format!("{calls} premium calls from {usual_hour}:00 on {days} days");
    Story { users: vec![person], numbers, note }
}
