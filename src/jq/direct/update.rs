//! Updates of the parts of values.

use jaq_json::Rc;

use crate::jq::direct::expression::Expression;
use crate::jq::direct::expression::ExpressionKind;
use crate::jq::direct::index;
use crate::jq::direct::index::owned;
use crate::jq::direct::steps::Steps;
use crate::jq::direct::steps::Stop;
use crate::jq::lazy::Lazy;
use crate::jq::value::JqValue;

/// The results of an expression, at most one.
pub(super) type AtMostOne<'v> = Result<Option<Lazy<'v>>, Stop>;
/// The result of a change: nothing deletes the part.
type Changed = Result<Option<JqValue>, Stop>;
/// A change of a part.
type PartChange<'c> = &'c mut dyn FnMut(JqValue) -> Changed;

/// Updates of the parts of values.
pub(super) struct Update<'u, 'v> {
    pub(super) steps: &'u Steps,
    /// The function that evaluates an expression for an input.
    pub(super) evaluate: &'u dyn Fn(&'v Expression, JqValue) -> AtMostOne<'v>,
}

impl<'v> Update<'_, 'v> {
    /// Changes the parts of a value at a path.
    pub(super) fn at(&self, path: &'v Expression, input: JqValue, change: PartChange<'_>) -> Changed {
        self.steps.charge(1)?;
        match &path.kind {
            ExpressionKind::Identity => change(input),
            ExpressionKind::Empty => Ok(Some(input)),
            ExpressionKind::Member { base, index, optional } => {
                let of_input = if matches!(index.kind, ExpressionKind::Constant(_)) { JqValue::Null } else { input.clone() };
                // The interpreter evaluates the index only where there is a base.
                let Ok(Some(index)) = (self.evaluate)(index, of_input) else { return Err(Stop::LeftOver) };
                let index = owned(index)?;
                self.at(base, input, &mut |value| member(self.steps, value, &index, *optional, change).map(Some))
            }
            ExpressionKind::Items { base, optional } => {
                self.at(base, input, &mut |value| items(self.steps, value, *optional, change).map(Some))
            }
            ExpressionKind::Pipe(left, right) => self.at(left, input, &mut |value| self.at(right, value, change)),
            ExpressionKind::Comma(left, right) => match self.at(left, input, change)? {
                Some(value) => self.at(right, value, change),
                None => Ok(None),
            },
            ExpressionKind::If { condition, then, otherwise } => {
                let condition = (self.evaluate)(condition, input.clone())?.ok_or(Stop::LeftOver)?;
                let branch = if index::holds(&condition) { then } else { otherwise };
                drop(condition);
                self.at(branch, input, change)
            }
            _ => Err(Stop::LeftOver),
        }
    }
}

fn member(steps: &Steps, mut value: JqValue, index: &JqValue, optional: bool, change: PartChange<'_>) -> Result<JqValue, Stop> {
    match (&mut value, index) {
        (JqValue::Obj(members), JqValue::TStr(_)) => {
            if Rc::strong_count(members) > 1 {
                steps.charge(members.len())?;
            }
            let members = Rc::make_mut(members);
            let Some((place, _, before)) = members.get_full_mut(index) else {
                if let Some(after) = change(JqValue::Null)? {
                    members.insert(index.clone(), after);
                }
                return Ok(value);
            };
            match (change(std::mem::take(before))?, members.get_index_mut(place)) {
                (Some(after), Some((_, member))) => *member = after,
                // As in the interpreter, the last member takes the place.
                _ => drop(members.swap_remove_index(place)),
            }
            Ok(value)
        }
        (JqValue::Arr(items), JqValue::Num(jaq_json::Num::Int(place))) => {
            let Some(place) = index::at(*place, items.len()) else {
                return if optional { Ok(value) } else { Err(Stop::Raised) };
            };
            steps.charge(items.len() / 16)?;
            let items = Rc::make_mut(items);
            match change(std::mem::take(&mut items[place]))? {
                Some(after) => items[place] = after,
                None => drop(items.remove(place)),
            }
            Ok(value)
        }
        _ => Err(Stop::LeftOver),
    }
}

fn items(steps: &Steps, value: JqValue, optional: bool, change: PartChange<'_>) -> Result<JqValue, Stop> {
    match value {
        JqValue::Arr(items) => {
            steps.charge(items.len())?;
            let changed = Rc::unwrap_or_clone(items).into_iter().map(change);
            changed.filter_map(Result::transpose).collect()
        }
        JqValue::Obj(members) => {
            steps.charge(members.len())?;
            let members = Rc::unwrap_or_clone(members).into_iter();
            let changed = members.map(|(name, value)| Ok(change(value)?.map(|value| (name, value))));
            changed.filter_map(Result::transpose).collect::<Result<_, Stop>>().map(JqValue::obj)
        }
        value if optional => Ok(value),
        _ => Err(Stop::Raised),
    }
}
