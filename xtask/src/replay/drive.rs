//! A case on its whole road: what a desk, a handler and a verifier do, and what the reporter says at the end.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::source::expect;
use crate::bench::{client::Connection, key};

/// Who acts. The verifier is another account than the handler.
pub struct Tokens {
    /// Accepts, dispatches, verifies, closes.
    pub desk: String,
    /// Takes tasks on and finishes them.
    pub handler: String,
}

/// What was needed on the road.
#[derive(Debug, Default)]
pub struct Road {
    /// The desk accepted it, since the system was not sure.
    pub accepted: bool,
    /// The desk dispatched it.
    pub dispatched: bool,
    /// Somebody verified it; the others were not drawn.
    pub verified: bool,
    /// The statements of each command.
    pub statements: Vec<u32>,
}

/// Drives a case until it is closed and rated.
pub fn drive(connection: &mut Connection, tokens: &Tokens, id: &str, track: &str, n: u64) -> Result<Road> {
    let mut road = Road::default();
    let mut case = expect(&connection.get(&format!("/api/v1/incidents/{id}"), &tokens.desk)?, 200, "the case")?;
    loop {
        let state = case["state"].as_str().context("no state")?.to_owned();
        let (token, path, body) = match state.as_str() {
            "received" => (&tokens.desk, "accept".to_owned(), accept(&case)),
            "accepted" => (&tokens.desk, "dispatch".to_owned(), json!({})),
            "assigned" => (&tokens.handler, format!("tasks/{}/accept", lead(&case)?), json!({})),
            "in_progress" => (&tokens.handler, format!("tasks/{}/done", lead(&case)?), done()),
            "resolved" => (&tokens.desk, "verify".to_owned(), json!({ "passed": true })),
            "verified" => (&tokens.desk, "close".to_owned(), json!({})),
            "closed" => break,
            other => bail!("case {id} stands in {other}"),
        };
        match state.as_str() {
            "received" => road.accepted = true,
            "accepted" => road.dispatched = true,
            "resolved" => road.verified = true,
            _ => {}
        }
        let answer = connection.post_as(&format!("/api/v1/incidents/{id}/{path}"), token, &body.to_string())?;
        road.statements.push(answer.statements);
        let after = expect(&answer, 200, &format!("{path} of a case in {state}"))?;
        if after["state"] == case["state"] {
            bail!("{path} left the case in {state}");
        }
        case = after;
    }
    let rating = json!({ "contacted": true, "solved": "yes", "satisfied": "mostly" }).to_string();
    let answer = connection.post(&format!("/api/v1/reports/{track}/rating"), &key(n), &rating)?;
    let seen = expect(&answer, 200, "the rating")?;
    if seen["rated"] != true || seen["state"] != "closed" {
        bail!("the reporter sees {} and rated {}", seen["state"], seen["rated"]);
    }
    Ok(road)
}

/// What the classifier proposed stands; where it proposed nothing a desk would read, and so any of its guesses must do.
fn accept(case: &Value) -> Value {
    match (&case["matter"]["id"], &case["classified"]["top"][0]["matter"]["id"]) {
        (Value::Null, Value::String(guess)) => json!({ "matter": guess }),
        _ => json!({}),
    }
}

fn done() -> Value {
    json!({ "result": "solved", "public_reply": "已现场处理，问题解决。" })
}

fn lead(case: &Value) -> Result<String> {
    let tasks = case["tasks"].as_array().context("no tasks")?;
    let open = |t: &&Value| t["role"] == "lead" && (t["state"] == "offered" || t["state"] == "accepted");
    tasks.iter().find(open).and_then(|t| t["id"].as_str()).map(str::to_owned).context("no open task of the lead")
}
