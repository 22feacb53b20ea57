//! What the program says of itself: to standard error, for people or as JSON. It names no person, no address and no
//! search word; the activity of people is data and lives elsewhere.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Log, LogFormat};

/// Libraries that would log addresses of requests at their finer levels are kept at `warn`.
const QUIET: &str = "hyper=warn,h2=warn,reqwest=warn,rustls=warn,sqlx=warn,sea_orm=warn,datafusion=warn";

/// Starts telling. A second start does nothing.
///
/// # Errors
/// A level that is not one.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", log.level))
        .map_err(|error| anyhow::anyhow!("log.level = `{}` is not a level or filter: {error}", log.level))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal();
            let layer = fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(colours);
            registry.with(layer).try_init()
        }
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init(),
    };
    // Tests start several installations in one process: the first has set it.
    drop(started);
    Ok(())
}
