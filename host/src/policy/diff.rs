//! What differs between two generations, for people and for the record.
//!
//! Owns the comparison by name: rules with what becomes of their windows, plugins, keys of the configuration (never their
//! values). Does not own changing from one to the other (`keeper`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::content::{Content, RuleEntry};
use super::file::{FileKind, PolicyFile};

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Diff {
    /// Rules.
    pub rules: Changes,
    /// Plugins.
    pub plugins: Changes,
    /// Keys of the configuration whose values differ.
    pub config: Vec<String>,
}

/// What came, went and changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// New names.
    pub added: Vec<String>,
    /// Names that are gone.
    pub removed: Vec<String>,
    /// Names that mean something else now.
    pub changed: Vec<Change>,
}

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// What becomes of a rule's windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// What becomes of the windows of a rule that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// They go on: what changed is only said, not counted.
    Kept,
    /// They begin anew.
    Reset,
}

impl Window {
    /// As a word.
    pub fn name(self) -> &'static str {
        match self {
            Window::Kept => "kept",
            Window::Reset => "reset",
        }
    }
}

/// Deepest key told of the configuration: `plugins.mass-dialing.config`.
const MAX_KEY_DEPTH: usize = 3;
/// Most keys told: more is another configuration.
pub(super) const MAX_KEYS: usize = 200;

impl Diff {
    /// From one to the other.
    pub fn between(before: (&Content, &[PolicyFile]), after: (&Content, &[PolicyFile])) -> Diff {
        Diff {
            rules: changes(&before.0.rules, &after.0.rules, window),
            plugins: changes(&before.0.plugins, &after.0.plugins, |_, _| None),
            config: config_keys(before.1, after.1),
        }
    }

    /// Whether nothing is told: what differs is a comment, say.
    pub fn is_empty(&self) -> bool {
        *self == Diff::default()
    }

    /// In one line.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        for (what, changes) in [("rule", &self.rules), ("plugin", &self.plugins)] {
            let counts = [
                ("added", changes.added.len()),
                ("removed", changes.removed.len()),
                ("changed", changes.changed.len()),
            ];
            for (how, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                let plural = if count == 1 { "" } else { "s" };
                parts.push(format!("{count} {what}{plural} {how}"));
            }
        }
        if !self.config.is_empty() {
            parts.push(format!("configuration: {}", self.config.join(", ")));
        }
        if parts.is_empty() { "no change of meaning".to_owned() } else { parts.join("; ") }
    }
}

fn changes<T: PartialEq>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    window: impl Fn(&T, &T) -> Option<Window>,
) -> Changes {
    let only = |these: &BTreeMap<String, T>, those: &BTreeMap<String, T>| {
        these.keys().filter(|name| !those.contains_key(*name)).cloned().collect()
    };
    let changed = after.iter().filter_map(|(name, now)| {
        let was = before.get(name).filter(|was| *was != now)?;
        Some(Change { name: name.clone(), window: window(was, now) })
    });
    Changes { added: only(after, before), removed: only(before, after), changed: changed.collect() }
}

/// None for rules that have no windows of their own.
fn window(was: &RuleEntry, now: &RuleEntry) -> Option<Window> {
    match (was.window.as_str(), now.window.as_str()) {
        ("", "") => None,
        (was, now) if was == now => Some(Window::Kept),
        _ => Some(Window::Reset),
    }
}

