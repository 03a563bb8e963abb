//! Operators: comparisons of different types, and of what has no order.

use rhai::{Expr, Position, Token};

use super::super::vocabulary::Vocabulary;
use super::{Checker, Type};

impl Checker<'_> {
    pub(super) fn operator(
        &mut self,
        operator: &Token,
        arguments: &[Expr],
        types: &[Type],
        at: Position,
    ) -> Type {
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
                if let [a, b] = arguments {
                    self.vocabulary(a, b);
                    self.vocabulary(b, a);
                }
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

    /// Texts that countries and classes are compared with must be such: a mistake would never match.
    pub(super) fn vocabulary(&mut self, of: &Expr, value: &Expr) {
        let name = match of {
            Expr::Variable(variable, ..) if !self.in_function => variable.1.as_str(),
            Expr::FnCall(call, _) if !call.is_qualified() => call.name.as_str(),
            _ => return,
        };
        let Some(words) = Vocabulary::of(name) else { return };
        match value {
            Expr::StringConstant(text, at) => {
                if let Some((message, help)) = words.fault(text) {
                    self.error(*at, message, help);
                }
            }
            Expr::Array(parts, _) => parts.iter().for_each(|part| self.vocabulary(of, part)),
            _ => {}
        }
    }

    pub(super) fn comparison(&mut self, a: Type, b: Type, is_order: bool, at: Position) {
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
