//! What Ringfence talks about: events and their fields, telephone numbers, names, findings.
//!
//! Owns the vocabulary (DESIGN section 3) and the one field table from which columns, accessors and
//! `docs/fields.md` are made. Does not own any input format (`normalize` does), storage or plugin call:
//! nothing in here touches a file, a socket, a clock or a thread.

pub mod event;
pub mod fields;
pub mod finding;
pub mod names;
pub mod number;
pub mod numbering;
pub mod record_id;

pub use event::{Event, EventKind};
pub use fields::{Field, FieldId, FieldSet, FieldType};
pub use finding::{Finding, Provenance, Severity, Status, Subject, SubjectKind};
pub use names::{Name, NameTable};
pub use number::{Number, NumberKind};
pub use record_id::RecordId;

/// Milliseconds since 1970-01-01T00:00:00Z. Zero stands for "absent" in events and plugin columns.
pub type Millis = i64;
