//! What time it is where the call is made: local hours, days, holidays and business hours.
//!
//! Owns the fields that are made from a record's time and place. Does not own zones and calendars: [`crate::Places`] knows them.

use chrono::DateTime;
use model::{FieldId, Millis, Name};

use super::super::times;
use crate::sigma::{TimePart, ZoneBy};
use crate::{Fields, Virtual, World};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

/// Value of a derived field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// `local_hour`, `local_minute`.
    Number(i64),
    /// `local_weekday`.
    Weekday(&'static str),
    /// `local_date`, as text `YYYY-MM-DD`.
    Date([u8; 10]),
    /// `holiday`, `business_hours`.
    Flag(bool),
}

/// A time of the record by the clock that `zone` names: milliseconds since 1970 there. None if the clock is not known.
pub fn local_time(zone: &ZoneBy, at: Millis, record: &impl Fields, world: &World) -> Option<Millis> {
    let minutes = match zone {
        ZoneBy::Utc => 0,
        ZoneBy::Location => {
            if !record.present().contains(FieldId::local_offset) {
                return None;
            }
            record.slot(FieldId::local_offset) as i64
        }
        ZoneBy::Zone(name) => world.places.offset_minutes(name, at)?,
    };
    at.checked_add(minutes.checked_mul(MINUTE)?)
}

/// A derived field. Local fields are those of the location, unless the rule's `zone` says otherwise.
pub fn derived(
    field: Virtual,
    zone: Option<&ZoneBy>,
    record: &impl Fields,
    world: &World,
) -> Option<Derived> {
    if !record.present().contains(FieldId::start_time) {
        return None;
    }
    let local = local_time(zone.unwrap_or(&ZoneBy::Location), record.start(), record, world)?;
    let location = Name(record.slot(FieldId::location) as u32);
    of_local(field, local, location, world)
}

/// A derived field by local time.
fn of_local(field: Virtual, local: Millis, location: Name, world: &World) -> Option<Derived> {
    Some(match field {
        Virtual::LocalHour => Derived::Number(local.rem_euclid(DAY) / HOUR),
        Virtual::LocalMinute => Derived::Number(local.rem_euclid(DAY) / MINUTE),
        Virtual::LocalWeekday => Derived::Weekday(weekday(local)),
        Virtual::LocalDate => Derived::Date(date(local)?),
        Virtual::Holiday => Derived::Flag(world.places.is_holiday(location, local)),
        Virtual::BusinessHours => Derived::Flag(world.places.is_business_hour(location, local)?),
    })
}

/// Days of the week as `local_weekday` names them.
pub(super) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn weekday(local: Millis) -> &'static str {
    // 1970-01-01 was a Thursday.
    let day = (local.div_euclid(DAY) + 3).rem_euclid(7);
    WEEKDAYS[day as usize]
}

fn date(local: Millis) -> Option<[u8; 10]> {
    DateTime::from_timestamp_millis(local)?.format("%Y-%m-%d").to_string().into_bytes().try_into().ok()
}

/// A part of one of the record's times. UTC, unless the rule's `zone` says otherwise.
pub(super) fn part(
    part: TimePart,
    zone: Option<&ZoneBy>,
    at: Millis,
    record: &impl Fields,
    world: &World,
) -> Option<i64> {
    let local = local_time(zone.unwrap_or(&ZoneBy::Utc), at, record, world)?;
    match part {
        TimePart::Hour => Some(local.rem_euclid(DAY) / HOUR),
        TimePart::Minute => Some(local.rem_euclid(HOUR) / MINUTE),
        part => times::part(part, local),
    }
}

/// The answers that cost a look into the directory, for the record seen last: several rules ask the same.
#[derive(Debug, Default)]
pub(super) struct Remembered([Option<(Millis, Name, Option<Derived>)>; 2]);

impl Remembered {
    /// Forgets.
    pub(super) fn clear(&mut self) {
        self.0 = [None; 2];
    }

    /// As [`derived`], remembering.
    pub(super) fn derived(
        &mut self,
        field: Virtual,
        zone: Option<&ZoneBy>,
        record: &impl Fields,
        world: &World,
    ) -> Option<Derived> {
        let place = match field {
            Virtual::Holiday => &mut self.0[0],
            Virtual::BusinessHours => &mut self.0[1],
            _ => return derived(field, zone, record, world),
        };
        if !record.present().contains(FieldId::start_time) {
            return None;
        }
        let local = local_time(zone.unwrap_or(&ZoneBy::Location), record.start(), record, world)?;
        let location = Name(record.slot(FieldId::location) as u32);
        if let Some((at, of, known)) = place
            && (*at, *of) == (local, location)
        {
            return *known;
        }
        let found = of_local(field, local, location, world);
        *place = Some((local, location, found));
        found
    }
}
