//! Rhai where Sigma ends: `when` decides on a record, `severity` on an episode, `rules/lib/*.rhai` holds what rules share.
//!
//! ```text
//! text ─ compile ─ check ─▶ Program ─▶ When, SeverityScript
//!        parser    types,              variable: fields of a record, or of an entry
//!                  names,              helper:   country(n), local_between("20:00", "06:00"), …
//!                  fields              window:   count("1h"), … worked out natively
//! ```
//!
//! - A file of the library is a module under its stem: `calls::is_burst(count("1h"))`. There is no `import`: modules are
//!   simply there, also for each other unless they would call each other in a circle. Functions see their arguments only.
//! - An absent field is `()`; comparisons with it are false, `!=` is the opposite of `==`, arithmetic with it is absent. A
//!   field that is true or false is false when absent (`present("answered")` tells). See `compare` and `variable`.
//! - A comparison of different types is an error, before it runs where types are known. Texts compare with their case.
//! - A script that fails is an error against its rule, never a silent false, and its message holds nothing of the record.
//! - A rule's script may be on any thread; it has no state.
//!
//! Owns compiling, checking, bounds (`limits`) and evaluation. Does not own when scripts run (the evaluator) or the
//! entries of windows (`crate::window`).

mod check;
mod compare;
mod compile;
mod context;
mod engine;
mod error;
mod helper;
pub mod limits;
mod near;
mod place;
mod program;
mod severity;
mod value;
mod variable;
mod vocabulary;
mod when;
mod window;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::{FieldId, FieldSet};
use rhai::{AST, Dynamic, OptimizationLevel, Position, Scope};

use self::check::{Checker, Names, Type, Uses};
use self::engine::Sandbox;
pub use self::error::{ErrorKind, ScriptError};
use self::place::Place;
use self::program::Program;
use self::severity::Fact;
pub use self::severity::{Facts, SeverityScript};
use self::variable::Variable;
pub use self::when::{EntryPredicate, When};
use crate::sigma::ZoneBy;
use crate::{Diagnostic, Span};

/// Compiles scripts of one set of rules, with the functions of its library.
#[derive(Clone)]
pub struct Scripts {
    sandbox: Arc<Sandbox>,
}

impl std::fmt::Debug for Scripts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripts").field("modules", &self.sandbox.modules.keys()).finish_non_exhaustive()
    }
}

/// A script that was parsed and checked.
struct Checked {
    ast: AST,
    result: Type,
    uses: Uses,
}

impl Scripts {
    /// From files of the library: module's name and text. A file with errors is left out; errors name it `<module>.rhai`.
    pub fn new(libraries: &[(String, String)]) -> (Scripts, Vec<Diagnostic>) {
        Scripts::with_wall(libraries, limits::MAX_WALL)
    }

    fn with_wall(libraries: &[(String, String)], wall: Duration) -> (Scripts, Vec<Diagnostic>) {
        let (sandbox, found) = Sandbox::new(libraries, wall);
        (Scripts { sandbox: Arc::new(sandbox) }, found)
    }

    /// Compiles a `when`. `span` is where its text begins in the file: behind a quotation mark, or in the line under `|`.
    ///
    /// # Errors
    /// When it does not parse, names what is not there, or cannot work.
    pub fn when(&self, file: &str, source: &str, span: Span, zone: &ZoneBy) -> Result<When, Vec<Diagnostic>> {
        let place = Place { file: file.to_owned(), begin: span };
        let ty = |name: &str| Variable::find(name).map(Variable::ty);
        let names = Variable::names().collect();
        let checked = self.check(source, &place, names, &ty, true)?;
        if !matches!(checked.result, Type::Bool | Type::Any) {
            let message = format!("'when' gives {}, not true or false", checked.result.name());
            let help = "compare something: minutes > 60";
            return Err(vec![place.error(start(&checked.ast), message, help)]);
        }
        let uses = &checked.uses;
        let variables: Vec<(String, Variable)> =
            uses.variables.iter().filter_map(|name| Some((name.clone(), Variable::find(name)?))).collect();
        let mut fields = sources(uses);
        variables.iter().for_each(|(_, v)| fields = fields.union(v.sources()));
        let asks_for_offset = uses.variables.contains(FieldId::local_offset.field().name)
            || uses.present.contains(&FieldId::local_offset);
        if *zone != ZoneBy::Location && !asks_for_offset {
            fields.remove(FieldId::local_offset);
        }
        let is_clocked = uses.clock;
        let asks = uses.record || is_clocked || !uses.present.is_empty() || !uses.sites.is_empty();
        let sites = uses.sites.clone();
        let (names, variables): (Vec<String>, Vec<Variable>) = variables.into_iter().unzip();
        let program = self.program(source, names, checked, place)?;
        Ok(When { program, variables, zone: zone.clone(), fields, sites, asks, is_clocked })
    }

