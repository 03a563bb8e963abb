//! Where the host cuts (batches, checkpoints, restarts, workers) must not show.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Event, Finding, NameTable};

use super::super::drive::{Failed, LATENESS, Plan, settled};
use super::super::traffic::shift;
use super::super::{Lab, Told, compare};
use super::same;
use crate::engine::book::Book;
use crate::engine::memory::MemoryState;
use crate::engine::spool::Chunk;
use crate::engine::{Engine, Options};
use crate::plugin::Services;

/// Most events made for a row of the longest batch, where the manifest's filter lets little through.
const MAX_EVENTS_PER_ROW: usize = 4;
/// Rows between two restarts: some hundred of them in two weeks.
const RESTART_ROWS: usize = 64;

pub(super) fn traffic(lab: &Lab<'_>, events: &[Event]) -> Told {
    match lab.reference(events) {
        Err(Failed(reason)) => Told::failed(reason),
        Ok(run) => Told::ok()
            .compared(run.findings.len())
            .figure("records", events.len() as f64)
            .figure("rows", run.figures.rows as f64)
            .figure("findings", run.findings.len() as f64),
    }
}

pub(super) fn batches(lab: &Lab<'_>, events: &[Event]) -> Told {
    let cut = |batch| Plan { batch, ..Plan::default() };
    let runs = [("batches of 1 row", cut(1)), ("batches of 7 rows", cut(7)), ("batches of 64 rows", cut(64))];
    let told = same(lab, events, Plan::default(), &runs);
    if told.verdict != super::super::Verdict::Ok {
        return told;
    }
    huge(lab, events).map_or_else(
        |Failed(reason)| Told::failed(reason),
        |(difference, compared)| match difference {
            Some(difference) => Told::failed(difference).compared(compared),
            None => Told::ok().compared(compared + told.compared.unwrap_or_default()),
        },
    )
}

/// A batch that long takes more than two weeks of traffic.
fn huge(lab: &Lab<'_>, events: &[Event]) -> Result<(Option<String>, usize), Failed> {
    let rows = lab.reference(events)?.figures.rows as usize;
    let huge = lab.options.huge_rows;
    let times =
        huge.div_ceil(rows.max(1)).min((MAX_EVENTS_PER_ROW * huge).div_ceil(events.len().max(1))).max(1);
    let mut runs = Vec::new();
    for batch in [crate::engine::detector::BATCH_ROWS, huge] {
        let plan = Plan { batch, checkpoint: 0, ..Plan::default() };
        let mut drive = super::super::drive::Drive::start(lab, &lab.traffic.texts, plan)?;
        let mut more = events.to_vec();
        for _ in 0..times {
            drive.feed(&more)?;
            shift(&mut more, 1);
        }
        runs.push(drive.finish().map_err(|Failed(m)| Failed(format!("a batch of {batch} rows: {m}")))?);
    }
    let difference =
        compare::difference(&runs[0].findings, &runs[1].findings, &format!("batches of {huge} rows"));
    Ok((difference, runs[0].findings.len()))
}

pub(super) fn empty(lab: &Lab<'_>, events: &[Event]) -> Told {
    let plan = Plan { batch: 100, checkpoint: 5, ..Plan::default() };
    let runs = [("with empty batches first, between and last", Plan { empty: true, ..plan })];
    same(lab, events, plan, &runs)
}

pub(super) fn restart(lab: &Lab<'_>, events: &[Event]) -> Told {
    let never = Plan { batch: RESTART_ROWS, checkpoint: 0, ..Plan::default() };
    let often = Plan { checkpoint: 1, ..never };
    let runs = [
        ("with a checkpoint after every batch", often),
        ("with a checkpoint and a new instance after every batch", Plan { restart: true, ..often }),
    ];
    same(lab, events, never, &runs)
}

/// The engine itself, as it divides rows among threads.
pub(super) fn workers(lab: &Lab<'_>, events: &[Event]) -> Told {
    let mut all = Vec::new();
    for workers in [1, 4] {
        match engine(lab, events, workers) {
            Ok(findings) => all.push(findings),
            Err(Failed(reason)) => return Told::failed(format!("{workers} workers: {reason}")),
        }
    }
    if let Some(difference) = compare::difference(&all[0], &all[1], "four workers instead of one") {
        return Told::failed(difference).compared(all[0].len());
    }
    Told::ok().compared(all[0].len())
}

fn engine(lab: &Lab<'_>, events: &[Event], workers: usize) -> Result<BTreeMap<String, Finding>, Failed> {
    let failed = |e: &dyn std::fmt::Display| Failed(e.to_string());
    let state = Arc::new(MemoryState::default());
    let services = Services {
        names: Arc::new(NameTable::restore(lab.traffic.texts.iter().cloned())),
        directory: lab.traffic.directory.clone(),
        state: state.clone(),
    };
    let mut config = lab.traffic.config.clone();
    config.plugins.insert(lab.plugin.id().to_owned(), lab.settings.clone());
    let options = Options { workers, lateness: LATENESS, generation: 1 };
    let plugins = std::slice::from_ref(lab.plugin);
    let mut engine = Engine::start(plugins, None, &config, &services, &options).map_err(|e| failed(&e))?;
    let mut book = Book::default();
    // As a scan: some checkpoints on the way.
    let stretch = events.len().div_ceil(4).max(1);
    for part in events.chunks(stretch) {
        let mut chunk = Chunk::default();
        part.iter().for_each(|event| chunk.push_event(engine.layout(), event));
        engine.push(chunk).map_err(|e| failed(&e))?;
        let checkpoint = engine.checkpoint().map_err(|e| failed(&e))?;
        if let Some((_, reason)) = checkpoint.quarantined.first() {
            return Err(failed(reason));
        }
        if let Some(parked) = checkpoint.parked.first() {
            return Err(Failed(format!("a record was set aside: {}", parked.reason)));
        }
        checkpoint.state.iter().for_each(|(detector, change)| state.apply(detector, change));
        book.take(checkpoint.outputs);
    }
    engine.stop();
    Ok(book.into_findings().into_iter().map(|f| (f.id.clone(), settled(f))).collect())
}
