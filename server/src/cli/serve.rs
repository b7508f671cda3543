use std::io::IsTerminal;
use std::path::Path;

use clap::{Args, ValueEnum};
use tokio::signal;
use tokio_util::sync::CancellationToken;
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
        let mut signals = Signals::listen()?;
        if let Some(metrics) = server.metrics_address()? {
            tracing::info!(listen = %metrics, "metrics are told");
        }
        tracing::info!(listen = %server.address()?, public_url, "farewell is listening");
        let stop = CancellationToken::new();
        let twice = async {
            signals.next().await;
            stop.cancel();
            signals.next().await;
        };
        tokio::select! {
            () = server.run(stop.cancelled()) => Ok(()),
            () = twice => {
                tracing::warn!("stopped at once, at the second signal; what was not finished is left for the next start");
                // Not by way of everybody who is still at work. What is in the database survives any end.
                std::process::exit(1)
            }
        }
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

/// The signals that ask to stop.
#[cfg(unix)]
struct Signals(signal::unix::Signal, signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn listen() -> Result<Self, Failed> {
        let signal = |kind| signal::unix::signal(kind);
        Ok(Self(
            signal(signal::unix::SignalKind::interrupt())?,
            signal(signal::unix::SignalKind::terminate())?,
        ))
    }

    /// Done at the next SIGINT or SIGTERM.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

/// The signals that ask to stop.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Result<Self, Failed> {
        Ok(Self)
    }

    /// Done at the next Ctrl-C.
    async fn next(&mut self) {
        drop(signal::ctrl_c().await);
    }
}
