use std::io::IsTerminal;
use std::path::Path;

use clap::{Args, ValueEnum};
use tokio::signal;
use tracing_subscriber::EnvFilter;

use super::Failed;
use crate::clock::Clock;
use crate::config::Config;
use crate::panics;
use crate::serve::Server;

#[derive(Args, Debug)]
pub(super) struct Serve {
    /// How the log on standard error is written.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log: LogFormat,
    /// What is logged: a level, or levels of parts, such as `info,farewell_server=debug`.
    #[arg(long, default_value = "info", env = "FAREWELL_LOG", value_name = "LEVELS")]
    log_level: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// A line of text for each event.
    Text,
    /// A JSON object for each event.
    Json,
}

impl Serve {
    pub(super) async fn run(self, path: &Path) -> Result<(), Failed> {
        let config = Config::load(path)?;
        self.log_to_stderr()?;
        panics::watch();
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let public_url = config.server.public_url.clone();
        let server = Server::bind(config, Clock::system()).await?;
        // Handlers are in place before anybody is told that the server is there.
        let stop = stop_signal()?;
        if let Some(metrics) = server.metrics_address()? {
            tracing::info!(listen = %metrics, "metrics are told");
        }
        tracing::info!(listen = %server.address()?, public_url, "farewell is listening");
        server.run(stop).await;
        Ok(())
    }

    fn log_to_stderr(&self) -> Result<(), Failed> {
        let filter = EnvFilter::try_new(&self.log_level).map_err(|error| {
            format!("--log-level \"{}\": {error}; write a level, such as info.", self.log_level)
        })?;
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        match self.log {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
        }
        Ok(())
    }
}

/// Done at the first SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, Failed> {
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Done at the first Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>, Failed> {
    Ok(async {
        drop(signal::ctrl_c().await);
    })
}
