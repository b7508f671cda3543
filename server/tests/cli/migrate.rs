//! `farewell migrate`.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions, Connection};

use crate::{configured, fails_with, run};

/// A database as this version's predecessor of that number left it.
fn of_version(file: &Path, version: i64) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let all =
            Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).await.expect("steps");
        let old: Vec<_> = all.iter().filter(|step| step.version <= version).cloned().collect();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let mut connection = options.connect().await.expect("a database");
        Migrator::with_migrations(old).run(&mut connection).await.expect("the tables");
        connection.close().await.expect("an end");
    });
}

#[test]
fn it_says_from_what_to_what_and_check_changes_nothing() {
    let directory = configured(1);
    let database = directory.path().join("farewell.db");
    fails_with(&run(directory.path(), &["migrate", "--check"]), &["has no tables yet"]);
    assert!(!database.exists());
    of_version(&database, 3);
    let before = std::fs::read(&database).expect("the database");
    let check = run(directory.path(), &["migrate", "--check"]);
    fails_with(&check, &["farewell.db is of version 3", "4  offers", "5  declarations without mail"]);
    assert!(!String::from_utf8_lossy(&check.stderr).contains("3  declarations\n"));
    assert_eq!(std::fs::read(&database).expect("the database"), before);
    let done = run(directory.path(), &["migrate"]);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("was of version 3 and is of version"), "{said}");
    for command in [&["migrate", "--check"][..], &["migrate"]] {
        let again = run(directory.path(), command);
        let said = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(again.status.success() && said.contains("Nothing is to be done"), "{said}");
    }
}

#[test]
fn a_database_of_a_newer_version_is_an_error() {
    let directory = configured(1);
    let database = directory.path().join("farewell.db");
    assert!(run(directory.path(), &["migrate"]).status.success());
    crate::shop::execute(&database, "UPDATE _sqlx_migrations SET version = 999 WHERE version = 1");
    for command in [&["migrate", "--check"][..], &["migrate"]] {
        fails_with(&run(directory.path(), command), &["farewell.db", "version"]);
    }
}
