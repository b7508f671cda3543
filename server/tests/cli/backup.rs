//! `farewell backup` and `farewell restore`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::fails_with;
use crate::shop::{Shop, count, execute};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

/// The names in the shop's directory.
fn names(shop: &Shop) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(shop.directory.path())
        .expect("a directory")
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    names
}

const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";

#[test]
fn a_backup_is_taken_while_customers_leave_and_is_whole() {
    let shop = Shop::open();
    let before = shop.leaves("cus_1");
    let done = AtomicBool::new(false);
    let copies = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let id = shop.session("cus_2", json!({}));
                shop.act(&id, json!([{ "run": 1, "seq": 1, "do": "shown" }]));
            }
        });
        let copies: Vec<_> = (0..5).map(|n| shop.run(&["backup", &format!("copy-{n}")])).collect();
        done.store(true, Ordering::Relaxed);
        copies
    });
    for (n, copied) in copies.iter().enumerate() {
        let said = String::from_utf8_lossy(&copied.stdout);
        assert!(said.contains("read back") && said.contains("keys are not in it"), "{copied:?}");
        let copy = shop.path(&format!("copy-{n}"));
        assert_eq!(mode(&copy), 0o600);
        let orphans = "SELECT COUNT(*) FROM actions WHERE session NOT IN (SELECT id FROM sessions)";
        assert_eq!(count(&copy, orphans), 0);
        assert_eq!(count(&copy, "SELECT COUNT(*) FROM receipts"), 1);
    }
    assert!(names(&shop).iter().all(|name| !name.contains(".part")), "no draft is left behind");
    let kept = std::fs::read(shop.path("copy-0")).expect("the copy");
    assert!(kept.windows(before.len()).any(|window| window == before.as_bytes()));
    fails_with(&shop.run(&["backup", "copy-0"]), &["copy-0", "never overwritten"]);
    assert_eq!(std::fs::read(shop.path("copy-0")).expect("the copy"), kept);
}

#[test]
fn without_a_database_there_is_no_backup_and_none_is_made() {
    let directory = crate::configured(1);
    fails_with(&crate::run(directory.path(), &["backup", "copy"]), &["farewell.db"]);
    assert!(!directory.path().join("farewell.db").exists() && !directory.path().join("copy").exists());
    fails_with(&crate::run(directory.path(), &["restore", "copy"]), &["copy"]);
}

#[test]
fn what_is_restored_is_what_was_backed_up_and_what_was_there_is_kept() {
    let mut shop = Shop::open();
    shop.leaves("cus_1");
    shop.does(&["backup", "copy"]);
    shop.leaves("cus_2");
    fails_with(&shop.run(&["restore", "copy"]), &["farewell.db", "--replace"]);
    fails_with(&shop.run(&["restore", "copy", "--replace"]), &["in use", "stop the server"]);
    assert_eq!(shop.count(SESSIONS), 2);
    shop.stop();
    let said = shop.does(&["restore", "copy", "--replace"]);
    assert_eq!((shop.count(SESSIONS), mode(&shop.database())), (1, 0o600));
    let kept =
        names(&shop).into_iter().find(|name| name.starts_with("farewell.db.before-")).expect("the old one");
    assert!(said.contains(&kept));
    assert_eq!(count(&shop.path(&kept), SESSIONS), 2);
    assert!(names(&shop).iter().all(|name| !name.contains(".restore")), "no draft is left behind");
    shop.start();
    shop.leaves("cus_2");
    assert_eq!(shop.count(SESSIONS), 2);
}

#[test]
fn a_backup_that_is_not_sound_changes_nothing() {
    let mut shop = Shop::open();
    shop.leaves("cus_1");
    shop.does(&["backup", "copy"]);
    shop.stop();
    let before = std::fs::read(shop.database()).expect("the database");
    std::fs::write(shop.path("notes"), "Dear diary, this is no database at all.".repeat(30)).expect("a file");
    let mut damaged = std::fs::read(shop.path("copy")).expect("the copy");
    let middle = damaged.len() / 2;
    damaged[middle..].fill(0xA5);
    std::fs::write(shop.path("damaged"), damaged).expect("a file");
    std::fs::copy(shop.path("copy"), shop.path("later")).expect("a copy");
    execute(&shop.path("later"), "UPDATE _sqlx_migrations SET version = 999 WHERE version = 1");
    std::fs::write(shop.path("empty"), "").expect("a file");
    for (file, word) in [
        ("notes", "not a database"),
        ("damaged", "damaged"),
        ("later", "newer version"),
        ("empty", "not a database"),
    ] {
        fails_with(&shop.run(&["restore", file, "--replace"]), &[word]);
        assert_eq!(std::fs::read(shop.database()).expect("the database"), before, "{file}");
    }
    assert!(names(&shop).iter().all(|name| !name.contains(".restore") && !name.contains(".before")));
}

#[test]
fn a_database_too_damaged_to_be_opened_is_replaced_and_kept() {
    let mut shop = Shop::open();
    shop.leaves("cus_1");
    shop.does(&["backup", "copy"]);
    shop.stop();
    std::fs::write(shop.database(), "This was a database.".repeat(400)).expect("damage");
    std::fs::write(shop.path("farewell.db-wal"), "and this its log").expect("damage");
    shop.does(&["restore", "copy", "--replace"]);
    assert_eq!(shop.count(SESSIONS), 1);
    let kept = |end: &str| {
        names(&shop).iter().any(|name| name.starts_with("farewell.db.before-") && name.ends_with(end))
    };
    assert!(kept("Z") && kept("Z-wal") && !shop.path("farewell.db-wal").exists(), "{:?}", names(&shop));
}

#[test]
fn with_keys_a_backup_brings_back_the_whole_server() {
    let mut shop = Shop::open();
    let session = shop.session("cus_1", json!({}));
    shop.does(&["keys", "rotate", "signing"]);
    shop.does(&["keys", "rotate", "signing"]);
    let said = shop.does(&["backup", "all", "--with-keys"]);
    assert!(said.contains("sealing.key, signing.key, signing.retired"), "{said}");
    for (name, expected) in
        [("all", 0o700), ("all/farewell.db", 0o600), ("all/keys", 0o700), ("all/keys/signing.key", 0o600)]
    {
        assert_eq!(mode(&shop.path(name)), expected, "{name}");
    }
    fails_with(&shop.run(&["backup", "all", "--with-keys"]), &["never overwritten"]);
    shop.stop();
    std::fs::remove_dir_all(shop.path("keys")).expect("no keys");
    std::fs::remove_file(shop.database()).expect("no database");
    let said = shop.does(&["restore", "all"]);
    assert!(said.contains("Keys put back: sealing.key, signing.key, signing.retired"), "{said}");
    assert_eq!((mode(&shop.path("keys")), mode(&shop.path("keys/sealing.key"))), (0o700, 0o600));
    shop.start();
    assert_eq!(shop.flow(&session)["state"], json!({ "runs": [] }), "an id from before still opens");
    shop.stop();
    shop.does(&["keys", "rotate", "sealing"]);
    fails_with(&shop.run(&["restore", "all"]), &["sealing.key", "--replace"]);
    let said = shop.does(&["restore", "all", "--replace"]);
    assert!(said.contains("Keys put back: sealing.key.") && said.contains("sealing.key.before-"), "{said}");
}
