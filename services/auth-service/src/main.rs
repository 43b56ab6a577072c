use std::process::ExitCode;

fn main() -> ExitCode {
    platform::cli::main::<auth_service::AuthService>()
}
