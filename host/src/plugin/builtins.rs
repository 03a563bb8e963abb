//! The detectors that ship inside the program; built and embedded by `host/build.rs`.

/// A component inside the program.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// Its id.
    pub name: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Builtin({}, {} bytes)", self.name, self.bytes.len())
    }
}

static BUILTINS: &[Builtin] = &include!(concat!(env!("OUT_DIR"), "/builtins.rs"));

/// The built-in detectors, by id.
pub fn builtins() -> &'static [Builtin] {
    BUILTINS
}
