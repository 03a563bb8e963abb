//! Going over to another policy within a term, at a boundary between two checkpoints of the main group.
//!
//! Owns what can be done in place: other rules, other versions or settings of detectors of the main group, detectors that go,
//! detectors that come (they read the log from their own place first, behind the others). Does not own making them ready
//! (`engine::fit`), or what a policy is (`policy`).

use std::time::Instant;

use super::groups::{Behind, Reader};
use super::lead::Lead;
use super::{Changed, InForce, Restart, Service};
use crate::engine::Next;
use crate::engine::fit::{Fitter, form_of};
use crate::engine::log::{LogError, LogRun, Shared};
use crate::plugin::Plugin;
use crate::store::{StateForm, TakeOver};

use super::reload::How;

impl Service {
    /// Goes on with another policy if there is one; false if that takes a new start.
    pub(super) fn renew_policy(
        &self,
        lead: &Lead,
        run: &mut LogRun,
        policy: &mut InForce,
        behind: &mut Vec<Behind>,
        restart: &Restart,
    ) -> Result<bool, LogError> {
        let begun = Instant::now();
        let Some(change) = self.keeper.next(lead.epoch())? else { return Ok(true) };
        let (rules, fitted) = match change.how {
            How::Swap { rules, fitted } => (rules, fitted),
            How::Restart => {
                restart.begin();
                return Ok(false);
            }
        };
        let id_of =
            |plugins: &[Plugin]| -> Vec<String> { plugins.iter().map(|p| p.id().to_owned()).collect() };
        let (before, after) = (id_of(&policy.plugins), id_of(&change.now.plugins));
        let gone: Vec<String> = before.iter().filter(|id| !after.contains(id)).cloned().collect();
        let swapped: Vec<String> = fitted.iter().map(|f| f.plugin().id().to_owned()).collect();
        // One that is stopped, or catches up on a thread of its own, has more to it than an instance.
        if gone.iter().chain(&swapped).any(|id| !run.has(id)) {
            restart.begin();
            return Ok(false);
        }
        let new = change.now.plugins.iter().filter(|plugin| !before.iter().any(|id| id == plugin.id()));
        let come = |plugin: &Plugin| Behind { reader: Reader::Plugin(plugin.clone()), due: Instant::now() };
        let come: Vec<Behind> = new.map(come).collect();
        if !come.is_empty() {
            behind.extend(self.renew(come)?);
        }
        let generation = change.now.generation;
        let rules = rules.then(|| change.now.rules.clone());
        let done = run.swap(Next { generation, rules, fitted, gone })?;
        *policy = change.now;
        let pause = begun.elapsed();
        tracing::info!(
            generation,
            pause_micros = pause.as_micros() as u64,
            plugins = swapped.join(", "),
            "another policy is in force"
        );
        self.keeper.changed(Changed {
            generation,
            pause,
            swaps: done.swaps,
            plugins: swapped,
            restarted: false,
        });
        Ok(true)
    }

    /// Has the policy's versions of detectors take over from those that evaluated last. One that reads nothing of what is stored
    /// does not run: it would begin anew, and what it finds would not be what it says.
    pub(super) fn take_over(&self, lead: &Lead, policy: &mut InForce) -> Result<(), LogError> {
        let versions: Vec<StateForm> = policy.plugins.iter().map(form_of).collect();
        let taken = self.runtime.block_on(self.store.take_over(Some(lead.epoch()), &versions))?;
        for (version, taken) in versions.iter().zip(taken) {
            let detector = &version.plugin;
            match taken {
                TakeOver::Same => {}
                TakeOver::Kept { keys } => {
                    tracing::info!(
                        detector,
                        keys,
                        "state of the version before is kept, see 'ringfence state show'"
                    );
                }
                TakeOver::Back { keys } => {
                    tracing::info!(
                        detector,
                        keys,
                        "goes back to kept state, and reads the log again from there"
                    );
                }
                TakeOver::Refused { stored } => {
                    tracing::error!(detector, ?stored, reads = ?version.reads, "does not run: it does not read its stored state");
                    policy.plugins.retain(|plugin| plugin.id() != detector);
                }
            }
        }
        Ok(())
    }

    /// Takes a detector into the main group that has caught up to exactly where that stands; false if that takes a new start.
    pub(super) fn admit(
        &self,
        run: &mut LogRun,
        shared: &Shared,
        policy: &InForce,
        plugin: &Plugin,
    ) -> Result<bool, LogError> {
        let fitter = Fitter::new(shared.services(), shared.options.clone());
        match fitter.fit(plugin, &policy.config) {
            Ok(fitted) => {
                run.swap(Next { generation: policy.generation, fitted: vec![fitted], ..Next::default() })?;
                Ok(true)
            }
            Err(error) => {
                tracing::warn!(detector = plugin.id(), %error, "a detector could not be taken in; starting anew");
                Ok(false)
            }
        }
    }
}
