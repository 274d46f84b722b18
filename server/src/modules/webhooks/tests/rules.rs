//! What may be entered, and that nothing leaves unasked.

use serde_json::json;
use testkit::Engine;
use tokio::net::TcpListener;

use crate::{
    modules::webhooks::{
        self, Sent,
        model::{Fault, Target},
        reach::Reach,
        send::connect,
    },
    testing::{TestApp, town::DISTRICT},
};

testkit::both! {
    async fn only_public_addresses_under_tls_are_entered(engine: Engine) {
        let app = TestApp::new(engine).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        for (url, code) in [
            ("", "bad-url"),
            ("http://hooks.example.org/", "not-https"),
            ("https://10.1.2.3/", "private-address"),
            ("https://127.0.0.1:8443/", "private-address"),
            ("https://169.254.169.254/latest", "private-address"),
            ("https://[::1]/", "private-address"),
            ("https://me:word@hooks.example.org/", "bad-url"),
        ] {
            let problem = admin.post("/api/v1/webhooks", &json!({ "name": "甲", "url": url })).await.expect(400).json();
            assert_eq!((problem["fields"][0]["field"].as_str(), problem["fields"][0]["code"].as_str()), (Some("url"), Some(code)), "{url}");
        }
        let good = "https://hooks.example.org/in";
        admin.post("/api/v1/webhooks", &json!({ "name": "", "url": good })).await.expect(400);
        admin.post("/api/v1/webhooks", &json!({ "name": "甲", "url": good, "kinds": ["incident.juggle"] })).await.expect(400);
        let made = admin.post("/api/v1/webhooks", &json!({ "name": "甲", "url": good, "kinds": ["incident.merge"] })).await.expect(201).json();
        let path = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
        admin.put(&path, &json!({ "url": "https://192.168.0.1/" })).await.expect(400);
        admin.put(&path, &json!({ "name": "乙", "enabled": false })).await.expect(200);
        let seen = admin.get("/api/v1/webhooks").await.expect(200).json();
        assert_eq!((seen["items"][0]["name"].as_str(), &seen["items"][0]["kinds"]), (Some("乙"), &json!(["incident.merge"])));
        let auditor = app.login_as("audit-admin", DISTRICT).await;
        auditor.get("/api/v1/webhooks").await.expect(200);
        auditor.post("/api/v1/webhooks", &json!({ "name": "甲", "url": good })).await.expect(403);
        let audit = auditor.get("/api/v1/audit").await.expect(200).json();
        let actions: Vec<&str> = audit["items"].as_array().unwrap().iter().filter_map(|r| r["action"].as_str()).collect();
        assert!(actions.contains(&"webhook.create") && actions.contains(&"webhook.change"), "{actions:?}");
    }

    async fn a_receiver_in_a_network_of_the_districts_own_is_entered_once_it_is_named(engine: Engine) {
        let app = TestApp::new(engine).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let inside = json!({ "name": "城运平台", "url": "https://10.20.3.4/in" });
        admin.post("/api/v1/webhooks", &inside).await.expect(400);
        let name = async |networks: &[&str]| {
            let body = json!({ "value": { "allowed": networks }, "reason": "政务外网内的城运平台" });
            let reply = admin.put("/api/v1/settings/webhooks.networks", &body).await;
            app.refresh().await.unwrap();
            reply
        };
        for (networks, code) in [(["127.0.0.0/8"], "not-a-private-network"), (["169.254.169.254"], "not-a-private-network"), (["intranet"], "not-a-network")] {
            let problem = name(&networks).await.expect(400).json();
            let fault = &problem["fields"][0];
            assert_eq!((fault["field"].as_str(), fault["code"].as_str()), (Some("value.allowed[0]"), Some(code)), "{problem}");
        }
        name(&["10.20.0.0/16", "100.64.0.0/10"]).await.expect(200);
        let made = admin.post("/api/v1/webhooks", &inside).await.expect(201).json();
        for elsewhere in ["https://10.21.3.4/", "https://192.168.0.1/", "https://127.0.0.1/", "https://100.100.100.200/latest", "https://localhost/"] {
            admin.post("/api/v1/webhooks", &json!({ "name": "别处", "url": elsewhere })).await.expect(400);
        }
        // Who named them is on record, and a receiver is not reached any more once its network is taken back.
        let auditor = app.login_as("audit-admin", DISTRICT).await;
        let audit = auditor.get("/api/v1/audit?action=setting.set").await.expect(200).json();
        let named = |r: &serde_json::Value| r["details"].as_str().unwrap().contains("webhooks.networks") && r["actor"] == admin.account.to_string();
        assert_eq!(audit["items"].as_array().unwrap().iter().filter(|r| named(r)).count(), 1, "{audit}");
        name(&[]).await.expect(200);
        let path = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
        admin.put(&path, &json!({ "url": "https://10.20.3.5/in" })).await.expect(400);
        admin.post(&format!("{path}/ping"), &json!({})).await.expect(202);
        assert_eq!(webhooks::deliver(&app).await.unwrap().later, 1);
        let log = admin.get(&format!("{path}/deliveries")).await.expect(200).json();
        assert_eq!(log["items"][0]["fault"].as_str(), Some("address"), "{log}");
    }

    async fn without_a_receiver_nothing_is_made_and_nothing_leaves(engine: Engine) {
        let app = TestApp::new(engine).await;
        app.login_as("system-admin", DISTRICT).await;
        let (made, statements) = db::count::scope(webhooks::feed(&app)).await;
        assert_eq!((made.unwrap(), statements), (0, 1));
        let (sent, statements) = db::count::scope(webhooks::deliver(&app)).await;
        assert_eq!((sent.unwrap(), statements), (Sent::default(), 1));
    }
}

/// A name that stands for this machine is found out when it is resolved, not when it is entered; and what was judged is what is connected to.
#[test]
fn a_name_that_means_a_private_address_is_not_connected_to() {
    testkit::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = |host: &str| Target { tls: true, host: host.into(), port, path: "/".into(), authority: host.into() };
        for host in ["localhost", "127.0.0.1"] {
            assert_eq!(connect(&target(host), &Reach::default()).await.err(), Some(Fault::Address), "{host}");
        }
        let here = Reach { loopback: true, ..Reach::default() };
        assert!(connect(&target("127.0.0.1"), &here).await.is_ok());
    });
}
