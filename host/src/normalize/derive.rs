//! Fields made of several others: place and local time, whose numbers they are and where they lead, the user.
//!
//! Owns the derivation; the knowledge is the directory's (`place`) and `model::numbering`'s (`numbers`).

use model::numbering::{self, Home};
use model::{Event, EventKind, FieldId, Name, Number, NumberKind};

use super::numbers::{self as classes, Read};
use super::raw::Raw;
use super::{Fault, Normalizer, codes, full};

/// Largest believable offset from UTC in minutes: Kiribati has 14 hours.
const MAX_OFFSET: i64 = 18 * 60;

/// Derived fields of one of the two parties.
pub(super) struct Party {
    pub number: FieldId,
    pub class: FieldId,
    pub country: FieldId,
    pub ours: FieldId,
    /// Direction of records in which this party is the record's owner.
    own_side: Name,
}

pub(super) const CALLING: Party = Party {
    number: FieldId::calling_number,
    class: FieldId::calling_class,
    country: FieldId::calling_country,
    ours: FieldId::calling_ours,
    own_side: Name::known("ORIGINATING"),
};
pub(super) const CALLED: Party = Party {
    number: FieldId::called_number,
    class: FieldId::called_class,
    country: FieldId::called_country,
    ours: FieldId::called_ours,
    own_side: Name::known("TERMINATING"),
};

/// What is read of a record besides the fields that are wanted: identity and times, and what derived fields are made of.
pub(super) const SOURCES: [FieldId; 25] = [
    FieldId::record_id,
    FieldId::start_time,
    FieldId::report_time,
    FieldId::release_time,
    FieldId::duration,
    FieldId::event,
    FieldId::location,
    FieldId::site_offset,
    FieldId::site_main_number,
    FieldId::user_number,
    FieldId::user_uuid,
    FieldId::user_type,
    FieldId::user_name,
    FieldId::inbound_trunk,
    FieldId::outbound_trunk,
    FieldId::actor,
    FieldId::target,
    FieldId::calling_number,
    FieldId::called_number,
    FieldId::dialed_digits,
    FieldId::direction,
    FieldId::call_type,
    FieldId::international_country,
    FieldId::forward_to,
    FieldId::forward_from,
];

