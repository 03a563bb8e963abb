//! The sandbox: one engine for a set of rules, with the functions of `rules/lib`.
//!
//! Rhai's packages for numbers, texts, lists and maps are in; `eval`, printing, pointers to functions by name, sleeping,
//! time, files and `import` are not. Sorting by a function is not either: the standard library panics on one that
//! contradicts itself. Owns what there is and the order in which library files are read. Does not own checking
//! (`check`) or running (`program`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, MoreStringPackage, Package,
};
use rhai::{AST, ASTNode, Engine, FnAccess, Module, OptimizationLevel, Scope, Stmt};
use rustc_hash::FxHashSet;

use super::check::{Checker, Functions, Key, Names, Uses};
use super::compile::{modules_named, parse};
use super::place::Place;
use super::{compare, helper, limits};
use crate::Diagnostic;

/// Words that are refused where they stand.
pub(super) const DISABLED: [&str; 10] =
    ["eval", "print", "debug", "Fn", "curry", "is_def_var", "is_def_fn", "is_shared", "import", "global"];
/// Functions of Rhai's packages that are not offered.
const NOT_OFFERED: [&str; 8] =
    ["sort", "sort_by", "sort_desc", "order", "order_by", "order_desc", "to_json", "dedup"];

/// See the module.
pub(super) struct Sandbox {
    pub engine: Engine,
    pub native: Functions,
    pub modules: BTreeMap<String, Functions>,
    /// What functions of the library use, by module, name and number of arguments, with what they call.
    pub uses: BTreeMap<Key, Uses>,
}

pub(super) fn bare(wall: Duration) -> Engine {
    let mut engine = Engine::new_raw();
    // One module: every call by types looks through all of them.
    let mut module = Module::new();
    ArithmeticPackage::init(&mut module);
    BasicStringPackage::init(&mut module);
    BasicIteratorPackage::init(&mut module);
    BasicMathPackage::init(&mut module);
    BasicArrayPackage::init(&mut module);
    BasicMapPackage::init(&mut module);
    MoreStringPackage::init(&mut module);
    engine.register_global_module(module.into());
    compare::register(&mut engine);
    helper::register(&mut engine);
    engine.set_fast_operators(false);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_optimization_level(OptimizationLevel::None);
    for word in DISABLED {
        engine.disable_symbol(word);
    }
    limits::apply(&mut engine, wall);
    engine
}

fn native(engine: &Engine) -> Functions {
    let all = engine.collect_fn_metadata(
        None,
        |info| info.namespace.is_empty().then(|| (info.metadata.name.to_string(), info.metadata.num_params)),
        true,
    );
    let mut functions = Functions::new();
    for (name, count) in all {
        if !NOT_OFFERED.contains(&name.as_str()) {
            functions.entry(name).or_default().insert(count);
        }
    }
    functions
}

/// Names and numbers of arguments of a script's own functions.
pub(super) fn own(ast: &AST) -> Functions {
    let mut functions = Functions::new();
    for function in ast.iter_functions() {
        functions.entry(function.name.to_owned()).or_default().insert(function.params.len());
    }
    functions
}

/// Checks the functions of a script; what each uses, without what it calls.
pub(super) fn functions(
    ast: &AST,
    names: &Names<'_>,
    place: &Place,
    found: &mut Vec<Diagnostic>,
) -> Vec<(String, usize, Uses)> {
    let mut all = Vec::new();
    for function in ast.iter_functions() {
        let (name, count) = (function.name, function.params.len());
        let mut checker = Checker::new(names, place, true);
        checker.body(&body(ast, name, count));
        found.append(&mut checker.found);
        all.push((name.to_owned(), count, checker.uses));
    }
    all
}

