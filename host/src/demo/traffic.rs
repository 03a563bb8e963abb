//! Ordinary calls: people by their habits, and the calls that come to attendants, queues and hunt groups.
//!
//! Owns the daily and weekly rhythm. Does not own anything labelled.

use model::Millis;

use super::calendar::{MINUTE, SECOND};
use super::habits::Habits;
use super::leg::{Outcome, Peer, Service};
use super::organisation::{PartyKind, Role};
use super::plans;
use super::random::{Domain, stream};
use super::recorder::{Output, Recorder, Shape, World};
use super::sites::SITES;

/// Share of calls to people that are answered; group calls are answered more often but leave unanswered records by
/// the agent, so that about a quarter of all records are unanswered.
const ANSWERED: f64 = 0.74;

/// All ordinary calls of one person.
pub(super) fn person(world: &World, person: u32, out: &mut Output) {
    let habits = Habits::new(&world.organisation, &world.calendar, person);
    let mut recorder = Recorder::new(world, stream(Domain::Traffic, person), out);
    let site = world.organisation.party(person).site;
    for day in 0..world.calendar.days {
        if habits.works(&world.calendar, site, day) {
            let half = if world.calendar.weekday(day) == 5 { 0.5 } else { 1.0 };
            working_day(&mut recorder, &habits, person, day, half);
        } else if recorder.dice.chance(0.035) {
            // Somebody looks after something on a day off.
            let hour = recorder.dice.between(9, 20);
            let at = recorder.at(person, day, hour, 15);
            outbound(&mut recorder, &habits, person, at);
        } else if recorder.dice.chance(0.12) {
            let hour = recorder.dice.between(8, 20);
            let at = recorder.at(person, day, hour, 30);
            let from = habits.contact(&mut recorder.dice, SITES[site].country);
            let shape = Shape::ordinary(&mut recorder.dice, 0.1, 1.0);
            recorder.inbound(person, at, from, shape);
        }
    }
}

/// What a person does next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    CallOut,
    TakeCall,
    CallColleague,
}

fn working_day(recorder: &mut Recorder<'_>, habits: &Habits, person: u32, day: u32, half: f64) {
    let busyness = recorder.dice.busyness() * half;
    let mut acts = Vec::new();
    let means = [
        (Act::CallOut, habits.outbound),
        (Act::TakeCall, habits.inbound),
        (Act::CallColleague, habits.internal),
    ];
    for (act, mean) in means {
        for _ in 0..recorder.dice.count(mean * busyness) {
            acts.push((moment(recorder, habits, person, day), act));
        }
    }
    acts.sort_unstable();
    // One call after the other: overlapping calls of one person are what fraud looks like.
    let mut free = 0;
    for (wished, act) in acts {
        let at = wished.max(free + recorder.dice.between(2_000, 40_000));
        let shape = match act {
            Act::CallOut => outbound(recorder, habits, person, at),
            Act::TakeCall => inbound(recorder, habits, person, at),
            Act::CallColleague => internal(recorder, habits, person, at),
        };
        free = at + Millis::from(shape.ring) + Millis::from(shape.talk);
    }
}

fn inbound(recorder: &mut Recorder<'_>, habits: &Habits, person: u32, at: Millis) -> Shape {
    let party = recorder.world.organisation.party(person);
    let from = caller(recorder, habits, SITES[party.site].country);
    let shape = Shape::ordinary(&mut recorder.dice, ANSWERED, 1.1);
    if !habits.follows || shape.outcome != Outcome::NoAnswer {
        recorder.inbound(person, at, from, shape);
        return shape;
    }
    let shape = Shape::ordinary(&mut recorder.dice, 0.7, 1.0);
    let shape = Shape { ring: shape.ring + 9_000, ..shape };
    recorder.forwarded(person, at, from, party.mobile, shape, Service::ForwardNoAnswer);
    shape
}

