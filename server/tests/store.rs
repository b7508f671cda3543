//! The database: what is kept, what is not, and who is told.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use farewell_server::store::{Error, Store, Tx};
use futures_util::{FutureExt, future::join_all};
use tempfile::TempDir;
use tokio::sync::oneshot;

async fn fresh() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("farewell.sqlite")).await.unwrap();
    (dir, store)
}

async fn put(tx: &mut Tx, name: &str) -> Result<(), Error> {
    sqlx::query("INSERT INTO ledger_customers (brand, external_id) VALUES ('acme', $1)")
        .bind(name)
        .execute(tx)
        .await?;
    Ok(())
}

async fn names(store: &Store) -> Vec<String> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT external_id FROM ledger_customers ORDER BY id")
        .fetch_all(store.read())
        .await
        .unwrap();
    rows.into_iter().map(|(name,)| name).collect()
}

#[tokio::test]
async fn what_is_written_is_there_when_the_file_is_opened_again() {
    let (dir, store) = fresh().await;
    store.write(async |tx| put(tx, "ada").await).await.unwrap();
    assert_eq!(names(&store).await, ["ada"]);
    store.close().await;
    let store = Store::open(dir.path().join("farewell.sqlite")).await.unwrap();
    assert_eq!(names(&store).await, ["ada"]);
}

#[tokio::test]
async fn the_writer_flushes_to_disk_and_keeps_foreign_keys() {
    let (_dir, store) = fresh().await;
    let pragmas = store
        .write(async |tx| {
            let (journal,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut *tx).await?;
            let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(&mut *tx).await?;
            let (foreign_keys,): (i64,) = sqlx::query_as("PRAGMA foreign_keys").fetch_one(&mut *tx).await?;
            Ok::<_, Error>((journal, synchronous, foreign_keys))
        })
        .await
        .unwrap();
    assert_eq!(pragmas, ("wal".into(), 2, 1));
}

#[tokio::test]
async fn work_that_fails_is_undone_and_its_error_comes_back() {
    let (_dir, store) = fresh().await;
    let failed = store
        .write(async |tx| {
            put(tx, "ada").await?;
            Err::<(), _>(Error::Malformed("changed my mind".into()))
        })
        .await;
    assert!(matches!(failed, Err(Error::Malformed(_))));
    assert!(names(&store).await.is_empty());
}

#[tokio::test]
async fn a_panic_comes_back_to_its_caller_and_nobody_else() {
    let (_dir, store) = fresh().await;
    let work = store.write(async |tx| {
        put(tx, "ada").await?;
        assert!(names_in(tx).await.is_empty(), "ada is here");
        Ok::<_, Error>(())
    });
    let panic = AssertUnwindSafe(work).catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"ada is here"));
    store.write(async |tx| put(tx, "bob").await).await.unwrap();
    assert_eq!(names(&store).await, ["bob"]);
}

async fn names_in(tx: &mut Tx) -> Vec<(String,)> {
    sqlx::query_as("SELECT external_id FROM ledger_customers").fetch_all(tx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_waits_is_committed_at_once() {
    let (_dir, store) = fresh().await;
    let (release, released) = oneshot::channel::<()>();
    let mut gate = Box::pin(store.write(async |_| released.await.map_err(|_| Error::Closed)));
    assert!((&mut gate).now_or_never().is_none());
    // Every future is polled once, which puts its work in line behind the gate.
    let mut line = join_all((0..50).map(|n| {
        let reader = store.clone();
        store.write(async move |tx| {
            put(tx, &format!("customer {n}")).await?;
            if n % 10 == 3 {
                return Err(Error::Malformed("not this one".into()));
            }
            Ok((names_in(tx).await.len(), names(&reader).await.len()))
        })
    }));
    assert!((&mut line).now_or_never().is_none());
    release.send(()).unwrap();
    let answers = line.await;
    gate.await.unwrap();

    let kept: Vec<_> = answers.into_iter().filter_map(Result::ok).collect();
    assert_eq!(kept.len(), 45);
    assert_eq!(kept.last(), Some(&(45, 0)), "all in one transaction, which no reader saw before its end");
    assert_eq!(names(&store).await.len(), 45);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_from_many_tasks_lose_nothing() {
    let (_dir, store) = fresh().await;
    store
        .write(async |tx| {
            sqlx::query("INSERT INTO ledger_plans (id, brand, external_id, name, amount, currency, interval, interval_count) VALUES (1, 'acme', 'p', 'P', 0, 'USD', 'day', 1)")
                .execute(tx)
                .await?;
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    let tasks = (0..200).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .write(async |tx| {
                    let (amount,): (i64,) =
                        sqlx::query_as("SELECT amount FROM ledger_plans").fetch_one(&mut *tx).await?;
                    sqlx::query("UPDATE ledger_plans SET amount = $1").bind(amount + 1).execute(tx).await?;
                    Ok::<_, Error>(())
                })
                .await
        })
    });
    for task in join_all(tasks).await {
        task.unwrap().unwrap();
    }
    let (amount,): (i64,) =
        sqlx::query_as("SELECT amount FROM ledger_plans").fetch_one(store.read()).await.unwrap();
    assert_eq!(amount, 200);
}

#[tokio::test]
async fn when_a_commit_fails_all_in_it_are_told_and_nothing_is_kept() {
    let (_dir, store) = fresh().await;
    let (release, released) = oneshot::channel::<()>();
    let mut gate = Box::pin(store.write(async |_| released.await.map_err(|_| Error::Closed)));
    assert!((&mut gate).now_or_never().is_none());
    let mut good = Box::pin(store.write(async |tx| put(tx, "ada").await));
    assert!((&mut good).now_or_never().is_none());
    let mut bad = Box::pin(store.write(async |tx| {
        // A reference to nobody, found only when the transaction ends.
        sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *tx).await?;
        sqlx::query("INSERT INTO actions (session, run, seq, content, at) VALUES ('none', 1, 1, '', '')")
            .execute(tx)
            .await?;
        Ok::<_, Error>(())
    }));
    assert!((&mut bad).now_or_never().is_none());
    release.send(()).unwrap();
    assert!(matches!(gate.await, Err(Error::NotKept(_))));
    assert!(matches!(good.await, Err(Error::NotKept(_))));
    assert!(matches!(bad.await, Err(Error::NotKept(_))));
    assert!(names(&store).await.is_empty());
    store.write(async |tx| put(tx, "bob").await).await.unwrap();
    assert_eq!(names(&store).await, ["bob"]);
}

