//! Prints the table of `docs/performance.md`, or the rows of the groups that are named. Run by `make bench`, which builds the
//! programs first.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

mod accounts;
mod cancel;
mod floor;
mod growth;
mod hash;
mod history;
mod identity;
mod limits;
mod load;
mod memory;
mod million;
mod overload;
mod parsing;
mod people;
mod pgbench;
mod process;
mod projects;
mod replies;
mod search;
mod stage;
mod start;
mod streamed;
mod streaming;
mod table;
mod wait;

use clap::{Parser, ValueEnum};

/// Measures what OmniChat promises, and prints a table.
#[derive(Parser)]
struct Arguments {
    /// What to measure; all that does not take many minutes if absent
    groups: Vec<Group>,
    /// Relay what the model server at this address says, and measure nothing
    #[arg(long, hide = true)]
    floor: Option<String>,
}

/// Rows that belong together.
#[derive(Clone, Copy, ValueEnum)]
enum Group {
    Start,
    Parsing,
    Identity,
    Limits,
    Projects,
    Replies,
    Streaming,
    Cancel,
    Memory,
    Overload,
    Search,
    History,
    Growth,
}

impl Group {
    /// Whether it takes many minutes, so that it is measured only if it is named.
    fn is_long(self) -> bool {
        matches!(self, Self::Search | Self::History | Self::Growth)
    }

    async fn measure(self) -> anyhow::Result<()> {
        match self {
            Self::Start => start::measure().await,
            Self::Parsing => parsing::measure().await,
            Self::Identity => identity::measure().await,
            Self::Limits => limits::measure().await,
            Self::Projects => projects::measure().await,
            Self::Replies => replies::measure().await,
            Self::Streaming => streaming::measure().await,
            Self::Cancel => cancel::measure().await,
            Self::Memory => memory::measure().await,
            Self::Overload => overload::measure().await,
            Self::Search => search::measure().await,
            Self::History => history::measure().await,
            Self::Growth => growth::measure().await,
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { mut groups, floor } = Arguments::parse();
    if let Some(model) = floor {
        return floor::serve(&model).await;
    }
    if groups.is_empty() {
        groups.extend(Group::value_variants().iter().filter(|group| !group.is_long()));
    }
    // Those that it starts may have as many.
    rlimit::increase_nofile_limit(u64::MAX)?;
    println!("| what | measured | goal |\n|---|--:|--:|");
    for group in groups {
        group.measure().await?;
    }
    Ok(())
}
