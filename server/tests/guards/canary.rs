//! What is personal stays inside: reports with marked names, numbers and addresses, then every role reads everything that can be read.
//! No mark may stand in an answer, in a header, or in the log.

use std::{
    io::Write,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use axum::http::Method;
use jingwei::testing::{
    Client, Reply, TestApp,
    town::{COMMUNITY, DISTRICT, HOME},
};
use serde_json::{Value, json};
use testkit::Engine;

use crate::contract::{operations, policy};

/// The marks: a name, two telephone numbers, an address, an identity number, and a plate. Each is also looked for without its hyphens.
const MARKS: &[&str] =
    &["欧阳栖梧", "13987654321", "140-0000-7391", "梧桐里77栋1403室", "990101199001017391", "99010119900101739", "京A8D73K"];

fn report() -> Value {
    json!({
        "text": "我叫欧阳栖梧，电话13987654321，身份证990101199001017391，楼道灯坏了，车牌京A8D73K的车主也知道",
        "lon": HOME.0, "lat": HOME.1, "name": "欧阳栖梧", "phone": "140-0000-7391", "address": "梧桐里77栋1403室",
    })
}

/// The marks that stand in a text.
fn marks_in(text: &str) -> Vec<&'static str> {
    let plain: String = text.chars().filter(|c| *c != '-' && *c != ' ').collect();
    MARKS.iter().copied().filter(|m| text.contains(m) || plain.contains(&m.replace('-', ""))).collect()
}

/// Everything that the program logs while these tests run, at every level.
fn log() -> Arc<Mutex<Vec<u8>>> {
    static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Arc::new(Mutex::new(vec![]));
        let writer = Arc::clone(&log);
        let made = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || Keep(Arc::clone(&writer)))
            .try_init();
        assert!(made.is_ok(), "another log was set up before");
        log
    })
    .clone()
}

struct Keep(Arc<Mutex<Vec<u8>>>);

impl Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A case with everything that a reporter can say, and what hangs on it.
struct Told {
    id: String,
    track: String,
    account: String,
    /// The link of a partner, and what was made on the way, by the place that it has in a path.
    partner: String,
    whistle: String,
    supervision: String,
    receiver: String,
    faces: Faces,
}

/// Two people with portraits: who works in the grid, and whom the public has nothing to do with.
struct Faces {
    worker: String,
    /// The worker's portrait, and the other's, which no stranger may hear of.
    shown: String,
    hidden: String,
}

/// A portrait as a telephone writes it, with the marks in what it says of itself.
fn portrait() -> Vec<u8> {
    let mut jpeg = std::io::Cursor::new(vec![]);
    image::RgbImage::from_pixel(300, 400, image::Rgb([200, 120, 90])).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let (plain, told) = (jpeg.into_inner(), WORDS.as_bytes());
    // A comment, right behind the beginning.
    [&plain[..2], &[0xff, 0xfe], &(told.len() as u16 + 2).to_be_bytes(), told, &plain[2..]].concat()
}

async fn faces(app: &TestApp) -> Faces {
    let admin = app.login_as("system-admin", DISTRICT).await;
    let id = |reply: Reply| reply.json()["id"].as_str().unwrap().to_owned();
    let mut made = vec![];
    for (n, code, slot) in [("F001", "990101001001001", "full_time"), ("F002", "990101001", "desk")] {
        let person = id(admin.post("/api/v1/people", &json!({"staff_no": n, "name": "走查员"})).await.expect(201));
        let unit = app.org.directory().value.unit_by_code(code).unwrap().id;
        let post = json!({"slot": slot, "title": "岗位"});
        let post = id(admin.post(&format!("/api/v1/units/{unit}/posts"), &post).await.expect(201));
        admin.post(&format!("/api/v1/posts/{post}/assign"), &json!({"person": person})).await.expect(200);
        let sent = admin.send(Method::POST, "/api/v1/photos", Some(portrait().into()), &[("content-type", "image/jpeg")]).await;
        let photo = id(sent.expect(201));
        admin.put(&format!("/api/v1/people/{person}/portrait"), &json!({"photo_id": photo})).await.expect(200);
        made.push((person, photo));
    }
    let [(worker, shown), (_, hidden)] = made.try_into().unwrap();
    Faces { worker, shown, hidden }
}

/// What staff write too: nobody keeps them from writing what they were told.
const WORDS: &str = "我叫欧阳栖梧，电话13987654321，身份证990101199001017391，车牌京A8D73K";