#[tokio::test]
async fn work_goes_on_when_its_caller_stops_waiting() {
    let (_dir, store) = fresh().await;
    let mut abandoned = Box::pin(store.write(async |tx| put(tx, "ada").await));
    assert!((&mut abandoned).now_or_never().is_none());
    drop(abandoned);
    // The next in line is served after it.
    store.write(async |tx| put(tx, "bob").await).await.unwrap();
    assert_eq!(names(&store).await, ["ada", "bob"]);
}

#[tokio::test]
async fn a_write_inside_a_write_is_an_error_and_not_a_standstill() {
    let (_dir, store) = fresh().await;
    let inner = store.clone();
    let nested = store.write(async move |_| inner.write(async |tx| put(tx, "ada").await).await).await;
    assert!(matches!(nested, Err(Error::Nested)));
}

#[tokio::test]
async fn readers_cannot_write() {
    let (_dir, store) = fresh().await;
    let written = sqlx::query("DELETE FROM ledger_customers").execute(store.read()).await;
    assert!(written.unwrap_err().to_string().contains("readonly"));
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (_dir, store) = fresh().await;
    store.close().await;
    store.close().await;
    let ran = Arc::new(AtomicBool::new(false));
    let seen = ran.clone();
    let late = store
        .write(async move |_| {
            seen.store(true, Ordering::Relaxed);
            Ok::<_, Error>(())
        })
        .await;
    assert!(matches!(late, Err(Error::Closed)));
    assert!(!ran.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_open_a_new_file_at_once_all_find_its_tables() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("farewell.sqlite");
    let opening = (0..8).map(|_| tokio::spawn(Store::open(path.clone())));
    let stores: Vec<_> = join_all(opening).await.into_iter().map(|opened| opened.unwrap().unwrap()).collect();
    for (n, store) in stores.iter().enumerate() {
        store.write(async move |tx| put(tx, &format!("customer {n}")).await).await.unwrap();
    }
    assert_eq!(names(&stores[0]).await.len(), 8);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let (dir, store) = fresh().await;
    store
        .write(async |tx| {
            put(tx, "ada").await?;
            sqlx::query("INSERT INTO _sqlx_migrations SELECT 999, 'later', installed_on, success, checksum, execution_time FROM _sqlx_migrations LIMIT 1")
                .execute(tx)
                .await?;
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
    store.close().await;
    let path = dir.path().join("farewell.sqlite");
    let refused = Store::open(&path).await.unwrap_err();
    assert!(matches!(refused, Error::Migrate { .. }));
    assert!(refused.to_string().contains("farewell.sqlite"), "{refused}");
    assert!(refused.to_string().contains("999"), "{refused}");
}

#[tokio::test]
async fn what_is_no_database_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    std::fs::write(
        &path,
        "Dear diary, this file is long enough to be looked at, and it is no database at all.".repeat(9),
    )
    .unwrap();
    let refused = Store::open(&path).await.unwrap_err().to_string();
    assert!(refused.contains("notes.txt"), "{refused}");
    let nowhere = Store::open(dir.path().join("no/such/folder/x.sqlite")).await.unwrap_err();
    assert!(matches!(nowhere, Error::Open { .. }));
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_database_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let (dir, store) = fresh().await;
    store.write(async |tx| put(tx, "ada").await).await.unwrap();
    for file in ["farewell.sqlite", "farewell.sqlite-wal", "farewell.sqlite-shm"] {
        let mode = std::fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}
