//! Reads `plugin.toml` as far as a test needs it: columns and the settings' defaults.

use serde::Deserialize;

/// A plugin's manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The detector's name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Version of the interface.
    pub interface: String,
    /// One sentence.
    pub summary: String,
    /// What state is kept by.
    pub partition: String,
    /// Event kinds it wants.
    pub events: Vec<String>,
    /// Columns it wants, in their order.
    pub columns: Vec<String>,
    /// Imports it uses.
    pub capabilities: Vec<String>,
    /// Version of its stored state.
    pub state_schema: u8,
    /// Versions of stored state that it reads beside its own.
    #[serde(default)]
    pub reads_state: Vec<u8>,
    /// A second subject.
    #[serde(default)]
    pub also: toml::Table,
    /// What the habits are learned from.
    #[serde(default)]
    pub organisation: toml::Table,
    /// Filter on calls.
    #[serde(default)]
    pub filter: toml::Table,
    /// Settings.
    #[serde(default)]
    pub config: std::collections::BTreeMap<String, Setting>,
}

/// A setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// integer, number, boolean, string or list.
    #[serde(rename = "type")]
    pub ty: String,
    /// Value where the operator gives none.
    pub default: serde_json::Value,
    /// Smallest value.
    pub minimum: Option<f64>,
    /// Largest value.
    pub maximum: Option<f64>,
    /// Meaning.
    pub doc: String,
}

impl Manifest {
    /// From its text.
    ///
    /// # Panics
    /// If it is not a manifest: this is for tests.
    pub fn parse(text: &str) -> Manifest {
        let manifest: Manifest = toml::from_str(text).unwrap_or_else(|e| panic!("plugin.toml: {e}"));
        for (name, setting) in &manifest.config {
            let fits = match setting.ty.as_str() {
                "integer" => setting.default.is_i64(),
                "number" => setting.default.is_number(),
                "boolean" => setting.default.is_boolean(),
                "string" => setting.default.is_string(),
                "list" => setting.default.is_array(),
                _ => false,
            };
            assert!(fits, "plugin.toml: the default of '{name}' is not of type '{}'", setting.ty);
            if let Some(value) = setting.default.as_f64() {
                let (low, high) = (setting.minimum.unwrap_or(f64::MIN), setting.maximum.unwrap_or(f64::MAX));
                assert!(
                    (low..=high).contains(&value),
                    "plugin.toml: the default of '{name}' is out of range"
                );
            }
        }
        manifest
    }

    /// The settings as the host hands them over when the operator sets none.
    pub fn defaults(&self) -> serde_json::Value {
        self.config.iter().map(|(name, setting)| (name.clone(), setting.default.clone())).collect()
    }
}
