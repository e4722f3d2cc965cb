//! From the parsed form of a program to the form that is evaluated directly.

use jaq_core::ValT;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::BinaryOp;
use jaq_core::load::parse::Pattern;
use jaq_core::load::parse::Term;
use jaq_core::ops::Math;
use jaq_core::path::Opt;
use jaq_core::path::Part;
use jaq_core::path::Path;

use crate::jq::direct::expression::Expression;
use crate::jq::direct::expression::ExpressionKind;
use crate::jq::direct::expression::ResultCount;
use crate::jq::direct::function::Function;
use crate::jq::value::JqValue;
use crate::jq::value::text;

/// Maximum depth of a program that is evaluated directly.
const MAX_DEPTH: usize = 200;
/// A variable name that programs cannot use.
const OPERAND: &str = "$!";
/// A variable name that programs cannot use, for a value that a pattern takes apart.
const DESTRUCTURED: &str = "$!!";

/// Returns the program for direct evaluation; none for one that uses other parts of the language.
pub(in crate::jq) fn compile(term: &Term<&str>) -> Option<Expression> {
    Compiler { variables: Vec::new(), depth: 0 }.term(term)
}

/// Returns true if each operand has a result whenever one before it may raise an error. The interpreter has no error where a
/// later operand has no result.
fn are_all_evaluated(operands: &[&Expression]) -> bool {
    let raises = |operand: &&Expression| !matches!(operand.kind, ExpressionKind::Constant(_));
    let first = operands.iter().position(raises).unwrap_or(operands.len());
    operands.iter().skip(first + 1).all(|operand| operand.results == ResultCount::One)
}

struct Compiler<'t> {
    /// The names of the variables, the last bound one at the end.
    variables: Vec<&'t str>,
    depth: usize,
}

type Boxed = Option<Box<Expression>>;

