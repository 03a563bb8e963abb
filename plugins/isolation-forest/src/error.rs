//! Why a forest cannot be grown, asked or read back.

/// What is wrong with the rows or the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// At least two rows are needed to tell them apart.
    TooFewRows,
    /// No features, no trees or a sample below two.
    Empty,
    /// More features, trees or rows per tree than the bounds in this crate allow.
    TooLarge,
    /// The length is not a multiple of, or is not equal to, the number of features.
    Shape,
    /// NaN or infinity in this place, both counted from 0.
    NotFinite {
        /// The row.
        row: usize,
        /// The feature.
        column: usize,
    },
    /// What was read back is not a forest, for this reason.
    Malformed(&'static str),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::TooFewRows => f.write_str("an isolation forest needs at least two rows"),
            Error::Empty => f.write_str("features and trees must be at least 1, sample at least 2"),
            Error::TooLarge => write!(
                f,
                "at most {} features, {} trees, {} rows per tree and {} nodes in all are possible; ask for less",
                crate::MAX_FEATURES,
                crate::MAX_TREES,
                crate::MAX_SAMPLE,
                crate::MAX_NODES
            ),
            Error::Shape => f.write_str("the number of values does not fit the number of features"),
            Error::NotFinite { row, column } => write!(
                f,
                "row {row}, column {column} (counted from 0) is NaN or infinite; leave the row out or put a number there"
            ),
            Error::Malformed(why) => {
                write!(f, "this is no isolation forest: {why}; grow it again from its rows")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Refuses rows that hold anything but numbers.
pub(crate) fn check_finite(rows: &[f64], features: usize) -> Result<(), Error> {
    match rows.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(Error::NotFinite { row: at / features, column: at % features }),
        None => Ok(()),
    }
}
