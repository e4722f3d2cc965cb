//! The functions of programs: those of jaq, without the ones that access the environment, and with replacements where a call could
//! exceed the memory.

use jaq_core::Ctx;
use jaq_core::Cv;
use jaq_core::Error;
use jaq_core::Exn;
use jaq_core::Native;
use jaq_core::ValR;
use jaq_core::ValX;
use jaq_core::ValXs;
use jaq_core::box_iter::box_once;
use jaq_core::load;
use jaq_core::load::parse::Def;
use jaq_core::native::Filter;
use jaq_core::native::bome;
use jaq_core::native::v;
use jaq_json::Num;
use jaq_json::Rc;
use jaq_json::Val;

use crate::event::check_numbers;
use crate::jq::budget::Limited;
use crate::jq::regex;
use crate::jq::value::measure;

/// The functions that are left out, as they access the environment or end the process.
pub(super) const LEFT_OUT: [&str; 13] = [
    "env",
    "now",
    "localtime",
    "strflocaltime",
    "halt",
    "halt_error",
    "debug",
    "stderr",
    "debug_empty",
    "stderr_empty",
    "input",
    "inputs",
    "input_filename",
];

/// The native functions of jaq that are replaced here.
const OWN: [&str; 6] = ["range", "tojson", "fromjson", "matches", "split_matches", "split_"];

/// A definition whose error names the value, unlike that of jaq.
const OWN_DEFINITIONS: &str = r#"def @base64d: tostring | try decode_base64 catch error("it is not base64: \(.)");"#;

/// The function that adds two values.
pub(super) const ADD: &str = "!add";
/// The function that multiplies two values.
pub(super) const MULTIPLY: &str = "!multiply";
/// The function that divides two values.
pub(super) const DIVIDE: &str = "!divide";
/// The function that checks the size of a value and returns it.
pub(super) const WEIGH: &str = "!weigh";
/// The function that converts a value to text, as `tostring` does.
pub(super) const TEXT: &str = "!text";

/// Returns the definitions of programs.
pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let own = load::parse(OWN_DEFINITIONS, |parser| parser.defs()).unwrap_or_default();
    all.filter(|definition| !LEFT_OUT.contains(&definition.name) && definition.name != "@base64d").chain(own)
}

/// Returns the native functions of programs.
pub(super) fn natives() -> impl Iterator<Item = Filter<Native<Limited>>> {
    let all = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    all.filter(|(name, ..)| !LEFT_OUT.contains(name) && !OWN.contains(name)).chain(own())
}

fn own() -> [Filter<Native<Limited>>; 11] {
    let weighed = Native::<Limited>::new(|cv| {
        weigh(&cv.0, &cv.1);
        box_once(Ok(cv.1))
    });
    let weighed = weighed.with_paths(|cv| {
        weigh(&cv.0, &cv.1.0);
        box_once(Ok(cv.1))
    });
    let weighed = weighed.with_update(|cv, change| {
        weigh(&cv.0, &cv.1);
        change(cv.1)
    });
    [
        (WEIGH, v(0), weighed),
        (ADD, v(2), Native::<Limited>::new(|cv| binary(cv, add))),
        (MULTIPLY, v(2), Native::<Limited>::new(|cv| binary(cv, multiply))),
        (DIVIDE, v(2), Native::<Limited>::new(|cv| binary(cv, divide))),
        (TEXT, v(0), Native::<Limited>::new(|cv| bome(to_text(&cv.0, cv.1)))),
        ("tojson", v(0), Native::<Limited>::new(|cv| bome(to_json(&cv.0, &cv.1)))),
        ("fromjson", v(0), Native::<Limited>::new(|cv| bome(from_json(&cv.1)))),
        ("range", v(3), Native::<Limited>::new(range)),
        ("matches", v(2), Native::<Limited>::new(|cv| bome(regex::parts(cv, false, true)))),
        ("split_matches", v(2), Native::<Limited>::new(|cv| bome(regex::parts(cv, true, true)))),
        ("split_", v(2), Native::<Limited>::new(|cv| bome(regex::parts(cv, true, false)))),
    ]
}

fn weigh(ctx: &Ctx<'_, Limited>, value: &Val) {
    // The steps of a large value limit the number of such values.
    let size = match value {
        Val::TStr(text) | Val::BStr(text) => text.len() / 64,
        Val::Arr(items) => items.len() / 16,
        Val::Obj(members) => members.len() / 16,
        _ => 0,
    };
    ctx.data().charge(1 + size as u64);
    ctx.data().weigh(value);
}

