//! What can be known of a script before it runs: what it uses, and what is wrong with it.
//!
//! Walks the syntax tree with the types of fields and helpers. Owns errors about unknown functions, wrong arguments and
//! comparisons of different types. What it cannot know (a function's parameters, variables of the script's own) is `Any`
//! and checked while running. Does not own unknown variables: Rhai's parser finds those.

mod calls;
mod operators;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::FieldId;
use rhai::{ASTFlags, Expr, ImmutableString, Position, Stmt};
use rustc_hash::FxHashSet;

use super::helper;
use super::place::Place;
use super::window::Site;
use crate::Diagnostic;

/// The type of an expression as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Any,
    Absent,
    Bool,
    Number,
    Text,
    Phone,
    Time,
    List,
    Map,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Any => "anything",
            Type::Absent => "nothing",
            Type::Bool => "true or false",
            Type::Number => "number",
            Type::Text => "text",
            Type::Phone => "telephone number",
            Type::Time => "time",
            Type::List => "list",
            Type::Map => "map",
        }
    }

    fn join(self, other: Type) -> Type {
        if self == other { self } else { Type::Any }
    }

    fn is_known(self) -> bool {
        !matches!(self, Type::Any | Type::Absent)
    }
}

/// A function by module (empty for none), name and number of arguments.
pub(super) type Key = (String, String, usize);

/// What a piece of script uses.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    pub variables: BTreeSet<String>,
    pub record: bool,
    pub clock: bool,
    pub present: BTreeSet<FieldId>,
    pub sites: Vec<Arc<Site>>,
    pub calls: BTreeSet<Key>,
    /// Texts that it throws.
    pub thrown: FxHashSet<ImmutableString>,
}

impl Uses {
    pub(super) fn add(&mut self, other: &Uses) {
        self.record |= other.record;
        self.clock |= other.clock;
        self.present.extend(&other.present);
        for site in &other.sites {
            if !self.sites.contains(site) {
                self.sites.push(site.clone());
            }
        }
        self.thrown.extend(other.thrown.iter().cloned());
    }
}

/// Functions that there are: by name the numbers of arguments.
pub(super) type Functions = BTreeMap<String, BTreeSet<usize>>;

/// What a script may name.
pub(super) struct Names<'a> {
    /// Rhai's and ours.
    pub native: &'a Functions,
    /// Functions of the library by module.
    pub modules: &'a BTreeMap<String, Functions>,
    /// Functions of the script itself.
    pub own: &'a Functions,
    /// Types of variables outside of functions; none if there is no such variable.
    pub variable: &'a dyn Fn(&str) -> Option<Type>,
    /// Whether window functions have a meaning.
    pub windows: bool,
}

