//! Much work, or work at odd hours: campaigns, nights, closings, reminders, a failure at night, many customers at once.

use model::Millis;

use super::super::attacks::history;
use super::{Story, day};
use crate::demo::calendar::HOUR;
use crate::demo::leg::Peer;
use crate::demo::organisation::PartyKind;
use crate::demo::plans;
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// Agents work down a list: many calls, but to scattered numbers, at irregular gaps, of ordinary length.
pub(super) fn campaign_day(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let site = recorder.world.organisation.party(people[0]).site;
    let plan = plans::of(SITES[site].country);
    let day = day(recorder, 1);
    let day = recorder.world.calendar.working_day(site, day);
    let mut calls = 0;
    let mut quiet = Vec::new();
    for agent in people {
        let mut at = recorder.at(*agent, day, 9, 0);
        let end = recorder.at(*agent, day, 17, 30);
        quiet.push((*agent, at - HOUR, end + HOUR));
        while at < end {
            let to = if recorder.dice.chance(0.8) {
                plan.mobile(&mut recorder.dice)
            } else {
                plan.fixed(&mut recorder.dice)
            };
            let shape = Shape::ordinary(&mut recorder.dice, 0.45, 3.0);
            let device = recorder.world.organisation.party(*agent).devices.0;
            recorder.outbound(*agent, device, at, Peer::Outside(to), shape);
            at += Millis::from(shape.ring + shape.talk) + recorder.seconds(12, 150);
            calls += 1;
        }
    }
    Story { quiet, ..Story::new(Vec::new(), format!("a campaign: {} agents, {calls} calls", people.len())) }
}

/// Somebody who always works at night, seen over the whole period.
pub(super) fn night_worker(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let period = Some(recorder.world.calendar.bounds());
    let name = SITES[recorder.world.organisation.party(people[0]).site].name;
    Story { period, ..Story::new(Vec::new(), format!("works every night in {name}")) }
}

/// Accounts are closed at the end of a month: late evenings, national and internal calls.
pub(super) fn month_end(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let site = recorder.world.organisation.party(people[0]).site;
    let plan = plans::of(SITES[site].country);
    let calendar = &recorder.world.calendar;
    use chrono::Datelike;
    let last_of_month =
        (0..calendar.days).rev().find(|d| calendar.date(d + 1).day() == 1 && *d + 1 < calendar.days);
    let day = calendar.working_day(site, last_of_month.unwrap_or(history(calendar)).saturating_sub(1));
    let contacts: Vec<u64> = (0..4).map(|_| plan.fixed(&mut recorder.dice)).collect();
    for day in day..day + 2 {
        for person in people {
            for _ in 0..recorder.dice.between(3, 6) {
                let hour = recorder.dice.between(19, 22);
                let at = recorder.at(*person, day, hour, 15) + recorder.seconds(0, 2400);
                let shape = Shape::ordinary(&mut recorder.dice, 0.85, 2.0);
                if recorder.dice.chance(0.5) {
                    let other = *recorder.dice.pick(people);
                    if other != *person {
                        recorder.internal(*person, other, at, shape);
                        continue;
                    }
                }
                let to = *recorder.dice.pick(&contacts);
                let device = recorder.some_device(*person);
                recorder.outbound(*person, device, at, Peer::Outside(to), shape);
            }
        }
    }
    let note = format!("month-end closing: {} people until 23:00 on two evenings", people.len());
    Story::new(contacts, note)
}

/// Somebody reminds customers of tomorrow's appointments: dozens of short calls down a list.
pub(super) fn reminders(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let caller = people[0];
    let site = recorder.world.organisation.party(caller).site;
    let plan = plans::of(SITES[site].country);
    let day = day(recorder, 1);
    let day = recorder.world.calendar.working_day(site, day);
    let (hour, minute) = (recorder.dice.between(10, 16), recorder.dice.between(0, 59));
    let start = recorder.at(caller, day, hour, minute);
    let device = recorder.world.organisation.party(caller).devices.0;
    let calls = recorder.dice.scaled(20, 60);
    let mut at = start;
    for _ in 0..calls {
        let to = plan.mobile(&mut recorder.dice);
        // A third reach the mailbox and leave word; the rest talk briefly.
        let shape = if recorder.dice.chance(0.8) {
            Shape::answered(recorder.seconds(4, 22), recorder.seconds(12, 80))
        } else {
            Shape::unanswered(recorder.seconds(18, 30))
        };
        recorder.outbound(caller, device, at, Peer::Outside(to), shape);
        at += Millis::from(shape.ring) + Millis::from(shape.talk) + recorder.seconds(8, 60);
    }
    let quiet = vec![(caller, start - HOUR / 4, at + HOUR / 4)];
    Story {
        quiet,
        ..Story::new(Vec::new(), format!("reminds customers of appointments: {calls} short calls"))
    }
}

/// A system fails at night or on a weekend: somebody on call rings colleagues and the maker's support.
pub(super) fn on_call(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let engineer = people[0];
    let site = recorder.world.organisation.party(engineer).site;
    let home = plans::of(SITES[site].country);
    let support = plans::of("US").toll_free(&mut recorder.dice);
    let numbers = vec![home.mobile(&mut recorder.dice), home.mobile(&mut recorder.dice), support];
    let day = day(recorder, 1);
    let weekend = recorder.dice.chance(0.4);
    let day = if weekend { recorder.world.calendar.day_off(site, day) } else { day };
    let (hour, minute) = (recorder.dice.between(0, 4), recorder.dice.between(0, 59));
    let mut at = recorder.at(engineer, day, hour, minute);
    let device = recorder.world.organisation.mobile_client(engineer);
    let calls = recorder.dice.between(5, 14);
    for _ in 0..calls {
        let to = *recorder.dice.pick(&numbers);
        let shape = Shape::answered(recorder.seconds(4, 25), recorder.dice.scaled(20, 1500) * 1000);
        recorder.outbound(engineer, device, at, Peer::Outside(to), shape);
        at += Millis::from(shape.talk) + recorder.seconds(40, 900);
    }
    Story::new(numbers, format!("a failure at night: {calls} calls by somebody on call"))
}

/// A mailing went out: many customers call the main number within two hours, and most are put through.
pub(super) fn mailing(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let site = recorder.world.organisation.party(people[0]).site;
    let attendant = recorder.world.organisation.service(site, PartyKind::Attendant);
    let plan = plans::of(SITES[site].country);
    let day = day(recorder, 1);
    let day = recorder.world.calendar.working_day(site, day);
    let hour = recorder.dice.between(9, 15);
    let mut at = recorder.at(attendant, day, hour, 0);
    let calls = recorder.dice.between(40, 90);
    for _ in 0..calls {
        let from = plan.mobile(&mut recorder.dice);
        let menu = recorder.seconds(4, 30);
        let person = *recorder.dice.pick(people);
        let shape = Shape::ordinary(&mut recorder.dice, 0.7, 1.5);
        let onward = recorder.dice.chance(0.8).then_some((Peer::Party(person), shape));
        recorder.attended(attendant, at, from, menu, if onward.is_some() { b'2' } else { b'n' }, onward);
        at += recorder.seconds(15, 170);
    }
    Story::new(
        vec![SITES[site].block],
        format!("a mailing: {calls} customers call the main number within hours"),
    )
}
