//! Calls: whether there is such a function, and whether its arguments can work.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::FieldId;
use rhai::{Expr, FnCallExpr, Position};

use super::super::helper::{self, Argument, Asks};
use super::super::near;
use super::super::window::Site;
use super::{Checker, Type};

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &FnCallExpr, at: Position) -> Type {
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
        if let ("contains", [list, value]) = (name, &call.args[..]) {
            // `value in list` comes as this.
            self.vocabulary(value, list);
        }
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

    pub(super) fn qualified(&mut self, module: &str, name: &str, count: usize, at: Position) {
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

    pub(super) fn known(&mut self, name: &str, count: usize, at: Position) -> bool {
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

    pub(super) fn wrong_number(&mut self, name: &str, numbers: &BTreeSet<usize>, count: usize, at: Position) {
        let takes = numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(" or ");
        let plural = if takes == "1" { "" } else { "s" };
        let arguments = helper::find(name).map(|h| h.arguments).unwrap_or_default();
        let help = arguments.iter().map(|a| helper::example(*a)).collect::<Vec<_>>().join(", ");
        let help = if help.is_empty() { help } else { format!("it takes {help}") };
        self.word(at, name, format!("'{name}' takes {takes} argument{plural}, not {count}"), help);
    }

    pub(super) fn argument(&mut self, name: &str, argument: Argument, ty: Type, at: Position) {
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

    pub(super) fn literal(&mut self, argument: Argument, expr: &Expr) {
        let Expr::StringConstant(text, at) = expr else { return };
        if let Some(fault) = helper::literal_fault(argument, text) {
            self.error(*at, fault, format!("write {}", helper::example(argument)));
        }
        if argument == Argument::Field && FieldId::from_name(text).is_none() {
            let help = near::help(text, FieldId::all().map(|f| f.name), "docs/fields.md lists them");
            self.error(*at, format!("'{text}' is not in the field table"), help);
        }
    }

    pub(super) fn written_out(&mut self, name: &str, at: Position) {
        let message = format!("the arguments of '{name}' must be written out");
        self.word(at, name, message, "what a rule reads must be known before it runs".to_owned());
    }

    pub(super) fn asks(&mut self, asks: Asks, name: &str, arguments: &[Expr], at: Position) {
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
}
