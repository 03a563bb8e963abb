//! Attacks by redirection: forwarding set to a far number, and dialling out through an attendant.

use model::Millis;

use super::outbound::range;
use super::when::{self, Manner, UNWATCHED, WHENEVER};
use super::{Story, Target, has_role, sign_ins};
use crate::demo::calendar::{HOUR, MINUTE, SECOND};
use crate::demo::change::{Change, RESETS, What};
use crate::demo::leg::{Peer, Service};
use crate::demo::organisation::{PartyKind, Role};
use crate::demo::plans::{self, FRAUD_RANGES, PREMIUM_RANGES};
use crate::demo::recorder::{Recorder, Shape};
use crate::demo::sites::SITES;

/// What is seen of how the thief got in: of sign-ins, of a reset, or nothing. Ends before `at`.
fn break_in(recorder: &mut Recorder<'_>, person: u32, at: Millis) -> &'static str {
    let before = at - recorder.dice.scaled(2, 1200) * MINUTE;
    let ip = format!("203.0.113.{}", recorder.dice.between(2, 250));
    match recorder.dice.below(10) {
        0..3 => {
            let tries = recorder.dice.between(3, 14);
            sign_ins(recorder, person, before - 10 * MINUTE, tries, &ip);
            "after failed sign-ins"
        }
        3..5 => {
            let text = *recorder.dice.pick(&RESETS);
            recorder.change(Change::new(before, person, What::Reset { ip, text }));
            "after a reset of the password"
        }
        _ => "nothing seen before",
    }
}

/// Forwarding always is set abroad; then a few callers ring the extension again and again.
pub(super) fn forwarding_fraud(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let person =
        target.person(recorder, has_role(&[Role::Office, Role::Finance, Role::Executive, Role::Sales]));
    let site = target.world.organisation.party(person).site;
    let premium = recorder.dice.chance(0.2);
    let (country, shape) = *recorder.dice.pick(if premium { PREMIUM_RANGES } else { FRAUD_RANGES });
    let to = plans::number(&mut recorder.dice, shape);
    let home = plans::of(SITES[site].country);
    let count = recorder.dice.between(1, 6);
    let callers: Vec<u64> = (0..count)
        .map(|_| {
            if recorder.dice.chance(0.7) {
                home.mobile(&mut recorder.dice)
            } else {
                home.fixed(&mut recorder.dice)
            }
        })
        .collect();
    let changed = when::begin(recorder, target, person, UNWATCHED, 1);
    let break_in = break_in(recorder, person, changed);
    // A phone's own code leaves no event, at most the call of the code: every third is seen in the records only.
    let silent = target.instance % 3 == 2;
    let change = |from, to| Change::new(changed, person, What::Forwarding { from, to });
    if !silent {
        let set = change(None, Some(to));
        // An administrator's account is stolen as well now and then.
        let administrator = recorder.dice.below(u64::from(target.world.organisation.people)) as u32;
        let by_another = recorder.dice.chance(0.2);
        recorder.change(if by_another { set.by(administrator) } else { set });
    } else if recorder.dice.chance(0.5) {
        /// Place of the code that sets forwarding among the codes.
        const FORWARD: u8 = 3;
        let device = target.world.organisation.party(person).devices.0;
        let shape = Shape::answered(100, recorder.seconds(2, 9));
        recorder.outbound(person, device, changed, Peer::Code(FORWARD), shape);
    }
    let mut at = changed + recorder.dice.scaled(40, 9 * 3600) * SECOND;
    let manner = Manner::costly(&mut recorder.dice, 20, 900);
    let calls = recorder.dice.scaled(4, 60);
    for index in 0..calls {
        let from = *recorder.dice.pick(&callers);
        // The first goes through: a thief who is not paid goes elsewhere.
        let drawn = manner.shape(&mut recorder.dice);
        let shape = if index == 0 { Shape::answered(3 * SECOND, recorder.seconds(30, 300)) } else { drawn };
        recorder.forwarded(person, at, from, to, shape, Service::ForwardAlways);
        at += manner.gap(&mut recorder.dice);
    }
    if !silent && recorder.dice.chance(0.5) {
        let undone = Change { at: at + recorder.seconds(300, 7200), ..change(Some(to), None) };
        recorder.change(undone);
    }
    let event = if silent { "no event" } else { "event seen" };
    let note = format!(
        "forwarded to {country} ({event}, {break_in}), {calls} calls from {count} callers went through"
    );
    Story { users: vec![person], numbers: vec![to], note }
}

/// Guesses at an attendant's voice mail, then calls through it to abroad.
pub(super) fn through_dialling(recorder: &mut Recorder<'_>, target: &mut Target<'_>) -> Story {
    let site = (target.instance as usize + recorder.dice.below(SITES.len() as u64) as usize) % SITES.len();
    let attendant = target.world.organisation.service(site, PartyKind::Attendant);
    let (country, shape) = *recorder.dice.pick(FRAUD_RANGES);
    let wanted = recorder.dice.scaled(1, 8) as u64;
    let numbers = range(&mut recorder.dice, shape, wanted);
    let home = plans::of(SITES[site].country);
    let callers: Vec<u64> =
        (0..recorder.dice.between(1, 3)).map(|_| home.mobile(&mut recorder.dice)).collect();
    let mut at: Millis = when::begin(recorder, target, attendant, WHENEVER, 1);
    let guesses = recorder.dice.scaled(4, 60);
    for _ in 0..guesses {
        let menu = recorder.seconds(5, 22);
        let caller = *recorder.dice.pick(&callers);
        recorder.attended(attendant, at, caller, menu, b'9', None);
        at += menu + recorder.seconds(4, 45);
    }
    at += recorder.dice.between(5, 180) * MINUTE;
    let manner = Manner::costly(&mut recorder.dice, 40, 600);
    let calls = recorder.dice.scaled(5, 40);
    for _ in 0..calls {
        let menu = recorder.seconds(6, 12);
        let caller = *recorder.dice.pick(&callers);
        let shape = manner.shape(&mut recorder.dice);
        let to = *recorder.dice.pick(&numbers);
        recorder.attended(attendant, at, caller, menu, b'9', Some((Peer::Outside(to), shape)));
        at += manner.gap(&mut recorder.dice).min(HOUR);
    }
    let note = format!(
        "{guesses} short calls to the attendant from outside, then {calls} calls through it to {country}"
    );
    Story { users: vec![attendant], numbers, note }
}
