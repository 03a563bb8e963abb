//! A finding: one episode seen by one detector or rule, as stored and shown (DESIGN section 10).

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

use crate::{Millis, RecordId};

/// How bad it is: Sigma's levels, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// Worth a look when there is time.
    Low,
    /// Worth a look today.
    Medium,
    /// Look now.
    High,
    /// Act now: fraud in progress.
    Critical,
}

impl Severity {
    /// All levels, lowest first.
    pub const ALL: [Severity; 5] =
        [Severity::Informational, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The level's name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Informational => "informational",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Severity::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            format!("'{text}' is not a severity: use informational, low, medium, high or critical")
        })
    }
}

/// What kind of thing a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A user, workspace, queue or other owner of records.
    User,
    /// A telephone number.
    Number,
    /// A location.
    Location,
    /// The whole organisation.
    Organisation,
}

impl SubjectKind {
    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            SubjectKind::User => "user",
            SubjectKind::Number => "number",
            SubjectKind::Location => "location",
            SubjectKind::Organisation => "organisation",
        }
    }
}

/// Whom a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Kind of subject.
    pub kind: SubjectKind,
    /// Stable identity: user UUID, E.164 number with `+`, location or organisation.
    pub id: String,
    /// Name for people; the identity where there is none. Attacker-controlled text: escape per sink.
    pub name: String,
}

/// Life of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Raised and standing.
    Open,
    /// Late records showed that it does not hold; kept for the record, hidden from listings.
    Withdrawn,
    /// Standing, but of a rule on trial: recorded, hidden from listings, raises nothing.
    Shadow,
}

impl Status {
    /// The status's name.
    pub fn name(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Withdrawn => "withdrawn",
            Status::Shadow => "shadow",
        }
    }
}

/// What a finding can be re-made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Generation of the policy.
    pub generation: u64,
    /// `sha256:` digest of the plugin or rule.
    pub digest: String,
}

/// One episode seen by one detector or rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable identity: depends on detector, subject and episode key only.
    pub id: String,
    /// The detector or rule that saw it.
    pub detector: String,
    /// Kind of episode, a word the detector chooses: `new-country`, `burst` …
    pub kind: String,
    /// How bad.
    pub severity: Severity,
    /// 0 (usual) to 1 (certain).
    pub score: f64,
    /// About whom.
    pub subject: Subject,
    /// One line.
    pub title: String,
    /// Reasons in words with numbers, most important first.
    pub explanation: Vec<String>,
    /// Start of the earliest event, UTC.
    #[serde(with = "rfc3339")]
    pub first_event: Millis,
    /// Start of the latest event, UTC.
    #[serde(with = "rfc3339")]
    pub last_event: Millis,
    /// Report time of the record on which it was first raised, UTC.
    #[serde(with = "rfc3339")]
    pub raised_at: Millis,
    /// 1 when first raised, one more for every change.
    pub revision: u32,
    /// Life of the finding.
    pub status: Status,
    /// Identities of the records it rests on, by time; the first [`Finding::MAX_EVIDENCE`].
    pub evidence: Vec<RecordId>,
    /// Figures by name, for rules, sinks and reports.
    pub attributes: BTreeMap<String, attribute::Value>,
    /// What it can be re-made from.
    pub provenance: Provenance,
}

impl Finding {
    /// Most evidence kept on one finding; `attributes.records` has the full count. 1,000 identities are 16 KB and more
    /// than anybody reads.
    pub const MAX_EVIDENCE: usize = 1000;

    /// Whether the content is the same: all but `revision` and `raised_at`; the subject's display name, which belongs to
    /// the subject and not to the episode; and the policy's generation, which says when it was written, while the digest says
    /// what found it: a policy that leaves a rule as it is makes no revisions of its findings.
    pub fn same_content(&self, other: &Finding) -> bool {
        let strip = |f: &Finding| {
            let mut stripped = Finding { revision: 0, raised_at: 0, ..f.clone() };
            stripped.subject.name.clear();
            stripped.provenance.generation = 0;
            stripped
        };
        strip(self) == strip(other)
    }
}

/// RFC 3339 UTC with milliseconds.
pub fn format_time(millis: Millis) -> String {
    DateTime::<Utc>::from_timestamp_millis(millis)
        .unwrap_or(DateTime::UNIX_EPOCH)
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Attribute values: a small closed set, so that the model needs no JSON library.
pub mod attribute {
    use serde::{Deserialize, Serialize};

    /// Value of a finding's attribute.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    pub enum Value {
        /// True or false.
        Bool(bool),
        /// Whole number.
        Int(i64),
        /// Real number; never NaN or infinite.
        Float(f64),
        /// Text; may hold attacker-controlled content.
        Text(String),
        /// Several values.
        List(Vec<Value>),
    }
}

mod rfc3339 {
    use super::{DateTime, Deserialize, Millis, Serializer, format_time};

    pub(super) fn serialize<S: Serializer>(millis: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_time(*millis))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = DateTime::parse_from_rfc3339(&text).map_err(serde::de::Error::custom)?;
        Ok(parsed.timestamp_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_order_and_parse() {
        assert!(Severity::Critical > Severity::High);
        assert_eq!("High".parse(), Ok(Severity::High));
        assert!("urgent".parse::<Severity>().unwrap_err().contains("critical"));
    }

    #[test]
    fn times_are_rfc3339_utc() {
        assert_eq!(format_time(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
    }
}
