//! Prints the table of `docs/performance.md`. Run by `make bench`, which builds the programs first. What takes minutes to
//! prepare is measured only if it is named: `search`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod accounts;
mod hash;
mod identity;
mod limits;
mod load;
mod parsing;
mod process;
mod replies;
mod search;
mod start;
mod table;
mod wait;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!("| what | measured | goal |\n|---|--:|--:|");
    if std::env::args().nth(1).as_deref() == Some("search") {
        return search::measure().await;
    }
    start::measure().await?;
    parsing::measure().await?;
    identity::measure().await?;
    limits::measure().await?;
    replies::measure().await
}
