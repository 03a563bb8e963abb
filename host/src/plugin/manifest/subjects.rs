//! Whose rows a plugin gets: filters, a second subject of the same rows, rows of the whole organisation.
//!
//! Owns the form and checks of `[filter]`, `[also]` and `[organisation]`. Does not own the column `"$row"` that tells
//! which of them a row came by (`plugin::columns`) or hashing (`engine::route`).

use model::SubjectKind;
use model::fields::well_known::{self, CLASSES};
use serde::{Deserialize, Serialize, Serializer};

use super::{Problem, partition, short, wrong};

/// Most digits that can be dropped: a block of a hundred million numbers is a country's.
const MAX_DROPPED_DIGITS: u32 = 8;

/// Which `call` events a plugin gets; empty lists let all through.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// `ORIGINATING`, `TERMINATING`.
    pub direction: Vec<String>,
    /// Values of `call_type`.
    pub call_types: Vec<String>,
    /// Classes of the other party: the called number of ORIGINATING, the calling number of TERMINATING records.
    pub other_class: Vec<String>,
}

/// A second subject of the same rows, with an instance of its own to meet in.
#[derive(Clone, Debug, Serialize)]
pub struct Also {
    /// What it is.
    pub key: AlsoKey,
    /// Last digits of a number that do not decide which instance it meets in: neighbours meet in one.
    pub drop_digits: u32,
    /// Which calls.
    pub filter: Filter,
}

/// Rows that every instance gets.
#[derive(Clone, Debug, Serialize)]
pub struct Organisation {
    /// Which calls.
    pub filter: Filter,
}

/// What the second subject of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlsoKey {
    /// The record's owner.
    User,
    /// The owner's location.
    Location,
    /// The number on the other side: called for ORIGINATING, calling for TERMINATING calls, the destination of a forwarding
    /// change.
    OtherParty,
    /// `called_number`.
    CalledNumber,
    /// `calling_number`.
    CallingNumber,
}

impl AlsoKey {
    const NUMBERS: [AlsoKey; 3] = [AlsoKey::OtherParty, AlsoKey::CalledNumber, AlsoKey::CallingNumber];

    /// The name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            AlsoKey::User => "user",
            AlsoKey::Location => "location",
            AlsoKey::OtherParty => "other_party",
            AlsoKey::CalledNumber => "called_number",
            AlsoKey::CallingNumber => "calling_number",
        }
    }
}

impl Serialize for AlsoKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlsoText {
    partition: String,
    key: Option<String>,
    #[serde(default)]
    drop_digits: u32,
    #[serde(default)]
    filter: Filter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationText {
    #[serde(default)]
    filter: Filter,
}

impl AlsoText {
    /// `first` is the manifest's own partition.
    pub(super) fn check(self, first: SubjectKind) -> Result<Also, Problem> {
        let kind = partition(&self.partition).map_err(|_| {
            let message = format!("'{}' is not known: use user, number or location", short(&self.partition));
            wrong("also.partition", message)
        })?;
        if kind == SubjectKind::Organisation {
            let message =
                "'organisation' is no second subject: [organisation] gives its rows to every instance";
            return Err(wrong("also.partition", message));
        }
        if kind != SubjectKind::Number && (self.key.is_some() || self.drop_digits > 0) {
            let message = format!(
                "key and drop_digits are for numbers: remove them, or set partition = \"number\" instead of \"{}\"",
                kind.name()
            );
            return Err(wrong("also", message));
        }
        if kind == first && kind != SubjectKind::Number {
            let message = format!(
                "'{}' is the plugin's partition already: the second subject must be another",
                kind.name()
            );
            return Err(wrong("also.partition", message));
        }
        let key = match kind {
            SubjectKind::User => AlsoKey::User,
            SubjectKind::Location => AlsoKey::Location,
            SubjectKind::Number | SubjectKind::Organisation => number_key(self.key.as_deref())?,
        };
        if self.drop_digits > MAX_DROPPED_DIGITS {
            let message =
                format!("is {}: the highest allowed value is {MAX_DROPPED_DIGITS}", self.drop_digits);
            return Err(wrong("also.drop_digits", message));
        }
        self.filter.check("also.filter")?;
        Ok(Also { key, drop_digits: self.drop_digits, filter: self.filter })
    }
}

fn number_key(text: Option<&str>) -> Result<AlsoKey, Problem> {
    let known = "other_party, called_number or calling_number";
    let Some(text) = text else {
        return Err(wrong("also.key", format!("is missing: say which number, {known}")));
    };
    AlsoKey::NUMBERS
        .into_iter()
        .find(|key| key.name() == text)
        .ok_or_else(|| wrong("also.key", format!("'{}' is not known: use {known}", short(text))))
}

impl OrganisationText {
    pub(super) fn check(self) -> Result<Organisation, Problem> {
        self.filter.check("organisation.filter")?;
        Ok(Organisation { filter: self.filter })
    }
}

impl Filter {
    pub(super) fn check(&self, place: &str) -> Result<(), Problem> {
        for direction in &self.direction {
            if !matches!(direction.as_str(), "ORIGINATING" | "TERMINATING") {
                let message =
                    format!("'{}' is not a direction: use ORIGINATING or TERMINATING", short(direction));
                return Err(wrong(format!("{place}.direction"), message));
            }
        }
        for call_type in &self.call_types {
            let known = call_type == "UNKNOWN" || call_type.starts_with("SIP_");
            if !(known && well_known::VALUES.contains(&call_type.as_str())) {
                let known: Vec<&str> =
                    well_known::VALUES.iter().copied().filter(|v| v.starts_with("SIP_")).collect();
                let message =
                    format!("'{}' is not a call type: use {} or UNKNOWN", short(call_type), known.join(", "));
                return Err(wrong(format!("{place}.call_types"), message));
            }
        }
        for class in &self.other_class {
            if !CLASSES.contains(&class.as_str()) {
                let message = format!("'{}' is not a class: use {}", short(class), CLASSES.join(", "));
                return Err(wrong(format!("{place}.other_class"), message));
            }
        }
        Ok(())
    }
}
