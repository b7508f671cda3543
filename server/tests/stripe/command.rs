//! `farewell stripe`, as a person at a terminal meets it.

use std::process::Output;

use serde_json::{Value, json};

use crate::program::{farewell, prepare};
use crate::stand_in::StandIn;
use crate::world::at;

struct Shop {
    stripe: StandIn,
    directory: tempfile::TempDir,
    url: String,
}

impl Shop {
    async fn open() -> Self {
        let stripe = StandIn::start().await;
        stripe.price("price_pro", 1250, "month", 1);
        let directory = tempfile::tempdir().expect("a directory");
        let (url, _) = prepare(directory.path(), &stripe.url);
        Self { stripe, directory, url }
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = farewell(self.directory.path(), arguments);
        tokio::task::spawn_blocking(move || command.output().expect("the program")).await.expect("an end")
    }

    async fn json(&self, arguments: &[&str], code: i32) -> Value {
        let output = self.run(arguments).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    async fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        String::from_utf8(output.stdout).expect("text")
    }

    /// Ids and addresses of those who are remembered.
    async fn remembered(&self) -> Vec<(String, Option<String>)> {
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(self.directory.path().join("farewell.db"));
        let database = sqlx::SqlitePool::connect_with(options).await.expect("the database");
        let rows = sqlx::query_as("SELECT id, email FROM stripe_customers ORDER BY id");
        rows.fetch_all(&database).await.expect("customers")
    }

