//! A compiled script and its evaluation.
//!
//! Rhai builds its caches anew for every evaluation, which costs twenty times what an expression does; so runners with
//! warm caches are kept and lent to threads. Nothing of an evaluation stays in one: variables are set anew, what a script
//! defines is dropped, and after a failure the runner is. Owns that. Does not own what variables mean (`variable`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{
    AST, Caches, Dynamic, EvalAltResult, EvalContext, Expr, GlobalRuntimeState, ImmutableString, Position,
    Scope, StmtBlock,
};
use rustc_hash::FxHashSet;

use super::engine::Shared;
use super::error::{ErrorKind, ScriptError};
use super::place::Place;
use super::variable::Texts;

/// Runners kept: one for each thread that evaluates at the same time, on machines with many cores.
const MAX_RUNNERS: usize = 64;

/// See the module.
pub(super) struct Program {
    sandbox: Shared,
    body: Expr,
    ast: AST,
    /// Variables in the order in which the syntax tree counts them.
    variables: Vec<String>,
    thrown: FxHashSet<ImmutableString>,
    pub(super) place: Place,
    idle: Mutex<Vec<Runner>>,
}

struct Runner {
    global: GlobalRuntimeState,
    caches: Caches,
    scope: Scope<'static>,
    texts: Texts,
}

/// Runs what is not ours; `Err` if it panicked. Nothing that it touched is used afterwards.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, ()> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| ())
}

impl Program {
    /// `ast` was compiled with a scope of `variables` in this order.
    pub(super) fn new(
        sandbox: &Shared,
        ast: AST,
        variables: Vec<String>,
        thrown: FxHashSet<ImmutableString>,
        place: Place,
    ) -> Program {
        let block = StmtBlock::new(ast.statements().iter().cloned(), Position::NONE, Position::NONE);
        let body = match block.statements() {
            // A single expression needs no block around it.
            [rhai::Stmt::Expr(only)] => (**only).clone(),
            _ => Expr::Stmt(Box::new(block)),
        };
        Program { sandbox: sandbox.clone(), body, ast, variables, thrown, place, idle: Mutex::default() }
    }

    fn runner(&self) -> Runner {
        if let Some(runner) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return runner;
        }
        let mut global = self.sandbox.engine.new_global_runtime_state();
        global.lib.push(self.ast.shared_lib().clone());
        let mut scope = Scope::new();
        for name in &self.variables {
            scope.push_dynamic(name.as_str(), Dynamic::UNIT);
        }
        Runner { global, caches: Caches::new(), scope, texts: Texts::default() }
    }

    /// Evaluates. `value` gives the variable at a position of those that were given to [`Program::new`].
    pub(super) fn run(
        &self,
        mut value: impl FnMut(usize, &mut Texts) -> Dynamic,
    ) -> Result<Dynamic, ScriptError> {
        let mut runner = self.runner();
        for (at, name) in self.variables.iter().enumerate() {
            let value = value(at, &mut runner.texts);
            if let Some(place) = runner.scope.get_mut(name) {
                *place = value;
            }
        }
        let Runner { global, caches, scope, .. } = &mut runner;
        global.num_operations = Default::default();
        let done = guarded(|| {
            let mut context = EvalContext::new(&self.sandbox.engine, global, caches, scope, None);
            context.eval_expression_tree(&(&self.body).into())
        });
        let failed = match done {
            Ok(Ok(result)) => {
                runner.scope.rewind(self.variables.len());
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                if idle.len() < MAX_RUNNERS {
                    idle.push(runner);
                }
                return Ok(result);
            }
            Ok(Err(failed)) => failed,
            Err(()) => return Err(ScriptError::new(ErrorKind::Other, "the script failed", &self.place)),
        };
        match *failed {
            EvalAltResult::Return(result, _) => Ok(result),
            error => Err(ScriptError::from_rhai(&error, &self.place, &|text| self.thrown.contains(text))),
        }
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Evaluations of one program may happen on any thread.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Program>();
    shared::<Arc<Program>>();
};
