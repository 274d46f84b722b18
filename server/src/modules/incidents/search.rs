//! Full-text search over Chinese: overlapping character bigrams made here, so that both engines count the same.

use db::{Cell, Engine, Query, Tx, bind, record, sql};
use kernel::{Id, Result};

use super::model::Incident;
use crate::app::App;

record! {
    struct Fresh { id: Id<Incident>, code: String, redacted: String, address: String }
}

/// How many cases one transaction indexes.
const BATCH: i64 = 200;
/// How many of them one statement writes while there are as many.
const TOGETHER: usize = 40;

/// Indexes every case that is not in the index yet, and says how many; the relay calls it, so a case is found within two seconds.
pub async fn index(app: &App) -> Result<usize> {
    let mut all = 0;
    loop {
        let some = batch(app).await?;
        all += some;
        if some < BATCH as usize || app.is_stopping() {
            return Ok(all);
        }
    }
}

async fn batch(app: &App) -> Result<usize> {
    let mut conn = app.db.read().await?;
    // Two statements: in one, a planner that thinks the list longer than it is reads every case there is.
    let waiting = sql!("select incident_id as value from incident_unindexed order by incident_id limit $1");
    let waiting: Vec<Id<Incident>> = conn.values(waiting, bind![BATCH]).await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Cell> = waiting.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect();
    let query = Query::new("select id, code, redacted, address from incident where id in").push_list("", ids.clone());
    let fresh: Vec<Fresh> = conn.list(query).await?;
    drop(conn);
    let words: Vec<String> = fresh.iter().map(|c| text::bigrams(&format!("{} {} {}", c.redacted, c.address, c.code))).collect();
    let mut tx = app.db.begin();
    let rows: Vec<(Id<Incident>, String)> = fresh.iter().map(|c| c.id).zip(words).collect();
    // Two texts of statements in all, so that both stay prepared.
    for chunk in rows.chunks(TOGETHER) {
        if chunk.len() == TOGETHER {
            put(&mut tx, chunk).await?;
        } else {
            for row in chunk {
                put(&mut tx, std::slice::from_ref(row)).await?;
            }
        }
    }
    let waited = tx.execute_query(Query::new("delete from incident_unindexed where incident_id in").push_list("", ids)).await?;
    if waited < waiting.len() as u64 {
        // One was erased, or indexed by another process, since it was read: its words must not come back. The next round reads anew.
        tx.rollback().await?;
        return Ok(0);
    }
    tx.commit().await?;
    Ok(waiting.len())
}

async fn put(tx: &mut Tx, rows: &[(Id<Incident>, String)]) -> Result<()> {
    let (first, next, last) = match tx.engine() {
        Engine::Sqlite => ("values ($$, $$)", ", ($$, $$)", ""),
        // The lexemes are the bigrams as they are; PostgreSQL's own parser is not asked what a word is.
        Engine::Postgres => (
            "values ($$, array_to_tsvector(string_to_array($$, ' ')))",
            ", ($$, array_to_tsvector(string_to_array($$, ' ')))",
            "on conflict (incident_id) do nothing",
        ),
    };
    let mut query = Query::new("insert into incident_words (incident_id, words)");
    for (n, (id, words)) in rows.iter().enumerate() {
        query = query.push(if n == 0 { first } else { next }, bind![*id, words]);
    }
    tx.execute_query(query.push(last, vec![])).await.map(|_| ())
}
