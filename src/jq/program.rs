//! Programs: compiled once, run for each event.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use jaq_core::Compiler;
use jaq_core::Ctx;
use jaq_core::Filter;
use jaq_core::Vars;
use jaq_core::compile::Undefined;
use jaq_core::load;
use jaq_core::load::Arena;
use jaq_core::load::File;
use jaq_core::load::Loader;
use jaq_core::load::parse::Def;
use sha2::Digest;
use sha2::Sha256;

use crate::jq::budget::Budget;
use crate::jq::budget::Limited;
use crate::jq::budget::until_stopped;
use crate::jq::direct;
use crate::jq::direct::Evaluation;
use crate::jq::direct::Expression;
use crate::jq::error::JqError;
use crate::jq::error::RunError;
use crate::jq::error::SyntaxError;
use crate::jq::functions;
use crate::jq::functions::LEFT_OUT;
use crate::jq::guard;
use crate::jq::lazy::Lazy;
use crate::jq::lazy::LazyObject;
use crate::jq::limit::Limit;
use crate::jq::limit::MAX_STEPS;
use crate::jq::stack::on_a_large_stack;
use crate::jq::value::JqValue;
use crate::jq::value::check;
use crate::jq::watchdog;

/// Maximum size of a program in bytes.
pub const MAX_PROGRAM_BYTES: usize = 64 << 10;
/// Maximum size of an error message in bytes.
const MESSAGE_BYTES: usize = 500;
/// The name under which the program is compiled.
const MAIN: &str = "esctl_program";

/// A compiled program. Copies are cheap.
#[derive(Clone)]
pub struct JqProgram {
    compiled: Arc<Compiled>,
    steps: u64,
}

struct Compiled {
    name: Arc<str>,
    text: String,
    filter: Filter<Limited>,
    /// The program for direct evaluation, if it uses only the common part of the language.
    direct: Option<Expression>,
}

/// The function that takes the results of the interpreter.
type TakeResults<'t, R> = dyn FnOnce(&mut dyn Iterator<Item = Result<JqValue, JqError>>) -> Result<R, JqError> + Send + 't;

impl fmt::Debug for JqProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JqProgram").field(&self.compiled.text).finish()
    }
}

impl PartialEq for JqProgram {
    fn eq(&self, other: &Self) -> bool {
        self.compiled.text == other.compiled.text
    }
}

impl Eq for JqProgram {}

impl JqProgram {
    /// Compiles a program. Errors contain `name`.
    ///
    /// # Errors
    /// [`SyntaxError`] when the text is not jq or uses unknown functions.
    pub fn compile(name: &str, text: &str) -> Result<Self, SyntaxError> {
        if text.len() > MAX_PROGRAM_BYTES {
            return Err(at(text, 0, format!("a program has at most {MAX_PROGRAM_BYTES} bytes")));
        }
        // The depth of a program is only limited by its size.
        let compiled = on_a_large_stack(|| compile(text)).map_err(|error| at(text, 0, error.to_string()))?;
        let (filter, direct) = compiled?;
        let compiled = Arc::new(Compiled { name: name.into(), text: text.to_owned(), filter, direct });
        Ok(Self { compiled, steps: MAX_STEPS })
    }

    /// Returns the program with another maximum number of steps.
    #[must_use]
    pub fn with_steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// Returns the program for the interpreter alone.
    #[cfg(test)]
    pub(super) fn interpreted(&self) -> Self {
        let mut program = Self::compile(self.name(), self.text()).expect("it was compiled before").with_steps(self.steps);
        Arc::get_mut(&mut program.compiled).expect("no other owner").direct = None;
        program
    }

    /// Returns true if the program is evaluated directly.
    #[cfg(test)]
    pub(super) fn is_direct(&self) -> bool {
        self.compiled.direct.is_some()
    }

    /// Returns the name in errors.
    pub fn name(&self) -> &str {
        &self.compiled.name
    }

    /// Returns the text of the program.
    pub fn text(&self) -> &str {
        &self.compiled.text
    }

