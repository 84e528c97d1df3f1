//! Tests of failing tests.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::{Arc, Mutex, PoisonError},
};

/// The message of a failing test, with the file and line of the panic.
pub(crate) fn failure(test: impl FnOnce()) -> (String, String, u32) {
    // The hook is global to the process.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Arc::new(Mutex::new((String::new(), 0)));
    let seen = Arc::clone(&place);
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        let location = panic.location().expect("a panic has a place");
        *seen.lock().expect("not poisoned") = (location.file().to_owned(), location.line());
    }));
    let outcome = catch_unwind(AssertUnwindSafe(test));
    set_hook(before);
    let panic = outcome.expect_err("the test fails");
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).expect("a text");
    let (file, line) = place.lock().expect("not poisoned").clone();
    (text, file, line)
}