    fn customers(&self, numbers: std::ops::Range<u32>) {
        for number in numbers {
            let more = json!({ "email": format!("C{number}@Example.com"), "created": 1_700_000_000 + i64::from(number) });
            self.stripe.customer(&format!("cus_{number:04}"), more);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_names_what_is_missing_and_what_can_only_be_canceled() {
    let shop = Shop::open().await;
    let end = at("2026-12-28T10:00:00Z").as_second();
    let subscription = |id: &str, more| shop.stripe.subscription(id, "cus_1", "price_pro", end, more);
    subscription("sub_1", json!({}));
    subscription("sub_2", json!({ "collection_method": "send_invoice", "schedule": "sub_sched_1" }));
    subscription("sub_3", json!({ "pause_collection": { "behavior": "void", "resumes_at": null } }));
    subscription("sub_4", json!({ "status": "canceled", "schedule": "sub_sched_2" }));
    let item = |price: Value| {
        let mut whole = json!({ "id": "price_x", "currency": "usd", "unit_amount": 100, "product": "prod_1",
            "recurring": { "interval": "month", "interval_count": 1, "usage_type": "licensed" } });
        for (name, value) in price.as_object().expect("members") {
            whole[name] = value.clone();
        }
        json!({ "items": { "has_more": false, "data": [{ "id": "si_1", "price": whole, "current_period_end": end }] } })
    };
    subscription("sub_5", item(json!({ "unit_amount": null, "billing_scheme": "tiered" })));
    subscription("sub_6", item(json!({ "currency": "isk" })));
    let metered = json!({ "interval": "month", "interval_count": 1, "usage_type": "metered" });
    subscription("sub_7", item(json!({ "recurring": metered })));
    subscription("sub_8", item(json!({ "unit_amount": null })));

    let all = shop.json(&["stripe", "check", "--json"], 0).await;
    let (account, report) = (&all["accounts"][0], &all["accounts"][0]["report"]);
    assert_eq!(
        (&all["ok"], &account["environment"], &account["fits"]),
        (&json!(true), &json!("prod"), &json!(false))
    );
    assert_eq!(report["subscriptions"], 7);
    let special = json!({
        "currency": 1, "fractional": 1, "metered": 1, "paid_by_invoice": 1, "paused_elsewhere": 1, "scheduled": 1, "tiered": 1,
    });
    assert_eq!(report["special"], special);
    assert_eq!(report["webhook"]["standing"], "missing");
    assert!(shop.stripe.asked().is_empty(), "nothing would have been changed");

    let hook = format!("{}/api/stripe/webhook", shop.url);
    shop.stripe.endpoint(&hook, &["invoice.paid", "customer.updated"]);
    let said = shop.says(&["stripe", "check", "--brand", "acme"]).await;
    assert!(
        said.contains("a test key, unrestricted") && said.contains("warning   It is for trying things out"),
        "{said}"
    );
    assert!(
        said.contains("add the events checkout.session.completed, customer.created, customer.deleted"),
        "{said}"
    );
    assert!(said.contains("1 metered: each can be canceled; nobody knows"), "{said}");
    shop.stripe.forbid("POST v1/coupons");
    let lacking = shop.run(&["stripe", "check"]).await;
    let said = String::from_utf8_lossy(&lacking.stdout);
    assert_eq!(lacking.status.code(), Some(1), "{said}");
    assert!(said.contains("  missing   Coupons: write (rak_coupon_write is missing)"), "{said}");
    assert!(said.contains("  ok        Coupons: read"), "{said}");
    assert!(!said.contains("sk_test_123"), "a key is never shown");
    assert_eq!(shop.json(&["stripe", "check", "--json"], 1).await["ok"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_goes_on_where_it_was_and_again_changes_nothing() {
    let shop = Shop::open().await;
    shop.customers(0..250);
    shop.stripe.pages(Some(2));
    let broken = shop.run(&["stripe", "import", "--brand", "acme"]).await;
    let said = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert!(broken.status.code() == Some(1) && said.contains("goes on from where it was"), "{said}");
    assert_eq!(shop.remembered().await.len(), 200);
    // Meanwhile one comes.
    let now = jiff::Timestamp::now().as_second() + 1;
    shop.stripe.customer("cus_9999", json!({ "email": "new@example.com", "created": now }));
    shop.stripe.pages(None);
    let import = ["stripe", "import", "--brand", "acme", "--json"];
    let done = shop.json(&import, 0).await;
    assert_eq!(done, json!({ "customers": 251, "erased": 0, "gone": 0, "resumed": true }));
    let before = shop.remembered().await;
    assert_eq!(before.len(), 251);
    let again = shop.json(&import, 0).await;
    assert_eq!(again, json!({ "customers": 251, "erased": 0, "gone": 0, "resumed": false }));
    assert_eq!(shop.remembered().await, before);

    let erased = shop.says(&["erase", "--brand", "acme", "--customer", "cus_0007"]).await;
    assert!(
        erased.contains("Customer: \"cus_0007\" in billing.") && erased.contains("1 Stripe customers"),
        "{erased}"
    );
    shop.stripe.customer("cus_0008", json!({ "deleted": true }));
    let again = shop.json(&import, 0).await;
    assert_eq!(again, json!({ "customers": 249, "erased": 1, "gone": 1, "resumed": false }));
    let left = shop.remembered().await;
    assert!(left.iter().all(|(id, _)| id != "cus_0007" && id != "cus_0008") && left.len() == 249);
    let none = shop.run(&["stripe", "import", "--brand", "acme", "--sandbox"]).await;
    assert!(String::from_utf8_lossy(&none.stderr).contains("sandbox_key_file"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_was_imported_is_found_in_whatever_letters_and_stripe_has_the_last_word() {
    let shop = Shop::open().await;
    shop.customers(0..3);
    shop.json(&["stripe", "import", "--brand", "acme", "--json"], 0).await;
    let store = farewell_server::store::Store::open(&shop.directory.path().join("farewell.db"))
        .await
        .expect("a store");
    let billing =
        crate::world::billing(&shop.stripe).remembering(farewell_server::billing::stripe::Customers::new(
            store,
            "acme",
            farewell_server::session::Environment::Prod,
        ));
    let find = async |email: &str| {
        use farewell_server::billing::{Billing, Lookup};
        let lookup = Lookup { email: Some(email.into()), ..Lookup::default() };
        billing.account(&lookup).await.map(|account| account.customer.id).map_err(|error| error.to_string())
    };
    assert_eq!(find("c1@EXAMPLE.com").await.as_deref(), Ok("cus_0001"));
    shop.stripe.customer("cus_0001", json!({ "email": "c1@other.example" }));
    assert!(find("c1@EXAMPLE.com").await.is_err());
    // Two who write themselves in different letters are two.
    shop.stripe.customer("cus_0003", json!({ "email": "c2@example.com" }));
    assert!(
        find("c2@example.com").await.is_err_and(|why| why.contains("Several")),
        "one is asked of Stripe, one is remembered"
    );
}
