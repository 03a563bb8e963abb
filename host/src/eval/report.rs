//! The score as figures: what `eval --format json` prints and floors are checked against.
//!
//! Owns the names and meaning of the figures (docs/eval.md describes them; they are stable) and the sums over several
//! folders. Does not own how they look (`table`).

use std::collections::BTreeMap;

use model::Severity;
use serde::Serialize;

use super::cases::Case;
use super::days::{Counts, Days, Wrong};

/// Version of the JSON's form: raised when a figure changes its name or meaning, not when one is added.
pub const FORMAT: u32 = 1;

/// What one folder came to.
#[derive(Clone, Debug)]
pub struct Score {
    /// The folder and what was read.
    pub set: SetSummary,
    /// Its attacks.
    pub attacks: Vec<Case>,
    /// Its look-alikes.
    pub lookalikes: Vec<Case>,
    /// Its user-days.
    pub days: Days,
    /// Its findings that flag what they should not.
    pub wrong: Vec<Wrong>,
}

/// One folder.
#[derive(Clone, Debug, Serialize)]
pub struct SetSummary {
    /// The folder as named.
    pub folder: String,
    /// Seed, where the maker says it.
    pub seed: u64,
    /// Records and events evaluated, each once.
    pub records: u64,
    /// Records and events set aside because they cannot be read.
    pub set_aside: u64,
    /// Findings of all severities.
    pub findings: u64,
}

/// Middle and greatest of some figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle one; the mean of the two in the middle where the number is even.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    fn of(figures: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let max = *figures.last()?;
        let middle = figures.len() / 2;
        let median = if figures.len() % 2 == 1 {
            figures[middle]
        } else {
            (figures[middle - 1] + figures[middle]) / 2.0
        };
        Some(Spread { median, max })
    }
}

/// One kind of attack.
#[derive(Clone, Debug, Serialize)]
pub struct Scenario {
    /// Its name.
    pub kind: String,
    /// Episodes.
    pub planted: u64,
    /// Episodes with a finding at medium or above.
    pub found: u64,
    /// `found` by `planted`.
    pub recall: f64,
    /// Highest severity of any finding.
    pub severity: Option<Severity>,
    /// Episodes by the detectors that found them at medium or above.
    pub detectors: BTreeMap<String, u64>,
    /// Minutes from the first record to the first finding at medium or above.
    pub delay_minutes: Option<Spread>,
    /// Records of the episode that had started by then.
    pub records_started: Option<Spread>,
    /// Records of the episode that had been reported by then.
    pub records_reported: Option<Spread>,
}

/// One kind of look-alike.
#[derive(Clone, Debug, Serialize)]
pub struct LookAlike {
    /// Its name.
    pub kind: String,
    /// Episodes.
    pub cases: u64,
    /// Episodes with a finding at medium or above.
    pub medium: u64,
    /// Episodes with a finding at high or above.
    pub high: u64,
    /// `medium` by `cases`.
    pub share_medium: f64,
    /// `high` by `cases`.
    pub share_high: f64,
    /// Episodes by the detectors that flagged them at medium or above.
    pub detectors: BTreeMap<String, u64>,
}

/// Findings per attack and detector that saw it.
#[derive(Clone, Debug, Serialize)]
pub struct PerEpisode {
    /// The detector.
    pub detector: String,
    /// Attacks it has any finding on.
    pub episodes: u64,
    /// Findings of any severity on each.
    pub any: Spread,
    /// Most about one subject.
    pub about_one: u64,
    /// Findings at medium or above on each that has one.
    pub medium: Option<Spread>,
}

/// User-days at one severity and above.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    /// Flagged days.
    pub flagged: u64,
    /// Flagged days that are right.
    pub right: u64,
    /// `right` by `flagged`; 1 where nothing is flagged.
    pub precision: f64,
    /// Attacked user-days that were flagged.
    pub found: u64,
    /// `found` by the attacked user-days; 1 where there are none.
    pub recall: f64,
    /// Wrongly flagged days of the background.
    pub false_background: u64,
    /// The same per 1,000 user-days.
    pub false_background_per_1000: f64,
    /// Wrongly flagged days of look-alikes.
    pub false_lookalikes: u64,
    /// The same per 1,000 user-days.
    pub false_lookalikes_per_1000: f64,
    /// Wrongly flagged days by detector.
    pub by_detector: BTreeMap<String, FalseDays>,
}

/// Wrongly flagged days of one detector.
#[derive(Clone, Debug, Serialize)]
pub struct FalseDays {
    /// Of the background.
    pub background: u64,
    /// Of look-alikes.
    pub lookalikes: u64,
}

/// User-days.
#[derive(Clone, Debug, Serialize)]
pub struct UserDays {
    /// User-days with a record; the rates are per 1,000 of these.
    pub active: u64,
    /// Of them, attacked.
    pub attacked: u64,
    /// Of them, look-alikes'.
    pub lookalike: u64,
    /// At medium and above.
    pub medium: Level,
    /// At high and above.
    pub high: Level,
}