impl Normalizer {
    /// Fields that depend on the place, and those made of several others.
    pub(super) fn derive(&mut self, raw: &Raw<'_>, event: &mut Event) -> Result<(), Fault> {
        let wants = |field| self.wanted.contains(field);
        let location = raw.text(FieldId::location)?.unwrap_or_default();
        if self.places.is_full() {
            // Numbers are remembered by the place's position, which is now given anew.
            self.places.clear();
            self.numbers.clear();
        }
        let at = self
            .places
            .find(location, &self.directory, &self.names)
            .map_err(|_| full(FieldId::location, location))?;
        let place = self.places.get(at);

        if wants(FieldId::zone) {
            event.set_name(FieldId::zone, place.zone);
        }
        if wants(FieldId::local_offset) {
            let offset = place.utc_offset(event.int(FieldId::start_time)).map(i64::from);
            let stated = raw.int(FieldId::site_offset)?.filter(|m| m.abs() <= MAX_OFFSET);
            if let Some(minutes) = offset.or(stated) {
                event.set_int(FieldId::local_offset, minutes);
            }
        }
        let mut fallback = Name::ABSENT;
        if !place.country.is_present() {
            for field in [FieldId::site_main_number, FieldId::user_number] {
                if let Some(text) = raw.text(field)?.filter(|t| !fallback.is_present() && t.starts_with('+'))
                {
                    fallback = country_of(text);
                }
            }
        }
        let home = place.home(fallback);
        if wants(FieldId::country) {
            event.set_name(FieldId::country, home.country);
        }

        let numbers = &mut self.numbers;
        for field in &self.phones {
            if let Some(text) = raw.text(*field)? {
                event.set_phone(*field, numbers.number(text, &home, at));
            }
        }
        let owner =
            raw.text(FieldId::user_number)?.map_or(Number::ABSENT, |text| numbers.number(text, &home, at));
        let mut read = |field| -> Result<Read, Fault> {
            Ok(raw.text(field)?.map_or_else(Read::default, |text| numbers.read(text, &home, at)))
        };
        let mut enumeration = |field| -> Result<Name, Fault> {
            match raw.text(field)? {
                None => Ok(Name::ABSENT),
                Some(text) => self.enums.read(&self.names, field, text).map_err(|_| full(field, text)),
            }
        };
        for party in [&CALLING, &CALLED] {
            if ![party.number, party.class, party.country, party.ours].into_iter().any(wants) {
                continue;
            }
            let seen = read(party.number)?;
            if wants(party.number) {
                event.set_phone(party.number, seen.number);
            }
            if !seen.number.is_present() {
                continue;
            }
            let own_side = seen.number == owner
                && owner.kind() == NumberKind::E164
                && enumeration(FieldId::direction)? == party.own_side;
            let ours = own_side || self.directory.is_ours(seen.number);
            let class = classes::class(seen, ours, enumeration(FieldId::call_type)?);
            if wants(party.class) {
                event.set_enum(party.class, class);
            }
            if wants(party.country) {
                let mut country = seen.country;
                if !country.is_present() && party.number == CALLED.number {
                    // Digits that could not be read as a number: Webex may have.
                    let stated = raw.text(FieldId::international_country)?;
                    country =
                        stated.map_or(Name::ABSENT, |c| numbering::country_name(&c.to_ascii_uppercase()));
                }
                event.set_name(party.country, country);
            }
            if wants(party.ours) {
                event.set_bool(party.ours, class == const { Name::known("internal") });
            }
        }
        if [FieldId::forward_to, FieldId::forward_class, FieldId::forward_country].into_iter().any(wants) {
            let mut seen = read(FieldId::forward_to)?;
            if event.kind == EventKind::Call {
                // Digits after a feature code are where forwarding leads from then on.
                for field in [FieldId::called_number, FieldId::dialed_digits] {
                    if let Some(text) = raw.text(field)?.and_then(codes::destination) {
                        seen = numbers.read(text, &home, at);
                        break;
                    }
                }
            }
            let ours = self.directory.is_ours(seen.number);
            if wants(FieldId::forward_to) {
                event.set_phone(FieldId::forward_to, seen.number);
            }
            if wants(FieldId::forward_class) {
                event.set_enum(FieldId::forward_class, classes::class(seen, ours, Name::ABSENT));
            }
            if wants(FieldId::forward_country) {
                event.set_name(FieldId::forward_country, seen.country);
            }
        }
        if wants(FieldId::user) {
            let user = self.user(raw, event.kind, owner)?;
            event.set_name(FieldId::user, user);
        }
        Ok(())
    }

    /// The subject of user findings: the owner's identity, else the best stand-in the record has.
    fn user(&mut self, raw: &Raw<'_>, kind: EventKind, number: Number) -> Result<Name, Fault> {
        use std::fmt::Write as _;
        if let Some(uuid) = raw.text(FieldId::user_uuid)? {
            return self.name(FieldId::user, uuid);
        }
        // Audit events name people as actor and target: who signs in is the user, and so is whose settings are changed.
        let people: &[FieldId] = match kind {
            EventKind::Call => &[],
            EventKind::SignIn => &[FieldId::actor, FieldId::target],
            EventKind::ForwardingChange | EventKind::AdminChange => &[FieldId::target],
        };
        for field in people {
            if let Some(uuid) = raw.text(*field)?.filter(|text| is_uuid(text)) {
                return self.name(FieldId::user, uuid);
            }
        }
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let trunk = || -> Result<Option<&str>, Fault> {
            let gateway =
                raw.text(FieldId::user_type)?.is_some_and(|t| t.eq_ignore_ascii_case("LocalGateway"));
            if !gateway {
                return Ok(None);
            }
            Ok(raw.text(FieldId::inbound_trunk)?.or(raw.text(FieldId::outbound_trunk)?))
        };
        if number.is_present() {
            // Writing to a string cannot fail.
            let _ = write!(text, "number:{number}");
        } else if let Some(trunk) = trunk()? {
            text.push_str("trunk:");
            text.push_str(trunk);
        } else if let Some(display) = raw.text(FieldId::user_name)? {
            text.push_str("name:");
            text.push_str(display);
        }
        let name = self.name(FieldId::user, &text);
        self.scratch = text;
        name
    }
}

/// Whether the text has the form of an identity, as in `User UUID`.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn country_of(text: &str) -> Name {
    let number = numbering::parse(text, &Home::default());
    numbering::describe(number).0
}
