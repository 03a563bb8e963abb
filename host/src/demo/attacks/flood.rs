//! Attacks that call in: one-ring waves, floods of a main number, scans of a number block.

use super::{Story, Target};
use crate::demo::calendar::{HOUR, SECOND};
use crate::demo::leg::{Outcome, Peer};
use crate::demo::organisation::PartyKind;
use crate::demo::plans::{self, FRAUD_RANGES};
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// One foreign number rings many people for a moment; a few call back.
pub(super) fn wangiri(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let (country, shape) = *recorder.dice.pick(FRAUD_RANGES);
    let from = plans::number(&mut recorder.dice, shape);
    let site = recorder.dice.below(3) as usize;
    let people = target.world.organisation.at_site(site);
    let most = (people.len() as i64 * 2 / 3).max(1);
    let wanted = recorder.dice.between(15, 45).min(most) as usize;
    let mut rung: Vec<u32> = Vec::new();
    while rung.len() < wanted {
        let person = *recorder.dice.pick(&people);
        if !rung.contains(&person) {
            rung.push(person);
        }
    }
    let day = target.day(recorder, 1);
    let day = target.world.calendar.working_day(site, day);
    let hour = recorder.dice.between(9, 16);
    let start = recorder.at(rung[0], day, hour, 5);
    let mut at = start;
    for person in &rung {
        let ring = recorder.dice.between(600, 4_500);
        recorder.inbound(*person, at, from, Shape::unanswered(ring));
        at += recorder.seconds(4, 90);
    }
    let back = recorder.dice.between(2, 3).min(rung.len() as i64) as usize;
    for person in &rung[..back] {
        let when = start + recorder.dice.between(10 * 60 * SECOND, 3 * HOUR);
        let device = recorder.some_device(*person);
        let shape = Shape::answered(1_500, recorder.seconds(35, 320));
        recorder.outbound(*person, device, when, Peer::Outside(from), shape);
    }
    let note = format!("one number in {country} rang {} people for seconds; {back} called back", rung.len());
    Story { users: rung, numbers: vec![from], note }
}

/// Hundreds of calls to a main number within minutes, from numbers that never called.
pub(super) fn inbound_flood(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let site = (target.instance as usize + recorder.dice.below(SITES.len() as u64) as usize) % SITES.len();
    let attendant = target.world.organisation.service(site, PartyKind::Attendant);
    let day = target.day(recorder, 1);
    let day = target.world.calendar.working_day(site, day);
    let hour = recorder.dice.between(9, 16);
    let mut at = recorder.at(attendant, day, hour, 0);
    let start = at;
    let plan = plans::of(SITES[site].country);
    let calls = recorder.dice.between(180, 420);
    for _ in 0..calls {
        let from = if recorder.dice.chance(0.5) {
            plan.mobile(&mut recorder.dice)
        } else {
            plan.fixed(&mut recorder.dice)
        };
        match recorder.dice.below(10) {
            0..6 => {
                let menu = recorder.dice.between(28_000, 31_000);
                recorder.attended(attendant, at, from, menu, b'n', None);
            }
            6..9 => recorder.refused(attendant, at, from, Outcome::TooMany),
            _ => recorder.refused(attendant, at, from, Outcome::Busy),
        }
        at += recorder.dice.between(400, 4_600);
    }
    let minutes = (at - start) / 60_000;
    let note = format!("{calls} calls from as many numbers to the main number within {minutes} minutes");
    Story { users: vec![attendant], numbers: vec![SITES[site].block], note }
}

/// One caller tries a block of numbers one after the other.
pub(super) fn war_dialling(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let site = recorder.dice.below(3) as usize;
    let people = target.world.organisation.at_site(site);
    let attendant = target.world.organisation.service(site, PartyKind::Attendant);
    let from = plans::of(SITES[site].country).fixed(&mut recorder.dice);
    let day = target.day(recorder, 1);
    let hour = recorder.dice.between(1, 5);
    let mut at = recorder.at(attendant, day, hour, 0);
    let wanted = recorder.dice.between(35, 60) as usize;
    let first = recorder.dice.below(people.len().saturating_sub(wanted).max(1) as u64) as usize;
    // People of a site are in the order of their numbers.
    let scanned: Vec<u32> = people.into_iter().skip(first).take(wanted).collect();
    for person in &scanned {
        match recorder.dice.below(10) {
            0..2 => recorder.refused(*person, at, from, Outcome::Busy),
            2..5 => {
                let talk = recorder.dice.between(300, 5_000);
                recorder.inbound(*person, at, from, Shape::answered(800, talk));
            }
            _ => {
                let ring = recorder.dice.between(900, 4_800);
                recorder.inbound(*person, at, from, Shape::unanswered(ring));
            }
        }
        // Between two that exist there is one that does not; the site's attendant answers for it with a refusal.
        if recorder.dice.chance(0.4) {
            recorder.refused(attendant, at + 3 * SECOND, from, Outcome::Unassigned);
        }
        at += recorder.seconds(5, 9);
    }
    let note = format!("one number tried {} direct numbers in order at night", scanned.len());
    Story { users: scanned, numbers: vec![from], note }
}
