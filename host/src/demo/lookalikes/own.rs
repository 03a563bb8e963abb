//! What people do with their own extension: forward it, change the phone, forget the password; a caller who insists.

use super::{Story, day};
use crate::demo::calendar::{HOUR, MINUTE};
use crate::demo::change::{Change, RESETS, What};
use crate::demo::leg::{Outcome, Peer, Service};
use crate::demo::plans;
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// Forwarding to one's own mobile for an afternoon.
pub(super) fn own_mobile_forwarding(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
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

/// A new phone: a client never seen for this user, with quite ordinary calls.
pub(super) fn new_device(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
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

/// Back from holiday, the password is forgotten: failed sign-ins, a reset, and forwarding to the own mobile that day.
pub(super) fn locked_out(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let person = people[0];
    let (site, mobile) = {
        let party = recorder.world.organisation.party(person);
        (party.site, party.mobile)
    };
    let day = day(recorder, 1);
    let day = recorder.world.calendar.working_day(site, day);
    let (hour, minute) = (recorder.dice.between(8, 10), recorder.dice.between(0, 59));
    let mut at = recorder.at(person, day, hour, minute);
    let ip = format!("198.51.100.{}", recorder.dice.between(100, 250));
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/145.0 Safari/537.36";
    let sign_in = |success| What::SignIn { success, ip: ip.clone(), agent };
    let tries = recorder.dice.between(3, 6);
    for _ in 0..tries {
        recorder.change(Change::new(at, person, sign_in(false)));
        at += recorder.seconds(8, 60);
    }
    at += recorder.dice.between(5, 40) * MINUTE;
    let text = *recorder.dice.pick(&RESETS);
    recorder.change(Change::new(at, person, What::Reset { ip: ip.clone(), text }));
    at += recorder.dice.between(2, 15) * MINUTE;
    recorder.change(Change::new(at, person, sign_in(true)));
    at += recorder.dice.between(1, 5) * HOUR;
    recorder.change(Change::new(at, person, What::Forwarding { from: None, to: Some(mobile) }));
    let home = plans::of(SITES[site].country);
    let calls = recorder.dice.between(1, 5);
    for _ in 0..calls {
        at += recorder.seconds(300, 2400);
        let from = home.mobile(&mut recorder.dice);
        let shape = Shape::ordinary(&mut recorder.dice, 0.8, 1.5);
        recorder.forwarded(person, at, from, mobile, shape, Service::ForwardAlways);
    }
    let off = What::Forwarding { from: Some(mobile), to: None };
    recorder.change(Change::new(at + HOUR, person, off));
    let note =
        format!("{tries} failed sign-ins and a reset, then forwarded to their own mobile: {calls} calls");
    Story::new(vec![mobile], note)
}

/// Somebody abroad looks for a person who knows: the same foreign number rings several people, who are out or busy,
/// and one of them calls back.
pub(super) fn foreign_caller(recorder: &mut Recorder<'_>, people: &[u32]) -> Story {
    let site = recorder.world.organisation.party(people[0]).site;
    let plan = plans::of(SITES[site].partners[recorder.dice.zipf(SITES[site].partners.len())]);
    let from = plan.fixed(&mut recorder.dice);
    let day = day(recorder, 1);
    let day = recorder.world.calendar.working_day(site, day);
    let (hour, minute) = (recorder.dice.between(9, 15), recorder.dice.between(0, 59));
    let mut at = recorder.at(people[0], day, hour, minute);
    for person in people {
        let shape = if recorder.dice.chance(0.3) {
            Shape::answered(recorder.seconds(3, 15), recorder.seconds(20, 200))
        } else {
            Shape::unanswered(recorder.seconds(12, 32))
        };
        recorder.inbound(*person, at, from, shape);
        at += recorder.seconds(40, 600);
    }
    let device = recorder.some_device(people[0]);
    let shape = Shape::answered(recorder.seconds(2, 15), recorder.seconds(60, 900));
    recorder.outbound(people[0], device, at + HOUR, Peer::Outside(from), shape);
    let note = format!("somebody in {} rings {} people, one of whom calls back", plan.country, people.len());
    Story::new(vec![from], note)
}
