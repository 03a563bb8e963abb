//! Call records, as we take them and as JSON.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};
use model::{Event, EventKind, FieldId, NameTable, Number, RecordId};
use rules::World;
use serde_json::{Value, json};

/// A call record with the fields that the rules of these tests ask for.
#[derive(Clone, Debug)]
pub struct Call {
    /// Identity.
    pub id: u128,
    /// Begin, in seconds since 1970.
    pub at: i64,
    /// Who calls; absent if empty.
    pub user: String,
    /// Where; absent if empty.
    pub location: String,
    /// Country of the called number.
    pub called_country: &'static str,
    /// Kind of the caller.
    pub user_type: &'static str,
    /// Called number, without the `+`.
    pub called: u64,
    /// Seconds.
    pub duration: u32,
    /// Whether it is in business hours.
    pub business: bool,
}

/// Names, and no directory.
pub fn world() -> World {
    World { names: Arc::new(NameTable::default()), places: Arc::new(()) }
}

impl Call {
    /// As we take it.
    pub fn event(&self, world: &World) -> Event {
        let name = |text: &str| world.names.intern(text).unwrap_or_default();
        let mut event = Event::default();
        event.kind = EventKind::Call;
        event.id = RecordId(self.id);
        event.set_millis(FieldId::start_time, self.at * 1_000);
        event.set_millis(FieldId::report_time, self.at * 1_000);
        for (field, text) in [(FieldId::user, &self.user), (FieldId::location, &self.location)] {
            if !text.is_empty() {
                event.set_name(field, name(text));
            }
        }
        event.set_name(FieldId::called_country, name(self.called_country));
        event.set_enum(FieldId::user_type, name(self.user_type));
        event.set_u32(FieldId::duration, self.duration);
        event.set_bool(FieldId::answered, self.business);
        if let Some(number) = Number::from_e164(self.called) {
            event.set_phone(FieldId::called_number, number);
        }
        event
    }

    /// As they take it.
    pub fn json(&self) -> Value {
        let time = DateTime::from_timestamp(self.at, 0).unwrap_or_default();
        let mut value = json!({
            "timestamp": time.to_rfc3339_opts(SecondsFormat::Secs, true),
            "event": "call",
            "called_country": self.called_country,
            "user_type": self.user_type,
            "called_number": format!("+{}", self.called),
            "duration": self.duration,
            "answered": self.business,
        });
        for (field, text) in [("user", &self.user), ("location", &self.location)] {
            if !text.is_empty() {
                value[field] = json!(text);
            }
        }
        value
    }
}
