//! Ordinary events that are not calls: people sign in, mistype their password, have it reset, forward calls for an
//! afternoon.
//!
//! Owns what makes a sign-in or a forwarding change unremarkable. Does not own attacks or labelled look-alikes.

use super::calendar::HOUR;
use super::change::{Change, RESETS, What};
use super::habits::Habits;
use super::random::{Domain, stream};
use super::recorder::{Output, Recorder, World};

/// What browsers and the app call themselves.
const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/145.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
    "Webex/46.2.0.33402 (Windows)",
];

/// The events of one person over the period.
pub(super) fn person(world: &World, person: u32, out: &mut Output) {
    let habits = Habits::new(&world.organisation, &world.calendar, person);
    let party = world.organisation.party(person);
    let mut recorder = Recorder::new(world, stream(Domain::Everyday, person), out);
    let ip = format!("198.51.100.{}", 10 * party.site as u64 + recorder.dice.below(10));
    let agent = *recorder.dice.pick(&AGENTS);
    for day in 0..world.calendar.days {
        if !habits.works(&world.calendar, party.site, day) {
            continue;
        }
        if recorder.dice.chance(0.15) {
            let mut at = recorder.at(person, day, i64::from(habits.start) / 60, i64::from(habits.start) % 60);
            let mistakes = if recorder.dice.chance(0.12) { recorder.dice.between(1, 2) } else { 0 };
            for attempt in 0..=mistakes {
                let what = What::SignIn { success: attempt == mistakes, ip: ip.clone(), agent };
                recorder.change(Change::new(at, person, what));
                at += recorder.seconds(6, 40);
            }
        }
        if recorder.dice.chance(0.0015) {
            let hour = i64::from(habits.start) / 60 + recorder.dice.between(0, 7);
            let at = recorder.at(person, day, hour, 20);
            let administrator = recorder.dice.below(u64::from(world.organisation.people)) as u32;
            let text = *recorder.dice.pick(&RESETS);
            recorder.change(Change::new(at, person, What::Reset { ip: ip.clone(), text }).by(administrator));
        }
        if recorder.dice.chance(0.004) {
            let hour = i64::from(habits.start) / 60 + recorder.dice.between(1, 7);
            let at = recorder.at(person, day, hour, 0);
            // To their own mobile, or to a colleague's number.
            let other = habits.colleagues.first().map_or(person, |c| *c);
            let colleague = world.organisation.party(other).number;
            let to = if recorder.dice.chance(0.6) { party.mobile } else { colleague };
            recorder.change(Change::new(at, person, What::Forwarding { from: None, to: Some(to) }));
            let until = at + recorder.dice.between(HOUR, 6 * HOUR);
            recorder.change(Change::new(until, person, What::Forwarding { from: Some(to), to: None }));
        }
    }
}
