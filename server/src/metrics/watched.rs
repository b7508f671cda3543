use std::path::PathBuf;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::backlog::{Backlog, NOTIFICATIONS, WEBHOOKS};
use crate::http::App;
use crate::store::Error;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Queue {
    queue: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct File {
    file: &'static str,
}

/// What is looked at when somebody asks. What cannot be is left out, so that no old number is taken for a new one.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pending: Family<Queue, Gauge>,
    oldest: Family<Queue, Gauge>,
    failed: Family<Queue, Gauge>,
    declarations: Family<State, Gauge>,
    database: Family<File, Gauge>,
}

impl Watched {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let watched = Self::default();
        let pending = "What waits: intents for billing, the others to be delivered";
        registry.register("queue_pending", pending, watched.pending.clone());
        let oldest = "For how long the oldest of what is pending has waited, 0 where nothing is";
        registry.register_with_unit("queue_oldest_pending", oldest, Unit::Seconds, watched.oldest.clone());
        let failed = "What could not be delivered and is not tried again";
        registry.register("queue_failed", failed, watched.failed.clone());
        let declarations =
            "Declarations that are neither done nor dismissed, and those of them that are overdue";
        registry.register("declarations", declarations, watched.declarations.clone());
        let database = "How large the database's files are";
        registry.register_with_unit("database_size", database, Unit::Bytes, watched.database.clone());
        watched
    }

    pub(super) async fn look(&self, app: &App) -> Result<(), Error> {
        self.measure(&app.sessions.config.server.database);
        let looked = self.count(app).await;
        if looked.is_err() {
            for queues in [&self.pending, &self.oldest, &self.failed] {
                queues.clear();
            }
            self.declarations.clear();
        }
        looked
    }

    async fn count(&self, app: &App) -> Result<(), Error> {
        let (store, now) = (&app.sessions.store, app.sessions.clock.now());
        let mut queues = vec![("intents", Backlog::of_billing(store, None).await?)];
        for table in NOTIFICATIONS.iter().chain(WEBHOOKS) {
            queues.push((table.name, Backlog::of_outbox(store, table, None).await?));
        }
        for (queue, backlog) in queues {
            let label = Queue { queue };
            self.pending.get_or_create(&label).set(backlog.pending);
            self.oldest.get_or_create(&label).set(backlog.age(now).unwrap_or(0));
            // Intents are never given up.
            if queue != "intents" {
                self.failed.get_or_create(&label).set(backlog.failed);
            }
        }
        let waiting = app.desk.register.waiting(None).await?;
        self.declarations.get_or_create(&State { state: "open" }).set(waiting.open);
        self.declarations.get_or_create(&State { state: "overdue" }).set(waiting.overdue);
        Ok(())
    }

    fn measure(&self, database: &std::path::Path) {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        for (file, path) in [("database", database.to_owned()), ("log", PathBuf::from(log))] {
            let size = std::fs::metadata(path).map(|file| i64::try_from(file.len()).unwrap_or(i64::MAX));
            self.database.get_or_create(&File { file }).set(size.unwrap_or(0));
        }
    }
}
