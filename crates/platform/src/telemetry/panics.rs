//! A panic as a line of the log, like every other error.

use std::panic::{self, PanicHookInfo};

/// Has panics logged from now on, in place of what Rust prints.
pub(super) fn log() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, said = said(panic), "panicked");
    }));
}

/// What stands in the code. What was made of values may have anything in it, also what a person has written.
fn said(panic: &PanicHookInfo<'_>) -> &'static str {
    panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("something with values")
}
