//! A receiver whose certificate an authority of its own vouches for, over a real connection with TLS.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::{Value, json};
use testkit::Engine;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::receiver::{TAKEN, app, case, enter, round};
use crate::testing::{Client, TestApp, town::DISTRICT};

const ROOT: &str = include_str!("tls/root.pem");
const CERTIFICATE: &str = include_str!("tls/receiver.pem");
/// The key of a receiver that exists in tests alone.
const KEY: &str = include_str!("tls/receiver.key");

/// Takes everything, on a port of its own.
async fn receiver() -> u16 {
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config =
        builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut part = [0; 16_384];
                if stream.read(&mut part).await.is_ok_and(|n| n > 0) {
                    let _ = stream.write_all(TAKEN.as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    port
}

async fn trust(app: &TestApp, admin: &Client, value: Value) -> crate::testing::Reply {
    let reply = admin.put("/api/v1/settings/webhooks.roots", &json!({ "value": value, "reason": "政务外网证书" })).await;
    app.refresh().await.unwrap();
    reply
}

testkit::both! {
    async fn an_authority_that_the_district_adds_vouches_for_its_receivers(engine: Engine) {
        let app = app(engine).await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let url = format!("https://127.0.0.1:{}/hook", receiver().await);
        let (id, _) = enter(&admin, &url, json!(["incident.resolve"])).await;
        case(&app).await;
        let sent = round(&app).await;
        assert_eq!((sent.sent, sent.later), (0, 1), "the public authorities do not know it");
        let log = admin.get(&format!("/api/v1/webhooks/{id}/deliveries?state=waiting")).await.expect(200).json();
        assert_eq!(log["items"][0]["fault"].as_str(), Some("tls"));
        trust(&app, &admin, json!({ "pem": ROOT })).await.expect(200);
        app.clock.advance(7_000);
        let sent = round(&app).await;
        assert_eq!((sent.sent, sent.later), (1, 0));
        // Trust that is taken back is gone with the next delivery.
        trust(&app, &admin, json!({ "pem": "" })).await.expect(200);
        case(&app).await;
        assert_eq!(round(&app).await.later, 1);
        // It vouches for the names in the certificate, not for any.
        trust(&app, &admin, json!({ "pem": ROOT })).await.expect(200);
        let (other, _) = enter(&admin, &url.replace("127.0.0.1", "localhost"), json!(["incident.resolve"])).await;
        case(&app).await;
        round(&app).await;
        let log = admin.get(&format!("/api/v1/webhooks/{other}/deliveries")).await.expect(200).json();
        assert_ne!(log["items"][0]["state"].as_str(), Some("sent"), "{log}");
    }

    async fn what_is_no_certificate_is_refused_by_field(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (pem, code) in [
            ("hello".to_owned(), "not-pem"),
            (KEY.to_owned(), "private-key"),
            (format!("{ROOT}{KEY}"), "private-key"),
            (broken.to_owned(), "not-a-certificate"),
            (format!("{ROOT}{broken}"), "not-a-certificate"),
            (ROOT.repeat(21), "too-many"),
        ] {
            let problem = trust(&app, &admin, json!({ "pem": pem })).await.expect(400).json();
            let fault = &problem["fields"][0];
            assert_eq!((fault["field"].as_str(), fault["code"].as_str()), (Some("value.pem"), Some(code)), "{problem}");
        }
        trust(&app, &admin, json!({ "pem": 7 })).await.expect(400);
        trust(&app, &admin, json!({ "pem": format!("{ROOT}\n{ROOT}") })).await.expect(200);
        app.login_as("district-dispatch", DISTRICT).await.put("/api/v1/settings/webhooks.roots", &json!({ "value": {}, "reason": "x" })).await.expect(403);
    }
}
