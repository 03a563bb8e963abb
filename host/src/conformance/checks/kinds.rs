//! The kinds of events a manifest names, and those it does not.

use model::{Event, EventKind};

use super::super::drive::{Failed, Plan};
use super::super::{Lab, Told};
use super::differs;

pub(super) fn kinds(lab: &Lab<'_>, events: &[Event]) -> Told {
    let named = &lab.plugin.manifest().events;
    let wanted = match lab.reference(events) {
        Ok(run) => run,
        Err(Failed(reason)) => return Told::failed(reason),
    };
    for kind in EventKind::ALL.into_iter().filter(|kind| !named.contains(kind)) {
        if wanted.figures.kinds[kind as usize] > 0 {
            return Told::failed(format!(
                "{} events reach it, which its manifest does not name",
                kind.name()
            ));
        }
    }
    let only_named: Vec<Event> = events.iter().filter(|e| named.contains(&e.kind)).cloned().collect();
    // The others still move the watermark, so only what was found is compared.
    match lab.run(&only_named, Plan::default()) {
        Err(Failed(reason)) => return Told::failed(format!("without the kinds it does not name: {reason}")),
        Ok(found) => {
            if let Some(told) = differs(&wanted, &found, "without the kinds it does not name") {
                return told;
            }
        }
    }
    let mut told = Told::ok().compared(wanted.findings.len());
    for kind in named {
        let alone: Vec<Event> = events.iter().filter(|e| e.kind == *kind).cloned().collect();
        match lab.run(&alone, Plan { batch: 7, ..Plan::default() }) {
            Err(Failed(reason)) => return Told::failed(format!("{} events alone: {reason}", kind.name())),
            Ok(run) => told = told.figure(kind.name(), run.figures.rows as f64),
        }
    }
    told
}
