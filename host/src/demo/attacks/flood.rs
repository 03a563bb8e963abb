//! Attacks that call in: one-ring waves, floods of a number, scans of a number block.

use super::outbound::range;
use super::when::{self, WATCHED, WHENEVER};
use super::{Story, Target};
use crate::demo::calendar::{MINUTE, SECOND};
use crate::demo::leg::{Outcome, Peer};
use crate::demo::organisation::PartyKind;
use crate::demo::plans::{self, FRAUD_RANGES};
use crate::demo::random::Dice;
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// Some of the people, each once, in any order.
fn some_of(dice: &mut Dice, people: &[u32], wanted: usize) -> Vec<u32> {
    let mut left = people.to_vec();
    let mut chosen = Vec::new();
    while chosen.len() < wanted && !left.is_empty() {
        let place = dice.below(left.len() as u64) as usize;
        chosen.push(left.swap_remove(place));
    }
    chosen
}

/// A foreign number or a few of one range ring many people for a moment; some call back, or nobody does.
pub(super) fn wangiri(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let (country, shape) = *recorder.dice.pick(FRAUD_RANGES);
    let lines = if recorder.dice.chance(0.5) { 1 } else { recorder.dice.between(2, 6) as u64 };
    let callers = range(&mut recorder.dice, shape, lines);
    let site = recorder.dice.below(3) as usize;
    let people = if recorder.dice.chance(0.6) {
        target.world.organisation.at_site(site)
    } else {
        (0..target.world.organisation.people).collect()
    };
    let most = (people.len() as i64 * 2 / 3).max(1);
    let wanted = recorder.dice.between(9, 50).min(most) as usize;
    let rung = some_of(&mut recorder.dice, &people, wanted);
    let start = when::begin(recorder, target, rung[0], WATCHED, 1);
    let mut at = start;
    let gap = recorder.dice.scaled(2, 240);
    let longest = recorder.dice.between(1_500, 6_500);
    for person in &rung {
        for _ in 0..(if recorder.dice.chance(0.2) { 2 } else { 1 }) {
            let from = *recorder.dice.pick(&callers);
            let ring = recorder.dice.between(300, longest);
            recorder.inbound(*person, at, from, Shape::unanswered(ring));
            at += recorder.seconds(1, 2 * gap);
        }
    }
    // About one in twenty calls back: reference/telephony-fraud.md, section 1.
    let back: Vec<u32> = rung.iter().copied().filter(|_| recorder.dice.chance(0.07)).collect();
    for person in &back {
        let when = start + recorder.dice.scaled(2, 20 * 60) * MINUTE;
        let device = recorder.some_device(*person);
        let shape = Shape::answered(1_500, recorder.dice.scaled(20, 900) * SECOND);
        let to = *recorder.dice.pick(&callers);
        recorder.outbound(*person, device, when, Peer::Outside(to), shape);
    }
    let note = format!(
        "{lines} numbers in {country} rang {} people for seconds within {} min; {} called back",
        rung.len(),
        (at - start) / MINUTE,
        back.len()
    );
    Story { users: rung, numbers: callers, note }
}

/// Dozens or hundreds of calls to one number within minutes: the main number, a queue's or a person's.
pub(super) fn inbound_flood(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let site = (target.instance as usize + recorder.dice.below(SITES.len() as u64) as usize) % SITES.len();
    let service = match recorder.dice.below(4) {
        0 => PartyKind::Queue,
        _ => PartyKind::Attendant,
    };
    let at_person = recorder.dice.chance(0.25);
    let victim = if at_person {
        target.person(recorder, |world, p| world.organisation.party(p).site == site)
    } else {
        target.world.organisation.service(site, service)
    };
    let site = target.world.organisation.party(victim).site;
    let start = when::begin(recorder, target, victim, WATCHED, 1);
    let mut at = start;
    let plan = plans::of(SITES[site].country);
    let calls = recorder.dice.scaled(70, 500);
    let slowest = recorder.dice.scaled(1_000, 9_000);
    // Random numbers, one, or a block.
    let block = plan.fixed(&mut recorder.dice) / 1000 * 1000;
    let manner = recorder.dice.below(5);
    let held = recorder.dice.scaled(1_000, 90_000);
    for _ in 0..calls {
        let from = match manner {
            0 => block + 7,
            1 => block + recorder.dice.below(1000),
            _ if recorder.dice.chance(0.5) => plan.mobile(&mut recorder.dice),
            _ => plan.fixed(&mut recorder.dice),
        };
        match recorder.dice.below(10) {
            0..6 if service == PartyKind::Attendant && !at_person => {
                let menu = recorder.dice.between(held, held + held / 10);
                recorder.attended(victim, at, from, menu, b'n', None);
            }
            0..3 => recorder.inbound(victim, at, from, Shape::answered(900, held)),
            3..6 => {
                let ring = recorder.dice.between(1_000, 20_000);
                recorder.inbound(victim, at, from, Shape::unanswered(ring));
            }
            6..9 => recorder.refused(victim, at, from, Outcome::TooMany),
            _ => recorder.refused(victim, at, from, Outcome::Busy),
        }
        at += recorder.dice.between(200, slowest);
    }
    let minutes = (at - start) / MINUTE;
    let number = target.world.organisation.party(victim).number;
    let note = format!("{calls} calls to one of the organisation's numbers within {minutes} minutes");
    Story { users: vec![victim], numbers: vec![number], note }
}

/// One caller tries a block of numbers, one after the other or in any order.
pub(super) fn war_dialling(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let site = recorder.dice.below(3) as usize;
    let people = target.world.organisation.at_site(site);
    let attendant = target.world.organisation.service(site, PartyKind::Attendant);
    let from = plans::of(SITES[site].country).fixed(&mut recorder.dice);
    let mut at = when::begin(recorder, target, attendant, WHENEVER, 1);
    let wanted = recorder.dice.between(18, 70) as usize;
    let first = recorder.dice.below(people.len().saturating_sub(wanted).max(1) as u64) as usize;
    // People of a site are in the order of their numbers.
    let mut scanned: Vec<u32> = people.into_iter().skip(first).take(wanted).collect();
    if recorder.dice.chance(0.3) {
        scanned = some_of(&mut recorder.dice, &scanned, wanted);
    }
    let gap = recorder.dice.scaled(2, 40);
    let unassigned = 0.1 + 0.6 * recorder.dice.unit();
    for person in &scanned {
        match recorder.dice.below(10) {
            0..2 => recorder.refused(*person, at, from, Outcome::Busy),
            2..5 => {
                let talk = recorder.dice.between(300, 5_000);
                recorder.inbound(*person, at, from, Shape::answered(800, talk));
            }
            _ => {
                let ring = recorder.dice.between(900, 6_800);
                recorder.inbound(*person, at, from, Shape::unanswered(ring));
            }
        }
        // Between two that exist there is one that does not; the site's attendant answers for it with a refusal.
        if recorder.dice.chance(unassigned) {
            recorder.refused(attendant, at + SECOND, from, Outcome::Unassigned);
        }
        at += recorder.seconds(gap, 2 * gap);
    }
    let note = format!("one number tried {} direct numbers, one every {gap} s or more", scanned.len());
    Story { users: scanned, numbers: vec![from], note }
}