impl<'t> Compiler<'t> {
    fn term(&mut self, term: &'t Term<&'t str>) -> Option<Expression> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let expression = self.any_term(term);
        self.depth -= 1;
        expression
    }

    /// Returns none if an expression with this number of further levels is too deep.
    fn must_fit(&self, levels: usize) -> Option<()> {
        (self.depth.saturating_add(levels) <= MAX_DEPTH).then_some(())
    }

    fn boxed(&mut self, term: &'t Term<&'t str>) -> Boxed {
        self.term(term).map(Box::new)
    }

    /// Returns an expression of at most one result.
    fn few(&mut self, term: &'t Term<&'t str>) -> Boxed {
        self.boxed(term).filter(|expression| expression.results != ResultCount::Many)
    }

    /// Returns an expression in which a variable is bound.
    fn within(&mut self, variable: &'t str, term: impl FnOnce(&mut Self) -> Boxed) -> Boxed {
        self.variables.push(variable);
        let expression = term(self);
        self.variables.pop();
        expression
    }

    fn any_term(&mut self, term: &'t Term<&'t str>) -> Option<Expression> {
        Some(match term {
            Term::Id => identity(),
            Term::Num(number) => constant(literal(number)?),
            Term::Str(format, parts) => self.string(format.is_some(), parts)?,
            Term::Arr(None) => one(ExpressionKind::Array(None)),
            Term::Arr(Some(items)) => one(ExpressionKind::Array(Some(self.boxed(items)?))),
            Term::Obj(members) => self.object(members)?,
            Term::Neg(inner) => {
                let inner = self.few(inner)?;
                Expression { results: inner.results, kind: ExpressionKind::Negate(inner) }
            }
            Term::BinOp(left, operator, right) => self.operation(left, operator, right)?,
            Term::Fold("reduce", items, Pattern::Var(name), arguments) => {
                let [first, next] = &arguments[..] else { return None };
                let (items, first) = (self.boxed(items)?, self.few(first)?);
                let next = self.within(name, |inner| inner.boxed(next)).filter(|next| next.results == ResultCount::One)?;
                Expression { results: first.results, kind: ExpressionKind::Reduce { items, first, next } }
            }
            Term::TryCatch(inner, None) => {
                let inner = self.boxed(inner)?;
                Expression { results: inner.results.max(ResultCount::AtMostOne), kind: ExpressionKind::Try(inner) }
            }
            Term::IfThenElse(branches, otherwise) => {
                self.must_fit(branches.len())?;
                let mut otherwise = match otherwise {
                    Some(otherwise) => self.term(otherwise)?,
                    None => identity(),
                };
                for (condition, then) in branches.iter().rev() {
                    otherwise = choice(self.few(condition)?, self.boxed(then)?, Box::new(otherwise));
                }
                otherwise
            }
            Term::Call(name, arguments) => self.call(name, arguments)?,
            Term::Var(name) => self.variable(name)?,
            Term::Path(from, path) => self.path(from, path)?,
            _ => return None,
        })
    }

    fn variable(&self, name: &str) -> Option<Expression> {
        let since = self.variables.iter().rev().position(|variable| *variable == name)?;
        Some(one(ExpressionKind::Variable(since)))
    }

    fn string(&mut self, formatted: bool, parts: &'t [StrPart<&'t str, Term<&'t str>>]) -> Option<Expression> {
        let (mut texts, mut plain, mut results) = (Vec::new(), String::new(), ResultCount::One);
        for part in parts {
            match part {
                StrPart::Str(piece) => plain.push_str(piece),
                StrPart::Char(piece) => plain.push(*piece),
                StrPart::Term(_) if formatted => return None,
                StrPart::Term(inner) => {
                    let inner = *self.few(inner)?;
                    results = results.max(inner.results);
                    texts.push(constant(text(std::mem::take(&mut plain))));
                    texts.push(inner);
                }
            }
        }
        if texts.is_empty() {
            return Some(constant(text(plain)));
        }
        texts.push(constant(text(plain)));
        are_all_evaluated(&texts.iter().collect::<Vec<_>>()).then_some(())?;
        Some(Expression { kind: ExpressionKind::Text(texts), results })
    }

    fn object(&mut self, members: &'t [(Term<&'t str>, Option<Term<&'t str>>)]) -> Option<Expression> {
        let mut results = ResultCount::One;
        let mut member = |(name, value): &'t (Term<&'t str>, Option<Term<&'t str>>)| {
            let (name, value) = match (name, value) {
                (name, Some(value)) => (*self.few(name)?, *self.few(value)?),
                (Term::Var(name), None) => (constant(text(name.get(1..)?)), self.variable(name)?),
                (name, None) => {
                    let (base, index) = (Box::new(identity()), self.few(name)?);
                    let results = index.results;
                    (*self.few(name)?, Expression { kind: ExpressionKind::Member { base, index, optional: false }, results })
                }
            };
            results = results.max(name.results).max(value.results);
            Some((name, value))
        };
        let members = members.iter().map(&mut member).collect::<Option<Vec<_>>>()?;
        are_all_evaluated(&members.iter().flat_map(|(name, value)| [name, value]).collect::<Vec<_>>()).then_some(())?;
        Some(Expression { kind: ExpressionKind::Object(members), results })
    }

    fn operation(
        &mut self,
        left: &'t Term<&'t str>,
        operator: &'t BinaryOp<&'t str>,
        right: &'t Term<&'t str>,
    ) -> Option<Expression> {
        let both = |left: &Expression, right: &Expression| left.results.max(right.results);
        let operands = |compiler: &mut Self| {
            let (left, right) = (compiler.few(left)?, compiler.few(right)?);
            are_all_evaluated(&[&*left, &*right]).then_some((left, right))
        };
        Some(match operator {
            BinaryOp::Pipe(None) => pipe(self.boxed(left)?, self.boxed(right)?),
            BinaryOp::Pipe(Some(pattern)) => {
                let left = self.boxed(left)?;
                let before = self.variables.len();
                let parts = self.pattern(pattern)?;
                let body = self.boxed(right);
                self.variables.truncate(before);
                let bind_part = |body, part| Box::new(bind(Box::new(part), body));
                bind(left, parts.into_iter().rev().fold(body?, bind_part))
            }
            BinaryOp::Comma => {
                let kind = ExpressionKind::Comma(self.boxed(left)?, self.boxed(right)?);
                Expression { kind, results: ResultCount::Many }
            }
            BinaryOp::Alt => alternative(self.boxed(left)?, self.boxed(right)?),
            BinaryOp::And | BinaryOp::Or => {
                let (left, right) = (self.few(left)?, self.few(right)?);
                let results = both(&left, &right);
                Expression { kind: ExpressionKind::Logic { left, decides: matches!(operator, BinaryOp::Or), right }, results }
            }
            BinaryOp::Math(math) => {
                let (left, right) = operands(self)?;
                let results = both(&left, &right);
                Expression { kind: ExpressionKind::Math(left, *math, right), results }
            }
            BinaryOp::Cmp(compare) => {
                let (left, right) = operands(self)?;
                let results = both(&left, &right);
                Expression { kind: ExpressionKind::Compare(left, *compare, right), results }
            }
            BinaryOp::Update => update(self.boxed(left)?, self.boxed(right)?)?,
            // `a = b` is `b as $x | a |= $x`, `a += b` is `b as $x | a |= . + $x`, and so on.
            BinaryOp::Assign => self.assignment(left, right, operand())?,
            BinaryOp::UpdateMath(math) => {
                let kind = ExpressionKind::Math(Box::new(identity()), *math, Box::new(operand()));
                self.assignment(left, right, one(kind))?
            }
            BinaryOp::UpdateAlt => {
                let change = alternative(Box::new(identity()), Box::new(operand()));
                self.assignment(left, right, change)?
            }
        })
    }

    /// Binds the variables of a pattern to the parts of a value. Returns the expression of each variable after the first, which
    /// is the value itself.
    fn pattern(&mut self, pattern: &'t Pattern<&'t str>) -> Option<Vec<Expression>> {
        let name = if let Pattern::Var(name) = pattern { name } else { DESTRUCTURED };
        self.must_fit(self.variables.len())?;
        self.variables.push(name);
        let value = self.variables.len();
        let parts: Vec<(Expression, &'t Pattern<&'t str>)> = match pattern {
            Pattern::Var(_) => Vec::new(),
            Pattern::Arr(parts) => {
                let index = |place: usize| constant(JqValue::from(place));
                parts.iter().enumerate().map(|(place, part)| (index(place), part)).collect()
            }
            Pattern::Obj(parts) => {
                // Only plain names, whose input does not matter.
                let mut plain_name = |key| self.term(key).filter(|key| matches!(key.kind, ExpressionKind::Constant(_)));
                parts.iter().map(|(key, part)| Some((plain_name(key)?, part))).collect::<Option<_>>()?
            }
        };
        let mut expressions = Vec::new();
        for (index, part) in parts {
            let base = Box::new(one(ExpressionKind::Variable(self.variables.len() - value)));
            expressions.push(one(ExpressionKind::Member { base, index: Box::new(index), optional: false }));
            expressions.extend(self.pattern(part)?);
        }
        Some(expressions)
    }

    fn assignment(&mut self, path: &'t Term<&'t str>, operand: &'t Term<&'t str>, change: Expression) -> Option<Expression> {
        let operand = self.boxed(operand)?;
        let path = self.within(OPERAND, |inner| inner.boxed(path))?;
        Some(bind(operand, Box::new(update(path, Box::new(change))?)))
    }

    fn path(&mut self, from: &'t Term<&'t str>, path: &'t Path<Term<&'t str>>) -> Option<Expression> {
        self.must_fit(path.0.len())?;
        let mut base = self.term(from)?;
        for (part, optional) in &path.0 {
            let optional = matches!(optional, Opt::Optional);
            base = match part {
                Part::Index(index) => {
                    let index = self.few(index)?;
                    let few = if optional { ResultCount::AtMostOne } else { ResultCount::One };
                    let results = base.results.max(index.results).max(few);
                    Expression { kind: ExpressionKind::Member { base: Box::new(base), index, optional }, results }
                }
                Part::Range(None, None) => {
                    Expression { kind: ExpressionKind::Items { base: Box::new(base), optional }, results: ResultCount::Many }
                }
                Part::Range(from, to) => {
                    let mut bound = |bound: &'t Option<Term<&'t str>>| match bound {
                        Some(bound) => self.boxed(bound).filter(|bound| bound.results == ResultCount::One).map(Some),
                        None => Some(None),
                    };
                    let (from, to) = (bound(from)?, bound(to)?);
                    let few = if optional { ResultCount::AtMostOne } else { ResultCount::One };
                    let results = base.results.max(few);
                    if results == ResultCount::Many {
                        return None;
                    }
                    Expression { kind: ExpressionKind::Slice { base: Box::new(base), from, to, optional }, results }
                }
            };
        }
        Some(base)
    }

    fn call(&mut self, name: &str, arguments: &'t [Term<&'t str>]) -> Option<Expression> {
        let items = || {
            Box::new(Expression {
                kind: ExpressionKind::Items { base: Box::new(identity()), optional: false },
                results: ResultCount::Many,
            })
        };
        Some(match (name, arguments) {
            ("empty", []) => empty(),
            ("true", []) => constant(JqValue::Bool(true)),
            ("false", []) => constant(JqValue::Bool(false)),
            ("null", []) => constant(JqValue::Null),
            ("first", []) => element(0),
            ("last", []) => element(-1),
            ("values", []) => {
                let kind =
                    ExpressionKind::Compare(Box::new(identity()), jaq_core::ops::Cmp::Ne, Box::new(constant(JqValue::Null)));
                choice(Box::new(one(kind)), Box::new(identity()), Box::new(empty()))
            }
            ("select", [condition]) => choice(self.few(condition)?, Box::new(identity()), Box::new(empty())),
            ("map", [change]) => one(ExpressionKind::Array(Some(Box::new(pipe(items(), self.boxed(change)?))))),
            ("add", []) => sum(items()),
            ("add", [terms]) => sum(self.boxed(terms)?),
            ("any" | "all", []) => any(name, items()),
            ("any" | "all", [condition]) => any(name, Box::new(pipe(items(), self.boxed(condition)?))),
            ("any" | "all", [generator, condition]) => any(name, Box::new(pipe(self.boxed(generator)?, self.boxed(condition)?))),
            ("first", [items]) => {
                let items = self.boxed(items)?;
                Expression { results: ResultCount::AtMostOne, kind: ExpressionKind::First(items) }
            }
            ("with_entries", [change]) => {
                let changed = pipe(items(), self.boxed(change)?);
                let entries =
                    pipe(Box::new(call(Function::ToEntries)), Box::new(one(ExpressionKind::Array(Some(Box::new(changed))))));
                pipe(Box::new(entries), Box::new(call(Function::FromEntries)))
            }
            ("del", [path]) => update(self.boxed(path)?, Box::new(empty()))?,
            _ => {
                let function = Function::find(name, arguments.len())?;
                let argument = match arguments.first() {
                    Some(argument) => Some(self.few(argument)?),
                    None => None,
                };
                let results = argument.as_ref().map_or(ResultCount::One, |argument| argument.results);
                Expression { kind: ExpressionKind::Call(function, argument), results }
            }
        })
    }
}

