//! Over HTTP, on both engines.

use serde_json::json;
use testkit::Engine;

use crate::testing::TestApp;

testkit::both! {
    async fn a_token_knows_its_role_in_one_statement(engine: Engine) {
        let app = TestApp::new(engine).await;
        let me = app.login_as("security-admin", "/").await;
        let reply = me.get("/api/v1/session").await.expect(200);
        assert_eq!(reply.statements(), 1);
        assert_eq!(reply.json()["roles"][0]["key"], "security-admin");
        assert!(reply.json()["permissions"].as_array().unwrap().contains(&json!("grant.manage")));
        app.visitor().get("/api/v1/session").await.refused(401, "unauthenticated");
    }
}
