//! Who else has a case open.

use db::{bind, sql};
use serde_json::json;
use testkit::Engine;

use super::road::{report, send};
use crate::{
    modules::incidents,
    relay::Relay,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DISTRICT, HOME, SIBLING},
    },
};

testkit::both! {
    async fn colleagues_are_seen_while_they_look_and_no_longer(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}/look", receipt["id"].as_str().unwrap());
        let desk = app.login_as("community-desk", COMMUNITY).await;
        let centre = app.login_as("district-dispatch", DISTRICT).await;
        let first = desk.post(&path, &json!({})).await;
        let budget = if engine == Engine::Postgres { 3 } else { 2 };
        assert!(first.statements() <= budget, "a look costs {}", first.statements());
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

    /// Where several processes serve one district they tell each other; on SQLite one serves, and nothing is written.
    async fn colleagues_are_seen_at_another_process(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = send(&app, &report("楼道灯坏了，单元楼道里的灯不亮", HOME)).await;
        let path = format!("/api/v1/incidents/{}/look", receipt["id"].as_str().unwrap());
        let (desk, centre) = (app.login_as("community-desk", COMMUNITY).await, app.login_as("district-dispatch", DISTRICT).await);
        let second = app.beside(&app.database.options).await;
        let at = |client: &Client| client.at(&second);
        let mut relays = (Relay::new(&app).await.unwrap(), Relay::new(&second).await.unwrap());
        let mut round = async |seconds: i64| {
            app.clock.advance(seconds * 1_000);
            let (here, there) = (relays.0.step(&app).await, relays.1.step(&second).await);
            here.and(there).unwrap();
        };
        let others = async |client: &Client, leaving: bool| {
            let seen = client.post(&path, &json!({ "leaving": leaving })).await.expect(200).json();
            seen["others"].as_array().unwrap().len()
        };
        let written = async || {
            let all = sql!("select cast(count(*) as bigint) as value from incident_look");
            app.db.read().await.unwrap().value::<i64>(all, bind![]).await.unwrap().unwrap()
        };
        let known = usize::from(engine == Engine::Postgres);
        others(&desk, false).await;
        round(2).await;
        assert_eq!(written().await, known as i64);
        assert_eq!(others(&at(&centre), false).await, known, "whoever looks at the first process is seen at the second");
        round(2).await;
        assert_eq!(others(&desk, false).await, known, "and the other way round");
        assert_eq!((others(&centre, false).await, others(&centre, true).await), (1, 1), "nobody is his own company");
        // A round without anything new writes nothing.
        round(2).await;
        let (quiet, statements) = db::count::scope(incidents::watch::share(&app)).await;
        assert_eq!((quiet.is_ok(), statements), (true, 0));
        // Who leaves is gone with the next round, who vanishes after a while, and no row stays.
        others(&at(&centre), true).await;
        round(2).await;
        assert_eq!(others(&desk, false).await, 0);
        round(2).await;
        round(26).await;
        assert_eq!((others(&at(&centre), false).await, written().await), (0, 0));
    }
}