    /// Returns the first 8 bytes of the SHA-256 of the text, in hexadecimal digits.
    pub fn hash(&self) -> String {
        let digest = Sha256::digest(self.compiled.text.as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the single result of the program for an input, which is JSON.
    ///
    /// # Errors
    /// The program failed, was stopped, gave no value or several, or gave a value that is not JSON or too large.
    pub fn one(&self, input: JqValue) -> Result<JqValue, JqError> {
        self.at_most_one(input)?.ok_or_else(|| self.no_value())
    }

    /// Returns the result of the program for an input, if there is one.
    ///
    /// # Errors
    /// Those of [`JqProgram::one`], except for a missing value.
    pub fn at_most_one(&self, input: JqValue) -> Result<Option<JqValue>, JqError> {
        self.run(Lazy::Owned(input.clone()), || Ok(input), direct::at_most_one, Box::new(|values| self.single(values)))
    }

    /// Returns true if a result of the program for an input is neither `false` nor `null`.
    ///
    /// # Errors
    /// The program failed or was stopped.
    pub fn holds(&self, input: JqValue) -> Result<bool, JqError> {
        self.run(Lazy::Owned(input.clone()), || Ok(input), direct::holds, Box::new(any_holds))
    }

    /// Returns the single result of the program for an input that is read as far as it is used.
    ///
    /// # Errors
    /// Those of [`JqProgram::one`], or the input is not JSON.
    pub fn one_of(&self, input: &dyn LazyObject) -> Result<JqValue, RunError> {
        Ok(self.at_most_one_of(input)?.ok_or_else(|| self.no_value())?)
    }

    /// Returns the result of the program for an input that is read as far as it is used, if there is one.
    ///
    /// # Errors
    /// Those of [`JqProgram::at_most_one`], or the input is not JSON.
    pub fn at_most_one_of(&self, input: &dyn LazyObject) -> Result<Option<JqValue>, RunError> {
        let whole = || input.whole().map_err(RunError::Input);
        self.run(Lazy::Object(input), whole, direct::at_most_one, Box::new(|values| self.single(values)))
    }

    /// Returns true if a result of the program for an input that is read as far as it is used is neither `false` nor `null`.
    ///
    /// # Errors
    /// Those of [`JqProgram::holds`], or the input is not JSON.
    pub fn holds_of(&self, input: &dyn LazyObject) -> Result<bool, RunError> {
        let whole = || input.whole().map_err(RunError::Input);
        self.run(Lazy::Object(input), whole, direct::holds, Box::new(any_holds))
    }

    /// Runs the program directly, or by the interpreter if direct evaluation leaves it over.
    fn run<'v, R: Send, E: From<JqError> + Send>(
        &'v self,
        input: Lazy<'v>,
        whole: impl FnOnce() -> Result<JqValue, E> + Send,
        directly: fn(&Evaluation, &'v Expression, Lazy<'v>) -> Option<R>,
        take: Box<TakeResults<'_, R>>,
    ) -> Result<R, E> {
        let run = || {
            let direct = self.compiled.direct.as_ref();
            if let Some(result) = direct.and_then(|direct| directly(&Evaluation::new(self.steps), direct, input)) {
                watchdog::count_run();
                return Ok(result);
            }
            Ok(self.interpret(whole()?, take)?)
        };
        let stopped = |_| JqError::Stopped { program: self.name().to_owned(), limit: Limit::NoStack };
        on_a_large_stack(run).map_err(stopped)?
    }

    fn interpret<R>(&self, input: JqValue, take: Box<TakeResults<'_, R>>) -> Result<R, JqError> {
        let _guard = watchdog::begin(&self.compiled.name);
        let steps = (self.steps, Cell::new(self.steps));
        let result = until_stopped(|| {
            let filter = &self.compiled.filter;
            let context = Ctx::<Limited>::new(Budget::new(&filter.lut, &steps), Vars::new([]));
            let values = filter.id.run((context, input));
            take(&mut values.map(|value| value.map_err(|raised| self.raised(raised))))
        });
        result.unwrap_or_else(|limit| Err(JqError::Stopped { program: self.name().to_owned(), limit }))
    }

    fn single(&self, values: &mut dyn Iterator<Item = Result<JqValue, JqError>>) -> Result<Option<JqValue>, JqError> {
        let program = || self.name().to_owned();
        let Some(value) = values.next().transpose()? else { return Ok(None) };
        if values.next().transpose()?.is_some() {
            return Err(JqError::NotOne { program: program(), found: "several values" });
        }
        match check(&value) {
            Ok(()) => Ok(Some(value)),
            Err(reason) => Err(JqError::Result { program: program(), reason }),
        }
    }

    fn no_value(&self) -> JqError {
        JqError::NotOne { program: self.name().to_owned(), found: "no value" }
    }

    fn raised(&self, raised: jaq_core::Exn<'_, JqValue>) -> JqError {
        let message = raised.get_err().map_or_else(|_| "it ended early".to_owned(), |error| cut(&error));
        JqError::Raised { program: self.name().to_owned(), message }
    }
}

fn any_holds(values: &mut dyn Iterator<Item = Result<JqValue, JqError>>) -> Result<bool, JqError> {
    for value in values {
        if !matches!(value?, JqValue::Null | JqValue::Bool(false)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the beginning of a message, which may contain a large value.
fn cut(message: &impl fmt::Display) -> String {
    struct Truncated(String);
    impl fmt::Write for Truncated {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.push_str(text);
            if self.0.len() > MESSAGE_BYTES { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut truncated = Truncated(String::new());
    if fmt::write(&mut truncated, format_args!("{message}")).is_err() {
        let end = truncated.0.floor_char_boundary(MESSAGE_BYTES);
        truncated.0.truncate(end);
        truncated.0.push('…');
    }
    truncated.0
}

fn compile<'s>(text: &'s str) -> Result<(Filter<Limited>, Option<Expression>), SyntaxError> {
    let prelude = functions::definitions().map(|it| -> Def<&'s str> { guard::definition(it) });
    let arena = Arena::default();
    // The text is parsed twice. This parser reports the error and its location.
    let read = Loader::new([]).load(&arena, File { code: text, path: () });
    drop(read.map_err(|errors| of_loading(text, errors))?);
    let body =
        load::parse(text, |parser| parser.term()).ok_or_else(|| at(text, 0, "import and include are not available".into()))?;
    let direct = direct::compile(&body);
    let main = Def { name: MAIN, args: Vec::new(), body: guard::term(body) };
    let modules = Loader::new(prelude.chain([main])).load(&arena, File { code: MAIN, path: () });
    let modules = modules.map_err(|errors| of_loading(text, errors))?;
    let compiled = Compiler::default().with_funs(functions::natives()).compile(modules);
    let filter = compiled.map_err(|errors| {
        let undefined = errors.into_iter().flat_map(|(_, errors)| errors);
        let mut found = undefined.map(|(name, kind)| at(text, offset(text, name), unknown(name, &kind)));
        found.next().unwrap_or_else(|| at(text, 0, "it cannot be compiled".into()))
    })?;
    Ok((filter, direct))
}

fn unknown(name: &str, kind: &Undefined) -> String {
    if LEFT_OUT.contains(&name) || name == "$ENV" {
        return format!("{name} is not available: a program sees only the value that it is given");
    }
    match kind {
        Undefined::Filter(0) => format!("there is no function {name}"),
        Undefined::Filter(arity) => format!("there is no function {name} with {arity} arguments"),
        kind => format!("there is no {} {name}", kind.as_str()),
    }
}

fn of_loading(text: &str, errors: load::Errors<&str, ()>) -> SyntaxError {
    use load::Error;
    let first = errors.into_iter().map(|(_, error)| error).next();
    match first {
        Some(Error::Lex(errors)) => match errors.first() {
            Some((expected, found)) => at(text, offset(text, found), format!("expected {}", expected.as_str())),
            None => at(text, 0, "it cannot be read".into()),
        },
        Some(Error::Parse(errors)) => match errors.first() {
            Some((expected, found)) => at(text, offset(text, found), format!("expected {}", expected.as_str())),
            None => at(text, 0, "it cannot be read".into()),
        },
        Some(Error::Io(_)) => {
            at(text, 0, "import and include are not available: a program sees only the value that it is given".into())
        }
        None => at(text, 0, "it cannot be read".into()),
    }
}

/// Returns the offset of a part in a text; the end of the text for any other text.
fn offset(text: &str, part: &str) -> usize {
    let offset = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    if offset <= text.len() { offset } else { text.len() }
}

fn at(text: &str, offset: usize, message: String) -> SyntaxError {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    SyntaxError {
        message,
        line: line + 1,
        column: before[start..].chars().count() + 1,
        excerpt: text.lines().nth(line).unwrap_or_default().to_owned(),
    }
}
