//! Settings.
//!
//! Owns their names and what must hold between them; bounds and meanings are in `plugin.toml`.

use serde::Deserialize;

/// Settings; `plugin.toml` says what they mean.
#[allow(missing_docs, reason = "plugin.toml documents each setting")]
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub calls: u32,
    pub margin_minutes: i64,
    pub late_hours: i64,
    pub day_begins_hour: i64,
    pub usual_chance: f64,
    pub prior_days: f64,
    pub near_chance: f64,
    pub late_chance: f64,
    pub day_off_chance: f64,
    pub night_chance: f64,
    pub own_chance: f64,
    pub own_days: i32,
    pub learn_days: i32,
    pub organisation_days: u32,
    pub organisation_learn_days: i32,
    pub organisation_usual_factor: f64,
    pub organisation_never_factor: f64,
    pub country_days: u32,
    pub country_settle_days: i32,
    pub country_forget_days: i32,
    pub new_country_points: f64,
    pub usual_country_points: f64,
    pub usual_number_points: f64,
    pub premium_points: f64,
    pub recent_factor: f64,
    pub repeat_factor: f64,
    pub vain_seconds: u32,
    pub mobile_factor: f64,
    pub colleague_factor: f64,
    pub low_points: f64,
    pub medium_points: f64,
    pub high_points: f64,
    pub critical_points: f64,
    pub night_calls: f64,
    pub late_calls: f64,
    pub bunching: f64,
    pub low_surprise: f64,
    pub medium_surprise: f64,
    pub high_surprise: f64,
    pub quiet_hours: i64,
}

impl Config {
    /// Checks what the bounds of single settings cannot say.
    ///
    /// # Errors
    /// When thresholds do not rise with severity.
    pub fn check(&self) -> Result<(), String> {
        let rising = |name: &str, steps: &[f64]| match steps.is_sorted() {
            true => Ok(()),
            false => Err(format!("{name} must rise from low to critical: {steps:?}")),
        };
        let c = self;
        rising("points", &[c.low_points, c.medium_points, c.high_points, c.critical_points])?;
        rising("surprise", &[c.low_surprise, c.medium_surprise, c.high_surprise])
    }
}