fn call(function: Function) -> Expression {
    one(ExpressionKind::Call(function, None))
}

fn literal(number: &str) -> Option<JqValue> {
    number.parse::<isize>().map(JqValue::from).ok().or_else(|| JqValue::from_num(number).ok())
}

fn one(kind: ExpressionKind) -> Expression {
    Expression { kind, results: ResultCount::One }
}

fn identity() -> Expression {
    one(ExpressionKind::Identity)
}

fn constant(value: JqValue) -> Expression {
    one(ExpressionKind::Constant(value))
}

fn empty() -> Expression {
    Expression { kind: ExpressionKind::Empty, results: ResultCount::AtMostOne }
}

/// Returns the variable that was bound last.
fn operand() -> Expression {
    one(ExpressionKind::Variable(0))
}

fn element(index: isize) -> Expression {
    let (base, index) = (Box::new(identity()), Box::new(constant(JqValue::from(index))));
    one(ExpressionKind::Member { base, index, optional: false })
}

fn pipe(left: Box<Expression>, right: Box<Expression>) -> Expression {
    Expression { results: left.results.max(right.results), kind: ExpressionKind::Pipe(left, right) }
}

fn bind(left: Box<Expression>, right: Box<Expression>) -> Expression {
    Expression { results: left.results.max(right.results), kind: ExpressionKind::Bind(left, right) }
}