/// Keys of the configuration, and of the directory it names, whose values differ.
pub(super) fn config_keys(before: &[PolicyFile], after: &[PolicyFile]) -> Vec<String> {
    let mut keys = Vec::new();
    for kind in [FileKind::Config, FileKind::Directory] {
        let of = |files: &[PolicyFile]| files.iter().find(|f| f.kind == kind).cloned();
        let (before, after) = (of(before), of(after));
        if before.as_ref().map(|f| f.digest) == after.as_ref().map(|f| f.digest) {
            continue;
        }
        let value = |file: Option<PolicyFile>| {
            let text = file.as_ref().and_then(|f| std::str::from_utf8(&f.bytes).ok()).unwrap_or_default();
            // A file without any key is a null, and a configuration in force was read before.
            serde_saphyr::from_str::<Value>(text).unwrap_or_default()
        };
        differing(&value(before), &value(after), "", 1, &mut keys);
    }
    let trusted = |files: &[PolicyFile]| -> Vec<PolicyFile> {
        files.iter().filter(|f| f.kind == FileKind::Key).cloned().collect()
    };
    if trusted(before) != trusted(after) {
        keys.push("trust.keys".to_owned());
    }
    keys.sort();
    keys.dedup();
    keys
}

fn differing(before: &Value, after: &Value, path: &str, depth: usize, keys: &mut Vec<String>) {
    if before == after || keys.len() >= MAX_KEYS {
        return;
    }
    let empty = serde_json::Map::new();
    let maps = match (before, after) {
        (Value::Object(before), Value::Object(after)) => Some((before, after)),
        (Value::Object(before), Value::Null) => Some((before, &empty)),
        (Value::Null, Value::Object(after)) => Some((&empty, after)),
        _ => None,
    };
    match maps {
        Some((before, after)) if depth <= MAX_KEY_DEPTH => {
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let of = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                differing(&of(before), &of(after), &path, depth + 1, keys);
            }
        }
        _ => keys.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Vec<PolicyFile> {
        vec![PolicyFile::new(FileKind::Config, "c.yaml", text.as_bytes())]
    }

    #[test]
    fn keys_are_told_and_values_are_not() {
        let before = config("country: ES\nplugins:\n  a: {config: {x: 1}, enabled: true}\n");
        let same = config("# said otherwise\nplugins: {a: {enabled: true, config: {x: 1}}}\ncountry: ES\n");
        assert_eq!(config_keys(&before, &same), Vec::<String>::new());
        let after = config("country: MX\nplugins: {a: {enabled: true, config: {x: 2}}}\nlateness_hours: 2\n");
        assert_eq!(config_keys(&before, &after), ["country", "lateness_hours", "plugins.a.config"]);
        assert_eq!(config_keys(&[], &config("country: ES\n")), ["country"]);
        assert_eq!(config_keys(&[], &config("")), Vec::<String>::new());
    }

    #[test]
    fn a_rules_window_is_kept_reset_or_none_of_its_own() {
        let entry = |digest: &str, window: &str| RuleEntry {
            digest: digest.into(),
            window: window.into(),
            ..RuleEntry::default()
        };
        let content = |rules: &[(&str, RuleEntry)]| Content {
            rules: rules.iter().map(|(n, r)| ((*n).to_owned(), r.clone())).collect(),
            ..Content::default()
        };
        let before = content(&[
            ("title", entry("1", "a")),
            ("count", entry("1", "b")),
            ("part", entry("", "")),
            ("gone", entry("1", "g")),
            ("same", entry("1", "s")),
        ]);
        let mut part = entry("", "");
        part.file = "other.yml".into();
        let after = content(&[
            ("title", entry("2", "a")),
            ("count", entry("2", "c")),
            ("part", part),
            ("new", entry("1", "n")),
            ("same", entry("1", "s")),
        ]);
        let diff = Diff::between((&before, &[]), (&after, &[]));
        let windows: Vec<_> = diff.rules.changed.iter().map(|c| (c.name.as_str(), c.window)).collect();
        assert_eq!(windows, [("count", Some(Window::Reset)), ("part", None), ("title", Some(Window::Kept))]);
        assert_eq!((diff.rules.added, diff.rules.removed), (vec!["new".to_owned()], vec!["gone".to_owned()]));
        assert_eq!(after.gone_since(&before), ["b", "g"]);
        assert!(Diff::between((&before, &[]), (&before, &[])).is_empty());
    }
}
