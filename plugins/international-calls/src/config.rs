//! The settings; `plugin.toml` says what each means.
//!
//! Owns their form and what must hold between them.

use ringfence_sdk::{HOUR, Millis};
use serde::Deserialize;

/// Settings; `plugin.toml` says what they mean.
#[allow(missing_docs, reason = "plugin.toml documents each setting")]
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub warm_days: i32,
    pub forget_days: i32,
    pub new_phase_days: i32,
    pub weight_new_organisation: f64,
    pub weight_new_user: f64,
    pub weight_new_range: f64,
    pub weight_risk: f64,
    pub weight_premium: f64,
    pub weight_odd: f64,
    pub weight_rate: f64,
    pub weight_overlap: f64,
    pub weight_neighbours: f64,
    pub weight_tests: f64,
    pub weight_minutes: f64,
    pub weight_drip: f64,
    pub weight_countries: f64,
    pub weight_repeated: f64,
    pub note_score: f64,
    pub low_score: f64,
    pub medium_score: f64,
    pub high_score: f64,
    pub critical_score: f64,
    pub free_calls_hour: f64,
    pub cold_calls_hour: f64,
    pub free_minutes_day: f64,
    pub test_seconds: u32,
    pub long_seconds: u32,
    pub repeated_calls: u32,
    pub many_countries: u32,
    pub premium_usual_days: u32,
    pub forest_days: i32,
    pub forest_calls: u32,
    pub forest_score: f64,
    pub night_from: u16,
    pub night_to: u16,
    pub burst_gap_hours: i64,
    pub gap_hours: i64,
    pub ring_seconds: u32,
    pub wave_users: usize,
    pub wave_minutes: i64,
    pub wave_gap_hours: i64,
    pub callbacks_critical: usize,
    pub callback_minutes_critical: u32,
    pub shared_users: usize,
    pub few_calls: u32,
    pub weight_shared: f64,
    pub weight_returned: f64,
}

impl Config {
    /// What the manifest's bounds cannot say.
    ///
    /// # Errors
    /// Names the settings that do not go together.
    pub fn check(&self) -> Result<(), String> {
        let scores = [
            ("note_score", self.note_score),
            ("low_score", self.low_score),
            ("medium_score", self.medium_score),
            ("high_score", self.high_score),
            ("critical_score", self.critical_score),
        ];
        if let Some(pair) = scores.windows(2).find(|pair| pair[0].1 > pair[1].1) {
            return Err(format!("{} must not be less than {}", pair[1].0, pair[0].0));
        }
        if self.long_seconds <= self.test_seconds {
            return Err("long_seconds must be more than test_seconds".to_owned());
        }
        if self.gap_hours < self.burst_gap_hours {
            return Err("gap_hours must not be less than burst_gap_hours".to_owned());
        }
        Ok(())
    }

    /// Hours at which night begins and ends.
    pub fn night(&self) -> (u16, u16) {
        (self.night_from, self.night_to)
    }

    /// After how long an episode closes.
    pub fn gap(&self, burst: bool) -> Millis {
        if burst { self.burst_gap_hours * HOUR } else { self.gap_hours * HOUR }
    }
}
