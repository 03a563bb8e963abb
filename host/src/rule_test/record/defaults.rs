//! What a case need not say: identity, times, owner, side of the call.

use model::finding::format_time;
use model::{EventKind, FieldId, Millis};
use serde_json::{Map, Value};

use super::value::time;
use crate::normalize::record_key;

/// Seconds of a call that does not say how long it took: long enough to be no mistake, too short to be suspicious.
const USUAL_DURATION: u64 = 60;
/// Seconds of ringing before an answer.
const USUAL_RING: u64 = 5;
/// Who does what nobody is named for.
const SOMEBODY: &str = "user-1";
/// Who changes settings where nobody is named.
const ADMINISTRATOR: &str = "admin@example.org";
/// The organisation of all cases.
const ORGANISATION: &str = "00000000-0000-4000-8000-000000000000";

/// What is known of an event besides its fields.
pub(super) struct Given<'a> {
    pub at: Millis,
    pub late: Millis,
    pub position: usize,
    pub repetition: u32,
    /// What it is if its fields do not show it.
    pub kind: Option<EventKind>,
    /// Location of events that name none.
    pub location: Option<&'a str>,
}

/// A record on its way.
struct Draft<'a> {
    json: &'a mut Map<String, Value>,
}

impl Draft<'_> {
    fn key(field: FieldId) -> &'static str {
        record_key(field).unwrap_or(field.field().name)
    }

    /// Whether the case says something about the field; `null` says that it is absent.
    fn says(&self, field: FieldId) -> bool {
        self.json.contains_key(Self::key(field))
    }

    fn says_any(&self, fields: &[FieldId]) -> bool {
        fields.iter().any(|f| self.says(*f))
    }

    fn text(&self, field: FieldId) -> Option<&str> {
        self.json.get(Self::key(field))?.as_str().filter(|t| !t.is_empty())
    }

    fn seconds(&self, field: FieldId) -> Option<u64> {
        match self.json.get(Self::key(field))? {
            Value::Number(n) => n.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn is_true(&self, field: FieldId) -> Option<bool> {
        match self.json.get(Self::key(field))? {
            Value::Bool(b) => Some(*b),
            Value::String(text) => Some(text.eq_ignore_ascii_case("true")),
            _ => None,
        }
    }

    fn set(&mut self, field: FieldId, value: impl Into<Value>) {
        self.json.insert(Self::key(field).to_owned(), value.into());
    }

    fn default(&mut self, field: FieldId, value: impl Into<Value>) {
        if !self.says(field) {
            self.set(field, value);
        }
    }

    fn time(&self, field: FieldId) -> Result<Option<Millis>, String> {
        self.text(field)
            .map(|text| time(text).ok_or_else(|| format!("'{}' is not a time", field.field().name)))
            .transpose()
    }
}

/// Fills in what is missing. Gives start and report time.
pub(super) fn complete(
    json: &mut Map<String, Value>,
    stated: &mut [(FieldId, Value)],
    given: &Given<'_>,
) -> Result<(Millis, Millis), String> {
    let mut draft = Draft { json };
    let kind = kind(&mut draft, given)?;
    let identity = format!("00000000-{:04x}-4000-8000-{:012x}", given.position & 0xffff, given.repetition);
    draft.default(FieldId::record_id, identity);
    draft.default(FieldId::org, ORGANISATION);
    draft.default(FieldId::start_time, format_time(given.at));
    let start = draft.time(FieldId::start_time)?.unwrap_or(given.at);
    if let Some(location) = given.location {
        draft.default(FieldId::location, location);
    } else {
        // Without a place local time is UTC.
        draft.default(FieldId::site_offset, 0);
    }
    owner(&mut draft, stated, kind);
    let end = if kind == EventKind::Call { call(&mut draft, start)? } else { start };
    let report = match draft.time(FieldId::report_time)? {
        Some(report) => report,
        None => end.saturating_add(given.late),
    };
    draft.set(FieldId::report_time, format_time(report));
    // `null` was a way to say that there is no default; a record simply lacks the key.
    json.retain(|_, value| !value.is_null());
    Ok((start, report))
}

/// What happened: as stated, as the rule's category says, else as the fields show.
fn kind(draft: &mut Draft<'_>, given: &Given<'_>) -> Result<EventKind, String> {
    use FieldId::{
        category, description, forward_enabled, forward_from, forward_mode, forward_to, success, target,
        target_type,
    };
    let kind = match draft.text(FieldId::event) {
        Some(text) => kind_of(text)
            .ok_or_else(|| "'event' must be call, forwarding-change, admin-change or sign-in".to_owned())?,
        None => given.kind.unwrap_or_else(|| {
            if draft.says_any(&[forward_mode, forward_enabled, forward_from, forward_to]) {
                EventKind::ForwardingChange
            } else if draft.says_any(&[category, description, target, target_type]) {
                EventKind::AdminChange
            } else if draft.says(success) {
                EventKind::SignIn
            } else {
                EventKind::Call
            }
        }),
    };
    if kind == EventKind::Call {
        draft.json.remove(Draft::key(FieldId::event));
    } else {
        draft.set(FieldId::event, kind.name());
    }
    Ok(kind)
}

/// A kind of event by its name, or by the category of rules about it.
pub(in crate::rule_test) fn kind_of(text: &str) -> Option<EventKind> {
    let text = text.to_ascii_lowercase().replace('_', "-");
    EventKind::from_name(&text).or(match text.as_str() {
        "forwarding" => Some(EventKind::ForwardingChange),
        "admin" => Some(EventKind::AdminChange),
        _ => None,
    })
}

/// Whose record it is.
fn owner(draft: &mut Draft<'_>, stated: &[(FieldId, Value)], kind: EventKind) {
    let stated_user = stated.iter().find(|(field, _)| *field == FieldId::user).map(|(_, value)| value);
    if let Some(Value::String(user)) = stated_user
        && !user.contains(':')
    {
        // The owner's identity is what the field is made of.
        draft.default(FieldId::user_uuid, user.clone());
    }
    let trunk = draft.text(FieldId::user_type).is_some_and(|t| t.eq_ignore_ascii_case("LocalGateway"));
    let named = stated_user.is_some()
        || trunk
        || draft.says_any(&[FieldId::user_uuid, FieldId::user_number, FieldId::user_name]);
    match kind {
        EventKind::Call | EventKind::ForwardingChange => {
            if !(named || kind == EventKind::ForwardingChange && draft.says(FieldId::target)) {
                draft.set(FieldId::user_uuid, SOMEBODY);
            }
        }
        EventKind::SignIn => {
            if !named && !draft.says_any(&[FieldId::actor, FieldId::target]) {
                draft.set(FieldId::user_uuid, SOMEBODY);
            }
        }
        EventKind::AdminChange => {}
    }
    if matches!(kind, EventKind::AdminChange | EventKind::ForwardingChange) {
        draft.default(FieldId::actor, ADMINISTRATOR);
    }
}

/// What every call has. Gives when it ended.
fn call(draft: &mut Draft<'_>, start: Millis) -> Result<Millis, String> {
    draft.default(FieldId::direction, "ORIGINATING");
    let duration = draft.seconds(FieldId::duration);
    let answered = draft.is_true(FieldId::answered).unwrap_or(duration != Some(0));
    draft.default(FieldId::answered, answered);
    draft.default(FieldId::duration, if answered { USUAL_DURATION } else { 0 });
    draft.default(FieldId::ring_duration, USUAL_RING);
    let own = draft.text(FieldId::user_number).map(str::to_owned);
    if let Some(own) = own {
        let outgoing = draft.text(FieldId::direction).is_some_and(|d| d.eq_ignore_ascii_case("ORIGINATING"));
        draft.default(if outgoing { FieldId::calling_number } else { FieldId::called_number }, own);
    }
    let millis = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
    let ring = millis(draft.seconds(FieldId::ring_duration).unwrap_or(0));
    let length = millis(draft.seconds(FieldId::duration).unwrap_or(0));
    if answered {
        draft.default(FieldId::answer_time, format_time(start.saturating_add(ring)));
    }
    draft.default(FieldId::release_time, format_time(start.saturating_add(ring).saturating_add(length)));
    Ok(draft.time(FieldId::release_time)?.unwrap_or(start))
}