async fn tell(app: &TestApp) -> Told {
    let visitor = app.visitor();
    let receipt = visitor.post("/api/v1/reports", &report()).await.expect(201).json();
    let (id, track) = (receipt["id"].as_str().unwrap().to_owned(), receipt["track"].as_str().unwrap().to_owned());
    let remark = json!({"text": "我是欧阳栖梧，再打13987654321找我"});
    visitor.post(&format!("/api/v1/reports/{track}/remarks"), &remark).await.expect(200);
    // A neighbour joins the case, with the same marks.
    let mut joining = report();
    joining["join"] = receipt["code"].clone();
    visitor.post("/api/v1/reports", &joining).await.expect(201);
    // A second report whose reporter wants to stay unknown.
    let mut hidden = report();
    hidden["confidential"] = json!(true);
    visitor.post("/api/v1/reports", &hidden).await.expect(201);
    let account = app.account(&[("community-desk", COMMUNITY)], None).await.to_string();
    let (partner, receiver) = exceptions(app, &id, &track).await;
    let first = async |path: &str| {
        let desk = app.login_as("supervisor", DISTRICT).await;
        desk.get(path).await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let (whistle, supervision) = (first("/api/v1/whistles").await, first("/api/v1/supervisions").await);
    let faces = faces(app).await;
    Told { id, track, account, partner, whistle, supervision, receiver, faces }
}

/// Everything off the straight road on which somebody writes something, each with the marks in it.
async fn exceptions(app: &TestApp, id: &str, track: &str) -> (String, String) {
    let path = format!("/api/v1/incidents/{id}");
    let (district, head) = (app.login_as("district-dispatch", DISTRICT).await, app.login_as("grid-head", DISTRICT).await);
    let supervisor = app.login_as("supervisor", DISTRICT).await;
    if district.get(&path).await.expect(200).json()["state"] == "received" {
        let lamp = json!({"matter": app.matter("楼道灯不亮")});
        district.post(&format!("{path}/accept"), &lamp).await.expect(200);
        district.post(&format!("{path}/dispatch"), &json!({})).await.expect(200);
    }
    let case = district.get(&path).await.expect(200).json();
    let task = |role: &str| {
        let task = case["tasks"].as_array().unwrap().iter().find(|t| t["role"] == role).unwrap();
        format!("{path}/tasks/{}", task["id"].as_str().unwrap())
    };
    let (lead, helper) = (task("lead"), task("helper"));
    head.post(&format!("{path}/object"), &json!({"reason": WORDS, "basis": WORDS})).await.expect(200);
    let review = supervisor.get("/api/v1/objections").await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    let ruling = json!({"upheld": false, "words": WORDS});
    supervisor.post(&format!("/api/v1/objections/{review}/rule"), &ruling).await.expect(200);
    let order = json!({"card": "urge", "reply_by": "2025-03-12T10:00:00+08:00", "words": WORDS});
    supervisor.post(&format!("{path}/supervise"), &order).await.expect(200);
    let unit = app.org.directory().value.unit_by_code("S001-LAW").unwrap().id;
    let whistle = json!({"units": [{"unit": unit, "role": "helper"}], "words": WORDS});
    district.post(&format!("{path}/whistle"), &whistle).await.expect(200);
    let wish = json!({"by": {"n": 1, "unit": "working_day"}, "reason": WORDS});
    head.post(&format!("{lead}/extend"), &wish).await.expect(200);
    let fire = app.org.directory().value.unit_by_code("D-FIRE").unwrap().id;
    let conference = json!({"chair": "街道办事处", "units": [unit, fire], "minutes": WORDS, "decision": WORDS});
    district.post(&format!("{path}/confer"), &conference).await.expect(200);
    district.post(&format!("{path}/ask"), &json!({"question": WORDS})).await.expect(200);
    app.visitor().post(&format!("/api/v1/reports/{track}/answers"), &json!({"text": WORDS})).await.expect(200);
    district.post(&format!("{path}/escalate"), &json!({"reason": WORDS})).await.expect(403);
    head.post(&format!("{lead}/escalate"), &json!({"reason": WORDS})).await.expect(200);
    district.post(&format!("{path}/note"), &json!({"text": WORDS, "public": true})).await.expect(200);
    let secret =
        district.post(&format!("{helper}/link"), &json!({})).await.expect(201).json()["secret"].as_str().unwrap().to_owned();
    app.visitor().post(&format!("/api/v1/partner/{secret}/accept"), &json!({})).await.expect(200);
    app.visitor().post(&format!("/api/v1/partner/{secret}/note"), &json!({"text": WORDS})).await.expect(200);
    let admin = app.login_as("system-admin", DISTRICT).await;
    let receiver = json!({"name": "城运平台", "url": "https://example.com/hook", "kinds": []});
    let receiver = admin.post("/api/v1/webhooks", &receiver).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    (secret, receiver)
}

/// Every way to read an operation: the ids of what was told, and each shape that an export has.
fn paths(operation: &str, told: &Told) -> Vec<String> {
    let nobody = "01957f00-0000-7000-8000-00000000dead";
    let id = match operation {
        o if o.contains("/incidents/{id}") => &told.id,
        o if o.contains("/whistles/{id}") => &told.whistle,
        o if o.contains("/supervisions/{id}") => &told.supervision,
        o if o.contains("/webhooks/{id}") => &told.receiver,
        o if o.contains("/people/{id}") => &told.faces.worker,
        _ => nobody,
    };
    let path = operation
        .trim_start_matches("GET ")
        .replace("{track}", &told.track)
        .replace("{secret}", &told.partner)
        .replace("{share}", nobody)
        .replace("{account}", &told.account)
        .replace("{id}", id)
        .replace("{year}", "2025")
        .replace("{period}", "2025-02")
        .replace("{code}", "990101001001001")
        .replace("{level}/{x}/{y}", "near/13330/6594")
        .replace("{photo}", if operation.contains("portrait") { &told.faces.shown } else { nobody });
    match path.as_str() {
        "/api/v1/incidents/export" => ["csv", "geojson"].iter().map(|f| format!("{path}?format={f}")).collect(),
        "/api/v1/incidents" => vec![path.clone(), format!("{path}?q=%E6%AC%A7%E9%98%B3"), format!("{path}?q=13987654321")],
        "/api/v1/duty" => vec![format!("{path}?unit=990101")],
        "/api/v1/reports/rates" | "/api/v1/reports/rates/export" => ["street", "matter"]
            .iter()
            .map(|by| format!("{path}?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z&by={by}"))
            .collect(),
        "/api/v1/reports/days" | "/api/v1/reports/days/export" | "/api/v1/reports/repeats" | "/api/v1/reports/repeats/export" => {
            vec![format!("{path}?from=2025-03-01T00:00:00Z&to=2025-04-01T00:00:00Z&least=2")]
        }
        p if p.ends_with("/board") => vec![format!("{path}?origin=https%3A%2F%2Fgrid.example")],
        "/api/v1/place" => vec![format!("{path}?lon={}&lat={}", HOME.0, HOME.1)],
        "/api/v1/responsible" => vec![format!("{path}?lead=S001-LAW&lon={}&lat={}", HOME.0, HOME.1)],
        _ => vec![path],
    }
}

fn judge(leaks: &mut Vec<String>, who: &str, path: &str, reply: &Reply, told: &Told) {
    // A search repeats what was searched for only in the caller's own address.
    let headers: String =
        reply.headers.iter().map(|(n, v)| format!("{n}: {}\n", String::from_utf8_lossy(v.as_bytes()))).collect();
    for mark in marks_in(&reply.text()).into_iter().chain(marks_in(&headers)) {
        leaks.push(format!("{who}: {path} answered {} with {mark}", reply.status));
    }
    if who == "nobody" && reply.text().contains(&told.faces.hidden) {
        leaks.push(format!("{who}: {path} names the portrait of somebody who answers for no grid"));
    }
}

/// Reads everything that `client` may read; an open stream is left out, since it never ends. Returns how many answers came.
async fn crawl(leaks: &mut Vec<String>, who: &str, client: &Client, told: &Told) -> usize {
    let mut answers = 0;
    for operation in operations().iter().filter(|o| o.name.starts_with("GET ") && o.name != "GET /api/v1/events") {
        for path in paths(&operation.name, told) {
            let reply = client.send(Method::GET, &path, None, &[]).await;
            judge(leaks, who, &path, &reply, told);
            answers += usize::from(reply.status.is_success());
        }
    }
    answers
}

testkit::both! {
    async fn nothing_personal_leaves_unasked(engine: Engine) {
        let log = log();
        let app = TestApp::new(engine).await.with_town().await;
        let told = tell(&app).await;
        while jingwei::modules::incidents::search::index(&app).await.unwrap() > 0 {}
        let (mut leaks, mut answers) = (vec![], 0);
        answers += crawl(&mut leaks, "nobody", &app.visitor(), &told).await;
        let face = app.visitor().get(&format!("/api/v1/grids/990101001001001/portraits/{}", told.faces.shown)).await.expect(200);
        assert!(marks_in(&String::from_utf8_lossy(&portrait())).len() > 2 && face.body.starts_with(&[0xff, 0xd8]), "no portrait was read");
        app.visitor().get(&format!("/api/v1/grids/990101001001001/portraits/{}", told.faces.hidden)).await.refused(404, "not-found");
        for (role, _) in policy() {
            let client = app.login_as(&role, DISTRICT).await;
            answers += crawl(&mut leaks, &role, &client, &told).await;
        }
        assert!(answers > 150, "only {answers} answers were read");
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));

        // The marks are there: asked for with a purpose, each comes out.
        let desk = app.login_as("district-dispatch", DISTRICT).await;
        let mut shown = String::new();
        for field in ["name", "phone", "address", "text"] {
            let body = json!({"field": field, "purpose": "回访"});
            shown += &desk.post(&format!("/api/v1/incidents/{}/reveal", told.id), &body).await.expect(200).text();
        }
        for mark in ["欧阳栖梧", "13987654321", "140-0000-7391", "梧桐里77栋1403室", "990101199001017391"] {
            assert!(shown.contains(mark), "{mark} was not kept: {shown}");
        }
        let logged = String::from_utf8_lossy(&log.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
        assert!(logged.len() > 1_000, "nothing was logged");
        assert_eq!(marks_in(&logged), Vec::<&str>::new(), "in the log");
    }
}

#[test]
fn a_mark_is_found_however_it_is_written() {
    assert_eq!(marks_in("拨打 140 0000 7391"), ["140-0000-7391"]);
    assert_eq!(marks_in("欧** 140****7391"), Vec::<&str>::new());
}
