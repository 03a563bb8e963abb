//! What was planted in a folder: attacks, and innocent episodes that look like them.
//!
//! Owns the form of `labels.json` and how it is read. Does not own how an episode is made (`demo`) nor what counts as
//! found (`compare`).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use chrono::DateTime;
use model::Millis;
use serde::{Deserialize, Serialize};

use super::EvalError;

/// Name of the file.
pub const FILE: &str = "labels.json";

/// Longest file: a million labelled records are 40 MB.
const MAX_BYTES: u64 = 256 << 20;

/// All that was planted.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Labels {
    /// Seed, users, days and first day of the set.
    #[serde(default)]
    pub set: Set,
    /// To be found.
    pub attacks: Vec<Label>,
    /// Not to be found, or with low severity only.
    #[serde(default)]
    pub lookalikes: Vec<Label>,
}

/// The options that a set was made with; all zero where its maker did not say.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Set {
    /// Seed of all chance.
    pub seed: u64,
    /// People in the organisation.
    pub users: u32,
    /// Length of the period.
    pub days: u32,
    /// First day.
    pub start: String,
    /// Distinct records.
    pub records: u64,
}

/// One planted episode.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(try_from = "Written")]
pub struct Label {
    /// `attack-` or `lookalike-` with kind and number.
    pub id: String,
    /// Kind of episode, e.g. `toll-fraud-burst`.
    pub kind: String,
    /// UUIDs of those whose records they are.
    pub users: Vec<String>,
    /// Their names, in the same order. Some are hostile on purpose.
    pub names: Vec<String>,
    /// Numbers of the other side that matter, with `+`.
    pub numbers: Vec<String>,
    /// Start of the first event, RFC 3339 UTC.
    pub first: String,
    /// Start of the last.
    pub last: String,
    /// Identities of all records and events of the episode.
    pub records: Vec<String>,
    /// What happens, for people.
    pub note: String,
}

/// A label as somebody wrote it.
#[derive(Deserialize)]
struct Written {
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    numbers: Vec<String>,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
    #[serde(default)]
    records: Vec<String>,
    #[serde(default)]
    note: String,
}

impl TryFrom<Written> for Label {
    type Error = String;

    fn try_from(w: Written) -> Result<Label, String> {
        let label = Label {
            id: if w.id.is_empty() { w.kind.clone() } else { w.id },
            kind: w.kind,
            users: w.users,
            names: w.names,
            numbers: w.numbers.into_iter().map(international).collect(),
            first: w.first,
            last: w.last,
            records: w.records,
            note: w.note,
        };
        // serde_json names the line on which the object ends, or the next one: the identity says which it is.
        let id: String = label.id.escape_default().take(60).collect();
        if label.kind.trim().is_empty() {
            return Err(format!(
                "label '{id}' has an empty 'kind': name the kind of episode, e.g. slow-drip"
            ));
        }
        if label.records.is_empty() && label.users.is_empty() && label.numbers.is_empty() {
            return Err(format!(
                "label '{id}' has no 'records', 'users' or 'numbers': name the Report IDs of its records"
            ));
        }
        for (key, text) in [("first", &label.first), ("last", &label.last)] {
            let given = !text.is_empty() || label.records.is_empty();
            if given && time(text).is_none() {
                return Err(format!(
                    "'{key}' of label '{id}' is not a time: write RFC 3339 in UTC, e.g. 2026-03-02T08:00:00Z"
                ));
            }
        }
        if let (Some(first), Some(last)) = (time(&label.first), time(&label.last))
            && first > last
        {
            return Err(format!("'first' of label '{id}' is after its 'last': swap them"));
        }
        Ok(label)
    }
}

/// Digits alone are a number without its `+`.
fn international(number: String) -> String {
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if digits { format!("+{number}") } else { number }
}

/// A time of a label, RFC 3339.
pub fn time(text: &str) -> Option<Millis> {
    DateTime::parse_from_rfc3339(text).ok().map(|t| t.timestamp_millis())
}

/// Reads `labels.json` of a folder.
///
/// # Errors
/// When it is missing, too large, no JSON, or a label is not complete: with file, line and what to do.
pub fn read(folder: &Path) -> Result<Labels, EvalError> {
    let path = folder.join(FILE);
    let fail = |what: String| EvalError::Labels(format!("{}: {what}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(&path).map_err(|e| {
        fail(format!("cannot be read: {e}: `ringfence demo --write DIR` shows what a labelled folder holds"))
    })?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| fail(format!("cannot be read: {e}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fail(format!("is longer than {} MB: split the set", MAX_BYTES >> 20)));
    }
    parse(&bytes).map_err(|what| EvalError::Labels(format!("{}:{what}", path.display())))
}

fn parse(bytes: &[u8]) -> Result<Labels, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let labels: Labels = serde_json::from_slice(bytes).map_err(|e| {
        let (line, text) = (e.line(), e.to_string());
        let text = text.split(" at line ").next().unwrap_or_default().to_owned();
        let remedy = match e.classify() {
            serde_json::error::Category::Data if text.contains("label '") => String::new(),
            serde_json::error::Category::Data => ": see docs/eval.md for the keys of a label".to_owned(),
            _ => ": it must be one JSON object with the key 'attacks'".to_owned(),
        };
        format!("{line}: {text}{remedy}")
    })?;
    if labels.attacks.is_empty() && labels.lookalikes.is_empty() {
        return Err("1: nothing is labelled: 'attacks' and 'lookalikes' are both empty".to_owned());
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let label = |body: &str| format!("{{\"attacks\": [\n{{\"kind\": \"burst\",\n {body}}}\n]}}");
        assert!(wrong("{\"attacks\": [\n").starts_with("2: EOF"), "{}", wrong("{\"attacks\": [\n"));
        assert!(wrong("{}").contains("missing field `attacks`"));
        assert!(wrong("{\"attacks\": []}").contains("nothing is labelled"));
        let text = wrong(&label("\"records\": 5"));
        assert!(text.starts_with("3: invalid type") && text.contains("docs/eval.md"), "{text}");
        assert!(wrong(&label("\"users\": []")).contains("has no 'records'"));
        let text = wrong(&label("\"users\": [\"a\"], \"first\": \"yesterday\""));
        assert!(text.contains("'first' of label 'burst' is not a time"), "{text}");
        let times =
            "\"users\": [\"a\"], \"first\": \"2026-03-02T08:00:00Z\", \"last\": \"2026-03-01T08:00:00Z\"";
        assert!(wrong(&label(times)).contains("after its 'last'"));
    }

    #[test]
    fn others_may_write_less_and_more() {
        let text = "{\"attacks\": [{\"kind\": \"burst\", \"records\": [\"a\"], \"numbers\": [\"3712\"], \"colour\": 1}]}";
        let labels = parse(text.as_bytes()).unwrap();
        assert_eq!(
            (labels.attacks[0].id.as_str(), labels.attacks[0].numbers[0].as_str()),
            ("burst", "+3712")
        );
    }
}
