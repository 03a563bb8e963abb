//! Which settings apply to a row, and which rows a detector never sees.
//!
//! Owns matching rows with the overrides and exceptions of the configuration: their texts become handles once, so a row
//! costs look-ups of numbers only. Does not own their form (`config`) or what the settings mean (the plugin).

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use model::names::TooManyNames;
use model::{EventKind, FieldId, FieldSet, Name, NameTable, Number};
use rustc_hash::FxHashSet;

use super::layout::Row;
use crate::config::{Config, Group, Match, PluginConfig};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The fields of a party that is not the record's owner.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) number: FieldId,
    pub(super) class: FieldId,
    pub(super) country: FieldId,
}

impl Other {
    const CALLED: Other = Other {
        number: FieldId::called_number,
        class: FieldId::called_class,
        country: FieldId::called_country,
    };
    const CALLING: Other = Other {
        number: FieldId::calling_number,
        class: FieldId::calling_class,
        country: FieldId::calling_country,
    };
    const FORWARD: Other = Other {
        number: FieldId::forward_to,
        class: FieldId::forward_class,
        country: FieldId::forward_country,
    };
    const ALL: [&'static Other; 3] = [&Other::CALLED, &Other::CALLING, &Other::FORWARD];

    /// The other party of a row: who was called, who called, or where calls will go; none for other kinds of events.
    #[inline]
    pub(super) fn of(row: Row<'_>) -> Option<&'static Other> {
        const TERMINATING: Name = Name::known("TERMINATING");
        match row.kind() {
            EventKind::Call if row.u32(FieldId::direction) == TERMINATING.0 => Some(&Other::CALLING),
            EventKind::Call => Some(&Other::CALLED),
            EventKind::ForwardingChange => Some(&Other::FORWARD),
            _ => None,
        }
    }

    /// Adds what [`Other::of`] reads, and of every party what `field` picks.
    pub(super) fn fields(fields: &mut FieldSet, field: impl Fn(&Other) -> FieldId) {
        fields.insert(FieldId::direction);
        Other::ALL.iter().for_each(|other| fields.insert(field(other)));
    }
}

/// The configuration's groups by name.
type Groups<'a> = BTreeMap<&'a str, Arc<Owners>>;

/// Overrides and exceptions of one plugin.
#[derive(Debug, Default)]
pub struct Scope {
    overrides: Vec<Matcher>,
    exceptions: Vec<Excepted>,
}

#[derive(Debug)]
struct Excepted {
    matcher: Matcher,
    /// Last local day since 1970-01-01.
    until: Option<i64>,
}

/// All parts must hold.
#[derive(Debug, Default)]
struct Matcher {
    /// Of each list one set must have the owner.
    owners: Vec<Vec<Arc<Owners>>>,
    numbers: Option<Numbers>,
    countries: FxHashSet<u32>,
}

/// A set of people: whoever stands in one of the parts.
#[derive(Debug, Default)]
struct Owners {
    users: FxHashSet<u32>,
    numbers: FxHashSet<u64>,
    departments: FxHashSet<u32>,
    locations: FxHashSet<u32>,
}

#[derive(Debug, Default)]
struct Numbers {
    whole: FxHashSet<u64>,
    /// Leading digits.
    beginnings: FxHashSet<u64>,
}

impl Scope {
    /// Reads what the configuration says about a plugin. Texts that no record had yet get a handle.
    ///
    /// # Errors
    /// When the name table is full.
    pub fn new(settings: &PluginConfig, config: &Config, names: &NameTable) -> Result<Scope, TooManyNames> {
        if settings.overrides.is_empty() && settings.exceptions.is_empty() {
            return Ok(Scope::default());
        }
        // Overrides name groups again and again; each is made once.
        let groups: Groups<'_> = config
            .groups
            .iter()
            .map(|(name, group)| Ok((name.as_str(), Arc::new(Owners::new(group, names)?))))
            .collect::<Result<_, _>>()?;
        let matcher = |matches: &Match| Matcher::new(matches, &groups, names);
        let overrides = settings.overrides.iter().map(|o| matcher(&o.matches)).collect::<Result<_, _>>()?;
        let excepted = |e: &crate::config::Exception| {
            let until = e.until.map(|date| date.signed_duration_since(NaiveDate::default()).num_days());
            Ok(Excepted { matcher: matcher(&e.matches)?, until })
        };
        let exceptions = settings.exceptions.iter().map(excepted).collect::<Result<_, _>>()?;
        Ok(Scope { overrides, exceptions })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.overrides.is_empty() && self.exceptions.is_empty()
    }

    /// Every field that it reads.
    pub fn fields(&self) -> FieldSet {
        let mut fields = FieldSet::NONE;
        let exceptions = self.exceptions.iter().map(|e| &e.matcher);
        self.overrides.iter().chain(exceptions).for_each(|matcher| matcher.fields(&mut fields));
        if self.exceptions.iter().any(|e| e.until.is_some()) {
            fields.insert(FieldId::start_time);
            fields.insert(FieldId::local_offset);
        }
        fields
    }

    /// Number of the first override that is for the row's owner, from 1; 0 if none is.
    #[inline]
    pub fn settings_of(&self, row: Row<'_>) -> u32 {
        self.overrides.iter().position(|matcher| matcher.is_for(row)).map_or(0, |at| at as u32 + 1)
    }

    /// Whether the detector must not see the row.
    #[inline]
    pub fn excepts(&self, row: Row<'_>) -> bool {
        self.exceptions.iter().any(|e| e.holds_on(row) && e.matcher.is_for(row))
    }
}

impl Excepted {
    fn holds_on(&self, row: Row<'_>) -> bool {
        let Some(until) = self.until else { return true };
        let offset = row.u64(FieldId::local_offset) as i64;
        let start = row.u64(FieldId::start_time) as i64;
        start.saturating_add(offset.saturating_mul(MINUTE)).div_euclid(DAY) <= until
    }
}

impl Matcher {
    fn new(matches: &Match, groups: &Groups<'_>, names: &NameTable) -> Result<Matcher, TooManyNames> {
        let mut owners = Vec::new();
        let by_users = Group { users: matches.users.clone(), ..Group::default() };
        let by_location = Group { locations: matches.locations.clone(), ..Group::default() };
        let by_department = Group { departments: matches.departments.clone(), ..Group::default() };
        for group in [by_users, by_location, by_department] {
            let set = Owners::new(&group, names)?;
            if !set.is_empty() {
                owners.push(vec![Arc::new(set)]);
            }
        }
        if !matches.groups.is_empty() {
            let sets = matches.groups.iter().filter_map(|name| groups.get(name.as_str()).cloned());
            owners.push(sets.collect());
        }
        let numbers = (!matches.numbers.is_empty()).then(|| Numbers::new(&matches.numbers));
        let countries = handles(&matches.countries, names)?;
        Ok(Matcher { owners, numbers, countries })
    }

    fn fields(&self, fields: &mut FieldSet) {
        self.owners.iter().flatten().for_each(|set| set.fields(fields));
        if self.numbers.is_some() {
            Other::fields(fields, |other| other.number);
        }
        if !self.countries.is_empty() {
            Other::fields(fields, |other| other.country);
        }
    }

    fn is_for(&self, row: Row<'_>) -> bool {
        self.owners.iter().all(|sets| sets.iter().any(|set| set.has(row)))
            && self.numbers.as_ref().is_none_or(|numbers| {
                Other::of(row).is_some_and(|other| numbers.has(Number(row.u64(other.number))))
            })
            && (self.countries.is_empty()
                || Other::of(row).is_some_and(|other| self.countries.contains(&row.u32(other.country))))
    }
}

impl Owners {
    fn new(group: &Group, names: &NameTable) -> Result<Owners, TooManyNames> {
        let mut numbers = FxHashSet::default();
        for user in &group.users {
            let digits = user.strip_prefix('+').and_then(|digits| digits.parse().ok());
            if let Some(number) = digits.and_then(Number::from_e164) {
                numbers.insert(number.0);
            } else if user.bytes().all(|b| b.is_ascii_digit()) {
                // An extension, as it stands where no full number is known.
                numbers.insert(Number::from_dialled(user).0);
            }
        }
        Ok(Owners {
            users: handles(&group.users, names)?,
            numbers,
            departments: handles(&group.departments, names)?,
            locations: handles(&group.locations, names)?,
        })
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty()
            && self.numbers.is_empty()
            && self.departments.is_empty()
            && self.locations.is_empty()
    }

    fn fields(&self, fields: &mut FieldSet) {
        if !self.users.is_empty() {
            [FieldId::user, FieldId::user_uuid, FieldId::user_name]
                .into_iter()
                .for_each(|field| fields.insert(field));
        }
        for (wanted, field) in [
            (!self.numbers.is_empty(), FieldId::user_number),
            (!self.departments.is_empty(), FieldId::department),
            (!self.locations.is_empty(), FieldId::location),
        ] {
            if wanted {
                fields.insert(field);
            }
        }
    }

    fn has(&self, row: Row<'_>) -> bool {
        let one_of = |set: &FxHashSet<u32>, field| !set.is_empty() && set.contains(&row.u32(field));
        one_of(&self.locations, FieldId::location)
            || one_of(&self.departments, FieldId::department)
            || one_of(&self.users, FieldId::user)
            || one_of(&self.users, FieldId::user_uuid)
            || one_of(&self.users, FieldId::user_name)
            || (!self.numbers.is_empty() && self.numbers.contains(&row.u64(FieldId::user_number)))
    }
}

impl Numbers {
    fn new(texts: &[String]) -> Numbers {
        let mut numbers = Numbers::default();
        for text in texts {
            let Ok(digits) = text.trim_start_matches('+').trim_end_matches('*').parse() else { continue };
            if text.ends_with('*') {
                numbers.beginnings.insert(digits);
            } else {
                numbers.whole.insert(digits);
            }
        }
        numbers
    }

    fn has(&self, number: Number) -> bool {
        let Some(digits) = number.e164() else { return false };
        self.whole.contains(&digits)
            || (!self.beginnings.is_empty()
                && std::iter::successors(Some(digits), |d| (*d >= 10).then_some(d / 10))
                    .any(|beginning| self.beginnings.contains(&beginning)))
    }
}

/// Handles of texts; never that of nothing.
fn handles(texts: &[String], names: &NameTable) -> Result<FxHashSet<u32>, TooManyNames> {
    let all = texts.iter().filter(|t| !t.is_empty()).map(|t| names.intern(t).map(|name| name.0));
    all.collect()
}