fn alternative(left: Box<Expression>, right: Box<Expression>) -> Expression {
    let results = if left.results == ResultCount::Many { ResultCount::Many } else { right.results };
    Expression { kind: ExpressionKind::Alternative(left, right), results }
}

fn choice(condition: Box<Expression>, then: Box<Expression>, otherwise: Box<Expression>) -> Expression {
    let results = condition.results.max(then.results).max(otherwise.results);
    Expression { kind: ExpressionKind::If { condition, then, otherwise }, results }
}

fn sum(items: Box<Expression>) -> Expression {
    let next = Box::new(one(ExpressionKind::Math(Box::new(identity()), Math::Add, Box::new(operand()))));
    one(ExpressionKind::Reduce { items, first: Box::new(constant(JqValue::Null)), next })
}

fn any(name: &str, items: Box<Expression>) -> Expression {
    one(ExpressionKind::Any { items, decides: name == "any" })
}

/// Returns an update; none for one whose path or change is not supported.
fn update(path: Box<Expression>, change: Box<Expression>) -> Option<Expression> {
    if !path.is_path() || change.results == ResultCount::Many {
        return None;
    }
    let results = if path.keeps_its_input() { ResultCount::One } else { change.results };
    Some(Expression { kind: ExpressionKind::Update { path, change }, results })
}
