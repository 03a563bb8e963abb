//! Figures by rule. A rule gets its series when there is something to count: a thousand silent rules make none.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::Label;

/// Most rules with figures; each has at most two series.
pub const MAX_RULES: usize = 1_000;

/// Longest name shown, in bytes.
const MAX_NAME: usize = 128;

#[derive(Debug)]
pub(super) struct Rules {
    /// Those that have series.
    known: Mutex<BTreeSet<String>>,
    matches: Family<Label<String>, Counter>,
    failures: Family<Label<String>, Counter>,
}

impl Rules {
    pub(super) fn register(registry: &mut Registry) -> Rules {
        let r = registry.sub_registry_with_prefix("rule");
        let all = Rules { known: Mutex::default(), matches: Family::default(), failures: Family::default() };
        r.register("matches", "Records that a rule's detection matched", all.matches.clone());
        r.register("failures", "Records on which a rule's script failed", all.failures.clone());
        all
    }

    pub(super) fn add(&self, rule: &str, matches: u64, failures: u64) {
        let fits = !rule.is_empty() && rule.len() <= MAX_NAME && !rule.chars().any(char::is_control);
        if (matches == 0 && failures == 0) || !fits || !self.claim(rule) {
            return;
        }
        let label = [("rule", rule.to_owned())];
        for (family, count) in [(&self.matches, matches), (&self.failures, failures)] {
            if count > 0 {
                family.get_or_create(&label).inc_by(count);
            }
        }
    }

    /// Whether the rule may have series; takes its place if so.
    fn claim(&self, rule: &str) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(rule) || (known.len() < MAX_RULES && known.insert(rule.to_owned()))
    }
}
