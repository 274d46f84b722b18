//! Commands: idempotent, one write transaction, answered after commit.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use axum::{
    extract::{FromRequest, MatchedPath, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::{Tx, bind, record, sql};
use kernel::{Actor, ActorKind, Error, Result, Time};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use super::{Problem, problem::KEY_REUSED};
use crate::app::{App, Shared};

/// How long an answer is kept for its key (design: 30 days).
const KEPT_DAYS: i64 = 30;
/// The largest JSON body of a command; texts have limits of their own below it.
const LARGEST: usize = 256 * 1024;
/// The largest JSON body of a command that hands in a file.
const LARGEST_WITH_FILE: usize = 32 * 1024 * 1024;

kernel::codes! {
    /// A command without a log-in carries no key, or one that could be guessed.
    KEY_REQUIRED = "idempotency-key-required";
}

/// The body of a command with its idempotency key.
pub struct Command<T, const MOST: usize = LARGEST> {
    /// What is asked.
    pub body: T,
    route: String,
    key: Option<String>,
    hash: [u8; 32],
}

/// Why a command's handler stops early: the answer was given before, or a problem.
#[derive(Debug)]
pub enum Halt {
    /// The answer that this key got the first time.
    Again(Response),
    /// A problem.
    Problem(Problem),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Problem(Problem(error))
    }
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Halt {
    fn into_response(self) -> Response {
        match self {
            Self::Again(response) => response,
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// The write transaction of a command. Dropped without [`Work::finish`], nothing of it stays.
pub struct Work<'a> {
    /// The transaction; only SQL runs while it is open.
    pub tx: Tx,
    /// The instant of the command.
    pub now: Time,
    app: &'a App,
    slot: Option<Slot>,
    /// Nobody else works under this key in this process: who sends it twice at once waits, and gets the first answer.
    _turn: Option<OwnedMutexGuard<()>>,
}

/// Keys that are being worked under, by a part of their hash: two keys that share a place wait for each other, which harms nobody.
pub struct Turns(Vec<Arc<Mutex<()>>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..1024).map(|_| Arc::default()).collect())
    }
}

impl Turns {
    async fn take(&self, slot: &Slot) -> OwnedMutexGuard<()> {
        let mut hasher = DefaultHasher::new();
        (slot.actor, &slot.route, &slot.key).hash(&mut hasher);
        let place = hasher.finish() as usize % self.0.len();
        Arc::clone(&self.0[place]).lock_owned().await
    }
}

struct Slot {
    actor: Uuid,
    route: String,
    key: String,
    hash: [u8; 32],
}

record! {
    struct Kept { body_hash: Vec<u8>, status: i64, response: Vec<u8> }
}

/// A command that hands in a file of some size, as text or in base64.
pub type FileCommand<T> = Command<T, LARGEST_WITH_FILE>;

impl<T, const MOST: usize> Command<T, MOST> {
    /// Opens the transaction, or halts with the first answer when this key was used before.
    pub async fn begin<'a>(&self, app: &'a App, actor: &Actor) -> Result<Work<'a>, Halt> {
        if self.key.is_none() && actor.kind == ActorKind::Anonymous {
            return Err(Error::refused(KEY_REQUIRED).into());
        }
        if let Some(key) = self.key.as_ref().filter(|_| actor.kind == ActorKind::Anonymous) {
            strong_enough(key)?;
        }
        let slot = self.key.clone().map(|key| Slot { actor: actor.id, route: self.route.clone(), key, hash: self.hash });
        let mut turn = None;
        if let Some(slot) = &slot {
            turn = Some(app.turns.take(slot).await);
            if let Some(first) = given(app, slot).await? {
                return Err(first);
            }
        }
        Ok(Work { tx: app.db.begin(), now: app.clock.now(), app, slot, _turn: turn })
    }
}

/// The answer that this key got before, if it was used. Another process that uses it at the same instant finds out when the key is kept.
async fn given(app: &App, slot: &Slot) -> Result<Option<Halt>> {
    let statement =
        sql!("select body_hash, status, response from command where actor = $1 and route = $2 and idempotency_key = $3");
    let kept: Option<Kept> = app.db.read().await?.one(statement, bind![slot.actor, slot.route, slot.key]).await?;
    kept.map(|kept| again(app, slot, &kept)).transpose()
}

fn again(app: &App, slot: &Slot, kept: &Kept) -> Result<Halt> {
    if kept.body_hash != slot.hash {
        return Err(Error::refused(KEY_REUSED));
    }
    let body = app.keys.open(&kept.response, &slot.key)?;
    let status = StatusCode::from_u16(kept.status as u16).unwrap_or(StatusCode::OK);
    Ok(Halt::Again((status, [("content-type", "application/json"), ("idempotent-replay", "true")], body).into_response()))
}

impl Work<'_> {
    /// Keeps the answer under the command's key and commits; only then the answer exists.
    pub async fn finish(mut self, status: StatusCode, answer: &impl Serialize) -> Result<Response, Halt> {
        let body = serde_json::to_vec(answer).map_err(Error::internal)?;
        if let Some(slot) = &self.slot {
            let sealed = self.app.keys.seal(&body, &slot.key)?;
            let cells = bind![
                slot.actor,
                slot.route,
                slot.key,
                slot.hash,
                i64::from(status.as_u16()),
                sealed,
                self.now.plus_days(KEPT_DAYS)
            ];
            let statement = sql!(
                "insert into command (actor, route, idempotency_key, body_hash, status, response, expires_at) values ($1, $2, $3, $4, $5, $6, $7)"
            );
            self.tx.later(statement, cells).await?;
        }
        if let Err(error) = self.tx.commit().await {
            // Another connection was faster with the same key: its answer is the answer, and it is committed when this one is told.
            return Err(match (&self.slot, db::unique_violation(&error)) {
                (Some(slot), Some(_)) => given(self.app, slot).await?.unwrap_or_else(|| error.into()),
                _ => error.into(),
            });
        }
        self.app.wake.notify_one();
        Ok((status, [("content-type", "application/json")], body).into_response())
    }

    /// Commits although a rule says no, so that the record of the attempt stays; then the rule's answer.
    pub async fn refuse(self, error: Error) -> Halt {
        match self.tx.commit().await {
            Ok(()) => {
                self.app.wake.notify_one();
                error.into()
            }
            Err(failed) => failed.into(),
        }
    }
}

