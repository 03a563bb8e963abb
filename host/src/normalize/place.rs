//! Where a record's owner is: country, dial plan and local time of a location.
//!
//! Owns the per-thread look-up from a location's name to what the directory knows of it.

use std::sync::Arc;

use model::names::TooManyNames;
use model::numbering::{Home, country_name};
use model::{Millis, Name, NameTable};
use rustc_hash::FxHashMap;

use crate::directory::{Directory, Location};

/// Locations remembered per thread; an organisation has at most some thousands. Beyond it everything is forgotten
/// and looked up again.
const REMEMBERED: usize = 8192;

/// Zones change their offset on quarters of an hour, so within one the offset is constant.
const QUARTER_HOUR: Millis = 15 * 60_000;

/// What is known of a location.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// The location's country, else the organisation's; absent if neither is known.
    pub country: Name,
    /// The IANA zone's name.
    pub zone: Name,
    location: Option<Arc<Location>>,
    /// Quarter of an hour since 1970 and the offset in it: the last one asked for.
    offset: Option<(i64, Option<i32>)>,
}

impl Place {
    /// How numbers are dialled here; `fallback` is the country where none is known.
    pub(super) fn home(&self, fallback: Name) -> Home<'_> {
        Home {
            country: if self.country.is_present() { self.country } else { fallback },
            outside_access: self.location.as_ref().and_then(|l| l.outside_access.as_deref()),
        }
    }

    /// Minutes to add to UTC at that moment; `None` when no zone is known.
    pub(super) fn utc_offset(&mut self, at: Millis) -> Option<i32> {
        let quarter = at.div_euclid(QUARTER_HOUR);
        match self.offset {
            Some((asked, offset)) if asked == quarter => offset,
            _ => {
                let offset = self.location.as_ref().and_then(|l| l.utc_offset(at));
                self.offset = Some((quarter, offset));
                offset
            }
        }
    }
}

/// Places by location name, one per thread.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_name: FxHashMap<Box<str>, usize>,
    places: Vec<Place>,
}

impl Places {
    /// Whether it is time to [`Places::clear`].
    pub(super) fn is_full(&self) -> bool {
        self.places.len() >= REMEMBERED
    }

    /// Forgets everything; positions given out before mean nothing any more.
    pub(super) fn clear(&mut self) {
        self.by_name.clear();
        self.places.clear();
    }

    /// Position of the place with that name; empty for records without a location.
    pub(super) fn find(
        &mut self,
        name: &str,
        directory: &Directory,
        names: &Arc<NameTable>,
    ) -> Result<usize, TooManyNames> {
        if let Some(index) = self.by_name.get(name) {
            return Ok(*index);
        }
        let location = directory.location(name);
        let country = location.and_then(|l| l.country).or(directory.default_country);
        let zone = location.and_then(|l| l.zone).map_or(Ok(Name::ABSENT), |z| names.intern(z.name()))?;
        self.places.push(Place {
            country: country.map_or(Name::ABSENT, country_name),
            zone,
            location: location.cloned(),
            offset: None,
        });
        self.by_name.insert(name.into(), self.places.len() - 1);
        Ok(self.places.len() - 1)
    }

    pub(super) fn get(&mut self, index: usize) -> &mut Place {
        &mut self.places[index]
    }
}
