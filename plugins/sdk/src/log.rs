//! Lines for the operator. Never put telephone numbers or names of people into a line.

use crate::imports;

/// How important a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For the author.
    Debug,
    /// For the curious.
    Info,
    /// Somebody should look.
    Warn,
    /// Something is broken.
    Error,
}

/// Writes a line.
pub fn write(level: Level, message: &str) {
    imports::log(level, message);
}

/// Writes a line for the author.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

/// Writes a line for the curious.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// Writes a line that somebody should look at.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}

/// Writes a line about something broken.
pub fn error(message: &str) {
    write(Level::Error, message);
}
