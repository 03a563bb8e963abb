//! Floors: what the figures must reach at least, or may reach at most.
//!
//! Owns the form of a floor file (TOML or JSON) and the comparison. Does not own the figures.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::EvalError;
use super::report::{Report, Scenario, Spread};

/// A floor file. What it does not name is not checked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Floors {
    /// Least recall by kind of attack, 0 to 1.
    pub recall: BTreeMap<String, f64>,
    /// Most records of the attack that had been reported when it was found, by kind: the worst case.
    pub max_records_reported: BTreeMap<String, f64>,
    /// Most minutes until it was found, by kind: the worst case.
    pub max_delay_minutes: BTreeMap<String, f64>,
    /// Greatest share of cases with a finding at high or above, by kind of look-alike; `all` is all kinds together.
    pub max_lookalikes_high: BTreeMap<String, f64>,
    /// User-days.
    pub user_days: UserDayFloors,
    /// Findings per attack and detector, whatever their severity.
    pub findings_per_episode: EpisodeFloors,
}

/// Limits of user-days.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserDayFloors {
    /// Most false background days per 1,000 user-days at medium and above.
    pub max_false_background_medium: Option<f64>,
    /// The same at high and above.
    pub max_false_background_high: Option<f64>,
    /// Most false look-alike days per 1,000 user-days at medium and above.
    pub max_false_lookalikes_medium: Option<f64>,
    /// The same at high and above.
    pub max_false_lookalikes_high: Option<f64>,
    /// Least precision at medium and above.
    pub min_precision_medium: Option<f64>,
    /// The same at high and above.
    pub min_precision_high: Option<f64>,
    /// Least recall at medium and above.
    pub min_recall_medium: Option<f64>,
    /// The same at high and above.
    pub min_recall_high: Option<f64>,
}

/// Limits of findings per attack and detector.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EpisodeFloors {
    /// Most in the middle.
    pub max_median: Option<f64>,
    /// Most at all.
    pub max: Option<f64>,
    /// Most about one subject.
    pub max_about_one: Option<f64>,
}

impl Floors {
    /// Reads a floor file: JSON if its name ends so, else TOML.
    ///
    /// # Errors
    /// When it cannot be read or has an unknown key: with file, line and what is expected.
    pub fn load(path: &Path) -> Result<Floors, EvalError> {
        let fail = |what: String| EvalError::Floor(format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| fail(format!("cannot be read: {e}")))?;
        let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        if json {
            serde_json::from_str(&text).map_err(|e| fail(e.to_string()))
        } else {
            Floors::from_toml(&text).map_err(fail)
        }
    }

    /// Reads the TOML form.
    ///
    /// # Errors
    /// When it is no TOML or has an unknown key.
    pub fn from_toml(text: &str) -> Result<Floors, String> {
        toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())
    }

    /// What falls below, in words; empty if nothing does. A kind that was not planted falls below.
    pub fn check(&self, report: &Report) -> Vec<String> {
        let mut checks = Checks(Vec::new());
        let scenario = |kind: &str| report.scenarios.iter().find(|s| s.kind == kind);
        for (kind, least) in &self.recall {
            checks.at_least(&format!("recall of {kind}"), scenario(kind).map(|s| s.recall), *least);
        }
        let worst = |kind: &str, figure: fn(&Scenario) -> Option<Spread>| {
            scenario(kind).map(|s| figure(s).map_or(0.0, |spread| spread.max))
        };
        for (kind, most) in &self.max_records_reported {
            let figure = worst(kind, |s| s.records_reported);
            checks.at_most(&format!("records of {kind} before it was found"), figure, *most);
        }
        for (kind, most) in &self.max_delay_minutes {
            let figure = worst(kind, |s| s.delay_minutes);
            checks.at_most(&format!("minutes until {kind} was found"), figure, *most);
        }
        for (kind, most) in &self.max_lookalikes_high {
            let figure = lookalikes_high(report, kind);
            checks.at_most(&format!("share of {kind} look-alikes at high or above"), figure, *most);
        }
        self.user_days.check(report, &mut checks);
        for line in &report.findings_per_episode {
            let what = format!("findings of {} per attack", line.detector);
            checks.limit(&format!("{what}, median"), line.any.median, self.findings_per_episode.max_median);
            checks.limit(&format!("{what}, most"), line.any.max, self.findings_per_episode.max);
            let most = self.findings_per_episode.max_about_one;
            checks.limit(&format!("{what}, most about one subject"), line.about_one as f64, most);
        }
        checks.0
    }
}

/// Share of a kind's cases with a finding at high or above.
fn lookalikes_high(report: &Report, kind: &str) -> Option<f64> {
    let lines = || report.lookalikes.iter().filter(|l| kind == "all" || l.kind == kind);
    let cases: u64 = lines().map(|l| l.cases).sum();
    (cases > 0).then(|| lines().map(|l| l.high).sum::<u64>() as f64 / cases as f64)
}

impl UserDayFloors {
    fn check(&self, report: &Report, checks: &mut Checks) {
        let (medium, high) = (&report.user_days.medium, &report.user_days.high);
        let most = [
            (
                "false background user-days per 1,000 at medium",
                medium.false_background_per_1000,
                self.max_false_background_medium,
            ),
            (
                "false background user-days per 1,000 at high",
                high.false_background_per_1000,
                self.max_false_background_high,
            ),
            (
                "false look-alike user-days per 1,000 at medium",
                medium.false_lookalikes_per_1000,
                self.max_false_lookalikes_medium,
            ),
            (
                "false look-alike user-days per 1,000 at high",
                high.false_lookalikes_per_1000,
                self.max_false_lookalikes_high,
            ),
        ];
        most.into_iter().for_each(|(what, figure, limit)| checks.limit(what, figure, limit));
        let least = [
            ("precision of user-days at medium", medium.precision, self.min_precision_medium),
            ("precision of user-days at high", high.precision, self.min_precision_high),
            ("recall of user-days at medium", medium.recall, self.min_recall_medium),
            ("recall of user-days at high", high.recall, self.min_recall_high),
        ];
        for (what, figure, limit) in least {
            if let Some(limit) = limit {
                checks.at_least(what, Some(figure), limit);
            }
        }
    }
}

/// What fell below so far.
struct Checks(Vec<String>);

impl Checks {
    fn at_least(&mut self, what: &str, figure: Option<f64>, least: f64) {
        match figure {
            Some(figure) if figure >= least => {}
            Some(figure) => self.0.push(format!("{what} is {figure:.3}, at least {least} wanted")),
            None => self.0.push(format!("{what} has a floor, but none is labelled")),
        }
    }

    fn at_most(&mut self, what: &str, figure: Option<f64>, most: f64) {
        match figure {
            Some(figure) if figure <= most => {}
            Some(figure) => self.0.push(format!("{what}: {figure:.3}, at most {most} wanted")),
            None => self.0.push(format!("{what} has a limit, but none is labelled")),
        }
    }

    fn limit(&mut self, what: &str, figure: f64, most: Option<f64>) {
        if let Some(most) = most {
            self.at_most(what, Some(figure), most);
        }
    }
}
