//! Attacks by redirection: forwarding set to a far number, and dialling out through an attendant.

use model::Millis;

use super::{Story, Target, has_role};
use crate::demo::calendar::SECOND;
use crate::demo::change::{Change, What};
use crate::demo::leg::{Peer, Service};
use crate::demo::organisation::{PartyKind, Role};
use crate::demo::plans::{self, FRAUD_RANGES};
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// Forwarding always is set abroad in the evening; then a few callers ring the extension again and again.
pub(super) fn forwarding_fraud(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person = target.person(recorder, has_role(&[Role::Office, Role::Finance, Role::Executive]));
    let site = target.world.organisation.party(person).site;
    let (country, shape) = *recorder.dice.pick(FRAUD_RANGES);
    let to = plans::number(&mut recorder.dice, shape);
    let home = plans::of(SITES[site].country);
    let count = recorder.dice.between(1, 3);
    let callers: Vec<u64> = (0..count).map(|_| home.mobile(&mut recorder.dice)).collect();
    let day = target.day(recorder, 1);
    let hour = recorder.dice.between(20, 25);
    let changed = recorder.at(person, day, hour, 10);
    // A phone's own code leaves no event: every third is seen in the records only.
    let silent = target.instance % 3 == 2;
    if !silent {
        recorder.change(Change::new(changed, person, What::Forwarding { from: None, to: Some(to) }));
    }
    let mut at = changed + recorder.seconds(120, 1800);
    let calls = recorder.dice.between(10, 28);
    for _ in 0..calls {
        let from = *recorder.dice.pick(&callers);
        let shape = Shape::answered(recorder.seconds(2, 7), recorder.seconds(120, 1100));
        recorder.forwarded(person, at, from, to, shape, Service::ForwardAlways);
        at += recorder.seconds(40, 700);
    }
    if !silent {
        recorder.change(Change::new(
            at + 600 * SECOND,
            person,
            What::Forwarding { from: Some(to), to: None },
        ));
    }
    let event = if silent { "no event" } else { "event seen" };
    let note =
        format!("forwarded to {country} at night ({event}), {calls} calls from {count} callers went through");
    Story { users: vec![person], numbers: vec![to], note }
}

/// Guesses at an attendant's voice mail, then calls through it to abroad.
pub(super) fn through_dialling(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let site = (target.instance as usize + recorder.dice.below(SITES.len() as u64) as usize) % SITES.len();
    let attendant = target.world.organisation.service(site, PartyKind::Attendant);
    let (country, shape) = *recorder.dice.pick(FRAUD_RANGES);
    let numbers = super::outbound::range(&mut recorder.dice, shape, 3);
    let caller = plans::of(SITES[site].country).mobile(&mut recorder.dice);
    let day = target.day(recorder, 1);
    let hour = recorder.dice.between(22, 26);
    let mut at: Millis = recorder.at(attendant, day, hour, 0);
    let guesses = recorder.dice.between(14, 30);
    for _ in 0..guesses {
        let menu = recorder.seconds(5, 22);
        recorder.attended(attendant, at, caller, menu, b'9', None);
        at += menu + recorder.seconds(4, 25);
    }
    at += recorder.seconds(300, 1200);
    let calls = recorder.dice.between(8, 20);
    for _ in 0..calls {
        let menu = recorder.seconds(6, 12);
        let shape = Shape::answered(recorder.seconds(2, 6), recorder.seconds(180, 1200));
        let to = *recorder.dice.pick(&numbers);
        recorder.attended(attendant, at, caller, menu, b'9', Some((Peer::Outside(to), shape)));
        at += recorder.seconds(60, 500);
    }
    let note = format!(
        "{guesses} short calls to the attendant from one number, then {calls} calls through it to {country}"
    );
    Story { users: vec![attendant], numbers, note }
}
