//! Findings of interface 1.0 made into the model's, checked on the way.
//!
//! Owns the bounds on findings. What a plugin chooses (keys, kinds, times, handles) must be right or the call
//! fails; text that may come from outside is cut and cleaned instead.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use model::finding::attribute;
use model::{
    Finding, Millis, Name, NameTable, Number, Provenance, RecordId, Severity, Status, Subject, SubjectKind,
};

use super::bindings::ringfence::detector::types;
use crate::plugin::manifest::is_word;
use crate::plugin::text::{escaped, one_line};
use crate::plugin::{Output, finding_id};

/// Longest episode key in bytes (the interface says so).
const MAX_KEY_BYTES: usize = 128;
/// Longest kind, a word or two.
const MAX_KIND_BYTES: usize = 64;
/// Longest title in characters.
const MAX_TITLE_CHARS: usize = 200;
/// Most lines of explanation, and the longest; nobody reads more.
const MAX_LINES: usize = 20;
const MAX_LINE_CHARS: usize = 300;
/// Most attributes, and the longest list and text among them.
const MAX_ATTRIBUTES: usize = 40;
const MAX_VALUES: usize = 100;
const MAX_VALUE_CHARS: usize = 300;
/// What the organisation is called as a subject.
const ORGANISATION: &str = "organisation";

/// What findings are made with.
pub(super) struct Context<'a> {
    pub(super) detector: &'a str,
    pub(super) names: &'a NameTable,
    pub(super) provenance: Provenance,
}

