//! A plugin's manifest: what it is, what it needs, what may be set.
//!
//! Owns reading and checking the TOML text. Does not own finding it in the component (`inspect`) or whether the
//! component keeps to it (`interface`).

mod settings;
mod subjects;

use std::collections::BTreeMap;

use model::fields::PersonalData;
use model::{EventKind, FieldId, SubjectKind};
use serde::{Deserialize, Serialize};

use super::columns::{ColumnSource, ROW_COLUMN};
use super::error::Problem;
pub use settings::{Setting, SettingType, complete, over};
pub use subjects::{Also, AlsoKey, Filter, Organisation};

/// Longest manifest: a hundred settings with long explanations are 20 KiB.
pub const MAX_MANIFEST_BYTES: usize = 64 << 10;
/// Under this name all rules together have their state and their place in the log.
const RESERVED_ID: &str = "rules";

/// Longest id: it is part of table keys and file names.
const MAX_ID_BYTES: usize = 64;
/// Longest summary, one sentence.
const MAX_SUMMARY_CHARS: usize = 300;
/// Most older forms of its state that a plugin reads: nobody keeps code for more.
const MAX_SCHEMAS: usize = 100;
/// Most settings; more than anybody can reason about.
const MAX_SETTINGS: usize = 200;

/// A checked manifest.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// Names it everywhere: `a-z 0-9 -`.
    pub id: String,
    /// Its own version.
    pub version: String,
    /// Version of the interface it is written for.
    pub interface: String,
    /// One sentence.
    pub summary: String,
    /// Rows of one such thing always reach the same instance.
    pub partition: SubjectKind,
    /// Kinds of events it gets.
    #[serde(serialize_with = "event_names")]
    pub events: Vec<EventKind>,
    /// What its batches hold, in this order.
    #[serde(serialize_with = "column_names")]
    pub columns: Vec<ColumnSource>,
    /// Imports it uses.
    pub capabilities: Vec<Capability>,
    /// Version of what it keeps in `state`.
    pub state_schema: u32,
    /// Versions of what is kept in `state` that it reads beside its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads_state: Vec<u32>,
    /// Which calls it gets for the things it is partitioned by.
    pub filter: Filter,
    /// A second subject of the same rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Also>,
    /// Rows that every instance gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    /// What the operator may set.
    #[serde(rename = "config")]
    pub settings: BTreeMap<String, Setting>,
}

/// An import a plugin may use if it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// Texts of handles.
    Names,
    /// Zones, hours, holidays, own numbers.
    Directory,
    /// Keyed state.
    State,
    /// Lines for the operator.
    Log,
}

impl Capability {
    /// All of them.
    pub const ALL: [Capability; 4] =
        [Capability::Names, Capability::Directory, Capability::State, Capability::Log];

    /// The name in manifests, and of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Capability::Names => "names",
            Capability::Directory => "directory",
            Capability::State => "state",
            Capability::Log => "log",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Capability> {
        Capability::ALL.into_iter().find(|c| c.name() == name)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: String,
    version: String,
    interface: String,
    summary: String,
    partition: String,
    events: Vec<String>,
    columns: Vec<String>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    state_schema: u32,
    #[serde(default)]
    reads_state: Vec<u32>,
    #[serde(default)]
    filter: Filter,
    also: Option<subjects::AlsoText>,
    organisation: Option<subjects::OrganisationText>,
    #[serde(default)]
    config: BTreeMap<String, settings::Text>,
}

fn wrong(key: impl Into<String>, message: impl Into<String>) -> Problem {
    Problem::Manifest { key: key.into(), message: message.into() }
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// Names the key, what is wrong and what is allowed.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, Problem> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            let message = format!("is {} bytes long; the limit is {MAX_MANIFEST_BYTES}", bytes.len());
            return Err(wrong("the text", message));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("the text", "is not UTF-8"))?;
        let raw: Text = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |s| s.start.min(text.len()));
            let line = 1 + text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count();
            wrong(format!("line {line}"), e.message().to_owned())
        })?;
        raw.check()
    }

    /// Whether its batches say which subjects and settings a row is for.
    pub fn has_row_column(&self) -> bool {
        self.columns.contains(&ColumnSource::Row)
    }

    /// Whether it can read what a version with this `state_schema` stored.
    pub fn reads(&self, schema: u32) -> bool {
        schema == self.state_schema || self.reads_state.contains(&schema)
    }

    /// Id and version of a manifest that may be otherwise wrong, to name it in the message.
    pub(super) fn label(bytes: &[u8]) -> Option<(String, String)> {
        #[derive(Deserialize)]
        struct Label {
            id: String,
            version: String,
        }
        let bytes = bytes.get(..bytes.len().min(MAX_MANIFEST_BYTES))?;
        let label: Label = toml::from_str(std::str::from_utf8(bytes).ok()?).ok()?;
        (is_word(&label.id) && parse_version(&label.version).is_some()).then_some((label.id, label.version))
    }
}

