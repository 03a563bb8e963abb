//! What can go wrong with a plugin, in words an operator can act on.
//!
//! Owns the messages and the kinds of cause. Does not own what happens next: the engine retries, parks or
//! quarantines by looking at [`Cause`].

use std::fmt;

/// A plugin that is not loaded, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{file}: {}load: {problem}", Label(.plugin.as_ref()))]
pub struct LoadError {
    /// The file, or the built-in's name.
    pub file: String,
    /// Id and version, once the manifest could be read.
    pub plugin: Option<(String, String)>,
    /// Why.
    pub problem: Box<Problem>,
}

struct Label<'a>(Option<&'a (String, String)>);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((id, version)) => write!(f, "plugin {id} {version}: "),
            None => Ok(()),
        }
    }
}

/// Why a plugin is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Unreadable(String),
    /// The file is too large.
    #[error("is {bytes} bytes long; the limit is {limit}: strip it of debugging information")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The bytes are no component.
    #[error("{0}")]
    NotAComponent(String),
    /// There is no manifest section, or more than one.
    #[error("{0}")]
    NoManifest(String),
    /// The manifest is wrong.
    #[error("manifest: {key}: {message}")]
    Manifest {
        /// The key, or the line.
        key: String,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// The interface version is not one this host runs.
    #[error("is built for interface {found}; this host runs {supported}: {remedy}")]
    Interface {
        /// What it was built for.
        found: String,
        /// What the host has.
        supported: String,
        /// What to do.
        remedy: String,
    },
    /// It imports what a detector may not have.
    #[error("imports {import}, {reason}: {remedy}")]
    Import {
        /// The import's name.
        import: String,
        /// Why it is refused.
        reason: String,
        /// What to remove or add.
        remedy: String,
    },
    /// It does not compile or does not fit the interface.
    #[error("does not fit the interface: {0}")]
    Compile(String),
    /// The operator's settings are wrong.
    #[error("settings: {0}")]
    Settings(String),
    /// It is not signed, not the file that was pinned, or wants more than it is granted.
    #[error("{0}")]
    Trust(String),
    /// Another plugin has its id, or settings name no plugin.
    #[error("{0}")]
    Conflict(String),
}

/// What was asked of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Making the instance: memories and start functions.
    Instantiate,
    /// The first call, with settings and columns.
    Configure,
    /// A batch.
    Process,
    /// Writing back changed state.
    Checkpoint,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Call::Instantiate => "instantiate",
            Call::Configure => "configure",
            Call::Process => "process",
            Call::Checkpoint => "checkpoint",
        })
    }
}

/// A call that failed. The instance is dead then: make a new one, whose state is that of the last checkpoint.
#[derive(Debug, Clone, thiserror::Error)]
#[error("plugin {plugin} {version}: {call}: {cause}")]
pub struct PluginError {
    /// Id of the plugin.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// The call that failed.
    pub call: Call,
    /// Why.
    pub cause: Cause,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Cause {
    /// The code trapped: a panic, an abort, an access outside its memory. With what it wrote to stderr last.
    #[error("trapped: {trap}{}", Stderr(.stderr))]
    Trap {
        /// The engine's word for it.
        trap: String,
        /// End of stderr, escaped; where Rust plugins leave the panic's text.
        stderr: String,
    },
    /// It took longer than allowed.
    #[error("ran longer than its deadline of {ms} ms (limits.call_ms)")]
    Deadline {
        /// The limit.
        ms: u64,
    },
    /// It wanted more memory than allowed.
    #[error("wanted {wanted_mib} MiB of memory; its limit is {limit_mib} MiB (limits.memory_mib)")]
    Memory {
        /// What it would have had.
        wanted_mib: usize,
        /// The limit.
        limit_mib: usize,
    },
    /// It handed over more than allowed.
    #[error("output limit: {0}")]
    OutputLimit(String),
    /// It tried to wait.
    #[error("blocking is denied to detectors: it called {0}; remove sleeps and waits")]
    Blocking(String),
    /// Endless or too deep recursion.
    #[error("stack overflow: it called itself too deeply{}", Stderr(.stderr))]
    StackOverflow {
        /// End of stderr, escaped.
        stderr: String,
    },
    /// It ended the process.
    #[error("ended the process (status {code}): a detector must return, not exit")]
    Exit {
        /// The status.
        code: i32,
    },
    /// It reported an error itself.
    #[error("{kind}: {message}")]
    Guest {
        /// Which case of the interface's `error`.
        kind: &'static str,
        /// Its words, escaped and cut.
        message: String,
    },
    /// What it said makes no sense.
    #[error("invalid output: {0}")]
    InvalidOutput(String),
    /// It used an import wrongly or beyond its bounds.
    #[error("refused import: {0}")]
    Import(String),
    /// Its stored state could not be read, or not in time: the database's failure, not the plugin's.
    #[error("{0}")]
    State(String),
    /// The operator's settings do not fit its schema.
    #[error("settings: {0}")]
    Settings(String),
    /// An earlier call killed the instance.
    #[error("the instance ended with an earlier failure ({0}): instantiate a new one")]
    Dead(String),
    /// The host called wrongly or could not call at all.
    #[error("{0}")]
    Host(String),
}

impl PluginError {
    /// Whether the database failed and not the plugin: nobody may be blamed or set aside for it.
    pub fn is_unavailable(&self) -> bool {
        matches!(self.cause, Cause::State(_))
    }
}

impl Cause {
    /// Whether the same call on a fresh instance may succeed: what depends on the machine's load or on what the
    /// instance has gathered, not on the batch.
    pub fn may_pass(&self) -> bool {
        matches!(self, Cause::Deadline { .. } | Cause::Memory { .. } | Cause::Dead(_))
    }
}

struct Stderr<'a>(&'a str);

impl fmt::Display for Stderr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "; stderr: {}", self.0) }
    }
}

/// The engine or its cache cannot be set up.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot set up the plugin engine: {0}")]
pub struct RuntimeError(pub(super) String);