impl Context<'_> {
    pub(super) fn output(&self, output: types::Output) -> Result<Output, String> {
        match output {
            types::Output::Raise(finding) => {
                let key = escaped(&finding.key, 40);
                let finding = self.finding(finding).map_err(|m| format!("finding '{key}': {m}"))?;
                Ok(Output::Raise(Box::new(finding)))
            }
            types::Output::Withdraw(withdrawal) => {
                let key = escaped(&withdrawal.key, 40);
                let id = self.subject(withdrawal.subject).and_then(|s| self.id(&s, &withdrawal.key));
                Ok(Output::Withdraw { id: id.map_err(|m| format!("withdrawal '{key}': {m}"))? })
            }
        }
    }

    fn finding(&self, f: types::Finding) -> Result<Finding, String> {
        let subject = self.subject(f.subject)?;
        if !is_word(&f.kind) || f.kind.len() > MAX_KIND_BYTES {
            let kind = escaped(&f.kind, 40);
            return Err(format!("kind '{kind}' must be 1 to {MAX_KIND_BYTES} of a-z, 0-9 and '-'"));
        }
        if !f.score.is_finite() {
            return Err(format!("score is {}: it must be 0 to 1", f.score));
        }
        if f.first_event > f.last_event {
            return Err(format!("first-event ({}) is after last-event ({})", f.first_event, f.last_event));
        }
        let title = one_line(&f.title, MAX_TITLE_CHARS);
        if title.trim().is_empty() {
            return Err("title is empty".to_owned());
        }
        let mut attributes = self.attributes(f.attributes)?;
        let records = f.evidence.len();
        if records > Finding::MAX_EVIDENCE {
            attributes
                .entry("records".to_owned())
                .or_insert(attribute::Value::Int(i64::try_from(records).unwrap_or(i64::MAX)));
        }
        let evidence = f.evidence.iter().take(Finding::MAX_EVIDENCE);
        Ok(Finding {
            id: self.id(&subject, &f.key)?,
            detector: self.detector.to_owned(),
            kind: f.kind,
            severity: severity(f.severity),
            score: f.score.clamp(0.0, 1.0),
            subject,
            title,
            explanation: f.explanation.iter().take(MAX_LINES).map(|l| one_line(l, MAX_LINE_CHARS)).collect(),
            first_event: f.first_event,
            last_event: f.last_event,
            raised_at: f.raised_at,
            revision: 0,
            status: Status::Open,
            evidence: evidence.map(|r| RecordId::from_halves(r.hi, r.lo)).collect(),
            attributes,
            provenance: self.provenance.clone(),
        })
    }

    fn id(&self, subject: &Subject, key: &str) -> Result<String, String> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES || key.chars().any(char::is_control) {
            return Err(format!(
                "key must be 1 to {MAX_KEY_BYTES} bytes of printable text; it has {}",
                key.len()
            ));
        }
        Ok(finding_id(self.detector, subject.kind, &subject.id, key))
    }

    /// The text of a handle the plugin put into a finding.
    fn name(&self, what: &str, handle: u32) -> Result<String, String> {
        self.names.resolve(Name(handle)).map(|t| t.as_ref().to_owned()).ok_or_else(|| match handle {
            0 => format!("{what} is absent (handle 0)"),
            _ => format!("{what} has handle {handle}, which names nothing"),
        })
    }

    /// The display name is the identity here: what people call a user, the engine knows.
    fn subject(&self, subject: types::Subject) -> Result<Subject, String> {
        let (kind, id) = match subject {
            types::Subject::User(name) => (SubjectKind::User, self.name("subject user", name)?),
            types::Subject::Location(name) => (SubjectKind::Location, self.name("subject location", name)?),
            types::Subject::Organisation => (SubjectKind::Organisation, ORGANISATION.to_owned()),
            types::Subject::Number(number) => {
                let text = Number(number).to_string();
                if text.is_empty() {
                    return Err("subject number is absent or no number".to_owned());
                }
                (SubjectKind::Number, text)
            }
        };
        Ok(Subject { kind, name: one_line(&id, MAX_VALUE_CHARS), id })
    }

    fn attributes(
        &self,
        given: Vec<(String, types::Value)>,
    ) -> Result<BTreeMap<String, attribute::Value>, String> {
        if given.len() > MAX_ATTRIBUTES {
            return Err(format!("has {} attributes; the limit is {MAX_ATTRIBUTES}", given.len()));
        }
        let mut attributes = BTreeMap::new();
        for (key, value) in given {
            let shown = escaped(&key, 40);
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
            if key.is_empty() || key.len() > MAX_KIND_BYTES || !key.bytes().all(plain) {
                let message = format!(
                    "attribute '{shown}' must be 1 to {MAX_KIND_BYTES} letters, digits, '_', '-' or '.'"
                );
                return Err(message);
            }
            let value = self.value(value).map_err(|m| format!("attribute '{shown}' {m}"))?;
            if attributes.insert(key, value).is_some() {
                return Err(format!("attribute '{shown}' stands there twice"));
            }
        }
        Ok(attributes)
    }

    fn value(&self, value: types::Value) -> Result<attribute::Value, String> {
        use attribute::Value;
        let text = |t: &String| Value::Text(one_line(t, MAX_VALUE_CHARS));
        Ok(match value {
            types::Value::Boolean(b) => Value::Bool(b),
            types::Value::Integer(i) => Value::Int(i),
            types::Value::Real(r) if r.is_finite() => Value::Float(r),
            types::Value::Real(r) => return Err(format!("is {r}: it must be finite")),
            types::Value::Text(t) => text(&t),
            types::Value::Name(0) => Value::Text(String::new()),
            types::Value::Name(n) => text(&self.name("name", n)?),
            types::Value::Number(n) => Value::Text(Number(n).to_string()),
            types::Value::Time(0) => Value::Text(String::new()),
            types::Value::Time(at) => Value::Text(time(at)?),
            types::Value::Texts(texts) if texts.len() > MAX_VALUES => {
                return Err(format!("has {} texts; the limit is {MAX_VALUES}", texts.len()));
            }
            types::Value::Texts(texts) => Value::List(texts.iter().map(text).collect()),
        })
    }
}

/// A time as it is shown: in UTC, with milliseconds only if there are any.
fn time(at: Millis) -> Result<String, String> {
    let time = DateTime::<Utc>::from_timestamp_millis(at);
    let time = time.ok_or_else(|| format!("is {at}: it must be milliseconds since 1970"))?;
    Ok(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn severity(severity: types::Severity) -> Severity {
    match severity {
        types::Severity::Informational => Severity::Informational,
        types::Severity::Low => Severity::Low,
        types::Severity::Medium => Severity::Medium,
        types::Severity::High => Severity::High,
        types::Severity::Critical => Severity::Critical,
    }
}

#[cfg(test)]
mod tests;
