//! A stack that is large enough for programs: for recursion, and for deeply nested values.

use std::cell::Cell;
use std::thread;

/// The size of the stack of a thread for programs in bytes. Only used parts take memory.
pub const LARGE_STACK: usize = 1 << 30;
/// Maximum part of the stack for recursion. The rest is for values that such a program can nest.
pub(super) const FOR_RECURSION: usize = 128 << 20;

thread_local! {
    static LARGE: Cell<bool> = const { Cell::new(false) };
}

/// Runs a function on a thread with a large stack, and waits for it.
///
/// Programs can run on any thread. On one with a small stack each run starts a thread, which takes longer than most runs.
///
/// ```
/// use esctl::jq::JqProgram;
/// use esctl::jq::from_text;
/// use esctl::jq::on_a_large_stack;
///
/// let program = JqProgram::compile("example", ".a + 1").unwrap();
/// let sum = on_a_large_stack(|| (0..10).filter_map(|_| program.one(from_text(r#"{"a":1}"#).ok()?).ok()).count());
/// assert_eq!(sum.unwrap(), 10);
/// ```
///
/// # Errors
/// The system has no thread or memory for the stack.
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

/// Marks this thread as one with a stack of [`LARGE_STACK`] bytes, so that programs run on it directly.
pub fn this_stack_is_large() {
    LARGE.set(true);
}
