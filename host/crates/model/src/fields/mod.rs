//! The field table: every field an event can have, in one place.
//!
//! Owns field names, types, Webex keys, personal-data classes and meanings. Event slots, plugin columns,
//! the SDK's accessors and `docs/fields.md` are made from it; adding a field means adding one line to
//! `table.rs`. Does not own the values (see [`crate::event`]) or their parsing.

mod render;
mod table;
pub mod well_known;

pub use render::{docs_page, js_fields, python_fields, sdk_accessors};
pub use table::{FIELD_COUNT, FieldId};

/// How a field's value is stored in an event slot and handed to plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Record identity, 128 bits ([`crate::RecordId`]); column of `record-id`.
    Id,
    /// True or false; column of `u8`, absent is 0.
    Bool,
    /// Unsigned 32-bit number; column of `u32`, absent is 0.
    U32,
    /// Signed number; column of `s64`, absent is 0.
    Int,
    /// Floating point number; column of `f64`, absent is 0.
    Float,
    /// Milliseconds UTC; column of `s64`, absent is 0.
    Millis,
    /// Handle of an open enumeration's value; column of `u32`, absent is 0. Known values have fixed handles.
    Enum,
    /// Handle of an interned name; column of `u32`, absent is 0.
    Name,
    /// Telephone number ([`crate::Number`]); column of `u64`, absent is 0.
    Phone,
    /// Nearly unique text, never interned; column of `string`, absent is empty.
    Text,
}

/// How personal a field's content is; decides redaction in logs, prompts and exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonalData {
    /// Says nothing about a person.
    No,
    /// Identifies a person indirectly: a pseudonymous id, a device, an extension.
    Indirect,
    /// Names or directly identifies a person: display name, telephone number.
    Direct,
    /// Works like a password; never shown or logged.
    Secret,
}

/// One line of the field table.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Position in the table, and slot in an event.
    pub id: FieldId,
    /// Name in rules, scripts, plugin manifests and the API.
    pub name: &'static str,
    /// Storage and column type.
    pub ty: FieldType,
    /// Key in a Webex record (matched whatever its capitals); `None` for derived fields and other event kinds.
    pub webex_key: Option<&'static str>,
    /// Personal-data class.
    pub personal: PersonalData,
    /// Meaning and unit, one sentence.
    pub doc: &'static str,
}

impl FieldId {
    /// Every field in table order.
    pub fn all() -> impl ExactSizeIterator<Item = &'static Field> {
        table::FIELDS.iter()
    }

    /// The table line of this field.
    pub fn field(self) -> &'static Field {
        &table::FIELDS[self as usize]
    }

    /// Looks a field up by its exact name.
    pub fn from_name(name: &str) -> Option<FieldId> {
        table::FIELDS.iter().find(|f| f.name == name).map(|f| f.id)
    }

    /// Names that resemble `name`, best first, at most three: for "did you mean" messages.
    pub fn near_misses(name: &str) -> Vec<&'static str> {
        let wanted = name.to_ascii_lowercase().replace(['-', ' '], "_");
        let mut scored: Vec<(usize, &'static str)> = table::FIELDS
            .iter()
            .map(|f| {
                let part = f.name.contains(wanted.as_str()) || (f.name.len() > 3 && wanted.contains(f.name));
                (if part { 1 } else { edit_distance(&wanted, f.name) }, f.name)
            })
            .filter(|(d, n)| *d <= 1 + n.len() / 3)
            .collect();
        scored.sort();
        scored.into_iter().take(3).map(|(_, n)| n).collect()
    }
}

/// Levenshtein distance in bytes, for "did you mean"; inputs are short names.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// A set of fields, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(u128);

const _: () = assert!(FIELD_COUNT <= 128, "FieldSet holds 128 fields");

impl FieldSet {
    /// Every field of the table.
    pub const ALL: FieldSet = FieldSet(u128::MAX >> (128 - FIELD_COUNT));

    /// No field.
    pub const NONE: FieldSet = FieldSet(0);

    /// Adds a field.
    #[inline]
    pub fn insert(&mut self, id: FieldId) {
        self.0 |= 1 << (id as u32);
    }

    /// Removes a field.
    #[inline]
    pub fn remove(&mut self, id: FieldId) {
        self.0 &= !(1 << (id as u32));
    }

    /// Whether the field is in the set.
    #[inline]
    pub fn contains(self, id: FieldId) -> bool {
        self.0 & (1 << (id as u32)) != 0
    }

    /// One bit per field, that of the first in the table lowest: for packed rows.
    #[inline]
    pub fn bits(self) -> u128 {
        self.0
    }

    /// From what [`FieldSet::bits`] gave; bits of no field are left out.
    #[inline]
    pub fn from_bits(bits: u128) -> FieldSet {
        FieldSet(bits & FieldSet::ALL.0)
    }

    /// Fields of either set.
    pub fn union(self, other: FieldSet) -> FieldSet {
        FieldSet(self.0 | other.0)
    }

    /// The fields of the set in table order.
    pub fn iter(self) -> impl Iterator<Item = FieldId> {
        FieldId::all().map(|f| f.id).filter(move |id| self.contains(*id))
    }
}

impl FromIterator<FieldId> for FieldSet {
    fn from_iter<I: IntoIterator<Item = FieldId>>(iter: I) -> Self {
        let mut set = FieldSet::NONE;
        iter.into_iter().for_each(|id| set.insert(id));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_in_slot_order() {
        let mut seen = std::collections::HashSet::new();
        for (slot, field) in FieldId::all().enumerate() {
            assert_eq!(field.id as usize, slot);
            assert!(seen.insert(field.name), "{} twice", field.name);
            assert!(field.doc.ends_with('.'), "{} needs a sentence", field.name);
        }
    }

    #[test]
    fn near_misses_find_the_right_name() {
        assert_eq!(FieldId::near_misses("start-time").first(), Some(&"start_time"));
        assert!(FieldId::near_misses("caled_number").contains(&"called_number"));
        assert!(FieldId::near_misses("xyzzy").is_empty());
    }

    #[test]
    fn sets_hold_every_field() {
        assert_eq!(FieldSet::ALL.iter().count(), FIELD_COUNT);
        let set: FieldSet = [FieldId::start_time, FieldId::user].into_iter().collect();
        assert!(set.contains(FieldId::user) && !set.contains(FieldId::duration));
    }
}