    /// Compiles a `severity`. `span` as for [`Scripts::when`].
    ///
    /// # Errors
    /// When it does not parse, names what is not there, or ends in a text that is no severity.
    pub fn severity(&self, file: &str, source: &str, span: Span) -> Result<SeverityScript, Vec<Diagnostic>> {
        let place = Place { file: file.to_owned(), begin: span };
        let ty = |name: &str| Fact::find(name).map(Fact::ty);
        let names: BTreeSet<&str> = Variable::names().chain(Fact::NAMES.map(|(name, _)| name)).collect();
        let checked = self.check(source, &place, names.into_iter().collect(), &ty, false)?;
        let help = || format!("use {}", severity::names());
        if !matches!(checked.result, Type::Text | Type::Any) {
            let message = format!("'severity' gives {}, not a severity's name", checked.result.name());
            return Err(vec![place.error(start(&checked.ast), message, help())]);
        }
        let wrong: Vec<Diagnostic> = compile::endings(&checked.ast)
            .into_iter()
            .filter_map(|(text, at)| {
                let text = text.filter(|text| severity::severity(text).is_none())?;
                Some(Diagnostic::error(
                    file,
                    place.word(at, &text),
                    format!("'{text}' is no severity"),
                    help(),
                ))
            })
            .collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let uses = &checked.uses;
        let variables: Vec<(String, Fact)> =
            uses.variables.iter().filter_map(|name| Some((name.clone(), Fact::find(name)?))).collect();
        let mut fields = sources(uses);
        variables.iter().for_each(|(_, fact)| fields = fields.union(fact.sources()));
        let asks = uses.record || uses.clock || !uses.present.is_empty();
        let (names, variables): (Vec<String>, Vec<Fact>) = variables.into_iter().unzip();
        let program = self.program(source, names, checked, place)?;
        Ok(SeverityScript { program, variables, fields, zone: ZoneBy::Location, asks })
    }

    fn check(
        &self,
        source: &str,
        place: &Place,
        known: Vec<&str>,
        variable: &dyn Fn(&str) -> Option<Type>,
        windows: bool,
    ) -> Result<Checked, Vec<Diagnostic>> {
        let fault = |message: String, help: &str| Err(vec![place.error(Position::NONE, message, help)]);
        if source.len() > limits::MAX_SOURCE {
            let message = format!("the script is longer than {} bytes", limits::MAX_SOURCE);
            return fault(message, "move functions to a file of rules/lib");
        }
        if source.trim().is_empty() {
            return fault("the script is empty".to_owned(), "write a condition, or take the key away");
        }
        let mut scope = Scope::new();
        for name in known {
            scope.push_dynamic(name, Dynamic::UNIT);
        }
        let sandbox = &self.sandbox;
        let is_fact = |name: &str| variable(name).is_some();
        let ast = compile::parse(&sandbox.engine, &mut scope, source, place, &is_fact, &sandbox.modules)?;
        let own = engine::own(&ast);
        let names =
            Names { native: &sandbox.native, modules: &sandbox.modules, own: &own, variable, windows };
        let mut checker = Checker::new(&names, place, false);
        let result = checker.body(ast.statements());
        let mut found = std::mem::take(&mut checker.found);
        let direct: BTreeMap<(String, usize), Uses> = engine::functions(&ast, &names, place, &mut found)
            .into_iter()
            .map(|(name, count, uses)| ((name, count), uses))
            .collect();
        let mut uses = checker.uses;
        // Everything in the script counts as called: what it defines and does not call does no harm.
        uses.add(&sandbox.closure(direct.keys().cloned(), &direct));
        for key in &uses.calls.clone() {
            if let Some(called) = sandbox.uses.get(key) {
                uses.add(called);
            }
        }
        if !windows && !uses.sites.is_empty() && found.is_empty() {
            let help = "use count, value or firings of the episode";
            return fault(
                "functions of the library ask for window counts, which have no meaning here".to_owned(),
                help,
            );
        }
        if found.is_empty() {
            return Ok(Checked { ast, result, uses });
        }
        found.truncate(limits::MAX_DIAGNOSTICS);
        Err(found)
    }

    /// Compiles again with those variables that are used: the syntax tree counts them by their place.
    fn program(
        &self,
        source: &str,
        variables: Vec<String>,
        checked: Checked,
        place: Place,
    ) -> Result<Program, Vec<Diagnostic>> {
        let mut scope = Scope::new();
        for name in &variables {
            scope.push_dynamic(name.as_str(), Dynamic::UNIT);
        }
        let engine = &self.sandbox.engine;
        let ast = compile::parse(engine, &mut scope, source, &place, &|_| false, &self.sandbox.modules)?;
        let ast = engine.optimize_ast(&scope, ast, OptimizationLevel::Simple);
        Ok(Program::new(&self.sandbox, ast, variables, checked.uses.thrown, place))
    }
}

/// Fields that helpers read.
fn sources(uses: &Uses) -> FieldSet {
    let mut fields: FieldSet = uses.present.iter().copied().collect();
    if uses.record {
        fields = fields.union(context::sources());
    }
    if uses.clock {
        fields.insert(FieldId::start_time);
        fields.insert(FieldId::local_offset);
    }
    uses.sites.iter().filter_map(|site| site.field()).for_each(|field| fields.insert(field));
    fields
}

/// Where a script begins.
fn start(ast: &AST) -> Position {
    ast.statements().last().map_or(Position::NONE, rhai::Stmt::position)
}
