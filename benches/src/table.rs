//! A row of the table.

/// Prints what was measured beside its goal, and whether that was missed.
pub fn row(what: &str, measured: &str, goal: &str, is_met: bool) {
    let missed = if is_met { "" } else { " (missed)" };
    println!("| {what} | {measured} | {goal}{missed} |");
}
