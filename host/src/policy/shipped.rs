//! The rules that ship inside the program; embedded by `host/build.rs` from the repository's folder `rules`.

/// What a shipped file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rules.
    Rule,
    /// Functions for scripts in rules.
    Lib,
    /// A beginning for a rule of one's own.
    Template,
    /// The JSON Schema of rules.
    Schema,
}

/// A file inside the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its path below `rules`.
    pub path: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// Its content.
    pub bytes: &'static [u8],
}

impl std::fmt::Debug for Shipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shipped({}, {} bytes)", self.path, self.bytes.len())
    }
}

static SHIPPED: &[Shipped] = &include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// All of them, by path.
pub fn files() -> &'static [Shipped] {
    SHIPPED
}

/// Those of one kind, by path.
pub fn of(kind: Kind) -> impl Iterator<Item = &'static Shipped> {
    SHIPPED.iter().filter(move |file| file.kind == kind)
}
