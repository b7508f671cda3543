//! `farewell receipts`.

use crate::{configured, fails_with, free_port, run};

#[test]
fn the_way_receipts_take_can_be_tried() {
    let directory = configured(8787);
    let test = ["receipts", "test", "--brand", "acme"];
    let said = run(directory.path(), &test);
    assert!(said.status.success() && String::from_utf8_lossy(&said.stdout).contains("sends them nowhere"));
    fails_with(&run(directory.path(), &["receipts", "test", "--brand", "amce"]), &["amce", "acme"]);
    let file = directory.path().join("farewell.toml");
    let config = std::fs::read_to_string(&file).expect("a configuration");
    let closed = free_port();
    let mail = format!(
        "[server.smtp]\nhost = \"127.0.0.1\"\nport = {closed}\nsecurity = \"none\"\nfrom = \"a@acme.example\"\n[[brand]]\nreceipts = \"mail\""
    );
    std::fs::write(&file, config.replace("[[brand]]", &mail)).expect("a configuration");
    fails_with(&run(directory.path(), &test), &[&format!("127.0.0.1:{closed}"), "[server.smtp]", "`port`"]);
    let post = format!("[[brand]]\nreceipts = \"merchant\"\nreceipt_url = \"http://127.0.0.1:{closed}/\"");
    std::fs::write(&file, config.replace("[[brand]]", &post)).expect("a configuration");
    fails_with(&run(directory.path(), &test), &["`receipt_url`", "cannot be reached", "2xx"]);
}
