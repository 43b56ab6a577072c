use std::process::ExitCode;

fn main() -> ExitCode {
    omnichat::cli::main()
}
