use std::process::ExitCode;

fn main() -> ExitCode {
    platform::cli::main::<project_service::ProjectService>()
}
