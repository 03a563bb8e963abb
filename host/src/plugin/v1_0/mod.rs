//! Adapter for interface 1.0: the only place that knows its types.
//!
//! Owns calling the exports and answering the imports. A later version gets a folder like this one beside it (`wit/README.md`).

mod bindings;
mod convert;
mod imports;

use model::{NameTable, Provenance};
use wasmtime::Store;
use wasmtime::component::{HasSelf, InstancePre, Linker};

use bindings::ringfence::detector::types;

use super::columns::{Batch, Column};
use super::setup::Setup;
use super::store::Host;
use super::{Cause, Output};

/// A component whose imports are linked.
#[derive(Clone)]
pub(super) struct Pre(bindings::DetectorPre<Host>);

/// An instance's exports.
pub(super) struct Exports {
    detector: bindings::Detector,
}

/// What the call itself failed with, or what the plugin or the host says of its outcome.
pub(super) enum Failure {
    Trap(wasmtime::Error),
    Cause(Cause),
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Failure {
        Failure::Trap(error)
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    bindings::Detector::add_to_linker::<Host, HasSelf<Host>>(linker, |host| host)
}

impl Pre {
    pub(super) fn new(pre: InstancePre<Host>) -> wasmtime::Result<Pre> {
        Ok(Pre(bindings::DetectorPre::new(pre)?))
    }

    pub(super) fn instantiate(&self, store: &mut Store<Host>) -> wasmtime::Result<Exports> {
        Ok(Exports { detector: self.0.instantiate(store)? })
    }
}

impl Exports {
    pub(super) fn configure(
        &self,
        store: &mut Store<Host>,
        setup: &Setup,
        columns: &[&str],
    ) -> Result<(), Failure> {
        let variants: Vec<&str> = setup.variants.iter().map(String::as_str).collect();
        let setup = types::Setup {
            settings: &setup.settings,
            variants: &variants,
            columns,
            memory_bytes: setup.memory_bytes,
        };
        self.detector.call_configure(store, setup)?.map_err(|e| guest(&e))
    }

    pub(super) fn checkpoint(&self, store: &mut Store<Host>) -> Result<(), Failure> {
        self.detector.call_checkpoint(store)?.map_err(|e| guest(&e))
    }

    pub(super) fn process(
        &self,
        store: &mut Store<Host>,
        batch: &Batch,
        max_outputs: usize,
        provenance: &Provenance,
    ) -> Result<Vec<Output>, Failure> {
        let texts: Vec<Vec<&str>> = batch.columns.iter().filter_map(text_slices).collect();
        let mut texts = texts.iter();
        // Without rows there is nothing that a column could say.
        let sent = if batch.rows == 0 { &[] } else { &batch.columns[..] };
        let columns: Vec<types::Column<'_>> = sent
            .iter()
            .map(|column| match column {
                Column::U8(v) => types::Column::U8s(v),
                Column::U32(v) => types::Column::U32s(v),
                Column::U64(v) => types::Column::U64s(v),
                Column::I64(v) => types::Column::S64s(v),
                Column::F64(v) => types::Column::F64s(v),
                Column::Id(v) => types::Column::Ids(v.as_flattened()),
                Column::Text(_) => types::Column::Texts(texts.next().map_or(&[], Vec::as_slice)),
            })
            .collect();
        let rows = batch.rows as u32;
        let batch = types::Batch { rows, horizon: batch.horizon, columns: &columns };
        let outputs = self.detector.call_process(&mut *store, batch)?.map_err(|e| guest(&e))?;
        if outputs.len() > max_outputs {
            let text =
                format!("{} findings; the limit is {max_outputs} (limits.findings_per_call)", outputs.len());
            return Err(Failure::Cause(Cause::OutputLimit(text)));
        }
        if outputs.is_empty() {
            return Ok(Vec::new());
        }
        let host = store.data();
        let names: &NameTable = &host.services.names;
        let context = convert::Context { detector: &host.plugin, names, provenance: provenance.clone() };
        let converted: Result<Vec<Output>, String> =
            outputs.into_iter().map(|output| context.output(output)).collect();
        converted.map_err(|m| Failure::Cause(Cause::InvalidOutput(m)))
    }
}

fn text_slices(column: &Column) -> Option<Vec<&str>> {
    match column {
        Column::Text(v) => Some(v.iter().map(String::as_str).collect()),
        _ => None,
    }
}

/// Longest message of a plugin's own error.
const MAX_ERROR_BYTES: usize = 1_000;

fn guest(error: &types::Error) -> Failure {
    let (kind, message) = match error {
        types::Error::InvalidSettings(m) => ("invalid settings", m),
        types::Error::InvalidBatch(m) => ("invalid batch", m),
        types::Error::InvalidState(m) => ("invalid state", m),
        types::Error::Other(m) => ("error", m),
    };
    Failure::Cause(Cause::Guest { kind, message: super::text::escaped(message, MAX_ERROR_BYTES) })
}
