//! Logs. Installed once, by `main`: never by a library or a test.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::settings::{LogFormat, SettingsError, TelemetrySettings};

/// Sends what `tracing` records to standard error, as the settings say.
///
/// # Errors
/// The filter is malformed.
pub fn install(settings: &TelemetrySettings) -> Result<(), SettingsError> {
    let filter = EnvFilter::try_new(&settings.log).map_err(|_| {
        SettingsError::malformed(
            "telemetry.log",
            "a filter such as `info` or `info,chat_service=debug`",
        )
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr);
    // A second call, in one process, keeps the first's choice.
    let _already_installed = match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Text => lines.try_init(),
    };
    Ok(())
}
