//! Prints the table of `docs/performance.md`. Run by `make bench`, which builds the programs first.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod process;
mod start;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("| what | measured | goal |\n|---|--:|--:|");
    start::measure().await
}
