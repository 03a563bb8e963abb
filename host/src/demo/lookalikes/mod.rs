//! Innocent episodes that look like attacks: what a detector must not shout about.
//!
//! Owns which there are, when and to whom. Does not own how loud is too loud (`report`).

mod own;
mod travel;
mod work;

use std::collections::BTreeMap;
use std::ops::Range;

use model::Millis;

use super::attacks::history;
use super::labels::{Planted, Which};
use super::leg::{Direction, Leg, NONE, Peer};
use super::organisation::{Organisation, Role};
use super::random::{Domain, stream};
use super::recorder::{Output, Recorder, World};

/// Plants one episode on the people chosen for it.
type Plant = fn(&mut Recorder<'_>, &[u32]) -> Story;

/// Kinds in order; append only, as the place is part of the stream's number.
#[rustfmt::skip]
const KINDS: [(&str, Plant, Wanted); 15] = [
    ("business-trip", travel::business_trip, Wanted { people: 1, roles: &[Role::Sales, Role::Executive] }),
    ("campaign-day", work::campaign_day, Wanted { people: 3, roles: &[Role::Agent] }),
    ("night-worker", work::night_worker, Wanted { people: 1, roles: &[Role::Night] }),
    ("month-end", work::month_end, Wanted { people: 4, roles: &[Role::Finance] }),
    ("own-mobile-forwarding", own::own_mobile_forwarding, Wanted { people: 1, roles: &[Role::Office, Role::Sales] }),
    ("conference-series", travel::conference_series, Wanted { people: 3, roles: &[Role::Executive, Role::Office] }),
    ("trade-fair", travel::trade_fair, Wanted { people: 4, roles: &[Role::Sales] }),
    ("new-device", own::new_device, Wanted { people: 1, roles: &[Role::Office] }),
    ("new-supplier", travel::new_supplier, Wanted { people: 1, roles: &[Role::Office, Role::Finance] }),
    ("family-abroad", travel::family_abroad, Wanted { people: 1, roles: &[Role::Office] }),
    ("appointment-reminders", work::reminders, Wanted { people: 1, roles: &[Role::Office] }),
    ("on-call", work::on_call, Wanted { people: 1, roles: &[Role::Office] }),
    ("mailing", work::mailing, Wanted { people: 3, roles: &[Role::Office, Role::Sales] }),
    ("locked-out", own::locked_out, Wanted { people: 1, roles: &[Role::Office, Role::Finance] }),
    ("foreign-caller", own::foreign_caller, Wanted { people: 4, roles: &[Role::Office, Role::Sales] }),
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
const USERS_PER_INSTANCE: u32 = 80;
/// Most of one kind: labels are for reading.
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
