//! A finding made of an episode.
//!
//! Owns what a rule's finding says and its identity. Texts of the record stay as they are: sinks escape them. Does not own
//! what an episode is (`window`).

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use model::finding::attribute::Value;
use model::{Finding, Millis, Name, Number, Provenance, RecordId, Severity, Status, Subject, SubjectKind};
use sha2::{Digest, Sha256};

use super::cells::Key;
use super::{Output, Raised};
use crate::record::{Field, World};
use crate::script::Facts;
use crate::set::{Plan, SubjectFrom};
use crate::sigma::Document;
use crate::window::{Change, Datum, Episode};

/// Longest title in characters.
const MAX_TITLE: usize = 200;

/// Longest line of an explanation in characters.
const MAX_LINE: usize = 500;

/// A change as output. If a severity script fails, the output has the rule's level, and the failure comes with it.
pub(super) fn output(
    plan: &Plan,
    key: &Key,
    change: Change,
    world: &World,
) -> (Output, Option<(String, RecordId)>) {
    match change {
        Change::Withdraw(episode) => (Output::Withdraw { id: identity(plan, key, &episode) }, None),
        Change::Raise(episode) => {
            let (severity, failure) = severity(plan, &episode, world);
            let finding = finding(plan, key, &episode, severity, world);
            let output = Output::Raise(Box::new(Raised { finding, shadow: plan.shadow }));
            let record = episode.evidence.first().copied().unwrap_or_default();
            (output, failure.map(|message| (message, record)))
        }
    }
}

/// The first 128 bits of a SHA-256 over detector, cell and episode. Not over the subject: of a correlation across subjects it
/// is that of the first record, which a late record may change.
fn identity(plan: &Plan, key: &Key, episode: &str) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    for part in [plan.detector.as_str(), key.partition(), episode] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut id = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

fn severity(plan: &Plan, episode: &Episode, world: &World) -> (Severity, Option<String>) {
    let Some(script) = &plan.severity_script else { return (plan.severity, None) };
    let columns = plan.leaves.get(episode.leaf as usize).map_or(&[][..], |leaf| &leaf.columns);
    let facts = Facts {
        count: episode.figures.count,
        value: episode.figures.value,
        firings: episode.figures.firings,
        first: episode.first,
        last: episode.last,
        columns,
        values: &episode.columns,
    };
    match script.of(&facts, world) {
        Ok(severity) => (severity, None),
        Err(error) => (plan.severity, Some(error.to_string())),
    }
}

fn finding(plan: &Plan, key: &Key, episode: &Episode, severity: Severity, world: &World) -> Finding {
    let meta = plan.document.meta();
    let ours = match &*plan.document {
        Document::Rule(rule) => &rule.ours,
        Document::Correlation(correlation) => &correlation.ours,
        // Filters are no plans.
        Document::Filter(_) => &DEFAULT,
    };
    let mut attributes: BTreeMap<String, Value> = BTreeMap::new();
    let mut put = |name: &str, value: Value| attributes.insert(name.to_owned(), value);
    put("records", Value::Int(i64::try_from(episode.figures.count).unwrap_or(i64::MAX)));
    put("value", number(episode.figures.value));
    if let Some(id) = &meta.id {
        put("rule_id", Value::Text(id.clone()));
    }
    for (name, texts) in
        [("tags", &meta.tags), ("falsepositives", &meta.falsepositives), ("response", &ours.response)]
    {
        if !texts.is_empty() {
            put(name, Value::List(texts.iter().cloned().map(Value::Text).collect()));
        }
    }
    let mut explanation = vec![span_of(episode)];
    if let Some(leaf) = plan.leaves.get(episode.leaf as usize) {
        let mut shown = Vec::new();
        for column in &leaf.shown {
            let (field, datum) = (leaf.columns[*column], &episode.columns[*column]);
            if let Some(text) = text(field, datum, world) {
                shown.push(format!("{} {text}", field.name()));
                put(field.name(), Value::Text(text));
            }
        }
        if !shown.is_empty() {
            let word = if episode.figures.count == 1 { "with" } else { "the first with" };
            explanation.push(format!("{word} {}", shown.join(", ")));
        }
    }
    if !meta.description.is_empty() {
        explanation.push(meta.description.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    explanation.iter_mut().for_each(|line| *line = line.chars().take(MAX_LINE).collect());
    Finding {
        id: identity(plan, key, &episode.key),
        detector: plan.detector.clone(),
        kind: plan.name.clone(),
        severity,
        score: usual_score(severity),
        subject: subject(plan, episode, world),
        title: meta.title.chars().take(MAX_TITLE).collect(),
        explanation,
        first_event: episode.first,
        last_event: episode.last,
        raised_at: episode.raised,
        revision: 0,
        status: Status::Open,
        evidence: episode.evidence.clone(),
        attributes,
        provenance: Provenance { generation: 0, digest: plan.digest.clone() },
    }
}

static DEFAULT: crate::sigma::Ours = crate::sigma::Ours {
    when: None,
    window: None,
    lateness: None,
    zone: None,
    subject: None,
    severity: None,
    baseline: None,
    shadow: false,
    response: Vec::new(),
    tests: Vec::new(),
};

/// The middle of a severity's fifth of the scale from 0 to 1.
fn usual_score(severity: Severity) -> f64 {
    [0.1, 0.3, 0.5, 0.7, 0.9][severity as usize]
}

fn number(value: f64) -> Value {
    match value {
        whole if whole.fract() == 0.0 && whole.abs() < 1e15 => Value::Int(whole as i64),
        real if real.is_finite() => Value::Float(real),
        _ => Value::Int(0),
    }
}

fn span_of(episode: &Episode) -> String {
    let count = episode.figures.count;
    let records = if count == 1 { "1 record".to_owned() } else { format!("{count} records") };
    if episode.first == episode.last {
        return format!("{records} at {}", time(episode.first));
    }
    format!("{records} from {} to {}", time(episode.first), time(episode.last))
}

fn time(at: Millis) -> String {
    DateTime::from_timestamp_millis(at)
        .map_or_else(|| at.to_string(), |t| t.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn subject(plan: &Plan, episode: &Episode, world: &World) -> Subject {
    let leaf = plan.leaves.get(episode.leaf as usize);
    let found = leaf.and_then(|leaf| match leaf.subject {
        SubjectFrom::Organisation => None,
        SubjectFrom::Column(column) => text(leaf.columns[column], &episode.columns[column], world),
    });
    match found {
        Some(id) => Subject { kind: plan.subject, name: id.clone(), id },
        // Also of a record that does not say whom it belongs to.
        None => Subject {
            kind: SubjectKind::Organisation,
            id: "organisation".to_owned(),
            name: "organisation".to_owned(),
        },
    }
}

/// A value as people read it; none if it is absent.
pub(crate) fn text(field: Field, datum: &Datum, world: &World) -> Option<String> {
    Some(match datum {
        Datum::Absent => return None,
        Datum::Bool(value) => value.to_string(),
        Datum::Name(handle) => world.names.resolve(Name(*handle))?.to_string(),
        Datum::Phone(number) => Number(*number).to_string(),
        Datum::Int(value) if is_time(field) => time(*value),
        Datum::Int(value) => value.to_string(),
        Datum::Float(bits) => f64::from_bits(*bits).to_string(),
        Datum::Text(text) => text.to_string(),
    })
}

fn is_time(field: Field) -> bool {
    matches!(field, Field::Table(id) if id.field().ty == model::fields::FieldType::Millis)
}
