//! What [`crate::register!`] calls: conversions between the bindings' types and native ones. Only in components.
//!
//! Owns the boundary's Rust form. Columns move over without being copied.

use std::cell::RefCell;

use crate::bindings::ringfence::detector::types as wit;
use crate::detector::Detector;
use crate::finding::{Finding, Output, Value};
use crate::row::{Batch, Column};
use crate::runner::Runner;
use crate::setup::Setup;
use crate::types::{Error, Severity, Subject};

fn native(batch: wit::Batch) -> Batch {
    let column = |column| match column {
        wit::Column::U8s(v) => Column::U8(v),
        wit::Column::U32s(v) => Column::U32(v),
        wit::Column::U64s(v) => Column::U64(v),
        wit::Column::S64s(v) => Column::I64(v),
        wit::Column::F64s(v) => Column::F64(v),
        wit::Column::Ids(v) => Column::Id(v),
        wit::Column::Texts(v) => Column::Text(v),
    };
    Batch {
        rows: batch.rows as usize,
        horizon: batch.horizon,
        columns: batch.columns.into_iter().map(column).collect(),
    }
}

fn wit_subject(subject: Subject) -> wit::Subject {
    match subject {
        Subject::User(name) => wit::Subject::User(name.0),
        Subject::Number(number) => wit::Subject::Number(number.0),
        Subject::Location(name) => wit::Subject::Location(name.0),
        Subject::Organisation => wit::Subject::Organisation,
    }
}

fn wit_value(value: Value) -> wit::Value {
    match value {
        Value::Bool(v) => wit::Value::Boolean(v),
        Value::Int(v) => wit::Value::Integer(v),
        Value::Real(v) => wit::Value::Real(v),
        Value::Text(v) => wit::Value::Text(v),
        Value::Name(v) => wit::Value::Name(v.0),
        Value::Number(v) => wit::Value::Number(v.0),
        Value::Time(v) => wit::Value::Time(v),
        Value::Texts(v) => wit::Value::Texts(v),
    }
}

fn wit_finding(finding: Finding) -> wit::Finding {
    wit::Finding {
        key: finding.key,
        kind: finding.kind,
        severity: match finding.severity {
            Severity::Informational => wit::Severity::Informational,
            Severity::Low => wit::Severity::Low,
            Severity::Medium => wit::Severity::Medium,
            Severity::High => wit::Severity::High,
            Severity::Critical => wit::Severity::Critical,
        },
        score: finding.score,
        subject: wit_subject(finding.subject),
        title: finding.title,
        explanation: finding.explanation,
        first_event: finding.first_event,
        last_event: finding.last_event,
        raised_at: finding.raised_at,
        evidence: finding.evidence.into_iter().map(|id| wit::RecordId { hi: id.hi, lo: id.lo }).collect(),
        attributes: finding.attributes.into_iter().map(|(name, value)| (name, wit_value(value))).collect(),
    }
}

fn wit_output(output: Output) -> wit::Output {
    match output {
        Output::Raise(finding) => wit::Output::Raise(wit_finding(*finding)),
        Output::Withdraw { key, subject } => {
            wit::Output::Withdraw(wit::Withdrawal { key, subject: wit_subject(subject) })
        }
    }
}

fn wit_error(error: Error) -> wit::Error {
    match error {
        Error::InvalidSettings(text) => wit::Error::InvalidSettings(text),
        Error::InvalidBatch(text) => wit::Error::InvalidBatch(text),
        Error::InvalidState(text) => wit::Error::InvalidState(text),
    }
}

fn unconfigured() -> wit::Error {
    wit::Error::Other("called before configure".to_owned())
}

/// A component's one runner; what [`crate::register!`] calls.
pub struct Instance<D: Detector>(RefCell<Option<Runner<D>>>);

#[allow(clippy::new_without_default, reason = "a const constructor for a thread-local")]
impl<D: Detector> Instance<D> {
    /// Not yet configured.
    pub const fn new() -> Self {
        Instance(RefCell::new(None))
    }

    /// The export of that name.
    pub fn configure(&self, setup: wit::Setup) -> Result<(), wit::Error> {
        let setup = Setup {
            settings: setup.settings,
            variants: setup.variants,
            columns: setup.columns,
            memory_bytes: setup.memory_bytes,
        };
        self.0.replace(Some(Runner::configure(&setup).map_err(wit_error)?));
        Ok(())
    }

    /// The export of that name.
    pub fn process(&self, batch: wit::Batch) -> Result<Vec<wit::Output>, wit::Error> {
        let mut runner = self.0.borrow_mut();
        let runner = runner.as_mut().ok_or_else(unconfigured)?;
        let outputs = runner.process(&native(batch)).map_err(wit_error)?;
        Ok(outputs.into_iter().map(wit_output).collect())
    }

    /// The export of that name.
    pub fn checkpoint(&self) -> Result<(), wit::Error> {
        self.0.borrow_mut().as_mut().ok_or_else(unconfigured)?.checkpoint().map_err(wit_error)
    }
}
