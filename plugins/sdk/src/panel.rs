//! The detector once for each set of settings, and the habits of the organisation: what a timeline is folded with.
//!
//! An override of settings (for a location, a group, a user) makes another detector; the host says by row which one
//! applies. Owns which detector judges an event. Does not own what the overrides are (the host's configuration).

use crate::detector::Detector;
use crate::json;
use crate::organisation::{Habits, Organisation};
use crate::row::Row;
use crate::setup::Setup;
use crate::types::{Error, Millis};

/// Most overrides: a row names its detector in one byte.
const MOST: usize = 255;

/// See the module.
pub(crate) struct Panel<D: Detector> {
    /// The first has the base settings.
    detectors: Vec<D>,
    look_back: Millis,
    pub(crate) organisation: Organisation<D::Habits>,
}

impl<D: Detector> Panel<D> {
    /// Whether there are habits at all.
    pub(crate) const LEARNS: bool = !D::Habits::NONE;

    /// From the settings as the host passes them.
    pub(crate) fn new(setup: &Setup) -> Result<Panel<D>, Error> {
        if setup.variants.len() > MOST {
            return Err(Error::InvalidSettings(format!(
                "{} overrides: at most {MOST} are possible",
                setup.variants.len()
            )));
        }
        let make = |settings: &str| -> Result<D, String> {
            D::new(json::read(settings).map_err(|e| e.to_string())?)
        };
        let mut detectors = vec![make(&setup.settings).map_err(Error::InvalidSettings)?];
        for (number, settings) in setup.variants.iter().enumerate() {
            let detector = make(settings);
            detectors
                .push(detector.map_err(|e| Error::InvalidSettings(format!("override {}: {e}", number + 1)))?);
        }
        let look_back = detectors.iter().map(D::look_back).max().unwrap_or(0);
        Ok(Panel { detectors, look_back, organisation: Organisation::default() })
    }

    /// The detector that judges events of this variant; the base settings' if there is no such variant any more.
    #[inline]
    pub(crate) fn of(&self, variant: u8) -> &D {
        self.detectors.get(usize::from(variant)).unwrap_or(&self.detectors[0])
    }

    /// Learns from a row of `[organisation]`.
    pub(crate) fn learn(&mut self, variant: u8, row: &Row<'_>) {
        let detector = self.detectors.get(usize::from(variant)).unwrap_or(&self.detectors[0]);
        self.organisation.learn(row.start_time(), |day| detector.learn(row, day));
    }

    /// The longest that any looks back.
    pub(crate) fn look_back(&self) -> Millis {
        self.look_back
    }

    /// The detector of a variant, and what it may know when it judges an event of that moment.
    #[inline]
    pub(crate) fn at(&mut self, variant: u8, start: Millis) -> (&D, &D::Habits) {
        let detector = self.detectors.get(usize::from(variant)).unwrap_or(&self.detectors[0]);
        (detector, self.organisation.before(start))
    }
}
