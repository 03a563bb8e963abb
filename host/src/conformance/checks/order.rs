//! The order in which records arrive, and that they arrive again, must not show.

use model::fields::well_known::FIRST_DYNAMIC;
use model::{Event, FieldId, Name};

use super::super::drive::{Failed, LATENESS, Plan};
use super::super::traffic::renumber;
use super::super::{Lab, Told};
use super::{differs, mix};

/// Of a hundred records: held up on their way, and delivered again.
const HELD_UP: u64 = 40;
const REPEATED: u64 = 25;
/// Different orders tried.
const ORDERS: u64 = 3;

pub(super) fn deterministic(lab: &Lab<'_>, events: &[Event]) -> Told {
    let again = || lab.run(events, Plan { transcript: true, ..Plan::default() });
    match (lab.reference(events), again()) {
        (Err(Failed(reason)), _) | (_, Err(Failed(reason))) => Told::failed(reason),
        (Ok(one), Ok(two)) => match differs(&one, &two, "the second instance") {
            Some(told) => told,
            None if one.transcript != two.transcript => Told::failed(
                "the second instance: the findings are the same in the end, but not what was said or stored on the way",
            ),
            None => Told::ok().compared(one.findings.len()),
        },
    }
}

/// As in another database, where names became known in another order.
pub(super) fn handles(lab: &Lab<'_>, events: &[Event]) -> Told {
    let texts = &lab.traffic.texts;
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|index| mix(lab.options.seed, *index as u128));
    let mut places = vec![0u32; texts.len()];
    order.iter().enumerate().for_each(|(place, index)| places[*index] = place as u32);
    let moved: Vec<String> = order.iter().map(|index| texts[*index].clone()).collect();
    let mut other = events.to_vec();
    renumber(&mut other, |name| {
        let known = places.get((name.0 - FIRST_DYNAMIC) as usize);
        known.map_or(name, |place| Name(FIRST_DYNAMIC + place))
    });
    match (lab.reference(events), lab.run_with(&other, &moved, Plan::default())) {
        (Err(Failed(reason)), _) | (_, Err(Failed(reason))) => Told::failed(reason),
        (Ok(one), Ok(two)) => differs(&one, &two, "names with other handles")
            .unwrap_or_else(|| Told::ok().compared(one.findings.len())),
    }
}

pub(super) fn shuffled(lab: &Lab<'_>, events: &[Event]) -> Told {
    let wanted = match lab.reference(events) {
        Ok(run) => run,
        Err(Failed(reason)) => return Told::failed(reason),
    };
    for round in 0..ORDERS {
        let seed = lab.options.seed.wrapping_add(round);
        match lab.run(&arrivals(events, seed), Plan::default()) {
            Err(Failed(reason)) => return Told::failed(format!("in another order: {reason}")),
            Ok(found) => {
                if let Some(told) = differs(&wanted, &found, "in another order") {
                    return told;
                }
            }
        }
    }
    Told::ok().compared(wanted.findings.len() * ORDERS as usize)
}

/// Some records held up, a third of those as long as is allowed: none comes when one was seen that was reported more than the
/// lateness after its start.
fn arrivals(events: &[Event], seed: u64) -> Vec<Event> {
    let mut order: Vec<(i64, u64, usize)> = Vec::with_capacity(events.len());
    for (index, event) in events.iter().enumerate() {
        let (start, report) = (event.int(FieldId::start_time), event.int(FieldId::report_time));
        let most = start.saturating_add(LATENESS).saturating_sub(report).max(0);
        let dice = mix(seed, event.id.0);
        let delay = match dice % 100 {
            0..HELD_UP if (dice >> 8).is_multiple_of(3) => most,
            0..HELD_UP => ((dice >> 10) % (most as u64 + 1)) as i64,
            _ => 0,
        };
        order.push((report.saturating_add(delay), dice, index));
    }
    order.sort_unstable();
    order.into_iter().map(|(_, _, index)| events[index].clone()).collect()
}

pub(super) fn repeated(lab: &Lab<'_>, events: &[Event]) -> Told {
    let wanted = match lab.reference(events) {
        Ok(run) => run,
        Err(Failed(reason)) => return Told::failed(reason),
    };
    // At once, or when some hundred others have come; later than the lateness the host drops it anyway.
    let mut order: Vec<(usize, usize)> = Vec::with_capacity(events.len() * 5 / 4);
    for (index, event) in events.iter().enumerate() {
        order.push((index, index));
        let dice = mix(lab.options.seed, event.id.0);
        if dice % 100 < REPEATED {
            let later = if (dice >> 8).is_multiple_of(2) { 0 } else { (dice >> 10) as usize % 700 };
            order.push(((index + later).min(events.len() - 1), index));
        }
    }
    order.sort_by_key(|(at, _)| *at);
    let again: Vec<Event> = order.into_iter().map(|(_, index)| events[index].clone()).collect();
    match lab.run(&again, Plan::default()) {
        Err(Failed(reason)) => Told::failed(format!("with records repeated: {reason}")),
        Ok(found) => differs(&wanted, &found, "with records repeated")
            .unwrap_or_else(|| Told::ok().compared(wanted.findings.len())),
    }
}
