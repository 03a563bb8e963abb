//! Bindings of the interface, generated once for all guests, and the manifest most of them share.

/// What wit-bindgen makes of the interface.
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1.0.0",
        world: "detector",
        pub_export_macro: true,
        default_bindings_module: "guests::bindings",
    });
}

pub use bindings::ringfence::detector::types::{
    Batch, Column, Error, Finding, Output, RecordId, Setup, Severity, Subject, Value, Withdrawal,
};
pub use bindings::{Guest, export, ringfence};

/// Puts a manifest into the component.
#[macro_export]
macro_rules! manifest {
    ($text:expr) => {
        const TEXT: &str = $text;
        #[unsafe(link_section = "ringfence:manifest")]
        #[used]
        static MANIFEST: [u8; TEXT.len()] = {
            let mut bytes = [0; TEXT.len()];
            let mut i = 0;
            while i < bytes.len() {
                bytes[i] = TEXT.as_bytes()[i];
                i += 1;
            }
            bytes
        };
    };
}

/// A manifest with that id, columns and capabilities, and nothing unusual.
#[macro_export]
macro_rules! plain_manifest {
    ($id:literal, $columns:literal, $capabilities:literal) => {
        $crate::manifest!(concat!(
            "id = \"",
            $id,
            "\"\nversion = \"1.2.3\"\ninterface = \"1.0\"\nsummary = \"A guest for tests.\"\npartition = \"user\"\n",
            "events = [\"call\"]\ncolumns = ",
            $columns,
            "\ncapabilities = ",
            $capabilities,
            "\n"
        ));
    };
}

/// A guest that does nothing but one thing in `process`.
#[macro_export]
macro_rules! guest {
    ($id:literal, $process:expr) => {
        $crate::plain_manifest!($id, "[\"user\"]", "[]");
        struct Guest;
        impl $crate::Guest for Guest {
            fn configure(_: $crate::Setup) -> Result<(), $crate::Error> {
                Ok(())
            }
            fn process(batch: $crate::Batch) -> Result<Vec<$crate::Output>, $crate::Error> {
                let process: fn(&$crate::Batch) -> Result<Vec<$crate::Output>, $crate::Error> = $process;
                process(&batch)
            }
            fn checkpoint() -> Result<(), $crate::Error> {
                Ok(())
            }
        }
        $crate::export!(Guest with_types_in $crate::bindings);
    };
}

/// A finding about that user.
pub fn finding(user: u32, key: &str) -> Finding {
    Finding {
        key: key.to_owned(),
        kind: "probe".to_owned(),
        severity: Severity::Low,
        score: 0.25,
        subject: Subject::User(user),
        title: "A probe".to_owned(),
        explanation: Vec::new(),
        first_event: 1,
        last_event: 2,
        raised_at: 3,
        evidence: Vec::new(),
        attributes: Vec::new(),
    }
}
