//! What can be known of a script before it runs: what it uses, and what is wrong with it.
//!
//! Walks the syntax tree with the types of fields and helpers. Owns errors about unknown functions, wrong arguments and
//! comparisons of different types. What it cannot know (a function's parameters, variables of the script's own) is `Any`
//! and checked while running. Does not own unknown variables: Rhai's parser finds those.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::FieldId;
use rhai::{ASTFlags, Expr, FnCallExpr, ImmutableString, Position, Stmt, Token};
use rustc_hash::FxHashSet;

use super::helper::{self, Argument, Asks};
use super::near;
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

    fn call(&mut self, call: &FnCallExpr, at: Position) -> Type {
        let types: Vec<Type> = call.args.iter().map(|argument| self.expr(argument)).collect();
        if let Some(operator) = &call.op_token {
            return self.operator(operator, &call.args, &types, at);
        }
        let (name, count) = (call.name.as_str(), call.args.len());
        if call.is_qualified() {
            let module =
                call.namespace.path.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join("::");
            self.qualified(&module, name, count, at);
            return Type::Any;
        }
        self.uses.calls.insert((String::new(), name.to_owned(), count));
        if self.names.own.get(name).is_some_and(|numbers| numbers.contains(&count)) {
            return Type::Any;
        }
        if name == "call" || name == "type_of" || !self.known(name, count, at) {
            return Type::Any;
        }
        let Some(found) = helper::find(name) else { return Type::Any };
        for ((argument, ty), expr) in found.arguments.iter().zip(&types).zip(&call.args) {
            self.argument(name, *argument, *ty, expr.start_position());
            self.literal(*argument, expr);
        }
        self.asks(found.asks, name, &call.args, at);
        if matches!(found.arguments, [Argument::Field]) {
            match call.args.first() {
                Some(Expr::StringConstant(field, _)) => self.uses.present.extend(FieldId::from_name(field)),
                _ => self.written_out(name, at),
            }
        }
        found.returns
    }

    fn qualified(&mut self, module: &str, name: &str, count: usize, at: Position) {
        let Some(functions) = self.names.modules.get(module) else {
            let help = near::help(
                module,
                self.names.modules.keys().map(String::as_str),
                "a module is a file of rules/lib",
            );
            self.word(at, module, format!("there is no module '{module}'"), help);
            return;
        };
        match functions.get(name) {
            Some(numbers) if numbers.contains(&count) => {
                self.uses.calls.insert((module.to_owned(), name.to_owned(), count));
            }
            Some(numbers) => self.wrong_number(&format!("{module}::{name}"), numbers, count, at),
            None => {
                let help = near::help(name, functions.keys().map(String::as_str), "");
                self.word(at, name, format!("'{module}' has no function '{name}'"), help);
            }
        }
    }

    fn known(&mut self, name: &str, count: usize, at: Position) -> bool {
        match self.names.native.get(name) {
            Some(numbers) if numbers.contains(&count) => return true,
            Some(numbers) => self.wrong_number(name, numbers, count, at),
            None => {
                let native = self.names.native.keys().map(String::as_str);
                let own = self.names.own.keys().map(String::as_str);
                let mut help = near::help(name, native.chain(own).filter(|n| !n.contains('$')), "");
                if let Some((module, _)) = self.names.modules.iter().find(|(_, f)| f.contains_key(name)) {
                    help = format!(
                        "write {module}::{name}(…): functions of rules/lib stand under their file's name"
                    );
                }
                self.word(at, name, format!("there is no function '{name}'"), help);
            }
        }
        false
    }

    fn wrong_number(&mut self, name: &str, numbers: &BTreeSet<usize>, count: usize, at: Position) {
        let takes = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
        let plural = if takes == "1" { "" } else { "s" };
        let arguments = helper::find(name).map(|h| h.arguments).unwrap_or_default();
        let help = arguments.iter().map(|a| helper::example(*a)).collect::<Vec<_>>().join(", ");
        let help = if help.is_empty() { help } else { format!("it takes {help}") };
        self.word(at, name, format!("'{name}' takes {takes} argument{plural}, not {count}"), help);
    }

    fn argument(&mut self, name: &str, argument: Argument, ty: Type, at: Position) {
        let fits = match argument {
            Argument::Phone | Argument::Text => matches!(ty, Type::Phone | Type::Text),
            Argument::List => ty == Type::List,
            Argument::Number => ty == Type::Number,
            Argument::Time => ty == Type::Time,
            Argument::Any => true,
            Argument::Prefix | Argument::Clock | Argument::Duration | Argument::Field => ty == Type::Text,
        };
        if ty.is_known() && !fits {
            let message = format!("'{name}' needs {}, not a {}", helper::example(argument), ty.name());
            self.error(at, message, "");
        }
    }

    fn literal(&mut self, argument: Argument, expr: &Expr) {
        let Expr::StringConstant(text, at) = expr else { return };
        if let Some(fault) = helper::literal_fault(argument, text) {
            self.error(*at, fault, format!("write {}", helper::example(argument)));
        }
        if argument == Argument::Field && FieldId::from_name(text).is_none() {
            let help = near::help(text, FieldId::all().map(|f| f.name), "docs/fields.md lists them");
            self.error(*at, format!("'{text}' is not in the field table"), help);
        }
    }

    fn written_out(&mut self, name: &str, at: Position) {
        let message = format!("the arguments of '{name}' must be written out");
        self.word(at, name, message, "what a rule reads must be known before it runs".to_owned());
    }

    fn asks(&mut self, asks: Asks, name: &str, arguments: &[Expr], at: Position) {
        match asks {
            Asks::Nothing => {}
            Asks::Record => self.uses.record = true,
            Asks::Clock => self.uses.clock = true,
            Asks::Window if !self.names.windows => {
                let message = format!("'{name}' has no meaning here");
                self.word(at, name, message, "use count, value or firings of the episode".to_owned());
            }
            Asks::Window => {
                let texts = arguments.iter().map(|argument| match argument {
                    Expr::StringConstant(text, _) => Some(text.clone()),
                    _ => None,
                });
                match texts.collect::<Option<Vec<_>>>() {
                    None => self.written_out(name, at),
                    // What is wrong with an argument has been said by `literal`.
                    Some(texts) => self.uses.sites.extend(Site::new(name, &texts).ok().map(Arc::new)),
                }
            }
        }
    }

    fn operator(&mut self, operator: &Token, arguments: &[Expr], types: &[Type], at: Position) -> Type {
        match (operator, types) {
            (Token::Bang, [ty]) => {
                if ty.is_known() && *ty != Type::Bool {
                    let message = format!("'!' needs true or false, not a {}", ty.name());
                    self.error(at, message, "put what it is about into parentheses: !(a == b)");
                }
                Type::Bool
            }
            (
                Token::EqualsTo
                | Token::NotEqualsTo
                | Token::LessThan
                | Token::LessThanEqualsTo
                | Token::GreaterThan
                | Token::GreaterThanEqualsTo,
                [a, b],
            ) => {
                let is_order = !matches!(operator, Token::EqualsTo | Token::NotEqualsTo);
                self.comparison(*a, *b, is_order, arguments.first().map_or(at, Expr::start_position));
                Type::Bool
            }
            (Token::In | Token::NotIn, _) => Type::Bool,
            (Token::Plus | Token::Minus | Token::Multiply | Token::Divide | Token::Modulo, [a, b]) => {
                match (a, b) {
                    (Type::Number, Type::Number) => Type::Number,
                    (Type::Time, Type::Time) if *operator == Token::Minus => Type::Number,
                    (Type::Text, _) if *operator == Token::Plus => Type::Text,
                    _ => Type::Any,
                }
            }
            (Token::UnaryMinus | Token::Minus, [Type::Number]) => Type::Number,
            _ => Type::Any,
        }
    }

    fn comparison(&mut self, a: Type, b: Type, is_order: bool, at: Position) {
        let phones = matches!((a, b), (Type::Phone, Type::Text) | (Type::Text, Type::Phone));
        if !a.is_known() || !b.is_known() || (phones && !is_order) {
            return;
        }
        if a != b {
            let help = match (a, b) {
                (Type::Number, Type::Text) | (Type::Text, Type::Number) => {
                    "take away the quotation marks, or use number(…)"
                }
                _ => "",
            };
            self.error(at, format!("cannot compare {} with {}", a.name(), b.name()), help);
        } else if is_order && matches!(a, Type::Bool | Type::Phone | Type::List | Type::Map) {
            self.error(at, format!("a {} has no order", a.name()), "use == or !=");
        }
    }
}
