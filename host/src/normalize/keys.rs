//! Which field a key stands for, whatever its capitals.
//!
//! Owns the keys of the events that are not calls; those of calls are in the field table.

use std::sync::LazyLock;

use model::FieldId;
use rustc_hash::FxHashMap;

/// Keys of forwarding-change, admin-change and sign-in events (docs/fields.md), which share those of calls for
/// identity, time, user and place.
const EVENT_KEYS: [(&str, FieldId); 13] = [
    ("event", FieldId::event),
    ("mode", FieldId::forward_mode),
    ("enabled", FieldId::forward_enabled),
    ("from", FieldId::forward_from),
    ("to", FieldId::forward_to),
    ("actor", FieldId::actor),
    ("actor ip", FieldId::actor_ip),
    ("actor user agent", FieldId::actor_user_agent),
    ("category", FieldId::category),
    ("description", FieldId::description),
    ("target", FieldId::target),
    ("target type", FieldId::target_type),
    ("success", FieldId::success),
];

/// Longest key looked up: the longest known has 31 bytes.
const MAX_KEY_BYTES: usize = 48;

static FIELDS: LazyLock<FxHashMap<Box<[u8]>, FieldId>> = LazyLock::new(|| {
    let calls = FieldId::all().filter_map(|f| f.webex_key.map(|k| (k, f.id)));
    calls.chain(EVENT_KEYS).map(|(key, id)| (key.to_ascii_lowercase().into_bytes().into(), id)).collect()
});

/// The field of a key; surrounding blanks are ignored.
pub fn look_up(key: &str) -> Option<FieldId> {
    let key = key.trim().as_bytes();
    let mut lower = [0u8; MAX_KEY_BYTES];
    let lower = lower.get_mut(..key.len())?;
    lower.copy_from_slice(key);
    lower.make_ascii_lowercase();
    FIELDS.get(&*lower).copied()
}

/// The key under which records hold a field; none for fields that are made of others.
pub fn record_key(field: FieldId) -> Option<&'static str> {
    let event_key = || EVENT_KEYS.iter().find(|(_, id)| *id == field).map(|(key, _)| *key);
    field.field().webex_key.or_else(event_key)
}

/// The key under which people know a field, for messages.
pub(super) fn key_of(field: FieldId) -> &'static str {
    record_key(field).unwrap_or(field.field().name)
}

/// Whether the key means something only in events that are not calls.
pub(super) fn is_event_key(field: FieldId) -> bool {
    EVENT_KEYS.iter().any(|(_, id)| *id == field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_match_whatever_their_capitals() {
        for (key, field) in [
            ("Report ID", FieldId::record_id),
            ("Device Mac", FieldId::device_mac),
            ("device mac", FieldId::device_mac),
            ("Final local sessionID", FieldId::final_local_session_id),
            ("Call transfer Time", FieldId::call_transfer_time),
            ("PSTN Vendor Org ID", FieldId::pstn_vendor_org),
            ("Original Called Party UUID", FieldId::original_called_party),
            (" Hold Duration ", FieldId::hold_duration),
            ("Event", FieldId::event),
        ] {
            assert_eq!(look_up(key), Some(field), "{key}");
        }
        assert_eq!(look_up("Brand new key"), None);
        assert_eq!(look_up(&"x".repeat(1000)), None);
        assert_eq!(look_up(""), None);
    }

    #[test]
    fn no_two_fields_share_a_key() {
        let calls = FieldId::all().filter(|f| f.webex_key.is_some()).count();
        assert_eq!(FIELDS.len(), calls + EVENT_KEYS.len());
        assert!(FIELDS.keys().all(|k| k.len() <= MAX_KEY_BYTES));
    }
}
