//! Whoever asks too often is told to wait, and others are not.

use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};

use crate::server::{Answer, PAGE, Running};

/// A server behind a proxy on this machine, which says for whom it asks.
async fn proxied() -> Running {
    Running::start_with(|text| text.replace("[server]\n", "[server]\nproxies = [\"127.0.0.1\"]\n")).await
}

fn from(request: RequestBuilder, ip: &str) -> RequestBuilder {
    request.header("x-forwarded-for", ip)
}

/// Asks from an address until it is told to wait. Gives how often it was answered.
async fn exhaust(server: &Running, ip: &str) -> usize {
    for answered in 0..400 {
        let answer = from(server.get("/v1/flow"), ip).send().await.unwrap();
        if answer.status() == 429 {
            return answered;
        }
    }
    panic!("{ip} is never told to wait");
}

#[tokio::test]
async fn a_backend_that_asks_too_often_waits_and_other_brands_do_not() {
    let server =
        Running::start_with(|text| text.replace("[server]\n", "[server]\nrequests_per_second = 2\n"));
    let server = server.await;
    let ask = async |key: &str| {
        server.get("/v1/ledger/customers/cus_1").header("x-api-key", key).send().await.unwrap()
    };
    for n in 0..20 {
        assert_eq!(ask(&server.acme).await.status(), 200, "{n}");
    }
    let refused = ask(&server.acme).await;
    assert_eq!(refused.headers()["retry-after"], "1");
    assert!(Answer::of(refused).await.error(429).contains("Retry-After"));
    let health = server.get("/api/health?deep=1").header("x-api-key", &server.acme).send().await.unwrap();
    assert_eq!(health.status(), 429);
    assert_eq!(ask(&server.globex).await.status(), 200);
    server.clock.advance(SignedDuration::from_secs(1));
    let answered = [ask(&server.acme).await, ask(&server.acme).await, ask(&server.acme).await];
    assert_eq!(answered.map(|answer| answer.status().as_u16()), [200, 200, 429]);
}

#[tokio::test]
async fn one_place_is_told_to_wait_in_the_form_of_what_it_asked_for() {
    let server = proxied().await;
    assert_eq!(exhaust(&server, "203.0.113.7").await, 300);
    for (method, path) in [
        (Method::POST, "/v1/flow"),
        (Method::POST, "/v1/flow/actions"),
        (Method::POST, "/v1/hub"),
        (Method::POST, "/v1/hub/actions"),
        (Method::POST, "/api/public/cancel/result"),
        (Method::GET, "/api/health"),
        (Method::GET, "/nothing/here"),
    ] {
        let refused = from(server.request(method, path), "203.0.113.7").send().await.unwrap();
        assert_eq!(refused.headers()["retry-after"], "1", "{path}");
        Answer::of(refused).await.error(429);
    }
    for path in ["/", "/docs", "/c", "/c/some-handle", "/c/a/b/c", "/b/acme/cancel"] {
        let request = from(server.get(path), "203.0.113.7").header("accept-language", "de");
        let refused = request.send().await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["retry-after"]),
            (429, &"1".parse().unwrap())
        );
        assert_eq!(refused.headers()["content-type"], "text/html; charset=utf-8");
        let page = refused.text().await.unwrap();
        assert!(page.contains("<html lang=\"de\"") && page.contains("Das waren viele Versuche"), "{page}");
    }
    // Elsewhere, and a little later, and in between for what costs nothing.
    assert_eq!(from(server.get("/b/acme/cancel"), "203.0.113.8").send().await.unwrap().status(), 200);
    assert_eq!(from(server.get("/c/open.js"), "203.0.113.7").send().await.unwrap().status(), 200);
    let preflight = from(server.request(Method::OPTIONS, "/v1/flow"), "203.0.113.7")
        .header("origin", PAGE)
        .header("access-control-request-method", "GET");
    assert_eq!(preflight.send().await.unwrap().status(), 200);
    let refused = from(server.get("/v1/flow"), "203.0.113.7").header("origin", PAGE).send().await.unwrap();
    assert_eq!(
        refused.headers()["access-control-allow-origin"],
        PAGE,
        "the page can read that it has to wait"
    );
    server.clock.advance(SignedDuration::from_millis(100));
    assert_eq!(from(server.get("/v1/flow"), "203.0.113.7").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn wrong_keys_are_counted_where_they_come_from_and_right_ones_are_not() {
    let server = proxied().await;
    let ask = async |key: &str, ip: &str| {
        let request = server.get("/v1/ledger/customers/cus_1").header("x-api-key", key);
        from(request, ip).send().await.unwrap().status().as_u16()
    };
    for n in 0..300 {
        assert_eq!(ask("sk_acme_wrong", "198.51.100.1").await, 401, "{n}");
    }
    assert_eq!(ask("sk_acme_wrong", "198.51.100.1").await, 429);
    assert_eq!(ask(&server.acme, "198.51.100.1").await, 200);
    assert_eq!(ask("sk_acme_wrong", "198.51.100.2").await, 401);
}

#[tokio::test]
async fn a_server_that_knows_no_proxies_believes_no_header() {
    let server = Running::start().await;
    for n in 0..400 {
        let answer = from(server.get("/v1/flow"), "203.0.113.7").send().await.unwrap();
        assert_eq!(answer.status(), 401, "{n}: everybody on this machine is one proxy");
    }
}

#[tokio::test]
async fn declarations_too_are_counted_for_whoever_the_proxy_names() {
    let server = proxied().await;
    let declare = async |n: usize, ip: &str| {
        let email = format!("p{n}@example.com");
        let form = [("name", "Ada"), ("contract", "Pro"), ("email", &email)];
        from(server.post("/b/acme/cancel"), ip).form(&form).send().await.unwrap().status().as_u16()
    };
    for n in 0..20 {
        assert_eq!(declare(n, "203.0.113.7, 127.0.0.1").await, 303);
    }
    assert_eq!(declare(20, "spoofed, 203.0.113.7").await, 429);
    assert_eq!(declare(20, "203.0.113.7, 203.0.113.8").await, 303);
}
