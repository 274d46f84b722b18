//! Three stories of a district's day from end to end over HTTP: the visit without network, the red figure that becomes an order, the board
//! at the entrance. The others run in the tests of their slices.

use serde_json::{Value, json};
use testkit::Engine;

use crate::testing::{
    Client, Reply, TestApp,
    town::{COMMUNITY, DEPARTMENT, DISTRICT, FAR, HOME},
};

const HOUR: i64 = 3_600_000;
const LAMP: &str = "楼道灯坏了，单元楼道里的灯不亮";

/// A photograph as a phone takes it.
fn photograph(shade: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(vec![]);
    let picture = image::RgbImage::from_pixel(320, 240, image::Rgb([shade, 120, 90]));
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

async fn upload(client: &Client, shade: u8) -> String {
    let headers = [("content-type", "image/jpeg")];
    let reply = client.send(axum::http::Method::POST, "/api/v1/photos", Some(photograph(shade).into()), &headers).await;
    reply.expect(201).json()["id"].as_str().unwrap().to_owned()
}

async fn report(app: &TestApp, words: &str, (lon, lat): (f64, f64)) -> Value {
    let body = json!({ "text": words, "lon": lon, "lat": lat, "phone": "140-0000-1234" });
    app.visitor().post("/api/v1/reports", &body).await.expect(201).json()
}

fn path(receipt: &Value) -> String {
    format!("/api/v1/incidents/{}", receipt["id"].as_str().unwrap())
}

fn unit(app: &TestApp, code: &str) -> String {
    app.org.directory().value.unit_by_code(code).unwrap().id.to_string()
}

/// What a phone keeps while there is no network: a command with the key that it was given on the device.
struct Kept {
    key: String,
    path: String,
    body: Value,
}

impl Kept {
    fn new(n: u64, path: String, body: Value) -> Self {
        Self { key: format!("01957f00-0000-4000-8000-{n:012x}"), path, body }
    }

    async fn send(&self, client: &Client) -> Reply {
        client.post_keyed(&self.path, &self.body, &self.key).await
    }
}

testkit::both! {
    /// 周以宁 closes a case with no network: the outbox is sent a day later, photographs first, and answers are lost on the way.
    async fn a_visit_without_network(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let receipt = report(&app, LAMP, HOME).await;
        let case = path(&receipt);
        let worker = app.login_as("grid-worker", COMMUNITY).await;
        let inbox = worker.get("/api/v1/inbox").await.expect(200).json();
        let row = inbox["items"].as_array().unwrap().iter().find(|i| i["code"] == receipt["code"]).unwrap().clone();
        let task = row["task"]["id"].as_str().unwrap();

        // In the stairwell: taken on, done with a photograph, and something found on the way and solved at once.
        let taken = Kept::new(1, format!("{case}/tasks/{task}/accept"), json!({ "version": row["version"] }));
        let found = |photo: &str| {
            let solved = json!({ "result": "solved", "public_reply": "已清走", "photo_ids": [photo] });
            let body = json!({ "text": "消防通道堆放杂物，疏散通道堆满东西", "lon": HOME.0, "lat": HOME.1, "channel": "patrol", "solved": solved });
            Kept::new(3, "/api/v1/incidents".into(), body)
        };
        let done = |photo: &str| {
            let body = json!({ "result": "solved", "public_reply": "灯已修好", "photo_ids": [photo] });
            Kept::new(2, format!("{case}/tasks/{task}/done"), body)
        };

        // Back in the network, a day later. What is sent before its photograph is refused and changes nothing.
        app.clock.advance(26 * HOUR);
        let first = taken.send(&worker).await.expect(200).json();
        assert_eq!(first["state"].as_str(), Some("in_progress"));
        done("01957f00-0000-7000-8000-00000000dead").send(&worker).await.expect(400);
        let (lamp, heap) = (upload(&worker, 10).await, upload(&worker, 200).await);
        // The refused attempt kept nothing under the key, so the outbox sends the same command with the right photograph.
        let done = done(&lamp);
        let answers = [done.send(&worker).await.expect(200).json(), done.send(&worker).await.expect(200).json()];
        assert_eq!(answers[0], answers[1], "a lost answer is given again");
        assert_eq!(taken.send(&worker).await.expect(200).json(), first, "whatever has happened since");
        let found = found(&heap);
        let receipts = [found.send(&worker).await.expect(201).json(), found.send(&worker).await.expect(201).json()];
        assert_eq!(receipts[0], receipts[1]);
        let other = Kept { body: json!({ "text": "另一件", "lon": HOME.0, "lat": HOME.1, "channel": "patrol" }), ..found };
        other.send(&worker).await.refused(409, "key-reused");

        let desk = app.login_as("community-desk", COMMUNITY).await;
        let seen = desk.get(&case).await.expect(200).json();
        let kinds = |case: &Value, what: &str| case["steps"].as_array().unwrap().iter().filter(|s| s["action"] == what).count();
        assert_eq!((seen["state"].as_str(), seen["photos"].as_array().unwrap().len()), (Some("resolved"), 1));
        assert_eq!((kinds(&seen, "take_on"), kinds(&seen, "resolve")), (1, 1), "once, however often it was sent");
        let list = desk.get("/api/v1/incidents").await.expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), 2, "one case was found on the way, not two");
        let on_the_way = desk.get(&path(&receipts[0])).await.expect(200).json();
        assert_eq!((on_the_way["source"].as_str(), kinds(&on_the_way, "solve_on_spot")), (Some("worker"), 1));

        // What somebody else changed in the meantime is not overwritten by what the phone kept: it is told, and decides anew.
        let stale = Kept::new(4, format!("{case}/close"), json!({ "version": row["version"] }));
        stale.send(&desk).await.refused(409, "stale");
    }

    /// 石砚 opens a red figure, its list, makes an order of it, prints it; the weekly report shows what each share is of.
    async fn from_a_red_figure_to_an_order(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let monday = app.now();
        // Eight working hours for two lamps of the same street, one of which is mended in time; a street lamp far away; one that is nobody's.
        let (slow, quick) = (report(&app, LAMP, HOME).await, report(&app, "楼道灯坏了，楼梯间照明坏了", FAR).await);
        let far = report(&app, "马路路灯不亮，街上路灯坏了一排", FAR).await;
        let refused = report(&app, "天气不错", HOME).await;
        let dispatch = app.login_as("district-dispatch", DISTRICT).await;
        dispatch.post(&format!("{}/refuse", path(&refused)), &json!({ "reason": "no_request", "words": "没有诉求" })).await.expect(200);
        let mender = app.login_as("grid-head", DISTRICT).await;
        app.clock.advance(HOUR);
        for receipt in [&quick, &far] {
            let lead = mender.get(&path(receipt)).await.expect(200).json()["tasks"].as_array().unwrap().iter().find(|t| t["role"] == "lead").unwrap().clone();
            let task = format!("{}/tasks/{}", path(receipt), lead["id"].as_str().unwrap());
            mender.post(&format!("{task}/accept"), &json!({})).await.expect(200);
            mender.post(&format!("{task}/done"), &json!({ "result": "solved", "public_reply": "已修好" })).await.expect(200);
        }
        app.clock.advance(4 * 24 * HOUR);

        // The figure, and what is behind it: the list holds exactly as many cases as the number says, all of them red.
        let supervisor = app.login_as("supervisor", DISTRICT).await;
        let week = format!("from={monday}&to={}", monday.plus_days(7));
        let rates = supervisor.get(&format!("/api/v1/reports/rates?{week}")).await.expect(200).json();
        let rate = |rates: &Value, name: &str| {
            rates["total"]["rates"].as_array().unwrap().iter().find(|r| r["rate"] == name).unwrap().clone()
        };
        let overdue = rate(&rates, "overdue");
        assert_eq!((overdue["numerator"].as_i64(), overdue["denominator"].as_i64()), (Some(1), Some(3)));
        let list = supervisor.get(overdue["numerator_cases"].as_str().unwrap()).await.expect(200).json();
        let rows = list["items"].as_array().unwrap();
        assert_eq!((rows.len(), rows[0]["code"].as_str(), rows[0]["light"].as_str()), (1, slow["code"].as_str(), Some("red")));

        // The order: a number, a signer, an instant to reply by. The unit is told, replies, and the order is lifted.
        let by = app.now().plus_millis(6 * HOUR);
        let order = json!({ "card": "red", "reply_by": by, "words": "超期未办，请说明", "signer": "督查室" });
        let case = supervisor.post(&format!("{}/supervise", path(&slow)), &order).await.expect(200).json();
        assert_eq!(case["card"].as_str(), Some("red"));
        let board = supervisor.get("/api/v1/supervisions?state=open").await.expect(200).json();
        let (number, id) = (board["items"][0]["code"].as_str().unwrap(), board["items"][0]["id"].as_str().unwrap());
        let sheet = supervisor.get(&format!("/api/v1/supervisions/{id}")).await.expect(200).json();
        assert_eq!((sheet["signer"].as_str(), sheet["case"]["code"].as_str()), (Some("督查室"), slow["code"].as_str()));
        // On paper: the case with its order, whoever took it along on every page.
        let paper = supervisor.get(&format!("{}/dossier", path(&slow))).await.expect(200).text();
        assert!(paper.contains(slow["code"].as_str().unwrap()) && paper.contains(number), "{paper}");
        assert!(paper.contains("超期未办") && !paper.contains("140-0000-1234"), "{paper}");
        let community = app.login_as("community-desk", COMMUNITY).await;
        let reply = format!("/api/v1/supervisions/{id}/reply");
        community.post(&reply, &json!({ "text": "灯具缺货，明日更换" })).await.expect(200);
        app.login_as("department-desk", DEPARTMENT).await.post(&reply, &json!({ "text": "代答" })).await.expect(404);
        let lift = json!({ "lifted": true, "words": "已说明" });
        supervisor.post(&format!("/api/v1/supervisions/{id}/end"), &lift).await.expect(200);
        assert_eq!(supervisor.get("/api/v1/supervisions/counts").await.expect(200).json()["states"], json!({ "lifted": 1 }));

        // The weekly report: each share with its two numbers, frozen when the week is over, unmoved by what comes later.
        app.clock.advance(4 * 24 * HOUR);
        let table = supervisor.get(&format!("/api/v1/reports/rates/export?{week}")).await.expect(200).text();
        let mut table = csv::Reader::from_reader(table.trim_start_matches('\u{feff}').as_bytes());
        let head = table.headers().unwrap().clone();
        let total = table.records().next().unwrap().unwrap();
        let cell = |name: &str| total.get(head.iter().position(|h| h == name).unwrap()).unwrap().to_owned();
        assert_eq!((cell("上报").as_str(), cell("有效率分子").as_str(), cell("有效率分母").as_str(), cell("有效率（%）").as_str()), ("4", "3", "4", "75"));
        assert_eq!((cell("按期处置率分子").as_str(), cell("按期处置率分母").as_str()), ("2", "3"));
        supervisor.post("/api/v1/reports/periods/2025-W11/freeze", &json!({})).await.expect(201);
        let annul = json!({ "reason": "重复录入", "words": "已作废" });
        supervisor.post(&format!("{}/annul", path(&slow)), &annul).await.expect(200);
        let frozen = supervisor.get("/api/v1/reports/periods/2025-W11").await.expect(200).json();
        let of = |lines: &Value| lines[0]["rates"].as_array().unwrap().iter().find(|r| r["rate"] == "timely").unwrap()["denominator"].clone();
        assert_eq!((of(&frozen["frozen"]), of(&frozen["now"])), (json!(3), json!(2)));
        assert!(!frozen["differences"].as_array().unwrap().is_empty(), "the correction stands beside");
    }

    /// 韩溪's board at the entrance: who looks after this grid and which desk answers, for anybody; a vacancy is told, not hidden.
    async fn the_board_of_a_grid(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let admin = app.login_as("system-admin", DISTRICT).await;
        let person = json!({ "staff_no": "G-0001", "name": "周以宁", "phone": "140-0000-0001" });
        let person = admin.post("/api/v1/people", &person).await.expect(201).json()["id"].clone();
        let posts = format!("/api/v1/units/{}/posts", unit(&app, "990101001001001"));
        let post = admin.post(&posts, &json!({ "slot": "full_time", "title": "专职网格员" })).await.expect(201).json()["id"].clone();
        let assign = format!("/api/v1/posts/{}/assign", post.as_str().unwrap());
        admin.post(&assign, &json!({ "person": person })).await.expect(200);
        app.refresh().await.unwrap();

        // What the QR code on the board opens, without a log-in.
        let board = app.visitor().get(&format!("/api/v1/place?lon={}&lat={}", HOME.0, HOME.1)).await.expect(200).json();
        assert_eq!((board["grid"]["community"].as_str(), board["worker"]["name"].as_str()), (Some("一社区"), Some("周以宁")));
        let map = app.visitor().get("/api/v1/grids.geojson").await.expect(200).json();
        let drawn = map["features"].as_array().unwrap().iter().any(|f| f["properties"]["code"] == board["grid"]["code"]);
        assert!(drawn, "the outline is on the map");
        let district = app.visitor().get("/api/v1/district").await.expect(200).json();
        assert!(district["hotlines"].as_array().unwrap().iter().any(|h| h["phone"] == "12345"));
        // From the board to a report: it goes to the grid that the board stands in.
        let receipt = report(&app, LAMP, HOME).await;
        let track = app.visitor().get(&format!("/api/v1/reports/{}", receipt["track"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(track["grid"]["code"], board["grid"]["code"]);

        // A grid without a worker says so, and whose desk answers instead; the head sees it among the vacancies.
        let vacant = app.visitor().get(&format!("/api/v1/place?lon={}&lat={}", FAR.0, FAR.1)).await.expect(200).json();
        assert_eq!((&vacant["worker"], vacant["desk"]["name"].as_str()), (&Value::Null, Some("三社区")));
        // Who leaves the post leaves the board.
        admin.post(&format!("/api/v1/posts/{}/vacate", post.as_str().unwrap()), &json!({})).await.expect(200);
        app.refresh().await.unwrap();
        let board = app.visitor().get(&format!("/api/v1/place?lon={}&lat={}", HOME.0, HOME.1)).await.expect(200).json();
        assert_eq!(board["worker"], Value::Null);
    }
}
