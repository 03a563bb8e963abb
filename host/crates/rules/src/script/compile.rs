//! From text to a syntax tree, with Rhai's errors said our way.
//!
//! Rhai stops at its first error; names that are not known are told all at once by going on as if they were. Owns that and
//! what parse errors mean to a rule's author.

use std::collections::BTreeMap;

use rhai::{
    AST, ASTNode, Dynamic, Engine, Expr, LexError, ParseError, ParseErrorType, Position, Scope, Stmt,
};

use super::check::Functions;
use super::engine::DISABLED;
use super::place::Place;
use super::variable::Variable;
use super::{limits, near};
use crate::Diagnostic;

/// Parses a script. Names in `scope` are known, and stay so with those that were not known to be told.
pub(super) fn parse(
    engine: &Engine,
    scope: &mut Scope<'static>,
    text: &str,
    place: &Place,
    is_fact: &dyn Fn(&str) -> bool,
    modules: &BTreeMap<String, Functions>,
) -> Result<AST, Vec<Diagnostic>> {
    let mut found: Vec<Diagnostic> = Vec::new();
    // What ends too early ends where its last word does, not in some line below.
    let text = text.trim_end();
    loop {
        match super::program::guarded(|| engine.compile_with_scope(scope, text)) {
            Ok(Ok(ast)) if found.is_empty() => return Ok(ast),
            Ok(Ok(_)) => return Err(found),
            Ok(Err(error)) => {
                let diagnostic = said(&error, scope, place, is_fact, modules);
                if found.contains(&diagnostic) {
                    return Err(found);
                }
                found.push(diagnostic);
                match error.err_type() {
                    ParseErrorType::VariableUndefined(name) if found.len() < limits::MAX_DIAGNOSTICS => {
                        scope.push_dynamic(name, Dynamic::UNIT);
                    }
                    _ => return Err(found),
                }
            }
            Err(()) => {
                found.push(place.error(Position::NONE, "the script cannot be read", "simplify it"));
                return Err(found);
            }
        }
    }
}

/// Modules that a library file names, whether or not it has errors: those are told when it is read in earnest. The
/// parser refuses modules that are not there yet, so the text is looked at: a name in a comment at worst asks for an
/// order that is not needed.
pub(super) fn modules_named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (at, _) in text.match_indices("::") {
        let before = text[..at].trim_end();
        let start = before
            .rfind(|c| !is_name(c))
            .map_or(0, |p| p + before[p..].chars().next().map_or(1, char::len_utf8));
        if start < before.len() {
            names.push(before[start..].to_owned());
        }
    }
    names
}

fn said(
    error: &ParseError,
    scope: &Scope<'_>,
    place: &Place,
    is_fact: &dyn Fn(&str) -> bool,
    modules: &BTreeMap<String, Functions>,
) -> Diagnostic {
    use ParseErrorType as P;
    let at = error.position();
    let word = |name: &str, message: String, help: String| {
        Diagnostic::error(&place.file, place.word(at, name), message, help)
    };
    match error.err_type() {
        P::VariableUndefined(name) if is_fact(name) || Variable::find(name).is_some() => {
            let help = format!("functions see their arguments only: give '{name}' to it as one");
            word(name, format!("'{name}' is not seen in here"), help)
        }
        P::VariableUndefined(name) => {
            let names = scope.iter_raw().map(|(name, ..)| name).filter(|n| n != name);
            let help =
                near::help(name, names, "docs/fields.md lists the fields; texts stand in quotation marks");
            word(name, format!("there is no field or variable '{name}'"), help)
        }
        P::ModuleUndefined(name) => {
            let help =
                near::help(name, modules.keys().map(String::as_str), "a module is a file of rules/lib");
            word(name, format!("there is no module '{name}'"), help)
        }
        P::Reserved(name) => not_allowed(name, place, at),
        P::BadInput(LexError::ImproperSymbol(name, _)) if DISABLED.contains(&name.as_str()) => {
            not_allowed(name, place, at)
        }
        P::ExprTooDeep => {
            let message = format!("the expression is deeper than {} levels", limits::MAX_EXPRESSION_DEPTH);
            place.error(
                at,
                message,
                "use a list and 'in' instead of many alternatives, or split it with 'let'",
            )
        }
        P::TooManyFunctions => {
            let message = format!("there are more than {} functions", limits::MAX_FUNCTIONS);
            place.error(at, message, "remove some")
        }
        P::LiteralTooLarge(..) | P::BadInput(LexError::StringTooLong(_)) => {
            let message = format!(
                "a text or list that is written out has more than {} bytes or {} elements",
                limits::MAX_TEXT,
                limits::MAX_LIST
            );
            place.error(at, message, "use a placeholder or several rules")
        }
        P::AssignmentToConstant(_) | P::AssignmentToInvalidLHS(_) => {
            place.error(at, "this cannot be assigned to", "compare with '=='")
        }
        P::UnexpectedEOF => place.error(at, "the script ends too early", "a bracket or operand is missing"),
        other => {
            let message = other.to_string();
            let mut chars = message.chars();
            let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
            place.error(at, format!("{first}{}", chars.as_str()), "")
        }
    }
}

fn not_allowed(name: &str, place: &Place, at: Position) -> Diagnostic {
    let (message, help) = match name {
        "import" => ("'import' is not needed".to_owned(), "write module::function(…)"),
        _ => (format!("'{name}' is not allowed in rules"), "a rule only looks at its record; take it away"),
    };
    Diagnostic::error(&place.file, place.word(at, name), message, help)
}

/// Texts that an expression can end in, with their places; none for what is not written out.
pub(super) fn endings(ast: &AST) -> Vec<(Option<String>, Position)> {
    let mut found = Vec::new();
    block(ast.statements(), &mut found);
    let mut returns = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Return(Some(value), flags, _))) = path.last()
            && !flags.contains(rhai::ASTFlags::BREAK)
        {
            expression(value, &mut returns);
        }
        true
    });
    found.extend(returns);
    found
}

fn block(statements: &[Stmt], found: &mut Vec<(Option<String>, Position)>) {
    match statements.last() {
        Some(Stmt::Expr(value)) => expression(value, found),
        Some(Stmt::Block(inner)) => block(inner.statements(), found),
        Some(Stmt::If(flow, _)) => {
            block(flow.body.statements(), found);
            block(flow.branch.statements(), found);
        }
        Some(Stmt::Switch(switch, _)) => {
            switch.1.expressions.iter().for_each(|case| expression(&case.rhs, found));
        }
        Some(Stmt::Return(..)) => {}
        Some(other) => found.push((None, other.position())),
        None => {}
    }
}

fn expression(value: &Expr, found: &mut Vec<(Option<String>, Position)>) {
    match value {
        Expr::StringConstant(text, at) => found.push((Some(text.to_string()), *at)),
        Expr::Stmt(inner) => block(inner.statements(), found),
        other => found.push((None, other.start_position())),
    }
}
