//! The form of programs that are evaluated directly.

use jaq_core::ops::Cmp;
use jaq_core::ops::Math;

use crate::jq::direct::function::Function;
use crate::jq::value::JqValue;

/// The number of results of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::jq) enum ResultCount {
    /// One.
    One,
    /// One or none.
    AtMostOne,
    /// Any number.
    Many,
}

/// An expression of a program.
#[derive(Debug)]
pub(in crate::jq) struct Expression {
    pub(super) kind: ExpressionKind,
    pub(super) results: ResultCount,
}

/// The kind of an expression.
#[derive(Debug)]
pub(super) enum ExpressionKind {
    /// `.`
    Identity,
    /// A literal.
    Constant(JqValue),
    /// `$x`, by the number of variables that were bound since.
    Variable(usize),
    /// `a[i]`, or `a[i]?`. The index is evaluated for the input of the whole expression.
    Member { base: Box<Expression>, index: Box<Expression>, optional: bool },
    /// `a[]`, or `a[]?`.
    Items { base: Box<Expression>, optional: bool },
    /// `a[b:c]`, or `a[b:c]?`.
    Slice { base: Box<Expression>, from: Option<Box<Expression>>, to: Option<Box<Expression>>, optional: bool },
    /// `a | b`
    Pipe(Box<Expression>, Box<Expression>),
    /// `a as $x | b`
    Bind(Box<Expression>, Box<Expression>),
    /// `a, b`
    Comma(Box<Expression>, Box<Expression>),
    /// `empty`
    Empty,
    /// `a // b`
    Alternative(Box<Expression>, Box<Expression>),
    /// `a and b` if false decides, or `a or b` if true does.
    Logic { left: Box<Expression>, decides: bool, right: Box<Expression> },
    /// `a + b` and the like.
    Math(Box<Expression>, Math, Box<Expression>),
    /// `a == b` and the like.
    Compare(Box<Expression>, Cmp, Box<Expression>),
    /// `-a`
    Negate(Box<Expression>),
    /// `[a]`
    Array(Option<Box<Expression>>),
    /// `{a: b}`
    Object(Vec<(Expression, Expression)>),
    /// A text with interpolations.
    Text(Vec<Expression>),
    /// `if a then b else c end`
    If { condition: Box<Expression>, then: Box<Expression>, otherwise: Box<Expression> },
    /// `(a)?`
    Try(Box<Expression>),
    /// `reduce a as $x (b; c)`
    Reduce { items: Box<Expression>, first: Box<Expression>, next: Box<Expression> },
    /// `any(a; .)`, or `all(a; .)` if false decides.
    Any { items: Box<Expression>, decides: bool },
    /// `first(a)`
    First(Box<Expression>),
    /// `a |= b`
    Update { path: Box<Expression>, change: Box<Expression> },
    /// A call of a function with the input and arguments.
    Call(Function, Option<Box<Expression>>),
}

impl Expression {
    /// Returns true if the expression can be on the left of an update.
    pub(super) fn is_path(&self) -> bool {
        match &self.kind {
            ExpressionKind::Identity | ExpressionKind::Empty => true,
            ExpressionKind::Member { base, .. } | ExpressionKind::Items { base, .. } => base.is_path(),
            ExpressionKind::Pipe(left, right) | ExpressionKind::Comma(left, right) => left.is_path() && right.is_path(),
            ExpressionKind::If { condition, then, otherwise } => {
                condition.results == ResultCount::One && then.is_path() && otherwise.is_path()
            }
            _ => false,
        }
    }

    /// Returns true if an update of this path has a result also where the change has none.
    pub(super) fn keeps_its_input(&self) -> bool {
        match &self.kind {
            ExpressionKind::Member { .. } | ExpressionKind::Items { .. } | ExpressionKind::Empty => true,
            ExpressionKind::Pipe(left, right) => left.keeps_its_input() || right.keeps_its_input(),
            ExpressionKind::Comma(left, right) => left.keeps_its_input() && right.keeps_its_input(),
            ExpressionKind::If { then, otherwise, .. } => then.keeps_its_input() && otherwise.keeps_its_input(),
            _ => false,
        }
    }
}