/// All figures.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// The folders.
    pub sets: Vec<SetSummary>,
    /// Kinds of attacks, by name.
    pub scenarios: Vec<Scenario>,
    /// Kinds of look-alikes, by name.
    pub lookalikes: Vec<LookAlike>,
    /// Findings per attack, by detector.
    pub findings_per_episode: Vec<PerEpisode>,
    /// User-days.
    pub user_days: UserDays,
    /// The attacks one by one.
    pub attack_cases: Vec<Case>,
    /// The look-alikes one by one.
    pub lookalike_cases: Vec<Case>,
    /// Findings at medium and above that flag a wrong day.
    pub false_findings: Vec<Wrong>,
}

impl Report {
    /// The figures of the folders together.
    pub fn of(scores: Vec<Score>) -> Report {
        let mut days = Days::default();
        let (mut sets, mut attacks, mut lookalikes, mut wrong) = (vec![], vec![], vec![], vec![]);
        for score in scores {
            days.add(&score.days);
            sets.push(score.set);
            attacks.extend(score.attacks);
            lookalikes.extend(score.lookalikes);
            wrong.extend(score.wrong);
        }
        Report {
            format: FORMAT,
            sets,
            scenarios: by_kind(&attacks).into_iter().map(|(kind, cases)| scenario(kind, &cases)).collect(),
            lookalikes: by_kind(&lookalikes)
                .into_iter()
                .map(|(kind, cases)| lookalike(kind, &cases))
                .collect(),
            findings_per_episode: per_episode(&attacks),
            user_days: user_days(&days),
            attack_cases: attacks,
            lookalike_cases: lookalikes,
            false_findings: wrong,
        }
    }
}

fn by_kind(cases: &[Case]) -> BTreeMap<&str, Vec<&Case>> {
    let mut kinds: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    cases.iter().for_each(|case| kinds.entry(&case.kind).or_default().push(case));
    kinds
}

/// Episodes by the detectors that flagged them at medium or above.
fn detectors(cases: &[&Case]) -> BTreeMap<String, u64> {
    let mut detectors = BTreeMap::new();
    for (detector, findings) in cases.iter().flat_map(|case| &case.findings) {
        if findings.medium > 0 {
            *detectors.entry(detector.clone()).or_default() += 1;
        }
    }
    detectors
}

fn scenario(kind: &str, cases: &[&Case]) -> Scenario {
    let found = cases.iter().filter(|case| case.found).count() as u64;
    let spread = |figure: fn(&Case) -> Option<f64>| Spread::of(cases.iter().filter_map(|case| figure(case)));
    Scenario {
        kind: kind.to_owned(),
        planted: cases.len() as u64,
        found,
        recall: share(found, cases.len() as u64),
        severity: cases.iter().filter_map(|case| case.severity).max(),
        detectors: detectors(cases),
        delay_minutes: spread(|case| case.delay_minutes),
        records_started: spread(|case| case.records_started.map(|n| n as f64)),
        records_reported: spread(|case| case.records_reported.map(|n| n as f64)),
    }
}

fn lookalike(kind: &str, cases: &[&Case]) -> LookAlike {
    let at = |level| cases.iter().filter(|case| case.severity >= Some(level)).count() as u64;
    let (all, medium, high) = (cases.len() as u64, at(Severity::Medium), at(Severity::High));
    LookAlike {
        kind: kind.to_owned(),
        cases: all,
        medium,
        high,
        share_medium: share(medium, all),
        share_high: share(high, all),
        detectors: detectors(cases),
    }
}

fn per_episode(attacks: &[Case]) -> Vec<PerEpisode> {
    let mut detectors: BTreeMap<&str, (Vec<f64>, Vec<f64>, u64)> = BTreeMap::new();
    for (detector, findings) in attacks.iter().flat_map(|case| &case.findings) {
        let (any, medium, about_one) = detectors.entry(detector).or_default();
        *about_one = findings.about_one.max(*about_one);
        any.push(findings.any as f64);
        medium.extend((findings.medium > 0).then_some(findings.medium as f64));
    }
    let lines = detectors.into_iter().filter_map(|(detector, (any, medium, about_one))| {
        let episodes = any.len() as u64;
        Some(PerEpisode {
            detector: detector.to_owned(),
            episodes,
            any: Spread::of(any)?,
            about_one,
            medium: Spread::of(medium),
        })
    });
    lines.collect()
}

fn user_days(days: &Days) -> UserDays {
    let level = |counts: &Counts| {
        let rate = |wrong: u64| wrong as f64 * 1000.0 / days.active.max(1) as f64;
        let by_detector = counts.wrong_by_detector.iter().map(|(detector, (lookalikes, background))| {
            (detector.clone(), FalseDays { background: *background, lookalikes: *lookalikes })
        });
        Level {
            flagged: counts.flagged,
            right: counts.right,
            precision: share(counts.right, counts.flagged),
            found: counts.found,
            recall: share(counts.found, days.attacked),
            false_background: counts.wrong_background,
            false_background_per_1000: rate(counts.wrong_background),
            false_lookalikes: counts.wrong_lookalikes,
            false_lookalikes_per_1000: rate(counts.wrong_lookalikes),
            by_detector: by_detector.collect(),
        }
    };
    UserDays {
        active: days.active,
        attacked: days.attacked,
        lookalike: days.lookalike,
        medium: level(&days.medium),
        high: level(&days.high),
    }
}

/// The share of a whole; all of nothing is 1.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
