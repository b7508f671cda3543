//! Customers' pages on a host of their own.

use reqwest::{Method, RequestBuilder};

use crate::server::{Answer, Running};

const API: &str = "api.acme.example";
const CANCEL: &str = "cancel.acme.example";

async fn two_hosts() -> Running {
    Running::start_with(|text| {
        let (before, after) = text.split_once("public_url = ").unwrap();
        let (_, after) = after.split_once('\n').unwrap();
        let urls = "public_url = \"https://api.acme.example\"\ncancel_url = \"https://cancel.acme.example\"\ndocs = true";
        format!("{before}{urls}\n{after}")
    })
    .await
}

fn at(request: RequestBuilder, host: &str) -> RequestBuilder {
    request.header("host", host)
}

async fn status(server: &Running, method: &Method, path: &str, host: &str) -> u16 {
    at(server.request(method.clone(), path), host).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_customers_host_has_customers_pages_and_what_they_need_alone() {
    let server = two_hosts().await;
    for path in [
        "/v1/retention/session",
        "/v1/subscription/session",
        "/v1/declarations/FW-2222-2222",
        "/api/public/cancel/result",
    ] {
        assert_eq!(status(&server, &Method::POST, path, CANCEL).await, 404, "{path}");
        assert_ne!(status(&server, &Method::POST, path, API).await, 404, "{path}");
    }
    for path in
        ["/v1/ledger/customers/cus_1", "/.well-known/jwks.json", "/api/health", "/docs", "/docs/backend"]
    {
        let answer = at(server.get(path).header("x-api-key", &server.acme), CANCEL).send().await.unwrap();
        assert!(Answer::of(answer).await.error(404).contains("nothing at this address"), "{path}");
        let answer = at(server.get(path).header("x-api-key", &server.acme), API).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    for path in ["/c", "/c/open.js", "/b/acme/cancel", "/"] {
        assert_eq!(status(&server, &Method::GET, path, CANCEL).await, 200, "{path}");
    }
    let page = at(server.get("/b/acme/cancel"), CANCEL).send().await.unwrap().text().await.unwrap();
    let (_, style) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let style = style.split('"').next().unwrap();
    for host in [API, CANCEL, "127.0.0.1"] {
        assert_eq!(status(&server, &Method::GET, style, host).await, 200, "{host}");
    }
}

#[tokio::test]
async fn the_apis_host_leads_on_to_customers_pages_with_everything_that_was_sent() {
    let server = two_hosts().await;
    let led = async |request: RequestBuilder| {
        let answer = at(request, "API.acme.example:443").send().await.unwrap();
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap().to_owned())
    };
    let to = |path: &str| (307, format!("https://{CANCEL}{path}"));
    assert_eq!(led(server.get("/c")).await, to("/c"));
    assert_eq!(led(server.post("/c").form(&[("session", "ret_x")])).await, to("/c"));
    assert_eq!(led(server.get("/c/some-handle/receipt?run=2")).await, to("/c/some-handle/receipt?run=2"));
    assert_eq!(led(server.get("/b/acme/cancel?lang=de")).await, to("/b/acme/cancel?lang=de"));
}

#[tokio::test]
async fn links_and_forms_name_the_customers_host_and_signatures_the_apis() {
    let server = two_hosts().await;
    let session = server.session(1).await;
    let flow = at(server.get("/v1/flow").bearer_auth(&session), API).send().await.unwrap();
    let flow = Answer::of(flow).await.ok();
    assert_eq!(flow["flow"]["page"]["action"], "https://cancel.acme.example/c");
    let handle = flow["flow"]["page"]["handle"].as_str().unwrap().to_owned();
    let opened = at(server.post("/c").form(&[("session", &session)]), CANCEL).send().await.unwrap();
    assert_eq!(
        (opened.status().as_u16(), &opened.headers()["location"]),
        (303, &format!("/c/{handle}").parse().unwrap())
    );
    let page = at(server.get(&format!("/c/{handle}")), CANCEL).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' https://cancel.acme.example"), "{policy}");
    assert!(page.text().await.unwrap().contains("action=\"https://cancel.acme.example/c\""));

    let form = [("name", "Ada"), ("contract", "Pro"), ("email", "ada@example.com")];
    at(server.post("/b/acme/cancel").form(&form), CANCEL).send().await.unwrap();
    let mail: String = sqlx::query_scalar("SELECT text FROM mails")
        .fetch_one(server.app.sessions.store.read())
        .await
        .unwrap();
    assert!(mail.contains("https://cancel.acme.example/b/acme/confirm/"), "{mail}");

    let acted = server.act(&session, serde_json::json!([{ "run": 1, "seq": 1, "do": "cancel" }])).await.ok();
    let token = acted["result"]["token"].as_str().unwrap();
    let verified =
        at(server.post("/api/public/cancel/result").json(&serde_json::json!({ "token": token })), API);
    assert_eq!(Answer::of(verified.send().await.unwrap()).await.ok()["valid"], true);
    let receipt = at(server.get(&format!("/c/{handle}/receipt.txt")), CANCEL).send().await.unwrap();
    assert!(receipt.text().await.unwrap().contains("https://api.acme.example/.well-known/jwks.json"));
}

#[tokio::test]
async fn both_hosts_are_the_servers_own_and_no_third_is() {
    let server = two_hosts().await;
    let session = server.session(1).await;
    for (origin, status) in [
        ("https://cancel.acme.example", 200),
        ("https://api.acme.example", 200),
        ("https://www.acme.example", 403),
    ] {
        let asked = at(server.get("/v1/flow").bearer_auth(&session).header("origin", origin), CANCEL);
        assert_eq!(asked.send().await.unwrap().status(), status, "{origin}");
    }
    let docs = at(server.get("/docs"), API).send().await.unwrap();
    let policy = docs.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://cancel.acme.example"), "{policy}");
}

#[tokio::test]
async fn at_any_other_host_everything_is_found() {
    let server = two_hosts().await;
    for path in ["/c", "/b/acme/cancel", "/api/health", "/.well-known/jwks.json", "/docs"] {
        for host in ["127.0.0.1:8787", "internal", "cancel.acme.example:8443", "not a host"] {
            assert_eq!(status(&server, &Method::GET, path, host).await, 200, "{host}{path}");
        }
    }
    let one = Running::start().await;
    for path in ["/c", "/b/acme/cancel", "/api/health"] {
        assert_eq!(one.get(path).send().await.unwrap().status(), 200, "{path}");
    }
}
