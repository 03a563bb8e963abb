//! Whether a day as a whole is unusual in the organisation: an isolation forest over sampled user-days.
//!
//! The forest is grown once per day over user-days that the watermark has sealed, so neither arrival order nor the day judged
//! can change it. A forest cannot extrapolate, therefore what it finds must also be more than any other day of the user's
//! ([`crate::judge`]). Owns the asking; the algorithm is in `isolation-forest`.

use std::cell::RefCell;
use std::rc::Rc;

use isolation_forest::{Forest, Options};

use crate::habits::Habits;
use crate::userday::{FEATURES, Figures};

/// Everything random comes from here and the sample.
const SEED: u64 = 0x7269_6e67;
/// Forests of days kept: late events ask for the ones before.
const KEPT: usize = 6;
/// User-days below which there is nothing to compare with.
const ROWS: usize = 64;
/// Reasons named.
const REASONS: usize = 3;

/// A day's score and what made it so.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusual {
    /// Isolation score.
    pub score: f64,
    /// Positions in [`FEATURES`], most important first.
    pub reasons: Vec<u8>,
    /// User-days the forest was grown over.
    pub rows: u32,
}

/// A forest and the user-days it was grown over.
type Grown = Rc<(Forest, u32)>;

/// Forests by their sample's stamp; `None` where there was too little to grow one.
#[derive(Debug, Default)]
pub struct Cache(RefCell<Vec<(u64, Option<Grown>)>>);

impl Cache {
    fn of(&self, habits: &Habits) -> Option<Grown> {
        let mut kept = self.0.borrow_mut();
        let stamp = habits.stamp();
        if let Some((_, forest)) = kept.iter().find(|(s, _)| *s == stamp) {
            return forest.clone();
        }
        let rows: Vec<f64> = habits.sample().flatten().map(|f| f64::from(*f)).collect();
        let count = rows.len() / FEATURES.len();
        let options = Options { seed: SEED ^ stamp, ..Options::default() };
        // Figures are counts: finite by construction.
        let grown = if count < ROWS { None } else { Forest::fit(&rows, FEATURES.len(), options).ok() };
        let forest = grown.map(|f| Rc::new((f, count as u32)));
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((stamp, forest.clone()));
        forest
    }

    /// Scores a day; `None` if there is nothing to compare with.
    pub fn judge(&self, habits: &Habits, today: &Figures) -> Option<Unusual> {
        let grown = self.of(habits)?;
        let row = today.map(f64::from);
        let explanation = grown.0.explain(&row).ok()?;
        let reasons = explanation.ranked().into_iter().take(REASONS).map(|r| r as u8).collect();
        Some(Unusual { score: explanation.score, reasons, rows: grown.1 })
    }
}