fn internal(recorder: &mut Recorder<'_>, habits: &Habits, person: u32, at: Millis) -> Shape {
    let shape = Shape::ordinary(&mut recorder.dice, ANSWERED, 1.0);
    let friend = recorder.dice.zipf(habits.colleagues.len());
    if let Some(other) = habits.colleagues.get(friend) {
        recorder.internal(person, *other, at, shape);
    }
    shape
}

/// Who calls in: usual contacts, strangers, and now and then somebody from abroad.
fn caller(recorder: &mut Recorder<'_>, habits: &Habits, country: &str) -> u64 {
    if !habits.foreign.is_empty() && recorder.dice.chance(habits.foreign_share) {
        return *recorder.dice.pick(&habits.foreign);
    }
    habits.contact(&mut recorder.dice, country)
}

/// A moment of the working day: fewer calls at its edges and over lunch, an hour of overtime now and then.
fn moment(recorder: &mut Recorder<'_>, habits: &Habits, person: u32, day: u32) -> Millis {
    let site = recorder.world.organisation.party(person).site;
    let (lunch, lunch_length) = SITES[site].lunch;
    let (start, length) = (f64::from(habits.start), f64::from(habits.length));
    let dice = &mut recorder.dice;
    let mut minute = start;
    for _ in 0..3 {
        // Two humps: the middle of the morning and of the afternoon.
        let half = if dice.chance(0.56) { 0.0 } else { 0.5 };
        let within = (dice.unit() + dice.unit() + dice.unit()) / 3.0;
        minute = start + length * (half + within * 0.54 - 0.02).max(0.0);
        let in_lunch = (f64::from(lunch)..f64::from(lunch + lunch_length)).contains(&minute);
        if !(in_lunch && dice.chance(0.75)) {
            break;
        }
    }
    if dice.chance(0.012) {
        minute = start + length + 70.0 * dice.unit();
    }
    let second = (minute * 60.0) as Millis * SECOND + dice.between(0, 999);
    recorder.world.calendar.utc(site, day, second)
}

fn outbound(recorder: &mut Recorder<'_>, habits: &Habits, person: u32, at: Millis) -> Shape {
    let site_index = recorder.world.organisation.party(person).site;
    let site = &SITES[site_index];
    let device = recorder.some_device(person);
    let dice = &mut recorder.dice;
    let special = dice.below(10_000);
    let (to, shape) = match special {
        0..60 => (Peer::Code(*dice.pick(&[0, 0, 1, 2])), Shape::answered(100, dice.between(500, 25_000))),
        60..110 => {
            let digits = dice.between(10_000, 9_999_999) as u64;
            (Peer::Failed(digits), Shape::ended(Outcome::Unassigned))
        }
        110..112 => (Peer::Emergency, Shape::answered(900, dice.between(8_000, 30_000))),
        112..330 => {
            let to = plans::of(site.country).toll_free(dice);
            (Peer::Outside(to), Shape::ordinary(dice, 0.95, 3.0))
        }
        _ if !habits.foreign.is_empty() && dice.chance(habits.foreign_share) => {
            let to = habits.foreign[dice.zipf(habits.foreign.len())];
            (Peer::Outside(to), Shape::ordinary(dice, 0.7, 1.5))
        }
        _ => {
            let to = habits.contact(dice, site.country);
            let stretch = if habits.role == Role::Sales { 1.6 } else { 1.1 };
            (
                Peer::Outside(to),
                Shape::ordinary(dice, if habits.role == Role::Agent { 0.6 } else { ANSWERED }, stretch),
            )
        }
    };
    recorder.outbound(person, device, at, to, shape);
    shape
}

