//! Rewrites terms of programs so that every value is checked for its size where it is made or visited.
//!
//! `a + b` becomes `!add(a; b)`, `[a]` becomes `[a] | !weigh`, and so on. The meaning of a program stays the same.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::BinaryOp;
use jaq_core::load::parse::Def;
use jaq_core::load::parse::Pattern;
use jaq_core::load::parse::Term;
use jaq_core::ops::Math;
use jaq_core::path::Part;
use jaq_core::path::Path;

use crate::jq::functions::ADD;
use crate::jq::functions::DIVIDE;
use crate::jq::functions::MULTIPLY;
use crate::jq::functions::TEXT;
use crate::jq::functions::WEIGH;

/// Native functions whose result can be much larger than their input.
const GROWING: [&str; 6] = ["escape_html", "encode_uri", "encode_base64", "escape_sh", "explode", "implode"];
/// Native functions that visit all of their input.
const GOING_THROUGH: [&str; 18] = [
    "escape_html",
    "unescape_html",
    "encode_uri",
    "decode_uri",
    "encode_base64",
    "decode_base64",
    "escape_sh",
    "explode",
    "implode",
    "ascii_downcase",
    "ascii_upcase",
    "tobytes",
    "indices",
    "contains",
    "reverse",
    "sort",
    "sort_by",
    "group_by",
];
/// A variable name that programs cannot use.
const OPERAND: &str = "$!";

/// Returns the guarded definition.
pub(super) fn definition(definition: Def<&str>) -> Def<&str> {
    Def { body: term(definition.body), ..definition }
}

fn boxed(inner: Term<&str>) -> Box<Term<&str>> {
    Box::new(term(inner))
}

fn all(terms: Vec<Term<&str>>) -> Vec<Term<&str>> {
    terms.into_iter().map(term).collect()
}

fn pipe<'s>(left: Term<&'s str>, right: &'s str) -> Term<&'s str> {
    Term::BinOp(Box::new(left), BinaryOp::Pipe(None), Box::new(Term::Call(right, Vec::new())))
}

/// Returns the guarded term.
pub(super) fn term<'s>(it: Term<&'s str>) -> Term<&'s str> {
    match it {
        Term::Id | Term::Num(_) | Term::Arr(None) | Term::Break(_) | Term::Var(_) => it,
        Term::Recurse => pipe(Term::Recurse, WEIGH),
        Term::Str(format, parts) => string(format, parts),
        Term::Arr(Some(inner)) => pipe(Term::Arr(Some(boxed(*inner))), WEIGH),
        Term::Obj(members) if members.is_empty() => Term::Obj(members),
        Term::Obj(members) => {
            let member = |(name, value): (Term<&'s str>, Option<Term<&'s str>>)| match value {
                Some(value) => (term(name), Some(term(value))),
                // A shorthand stays as it is, since its meaning depends on its form.
                None => (name, None),
            };
            pipe(Term::Obj(members.into_iter().map(member).collect()), WEIGH)
        }
        Term::Neg(inner) => Term::Neg(boxed(*inner)),
        Term::BinOp(left, operator, right) => operation(*left, operator, *right),
        Term::Label(name, inner) => Term::Label(name, boxed(*inner)),
        Term::Fold(name, xs, pattern, args) => Term::Fold(name, boxed(*xs), pattern, all(args)),
        Term::TryCatch(inner, handler) => Term::TryCatch(boxed(*inner), handler.map(|handler| boxed(*handler))),
        Term::IfThenElse(branches, otherwise) => {
            let branch = |(condition, then)| (term(condition), term(then));
            Term::IfThenElse(branches.into_iter().map(branch).collect(), otherwise.map(|otherwise| boxed(*otherwise)))
        }
        Term::Def(definitions, inner) => Term::Def(definitions.into_iter().map(definition).collect(), boxed(*inner)),
        Term::Call(name, args) => call(name, all(args)),
        Term::Path(from, path) => access(*from, path),
    }
}

/// Returns a guarded call. The input of a function that visits it is checked first.
fn call<'s>(name: &'s str, args: Vec<Term<&'s str>>) -> Term<&'s str> {
    let mut call = Term::Call(name, args);
    if GROWING.contains(&name) {
        call = pipe(call, WEIGH);
    }
    if GOING_THROUGH.contains(&name) {
        let weighed = Box::new(Term::Call(WEIGH, Vec::new()));
        call = Term::BinOp(weighed, BinaryOp::Pipe(None), Box::new(call));
    }
    call
}

/// Returns a guarded string with interpolations, which are converted to text under a limit.
fn string<'s>(format: Option<&'s str>, parts: Vec<StrPart<&'s str, Term<&'s str>>>) -> Term<&'s str> {
    if !parts.iter().any(|part| matches!(part, StrPart::Term(_))) {
        return Term::Str(format, parts);
    }
    let part = |part| match part {
        StrPart::Term(inner) if format.is_none() => StrPart::Term(pipe(term(inner), TEXT)),
        StrPart::Term(inner) => StrPart::Term(term(inner)),
        plain => plain,
    };
    pipe(Term::Str(format, parts.into_iter().map(part).collect()), WEIGH)
}

fn operation<'s>(left: Term<&'s str>, operator: BinaryOp<&'s str>, right: Term<&'s str>) -> Term<&'s str> {
    let (left, right) = (term(left), term(right));
    let function = |math: &Math| match math {
        Math::Add => Some(ADD),
        Math::Mul => Some(MULTIPLY),
        Math::Div => Some(DIVIDE),
        _ => None,
    };
    match &operator {
        BinaryOp::Math(math) => {
            if let Some(function) = function(math) {
                return Term::Call(function, vec![left, right]);
            }
        }
        // `a += b` is `b as $x | a |= . + $x`.
        BinaryOp::UpdateMath(math) => {
            if let Some(function) = function(math) {
                let change = Term::Call(function, vec![Term::Id, Term::Var(OPERAND)]);
                let update = Term::BinOp(Box::new(left), BinaryOp::Update, Box::new(change));
                let bind = BinaryOp::Pipe(Some(Pattern::Var(OPERAND)));
                return Term::BinOp(Box::new(right), bind, Box::new(update));
            }
        }
        _ => {}
    }
    Term::BinOp(Box::new(left), operator, Box::new(right))
}

/// Returns a guarded path. The results of a path with several levels are counted.
fn access<'s>(from: Term<&'s str>, path: Path<Term<&'s str>>) -> Term<&'s str> {
    let mut levels = 0;
    let part = |part| match part {
        Part::Index(index) => Part::Index(term(index)),
        Part::Range(start, end) => {
            levels += usize::from(start.is_none() && end.is_none());
            Part::Range(start.map(term), end.map(term))
        }
    };
    let mut part = part;
    let parts = path.0.into_iter().map(|(inner, optional)| (part(inner), optional)).collect();
    let access = Term::Path(Box::new(term(from)), Path(parts));
    if levels > 1 { pipe(access, WEIGH) } else { access }
}
