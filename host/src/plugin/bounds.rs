//! Bounds on a component's code, looked at before anything is compiled.
//!
//! Compiling takes time and memory that grow faster than the code where functions are long, deeply nested or have many
//! variables: without bounds a file of a few megabytes keeps the host busy for minutes and takes gigabytes. The limits leave the
//! largest interpreters room: CPython's longest function has 427 KB and 271 variables, `SpiderMonkey`'s 172 KB, a tool that
//! specialises it reaches 483 variables; they have 13,000 to 20,000 functions and 7 to 11 MB of code.

use wasmparser::{
    FuncValidatorAllocations, FunctionBody, Operator, OperatorsReader, Parser, Payload, ValidPayload,
    Validator,
};

use super::error::Problem;
use super::inspect::damaged;

/// Longest function.
const MAX_FUNCTION_BYTES: u64 = 1 << 20;
/// Most functions of all modules together.
const MAX_FUNCTIONS: u32 = 50_000;
/// Most code of all modules together.
const MAX_CODE_BYTES: usize = 24 << 20;
/// Most variables of a function beside its parameters.
const MAX_LOCALS: u64 = 1_000;
/// Most bytes of a function times its variables, which the compiler's look at every variable at every branch grows with: a
/// million takes it a third of a second at worst. `SpiderMonkey` reaches 9 million.
const MAX_FUNCTION_WEIGHT: u64 = 24_000_000;
/// The same for all functions together; specialised `SpiderMonkey` has 204 million, most of them harmless.
const MAX_WEIGHT: u64 = 600_000_000;
/// Functions from this length on are read operator by operator; below, nothing in them can take a second.
const LONG_FUNCTION_BYTES: u64 = 32 << 10;
/// Most values waiting on the operand stack of a long function: ten thousand take over a second, and twice as many four times as long.
const MAX_OPERANDS: u32 = 5_000;
/// Deepest nesting of loops in a long or short function: 500 take half a second, 2,000 half a minute. People stay below ten.
const MAX_LOOPS: u32 = 150;
/// Deepest nesting of blocks. Compilers of structured languages stay below a hundred; a large `switch` has one
/// block for each of its cases.
const MAX_NESTING: u64 = 2_000;
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
    weight: u64,
    has_long_function: bool,
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
            Payload::CodeSectionEntry(body) => self.function(body),
            _ => Ok(()),
        }
    }

    fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), Problem> {
        let range = body.range();
        let bytes = range.end - range.start;
        check("bytes of one function", bytes, MAX_FUNCTION_BYTES)?;
        let mut locals = 0u64;
        for group in body.get_locals_reader().map_err(damaged)? {
            locals += u64::from(group.map_err(damaged)?.0);
            check("variables of one function", locals, MAX_LOCALS)?;
        }
        let weight = bytes * locals.max(1);
        check("bytes times variables of one function", weight, MAX_FUNCTION_WEIGHT)?;
        self.weight += weight;
        check("bytes times variables of all functions", self.weight, MAX_WEIGHT)?;
        self.has_long_function |= bytes >= LONG_FUNCTION_BYTES;
        // A loop takes three bytes: shorter functions cannot nest too many.
        if bytes > 3 * u64::from(MAX_LOOPS) { nesting(body) } else { Ok(()) }
    }

    /// After the last part: what only the types of all operators tell.
    pub(super) fn finish(&self, bytes: &[u8]) -> Result<(), Problem> {
        if self.has_long_function { operands(bytes) } else { Ok(()) }
    }
}

fn nesting(body: &FunctionBody<'_>) -> Result<(), Problem> {
    // Whether each open block is a loop.
    let mut open: Vec<bool> = Vec::new();
    let (mut loops, mut targets) = (0u32, 0u32);
    let mut operators = body.get_operators_reader().map_err(damaged)?;
    while !operators.eof() {
        let operator = operators.read().map_err(damaged)?;
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => {
                let is_loop = matches!(operator, Operator::Loop { .. });
                open.push(is_loop);
                loops += u32::from(is_loop);
                check("blocks within blocks of one function", open.len() as u64, MAX_NESTING)?;
                check("loops within loops of one function", loops.into(), MAX_LOOPS.into())?;
            }
            Operator::End => loops -= u32::from(open.pop().unwrap_or(false)),
            Operator::BrTable { targets: table } => {
                targets = targets.saturating_add(table.len());
                check("targets of branch tables of one function", targets.into(), MAX_BRANCH_TARGETS.into())?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// How many values wait at once in long functions.
fn operands(bytes: &[u8]) -> Result<(), Problem> {
    let mut validator = Validator::new();
    let mut reused = FuncValidatorAllocations::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let valid = validator.payload(&payload.map_err(damaged)?).map_err(damaged)?;
        let ValidPayload::Func(function, body) = valid else { continue };
        let range = body.range();
        if range.end - range.start < LONG_FUNCTION_BYTES {
            continue;
        }
        let mut function = function.into_validator(reused);
        let mut reader = body.get_binary_reader();
        function.read_locals(&mut reader).map_err(damaged)?;
        let mut operators = OperatorsReader::new(reader);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().map_err(damaged)?;
            function.op(offset, &operator).map_err(damaged)?;
            check(
                "values waiting at once in one function",
                function.operand_stack_height().into(),
                MAX_OPERANDS.into(),
            )?;
        }
        reused = function.into_allocations();
    }
    Ok(())
}