fn binary<'a>(cv: Cv<'a, Limited>, operation: fn(&Ctx<'a, Limited>, Val, Val) -> ValR<Val>) -> ValXs<'a, Val> {
    let (mut ctx, input) = cv;
    // An array without other references grows in place.
    drop(input);
    let right = ctx.pop_var();
    let left = ctx.pop_var();
    bome(operation(&ctx, left, right))
}

fn add(ctx: &Ctx<'_, Limited>, left: Val, right: Val) -> ValR<Val> {
    let budget = ctx.data();
    budget.charge(1);
    match (&left, &right) {
        (Val::TStr(left) | Val::BStr(left), Val::TStr(right) | Val::BStr(right)) => {
            budget.weigh_bytes(left.len() + right.len());
            budget.charge((if left.is_unique() { right.len() } else { left.len() + right.len() }) as u64 / 64);
        }
        (Val::Arr(left), Val::Arr(right)) => {
            budget.weigh_items(left.len() + right.len());
            budget.charge(copied(left, left.len() + right.len(), right.len()));
        }
        (Val::Obj(left), Val::Obj(right)) => {
            budget.weigh_items(left.len() + right.len());
            budget.charge(copied(left, left.len() + right.len(), right.len()));
        }
        (Val::Num(left), Val::Num(right)) => budget.weigh_bits(bits(left).max(bits(right))),
        _ => {}
    }
    left + right
}

/// Returns the cost of a concatenation: all items, or only the new ones if the old ones stay in place.
fn copied<T>(held: &Rc<T>, all: usize, new: usize) -> u64 {
    (if Rc::strong_count(held) == 1 { new } else { all }) as u64 / 4
}

fn multiply(ctx: &Ctx<'_, Limited>, left: Val, right: Val) -> ValR<Val> {
    let budget = ctx.data();
    budget.charge(1);
    match (&left, &right) {
        (Val::TStr(text) | Val::BStr(text), Val::Num(times)) | (Val::Num(times), Val::TStr(text) | Val::BStr(text)) => {
            let times = times.as_isize().map_or(usize::MAX, |times| usize::try_from(times).unwrap_or(0));
            // The operation itself refuses a number that is not whole.
            if matches!(&left, Val::Num(Num::Int(_) | Num::BigInt(_))) || matches!(&right, Val::Num(Num::Int(_) | Num::BigInt(_)))
            {
                budget.weigh_bytes(text.len().saturating_mul(times));
                budget.charge(text.len().saturating_mul(times) as u64 / 64);
            }
        }
        (Val::Num(left), Val::Num(right)) => budget.weigh_bits(bits(left) + bits(right)),
        // Merging visits all members of both.
        (Val::Obj(_), Val::Obj(_)) => {
            measured(&left)?;
            measured(&right)?;
        }
        _ => {}
    }
    left * right
}

fn divide(ctx: &Ctx<'_, Limited>, left: Val, right: Val) -> ValR<Val> {
    let budget = ctx.data();
    budget.charge(1);
    if let (Val::TStr(text) | Val::BStr(text), Val::TStr(separator) | Val::BStr(separator)) = (&left, &right) {
        let pieces = match separator.len() {
            0 => text.len(),
            // An upper bound for the number of matches.
            length @ 64.. => text.len() / length,
            length => text.windows(length).filter(|window| *window == &separator[..]).count(),
        };
        budget.charge((text.len() / 64 + pieces) as u64);
        budget.weigh_items(pieces);
    }
    left / right
}

fn bits(number: &Num) -> u64 {
    match number {
        Num::BigInt(number) => number.bits(),
        _ => 64,
    }
}

/// Returns the number of values and bytes of a value. Refuses a value that is too large to be visited.
fn measured(value: &Val) -> Result<(usize, usize), Error<Val>> {
    measure(value).map_err(|reason| Error::str(format!("a value that {reason}")))
}

fn to_json(ctx: &Ctx<'_, Limited>, value: &Val) -> ValR<Val> {
    let (values, bytes) = measured(value)?;
    ctx.data().charge((values + bytes / 64) as u64);
    let json = Val::utf8_str(value.to_string().into_bytes());
    ctx.data().weigh(&json);
    Ok(json)
}

fn to_text(ctx: &Ctx<'_, Limited>, value: Val) -> ValR<Val> {
    match value {
        Val::TStr(_) | Val::BStr(_) => Ok(value),
        value => to_json(ctx, &value),
    }
}

pub(super) fn from_json(value: &Val) -> ValR<Val> {
    let Val::TStr(text) = value else { return Err(Error::typ(value.clone(), "string")) };
    let refused = |reason: String| Error::str(format!("cannot parse as JSON: {reason}"));
    let text = std::str::from_utf8(text).map_err(|error| refused(error.to_string()))?;
    check_numbers(text).map_err(|error| refused(error.to_string()))?;
    // This parser limits the depth, unlike that of jaq.
    serde_json::from_str(text).map_err(|error| refused(error.to_string()))
}

/// Returns `range(from; to; by)`. Each number costs a step.
fn range<'a>(cv: Cv<'a, Limited>) -> ValXs<'a, Val> {
    let mut ctx = cv.0;
    let (by, to, from) = (ctx.pop_var(), ctx.pop_var(), ctx.pop_var());
    let zero = Val::from(0_usize);
    let mut next = Some(from);
    Box::new(std::iter::from_fn(move || -> Option<ValX<'a, Val>> {
        ctx.data().charge(1);
        let here = next.take()?;
        let inside = if by > zero {
            here < to
        } else if by < zero {
            here > to
        } else {
            here != to
        };
        if !inside {
            return None;
        }
        match here.clone() + by.clone() {
            Ok(after) => next = Some(after),
            Err(error) => return Some(Err(Exn::from(error))),
        }
        Some(Ok(here))
    }))
}
