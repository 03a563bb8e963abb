//! What is in force, and how that changes while the service runs.
//!
//! Owns the boundary to whoever keeps the policy: the service asks between two checkpoints whether something else is in force now
//! and goes on with it. Does not own where policies come from or where they are stored (`policy`).

use std::sync::Arc;
use std::time::Duration;

use rules::{Kept, RuleSet};

use crate::config::Config;
use crate::engine::fit::{Fitted, Fitter};
use crate::plugin::Plugin;
use crate::store::StoreError;

/// What is in force.
#[derive(Clone)]
pub struct InForce {
    /// Its number; findings name it.
    pub generation: u64,
    /// The configuration.
    pub config: Arc<Config>,
    /// The detectors.
    pub plugins: Vec<Plugin>,
    /// The rules, maybe none.
    pub rules: Arc<RuleSet>,
}

impl std::fmt::Debug for InForce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "InForce(generation {}, {} plugins, {} rules)",
            self.generation,
            self.plugins.len(),
            self.rules.plans().len()
        )
    }
}

/// A change at a boundary. It is stored already.
#[derive(Debug)]
pub struct Change {
    /// What is in force from now on.
    pub now: InForce,
    /// How the engine goes over to it.
    pub how: How,
}

/// How an engine goes over to another policy.
#[derive(Debug)]
pub enum How {
    /// It starts anew from what is stored.
    Restart,
    /// What differs is put in its place, and the rest notices nothing.
    Swap {
        /// Whether the rules are others.
        rules: bool,
        /// Detectors that are others, ready for work.
        fitted: Vec<Fitted>,
    },
}

/// What a change did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// What is in force.
    pub generation: u64,
    /// How long no record was evaluated.
    pub pause: Duration,
    /// What became of each rule's windows, by name; empty after a restart.
    pub swaps: Vec<(String, Kept)>,
    /// Detectors that were replaced while the others worked; empty after a restart.
    pub plugins: Vec<String>,
    /// Whether the engine started anew.
    pub restarted: bool,
}

/// Keeps the policy.
pub trait Keeper: Send + Sync {
    /// In force as far as this process knows: at the start, and while another one evaluates.
    fn known(&self) -> InForce;

    /// This process has just taken the lease: what to evaluate with from now on. Called before each term.
    ///
    /// # Errors
    /// When the database fails.
    fn lead(&self, epoch: i64) -> Result<InForce, StoreError>;

    /// A term has begun: changes of detectors may be made ready with this until the next call of [`Keeper::lead`].
    fn begun(&self, fitter: Fitter);

    /// Called between two checkpoints of the main group and in every idle round: a change to make now. Must cost next to
    /// nothing when there is none.
    ///
    /// # Errors
    /// When the database fails; the service starts again from what is stored.
    fn next(&self, epoch: i64) -> Result<Option<Change>, StoreError>;

    /// The change is done; after a restart, when the new term has begun.
    fn changed(&self, done: Changed);
}

/// A policy that never changes.
#[derive(Debug)]
pub struct Fixed(pub InForce);

impl Keeper for Fixed {
    fn known(&self) -> InForce {
        self.0.clone()
    }

    fn lead(&self, _: i64) -> Result<InForce, StoreError> {
        Ok(self.0.clone())
    }

    fn begun(&self, _: Fitter) {}

    fn next(&self, _: i64) -> Result<Option<Change>, StoreError> {
        Ok(None)
    }

    fn changed(&self, _: Changed) {}
}
