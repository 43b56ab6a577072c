//! Prints the table of `docs/performance.md`. Run by `make bench`, which builds the programs first.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod accounts;
mod hash;
mod identity;
mod limits;
mod load;
mod parsing;
mod process;
mod replies;
mod start;
mod table;
mod wait;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("| what | measured | goal |\n|---|--:|--:|");
    start::measure().await?;
    parsing::measure().await?;
    identity::measure().await?;
    limits::measure().await?;
    replies::measure().await
}