/// Calls to a site's attendant, queue and hunt group.
pub(super) fn services(world: &World, site: usize, out: &mut Output) {
    let organisation = &world.organisation;
    let people = organisation.at_site(site);
    if people.is_empty() {
        return;
    }
    let role =
        |wanted: Role| people.iter().copied().filter(|p| organisation.role(*p) == wanted).collect::<Vec<_>>();
    let (agents, sellers) = (role(Role::Agent), role(Role::Sales));
    let mut recorder = Recorder::new(world, stream(Domain::Service, site as u32), out);
    for day in 0..world.calendar.days {
        let level = match (world.calendar.works(site, day), world.calendar.weekday(day)) {
            (true, _) => 1.0,
            (false, 5) => 0.3,
            (false, _) => 0.05,
        };
        let busyness = level * (0.6 + 0.4 * recorder.dice.busyness());
        attendant_day(&mut recorder, site, day, people.len() as f64 * 0.22 * busyness, &people);
        group_day(&mut recorder, site, PartyKind::Queue, day, agents.len() as f64 * 7.0 * busyness, &agents);
        group_day(
            &mut recorder,
            site,
            PartyKind::HuntGroup,
            day,
            sellers.len() as f64 * 0.8 * busyness,
            &sellers,
        );
        gateway_day(&mut recorder, site, day, people.len() as f64 * 0.02 * level, &people);
    }
}

fn public_hour(recorder: &mut Recorder<'_>, site: usize, day: u32) -> Millis {
    let (start, length) = SITES[site].day;
    let dice = &mut recorder.dice;
    let within = (dice.unit() + dice.unit()) / 2.0;
    let minute = f64::from(start) + f64::from(length) * within;
    let at = (minute * 60.0) as Millis * SECOND + dice.between(0, 999);
    recorder.world.calendar.utc(site, day, at)
}

fn customer(recorder: &mut Recorder<'_>, site: usize) -> u64 {
    let plan = plans::of(SITES[site].country);
    let dice = &mut recorder.dice;
    if dice.chance(0.7) { plan.mobile(dice) } else { plan.fixed(dice) }
}

fn attendant_day(recorder: &mut Recorder<'_>, site: usize, day: u32, mean: f64, people: &[u32]) {
    let attendant = recorder.world.organisation.service(site, PartyKind::Attendant);
    for _ in 0..recorder.dice.count(mean) {
        let at = public_hour(recorder, site, day);
        let from = customer(recorder, site);
        let menu = recorder.seconds(4, 35);
        if recorder.dice.chance(0.22) {
            recorder.attended(attendant, at, from, menu, b'n', None);
            continue;
        }
        let person = *recorder.dice.pick(people);
        let key = b'0' + recorder.dice.below(6) as u8;
        let shape = Shape::ordinary(&mut recorder.dice, ANSWERED, 1.1);
        recorder.attended(attendant, at, from, menu, key, Some((Peer::Party(person), shape)));
    }
}

fn group_day(recorder: &mut Recorder<'_>, site: usize, kind: PartyKind, day: u32, mean: f64, agents: &[u32]) {
    if agents.is_empty() {
        return;
    }
    let group = recorder.world.organisation.service(site, kind);
    for _ in 0..recorder.dice.count(mean) {
        let at = public_hour(recorder, site, day);
        let from = customer(recorder, site);
        let shape = Shape::ordinary(&mut recorder.dice, 0.93, 1.5);
        let rung = 1 + recorder.dice.zipf(3.min(agents.len()));
        let first = recorder.dice.below(agents.len() as u64) as usize;
        let rung: Vec<u32> = (0..rung).map(|i| agents[(first + i) % agents.len()]).collect();
        recorder.distributed(group, at, from, &rung, shape);
    }
}

/// Calls from the old PBX behind the local gateway: the gateway's record names no user.
fn gateway_day(recorder: &mut Recorder<'_>, site: usize, day: u32, mean: f64, people: &[u32]) {
    if SITES[site].trunk.is_none() {
        return;
    }
    let trunk = recorder.world.organisation.service(site, PartyKind::Trunk);
    for _ in 0..recorder.dice.count(mean) {
        let at = public_hour(recorder, site, day) + MINUTE;
        let person = *recorder.dice.pick(people);
        let shape = Shape::ordinary(&mut recorder.dice, ANSWERED, 1.0);
        recorder.internal(trunk, person, at, shape);
    }
}
