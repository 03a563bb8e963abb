//! A loaded plugin: its manifest, its digest, its compiled and linked component.

use std::sync::Arc;

use model::Provenance;

use super::error::{Call, Cause, PluginError};
use super::inspect::Inspection;
use super::instance::Instance;
use super::manifest::{Manifest, complete, over};
use super::runtime::Inner;
use super::setup::Setup;
use super::text::escaped;
use super::{Batch, ROW_COLUMN, Services, v1_0};
use crate::config::{Override, PluginConfig};

/// A loaded plugin; cheap to clone, made into as many instances as there are workers.
#[derive(Clone)]
pub struct Plugin(pub(super) Arc<Loaded>);

pub(super) struct Loaded {
    /// Keeps the deadline clock running as long as there is a plugin.
    pub(super) runtime: Arc<Inner>,
    pub(super) pre: v1_0::Pre,
    file: String,
    size: usize,
    digest: String,
    interface: String,
    manifest: Manifest,
    inspection: Inspection,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plugin({} {} from {})", self.0.manifest.id, self.0.manifest.version, self.0.file)
    }
}

impl Plugin {
    #[allow(clippy::too_many_arguments, reason = "one place makes it, and each is a field")]
    pub(super) fn new(
        runtime: Arc<Inner>,
        file: &str,
        size: usize,
        digest: String,
        interface: String,
        manifest: Manifest,
        inspection: Inspection,
        pre: v1_0::Pre,
    ) -> Plugin {
        let file = file.to_owned();
        Plugin(Arc::new(Loaded { runtime, pre, file, size, digest, interface, manifest, inspection }))
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.0.manifest.id
    }

    /// `sha256:` digest of the component.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// The file it came from, or the built-in's name.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// Size of the component in bytes.
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// Version of the interface it was built for, in full.
    pub fn interface(&self) -> &str {
        &self.0.interface
    }

    /// Names of what it imports.
    pub fn imports(&self) -> &[String] {
        &self.0.inspection.imports
    }

    /// An empty batch with the columns it asks for.
    pub fn batch(&self) -> Batch {
        Batch::new(&self.0.manifest.columns)
    }

    /// The operator's settings with defaults for the rest, as the plugin will get them.
    ///
    /// # Errors
    /// Names the setting, what is wrong and what is allowed.
    pub fn settings(&self, given: &serde_json::Value) -> Result<String, String> {
        complete(&self.0.manifest.settings, given)
    }

    /// The settings of each override, complete.
    ///
    /// # Errors
    /// As [`Plugin::settings`], with the override's name; and when the plugin cannot be told which of them apply to a row.
    pub fn variants(&self, settings: &PluginConfig) -> Result<Vec<String>, String> {
        if !settings.overrides.is_empty() && !self.0.manifest.has_row_column() {
            return Err(format!(
                "overrides: this plugin cannot have different settings for some: its manifest lacks the column \"{ROW_COLUMN}\". \
                 Remove them, or add the column and build it with the SDK"
            ));
        }
        let complete = |differs: &Override| {
            self.settings(&over(&settings.config, &differs.config))
                .map_err(|m| format!("overrides '{}': {m}", escaped(&differs.name, 80)))
        };
        settings.overrides.iter().map(complete).collect()
    }

    /// Makes an instance and configures it; its state is what `services.state` has.
    ///
    /// # Errors
    /// When the settings are wrong, or the plugin fails to start or to accept them.
    pub fn instantiate(
        &self,
        services: &Services,
        settings: &PluginConfig,
        generation: u64,
    ) -> Result<Instance, PluginError> {
        let setup = self
            .settings(&settings.config)
            .and_then(|base| Ok(Setup::new(base, self.variants(settings)?, &settings.limits)))
            .map_err(|m| self.error(Call::Configure, Cause::Settings(m)))?;
        let provenance = Provenance { generation, digest: self.0.digest.clone() };
        Instance::start(self.clone(), services, settings.limits.clone(), provenance, &setup)
    }

    pub(super) fn error(&self, call: Call, cause: Cause) -> PluginError {
        let manifest = &self.0.manifest;
        PluginError { plugin: manifest.id.clone(), version: manifest.version.clone(), call, cause }
    }
}
