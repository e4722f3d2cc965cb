//! A stack large enough for what programs do: recursion in them, and values that are nested deep.

use std::cell::Cell;
use std::thread;

/// The stack of a thread that runs programs, in bytes. Only what is used of it takes memory.
pub const LARGE_STACK: usize = 1 << 30;
/// What recursion of a program may use of it; the rest is for values nested as deep as such a program can make them.
pub(super) const FOR_RECURSION: usize = 128 << 20;

thread_local! {
    static LARGE: Cell<bool> = const { Cell::new(false) };
}

/// Runs something on a thread with a stack that is large enough for programs, and waits for it.
///
/// Programs can be run anywhere, but elsewhere each run is given a thread of its own, which takes longer than most runs.
///
/// ```
/// use esctl::jq::Program;
/// use esctl::jq::from_text;
/// use esctl::jq::on_a_large_stack;
///
/// let program = Program::compile("example", ".a + 1").unwrap();
/// let sum = on_a_large_stack(|| (0..10).filter_map(|_| program.one(from_text(r#"{"a":1}"#).ok()?).ok()).count());
/// assert_eq!(sum.unwrap(), 10);
/// ```
///
/// # Errors
/// The system has no thread or no memory left for it.
pub fn on_a_large_stack<R: Send>(run: impl FnOnce() -> R + Send) -> Result<R, std::io::Error> {
    if LARGE.get() {
        return Ok(run());
    }
    let marked = || {
        LARGE.set(true);
        run()
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("main".into()).stack_size(LARGE_STACK).spawn_scoped(scope, marked)?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Says that this thread was made with a stack of [`LARGE_STACK`] bytes, so that programs can run on it as it is.
pub fn this_stack_is_large() {
    LARGE.set(true);
}
