use std::io::Cursor;

use axum::http::{Method, header};
use image::{ImageFormat, Rgb, RgbImage};
use kernel::Id;
use serde_json::{Value, json};
use testkit::Engine;
use uuid::Uuid;

use super::tests::{district, person};
use crate::{
    modules::org::{Given, give, portraits},
    testing::{Client, TestApp},
};

const GRID: &str = "990101001001001";
const COMMUNITY: &str = "/990101/990101001/990101001001/";

fn picture(shade: u8) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    RgbImage::from_fn(500, 700, |x, y| Rgb([shade, x as u8, y as u8])).write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

async fn uploaded(client: &Client, shade: u8) -> String {
    let sent = client.send(Method::POST, "/api/v1/photos", Some(picture(shade).into()), &[("content-type", "image/png")]).await;
    sent.expect(201).json()["id"].as_str().unwrap().to_owned()
}

/// Gives somebody a portrait and answers its id.
async fn given(app: &TestApp, admin: &Client, staff_no: &str, shade: u8) -> String {
    let photo = uploaded(admin, shade).await;
    let path = format!("/api/v1/people/{}/portrait", person(app, staff_no));
    assert_eq!(admin.put(&path, &json!({ "photo_id": photo })).await.expect(200).json()["portrait"], photo);
    photo
}

async fn place(app: &TestApp) -> Value {
    app.visitor().get(&format!("/api/v1/place?grid={GRID}")).await.expect(200).json()
}

/// What a stranger is answered who asks for a portrait at a grid.
async fn stranger(app: &TestApp, grid: &str, photo: &str) -> u16 {
    app.visitor().get(&format!("/api/v1/grids/{grid}/portraits/{photo}")).await.status.as_u16()
}

fn worker_post(app: &TestApp) -> String {
    let org = app.org.directory();
    let grid = org.value.unit_by_code(GRID).unwrap().id;
    org.value.posts(grid, app.now()).find(|p| p.slot == "full_time").unwrap().id.to_string()
}

async fn stored(app: &TestApp) -> usize {
    app.blob.list(None, 1000).await.unwrap().len()
}

async fn records(app: &TestApp) -> Vec<String> {
    let statement = db::sql!("select action as value from audit where action like 'org.portrait.%' order by action");
    app.db.read().await.unwrap().values(statement, db::bind![]).await.unwrap()
}

