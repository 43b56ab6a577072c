//! Logs, and reports of errors. Installed once, by `main`: never by a library or a test.

mod panics;
mod reports;

use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::settings::{LogFormat, ServerSettings, Settings, SettingsError, TelemetrySettings};

pub use reports::Reports;

/// Sends what `tracing` records to standard error, and errors also to a tracker, as the settings say. What is returned sends
/// the last of them when it is dropped.
///
/// # Errors
/// A setting is wrong.
pub fn install(settings: &Settings) -> Result<Reports, SettingsError> {
    let telemetry: TelemetrySettings = settings.section("telemetry")?;
    let server: ServerSettings = settings.section("server")?;
    let filter = EnvFilter::try_new(&telemetry.log).map_err(|_| {
        SettingsError::malformed(
            "telemetry.log",
            "a filter such as `info` or `info,chat_service=debug`",
        )
    })?;
    let reports = Reports::start(&telemetry, &server)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr);
    let lines = match telemetry.format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Text => lines.boxed(),
    };
    let all = tracing_subscriber::registry().with(lines.with_filter(filter)).with(reports.layer());
    // A second call, in one process, keeps the first's choice.
    let _already_installed = all.try_init();
    panics::log();
    Ok(reports)
}
