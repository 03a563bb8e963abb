//! Innocent episodes that look like attacks: what a detector must not shout about.
//!
//! Owns which there are, when and to whom. Does not own how loud is too loud (`report`).

use std::collections::BTreeMap;
use std::ops::Range;

use model::Millis;

use super::attacks::history;
use super::calendar::{HOUR, MINUTE, SECOND};
use super::change::{Change, What};
use super::labels::{Planted, Which};
use super::leg::{Direction, Leg, NONE, Outcome, Peer, Service};
use super::organisation::{Organisation, Role};
use super::plans;
use super::random::{Domain, stream};
use super::recorder::{Output, Recorder, Shape, World};
use super::sites::SITES;

/// Plants one episode on the people chosen for it.
type Plant = fn(&mut Recorder<'_>, &[u32]) -> Story;

/// Kinds in order; append only, as the place is part of the stream's number.
const KINDS: [(&str, Plant, Wanted); 8] = [
    ("business-trip", business_trip, Wanted { people: 1, roles: &[Role::Sales, Role::Executive] }),
    ("campaign-day", campaign_day, Wanted { people: 3, roles: &[Role::Agent] }),
    ("night-worker", night_worker, Wanted { people: 1, roles: &[Role::Night] }),
    ("month-end", month_end, Wanted { people: 4, roles: &[Role::Finance] }),
    (
        "own-mobile-forwarding",
        own_mobile_forwarding,
        Wanted { people: 1, roles: &[Role::Office, Role::Sales] },
    ),
    ("conference-series", conference_series, Wanted { people: 3, roles: &[Role::Executive, Role::Office] }),
    ("trade-fair", trade_fair, Wanted { people: 6, roles: &[Role::Sales] }),
    ("new-device", new_device, Wanted { people: 1, roles: &[Role::Office] }),
];

/// Who takes part.
struct Wanted {
    people: usize,
    roles: &'static [Role],
}

struct Story {
    numbers: Vec<u64>,
    note: String,
    /// Instead of the records of the stream: those of the first person in a period.
    period: Option<(Millis, Millis)>,
    /// Times in which somebody makes no other calls.
    quiet: Vec<(u32, Millis, Millis)>,
}

impl Story {
    fn new(numbers: Vec<u64>, note: String) -> Story {
        Story { numbers, note, period: None, quiet: Vec::new() }
    }
}

/// Users for whom one more of each kind is planted.
const USERS_PER_INSTANCE: u32 = 250;
const MAX_INSTANCES: u32 = 12;

/// Plants all look-alikes, on people who are not attacked as far as there are any.
pub(super) fn plant(world: &World, taken: &mut Vec<u32>, out: &mut Output) -> Vec<Planted> {
    let instances = (1 + world.organisation.people / USERS_PER_INSTANCE).min(MAX_INSTANCES);
    let mut planted = Vec::new();
    let mut quiet = BTreeMap::new();
    for ((kind, plant, wanted), place) in KINDS.iter().zip(0u32..) {
        for instance in 0..instances {
            let number = stream(Domain::LookAlike, (place << 8) | instance);
            let mut recorder = Recorder::new(world, number, out);
            let people = choose(&mut recorder, wanted, taken);
            let story = plant(&mut recorder, &people);
            for (person, from, to) in story.quiet {
                quiet.entry(person).or_insert_with(Vec::new).push(from..to);
            }
            let which = match story.period {
                Some((from, to)) => Which::Owner(people[0], from, to),
                None => Which::Stream(number),
            };
            let (numbers, note) = (story.numbers, story.note);
            planted.push(Planted { attack: false, kind, instance, which, users: people, numbers, note });
        }
    }
    // Who drives a campaign, sits in a conference or travels does not call from the desk at the same time.
    out.legs.retain(|leg| {
        let busy = |ranges: &Vec<Range<Millis>>| ranges.iter().any(|r| r.contains(&leg.start));
        !(is_everyday_call(leg) && quiet.get(&leg.owner).is_some_and(busy))
    });
    planted
}

fn is_everyday_call(leg: &Leg) -> bool {
    let ordinary = leg.stream >> 24 == Domain::Traffic as u32 && leg.redirected_by == NONE;
    ordinary && leg.direction == Direction::Originating && matches!(leg.peer, Peer::Outside(_))
}

/// People of one site who have the role and are free; else fewer wishes are granted.
fn choose(recorder: &mut Recorder<'_>, wanted: &Wanted, taken: &mut Vec<u32>) -> Vec<u32> {
    let organisation = &recorder.world.organisation;
    let fits = |o: &Organisation, p: u32| wanted.roles.contains(&o.role(p));
    let free = |taken: &[u32], p: u32| !taken.contains(&p);
    let all: Vec<u32> = (0..organisation.people).collect();
    let both: Vec<u32> = all.iter().copied().filter(|p| fits(organisation, *p) && free(taken, *p)).collect();
    let role: Vec<u32> = all.iter().copied().filter(|p| fits(organisation, *p)).collect();
    let first =
        *[&both, &role, &all].into_iter().find(|list| !list.is_empty()).map_or(&0, |l| recorder.dice.pick(l));
    let site = organisation.party(first).site;
    let mut chosen = vec![first];
    let mates = both.iter().copied().filter(|p| *p != first && organisation.party(*p).site == site);
    chosen.extend(mates.take(wanted.people - 1));
    taken.extend_from_slice(&chosen);
    chosen
}

fn day(recorder: &mut Recorder<'_>, room: u32) -> u32 {
    let calendar = &recorder.world.calendar;
    let first = history(calendar);
    let last = calendar.days.saturating_sub(1 + room).max(first);
    recorder.dice.between(i64::from(first), i64::from(last)) as u32
}

/// Three days abroad: the mobile client, at odd hours at home, home numbers and a few local ones.
fn business_trip(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let traveller = people[0];
    let organisation = &recorder.world.organisation;
    let home = plans::of(SITES[organisation.party(traveller).site].country);
    let device = organisation.mobile_client(traveller);
    let abroad = plans::of(["AE", "JP", "BR", "ZA", "DE", "CL"][recorder.dice.below(6) as usize]);
    let locals = vec![abroad.fixed(&mut recorder.dice), abroad.mobile(&mut recorder.dice)];
    let first = day(recorder, 4);
    let mut calls = 0;
    for day in first..first + 3 {
        for _ in 0..recorder.dice.between(3, 6) {
            let hour = recorder.dice.between(0, 23);
            let at = recorder.at(traveller, day, hour, 12);
            let to = match recorder.dice.below(10) {
                0..4 => *recorder.dice.pick(&locals),
                _ => home.mobile(&mut recorder.dice),
            };
            let shape = Shape::ordinary(&mut recorder.dice, 0.8, 1.5);
            recorder.outbound(traveller, device, at, Peer::Outside(to), shape);
            calls += 1;
        }
    }
    let quiet = (traveller, recorder.at(traveller, first, 0, 0), recorder.at(traveller, first + 3, 0, 0));
    let note = format!("three days in {}: {calls} calls with the mobile client at odd hours", abroad.country);
    Story { quiet: vec![quiet], ..Story::new(locals, note) }
}

/// Agents work down a list: many calls, but to scattered numbers, at irregular gaps, of ordinary length.
fn campaign_day(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
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
fn night_worker(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let period = Some(recorder.world.calendar.bounds());
    let name = SITES[recorder.world.organisation.party(people[0]).site].name;
    Story { period, ..Story::new(Vec::new(), format!("works every night in {name}")) }
}

/// Accounts are closed at the end of a month: late evenings, national and internal calls.
fn month_end(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
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

/// Forwarding to one's own mobile for an afternoon.
fn own_mobile_forwarding(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let person = people[0];
    let party = recorder.world.organisation.party(person);
    let (site, mobile) = (party.site, party.mobile);
    let plan = plans::of(SITES[site].country);
    let day = day(recorder, 1);
    let day = recorder.world.calendar.working_day(site, day);
    let mut at = recorder.at(person, day, 13, 50);
    recorder.change(Change::new(at, person, What::Forwarding { from: None, to: Some(mobile) }));
    let calls = recorder.dice.between(3, 7);
    for _ in 0..calls {
        at += recorder.seconds(300, 2400);
        let from = plan.mobile(&mut recorder.dice);
        let shape = Shape::answered(recorder.seconds(3, 12), recorder.seconds(20, 400));
        recorder.forwarded(person, at, from, mobile, shape, Service::ForwardAlways);
    }
    recorder.change(Change::new(at + HOUR, person, What::Forwarding { from: Some(mobile), to: None }));
    Story::new(vec![mobile], format!("forwarded to their own mobile, {calls} calls"))
}

/// A daily conference abroad: long, overlapping among colleagues, always the same number.
fn conference_series(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
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

/// A trade fair: a week in which the sales people of a site call a country that nobody called before.
fn trade_fair(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
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

/// A new phone: a client never seen for this user, with quite ordinary calls.
fn new_device(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let person = people[0];
    let organisation = &recorder.world.organisation;
    let site = organisation.party(person).site;
    let plan = plans::of(SITES[site].country);
    // Somebody else's model: new for this person, known in the organisation.
    let other = (person + 1) % organisation.people;
    let device = organisation.mobile_client(other);
    let first = day(recorder, 3);
    let mut calls = 0;
    for day in first..first + 3 {
        let day = recorder.world.calendar.working_day(site, day);
        for _ in 0..recorder.dice.between(4, 8) {
            let hour = recorder.dice.between(9, 17);
            let at = recorder.at(person, day, hour, 41);
            let to = plan.mobile(&mut recorder.dice);
            let shape = if recorder.dice.chance(0.1) {
                Shape::ended(Outcome::Busy)
            } else {
                Shape::ordinary(&mut recorder.dice, 0.75, 1.4)
            };
            recorder.outbound(person, device, at, Peer::Outside(to), shape);
            calls += 1;
        }
    }
    Story::new(Vec::new(), format!("a new client, {calls} ordinary calls"))
}
