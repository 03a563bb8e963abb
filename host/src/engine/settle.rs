//! What becomes of a checkpoint's reports before they are one: who was too slow, who is judged.
//!
//! Owns the types between the two halves of a checkpoint. Does not own budgets (`ledger`, `account`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Engine;
use super::account::Account;
use super::worker::Report;

/// A detector that was too slow for the main group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The detector.
    pub detector: String,
    /// Whether it had seen everything up to this checkpoint; otherwise nothing of its since the last one is in there.
    pub is_level: bool,
}

/// What the workers say at a checkpoint, before it is decided what of it counts.
#[derive(Debug)]
pub struct Collected(pub(super) Vec<Report>);

impl Collected {
    /// What each detector on each worker reports.
    pub fn reports(&self) -> &[Report] {
        &self.0
    }
}

impl Engine {
    /// Who must leave the main group now, those that are stopped apart.
    pub(super) fn left(&self, reports: &[Report], stopped: &[(String, String)]) -> Vec<Left> {
        let slow = self.accounts.iter().filter(|(id, account)| {
            account.leaves()
                && !stopped.iter().any(|(stopped, _)| stopped == *id)
                && reports.iter().any(|r| r.detector == **id)
        });
        let left = slow.map(|(id, _)| Left {
            detector: id.clone(),
            is_level: !reports.iter().any(|r| r.detector == *id && r.leaves),
        });
        left.collect()
    }

    /// What each detector has used and may use.
    pub fn accounts(&self) -> &BTreeMap<String, Arc<Account>> {
        &self.accounts
    }

    /// From now on findings belong to `generation`.
    pub fn set_generation(&mut self, generation: u64) {
        self.generation = generation;
    }
}
