//! Planted attacks, each labelled: reference/telephony-fraud.md, section 1.
//!
//! Owns which attacks there are, how many, when and on whom. Each kind stands in the file of its family.

mod account;
mod flood;
mod forwarding;
mod outbound;
mod when;

use model::Millis;

use super::calendar::Calendar;
use super::change::{Change, What};
use super::labels::{Planted, Which};
use super::organisation::Role;
use super::random::{Domain, stream};
use super::recorder::{Output, Recorder, World};

/// One kind of attack.
struct Kind {
    name: &'static str,
    /// Plants it; returns whom it is about, the numbers that matter and what happens.
    plant: fn(&mut Recorder<'_>, &mut Target<'_>) -> Story,
}

/// What an episode is about.
pub(super) struct Story {
    pub(super) users: Vec<u32>,
    pub(super) numbers: Vec<u64>,
    pub(super) note: String,
}

/// The kinds. Append only: the place is part of the stream's number, and a new kind shall change no other.
const KINDS: [Kind; 11] = [
    Kind { name: "toll-fraud-burst", plant: outbound::toll_fraud_burst },
    Kind { name: "slow-drip", plant: outbound::slow_drip },
    Kind { name: "autodialer", plant: outbound::autodialer },
    Kind { name: "forwarding-fraud", plant: forwarding::forwarding_fraud },
    Kind { name: "wangiri", plant: flood::wangiri },
    Kind { name: "account-takeover", plant: account::account_takeover },
    Kind { name: "premium-abuse", plant: outbound::premium_abuse },
    Kind { name: "inbound-flood", plant: flood::inbound_flood },
    Kind { name: "caribbean-callback", plant: account::caribbean_callback },
    Kind { name: "through-dialling", plant: forwarding::through_dialling },
    Kind { name: "war-dialling", plant: flood::war_dialling },
];

/// Users for whom one more attack of each kind is planted: a real organisation of this size sees fewer, but one of each
/// would say little about what is found.
const USERS_PER_INSTANCE: u32 = 80;
/// Most attacks of one kind: labels are for reading.
const MAX_INSTANCES: u32 = 12;

/// Whom and when to attack: everybody is attacked at most once, as far as there are people enough.
pub(super) struct Target<'a> {
    pub(super) world: &'a World,
    pub(super) instance: u32,
    taken: &'a mut Vec<u32>,
}

impl Target<'_> {
    /// Somebody not yet taken who fits, else anybody not yet taken, else anybody.
    pub(super) fn person(&mut self, recorder: &mut Recorder<'_>, fits: impl Fn(&World, u32) -> bool) -> u32 {
        let people = u64::from(self.world.organisation.people);
        /// Draws before the wish is given up.
        const TRIES: u32 = 400;
        let mut chosen = recorder.dice.below(people) as u32;
        for attempt in 0..2 * TRIES {
            let fitting = attempt >= TRIES || fits(self.world, chosen);
            if fitting && !self.taken.contains(&chosen) {
                break;
            }
            chosen = recorder.dice.below(people) as u32;
        }
        self.taken.push(chosen);
        chosen
    }

    /// A day in the part of the period that has a history before it.
    pub(super) fn day(&self, recorder: &mut Recorder<'_>, room: u32) -> u32 {
        let days = self.world.calendar.days;
        let first = history(&self.world.calendar);
        let last = days.saturating_sub(1 + room).max(first);
        recorder.dice.between(i64::from(first), i64::from(last)).min(i64::from(days - 1)) as u32
    }

    /// Days from the first on which attacks begin to the end of the period, at least one.
    pub(super) fn days_after_history(&self) -> i64 {
        let calendar = &self.world.calendar;
        i64::from(calendar.days.saturating_sub(history(calendar)).max(1))
    }
}

/// Failed sign-ins and then a good one, from somewhere else than usual. When the good one was.
fn sign_ins(recorder: &mut Recorder<'_>, person: u32, at: Millis, failures: i64, ip: &str) -> Millis {
    let agent = *recorder.dice.pick(&THIEVES);
    let mut at = at;
    for attempt in 0..=failures {
        let what = What::SignIn { success: attempt == failures, ip: ip.to_owned(), agent };
        recorder.change(Change::new(at, person, what));
        at += recorder.seconds(4, 50);
    }
    at
}

/// What the clients of thieves call themselves; some take care.
const THIEVES: [&str; 3] = [
    "python-requests/2.31",
    "okhttp/4.12.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/128.0 Safari/537.36",
];

/// Days that stay quiet so that there is a baseline: three fifths of the period, 30 days at most.
pub(super) fn history(calendar: &Calendar) -> u32 {
    (calendar.days * 3 / 5).min(30)
}

/// Whether the person has one of the roles.
pub(super) fn has_role(roles: &'static [Role]) -> impl Fn(&World, u32) -> bool {
    move |world, person| roles.contains(&world.organisation.role(person))
}

/// Plants all attacks.
pub(super) fn plant(world: &World, taken: &mut Vec<u32>, out: &mut Output) -> Vec<Planted> {
    let instances = (1 + world.organisation.people / USERS_PER_INSTANCE).min(MAX_INSTANCES);
    let mut planted = Vec::new();
    for (kind, place) in KINDS.iter().zip(0u32..) {
        for instance in 0..instances {
            let number = stream(Domain::Attack, (place << 8) | instance);
            let mut recorder = Recorder::new(world, number, out);
            let mut target = Target { world, instance, taken };
            let story = (kind.plant)(&mut recorder, &mut target);
            planted.push(Planted {
                attack: true,
                kind: kind.name,
                instance,
                which: Which::Stream(number),
                users: story.users,
                numbers: story.numbers,
                note: story.note,
            });
        }
    }
    planted
}
