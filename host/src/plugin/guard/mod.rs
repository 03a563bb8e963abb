//! What a plugin finds where its language's runtime looks for a system: nothing that waits, varies or leads outside.
//!
//! Owns the WASI side of a store. Streams lead nowhere (stderr into a short tail for messages), the environment is
//! empty, the seed is always the same, waiting fails at once. The rest of WASI is not linked at all. None of it needs
//! an async runtime: a plugin's panic message must not depend on which thread the engine runs on.

mod limiter;
mod streams;
mod tail;

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::cli::WasiCli;
use wasmtime_wasi::p2::bindings::{cli, random, sync};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub(super) use limiter::{Limiter, MemoryRefused};
pub(super) use streams::Denied;
pub(super) use tail::Tail;

/// Seed of every plugin's hash tables: the same input gives the same output.
const SEED: (u64, u64) = (0x5269_6e67_6665_6e63, 0x6520_7365_6564_2031);
/// Most open streams; a runtime opens three.
const MAX_RESOURCES: usize = 64;

/// The WASI part of a store.
pub(super) struct Guard {
    wasi: WasiCtx,
    table: ResourceTable,
    /// End of what the plugin wrote to stderr.
    pub(super) stderr: Tail,
}

impl Guard {
    pub(super) fn new() -> Guard {
        let stderr = Tail::default();
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        // The builder's defaults: stdin and stdout are empty, no environment, arguments or preopened folders.
        let wasi = WasiCtx::builder().stderr(stderr.clone()).build();
        Guard { wasi, table, stderr }
    }

    fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A store's data that holds a [`Guard`].
pub(super) trait Guarded: Send + 'static {
    fn guard(&mut self) -> &mut Guard;
}

/// Lets wasmtime-wasi's own `cli` implementations find their context.
struct View;

impl HasData for View {
    type Data<'a> = Seed;
}

/// `wasi:random/insecure-seed` that is no accident.
struct Seed;

impl random::insecure_seed::Host for Seed {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok(SEED)
    }
}

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

/// Adds what every language's runtime imports, and nothing more.
pub(super) fn add_to_linker<T: Guarded + WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    use wasmtime_wasi::cli::WasiCliView as _;
    let l = linker;
    sync::io::error::add_to_linker::<T, Table>(l, |t| &mut t.guard().table)?;
    sync::io::poll::add_to_linker::<T, streams::Streams>(l, |t| streams::Io(&mut t.guard().table))?;
    sync::io::streams::add_to_linker::<T, streams::Streams>(l, |t| streams::Io(&mut t.guard().table))?;
    random::insecure_seed::add_to_linker::<T, View>(l, |_| Seed)?;
    cli::environment::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::exit::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::stdin::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::stdout::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::stderr::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::terminal_input::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::terminal_output::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::terminal_stdin::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::terminal_stdout::add_to_linker::<T, WasiCli>(l, T::cli)?;
    cli::terminal_stderr::add_to_linker::<T, WasiCli>(l, T::cli)
}

/// For the `WasiView` of the store's data.
pub(super) fn view(guard: &mut Guard) -> WasiCtxView<'_> {
    guard.view()
}
