//! SQL of the slice.

use db::{Cell, Conn, Json, Query, Tx, bind, record, sql};
use kernel::{Cursor, Id, Result, Time};
use uuid::Uuid;

use super::model::{Delivery, DeliveryState, Endpoint, Fault};

record! {
    /// A receiver as it is stored.
    #[derive(Clone, Debug)]
    pub struct EndpointRow {
        pub id: Id<Endpoint>,
        pub name: String,
        pub url: String,
        pub kinds: Json<Vec<String>>,
        pub secret: Vec<u8>,
        pub secret_before: Option<Vec<u8>>,
        pub before_until: Option<Time>,
        pub enabled: bool,
        pub fed: i64,
        pub made_at: Time,
    }
}

record! {
    /// A receiver with what became of its deliveries.
    pub struct Counted {
        pub id: Id<Endpoint>,
        pub name: String,
        pub url: String,
        pub kinds: Json<Vec<String>>,
        pub before_until: Option<Time>,
        pub enabled: bool,
        pub made_at: Time,
        pub waiting: i64,
        pub dead: i64,
        pub sent_at: Option<Time>,
    }
}

record! {
    /// A delivery as it is stored.
    #[derive(Clone, Debug)]
    pub struct DeliveryRow {
        pub id: Id<Delivery>,
        pub endpoint_id: Id<Endpoint>,
        pub number: i64,
        pub object_id: Uuid,
        pub kind: String,
        pub body: String,
        pub state: DeliveryState,
        pub attempts: i64,
        pub due_at: Time,
        pub made_at: Time,
        pub sent_at: Option<Time>,
        pub status: Option<i64>,
        pub fault: Option<Fault>,
    }
}

/// Enters a receiver.
pub async fn insert(tx: &mut Tx, e: &EndpointRow) -> Result<()> {
    let statement = sql!(
        "insert into webhook_endpoint (id, name, url, kinds, secret, enabled, fed, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let cells = bind![e.id, e.name, e.url, e.kinds, e.secret, e.enabled, e.fed, e.made_at];
    tx.execute(statement, cells).await.map(|_| ())
}

/// Saves what can change in a receiver.
pub async fn save(tx: &mut Tx, e: &EndpointRow) -> Result<()> {
    let statement = sql!(
        "update webhook_endpoint set name = $2, url = $3, kinds = $4, secret = $5, secret_before = $6, before_until = $7, enabled = $8, fed = $9
         where id = $1"
    );
    let cells = bind![e.id, e.name, e.url, e.kinds, e.secret, e.secret_before, e.before_until, e.enabled, e.fed];
    tx.execute(statement, cells).await.map(|_| ())
}

/// A receiver that was not taken out.
pub async fn find(conn: &mut Conn, id: Id<Endpoint>) -> Result<Option<EndpointRow>> {
    let statement = sql!(
        "select id, name, url, kinds, secret, secret_before, before_until, enabled, fed, made_at from webhook_endpoint
         where id = $1 and ended_at is null"
    );
    conn.one(statement, bind![id]).await
}

/// The receivers to which events go.
pub async fn enabled(conn: &mut Conn) -> Result<Vec<EndpointRow>> {
    let statement = sql!(
        "select id, name, url, kinds, secret, secret_before, before_until, enabled, fed, made_at from webhook_endpoint
         where enabled and ended_at is null order by id"
    );
    conn.all(statement, bind![]).await
}

/// Every receiver that was not taken out, by name.
pub async fn all(conn: &mut Conn) -> Result<Vec<Counted>> {
    let statement = sql!(
        "select e.id, e.name, e.url, e.kinds, e.before_until, e.enabled, e.made_at,
         (select cast(count(*) as bigint) from webhook_delivery d where d.endpoint_id = e.id and d.state = 'waiting') as waiting,
         (select cast(count(*) as bigint) from webhook_delivery d where d.endpoint_id = e.id and d.state = 'dead') as dead,
         (select max(d.sent_at) from webhook_delivery d where d.endpoint_id = e.id) as sent_at
         from webhook_endpoint e where e.ended_at is null order by e.name, e.id"
    );
    conn.all(statement, bind![]).await
}

/// Takes a receiver out; what waits for it is given up.
pub async fn end(tx: &mut Tx, id: Id<Endpoint>, now: Time) -> Result<()> {
    tx.execute(sql!("update webhook_endpoint set enabled = false, ended_at = $2 where id = $1"), bind![id, now]).await?;
    let statement =
        sql!("update webhook_delivery set state = 'dead', fault = 'ended' where endpoint_id = $1 and state = 'waiting'");
    tx.execute(statement, bind![id]).await.map(|_| ())
}

/// Notes how far the record was turned into deliveries; false when another process was faster.
pub async fn advance(tx: &mut Tx, id: Id<Endpoint>, from: i64, to: i64) -> Result<bool> {
    let statement = sql!("update webhook_endpoint set fed = $3 where id = $1 and fed = $2 and enabled");
    Ok(tx.execute(statement, bind![id, from, to]).await? == 1)
}

/// Enters deliveries, all in one statement.
pub async fn enter(tx: &mut Tx, deliveries: &[DeliveryRow]) -> Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let mut query = Query::new(
        "insert into webhook_delivery (id, endpoint_id, number, object_id, kind, body, state, attempts, due_at, made_at) values",
    );
    for (n, d) in deliveries.iter().enumerate() {
        let cells = bind![d.id, d.endpoint_id, d.number, d.object_id, d.kind, d.body, d.state, d.attempts, d.due_at, d.made_at];
        query = query.push_list(if n == 0 { "" } else { "," }, cells);
    }
    tx.execute_query(query).await.map(|_| ())
}

