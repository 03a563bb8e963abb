//! The configuration file: what an operator may set, with defaults and reasons.
//!
//! Owns the YAML form and its checks. Does not own what is made of it: zones and hours become a
//! [`crate::directory::Directory`], plugin settings are handed to the plugins.

mod health;
mod location;
mod plugin;
mod policy;
mod rules;
mod trust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::Months;
use serde::Deserialize;

pub use health::{HealthConfig, Listen};
pub use location::{Hours, LocationConfig, Weekday};
pub use plugin::{Limits, PluginConfig};
pub(crate) use policy::DEFAULT_FOLDER;
pub use policy::RulesConfig;
pub use rules::{Exception, Group, MAX_RULES, Match, Override};
pub use trust::{TrustConfig, TrustedKey};

/// The configuration file as a whole. Unknown keys are errors that name the right ones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Name of the organisation, for people.
    pub organisation: String,
    /// `embedded` (a private PostgreSQL) or a `postgres://` URL.
    pub database: Database,
    /// Folder with PostgreSQL's programs; searched for if not set.
    pub postgres_bin_dir: Option<PathBuf>,
    /// How long `ingest` keeps trying while the database is away, in seconds. Five minutes cover a restart or a fail-over;
    /// `run` never gives up.
    pub database_patience_seconds: u32,
    /// Country used where a location states none, ISO 3166 alpha-2.
    pub country: Option<String>,
    /// Locations by the name they have in Control Hub.
    pub locations: BTreeMap<String, LocationConfig>,
    /// Numbers that belong to the organisation: E.164 with `+`; a trailing `*` makes it a prefix.
    pub numbers: Vec<String>,
    /// Another file with `locations:` and `numbers:`, added to those above; relative to this file.
    pub directory: Option<PathBuf>,
    /// How late a record may be and still count, in hours. Webex delivers nearly everything within minutes; a day
    /// covers an outage of the feed.
    pub lateness_hours: u32,
    /// How many whole months records are kept; not set keeps them for ever. Findings stay.
    pub retention_months: Option<u16>,
    /// Where the service says how it is.
    pub health: HealthConfig,
    /// Where rules come from and which run.
    pub rules: RulesConfig,
    /// Folder with further plugins (`*.wasm`), relative to this file. Not set, `plugins` beside it if that is there.
    pub plugin_folder: Option<PathBuf>,
    /// Who may make plugins.
    pub trust: TrustConfig,
    /// Names for sets of people, for the plugins' overrides and exceptions.
    pub groups: BTreeMap<String, Group>,
    /// Settings by plugin id.
    pub plugins: BTreeMap<String, PluginConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            organisation: "organisation".to_owned(),
            database: Database::Embedded,
            postgres_bin_dir: None,
            database_patience_seconds: 300,
            country: None,
            locations: BTreeMap::new(),
            numbers: Vec::new(),
            directory: None,
            lateness_hours: 24,
            retention_months: None,
            health: HealthConfig::default(),
            rules: RulesConfig::default(),
            plugin_folder: None,
            trust: TrustConfig::default(),
            groups: BTreeMap::new(),
            plugins: BTreeMap::new(),
        }
    }
}

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A private PostgreSQL in the data directory.
    Embedded,
    /// A PostgreSQL the operator runs. The URL may hold a password, so it never prints itself.
    Url(String),
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Database::Embedded => "embedded",
            Database::Url(_) => "postgres://…",
        })
    }
}

impl<'de> Deserialize<'de> for Database {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "embedded" => Ok(Database::Embedded),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Ok(Database::Url(text))
            }
            _ => Err(serde::de::Error::custom("database must be 'embedded' or a 'postgres://…' URL")),
        }
    }
}

/// A configuration that cannot be used; the message names file, line and remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what is expected; the text holds line, excerpt and reason.
    #[error("{path}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong and what is allowed.
        message: String,
    },
}

/// Largest configuration file read: a directory of 100,000 numbers is 3 MB.
const MAX_CONFIG_BYTES: u64 = 32 << 20;

/// Folder with plugins that is read beside the configuration where none is named.
pub(crate) const DEFAULT_PLUGIN_FOLDER: &str = "plugins";

/// Longest retention that can be set, 19 years: the log has room for 240 months, of which some are ahead or to be dropped.
const MAX_RETENTION_MONTHS: u16 = 228;

impl Config {
    /// How long records are kept; `None` is for ever.
    pub fn retention(&self) -> Option<Months> {
        self.retention_months.map(|months| Months::new(u32::from(months)))
    }

    /// How late a record may be, in milliseconds.
    pub fn lateness(&self) -> model::Millis {
        i64::from(self.lateness_hours) * 3_600_000
    }

