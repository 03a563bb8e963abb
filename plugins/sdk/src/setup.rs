//! What an instance is told once: settings, overrides, columns, memory.
//!
//! Owns the native form of the interface's `setup`. Does not own what settings there are (the manifest) or what they mean (the
//! detector).

/// Memory of an instance where a test does not say: the host's default.
const USUAL_BYTES: u64 = 256 << 20;

/// What [`crate::Runner::configure`] is told; in a component the host says it.
///
/// ```
/// use ringfence_sdk::Setup;
///
/// let columns = ["start_time", "$row"].map(str::to_owned);
/// let setup = Setup::new(r#"{"calls": 3}"#, &columns).with_variant(r#"{"calls": 9}"#);
/// assert_eq!(setup.variants, [r#"{"calls": 9}"#]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// One JSON object with every setting of the manifest.
    pub settings: String,
    /// Settings for some, each one complete JSON object.
    pub variants: Vec<String>,
    /// Names of the columns in the order of the batches.
    pub columns: Vec<String>,
    /// Bytes of memory that the instance may have.
    pub memory_bytes: u64,
}

impl Setup {
    /// With these settings and columns, no overrides and the usual memory.
    pub fn new(settings: impl Into<String>, columns: &[String]) -> Setup {
        let (settings, columns) = (settings.into(), columns.to_vec());
        Setup { settings, variants: Vec::new(), columns, memory_bytes: USUAL_BYTES }
    }

    /// With settings that apply to some: rows whose column `"$row"` has the number 1 from bit 8 on get the first, and so on.
    #[must_use]
    pub fn with_variant(mut self, settings: impl Into<String>) -> Setup {
        self.variants.push(settings.into());
        self
    }
}
