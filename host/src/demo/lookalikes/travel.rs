//! Calls abroad that are business: trips, fairs, conferences, a new supplier, a family far away.

use super::{Story, day};
use crate::demo::calendar::{MINUTE, SECOND};
use crate::demo::leg::Peer;
use crate::demo::plans;
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// Some days abroad: the mobile client, at odd hours at home, home numbers and a few local ones.
pub(super) fn business_trip(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let traveller = people[0];
    let organisation = &recorder.world.organisation;
    let home = plans::of(SITES[organisation.party(traveller).site].country);
    let device = organisation.mobile_client(traveller);
    let abroad = plans::of(["AE", "JP", "BR", "ZA", "DE", "CL"][recorder.dice.below(6) as usize]);
    let locals = vec![abroad.fixed(&mut recorder.dice), abroad.mobile(&mut recorder.dice)];
    let days = recorder.dice.between(2, 5) as u32;
    let first = day(recorder, days + 1);
    let busy = recorder.dice.between(3, 8);
    let mut calls = 0;
    for day in first..first + days {
        for _ in 0..recorder.dice.between(2, busy) {
            let (hour, minute) = (recorder.dice.between(0, 23), recorder.dice.between(0, 59));
            let at = recorder.at(traveller, day, hour, minute);
            let to = match recorder.dice.below(10) {
                0..4 => *recorder.dice.pick(&locals),
                _ => home.mobile(&mut recorder.dice),
            };
            let shape = Shape::ordinary(&mut recorder.dice, 0.8, 1.5);
            recorder.outbound(traveller, device, at, Peer::Outside(to), shape);
            calls += 1;
        }
    }
    let quiet = (traveller, recorder.at(traveller, first, 0, 0), recorder.at(traveller, first + days, 0, 0));
    let note =
        format!("{days} days in {}: {calls} calls with the mobile client at odd hours", abroad.country);
    Story { quiet: vec![quiet], ..Story::new(locals, note) }
}

/// A trade fair: a week in which the sales people of a site call a country that nobody called before.
pub(super) fn trade_fair(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let site = recorder.world.organisation.party(people[0]).site;
    let plan = plans::of(if SITES[site].country == "ES" { "BR" } else { "DE" });
    let contacts: Vec<u64> = (0..5)
        .map(|i| if i < 3 { plan.fixed(&mut recorder.dice) } else { plan.mobile(&mut recorder.dice) })
        .collect();
    let first = day(recorder, 5);
    let mut calls = 0;
    let days = (first..first + 5).filter(|d| recorder.world.calendar.works(site, *d));
    for day in days.collect::<Vec<_>>() {
        for person in people {
            // The first call is sure, so that an episode is never empty.
            for _ in 0..recorder.dice.count(1.6).max(u32::from(calls == 0)) {
                let hour = recorder.dice.between(9, 17);
                let at = recorder.at(*person, day, hour, 33);
                let to = *recorder.dice.pick(&contacts);
                let shape = Shape::ordinary(&mut recorder.dice, 0.75, 1.8);
                let device = recorder.some_device(*person);
                recorder.outbound(*person, device, at, Peer::Outside(to), shape);
                calls += 1;
            }
        }
    }
    let note = format!(
        "a trade fair in {}: {} sales people, {calls} calls in five days",
        plan.country,
        people.len()
    );
    Story::new(contacts, note)
}

/// A daily conference abroad: long, overlapping among colleagues, always the same number.
pub(super) fn conference_series(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let site = recorder.world.organisation.party(people[0]).site;
    let country = if SITES[site].country == "US" { "GB" } else { "US" };
    let bridge = plans::of(country).fixed(&mut recorder.dice);
    let last = recorder.world.calendar.days;
    let hour = recorder.dice.between(9, 16);
    let mut calls = 0;
    let mut quiet = Vec::new();
    for day in (0..last).filter(|d| recorder.world.calendar.works(site, *d) && d % 7 != 4).collect::<Vec<_>>()
    {
        for person in people {
            if recorder.dice.chance(0.2) {
                continue;
            }
            let at = recorder.at(*person, day, hour, 0) + recorder.seconds(0, 200);
            let talk = recorder.dice.between(50 * MINUTE, 95 * MINUTE);
            quiet.push((*person, at - 10 * MINUTE, at + talk));
            let device = recorder.world.organisation.party(*person).devices.0;
            recorder.outbound(*person, device, at, Peer::Outside(bridge), Shape::answered(SECOND, talk));
            calls += 1;
        }
    }
    let note = format!("a daily conference on one number in {country}: {calls} calls of an hour and more");
    Story { quiet, ..Story::new(vec![bridge], note) }
}

/// A new supplier in a country that nobody called before: a few calls on some days, and they call back.
pub(super) fn new_supplier(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let buyer = people[0];
    let country = *recorder.dice.pick(&["JP", "ZA", "AE", "BR", "CL"]);
    let plan = plans::of(country);
    let numbers: Vec<u64> =
        (0..recorder.dice.between(1, 3)).map(|_| plan.fixed(&mut recorder.dice)).collect();
    let site = recorder.world.organisation.party(buyer).site;
    let first = day(recorder, 8);
    let last = (first + recorder.dice.between(3, 8) as u32).min(recorder.world.calendar.days);
    let days: Vec<u32> = (first..last).filter(|d| recorder.world.calendar.works(site, *d)).collect();
    let days = if days.is_empty() { vec![recorder.world.calendar.working_day(site, first)] } else { days };
    let mut calls = 0;
    for day in days {
        for _ in 0..recorder.dice.between(i64::from(calls == 0), 3) {
            let (hour, minute) = (recorder.dice.between(9, 17), recorder.dice.between(0, 59));
            let at = recorder.at(buyer, day, hour, minute);
            let number = *recorder.dice.pick(&numbers);
            let shape = Shape::ordinary(&mut recorder.dice, 0.8, 2.5);
            if recorder.dice.chance(0.3) && calls > 0 {
                recorder.inbound(buyer, at, number, shape);
            } else {
                let device = recorder.some_device(buyer);
                recorder.outbound(buyer, device, at, Peer::Outside(number), shape);
            }
            calls += 1;
        }
    }
    Story::new(numbers, format!("a new supplier in {}: {calls} calls", plan.country))
}

/// Somebody's family lives abroad: a long call on some evenings and Sundays, all through the period.
pub(super) fn family_abroad(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let person = people[0];
    let country = *recorder.dice.pick(&["PE", "EC", "GT", "IT", "PT", "BR"]);
    let plan = plans::of(country);
    let numbers = vec![plan.mobile(&mut recorder.dice), plan.fixed(&mut recorder.dice)];
    let mut calls = 0;
    for day in 0..recorder.world.calendar.days {
        if calls > 0 && !recorder.dice.chance(0.3) {
            continue;
        }
        let (hour, minute) = (recorder.dice.between(18, 21), recorder.dice.between(0, 59));
        let at = recorder.at(person, day, hour, minute);
        let device = recorder.world.organisation.mobile_client(person);
        let number = *recorder.dice.pick(&numbers);
        let shape = Shape::answered(recorder.seconds(3, 20), recorder.dice.scaled(120, 2400) * SECOND);
        recorder.outbound(person, device, at, Peer::Outside(number), shape);
        calls += 1;
    }
    Story::new(numbers, format!("calls family in {} on evenings: {calls} calls in the period", plan.country))
}
