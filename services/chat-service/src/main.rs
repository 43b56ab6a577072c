use std::process::ExitCode;

fn main() -> ExitCode {
    platform::cli::main::<chat_service::ChatService>()
}
