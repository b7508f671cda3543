//! The `farewell` command, as a person at a terminal meets it.

mod backup;
mod changes;
mod erase;
mod export;
mod migrate;
mod sessions;
mod shop;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn farewell(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_farewell"));
    command.args(arguments).current_dir(directory).env_remove("FAREWELL_CONFIG").env_remove("FAREWELL_LOG");
    command
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    farewell(directory, arguments).output().expect("the program")
}

fn configured(port: u16) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\n\
         [[brand]]\nslug = \"acme\"\nsite_id = 1\nname = \"Acme\"\n"
    );
    std::fs::write(directory.path().join("farewell.toml"), config).expect("a configuration");
    directory
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

/// Starts the server and waits until it listens.
fn serve(directory: &Path) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = farewell(directory, &["serve"]).stderr(Stdio::piped()).spawn().expect("the program");
    let mut log = BufReader::new(child.stderr.take().expect("its log"));
    let mut line = String::new();
    while !line.contains("farewell is listening") {
        line.clear();
        assert_ne!(log.read_line(&mut line).expect("its log"), 0, "the server has ended");
    }
    (child, log)
}

#[track_caller]
fn fails_with(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("panicked") && !said.contains("Error {"), "{said}");
}

#[test]
fn lint_lists_mistakes_and_serve_does_not_start_on_them() {
    let directory = configured(1);
    assert!(run(directory.path(), &["lint"]).status.success());
    let file = directory.path().join("farewell.toml");
    std::fs::write(&file, "[server]\nlisten = 5\n").expect("a bad configuration");
    for command in ["lint", "serve"] {
        let output = run(directory.path(), &[command]);
        fails_with(&output, &["farewell.toml:2:10: error: `listen`", "public_url", "[[brand]]", "mistakes"]);
    }
    fails_with(&run(directory.path(), &["lint", "--config", "none.toml"]), &["none.toml", "--config"]);
}

/// Adds to the configuration of a directory.
fn add(directory: &Path, text: &str) {
    let file = directory.join("farewell.toml");
    let before = std::fs::read_to_string(&file).expect("a configuration");
    std::fs::write(file, before + text).expect("a configuration");
}

