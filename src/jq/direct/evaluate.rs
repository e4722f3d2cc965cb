//! Evaluation of expressions.

use jaq_json::Map;

use crate::jq::direct::expression::Expression;
use crate::jq::direct::expression::ExpressionKind;
use crate::jq::direct::expression::ResultCount;
use crate::jq::direct::function::Function;
use crate::jq::direct::index;
use crate::jq::direct::index::owned;
use crate::jq::direct::operation;
use crate::jq::direct::steps::Steps;
use crate::jq::direct::steps::Stop;
use crate::jq::direct::update::AtMostOne;
use crate::jq::direct::update::Update;
use crate::jq::lazy::Lazy;
use crate::jq::value::JqValue;

/// A single evaluation.
pub(in crate::jq) struct Evaluation {
    steps: Steps,
}

/// The variables, the last bound one first.
#[derive(Clone, Copy)]
struct BoundVariables<'s, 'v>(Option<&'s Variable<'s, 'v>>);

struct Variable<'s, 'v> {
    value: Lazy<'v>,
    outer: BoundVariables<'s, 'v>,
}

/// The function that a result is given to.
type Take<'t, 'v> = &'t mut dyn FnMut(Lazy<'v>) -> Result<(), Stop>;

impl Evaluation {
    /// Returns an evaluation for a program that may take this number of steps in the interpreter.
    pub(in crate::jq) fn new(steps: u64) -> Self {
        Self { steps: Steps::new(steps) }
    }

