//! Detectors made ready beside the evaluation, so that putting them in takes no longer than handing them over.
//!
//! Owns that a detector which cannot be made is known before anything is changed, and that nothing is read early: an instance
//! that looked at stored state while the one before it was still at work is thrown away. Does not own the change (`swap`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::FieldSet;
use model::names::TooManyNames;

use super::Options;
use super::detector::Detector;
use super::route::Route;
use crate::config::Config;
use crate::plugin::{Plugin, PluginError, Services, StateError, StateReader};
use crate::store::StateForm;

/// Makes detectors for one engine: with its services, one for each of its workers.
#[derive(Clone, Debug)]
pub struct Fitter {
    services: Services,
    options: Options,
}

/// A plugin's detectors, one for each worker, configured but not at work.
pub struct Fitted {
    pub(super) plugin: Plugin,
    pub(super) fields: FieldSet,
    pub(super) detectors: Vec<Detector>,
}

impl std::fmt::Debug for Fitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fitted({:?}, {} detectors)", self.plugin, self.detectors.len())
    }
}

impl Fitted {
    /// The plugin.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }
}

/// A plugin of which no detector can be made.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// It does not start, or does not take its settings.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The name table is full.
    #[error(transparent)]
    Names(#[from] TooManyNames),
}

impl FitError {
    /// Whether waiting may mend it.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, FitError::Plugin(error) if error.is_unavailable())
    }
}

impl Fitter {
    /// For an engine that was started with these.
    pub fn new(services: Services, options: Options) -> Fitter {
        Fitter { services, options }
    }

    /// Makes a plugin's detectors, with what the configuration says about it.
    ///
    /// # Errors
    /// When the plugin does not start or does not take its settings.
    pub fn fit(&self, plugin: &Plugin, config: &Config) -> Result<Fitted, FitError> {
        let Options { workers, lateness, generation } = self.options;
        let settings = config.plugins.get(plugin.id()).cloned().unwrap_or_default();
        let route = Route::new(plugin.manifest(), &settings, config, &self.services.names)?;
        let early = Arc::new(Early { state: self.services.state.clone(), touched: AtomicBool::new(false) });
        let services = Services { state: early.clone(), ..self.services.clone() };
        let mut detectors = Vec::with_capacity(workers);
        for _ in 0..workers {
            let instance = plugin.instantiate(&services, &settings, generation)?;
            let mut detector = Detector::new(
                plugin.clone(),
                settings.clone(),
                self.services.clone(),
                generation,
                route.clone(),
                lateness,
            );
            detector.put_in(instance);
            detectors.push(detector);
        }
        if early.touched.load(Ordering::Relaxed) {
            // What it read may change until it begins: it is made once more with its first row.
            detectors.iter_mut().for_each(Detector::take_out);
        }
        Ok(Fitted { plugin: plugin.clone(), fields: route.fields(), detectors })
    }
}

/// What a version of a plugin reads and writes of its state.
pub fn form_of(plugin: &Plugin) -> StateForm {
    let manifest = plugin.manifest();
    let reads = std::iter::once(manifest.state_schema).chain(manifest.reads_state.iter().copied()).collect();
    StateForm { plugin: manifest.id.clone(), schema: manifest.state_schema, reads }
}

/// Stored state that says whether it was read.
struct Early {
    state: Arc<dyn StateReader>,
    touched: AtomicBool,
}

impl StateReader for Early {
    fn get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        self.touched.store(true, Ordering::Relaxed);
        self.state.get(plugin, key)
    }

    fn get_many(&self, plugin: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        self.touched.store(true, Ordering::Relaxed);
        self.state.get_many(plugin, keys)
    }
}
