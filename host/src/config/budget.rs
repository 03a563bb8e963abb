//! What a plugin may use over time, and how much of the machine those outside the main group share.
//!
//! Owns the keys `plugins.<id>.budget` and `lanes`, their defaults and bounds. Does not own counting (`engine::ledger`)
//! or what follows (`engine::account`, `engine::service`). Limits of one call are [`super::Limits`].

use std::time::Duration;

use serde::Deserialize;

/// What one plugin may use. From 80 % of each on there is a warning.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Processor time per record in microseconds, calls into the host included. A plugin that takes longer leaves the main
    /// group and reads the log in a lane of its own, where it delays only itself. Built-in detectors take a tenth to half a
    /// microsecond, a Python plugin on five columns up to four: it keeps up with any traffic, and leaves the main group
    /// only while millions of records wait.
    pub record_us: f64,
    /// Most keys of stored state. The largest organisations have some 300,000 users; this leaves room for numbers.
    pub state_keys: u64,
    /// Most MiB of stored state, keys and values together: a thousand bytes for each of the keys.
    pub state_mib: u64,
    /// Most findings raised, changed or withdrawn within an hour of the log. Nobody reads ten thousand an hour, and an attack
    /// on every user of an organisation is still told in full.
    pub findings_per_hour: u64,
    /// Most log lines within an hour; further ones are not written. A line every four seconds is read by nobody.
    pub log_lines_per_hour: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            record_us: 2.0,
            state_keys: 1_000_000,
            state_mib: 1_024,
            findings_per_hour: 10_000,
            log_lines_per_hour: 1_000,
        }
    }
}

/// Largest value of the counts: anything above is a slip, and sums of it must not overflow.
const MOST: u64 = 1_000_000_000_000;

/// Least and most microseconds per record: below, a look at the clock decides; above, a day has not enough seconds for the
/// records of a small office.
const RECORD_US: std::ops::RangeInclusive<f64> = 0.05..=1_000_000.0;

impl Budget {
    /// The time per record.
    pub fn record(&self) -> Duration {
        Duration::from_nanos((self.record_us * 1_000.0) as u64)
    }

    /// The bytes of state.
    pub fn state_bytes(&self) -> u64 {
        self.state_mib.saturating_mul(1 << 20)
    }

    /// Whether all values make sense.
    ///
    /// # Errors
    /// Names the value and what is allowed.
    pub(super) fn check(&self) -> Result<(), String> {
        if !RECORD_US.contains(&self.record_us) {
            return Err(format!(
                "budget.record_us is {} but must be {} to {} (microseconds of processor time per record)",
                self.record_us,
                RECORD_US.start(),
                RECORD_US.end()
            ));
        }
        let counts = [
            ("state_keys", self.state_keys),
            ("state_mib", self.state_mib),
            ("findings_per_hour", self.findings_per_hour),
            ("log_lines_per_hour", self.log_lines_per_hour),
        ];
        for (key, value) in counts {
            if !(1..=MOST).contains(&value) {
                return Err(format!(
                    "budget.{key} is {value} but must be 1 to {MOST}; to stop a plugin altogether set enabled: false"
                ));
            }
        }
        Ok(())
    }
}

/// Plugins outside the main group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LanesConfig {
    /// How much of one processor core all lanes together may use while the main group is at work, in percent. While it is
    /// idle they have a core. The server reads the log for each lane, too, so that the others notice about twice as much.
    pub share_percent: u32,
}

impl Default for LanesConfig {
    fn default() -> Self {
        LanesConfig { share_percent: 5 }
    }
}

impl LanesConfig {
    /// Whether all values make sense.
    ///
    /// # Errors
    /// Names the value and what is allowed.
    pub(super) fn check(&self) -> Result<(), String> {
        if (1..=100).contains(&self.share_percent) {
            return Ok(());
        }
        Err(format!(
            "lanes.share_percent is {} but must be 1 to 100 (percent of one processor core)",
            self.share_percent
        ))
    }
}