    /// Reads and checks a configuration file and the directory file it names.
    ///
    /// # Errors
    /// When a file cannot be read, is too large, has unknown or wrong keys, or values out of range.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let mut config = Config::parse(path, &read(path)?)?;
        if let Some(file) = config.directory_file(path) {
            config.add_directory(&file, &read(&file)?)?;
        }
        for (name, file) in config.key_files(path) {
            config.add_key(&file, &name, &read(&file)?)?;
        }
        config.check(path)?;
        Ok(config)
    }

    /// The configuration in a text that was read from `path`; neither complete nor checked before
    /// [`Config::add_directory`], if it names one, and [`Config::check`].
    ///
    /// # Errors
    /// When it is not UTF-8 or has unknown or wrong keys.
    pub(crate) fn parse(path: &Path, text: &[u8]) -> Result<Config, ConfigError> {
        parse_yaml(path, text)
    }

    /// The directory file that a configuration read from `path` names.
    pub(crate) fn directory_file(&self, path: &Path) -> Option<PathBuf> {
        Some(path.parent().unwrap_or(Path::new(".")).join(self.directory.as_ref()?))
    }

    /// The folder with further plugins of a configuration in the folder `base`; none if it names none and the usual one is not
    /// there.
    pub fn plugin_folder(&self, base: &Path) -> Option<PathBuf> {
        match &self.plugin_folder {
            Some(folder) => Some(base.join(folder)),
            None => Some(base.join(DEFAULT_PLUGIN_FOLDER)).filter(|folder| folder.is_dir()),
        }
    }

    /// Adds the locations and numbers of a directory file.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub(crate) fn add_directory(&mut self, path: &Path, text: &[u8]) -> Result<(), ConfigError> {
        let more: DirectoryFile = parse_yaml(path, text)?;
        self.locations.extend(more.locations);
        self.numbers.extend(more.numbers);
        Ok(())
    }

    /// The files of trusted keys that a configuration read from `path` names, with the keys' names.
    pub(crate) fn key_files(&self, path: &Path) -> Vec<(String, PathBuf)> {
        let base = path.parent().unwrap_or(Path::new("."));
        self.trust.files().map(|(name, file)| (name.to_owned(), base.join(file))).collect()
    }

    /// Adds a trusted key that was read from `path`.
    ///
    /// # Errors
    /// When there is none in it.
    pub(crate) fn add_key(&mut self, path: &Path, name: &str, text: &[u8]) -> Result<(), ConfigError> {
        let invalid = |message| ConfigError::Invalid { path: path.to_owned(), message };
        self.trust.add(name, text).map_err(invalid)
    }

    /// Whether all values make sense.
    ///
    /// # Errors
    /// Names the value and what is allowed.
    pub(crate) fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let invalid = |message: String| ConfigError::Invalid { path: path.to_owned(), message };
        if self.lateness_hours == 0 || self.lateness_hours > 24 * 31 {
            return Err(invalid("lateness_hours must be 1 to 744".to_owned()));
        }
        if self.retention_months.is_some_and(|kept| !(1..=MAX_RETENTION_MONTHS).contains(&kept)) {
            return Err(invalid(format!(
                "retention_months must be 1 to {MAX_RETENTION_MONTHS}; leave it out to keep records for ever"
            )));
        }
        if self.database_patience_seconds > 7 * 24 * 3600 {
            return Err(invalid(
                "database_patience_seconds must be 0 (give up at once) to 604800".to_owned(),
            ));
        }
        if let Some(country) = &self.country {
            location::check_country(country).map_err(invalid)?;
        }
        for (name, location) in &self.locations {
            location.check().map_err(|m| invalid(format!("locations.{name}: {m}")))?;
        }
        for number in &self.numbers {
            rules::check_number(number).map_err(|m| invalid(format!("numbers: {m}")))?;
        }
        self.rules.check().map_err(|m| invalid(format!("rules.{m}")))?;
        self.trust.check().map_err(|m| invalid(format!("trust.{m}")))?;
        let known = rules::Known { groups: &self.groups, locations: &self.locations };
        rules::check_groups(&known).map_err(invalid)?;
        for (id, plugin) in &self.plugins {
            rules::check_rules(&plugin.overrides, &plugin.exceptions, &known)
                .and_then(|()| plugin.check_digest())
                .map_err(|m| invalid(format!("plugins.{}: {m}", id.escape_debug())))?;
        }
        Ok(())
    }
}

/// A directory on its own, as `demo --write` leaves it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DirectoryFile {
    locations: BTreeMap<String, LocationConfig>,
    numbers: Vec<String>,
}

/// Reads a file of the configuration, which may be large but not endless.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, MAX_CONFIG_BYTES + 1), &mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_CONFIG_BYTES {
        let message = format!("is too long; the limit is {MAX_CONFIG_BYTES} bytes");
        return Err(ConfigError::Invalid { path: path.to_owned(), message });
    }
    Ok(bytes)
}

fn parse_yaml<T: serde::de::DeserializeOwned>(path: &Path, text: &[u8]) -> Result<T, ConfigError> {
    let invalid = |message| ConfigError::Invalid { path: path.to_owned(), message };
    let text = std::str::from_utf8(text).map_err(|e| invalid(format!("is not UTF-8: {e}")))?;
    serde_saphyr::from_str(text).map_err(|e| invalid(e.to_string()))
}

#[cfg(test)]
mod tests;