testkit::both! {
    async fn a_portrait_is_put_replaced_and_removed(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        assert!(place(&app).await["worker"].get("portrait").is_none());
        let first = given(&app, &admin, "1001", 1).await;
        assert_eq!(place(&app).await["worker"]["portrait"], first);
        let path = format!("/api/v1/grids/{GRID}/portraits/{first}");
        let seen = app.visitor().get(&path).await.expect(200);
        assert_eq!((&seen.headers[header::CONTENT_TYPE], &seen.headers[header::CACHE_CONTROL]), (&"image/jpeg".parse().unwrap(), &"private, no-cache".parse().unwrap()));
        // The whole picture is for nobody.
        assert_eq!(image::load_from_memory(&seen.body).unwrap().height(), 320);
        assert_eq!(app.visitor().get(&format!("{path}?size=thumb")).await.expect(200).body, seen.body);
        let tag = seen.headers[header::ETAG].to_str().unwrap();
        assert_eq!(app.visitor().with(header::IF_NONE_MATCH, tag).get(&path).await.status.as_u16(), 304);

        let second = given(&app, &admin, "1001", 2).await;
        assert_eq!((place(&app).await["worker"]["portrait"].as_str(), stored(&app).await), (Some(second.as_str()), 2));
        assert_eq!((stranger(&app, GRID, &first).await, stranger(&app, GRID, &second).await), (404, 200));
        let own = format!("/api/v1/people/{}/portrait", person(&app, "1001"));
        admin.put(&own, &json!({ "photo_id": second })).await.expect(200);
        admin.delete(&own).await.expect(200);
        assert_eq!((stranger(&app, GRID, &second).await, stored(&app).await), (404, 0));
        admin.get(&format!("{own}/{second}")).await.refused(404, "not-found");
        admin.delete(&own).await.refused(404, "not-found");
        assert!(place(&app).await["worker"].get("portrait").is_none());
        // What changed nothing left no row.
        assert_eq!(records(&app).await, ["org.portrait.put", "org.portrait.put", "org.portrait.remove"]);
    }

    async fn the_same_key_puts_one_portrait(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let path = format!("/api/v1/people/{}/portrait", person(&app, "1001"));
        let body = json!({ "photo_id": uploaded(&admin, 1).await });
        let put = async |body: &Value| {
            let headers = [("content-type", "application/json"), ("idempotency-key", "portrait-of-1001")];
            admin.send(Method::PUT, &path, Some(body.to_string().into()), &headers).await
        };
        let (first, again) = (put(&body).await.expect(200), put(&body).await.expect(200));
        assert_eq!((first.body, again.headers.get("idempotent-replay").is_some()), (again.body, true));
        put(&json!({ "photo_id": uploaded(&admin, 2).await })).await.refused(409, "key-reused");
        assert_eq!(records(&app).await, ["org.portrait.put"]);
    }

    async fn a_wrong_upload_changes_nothing(engine: Engine) {
        let app = district(engine).await;
        let (admin, other) = (app.login_as("system-admin", "/").await, app.login_as("community-desk", COMMUNITY).await);
        let kept = given(&app, &admin, "1001", 1).await;
        let path = format!("/api/v1/people/{}/portrait", person(&app, "1001"));
        for photo in [uploaded(&other, 2).await, Uuid::from_u128(9).to_string()] {
            let refused = admin.put(&path, &json!({ "photo_id": photo })).await;
            refused.refused(400, "invalid");
            assert_eq!(refused.json()["fields"][0], json!({ "field": "photo_id", "code": "unknown" }));
        }
        // The portrait of somebody is nobody else's.
        let another = format!("/api/v1/people/{}/portrait", person(&app, "1002"));
        admin.put(&another, &json!({ "photo_id": kept })).await.refused(400, "invalid");
        assert_eq!((stranger(&app, GRID, &kept).await, records(&app).await.len()), (200, 1));
        other.put(&path, &json!({ "photo_id": kept })).await.refused(403, "forbidden");
        other.delete(&path).await.refused(403, "forbidden");
        admin.put(&format!("/api/v1/people/{}/portrait", Uuid::from_u128(9)), &json!({ "photo_id": kept })).await.refused(404, "not-found");
    }

    async fn a_portrait_is_shown_as_long_as_its_owner_answers(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let (worker, deputy) = (given(&app, &admin, "1001", 1).await, given(&app, &admin, "1002", 2).await);
        let (head, desk) = (given(&app, &admin, "1003", 3).await, given(&app, &admin, "1004", 4).await);
        let public = async || {
            let mut all = vec![];
            for photo in [&worker, &deputy, &head, &desk] {
                all.push(stranger(&app, GRID, photo).await);
            }
            all
        };
        // Neither the head, who does not answer, nor somebody of a street, nor the worker of the next grid.
        assert_eq!(public().await, [200, 404, 404, 404]);
        assert_eq!(stranger(&app, "990101001001002", &worker).await, 404);
        assert_eq!((stranger(&app, "990101001", &worker).await, stranger(&app, "nowhere", &worker).await), (404, 404));

        let now = app.now();
        let wish = json!({"person": person(&app, "1001"), "from": now, "to": now.plus_days(3), "deputy": person(&app, "1002")});
        let leave = admin.post("/api/v1/leave", &wish).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        assert_eq!(public().await, [200, 404, 404, 404]);
        admin.post(&format!("/api/v1/leave/{leave}/confirm"), &json!({})).await.expect(200);
        assert_eq!((public().await, place(&app).await["deputy"]["portrait"].as_str()), (vec![200, 200, 404, 404], Some(deputy.as_str())));
        app.clock.advance(4 * 24 * 3_600_000);
        assert_eq!((public().await, &place(&app).await["deputy"]), (vec![200, 404, 404, 404], &Value::Null));

        // Who leaves the post is not seen any more, and the head stands in.
        admin.post(&format!("/api/v1/posts/{}/vacate", worker_post(&app)), &json!({})).await.expect(200);
        assert_eq!((public().await, place(&app).await["deputy"]["portrait"].as_str()), (vec![404, 404, 200, 404], Some(head.as_str())));
    }

    async fn the_portrait_of_who_left_goes_after_thirty_days(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let (left, stays) = (given(&app, &admin, "1001", 1).await, given(&app, &admin, "1002", 2).await);
        let seen = async |staff_no: &str, photo: &str| {
            let path = format!("/api/v1/people/{}/portrait/{photo}", person(&app, staff_no));
            admin.get(&path).await.status.as_u16()
        };
        admin.post(&format!("/api/v1/posts/{}/vacate", worker_post(&app)), &json!({})).await.expect(200);
        app.clock.advance(30 * 24 * 3_600_000 - 1);
        assert_eq!((portraits::expire(&app).await.unwrap(), seen("1001", &left).await), (0, 200));
        app.clock.advance(1);
        assert_eq!((portraits::expire(&app).await.unwrap(), portraits::expire(&app).await.unwrap()), (1, 0));
        assert_eq!((seen("1001", &left).await, seen("1002", &stays).await, stored(&app).await), (404, 200, 2));
        assert_eq!(records(&app).await, ["org.portrait.put", "org.portrait.put", "org.portrait.remove"]);
        // Whoever is back in a post is given a new one, and keeps it.
        let back = json!({ "person": person(&app, "1001") });
        admin.post(&format!("/api/v1/posts/{}/assign", worker_post(&app)), &back).await.expect(200);
        given(&app, &admin, "1001", 3).await;
        app.clock.advance(365 * 24 * 3_600_000);
        assert_eq!(portraits::expire(&app).await.unwrap(), 0);
    }

    async fn the_board_shows_who_stands_in(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let (deputy, head) = (given(&app, &admin, "1002", 1).await, given(&app, &admin, "1003", 2).await);
        let shown = async || {
            let board = admin.get(&format!("/api/v1/grids/{GRID}/board?origin=https://grid.example")).await.expect(200).json();
            let worker = board["people"].as_array().unwrap().iter().find(|p| p["slot"] == "full_time").unwrap().clone();
            (worker["name"].clone(), worker["deputy"]["person"].clone(), worker["deputy"]["portrait"].clone())
        };
        assert_eq!(shown().await, (json!("周以宁"), Value::Null, Value::Null));
        let now = app.now();
        let wish = json!({"person": person(&app, "1001"), "from": now, "to": now.plus_days(3), "deputy": person(&app, "1002")});
        let leave = admin.post("/api/v1/leave", &wish).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        admin.post(&format!("/api/v1/leave/{leave}/confirm"), &json!({})).await.expect(200);
        assert_eq!(shown().await, (json!("周以宁"), json!(person(&app, "1002")), json!(deputy)));
        // While nobody has the post it is whoever answers then.
        app.clock.advance(4 * 24 * 3_600_000);
        admin.post(&format!("/api/v1/posts/{}/vacate", worker_post(&app)), &json!({})).await.expect(200);
        assert_eq!(shown().await, (Value::Null, json!(person(&app, "1003")), json!(head)));
    }

    async fn staff_see_the_portraits_of_those_they_may_look_up(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let worker = given(&app, &admin, "1001", 1).await;
        let path = format!("/api/v1/people/{}/portrait/{worker}", person(&app, "1001"));
        let desk = app.login_as("community-desk", COMMUNITY).await;
        desk.get(&path).await.expect(200);
        let people = desk.get("/api/v1/people").await.expect(200).json();
        let portraits: Vec<_> = people["items"].as_array().unwrap().iter().map(|p| p["portrait"].as_str()).collect();
        assert_eq!(portraits, [Some(worker.as_str()), None, None]);
        let board = desk.get(&format!("/api/v1/grids/{GRID}/board?origin=https://grid.example")).await.expect(200).json();
        let shown: Vec<_> = board["people"].as_array().unwrap().iter().map(|p| (p["slot"].as_str().unwrap(), p["portrait"].as_str())).collect();
        assert!(shown.contains(&("full_time", Some(worker.as_str()))) && shown.contains(&("head", None)), "{shown:?}");
        // Under another's name it is not there, nor for whoever does not see its owner, nor for a stranger.
        desk.get(&format!("/api/v1/people/{}/portrait/{worker}", person(&app, "1002"))).await.refused(404, "not-found");
        app.login_as("community-desk", "/990101/990101002/990101002001/").await.get(&path).await.refused(404, "not-found");
        app.visitor().get(&path).await.refused(401, "unauthenticated");
        app.login_as("audit-admin", "/").await.get(&path).await.refused(403, "forbidden");
    }

    async fn everybody_puts_and_removes_his_own(engine: Engine) {
        let app = district(engine).await;
        let id: Uuid = person(&app, "1001").parse().unwrap();
        let grid = format!("{COMMUNITY}{GRID}/");
        let me = app.browse_with(&[("grid-worker", &grid)], Some(id)).await;
        let own = "/api/v1/account/portrait";
        assert_eq!(me.get(own).await.expect(200).json(), json!({ "person": id, "portrait": null }));
        let photo = uploaded(&me, 1).await;
        me.put(own, &json!({ "photo_id": photo })).await.expect(200);
        assert_eq!(me.get(own).await.expect(200).json()["portrait"], photo);
        me.get(&format!("/api/v1/people/{id}/portrait/{photo}")).await.expect(200);
        assert_eq!(stranger(&app, GRID, &photo).await, 200);
        me.delete(&format!("/api/v1/people/{id}/portrait")).await.refused(403, "forbidden");
        me.delete(own).await.expect(200);
        me.delete(own).await.refused(404, "not-found");
        assert_eq!((stranger(&app, GRID, &photo).await, stored(&app).await), (404, 0));
        // An account that is nobody's has no face; a program does not put one.
        app.browse_as("system-admin", "/").await.get(own).await.refused(404, "not-found");
        app.login_with(&[("grid-worker", &grid)], None).await.delete(own).await.refused(403, "forbidden");
    }

    async fn where_it_was_taken_is_forgotten(engine: Engine) {
        let app = district(engine).await;
        let admin = app.login_as("system-admin", "/").await;
        let photo: Uuid = uploaded(&admin, 1).await.parse().unwrap();
        let mut tx = app.db.begin();
        tx.execute(db::sql!("update file set lon = 116.0, lat = 39.0, taken_at = 1 where id = $1"), db::bind![photo]).await.unwrap();
        tx.commit().await.unwrap();
        admin.put(&format!("/api/v1/people/{}/portrait", person(&app, "1001")), &json!({ "photo_id": photo })).await.expect(200);
        let of = crate::modules::files::of(&mut app.db.read().await.unwrap(), "person", person(&app, "1001").parse().unwrap()).await.unwrap();
        assert_eq!((of.len(), of[0].id, of[0].lon, of[0].lat, of[0].taken_at), (1, Id::from_uuid(photo), None, None, None));
    }

    async fn a_folder_of_portraits_is_taken_whole_or_not_at_all(engine: Engine) {
        let app = district(engine).await;
        let folder = tempfile::tempdir().unwrap();
        let given = |staff_no: &str, bytes: Vec<u8>| {
            let file = folder.path().join(format!("{staff_no}.{}", bytes.len()));
            std::fs::write(&file, bytes).unwrap();
            Given { staff_no: staff_no.to_owned(), file }
        };
        let wrong = give(&app, vec![given("1001", picture(1)), given("1002", b"no picture".to_vec()), given("9999", picture(3))]).await.unwrap();
        assert_eq!(wrong.iter().map(|w| w.0.as_str()).collect::<Vec<_>>(), ["1002", "9999"]);
        let twice = give(&app, vec![given("1001", picture(1)), given("1001", b"another".to_vec())]).await.unwrap();
        assert_eq!(twice, [("1001".to_owned(), "there are two pictures of this staff number".to_owned())]);
        assert!(place(&app).await["worker"].get("portrait").is_none());
        assert_eq!(give(&app, vec![given("1001", picture(1)), given("1002", picture(2))]).await.unwrap(), vec![]);
        let photo = place(&app).await["worker"]["portrait"].as_str().unwrap().to_owned();
        assert_eq!(stranger(&app, GRID, &photo).await, 200);
    }
}