impl Text {
    fn check(self) -> Result<Manifest, Problem> {
        if !is_word(&self.id) || self.id.len() > MAX_ID_BYTES {
            let message = format!(
                "'{}' must be 1 to {MAX_ID_BYTES} of a-z, 0-9 and '-', beginning with a letter",
                short(&self.id)
            );
            return Err(wrong("id", message));
        }
        if self.id == RESERVED_ID {
            return Err(wrong(
                "id",
                format!("'{RESERVED_ID}' is what all rules together are called: choose another"),
            ));
        }
        if parse_version(&self.version).is_none() || self.version.len() > MAX_ID_BYTES {
            let message = format!("'{}' is not a version: write it like \"0.1.0\"", short(&self.version));
            return Err(wrong("version", message));
        }
        if self.summary.trim().is_empty() || self.summary.chars().count() > MAX_SUMMARY_CHARS {
            return Err(wrong(
                "summary",
                format!("must be one sentence of at most {MAX_SUMMARY_CHARS} characters"),
            ));
        }
        if self.summary.chars().any(char::is_control) {
            return Err(wrong("summary", "must be one line"));
        }
        if self.config.len() > MAX_SETTINGS {
            return Err(wrong("config", format!("has more than {MAX_SETTINGS} settings")));
        }
        let partition = partition(&self.partition)?;
        let settings = self
            .config
            .into_iter()
            .map(|(name, text)| {
                Ok((name.clone(), text.check(&name).map_err(|m| wrong(format!("config.{name}"), m))?))
            })
            .collect::<Result<_, Problem>>()?;
        self.filter.check("filter")?;
        let columns = each(&self.columns, "columns", column)?;
        let also = self.also.map(|also| also.check(partition)).transpose()?;
        let organisation = self.organisation.map(subjects::OrganisationText::check).transpose()?;
        let sections = [("[also]", also.is_some()), ("[organisation]", organisation.is_some())];
        if let Some((section, _)) = sections.iter().find(|(_, there)| *there)
            && !columns.contains(&ColumnSource::Row)
        {
            let message =
                format!("{section} needs the column \"{ROW_COLUMN}\", which tells for whom a row is: add it");
            return Err(wrong("columns", message));
        }
        Ok(Manifest {
            events: each(&self.events, "events", event_kind)?,
            columns,
            capabilities: capabilities(&self.capabilities)?,
            id: self.id,
            version: self.version,
            interface: self.interface,
            summary: self.summary,
            partition,
            reads_state: reads_state(self.reads_state, self.state_schema)?,
            state_schema: self.state_schema,
            filter: self.filter,
            also,
            organisation,
            settings,
        })
    }
}

/// Each entry read, none twice, at least one.
fn each<T: PartialEq>(
    texts: &[String],
    key: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Problem> {
    if texts.is_empty() {
        return Err(wrong(key, "names nothing: name at least one"));
    }
    let mut values = Vec::with_capacity(texts.len());
    for text in texts {
        let value = read(text).map_err(|m| wrong(key, m))?;
        if values.contains(&value) {
            return Err(wrong(key, format!("'{}' stands there twice", short(text))));
        }
        values.push(value);
    }
    Ok(values)
}

fn partition(text: &str) -> Result<SubjectKind, Problem> {
    [SubjectKind::User, SubjectKind::Number, SubjectKind::Location, SubjectKind::Organisation]
        .into_iter()
        .find(|k| k.name() == text)
        .ok_or_else(|| {
            let message =
                format!("'{}' is not known: use user, number, location or organisation", short(text));
            wrong("partition", message)
        })
}

fn event_kind(text: &str) -> Result<EventKind, String> {
    EventKind::from_name(text).ok_or_else(|| {
        let known: Vec<&str> = EventKind::ALL.iter().map(|k| k.name()).collect();
        format!("'{}' is not an event kind: use {}", short(text), known.join(", "))
    })
}

fn column(text: &str) -> Result<ColumnSource, String> {
    if text == ROW_COLUMN {
        return Ok(ColumnSource::Row);
    }
    let Some(field) = FieldId::from_name(text) else {
        let mut near = FieldId::near_misses(short(text).as_str());
        if text.starts_with('$') || text == "row" {
            near.insert(0, ROW_COLUMN);
        }
        let hint = if near.is_empty() {
            "see docs/fields.md".to_owned()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        return Err(format!("'{}' is not a field: {hint}", short(text)));
    };
    if field.field().personal == PersonalData::Secret {
        return Err(format!("'{text}' works like a password and is not given to plugins: remove it"));
    }
    Ok(ColumnSource::Field(field))
}

fn capabilities(texts: &[String]) -> Result<Vec<Capability>, Problem> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    each(texts, "capabilities", |text| {
        Capability::from_name(text)
            .ok_or_else(|| format!("'{}' is not known: use names, directory, state or log", short(text)))
    })
}

/// The schemas read beside its own, ascending.
fn reads_state(mut schemas: Vec<u32>, own: u32) -> Result<Vec<u32>, Problem> {
    if schemas.len() > MAX_SCHEMAS {
        return Err(wrong("reads_state", format!("names more than {MAX_SCHEMAS} schemas")));
    }
    if schemas.contains(&own) {
        return Err(wrong("reads_state", format!("names {own}, the plugin's own state_schema: remove it")));
    }
    schemas.sort_unstable();
    if let Some(twice) = schemas.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(wrong("reads_state", format!("'{}' stands there twice", twice[0])));
    }
    Ok(schemas)
}

/// `a-z 0-9 -`, beginning with a letter.
pub(super) fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
}

/// `major.minor.patch`, with a pre-release or build behind it or not.
pub(super) fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let core = text.split(['-', '+']).next()?;
    let rest = &text[core.len()..];
    if !rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')) || rest.len() == 1
    {
        return None;
    }
    let mut parts = core.split('.').map(|p| {
        let plain = p.bytes().all(|b| b.is_ascii_digit()) && (p.len() == 1 || !p.starts_with('0'));
        plain.then(|| p.parse().ok()).flatten()
    });
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

/// A value as shown in a message.
fn short(text: &str) -> String {
    super::text::escaped(text, 80)
}

fn event_names<S: serde::Serializer>(events: &[EventKind], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(events.iter().map(|e| e.name()))
}

fn column_names<S: serde::Serializer>(columns: &[ColumnSource], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(columns.iter().map(|c| c.name()))
}

#[cfg(test)]
mod tests;
