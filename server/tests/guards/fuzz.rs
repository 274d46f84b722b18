//! Every operation of the contract is sent what its schema allows, and what it does not: no answer may be a fault of ours (trust T16; the long
//! form is `cargo xtask soak --only fuzz`).

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use jingwei::{
    http::contract,
    testing::{
        Client, TestApp,
        town::{DISTRICT, HOME},
    },
};
use serde_json::{Value, json};
use testkit::Engine;

use crate::contract::{operations, policy};

/// Calls of each operation; ten times as many in the long form.
const CALLS: usize = 8;

/// Chance from a seed, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let at = self.roll(list.len());
        list.get(at)
    }
}

/// What no form asks for.
fn noise(dice: &mut Dice) -> Value {
    match dice.roll(10) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(i64::MAX),
        3 => json!(1e308),
        4 => json!(""),
        5 => json!("长".repeat(3_000)),
        6 => json!("%_'\"\\;--\u{202e}\u{feff}🚲"),
        7 => json!([[[]]]),
        8 => json!({"a": {"b": []}}),
        _ => json!("2025-13-45T99:99:99+99:99"),
    }
}

/// Ids that the district has, by the list in which they stand.
type Known = BTreeMap<String, Vec<String>>;

struct Maker<'a> {
    document: &'a Value,
    known: &'a Known,
    dice: Dice,
    /// Whether this call may hold what no form asks for, and leave out what one wants.
    noisy: bool,
}

impl Maker<'_> {
    fn any_id(&mut self) -> String {
        let all: Vec<String> = self.known.values().flatten().cloned().collect();
        self.dice.of(&all).cloned().unwrap_or_else(|| "01957f00-0000-7000-8000-00000000dead".to_owned())
    }

    /// A value of a schema, or now and then one of none.
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if self.noisy && self.dice.roll(12) == 0 {
            return noise(&mut self.dice);
        }
        if let Some(there) = schema["$ref"].as_str().and_then(|r| self.document.pointer(r.trim_start_matches('#'))) {
            return if depth > 6 { Value::Null } else { self.value(&there.clone(), depth + 1) };
        }
        for several in ["oneOf", "anyOf"] {
            if let Some(one) = schema[several].as_array().and_then(|all| self.dice.of(all)).cloned() {
                return self.value(&one, depth + 1);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = serde_json::Map::new();
            for part in parts.clone() {
                if let Value::Object(part) = self.value(&part, depth + 1) {
                    whole.extend(part);
                }
            }
            return Value::Object(whole);
        }
        if let Some(word) = schema["enum"].as_array().and_then(|all| self.dice.of(all)) {
            return word.clone();
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        match self.dice.of(&kinds).copied().unwrap_or("object") {
            "string" => self.text(schema),
            "integer" => json!(self.dice.roll(5)),
            "number" if self.dice.roll(2) == 0 => json!(HOME.0),
            "number" => json!(HOME.1),
            "boolean" => json!(self.dice.roll(2) == 0),
            "null" => Value::Null,
            "array" => {
                let (count, items) = (self.dice.roll(3), schema["items"].clone());
                Value::Array((0..count).map(|_| self.value(&items, depth + 1)).collect())
            }
            _ => {
                let mut object = serde_json::Map::new();
                let wanted: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                for (name, part) in schema["properties"].as_object().into_iter().flatten() {
                    let needed = !self.noisy && wanted.contains(&name.as_str());
                    // A version that nobody saw is refused before anything else is looked at.
                    if name != "version" && (needed || self.dice.roll(3) > 0) {
                        object.insert(name.clone(), self.value(part, depth + 1));
                    }
                }
                Value::Object(object)
            }
        }
    }

    fn text(&mut self, schema: &Value) -> Value {
        match schema["format"].as_str() {
            Some("uuid") => json!(self.any_id()),
            Some("date-time" | "DateTime") => json!("2025-03-20T10:00:00+08:00"),
            Some("date") => json!("2025-03-20"),
            _ => match self.dice.roll(4) {
                0 => json!(self.any_id()),
                1 => json!("990101001001"),
                _ => json!("楼道灯坏了"),
            },
        }
    }

    /// The path with values for its names, and a query.
    fn path(&mut self, path: &str, operation: &Value) -> String {
        let mut made = path.to_owned();
        let mut query = vec![];
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default();
            match parameter["in"].as_str() {
                Some("query") if self.dice.roll(2) == 0 => {
                    let value = self.value(&parameter["schema"], 0);
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    query.push(format!("{name}={}", encoded(&text)));
                }
                _ => {}
            }
        }
        let list = path.split("/{").next().unwrap_or_default().to_owned();
        while let Some((head, rest)) = made.split_once('{') {
            let Some((_, tail)) = rest.split_once('}') else { break };
            let own = self.known.get(&list).and_then(|all| self.dice.of(all)).cloned();
            let value = if self.noisy && self.dice.roll(8) == 0 {
                "%F0%9F%9A%B2".to_owned()
            } else {
                own.unwrap_or_else(|| self.any_id())
            };
            made = format!("{head}{value}{tail}");
        }
        if query.is_empty() { made } else { format!("{made}?{}", query.join("&")) }
    }
}

fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// A caller for each permission: the first role that holds it, in the whole district.
async fn callers(app: &TestApp) -> BTreeMap<String, Client> {
    let mut all = BTreeMap::new();
    for (role, held) in policy() {
        let client = app.login_as(&role, DISTRICT).await;
        for permission in held {
            all.entry(permission).or_insert_with(|| client.clone());
        }
    }
    all
}

/// The ids of everything that a list shows.
async fn ids(app: &TestApp, callers: &BTreeMap<String, Client>) -> Known {
    let mut known = Known::new();
    for operation in
        operations().iter().filter(|o| o.name.starts_with("GET ") && !o.name.contains('{') && !o.name.ends_with("/events"))
    {
        let path = operation.name.trim_start_matches("GET ");
        let visitor = app.visitor();
        let caller = operation.permission.as_deref().and_then(|p| callers.get(p)).unwrap_or(&visitor);
        let reply = caller.get(path).await;
        let found: Vec<String> = reply.json()["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|i| i["id"].as_str().or_else(|| i["code"].as_str()).map(str::to_owned))
            .collect();
        if !found.is_empty() {
            known.insert(path.to_owned(), found);
        }
    }
    known
}

testkit::both! {
    async fn no_operation_answers_with_a_fault_of_ours(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        for n in 0..6 {
            let report = json!({ "text": format!("{n}号楼的楼道灯坏了，单元楼道里的灯不亮"), "lon": HOME.0, "lat": HOME.1 });
            app.visitor().post("/api/v1/reports", &report).await.expect(201);
        }
        let callers = callers(&app).await;
        let document = serde_json::to_value(contract()).unwrap();
        let calls = if std::env::var_os("JINGWEI_LONG").is_some() { 10 * CALLS } else { CALLS };
        let (mut faults, mut reached, mut sent) = (vec![], BTreeSet::new(), 0);
        let known = ids(&app, &callers).await;
        let mut maker = Maker { document: &document, known: &known, dice: Dice(0x9e37_79b9_7f4a_7c15), noisy: false };
        for operation in operations().iter().filter(|o| o.name != "GET /api/v1/events") {
            let (method, path) = operation.name.split_once(' ').unwrap();
            let described = &document["paths"][path][method.to_lowercase()];
            let schema = &described["requestBody"]["content"]["application/json"]["schema"];
            for n in 0..calls {
                maker.noisy = n % 2 == 1;
                let (visitor, path) = (app.visitor(), maker.path(path, described));
                let caller = match operation.permission.as_deref() {
                    None => &visitor,
                    Some(permission) => callers.get(permission).unwrap_or(&callers["incident.read"]),
                };
                let reply = if method == "GET" {
                    caller.send(Method::GET, &path, None, &[]).await
                } else {
                    let body = maker.value(schema, 0);
                    match method {
                        "PUT" => caller.put(&path, &body).await,
                        "DELETE" => caller.delete(&path).await,
                        _ => caller.post(&path, &body).await,
                    }
                };
                sent += 1;
                let busy = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::INSUFFICIENT_STORAGE].contains(&reply.status);
                if reply.status.is_server_error() && !busy {
                    faults.push(format!("{method} {path}: {} {}", reply.status, reply.text()));
                }
                if reply.status.is_success() {
                    reached.insert(operation.name.clone());
                }
            }
        }
        println!("{sent} calls, {} of {} operations answered with success", reached.len(), operations().len());
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        assert!(reached.len() * 5 > operations().len(), "only {} operations were reached", reached.len());
    }
}
