//! The checks by name, in the order in which they run.

pub(super) mod cuts;
pub(super) mod hostile;
pub(super) mod kinds;
pub(super) mod limits;
pub(super) mod long;
pub(super) mod order;
pub(super) mod settings;

use model::Event;

use super::drive::{Failed, Plan, Run};
use super::{Lab, Told, compare};

/// One check.
pub struct Check {
    /// What it is asked for by.
    pub name: &'static str,
    /// What it holds the plugin to.
    pub promise: &'static str,
    pub(super) run: fn(&Lab<'_>, &[Event]) -> Told,
    /// Whether a smaller input tells more.
    pub(super) shrinks: bool,
}

/// The check that all others stand on.
pub(super) const TRAFFIC: &str = "traffic";

macro_rules! checks {
    ($( $name:literal, $run:path, $shrinks:literal, $promise:literal; )*) => {
        /// Every check.
        pub(super) const ALL: &[Check] = &[
            $( Check { name: $name, promise: $promise, run: $run, shrinks: $shrinks }, )*
        ];
        /// Their names.
        pub const NAMES: &[&str] = &[$($name),*];
    };
}

checks! {
    "traffic", cuts::traffic, true, "takes two weeks of ordinary records with attacks among them, and finds something";
    "deterministic", order::deterministic, true, "two instances with the same input say the same, byte for byte";
    "handles", order::handles, true, "which numbers the handles of names are does not show";
    "shuffled", order::shuffled, true, "any order of arrival within the allowed lateness ends in the same findings";
    "repeated", order::repeated, true, "a record that comes again changes nothing";
    "batches", cuts::batches, true, "where batches are cut does not show: at 1, 7, 64 and 65,536 rows";
    "empty", cuts::empty, true, "batches without rows change nothing: first, between, last";
    "restart", cuts::restart, true, "a checkpoint and a new instance at every batch boundary change nothing";
    "workers", cuts::workers, true, "one worker and four find the same: what it keeps belongs to what it is partitioned by";
    "kinds", kinds::kinds, true, "takes every kind of event its manifest names, alone; other kinds do not reach it";
    "absent", hostile::absent, true, "any column may be absent or zero, and all of them";
    "extremes", hostile::extremes, true, "any number and time may be as large or small as its type allows";
    "texts", hostile::texts, true, "names and texts may hold anything: control characters, other scripts, 64 KiB";
    "horizon", hostile::horizon, true, "the horizon may jump by years; what was found stays";
    "memory", limits::memory, false, "memory does not grow with the number of records";
    "state", limits::state, false, "what is stored is bounded by what it is about, not by the number of records";
    "output", limits::output, false, "no call says half of what a call may say";
    "time", limits::time, false, "time per record within the budget, no call over half of its deadline";
    "settings", settings::settings, false, "starts and works with each setting at each end of its range; what is outside is refused";
}

/// Runs that must end as the one by `plan` does.
fn same(lab: &Lab<'_>, events: &[Event], plan: Plan, runs: &[(&str, Plan)]) -> Told {
    let wanted = match lab.run(events, plan) {
        Ok(run) => run,
        Err(Failed(reason)) => return Told::failed(reason),
    };
    let mut compared = 0;
    for (how, plan) in runs {
        match lab.run(events, *plan) {
            Err(Failed(reason)) => return Told::failed(format!("{how}: {reason}")),
            Ok(found) => {
                if let Some(told) = differs(&wanted, &found, how) {
                    return told;
                }
                compared += found.findings.len();
            }
        }
    }
    Told::ok().compared(compared)
}

fn differs(wanted: &Run, found: &Run, how: &str) -> Option<Told> {
    compare::difference(&wanted.findings, &found.findings, how)
        .map(|difference| Told::failed(difference).compared(wanted.findings.len()))
}

/// A number that looks like chance and is the same for the same seed and thing.
fn mix(seed: u64, thing: u128) -> u64 {
    let mut x = seed ^ (thing as u64) ^ ((thing >> 64) as u64).rotate_left(31);
    // splitmix64: every bit of the input moves every bit of the output.
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