/// Without an account the key is all that keeps callers apart, so it must not be guessable: a UUID, or text with as much in it.
fn strong_enough(key: &str) -> Result<()> {
    let distinct = key.chars().collect::<std::collections::BTreeSet<_>>().len();
    if Uuid::try_parse(key).is_ok_and(|u| u.get_version_num() >= 4) || (key.len() >= 22 && distinct >= 8) {
        Ok(())
    } else {
        Err(Error::refused(KEY_REQUIRED))
    }
}

impl<T: DeserializeOwned, const MOST: usize> FromRequest<Shared> for Command<T, MOST> {
    type Rejection = Problem;
    async fn from_request(request: Request, _app: &Shared) -> Result<Self, Problem> {
        let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        // The path's values belong to the command: the same key on another case is another body.
        let (route, path) = (format!("{} {route}", request.method()), request.uri().path().to_owned());
        let key = match request.headers().get("idempotency-key").map(|v| v.to_str().unwrap_or_default()) {
            None => None,
            Some(key) if (8..=100).contains(&key.len()) => Some(key.to_owned()),
            Some(_) => return Err(Error::invalid("Idempotency-Key", "bad-length").into()),
        };
        if let Some(length) = request.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse::<usize>().ok())
            && length > MOST
        {
            return Err(Error::refused_with(super::problem::BODY_TOO_LARGE, "bytes", MOST).into());
        }
        let bytes = axum::body::to_bytes(request.into_body(), MOST)
            .await
            .map_err(|_| Error::refused_with(super::problem::BODY_TOO_LARGE, "bytes", MOST))?;
        if has_nul(&bytes) {
            return Err(Error::invalid("body", "bad-character").into());
        }
        let body = if bytes.is_empty() { b"{}".as_slice() } else { &bytes };
        let value: T = serde_json::from_slice(body).map_err(|e| bad_json(&e))?;
        let mut hasher = Sha256::new();
        hasher.update(path.as_bytes());
        hasher.update([0]);
        hasher.update(&bytes);
        Ok(Self { body: value, route, key, hash: hasher.finalize().into() })
    }
}

/// Whether a text of the JSON holds the character zero, which PostgreSQL cannot store; JSON can write it only as `\u0000`.
fn has_nul(json: &[u8]) -> bool {
    let written = |at: usize| json[..at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 0;
    json.windows(6).enumerate().any(|(at, w)| w == br"\u0000" && written(at))
}

fn bad_json(error: &serde_json::Error) -> Error {
    let text = error.to_string();
    // serde names the field in back quotes; without one the whole body is at fault.
    let field = text.split('`').nth(1).unwrap_or("body").to_owned();
    Error::Invalid(vec![
        kernel::FieldError::new(field, "bad-json").with("line", error.line()).with("column", error.column()).with("why", text),
    ])
}

record! {
    struct Answer { actor: Uuid, route: String, idempotency_key: String, response: Vec<u8> }
}

/// How many kept answers are opened in one read.
const OPENED: i64 = 500;

/// Takes what was erased out of the kept answers: one that names any of these words answers its key from now on with `{"erased":true}`.
/// Receipts, which say no more than a number, stay. It opens every answer that is kept, so it is for jobs.
pub async fn forget_answers(app: &App, words: &[String]) -> Result<()> {
    let mut last = (Uuid::nil(), String::new(), String::new());
    loop {
        let page = sql!(
            "select actor, route, idempotency_key, response from command where (actor, route, idempotency_key) > ($1, $2, $3)
             order by actor, route, idempotency_key limit $4"
        );
        let rows: Vec<Answer> = app.db.read().await?.all(page, bind![last.0, last.1, last.2, OPENED]).await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = (end.actor, end.route.clone(), end.idempotency_key.clone());
        let mut found = vec![];
        for row in rows.iter().filter(|r| r.route.contains('{') || !r.route.starts_with("POST")) {
            // An answer that cannot be opened any more cannot show anything either.
            let Ok(body) = app.keys.open(&row.response, &row.idempotency_key) else { continue };
            if words.iter().any(|w| body.windows(w.len()).any(|part| part == w.as_bytes())) {
                found.push((row, app.keys.seal(br#"{"erased":true}"#, &row.idempotency_key)?));
            }
        }
        if found.is_empty() {
            continue;
        }
        let mut tx = app.db.begin();
        for (row, sealed) in found {
            let statement = sql!("update command set response = $4 where actor = $1 and route = $2 and idempotency_key = $3");
            tx.execute(statement, bind![row.actor, row.route, row.idempotency_key, sealed]).await?;
        }
        tx.commit().await?;
    }
}

/// Forgets the answers whose thirty days are over.
pub async fn forget_commands(app: &App) -> Result<()> {
    let mut tx = app.db.begin();
    tx.execute(sql!("delete from command where expires_at < $1"), bind![app.clock.now()]).await?;
    tx.commit().await
}
