//! Panics of the code under test, turned into values.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static WATCHING: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs code under test. A panic in it is returned as a sentence with its place, and is not
/// printed; panics elsewhere, on other threads included, are reported as before.
///
/// # Errors
/// The message of the panic. What the code was changing may be half changed.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let mut result = None;
    let mut run = Some(run);
    watched(&mut || result = run.take().map(|run| run()))?;
    Ok(result.expect("What does not panic returns."))
}

/// What is the same whatever is run, so that it is compiled once.
fn watched(run: &mut dyn FnMut()) -> Result<(), String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !WATCHING.get() {
                return before(info);
            }
            let words = info.payload_as_str().unwrap_or("a panic without words");
            let place = info.location().map(|place| format!(" ({place})")).unwrap_or_default();
            MESSAGE.set(format!("{words}{place}"));
        }));
    });
    let outer = WATCHING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    WATCHING.set(outer);
    result.map_err(|_| MESSAGE.take())
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[test]
    fn a_panic_is_a_sentence_with_its_place() {
        assert_eq!(caught(|| 7), Ok(7));
        let message = caught(|| panic!("Two leaders in term {}.", 3)).unwrap_err();
        assert!(message.starts_with("Two leaders in term 3. ("), "{message}");
        assert!(message.contains("caught.rs"), "{message}");
    }
}
