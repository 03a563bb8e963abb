//! Figures by detector: the only metrics with a label that is not a fixed word.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::Label;

/// Most detectors with figures. Ten times what anybody runs; each has some twenty series.
pub const MAX_DETECTORS: usize = 256;

/// Longest id shown.
const MAX_ID: usize = 64;

/// What one detector has done since the process started, and has now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectorFigures {
    /// Rows shown to it.
    pub rows: u64,
    /// Time spent in it.
    pub time: Duration,
    /// Traps, deadlines and limits it ran into.
    pub failures: u64,
    /// Records set aside because it fails on them.
    pub parked: u64,
    /// Memory of its instances now.
    pub memory_bytes: u64,
    /// Keys of its state now.
    pub state_keys: u64,
    /// Whether it was stopped.
    pub quarantined: bool,
}

type OfDetector<M> = Family<Label<String>, M>;

#[derive(Debug)]
pub(super) struct Detectors {
    /// Those that have series.
    known: Mutex<BTreeSet<String>>,
    rows: OfDetector<Counter>,
    time: OfDetector<Counter<f64, AtomicU64>>,
    failures: OfDetector<Counter>,
    parked: OfDetector<Counter>,
    memory: OfDetector<Gauge>,
    keys: OfDetector<Gauge>,
    quarantined: OfDetector<Gauge>,
}

impl Detectors {
    pub(super) fn register(registry: &mut Registry) -> Detectors {
        let r = registry.sub_registry_with_prefix("detector");
        let all = Detectors {
            known: Mutex::default(),
            rows: Family::default(),
            time: Family::default(),
            failures: Family::default(),
            parked: Family::default(),
            memory: Family::default(),
            keys: Family::default(),
            quarantined: Family::default(),
        };
        r.register("rows", "Rows shown to the detector", all.rows.clone());
        r.register_with_unit("time", "Time spent in the detector", Unit::Seconds, all.time.clone());
        r.register("failures", "Traps, deadlines and limits", all.failures.clone());
        r.register("parked", "Records set aside because the detector fails on them", all.parked.clone());
        r.register_with_unit("memory", "Memory of its instances", Unit::Bytes, all.memory.clone());
        r.register("state_keys", "Keys of its state", all.keys.clone());
        r.register("quarantined", "1 while the detector is stopped", all.quarantined.clone());
        all
    }

    pub(super) fn set(&self, id: &str, figures: &DetectorFigures) {
        if !self.has_place(id) {
            return;
        }
        let label = [("detector", id.to_owned())];
        let whole = |family: &OfDetector<Counter>, total: u64| {
            family.get_or_create(&label).inner().store(total, Ordering::Relaxed);
        };
        whole(&self.rows, figures.rows);
        whole(&self.failures, figures.failures);
        whole(&self.parked, figures.parked);
        let seconds = figures.time.as_secs_f64();
        self.time.get_or_create(&label).inner().store(seconds.to_bits(), Ordering::Relaxed);
        let gauge = |family: &OfDetector<Gauge>, value: u64| {
            family.get_or_create(&label).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        gauge(&self.memory, figures.memory_bytes);
        gauge(&self.keys, figures.state_keys);
        gauge(&self.quarantined, u64::from(figures.quarantined));
    }

    /// Whether the id may be a label, and there is room for it.
    pub(super) fn has_place(&self, id: &str) -> bool {
        let fits = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && (1..=MAX_ID).contains(&id.len());
        fits && self.claim(id)
    }

    /// Whether the detector may have series; takes its place if so.
    fn claim(&self, id: &str) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(id) || (known.len() < MAX_DETECTORS && known.insert(id.to_owned()))
    }
}