pub(super) struct Checker<'a> {
    pub names: &'a Names<'a>,
    pub place: &'a Place,
    /// Whether it stands in a function, where fields are not seen.
    pub in_function: bool,
    pub uses: Uses,
    pub found: Vec<Diagnostic>,
    /// What `return` gave.
    returned: Option<Type>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(names: &'a Names<'a>, place: &'a Place, in_function: bool) -> Checker<'a> {
        Checker { names, place, in_function, uses: Uses::default(), found: Vec::new(), returned: None }
    }

    /// The type of a whole script or function.
    pub(super) fn body(&mut self, statements: &[Stmt]) -> Type {
        let last = self.block(statements);
        self.returned.map_or(last, |returned| returned.join(last))
    }

    fn error(&mut self, at: Position, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(self.place.error(at, message, help));
    }

    fn word(&mut self, at: Position, word: &str, message: String, help: String) {
        let span = self.place.word(at, word);
        self.found.push(Diagnostic::error(&self.place.file, span, message, help));
    }

    fn block(&mut self, statements: &[Stmt]) -> Type {
        let mut last = Type::Absent;
        for statement in statements {
            last = self.statement(statement);
        }
        last
    }

    fn condition(&mut self, expr: &Expr) {
        let ty = self.expr(expr);
        if ty.is_known() && ty != Type::Bool {
            let message = format!("expected true or false, found {}", ty.name());
            self.error(expr.start_position(), message, "compare it with something");
        }
    }

    fn define(&mut self, name: &str, at: Position) {
        if !self.in_function && (self.names.variable)(name).is_some() {
            let message = format!("'{name}' is a field");
            self.word(at, name, message, "choose another name for the variable".to_owned());
        }
    }

    fn statement(&mut self, statement: &Stmt) -> Type {
        match statement {
            Stmt::Expr(expr) => self.expr(expr),
            Stmt::FnCall(call, at) => self.call(call, *at),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::If(flow, _) => {
                self.condition(&flow.expr);
                let then = self.block(flow.body.statements());
                then.join(self.block(flow.branch.statements()))
            }
            Stmt::Switch(switch, _) => {
                self.expr(&switch.0);
                for case in &switch.1.expressions {
                    self.condition(&case.lhs);
                    self.expr(&case.rhs);
                }
                Type::Any
            }
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                if !flow.expr.is_unit() {
                    self.condition(&flow.expr);
                }
                self.block(flow.body.statements());
                Type::Any
            }
            Stmt::For(parts, _) => {
                self.define(&parts.0.name, parts.0.pos);
                if let Some(counter) = &parts.1 {
                    self.define(&counter.name, counter.pos);
                }
                self.expr(&parts.2.expr);
                self.block(parts.2.body.statements());
                Type::Any
            }
            Stmt::Var(parts, ..) => {
                self.define(&parts.0.name, parts.0.pos);
                self.expr(&parts.1);
                Type::Absent
            }
            Stmt::Assignment(parts) => {
                if let Expr::Variable(name, _, at) = &parts.1.lhs
                    && !self.in_function
                    && (self.names.variable)(&name.1).is_some()
                {
                    let help = "fields cannot be changed; did you mean '=='?".to_owned();
                    self.word(*at, &name.1, format!("'{}' is a field", name.1), help);
                }
                self.expr(&parts.1.lhs);
                self.expr(&parts.1.rhs);
                Type::Absent
            }
            Stmt::TryCatch(flow, _) => {
                let tried = self.block(flow.body.statements());
                tried.join(self.block(flow.branch.statements()))
            }
            Stmt::Return(value, flags, _) => {
                let ty = value.as_ref().map_or(Type::Absent, |value| self.expr(value));
                if flags.contains(ASTFlags::BREAK) {
                    if let Some(Expr::StringConstant(text, _)) = value.as_deref() {
                        self.uses.thrown.insert(text.clone());
                    }
                } else {
                    self.returned = Some(self.returned.map_or(ty, |returned| returned.join(ty)));
                }
                Type::Any
            }
            Stmt::BreakLoop(value, ..) => {
                value.as_ref().map(|value| self.expr(value));
                Type::Any
            }
            _ => Type::Absent,
        }
    }

    fn expr(&mut self, expr: &Expr) -> Type {
        match expr {
            Expr::BoolConstant(..) => Type::Bool,
            Expr::IntegerConstant(..) | Expr::FloatConstant(..) => Type::Number,
            Expr::CharConstant(..) | Expr::StringConstant(..) => Type::Text,
            Expr::Unit(_) => Type::Absent,
            Expr::DynamicConstant(value, _) if value.is_array() => Type::List,
            Expr::DynamicConstant(value, _) if value.is_map() => Type::Map,
            Expr::InterpolatedString(parts, _) => {
                parts.iter().for_each(|part| _ = self.expr(part));
                Type::Text
            }
            Expr::Array(parts, _) => {
                parts.iter().for_each(|part| _ = self.expr(part));
                Type::List
            }
            Expr::Map(parts, _) => {
                parts.0.iter().for_each(|(_, part)| _ = self.expr(part));
                Type::Map
            }
            Expr::Variable(variable, _, at) => self.variable(&variable.1, &variable.2, *at),
            Expr::Stmt(block) => self.block(block.statements()),
            Expr::FnCall(call, at) => self.call(call, *at),
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                parts.iter().for_each(|part| self.condition(part));
                Type::Bool
            }
            Expr::Coalesce(parts, _) => {
                let types: Vec<Type> = parts.iter().map(|part| self.expr(part)).collect();
                types.into_iter().reduce(Type::join).unwrap_or(Type::Any)
            }
            Expr::Dot(parts, ..) => {
                let ty = self.expr(&parts.lhs);
                self.member(&parts.rhs, ty)
            }
            Expr::Index(parts, ..) => {
                self.expr(&parts.lhs);
                self.expr(&parts.rhs);
                Type::Any
            }
            _ => Type::Any,
        }
    }

    fn variable(&mut self, name: &str, namespace: &rhai::Namespace, at: Position) -> Type {
        if !namespace.is_empty() || self.in_function {
            return Type::Any;
        }
        let ty = (self.names.variable)(name);
        if ty.is_some() && at.line().is_some() {
            self.uses.variables.insert(name.to_owned());
        }
        ty.unwrap_or(Type::Any)
    }

    /// What stands behind a dot.
    fn member(&mut self, expr: &Expr, of: Type) -> Type {
        match expr {
            Expr::MethodCall(call, at) => {
                call.args.iter().for_each(|argument| _ = self.expr(argument));
                let own =
                    self.names.own.get(call.name.as_str()).is_some_and(|n| n.contains(&call.args.len()));
                if !own && call.name != "call" {
                    self.known(&call.name, call.args.len() + 1, *at);
                }
                self.uses.calls.insert((String::new(), call.name.to_string(), call.args.len()));
                let Some(found) = helper::find(&call.name).filter(|_| !own && of != Type::Any) else {
                    return Type::Any;
                };
                if let Some(argument) = found.arguments.first() {
                    self.argument(&call.name, *argument, of, *at);
                }
                self.asks(found.asks, found.name, &[], *at);
                found.returns
            }
            Expr::Property(property, at) => {
                let name = property.2.as_str();
                if of.is_known() && of != Type::Map && !self.names.native.contains_key(&format!("get${name}"))
                {
                    let message = format!("a {} has no property '{name}'", of.name());
                    self.word(*at, name, message, "functions are called with parentheses".to_owned());
                }
                if name == "len" { Type::Number } else { Type::Any }
            }
            Expr::Dot(parts, ..) => {
                let ty = self.member(&parts.lhs, of);
                self.member(&parts.rhs, ty)
            }
            Expr::Index(parts, ..) => {
                self.member(&parts.lhs, of);
                self.expr(&parts.rhs);
                Type::Any
            }
            other => self.expr(other),
        }
    }
}
