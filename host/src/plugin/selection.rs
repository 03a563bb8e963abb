//! Which events a plugin gets: its event kinds, and its filter on calls, as a test of a few integers.

use model::names::TooManyNames;
use model::{Event, EventKind, FieldId, Name, NameTable};

use super::manifest::Manifest;

/// A manifest's `events` and `[filter]`, ready to be asked for every event.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    kinds: u8,
    directions: Vec<Name>,
    call_types: Vec<Name>,
}

impl Selection {
    /// From a checked manifest.
    ///
    /// # Errors
    /// When the name table is full.
    pub fn new(manifest: &Manifest, names: &NameTable) -> Result<Selection, TooManyNames> {
        let intern =
            |texts: &[String]| texts.iter().map(|t| names.intern(t)).collect::<Result<Vec<Name>, _>>();
        Ok(Selection {
            kinds: manifest.events.iter().fold(0, |set, kind| set | bit(*kind)),
            directions: intern(&manifest.filter.direction)?,
            call_types: intern(&manifest.filter.call_types)?,
        })
    }

    /// Whether the plugin gets this event.
    #[inline]
    pub fn accepts(&self, event: &Event) -> bool {
        if self.kinds & bit(event.kind) == 0 {
            return false;
        }
        let passes = |list: &[Name], field| list.is_empty() || list.contains(&event.name(field));
        event.kind != EventKind::Call
            || (passes(&self.directions, FieldId::direction) && passes(&self.call_types, FieldId::call_type))
    }
}

fn bit(kind: EventKind) -> u8 {
    1 << kind as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_for_calls_only() {
        let text = "id = \"x\"\nversion = \"1.0.0\"\ninterface = \"0.1\"\nsummary = \"X.\"\npartition = \"user\"\n\
                    events = [\"call\", \"sign-in\"]\ncolumns = [\"user\"]\n[filter]\ndirection = [\"ORIGINATING\"]";
        let manifest = Manifest::parse(text.as_bytes()).unwrap();
        let selection = Selection::new(&manifest, &NameTable::default()).unwrap();
        let mut event = Event::default();
        assert!(!selection.accepts(&event), "a call without direction");
        event.set_enum(FieldId::direction, Name::known("TERMINATING"));
        assert!(!selection.accepts(&event));
        event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
        assert!(selection.accepts(&event));
        event.clear();
        event.kind = EventKind::SignIn;
        assert!(selection.accepts(&event));
        event.kind = EventKind::ForwardingChange;
        assert!(!selection.accepts(&event));
    }
}
