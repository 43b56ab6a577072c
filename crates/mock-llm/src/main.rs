//! The mock as a program of its own, for demos, benchmarks and checks from a shell.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use clap::Parser;
use mock_llm::{BindError, MockLlm, Options, Script};

/// A scriptable model server: speaks the wire formats of model providers, and their faults.
#[derive(Debug, Parser)]
#[command(name = "mock-llm")]
struct Arguments {
    /// The port to listen on; 0 is any free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Tokens in an answer that is not scripted
    #[arg(long, default_value_t = 50)]
    tokens: usize,
    /// Milliseconds between two tokens
    #[arg(long, default_value_t = 0)]
    pace_ms: u64,
    /// Milliseconds before the first byte
    #[arg(long, default_value_t = 0)]
    first_byte_ms: u64,
    /// Threads that serve
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Requests to keep in the log, the newest
    #[arg(long, default_value_t = 1000)]
    log: usize,
    /// Save a file descriptor per connection; the fault `reset` then only breaks off
    #[arg(long)]
    no_resets: bool,
}

#[tokio::main]
async fn main() -> Result<(), BindError> {
    let arguments = Arguments::parse();
    let mock = MockLlm::launch(Options {
        address: SocketAddr::new(arguments.host, arguments.port),
        workers: arguments.workers,
        log: arguments.log,
        resets: !arguments.no_resets,
    })
    .await?;
    mock.default_script(
        Script::generated(arguments.tokens)
            .pace(Duration::from_millis(arguments.pace_ms))
            .first_byte_delay(Duration::from_millis(arguments.first_byte_ms)),
    );
    announce(&mock);
    wait_for_signal().await;
    mock.stop().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "whoever started it reads the port here")]
fn announce(mock: &MockLlm) {
    println!("mock-llm listening on {}", mock.url());
}

async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        // an error means that the signal cannot be heard, not that it came
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
}
