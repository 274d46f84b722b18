//! What is written when a case is erased: every word that people said of it goes; ids, instants and what figures count stay.

use db::{Conn, Engine, Query, Tx, bind, record, sql};
use kernel::{Cursor, Id, Result, Scope, Time};
use uuid::Uuid;

use super::{COLUMNS, Case, visible};
use crate::modules::incidents::model::{ERASED_TITLE, Incident};

/// A wish to erase a case.
pub enum Erasure {}

record! {
    /// A wish to erase a case, and what became of it.
    #[derive(Clone, Debug)]
    pub struct ErasureRow {
        pub id: Id<Erasure>,
        pub incident_id: Id<Incident>,
        pub code: String,
        pub reason: String,
        pub asked_by: Uuid,
        pub asked_name: String,
        pub asked_at: Time,
        pub approved: Option<bool>,
        pub decided_by: Option<Uuid>,
        pub decided_name: Option<String>,
        pub decided_at: Option<Time>,
        pub words: Option<String>,
    }
}

/// Takes the words out of a case and of everything that hangs on it. `unknown` replaces the hash of the reporter's link, which then leads nowhere.
pub async fn words(tx: &mut Tx, case: &Case, now: Time, unknown: &[u8]) -> Result<()> {
    let id = case.id;
    let statement = sql!(
        "update incident set title = $3, redacted = '', body_sealed = $4, address = '', address_sealed = null, name_sealed = null,
         phone_sealed = null, phone_blind = null, lon = null, lat = null, lon_given = null, lat_given = null, classified = '{}', fields = '{}',
         public_reply = null, attention = '', call_at = null, photos = 0, track_hash = $5, fingerprint = $4,
         erased_at = $2 where id = $1"
    );
    tx.execute(statement, bind![id, now, ERASED_TITLE, Vec::<u8>::new(), unknown]).await?;
    forget_in_index(tx, case).await?;
    for statement in [
        sql!(
            "update incident_step set words = '', words_sealed = null, reasons = '[]', details = null, spoken = null where incident_id = $1"
        ),
        sql!("update incident_task set words = null, unsigned = null where incident_id = $1"),
        sql!("update incident_rating set reason = null where incident_id = $1"),
        sql!("update incident_extension set reason = '', words = null where incident_id = $1"),
        sql!("update incident_review set words = '', basis = '', ruling = null where incident_id = $1"),
        sql!("update supervision set words = '', reply = null, end_words = null where incident_id = $1"),
        sql!("update incident_whistle set words = '', reason = null where incident_id = $1"),
        sql!(
            "update incident_whistle_rating set words = '' where whistle_id in (select id from incident_whistle where incident_id = $1)"
        ),
        sql!("update incident_order_reply set reply = null where incident_id = $1 or solved_by = $1"),
        sql!("update incident_erasure set reason = '', words = null where incident_id = $1"),
        sql!("update task_link set revoked_at = coalesce(revoked_at, expires_at) where incident_id = $1"),
        sql!("delete from incident_share where incident_id = $1"),
        sql!("delete from incident_unindexed where incident_id = $1"),
        sql!("delete from incident_follower where incident_id = $1"),
        sql!("delete from incident_call where incident_id = $1"),
        sql!("delete from classifier_correction where incident_id = $1"),
    ] {
        tx.execute(statement, bind![id]).await?;
    }
    Ok(())
}

/// The search index is asked by the case's number, since on SQLite it has no index of ids.
async fn forget_in_index(tx: &mut Tx, case: &Case) -> Result<()> {
    let terms: Vec<String> = text::query_bigrams(&case.code).into_iter().map(|t| format!("\"{t}\"")).collect();
    match tx.engine() {
        Engine::Sqlite => {
            let statement = sql!(sqlite:
                "delete from incident_words where rowid in (select rowid from incident_words where words match $2 and incident_id = $1)"
            );
            tx.execute(statement, bind![case.id, terms.join(" ")]).await?;
        }
        Engine::Postgres => {
            tx.execute(sql!(postgres: "delete from incident_words where incident_id = $1"), bind![case.id]).await?;
        }
    }
    Ok(())
}

/// Cases that were over by this instant and still have their words, after a place in the list, the oldest first.
pub async fn due(conn: &mut Conn, over_by: Time, after: Option<(Time, Id<Incident>)>, limit: i64) -> Result<Vec<Case>> {
    let query = Query::new(COLUMNS).push(
        "where c.erased_at is null and c.state in ('closed', 'archived', 'rejected', 'void', 'merged') and c.reported_at <= $$
         and coalesce(c.closed_at, c.resolved_at, c.reported_at) <= $$",
        bind![over_by, over_by],
    );
    let query = match after {
        Some((at, id)) => query.push("and (c.reported_at, c.id) > ($$, $$)", bind![at, id]),
        None => query,
    };
    conn.list(query.push("order by c.reported_at, c.id limit $$", bind![limit])).await
}

/// Enters a wish; a violation of `uq_incident_erasure_open` says that there is one.
pub async fn ask(tx: &mut Tx, e: &ErasureRow) -> Result<()> {
    let statement = sql!(
        "insert into incident_erasure (id, incident_id, reason, asked_by, asked_name, asked_at) values ($1, $2, $3, $4, $5, $6)"
    );
    tx.execute(statement, bind![e.id, e.incident_id, e.reason, e.asked_by, e.asked_name, e.asked_at]).await.map(|_| ())
}

/// Decides a wish that waits; whether it still waited.
pub async fn decide(tx: &mut Tx, e: &ErasureRow) -> Result<bool> {
    let statement = sql!(
        "update incident_erasure set approved = $2, decided_by = $3, decided_name = $4, decided_at = $5, words = $6
         where id = $1 and approved is null"
    );
    Ok(tx.execute(statement, bind![e.id, e.approved, e.decided_by, e.decided_name, e.decided_at, e.words]).await? == 1)
}

const WISHES: &str = "select e.id, e.incident_id, c.code, e.reason, e.asked_by, e.asked_name, e.asked_at, e.approved, e.decided_by, \
    e.decided_name, e.decided_at, e.words from incident_erasure e join incident c on c.id = e.incident_id where 1 = 1";

/// One wish that the scope may see.
pub async fn wish(conn: &mut Conn, scope: &Scope, id: Id<Erasure>) -> Result<Option<ErasureRow>> {
    Ok(conn.list(visible(Query::new(WISHES).push("and e.id = $$", bind![id]), scope)).await?.pop())
}

/// A page of wishes, the newest first; `open` asks for those that wait, or for those that were decided.
pub async fn wishes(
    conn: &mut Conn,
    scope: &Scope,
    open: Option<bool>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<ErasureRow>> {
    let query = visible(Query::new(WISHES), scope);
    let query = match open {
        Some(true) => query.push("and e.approved is null", vec![]),
        Some(false) => query.push("and e.approved is not null", vec![]),
        None => query,
    };
    let query = query.after("and (e.asked_at, e.id) <", cursor);
    conn.list(query.push("order by e.asked_at desc, e.id desc limit $$", bind![limit + 1])).await
}
