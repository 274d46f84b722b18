//! Who else has a case open.

use serde_json::json;
use testkit::Engine;

use super::road::{report, send};
use crate::testing::{
    TestApp,
    town::{COMMUNITY, DISTRICT, HOME, SIBLING},
};

testkit::both! {
    async fn colleagues_are_seen_while_they_look_and_no_longer(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}/look", receipt["id"].as_str().unwrap());
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let first = desk.post(&path, &json!({})).await;
        assert!(first.statements() <= 2, "a look costs {}", first.statements());
        let first = first.expect(200).json();
        assert_eq!((first["others"].as_array().unwrap().len(), first["seconds"].as_i64()), (0, Some(25)));
        let second = centre.post(&path, &json!({})).await.expect(200).json();
        assert_eq!(second["others"].as_array().unwrap().len(), 1);
        assert_eq!(desk.post(&path, &json!({})).await.expect(200).json()["others"].as_array().unwrap().len(), 1);
        // Whoever leaves is gone at once, whoever only vanishes is gone after a while.
        centre.post(&path, &json!({ "leaving": true })).await.expect(200);
        assert_eq!(desk.post(&path, &json!({})).await.expect(200).json()["others"], json!([]));
        app.clock.advance(26_000);
        assert_eq!(centre.post(&path, &json!({})).await.expect(200).json()["others"], json!([]));
        app.login_as("community-desk", SIBLING).await.post(&path, &json!({})).await.expect(404);
    }
}