    /// Gives each result of a program to a function.
    ///
    /// # Errors
    /// The reason why the evaluation ended early.
    pub(super) fn run<'v>(&self, program: &'v Expression, input: Lazy<'v>, take: Take<'_, 'v>) -> Result<(), Stop> {
        self.each(program, input, BoundVariables(None), take)
    }

    /// Gives each result of an expression to a function.
    fn each<'v>(
        &self,
        expression: &'v Expression,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
        take: Take<'_, 'v>,
    ) -> Result<(), Stop> {
        if expression.results != ResultCount::Many {
            return match self.one(expression, input, scope)? {
                Some(value) => take(value),
                None => Ok(()),
            };
        }
        self.steps.charge(1)?;
        match &expression.kind {
            ExpressionKind::Member { base, index, optional } => {
                // The interpreter evaluates the base first, so only a plain index can be evaluated before it.
                let Ok(Some(index)) = self.one(index, input.clone(), scope) else { return Err(Stop::LeftOver) };
                let index = index::solid(index)?;
                self.each(base, input, scope, &mut |value| match index::member(value, &index) {
                    Ok(member) => take(member),
                    Err(Stop::Raised) if *optional => Ok(()),
                    Err(stop) => Err(stop),
                })
            }
            ExpressionKind::Items { base, optional } => {
                self.each(base, input, scope, &mut |value| match self.items(value, take) {
                    Err(NoItems::Raised) if *optional => Ok(()),
                    Err(NoItems::Raised) => Err(Stop::Raised),
                    Err(NoItems::Stopped(stop)) => Err(stop),
                    Ok(()) => Ok(()),
                })
            }
            ExpressionKind::Pipe(left, right) => self.each(left, input, scope, &mut |value| self.each(right, value, scope, take)),
            ExpressionKind::Bind(left, right) => self.each(left, input.clone(), scope, &mut |value| {
                let variable = Variable { value, outer: scope };
                self.each(right, input.clone(), BoundVariables(Some(&variable)), take)
            }),
            ExpressionKind::Comma(left, right) => {
                self.each(left, input.clone(), scope, take)?;
                self.each(right, input, scope, take)
            }
            ExpressionKind::Alternative(left, right) => {
                let mut found = false;
                self.each(left, input.clone(), scope, &mut |value| {
                    if !index::holds(&value) {
                        return Ok(());
                    }
                    found = true;
                    take(value)
                })?;
                if found { Ok(()) } else { self.each(right, input, scope, take) }
            }
            ExpressionKind::If { condition, then, otherwise } => {
                let Some(condition) = self.one(condition, input.clone(), scope)? else { return Ok(()) };
                self.each(if index::holds(&condition) { then } else { otherwise }, input, scope, take)
            }
            ExpressionKind::Try(inner) => self.results_before_error(inner, input, scope)?.into_iter().try_for_each(take),
            _ => Err(Stop::LeftOver),
        }
    }

    /// Returns the results of an expression, up to its error if it raises one.
    fn results_before_error<'v>(
        &self,
        expression: &'v Expression,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> Result<Vec<Lazy<'v>>, Stop> {
        let mut values = Vec::new();
        let result = self.each(expression, input, scope, &mut |value| {
            values.push(value);
            Ok(())
        });
        match result {
            Ok(()) | Err(Stop::Raised) => Ok(values),
            Err(stop) => Err(stop),
        }
    }

    /// Returns the result of an expression that has at most one.
    fn one<'v>(&self, expression: &'v Expression, input: Lazy<'v>, scope: BoundVariables<'_, 'v>) -> AtMostOne<'v> {
        self.steps.charge(1)?;
        Ok(Some(match &expression.kind {
            ExpressionKind::Identity => input,
            ExpressionKind::Constant(value) => Lazy::Shared(value),
            ExpressionKind::Variable(since) => variable(scope, *since)?,
            ExpressionKind::Member { base, index, optional } => return self.member(base, index, *optional, input, scope),
            ExpressionKind::Slice { base, from, to, optional } => {
                return self.slice(base, [from.as_deref(), to.as_deref()], *optional, input, scope);
            }
            ExpressionKind::Pipe(left, right) => match self.one(left, input, scope)? {
                Some(value) => return self.one(right, value, scope),
                None => return Ok(None),
            },
            ExpressionKind::Bind(left, right) => match self.one(left, input.clone(), scope)? {
                Some(value) => return self.one(right, input, BoundVariables(Some(&Variable { value, outer: scope }))),
                None => return Ok(None),
            },
            ExpressionKind::Empty => return Ok(None),
            ExpressionKind::Alternative(left, right) => match self.one(left, input.clone(), scope)? {
                Some(value) if index::holds(&value) => value,
                _ => return self.one(right, input, scope),
            },
            ExpressionKind::Logic { left, decides, right } => return self.logic(left, *decides, right, input, scope),
            ExpressionKind::Math(left, math, right) => {
                let Some(left) = self.one(left, input.clone(), scope)? else { return Ok(None) };
                let Some(right) = self.one(right, input, scope)? else { return Ok(None) };
                Lazy::Owned(operation::math(&self.steps, left, *math, right)?)
            }
            ExpressionKind::Compare(left, compare, right) => {
                let Some(left) = self.one(left, input.clone(), scope)? else { return Ok(None) };
                let Some(right) = self.one(right, input, scope)? else { return Ok(None) };
                Lazy::Owned(JqValue::Bool(operation::compare(&self.steps, left, *compare, right)?))
            }
            ExpressionKind::Negate(inner) => {
                let Some(value) = self.one(inner, input, scope)? else { return Ok(None) };
                Lazy::Owned((-owned(value)?).map_err(|_| Stop::Raised)?)
            }
            ExpressionKind::Array(items) => Lazy::Owned(self.array(items.as_deref(), input, scope)?),
            ExpressionKind::Object(members) => return self.object(members, input, scope),
            ExpressionKind::Text(parts) => return self.text(parts, input, scope),
            ExpressionKind::If { condition, then, otherwise } => {
                let Some(condition) = self.one(condition, input.clone(), scope)? else { return Ok(None) };
                return self.one(if index::holds(&condition) { then } else { otherwise }, input, scope);
            }
            ExpressionKind::Try(inner) => match self.one(inner, input, scope) {
                Err(Stop::Raised) => return Ok(None),
                result => return result,
            },
            ExpressionKind::Reduce { items, first, next } => return self.reduce(items, first, next, input, scope),
            ExpressionKind::Any { items, decides } => Lazy::Owned(JqValue::Bool(self.any(items, *decides, input, scope)?)),
            ExpressionKind::First(items) => return self.first(items, input, scope),
            ExpressionKind::Update { path, change } => return self.update(path, change, input, scope),
            ExpressionKind::Call(function, argument) => return self.call(*function, argument.as_deref(), input, scope),
            ExpressionKind::Items { .. } | ExpressionKind::Comma(..) => return Err(Stop::LeftOver),
        }))
    }

    fn member<'v>(
        &self,
        base: &'v Expression,
        index: &'v Expression,
        optional: bool,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> AtMostOne<'v> {
        let member = if let ExpressionKind::Constant(name) = &index.kind {
            let Some(base) = self.one(base, input, scope)? else { return Ok(None) };
            index::member_of(base, name)
        } else {
            // The interpreter evaluates all indexes of a path before it accesses a member.
            let Ok(Some(base)) = self.one(base, input.clone(), scope) else { return Err(Stop::LeftOver) };
            let Some(index) = self.one(index, input, scope)? else { return Ok(None) };
            index::member(base, &index::solid(index)?)
        };
        match member {
            Err(Stop::Raised) if optional => Ok(None),
            member => member.map(Some),
        }
    }

    fn logic<'v>(
        &self,
        left: &'v Expression,
        decides: bool,
        right: &'v Expression,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> AtMostOne<'v> {
        let Some(left) = self.one(left, input.clone(), scope)? else { return Ok(None) };
        if index::holds(&left) == decides {
            return Ok(Some(Lazy::Owned(JqValue::Bool(decides))));
        }
        let right = self.one(right, input, scope)?;
        Ok(right.map(|right| Lazy::Owned(JqValue::Bool(index::holds(&right)))))
    }

    fn any<'v>(
        &self,
        items: &'v Expression,
        decides: bool,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> Result<bool, Stop> {
        let decided = self.each(items, input, scope, &mut |value| match index::holds(&value) == decides {
            true => Err(Stop::Enough),
            false => Ok(()),
        });
        match decided {
            Ok(()) => Ok(!decides),
            Err(Stop::Enough) => Ok(decides),
            Err(stop) => Err(stop),
        }
    }

    fn first<'v>(&self, items: &'v Expression, input: Lazy<'v>, scope: BoundVariables<'_, 'v>) -> AtMostOne<'v> {
        let mut first = None;
        let result = self.each(items, input, scope, &mut |value| {
            first = Some(value);
            Err(Stop::Enough)
        });
        match result {
            Ok(()) | Err(Stop::Enough) => Ok(first),
            Err(stop) => Err(stop),
        }
    }

    fn slice<'v>(
        &self,
        base: &'v Expression,
        bounds: [Option<&'v Expression>; 2],
        optional: bool,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> AtMostOne<'v> {
        // As for members, the bounds come before any access.
        let Ok(Some(base)) = self.one(base, input.clone(), scope) else { return Err(Stop::LeftOver) };
        let bound = |bound: Option<&'v Expression>| match bound {
            Some(bound) => self.one(bound, input.clone(), scope)?.ok_or(Stop::LeftOver).and_then(owned).map(Some),
            None => Ok(None),
        };
        let [from, to] = bounds.map(bound);
        match operation::slice(&self.steps, base, from?.as_ref()..to?.as_ref()) {
            Err(Stop::Raised) if optional => Ok(None),
            slice => slice.map(|slice| Some(Lazy::Owned(slice))),
        }
    }

    fn update<'v>(
        &self,
        path: &'v Expression,
        change: &'v Expression,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> AtMostOne<'v> {
        let evaluate = |expression: &'v Expression, input| self.one(expression, Lazy::Owned(input), scope);
        let change = &mut |value| evaluate(change, value)?.map(owned).transpose();
        let update = Update { steps: &self.steps, evaluate: &evaluate };
        Ok(update.at(path, owned(input)?, change)?.map(Lazy::Owned))
    }

    fn call<'v>(
        &self,
        function: Function,
        argument: Option<&'v Expression>,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> AtMostOne<'v> {
        let argument = match argument {
            Some(argument) => match self.one(argument, input.clone(), scope)? {
                Some(argument) => Some(argument),
                None => return Ok(None),
            },
            None => None,
        };
        function.call(&self.steps, input, argument).map(|value| Some(Lazy::Owned(value)))
    }

    fn items<'v>(&self, value: Lazy<'v>, take: Take<'_, 'v>) -> Result<(), NoItems> {
        let mut each = |item| {
            self.steps.charge(1)?;
            take(item)
        };
        let result = match index::solid(value)? {
            Lazy::Shared(JqValue::Arr(items)) => items.iter().try_for_each(|item| each(Lazy::Shared(item))),
            Lazy::Shared(JqValue::Obj(members)) => members.values().try_for_each(|item| each(Lazy::Shared(item))),
            Lazy::Owned(JqValue::Arr(items)) => items.iter().try_for_each(|item| each(Lazy::Owned(item.clone()))),
            Lazy::Owned(JqValue::Obj(members)) => members.values().try_for_each(|item| each(Lazy::Owned(item.clone()))),
            _ => return Err(NoItems::Raised),
        };
        result.map_err(NoItems::Stopped)
    }

    fn array<'v>(&self, items: Option<&'v Expression>, input: Lazy<'v>, scope: BoundVariables<'_, 'v>) -> Result<JqValue, Stop> {
        let mut values = Vec::new();
        if let Some(items) = items {
            self.each(items, input, scope, &mut |value| {
                self.steps.charge(1)?;
                values.push(owned(value)?);
                Ok(())
            })?;
        }
        Ok(values.into_iter().collect())
    }

    fn object<'v>(
        &self,
        members: &'v [(Expression, Expression)],
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> AtMostOne<'v> {
        let mut object = Map::with_capacity_and_hasher(members.len(), Default::default());
        for (name, value) in members {
            let Some(name) = self.one(name, input.clone(), scope)? else { return Ok(None) };
            let Some(value) = self.one(value, input.clone(), scope)? else { return Ok(None) };
            let name = owned(name)?;
            if !matches!(name, JqValue::TStr(_)) {
                return Err(Stop::LeftOver);
            }
            object.insert(name, owned(value)?);
        }
        Ok(Some(Lazy::Owned(JqValue::obj(object))))
    }

    fn text<'v>(&self, parts: &'v [Expression], input: Lazy<'v>, scope: BoundVariables<'_, 'v>) -> AtMostOne<'v> {
        let mut text = Vec::new();
        for part in parts {
            let Some(part) = self.one(part, input.clone(), scope)? else { return Ok(None) };
            operation::write_text(&self.steps, part, &mut text)?;
        }
        Ok(Some(Lazy::Owned(JqValue::utf8_str(text))))
    }

    fn reduce<'v>(
        &self,
        items: &'v Expression,
        first: &'v Expression,
        next: &'v Expression,
        input: Lazy<'v>,
        scope: BoundVariables<'_, 'v>,
    ) -> AtMostOne<'v> {
        let Some(mut state) = self.one(first, input.clone(), scope)? else { return Ok(None) };
        self.each(items, input, scope, &mut |value| {
            let before = std::mem::replace(&mut state, Lazy::Owned(JqValue::Null));
            let variable = Variable { value, outer: scope };
            state = self.one(next, before, BoundVariables(Some(&variable)))?.ok_or(Stop::LeftOver)?;
            Ok(())
        })?;
        Ok(Some(state))
    }
}

/// The reason why an iteration over items ended early.
enum NoItems {
    Raised,
    Stopped(Stop),
}

impl From<Stop> for NoItems {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

fn variable<'v>(mut scope: BoundVariables<'_, 'v>, since: usize) -> Result<Lazy<'v>, Stop> {
    for _ in 0..since {
        scope = scope.0.ok_or(Stop::LeftOver)?.outer;
    }
    Ok(scope.0.ok_or(Stop::LeftOver)?.value.clone())
}