#[test]
fn lint_fails_on_a_dark_pattern_and_serve_starts_and_warns() {
    let directory = configured(free_port());
    add(
        directory.path(),
        "[[brand.reason]]\nkey = \"a\"\nlabel = \"A\"\nfollow_up = \"Sure? It's your \\u001b[31m last\\nchance\"\n",
    );
    let warning = [
        "farewell.toml:11:13: warning: \"last chance\" hurries people to a decision; ",
        "[fake-urgency: Directive 2005/29/EC, Annex I no. 7; FTC Act § 5",
    ];
    let linted = run(directory.path(), &["lint"]);
    fails_with(&linted, &[warning[0], warning[1], "1 warning about the configuration."]);
    let (mut child, log) = serve(directory.path());
    Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    drop(log);
    child.wait().expect("an end");
    let mut child = farewell(directory.path(), &["serve", "--log", "json"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut log = BufReader::new(child.stderr.take().expect("its log"));
    let mut line = String::new();
    log.read_line(&mut line).expect("its log");
    Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    child.wait().expect("an end");
    let said: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(said["level"], "WARN");
    for part in warning {
        assert!(said["message"].as_str().expect("a message").contains(part), "{line}");
    }
}

#[test]
fn a_mistake_against_a_law_keeps_the_server_from_starting() {
    let directory = configured(free_port());
    add(
        directory.path(),
        "markets = [\"US-CA\", \"US-MN\"]\nmax_offers = 3\n[brand.theme]\nink = \"#999999\"\n",
    );
    for command in ["lint", "serve"] {
        let output = run(directory.path(), &[command]);
        fails_with(
            &output,
            &[
                "farewell.toml:8:11: error: `markets` are declared",
                "Minn. Stat. § 325G.60",
                "farewell.toml:9:14: error: `max_offers` is 3",
                "farewell.toml:11:7: error: `ink` #999999 on `paper` #ffffff has a contrast of 2.84:1, and text needs 4.5:1",
                "the way out must not be less prominent",
                "mistakes in the configuration.",
            ],
        );
    }
}

#[test]
fn a_key_is_made_once_listed_without_its_secret_and_revoked() {
    let directory = configured(8787);
    let made = run(directory.path(), &["keys", "create", "--brand", "acme", "--json"]);
    let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let secret = made["secret"].as_str().expect("a secret");
    assert!(secret.starts_with("sk_acme_") && secret.len() > 40);
    assert_eq!(made["public"], "pk_acme_aHR0cDovLzEyNy4wLjAuMTo4Nzg3");
    let plain = run(directory.path(), &["keys", "create", "--brand", "acme"]);
    assert!(String::from_utf8_lossy(&plain.stdout).contains("sk_acme_"));
    let listed = run(directory.path(), &["keys", "list"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.lines().count(), 2, "there are no keys of the server's own yet");
    assert!(!listed.contains(&secret[8..]));
    let id = made["id"].as_str().expect("an id");
    assert!(run(directory.path(), &["keys", "revoke", id]).status.success());
    fails_with(&run(directory.path(), &["keys", "revoke", id]), &["farewell keys list"]);
    fails_with(&run(directory.path(), &["keys", "create", "--brand", "amce"]), &["amce", "acme"]);
    let files = std::fs::read(directory.path().join("farewell.db")).expect("the database");
    assert!(!files.windows(secret.len()).any(|window| window == secret.as_bytes()), "only a hash is stored");
}

#[test]
fn the_servers_own_keys_are_listed_rotated_and_taken_out_of_sight() {
    let directory = configured(8787);
    let list = |arguments: &[&str]| {
        let listed = run(directory.path(), &[&["keys", "list"], arguments].concat());
        String::from_utf8(listed.stdout).expect("text")
    };
    let rotate = |which| assert!(run(directory.path(), &["keys", "rotate", which]).status.success());
    for which in ["sealing", "signing", "signing", "signing", "signing"] {
        rotate(which);
    }
    let listed: Vec<Value> = serde_json::from_str(&list(&["--json"])).expect("JSON");
    let states: Vec<_> = listed.iter().map(|key| format!("{} {}", key["kind"], key["state"])).collect();
    let [current, accepted, old] =
        ["current", "accepted", "verifying_only"].map(|state| format!("\"{state}\""));
    let of = |kind: &str, state: &String| format!("\"{kind}\" {state}");
    assert_eq!(
        states,
        [
            of("sealing", &current),
            of("sealing", &accepted),
            of("signing", &current),
            of("signing", &accepted),
            of("signing", &old),
            of("signing", &old),
            of("signing", &old)
        ]
    );
    for name in ["sealing.key", "signing.key"] {
        let file = std::fs::read_to_string(directory.path().join("keys").join(name)).expect("the keys");
        for secret in file.lines().map(|line| line.split(' ').nth(1).expect("a secret")) {
            assert!(!list(&[]).contains(secret) && !list(&["--json"]).contains(secret));
        }
        assert_eq!(file.lines().count(), 2);
    }
    let [in_use, retired] = [2, 4].map(|index: usize| listed[index]["id"].as_str().expect("an id"));
    fails_with(&run(directory.path(), &["keys", "revoke", in_use]), &[in_use, "keys rotate signing"]);
    assert!(run(directory.path(), &["keys", "revoke", retired]).status.success());
    assert!(!list(&[]).contains(retired));
}

#[test]
fn secrets_of_webhooks_are_listed_by_brand_and_never_shown() {
    let directory = configured(8787);
    let secret = run(directory.path(), &["keys", "webhook", "--brand", "acme"]);
    assert!(run(directory.path(), &["keys", "rotate", "webhook", "--brand", "acme"]).status.success());
    let listed = run(directory.path(), &["keys", "list", "--json"]);
    let keys: Vec<Value> = serde_json::from_slice(&listed.stdout).expect("JSON");
    let told: Vec<_> = keys.iter().map(|key| (&key["kind"], &key["brand"], &key["state"])).collect();
    let (webhook, acme) = (&Value::from("webhook"), &Value::from("acme"));
    assert_eq!(told, [(webhook, acme, &Value::from("current")), (webhook, acme, &Value::from("accepted"))]);
    let listed = run(directory.path(), &["keys", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("text");
    assert!(listed.contains(&format!("{}  webhook  acme  made ", keys[0]["id"].as_str().expect("an id"))));
    let file = std::fs::read_to_string(directory.path().join("keys/webhook.acme.key")).expect("the keys");
    let secrets = file.lines().map(|line| line.split(' ').nth(1).expect("a secret"));
    let shown = String::from_utf8(secret.stdout).expect("text");
    for secret in secrets.chain([shown.trim()]) {
        assert!(!listed.contains(secret) && !keys.iter().any(|key| key.to_string().contains(secret)));
    }
}

#[test]
fn a_shell_completes_what_there_is() {
    let directory = tempfile::tempdir().expect("a directory");
    for shell in ["bash", "zsh", "fish"] {
        let script = run(directory.path(), &["completions", shell]);
        assert!(script.status.success());
        let script = String::from_utf8(script.stdout).expect("text");
        assert!(script.contains("replay-webhooks") && script.contains("even-pending"), "{shell}");
        std::fs::write(directory.path().join(shell), script).expect("a script");
    }
    // What bash itself makes of it. The other two may not be there.
    let words = ". ./bash; COMP_WORDS=(farewell exp) COMP_CWORD=1; _farewell farewell exp farewell; echo ${COMPREPLY[@]}";
    let completed = Command::new("bash").args(["-c", words]).current_dir(directory.path()).output();
    let completed = completed.expect("bash");
    assert_eq!(String::from_utf8_lossy(&completed.stdout).trim(), "export");
    assert_eq!(run(directory.path(), &["completions", "cmd"]).status.code(), Some(2));
}

#[test]
fn a_running_server_uses_a_key_that_was_rotated_and_publishes_every_older_one() {
    let port = free_port();
    let directory = configured(port);
    let (mut child, log) = serve(directory.path());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let published = || {
        let url = format!("http://127.0.0.1:{port}/.well-known/jwks.json");
        let set: Value = runtime
            .block_on(async { client.get(url).send().await.expect("an answer").json().await.expect("JSON") });
        let keys = set["keys"].as_array().expect("keys").iter();
        keys.map(|key| key["kid"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let first = published();
    for _ in 0..3 {
        assert!(run(directory.path(), &["keys", "rotate", "signing"]).status.success());
    }
    let mut log = log.lines().map_while(Result::ok);
    assert!(log.any(|line| line.contains("the keys were changed")), "the server notices by itself");
    let now = published();
    assert_eq!((now.len(), now.last()), (4, first.first()));
    Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    child.wait().expect("an end");
}

#[test]
fn a_port_in_use_is_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let directory = configured(taken.local_addr().expect("an address").port());
    fails_with(&run(directory.path(), &["serve"]), &["another program uses it", "into `listen`"]);
    let directory = configured(free_port());
    let file = directory.path().join("farewell.toml");
    let metrics = format!("[server]\nmetrics = \"{}\"\n", taken.local_addr().expect("an address"));
    let config = std::fs::read_to_string(&file).expect("a configuration").replace("[server]\n", &metrics);
    std::fs::write(&file, config).expect("a configuration");
    fails_with(&run(directory.path(), &["serve"]), &["another program uses it", "into `metrics`"]);
}

#[test]
fn a_database_that_cannot_be_opened_is_a_sentence() {
    let directory = configured(free_port());
    std::fs::create_dir(directory.path().join("farewell.db")).expect("a directory in its place");
    fails_with(&run(directory.path(), &["serve"]), &["farewell.db", "writable"]);
}

#[test]
fn keys_that_others_can_read_are_a_sentence() {
    use std::os::unix::fs::PermissionsExt;
    let directory = configured(free_port());
    assert!(run(directory.path(), &["keys", "rotate", "signing"]).status.success());
    let file = directory.path().join("keys/signing.key");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("a change of mode");
    fails_with(&run(directory.path(), &["serve"]), &["signing.key", "chmod 600"]);
}

#[test]
fn a_signal_stops_the_server_cleanly() {
    for signal in ["-TERM", "-INT"] {
        let directory = configured(free_port());
        let (mut child, log) = serve(directory.path());
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("a signal");
        assert!(sent.success());
        let said: Vec<String> = log.lines().map_while(Result::ok).collect();
        assert!(child.wait().expect("an end").success(), "{said:?}");
        assert!(said.iter().any(|line| line.contains("stopping")), "{said:?}");
    }
}

#[test]
fn a_second_signal_stops_at_once() {
    let port = free_port();
    let directory = configured(port);
    let (mut child, mut log) = serve(directory.path());
    // A request that is never finished would be waited for.
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    let head = "POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("a head");
    let mut said = [0; 12];
    stream.read_exact(&mut said).expect("an answer");
    assert_eq!(&said, b"HTTP/1.1 100");
    let signal = |id: u32| Command::new("kill").arg(id.to_string()).status().expect("a signal");
    signal(child.id());
    let mut line = String::new();
    while !line.contains("stopping") {
        line.clear();
        assert_ne!(log.read_line(&mut line).expect("its log"), 0, "the server has not waited");
    }
    let began = Instant::now();
    signal(child.id());
    let said: Vec<String> = log.lines().map_while(Result::ok).collect();
    assert_eq!(child.wait().expect("an end").code(), Some(1), "{said:?}");
    assert!(said.iter().any(|line| line.contains("second signal")), "{said:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// Sends a form to a server on this port. Gives the status.
fn declare(port: u16, fields: &[(&str, &str)]) -> u16 {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.expect("a client");
    let sent = client.post(format!("http://127.0.0.1:{port}/b/acme/cancel")).form(fields).send();
    runtime.block_on(sent).expect("an answer").status().as_u16()
}

#[test]
fn declarations_are_listed_shown_and_decided() {
    let port = free_port();
    let directory = configured(port);
    let file = directory.path().join("farewell.toml");
    let config = std::fs::read_to_string(&file).expect("a configuration") + "[brand.public]\ncancel = true\n";
    std::fs::write(&file, config).expect("a configuration");
    let (mut child, log) = serve(directory.path());
    for name in ["Ada Lovelace", "Grace Hopper"] {
        let cause = "Line 1\nstatus: done";
        let fields = [
            ("kind", "extraordinary"),
            ("cause", cause),
            ("name", name),
            ("contract", "K-17"),
            ("email", "a@b.de"),
        ];
        assert_eq!(declare(port, &fields), 303);
    }
    let run = |arguments: &[&str]| run(directory.path(), &[&["declarations"], arguments].concat());
    let text = |output: Output| {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    // They are a day old at once: this is what a clock does by itself.
    let database = directory.path().join("farewell.db");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = farewell_server::store::Store::open(database).await.expect("the database");
        let aged = store.write(async |tx| {
            sqlx::query("UPDATE declarations SET alarm_at = '2026-01-01T00:00:00.000Z'").execute(tx).await?;
            Ok::<_, farewell_server::store::Error>(())
        });
        aged.await.expect("a change");
        store.close().await;
    });
    std::thread::sleep(std::time::Duration::from_millis(2500));
    let listed = text(run(&["list", "--brand", "acme"]));
    assert_eq!(listed.lines().count(), 2);
    assert!(listed.contains("open (merchant_billing)  overdue") && !listed.contains("Ada"), "{listed}");
    let references: Vec<&str> =
        listed.lines().map(|line| line.split(' ').next().expect("a reference")).collect();
    let json: Value = serde_json::from_str(&text(run(&["list", "--json"]))).expect("JSON");
    assert_eq!((json.as_array().map(Vec::len), &json[0]["name"]), (Some(2), &Value::from("Ada Lovelace")));
    let shown = text(run(&["show", references[0]]));
    assert!(
        shown.contains("name: Ada Lovelace\n") && shown.contains("carry it out there")
            || shown.contains("Carry it out there")
    );
    assert!(
        !shown.lines().any(|line| line == "status: done"),
        "what was typed cannot pass for a line of ours: {shown}"
    );
    let shown: Value = serde_json::from_str(&text(run(&["show", references[0], "--json"]))).expect("JSON");
    assert_eq!((&shown["status"], &shown["overdue"]), (&Value::from("open"), &Value::from(true)));
    fails_with(&run(&["confirm", references[0]]), &["Billing is your own", "--done"]);
    fails_with(&run(&["confirm", "FW-XXXX-XXXX", "--done"]), &["FW-XXXX-XXXX", "list --all"]);
    assert!(text(run(&["confirm", references[0], "--done"])).contains("is done"));
    fails_with(&run(&["dismiss", references[0]]), &["is done already"]);
    let dismissed: Value =
        serde_json::from_str(&text(run(&["dismiss", references[1], "--json"]))).expect("JSON");
    assert_eq!(dismissed["status"], "dismissed");
    assert_eq!(text(run(&["list"])), "");
    assert_eq!(text(run(&["list", "--all"])).lines().count(), 2);
    fails_with(&run(&["list", "--brand", "amce"]), &["amce", "acme"]);

    Command::new("kill").arg(child.id().to_string()).status().expect("a signal");
    let said: Vec<String> = log.lines().map_while(Result::ok).collect();
    child.wait().expect("an end");
    for reference in references {
        let alarms = said.iter().filter(|line| line.contains("ERROR") && line.contains(reference)).count();
        assert_eq!(alarms, 1, "{said:#?}");
    }
    let said = said.join("\n");
    assert!(said.contains("/b/{slug}/cancel"), "{said}");
    for personal in ["Ada", "Hopper", "K-17", "a@b.de", "Line 1"] {
        assert!(!said.contains(personal), "{personal}: {said}");
    }
}

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

#[test]
fn a_brand_in_the_union_is_refused_by_lint_and_serve_until_receipts_have_a_way() {
    let directory = configured(free_port());
    let file = directory.path().join("farewell.toml");
    let config = std::fs::read_to_string(&file).expect("a configuration");
    std::fs::write(&file, format!("{config}markets = [\"DE\"]\nplace = \"session\"\n"))
        .expect("a configuration");
    for command in ["lint", "serve"] {
        fails_with(
            &run(directory.path(), &[command]),
            &["farewell.toml:4:1", "312k", "`receipts = \"mail\"`"],
        );
    }
    let closed = free_port();
    let post = format!("receipts = \"merchant\"\nreceipt_url = \"http://127.0.0.1:{closed}/\"\n");
    std::fs::write(&file, format!("{config}markets = [\"DE\"]\nplace = \"session\"\n{post}"))
        .expect("a configuration");
    assert!(run(directory.path(), &["lint"]).status.success(), "lint asks nobody");
    fails_with(&run(directory.path(), &["serve"]), &["brand \"acme\"", "312k", "cannot be reached"]);
}

#[test]
fn help_teaches() {
    let directory = tempfile::tempdir().expect("a directory");
    let help = run(directory.path(), &["--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for word in [
        "serve",
        "lint",
        "keys create",
        "ledger import",
        "receipts test",
        "declarations list",
        "farewell.toml",
        "Examples",
        "curl",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

/// A merchant's backend in a thread: what was posted to it, each with its head.
fn receiver(answers: &'static [&'static str]) -> (u16, std::sync::mpsc::Receiver<String>) {
    use std::io::{Read, Write};
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).expect("a head");
                request.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&request).to_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
            let mut body = vec![0; length.parse().expect("a number")];
            stream.read_exact(&mut body).expect("a body");
            request.extend(body);
            stream.write_all(answer.as_bytes()).expect("an answer");
            tell.send(String::from_utf8(request).expect("a text")).expect("somebody who listens");
        }
    });
    (port, told)
}

#[test]
fn webhooks_are_tried_from_the_command_line_with_secrets_it_shows_and_rotates() {
    let (port, told) = receiver(&[
        "HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\nthanks \u{1b}[31mred\n",
        "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ]);
    let directory = configured(1);
    let webhooks = |arguments: &[&str]| run(directory.path(), &[&["webhooks"], arguments].concat());
    fails_with(&webhooks(&["test", "--brand", "acme"]), &["no webhook", "[[brand.webhook]]"]);
    let file = directory.path().join("farewell.toml");
    let text = std::fs::read_to_string(&file).expect("a configuration");
    let text = text.replacen("[server]", "[server]\nprivate_webhooks = true", 1);
    std::fs::write(&file, format!("{text}[[brand.webhook]]\nurl = \"http://127.0.0.1:{port}/hook\"\n"))
        .expect("a file");
    let secret = |arguments: &[&str]| {
        let output = run(directory.path(), &[&["keys"], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a text").trim().to_owned()
    };
    let first = secret(&["webhook", "--brand", "acme"]);
    assert!(first.starts_with("whsec_"), "{first}");
    assert_eq!(secret(&["webhook", "--brand", "acme"]), first, "shown as often as wanted");

    let verified = |request: &str, secret: &str| {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.insert(name, value.parse().expect("a value"));
        }
        let webhook = standardwebhooks::Webhook::new(secret).expect("a secret");
        assert!(body.contains("\"type\":\"ping\""), "{body}");
        webhook.verify(body.as_bytes(), &headers).is_ok()
    };
    let tested = webhooks(&["test", "--brand", "acme"]);
    let said = String::from_utf8_lossy(&tested.stdout).into_owned();
    assert!(tested.status.success(), "{said}{}", String::from_utf8_lossy(&tested.stderr));
    assert!(said.contains(&format!("http://127.0.0.1:{port}/hook answered 200.\n    thanks")), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
    assert!(verified(&told.recv().expect("a request"), &first));

    let second = secret(&["rotate", "webhook", "--brand", "acme"]);
    assert_eq!(secret(&["webhook", "--brand", "acme"]), second);
    assert_ne!(first, second);
    let tested = webhooks(&["test", "--brand", "acme"]);
    fails_with(&tested, &["1 of 1 did not take it"]);
    let request = told.recv().expect("a request");
    assert!(verified(&request, &first) && verified(&request, &second), "{request}");
    fails_with(&webhooks(&["test", "--brand", "acme"]), &["did not take it"]);

    let wrong = run(directory.path(), &["keys", "rotate", "webhook"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--brand"));
    let wrong = run(directory.path(), &["keys", "rotate", "signing", "--brand", "acme"]);
    fails_with(&wrong, &["--brand is for `webhook`"]);
}

#[test]
fn a_replay_says_what_it_did() {
    let directory = configured(1);
    let replay = |arguments: &[&str]| run(directory.path(), &[&["replay-webhooks"], arguments].concat());
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said(&replay(&["--failed"])).starts_with("Found 0 failed deliveries; 0 deliveries are in line."));
    assert_eq!(
        serde_json::from_str::<Value>(&said(&replay(&["--since", "2026-11-21", "--json"]))).expect("JSON"),
        serde_json::json!({ "found": 0, "queued": 0, "unwanted": 0 })
    );
    fails_with(&replay(&["--event", "evt_1"]), &["no event has the id evt_1"]);
    fails_with(&replay(&["--failed", "--brand", "nobody"]), &["no brand has the slug"]);
    for wrong in [&[][..], &["--failed", "--event", "evt_1"], &["--since", "yesterday"]] {
        assert_eq!(replay(wrong).status.code(), Some(2), "{wrong:?}");
    }
    assert!(said(&run(directory.path(), &["webhooks", "list"])).is_empty());
}
