//! SQL of what everybody may see: cases of published matters by grid, and links that show no words.

use db::{Cell, Conn, Query, Tx, bind, record, sql};
use kernel::{Cursor, Id, Result, Time};

use super::Case;
use crate::modules::{
    catalogue::Matter,
    incidents::model::{Incident, Outcome, State},
    org::Unit,
};

record! {
    /// What everybody may know of a case: no word that anybody wrote, no number, no point.
    #[derive(Clone, Debug)]
    pub struct PublicRow {
        pub id: Id<Incident>,
        pub reported_at: Time,
        pub matter_id: Id<Matter>,
        pub grid_id: Id<Unit>,
        pub state: State,
        pub yellow_at: Option<Time>,
        pub red_at: Option<Time>,
        pub paused: Option<String>,
        pub due_at: Option<Time>,
        pub resolved_at: Option<Time>,
        pub result: Option<Outcome>,
        pub reporters: i64,
    }
}

record! {
    /// How many published cases a grid has.
    #[derive(Clone, Debug)]
    pub struct GridCount { pub grid_id: Id<Unit>, pub open: i64, pub solved: i64 }
}

/// What decides whether a case is for everybody. A desk has taken it on; it is about a thing and not about a person's call, visit or device;
/// nobody asked for confidence; its matter is one of those that the catalogue publishes.
fn published(head: &'static str, matters: &[Id<Matter>], since: Time, as_of: Time) -> Query {
    if matters.is_empty() {
        return Query::new(head).push("where 1 = 0", vec![]);
    }
    Query::new(head)
        .push("where c.reported_at >= $$ and c.reported_at <= $$ and c.grid_id is not null", bind![since, as_of])
        .push("and not c.confidential and not c.reported_for and c.channel not in ('device', 'visit')", vec![])
        .push("and c.state in ('accepted', 'assigned', 'in_progress', 'resolved', 'verified', 'closed', 'archived')", vec![])
        .push_list("and c.matter_id in", matters.iter().flat_map(|m| bind![*m]).collect::<Vec<Cell>>())
}

/// A page of published cases, newest first.
pub async fn page(
    conn: &mut Conn,
    matters: &[Id<Matter>],
    grid: Option<Id<Unit>>,
    since: Time,
    as_of: Time,
    cursor: Option<Cursor>,
    limit: usize,
) -> Result<Vec<PublicRow>> {
    let head = "select c.id, c.reported_at, c.matter_id, c.grid_id, c.state, c.yellow_at, c.red_at, c.paused, c.due_at, c.resolved_at, c.result, \
        c.reporters from incident c";
    let query = published(head, matters, since, as_of).push_if("and c.grid_id = $$", grid);
    let query = query.after("and (c.reported_at, c.id) <", cursor);
    conn.list(query.push("order by c.reported_at desc, c.id desc limit $$", bind![limit + 1])).await
}

/// How many published cases each grid has.
pub async fn by_grid(conn: &mut Conn, matters: &[Id<Matter>], since: Time, as_of: Time) -> Result<Vec<GridCount>> {
    let head = "select c.grid_id, cast(sum(case when c.state in ('accepted', 'assigned', 'in_progress') then 1 else 0 end) as bigint) as open, \
        cast(sum(case when c.state in ('accepted', 'assigned', 'in_progress') then 0 else 1 end) as bigint) as solved from incident c";
    conn.list(published(head, matters, since, as_of).push("group by c.grid_id order by c.grid_id", vec![])).await
}

/// Since when a case is shared, if it is.
pub async fn shared_at(conn: &mut Conn, case: Id<Incident>) -> Result<Option<Time>> {
    conn.value(sql!("select made_at as value from incident_share where incident_id = $1"), bind![case]).await
}

/// Keeps that a case is shared.
pub async fn share(tx: &mut Tx, case: Id<Incident>, hash: &[u8], now: Time) -> Result<()> {
    let statement = sql!("insert into incident_share (incident_id, hash, made_at) values ($1, $2, $3)");
    tx.execute(statement, bind![case, hash, now]).await.map(|_| ())
}

/// Ends the sharing of a case; whether it was shared.
pub async fn unshare(tx: &mut Tx, case: Id<Incident>) -> Result<bool> {
    Ok(tx.execute(sql!("delete from incident_share where incident_id = $1"), bind![case]).await? > 0)
}

/// The case that a link without words belongs to. Like a reporter's link it is the right to see, so there is no scope.
pub async fn shared(conn: &mut Conn, hash: &[u8]) -> Result<Case> {
    let id: Option<Id<Incident>> =
        conn.value(sql!("select incident_id as value from incident_share where hash = $1"), bind![hash]).await?;
    super::find(conn, &kernel::Scope::All, id.ok_or(kernel::Error::NotFound)?).await
}
