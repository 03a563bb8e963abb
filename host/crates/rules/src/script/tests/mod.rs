//! Scripts on records.

mod bounds;
mod checks;
mod meaning;
mod severity;
mod windows;

use std::sync::Arc;

use model::{Event, FieldId, Millis, Name, NameTable, Number, RecordId};

use super::{ScriptError, Scripts, When};
use crate::record::{Places, World};
use crate::sigma::ZoneBy;
use crate::{Diagnostic, Span};

/// Madrid has hours from 9 to 17 on weekdays, and 2026-12-25 as a holiday; other places are not known.
struct Spain(Name);

impl Places for Spain {
    fn is_holiday(&self, location: Name, local: Millis) -> bool {
        location == self.0 && local.div_euclid(86_400_000) == 20_812
    }

    fn is_business_hour(&self, location: Name, local: Millis) -> Option<bool> {
        let weekday = (local.div_euclid(86_400_000) + 3).rem_euclid(7);
        let hour = local.rem_euclid(86_400_000) / 3_600_000;
        (location == self.0).then(|| weekday < 5 && (9..17).contains(&hour))
    }

    fn offset_minutes(&self, zone: &str, _: Millis) -> Option<i64> {
        (zone == "Asia/Tokyo").then_some(540)
    }
}

pub(super) fn world() -> World {
    let names = Arc::new(NameTable::default());
    let madrid = names.intern("Madrid").unwrap();
    World { names, places: Arc::new(Spain(madrid)) }
}

/// Monday 2026-11-23 at a time UTC.
pub(super) fn at(hour: i64, minute: i64) -> Millis {
    1_795_392_000_000 + (hour * 60 + minute) * 60_000
}

/// A call of 90 minutes from Madrid to Cuba on Monday at 20:30 UTC, 21:30 there.
pub(super) fn call(world: &World) -> Event {
    let mut event = Event::default();
    event.id = RecordId(7);
    event.set_millis(FieldId::start_time, at(20, 30));
    event.set_millis(FieldId::answer_time, at(20, 31));
    event.set_int(FieldId::local_offset, 60);
    event.set_u32(FieldId::duration, 5_400);
    event.set_bool(FieldId::answered, true);
    event.set_bool(FieldId::called_ours, false);
    event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
    event.set_enum(FieldId::called_class, Name::known("international"));
    event.set_name(FieldId::called_country, Name::known("CU"));
    event.set_name(FieldId::country, Name::known("ES"));
    event.set_name(FieldId::location, world.names.intern("Madrid").unwrap());
    event.set_name(FieldId::user, world.names.intern("u-1").unwrap());
    event.set_phone(FieldId::called_number, Number::from_e164(5_355_512_345).unwrap());
    event.set_phone(FieldId::calling_number, Number::from_e164(34_911_234_567).unwrap());
    event.set_bool(FieldId::calling_ours, true);
    event.set_phone(FieldId::dialed_digits, Number::from_dialled("0015355512345"));
    event.set_text(FieldId::calling_line_id, "Ana García");
    event.set_float(FieldId::caller_reputation_score, 1.5);
    event
}

pub(super) fn scripts(libraries: &[(&str, &str)]) -> Scripts {
    let libraries: Vec<(String, String)> =
        libraries.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
    let (scripts, found) = Scripts::new(&libraries);
    assert!(found.is_empty(), "{found:?}");
    scripts
}

pub(super) const BEGIN: Span = Span { line: 5, column: 10, len: 20 };

pub(super) fn when(source: &str) -> Result<When, Vec<Diagnostic>> {
    scripts(&[]).when("a.yml", source, BEGIN, &ZoneBy::Location)
}

#[track_caller]
pub(super) fn compiled(source: &str) -> When {
    when(source).unwrap_or_else(|found| panic!("{source}: {found:?}"))
}

#[track_caller]
pub(super) fn holds(source: &str) -> Result<bool, ScriptError> {
    let world = world();
    compiled(source).holds(&call(&world), &world)
}

/// Asserts what each condition is on [`call`].
#[track_caller]
pub(super) fn table(cases: &[(&str, bool)]) {
    for (source, expected) in cases {
        assert_eq!(holds(source), Ok(*expected), "{source}");
    }
}

/// The first error's place, message and help.
#[track_caller]
pub(super) fn refused(source: &str) -> (u32, u32, String, String) {
    let found = when(source).map(|_| ()).expect_err(source);
    let first = &found[0];
    assert!(first.is_error() && first.file == "a.yml");
    (first.span.line, first.span.column, first.message.clone(), first.help.clone())
}