/// What is due now and may go: of one case and receiver only the oldest that waits, so that they arrive in order.
pub async fn due(conn: &mut Conn, now: Time, limit: i64) -> Result<Vec<DeliveryRow>> {
    let statement = sql!(
        "select d.id, d.endpoint_id, d.number, d.object_id, d.kind, d.body, d.state, d.attempts, d.due_at, d.made_at, d.sent_at, d.status, d.fault
         from webhook_delivery d join webhook_endpoint e on e.id = d.endpoint_id
         where d.state = 'waiting' and d.due_at <= $1 and e.enabled and not exists (
           select 1 from webhook_delivery b where b.endpoint_id = d.endpoint_id and b.object_id = d.object_id and b.state = 'waiting'
           and b.number < d.number)
         order by d.due_at, d.number limit $2"
    );
    conn.all(statement, bind![now, limit]).await
}

/// Claims deliveries until an instant by which each attempt has ended; says which were still free.
pub async fn claim(tx: &mut Tx, ids: &[Id<Delivery>], now: Time, until: Time) -> Result<Vec<Id<Delivery>>> {
    let ids = ids.iter().map(|id| Cell::Uuid(Some(id.uuid()))).collect();
    let query = Query::default()
        .push("update webhook_delivery set attempts = attempts + 1, due_at = $$ where state = 'waiting'", bind![until])
        .push("and due_at <= $$", bind![now])
        .push_list("and id in", ids)
        .push("returning id as value", vec![]);
    tx.query_values(query).await
}

/// Notes how an attempt ended.
pub async fn ended(tx: &mut Tx, d: &DeliveryRow) -> Result<()> {
    let statement = sql!(
        "update webhook_delivery set state = $2, due_at = $3, sent_at = $4, status = $5, fault = $6 where id = $1 and state = 'waiting'"
    );
    tx.execute(statement, bind![d.id, d.state, d.due_at, d.sent_at, d.status, d.fault]).await.map(|_| ())
}

/// A delivery of a receiver.
pub async fn delivery(conn: &mut Conn, endpoint: Id<Endpoint>, id: Id<Delivery>) -> Result<Option<DeliveryRow>> {
    let statement = sql!(
        "select id, endpoint_id, number, object_id, kind, body, state, attempts, due_at, made_at, sent_at, status, fault from webhook_delivery
         where id = $1 and endpoint_id = $2"
    );
    conn.one(statement, bind![id, endpoint]).await
}

/// A dead letter waits again, with all its attempts before it; false when it was none.
pub async fn revive(tx: &mut Tx, id: Id<Delivery>, now: Time) -> Result<bool> {
    let statement =
        sql!("update webhook_delivery set state = 'waiting', attempts = 0, due_at = $2 where id = $1 and state = 'dead'");
    Ok(tx.execute(statement, bind![id, now]).await? == 1)
}

/// A receiver's deliveries, the newest first, one more than `limit` when there are more.
pub async fn deliveries(
    conn: &mut Conn,
    endpoint: Id<Endpoint>,
    state: Option<DeliveryState>,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let query = Query::new(
        "select d.id, d.endpoint_id, d.number, d.object_id, d.kind, d.body, d.state, d.attempts, d.due_at, d.made_at, d.sent_at, d.status, \
         d.fault from webhook_delivery d where 1 = 1",
    );
    let query = query.push("and d.endpoint_id = $$", bind![endpoint]).push_if("and d.state = $$", state);
    let query = query.after("and (d.made_at, d.id) <", after);
    conn.list(query.push("order by d.made_at desc, d.id desc limit $$", bind![limit + 1])).await
}

/// Forgets what arrived or was given up before an instant.
pub async fn forget(tx: &mut Tx, before: Time) -> Result<u64> {
    tx.execute(sql!("delete from webhook_delivery where state <> 'waiting' and made_at < $1"), bind![before]).await
}
