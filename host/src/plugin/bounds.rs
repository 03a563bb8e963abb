//! Bounds on a component's code, looked at before anything is compiled.
//!
//! Compiling takes time and memory that grow faster than the code where functions are long, deeply nested or have many
//! variables: without bounds a file of a few megabytes keeps the host busy for minutes and takes gigabytes. The limits leave the
//! largest interpreters room: CPython's longest function has 427 KB and 271 variables, `SpiderMonkey`'s 172 KB, a tool that
//! specialises it reaches 483 variables; they have 13,000 to 20,000 functions and 7 to 11 MB of code.

use wasmparser::{BinaryReaderError, FunctionBody, Operator, Payload};

use super::error::Problem;

/// Longest function.
const MAX_FUNCTION_BYTES: u64 = 1 << 20;
/// Most functions of all modules together.
const MAX_FUNCTIONS: u32 = 100_000;
/// Most code of all modules together.
const MAX_CODE_BYTES: usize = 32 << 20;
/// Most variables of a function beside its parameters.
const MAX_LOCALS: u64 = 2_000;
/// Most bytes of a function times its variables: what the compiler's look at every variable at every branch grows with.
const MAX_BYTES_TIMES_LOCALS: u64 = 128 << 20;
/// Functions from this length on are read operator by operator; below, nothing in them can take long.
const LONG_FUNCTION_BYTES: u64 = 32 << 10;
/// Deepest nesting of blocks in a long function. Compilers of structured languages stay below a hundred; a large `switch` has one
/// block for each of its cases.
const MAX_NESTING: u32 = 2_000;
/// Most targets of all branch tables of one function.
const MAX_BRANCH_TARGETS: u32 = 50_000;
/// Most modules and components within the file, and how deep. Python with its libraries has some thirty.
const MAX_MODULES: u32 = 200;
const MAX_DEPTH: u32 = 10;
/// Most types, globals, imports, exports and segments of one module, each.
const MAX_ITEMS: u32 = 50_000;
/// Most types, aliases, instances and canonical functions of components, each section.
const MAX_COMPONENT_ITEMS: u32 = 10_000;

/// Counts over one file.
#[derive(Default)]
pub(super) struct Bounds {
    functions: u32,
    code: usize,
    modules: u32,
}

fn too_large(what: &str, found: u64, limit: u64) -> Problem {
    Problem::TooComplex(format!(
        "{what}: {found}; the limit is {limit}, since compiling it could take for ever: split it, or build it optimised for size"
    ))
}

fn check(what: &str, found: u64, limit: u64) -> Result<(), Problem> {
    if found > limit { Err(too_large(what, found, limit)) } else { Ok(()) }
}

impl Bounds {
    /// Looks at the next part of the file; `depth` is how many components and modules are around it.
    pub(super) fn look(&mut self, payload: &Payload<'_>, depth: usize) -> Result<(), Problem> {
        let items = |what: &str, count: u32| check(what, count.into(), MAX_ITEMS.into());
        let parts = |what: &str, count: u32| check(what, count.into(), MAX_COMPONENT_ITEMS.into());
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                self.modules += 1;
                check("modules and components in it", self.modules.into(), MAX_MODULES.into())?;
                check("components within components", depth as u64, MAX_DEPTH.into())
            }
            Payload::TypeSection(s) => items("types", s.count()),
            Payload::ImportSection(s) => items("imports of a module", s.count()),
            Payload::GlobalSection(s) => items("globals", s.count()),
            Payload::ExportSection(s) => items("exports of a module", s.count()),
            Payload::ElementSection(s) => items("element segments", s.count()),
            Payload::DataSection(s) => items("data segments", s.count()),
            Payload::TableSection(s) => items("tables", s.count()),
            Payload::InstanceSection(s) => parts("instances of modules", s.count()),
            Payload::ComponentInstanceSection(s) => parts("instances of components", s.count()),
            Payload::CoreTypeSection(s) => parts("core types", s.count()),
            Payload::ComponentTypeSection(s) => parts("types", s.count()),
            Payload::ComponentAliasSection(s) => parts("aliases", s.count()),
            Payload::ComponentCanonicalSection(s) => parts("canonical functions", s.count()),
            Payload::CodeSectionStart { count, size, .. } => {
                self.functions = self.functions.saturating_add(*count);
                self.code = self.code.saturating_add(*size as usize);
                check("functions", self.functions.into(), MAX_FUNCTIONS.into())?;
                check("bytes of code", self.code as u64, MAX_CODE_BYTES as u64)
            }
            Payload::CodeSectionEntry(body) => function(body),
            _ => Ok(()),
        }
    }
}

fn function(body: &FunctionBody<'_>) -> Result<(), Problem> {
    let damaged = |e: BinaryReaderError| super::inspect::damaged(e);
    let range = body.range();
    let bytes = range.end - range.start;
    check("bytes of one function", bytes, MAX_FUNCTION_BYTES)?;
    let mut locals = 0u64;
    for group in body.get_locals_reader().map_err(damaged)? {
        locals += u64::from(group.map_err(damaged)?.0);
        check("variables of one function", locals, MAX_LOCALS)?;
    }
    let weight = bytes * locals.max(1);
    check("bytes times variables of one function", weight, MAX_BYTES_TIMES_LOCALS)?;
    if bytes < LONG_FUNCTION_BYTES {
        return Ok(());
    }
    let (mut depth, mut targets) = (0u32, 0u32);
    let mut operators = body.get_operators_reader().map_err(damaged)?;
    while !operators.eof() {
        match operators.read().map_err(damaged)? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                depth += 1;
                check("blocks within blocks of one function", depth.into(), MAX_NESTING.into())?;
            }
            Operator::End => depth = depth.saturating_sub(1),
            Operator::BrTable { targets: table } => {
                targets = targets.saturating_add(table.len());
                check("targets of branch tables of one function", targets.into(), MAX_BRANCH_TARGETS.into())?;
            }
            _ => {}
        }
    }
    Ok(())
}