/// Statements of one function: Rhai shows them only to who walks its tree.
fn body(ast: &AST, name: &str, count: usize) -> Vec<Stmt> {
    let mut only = ast.clone_functions_only();
    only.retain_functions(|_, _, n, c| n == name && c == count);
    let mut statements = Vec::new();
    only.walk(&mut |path: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}

impl Sandbox {
    pub(super) fn new(libraries: &[(String, String)], wall: Duration) -> (Sandbox, Vec<Diagnostic>) {
        let engine = bare(wall);
        let native = native(&engine);
        let mut sandbox = Sandbox { engine, native, modules: BTreeMap::new(), uses: BTreeMap::new() };
        let mut found = Vec::new();
        for (name, text) in in_order(libraries, &mut found) {
            sandbox.take(name, text, &mut found);
        }
        (sandbox, found)
    }

    fn take(&mut self, name: &str, text: &str, found: &mut Vec<Diagnostic>) {
        let place = Place::whole(&file(name));
        let mut scope = Scope::new();
        let mut problems = Vec::new();
        let parsed = parse(&self.engine, &mut scope, text, &place, &|_| false, &self.modules);
        let mut ast = match parsed {
            Ok(ast) => ast,
            Err(errors) => return found.extend(errors),
        };
        let own = own(&ast);
        let names = Names {
            native: &self.native,
            modules: &self.modules,
            own: &own,
            variable: &|_| None,
            windows: true,
        };
        let mut main = Checker::new(&names, &place, true);
        main.body(ast.statements());
        problems.append(&mut main.found);
        let uses = functions(&ast, &names, &place, &mut problems);
        if !problems.is_empty() {
            return found.extend(problems);
        }
        ast.set_source(name);
        let ast = self.engine.optimize_ast(&Scope::new(), ast, OptimizationLevel::Simple);
        match super::program::guarded(|| Module::eval_ast_as_new(Scope::new(), &ast, &self.engine)) {
            Ok(Ok(module)) => {
                self.engine.register_static_module(name, module.into());
            }
            Ok(Err(error)) => {
                let error = super::ScriptError::from_rhai(&error, &place, &|_| true);
                found.push(Diagnostic::error(
                    &place.file,
                    error.span,
                    error.message,
                    "a library only defines functions",
                ));
                return;
            }
            Err(()) => {
                found.push(place.error(rhai::Position::NONE, "the library cannot be run", "simplify it"));
                return;
            }
        }
        let offered = ast.iter_functions().filter(|f| f.access == FnAccess::Public && !f.name.contains('$'));
        let offered: Vec<(String, usize)> = offered.map(|f| (f.name.to_owned(), f.params.len())).collect();
        self.remember(name, offered, uses);
    }

    /// What each function uses, by what it calls in its own file and in those before it.
    fn remember(&mut self, module: &str, offered: Vec<(String, usize)>, direct: Vec<(String, usize, Uses)>) {
        let direct: BTreeMap<(String, usize), Uses> =
            direct.into_iter().map(|(name, count, uses)| ((name, count), uses)).collect();
        for (name, count) in direct.keys() {
            let uses = self.closure([(name.clone(), *count)], &direct);
            self.uses.insert((module.to_owned(), name.clone(), *count), uses);
        }
        let functions = self.modules.entry(module.to_owned()).or_default();
        offered.into_iter().for_each(|(name, count)| _ = functions.entry(name).or_default().insert(count));
    }

    /// What functions of one file use with all that they call. Functions without a name count for every one: who calls
    /// them cannot be seen.
    pub(super) fn closure(
        &self,
        from: impl IntoIterator<Item = (String, usize)>,
        direct: &BTreeMap<(String, usize), Uses>,
    ) -> Uses {
        let mut all = Uses::default();
        let mut open: Vec<(String, usize)> = from.into_iter().collect();
        open.extend(direct.keys().filter(|(name, _)| name.contains('$')).cloned());
        let mut seen: FxHashSet<(String, usize)> = open.iter().cloned().collect();
        while let Some(key) = open.pop() {
            let Some(uses) = direct.get(&key) else { continue };
            all.add(uses);
            for (module, name, count) in &uses.calls {
                if module.is_empty() {
                    let key = (name.clone(), *count);
                    if seen.insert(key.clone()) {
                        open.push(key);
                    }
                } else if let Some(uses) = self.uses.get(&(module.clone(), name.clone(), *count)) {
                    all.add(uses);
                }
            }
        }
        all
    }
}

/// Libraries so that each stands behind those that it calls.
fn in_order<'a>(libraries: &'a [(String, String)], found: &mut Vec<Diagnostic>) -> Vec<(&'a str, &'a str)> {
    let mut waiting: BTreeMap<&str, (&str, BTreeSet<String>)> = BTreeMap::new();
    for (name, text) in libraries {
        let place = Place::whole(&file(name));
        let problem = if waiting.len() >= limits::MAX_LIBRARIES {
            Some((format!("there are more than {} files of rules/lib", limits::MAX_LIBRARIES), "join some"))
        } else if waiting.contains_key(name.as_str()) {
            Some((format!("there are two modules '{name}'"), "rename one of the files"))
        } else if !is_name(name) {
            let help = "name the file with letters, digits and underscores: scripts write name::function(…)";
            Some((format!("'{name}' cannot be a module's name"), help))
        } else if text.len() > limits::MAX_LIBRARY_SOURCE {
            let message = format!("the file is longer than {} bytes", limits::MAX_LIBRARY_SOURCE);
            Some((message, "split it"))
        } else {
            None
        };
        if let Some((message, help)) = problem {
            found.push(place.error(rhai::Position::NONE, message, help));
            continue;
        }
        waiting.insert(name, (text, BTreeSet::new()));
    }
    let names: Vec<String> = waiting.keys().map(|name| (*name).to_owned()).collect();
    for (name, (text, calls)) in &mut waiting {
        calls.extend(modules_named(text).into_iter().filter(|m| m != name && names.contains(m)));
    }
    let mut ordered: Vec<(&str, &str)> = Vec::new();
    while let Some(next) = waiting
        .iter()
        .find(|(_, (_, calls))| calls.iter().all(|c| !waiting.contains_key(c.as_str())))
        .map(|(name, _)| *name)
    {
        let (text, _) = waiting.remove(next).unwrap_or_default();
        ordered.push((next, text));
    }
    for name in waiting.keys() {
        let message = format!("module '{name}' and modules that it calls call each other");
        let help = "move what both need into a third file";
        found.push(Place::whole(&file(name)).error(rhai::Position::NONE, message, help));
    }
    ordered
}

/// How a library file is named in errors.
pub(super) fn file(module: &str) -> String {
    format!("{module}.rhai")
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Keeps an engine alive for what was compiled with it.
pub(super) type Shared = Arc<Sandbox>;
