//! What a person usually does: hours, how many calls, whom.
//!
//! Owns the habits of one person, drawn from a stream of their own. Does not own single calls (`traffic`).

use super::calendar::Calendar;
use super::organisation::{Organisation, Role};
use super::plans;
use super::random::{Dice, Domain, stream};
use super::sites::SITES;

/// Habits of one person.
#[derive(Debug)]
pub(super) struct Habits {
    pub(super) role: Role,
    /// Local minutes at which the working day begins; may be late in the evening.
    pub(super) start: u16,
    /// Minutes the working day lasts.
    pub(super) length: u16,
    /// Calls on an ordinary working day.
    pub(super) outbound: f64,
    pub(super) inbound: f64,
    pub(super) internal: f64,
    /// Outside numbers they call and are called by, the usual ones first.
    pub(super) contacts: Vec<u64>,
    /// Numbers abroad they call now and then.
    pub(super) foreign: Vec<u64>,
    /// Share of outbound calls that go abroad.
    pub(super) foreign_share: f64,
    /// Colleagues.
    pub(super) colleagues: Vec<u32>,
    /// Works on Saturdays too.
    pub(super) saturday: bool,
    /// Unanswered calls ring their own mobile.
    pub(super) follows: bool,
    /// First day and the day after the last.
    pub(super) holiday: (u32, u32),
}

/// Habits draw from the person streams above this index, identities from those below.
const HABIT_STREAMS: u32 = 1 << 23;
/// Most colleagues one calls regularly.
const COLLEAGUES: u64 = 9;

impl Habits {
    pub(super) fn new(organisation: &Organisation, calendar: &Calendar, person: u32) -> Habits {
        let mut dice = Dice::new(organisation.seed, stream(Domain::Person, HABIT_STREAMS | person));
        let party = organisation.party(person);
        let site = &SITES[party.site];
        let role = organisation.role(person);
        let (outbound, inbound, internal) = match role {
            Role::Office => (2.0, 1.8, 1.1),
            Role::Sales => (5.5, 3.0, 1.3),
            Role::Finance => (1.8, 2.0, 1.6),
            Role::Agent => (13.0, 1.0, 0.8),
            Role::Night => (2.4, 1.6, 0.9),
            Role::Executive => (3.0, 2.8, 2.2),
        };
        // People differ more than days do.
        let energy = dice.between_quantiles(&[(0.0, 0.2), (0.25, 0.55), (0.5, 0.9), (0.9, 1.8), (1.0, 2.8)]);
        let energy = if role == Role::Agent { 0.6 + energy * 0.4 } else { energy };
        let (start, length) = match role {
            Role::Night => (21 * 60 + 30, 510),
            _ => site.day,
        };
        let start = (f64::from(start) + 22.0 * dice.bell()).max(0.0) as u16;
        let length = (f64::from(length) + 20.0 * dice.bell()).clamp(240.0, 660.0) as u16;
        let home = plans::of(site.country);
        let contacts = (0..dice.between(8, if role == Role::Agent { 60 } else { 30 }))
            .map(|_| if dice.chance(0.62) { home.mobile(&mut dice) } else { home.fixed(&mut dice) })
            .collect();
        let travels = match role {
            Role::Sales | Role::Executive => 0.45,
            Role::Finance | Role::Office => 0.14,
            Role::Agent | Role::Night => 0.03,
        };
        let (foreign, foreign_share) = foreign_contacts(&mut dice, site.partners, travels);
        let colleagues = (0..dice.below(COLLEAGUES) + 2)
            .map(|_| dice.below(u64::from(organisation.people)) as u32)
            .filter(|other| *other != person)
            .collect();
        let holiday = if dice.chance(0.16) {
            let first = dice.below(u64::from(calendar.days)) as u32;
            (first, first + 3 + dice.below(8) as u32)
        } else {
            (0, 0)
        };
        let saturday = match role {
            Role::Agent => dice.chance(0.4),
            Role::Night => dice.chance(0.5),
            _ => dice.chance(0.04),
        };
        Habits {
            role,
            start,
            length,
            outbound: outbound * energy,
            inbound: inbound * energy,
            internal: internal * energy,
            contacts,
            foreign,
            foreign_share,
            colleagues,
            saturday,
            follows: dice.chance(0.08),
            holiday,
        }
    }

    /// Whether they work on that day of the period.
    pub(super) fn works(&self, calendar: &Calendar, site: usize, day: u32) -> bool {
        if (self.holiday.0..self.holiday.1).contains(&day) {
            return false;
        }
        calendar.works(site, day) || (self.saturday && calendar.weekday(day) == 5)
    }

    /// An outside number as they would choose one: mostly a usual one, sometimes a new one.
    pub(super) fn contact(&self, dice: &mut Dice, country: &str) -> u64 {
        if self.contacts.is_empty() || dice.chance(0.18) {
            let plan = plans::of(country);
            return if dice.chance(0.6) { plan.mobile(dice) } else { plan.fixed(dice) };
        }
        self.contacts[dice.zipf(self.contacts.len())]
    }
}

fn foreign_contacts(dice: &mut Dice, partners: &[&'static str], probability: f64) -> (Vec<u64>, f64) {
    if !dice.chance(probability) {
        return (Vec::new(), 0.0);
    }
    let mut numbers = Vec::new();
    for _ in 0..dice.between(1, 3) {
        let plan = plans::of(partners[dice.zipf(partners.len())]);
        for _ in 0..dice.between(1, 4) {
            numbers.push(if dice.chance(0.4) { plan.mobile(dice) } else { plan.fixed(dice) });
        }
    }
    (numbers, 0.02 + 0.16 * dice.unit())
}
