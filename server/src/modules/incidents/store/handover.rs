//! SQL of hand-overs between shifts.

use db::{Conn, Query, Tx, bind, record, sql};
use kernel::{Error, Id, Part, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::visible;
use crate::modules::{
    catalogue::Urgency,
    incidents::model::{Incident, State},
    org::Unit,
};

/// A shift handed to the next (交接班).
pub struct Handover;

record! {
    /// A hand-over as it is kept.
    #[derive(Clone, Debug)]
    pub struct HandoverRow {
        pub id: Id<Handover>,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub shift: String,
        pub from_by: Uuid,
        pub from_name: String,
        pub to_by: Uuid,
        pub to_name: String,
        pub at: Time,
        pub words: String,
        pub items: db::Json<Vec<Item>>,
        pub open_cases: i64,
        pub emergencies: i64,
        pub confirmed_at: Option<Time>,
        pub answer: Option<String>,
    }
}

record! {
    /// A case that was open when a shift was handed over.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
    #[schema(as = HandoverItem)]
    pub struct Item {
        #[schema(value_type = uuid::Uuid)]
        pub id: Id<Incident>,
        /// Its number.
        pub code: String,
        /// Where it stood.
        pub state: State,
        /// How urgent it was.
        pub urgency: Urgency,
        /// When its limit ends.
        pub red_at: Option<Time>,
    }
}

record! {
    struct Totals { open_cases: i64, emergencies: i64 }
}

const OPEN: &str = "and c.state in ('received', 'accepted', 'assigned', 'in_progress')";

/// The open cases of a unit and what lies below it, emergencies first, then by time left; and how many there are in all, and of emergencies.
pub async fn open_items(conn: &mut Conn, unit: &Scope, limit: i64) -> Result<(Vec<Item>, i64, i64)> {
    let query = Query::new("select c.id, c.code, c.state, c.urgency, c.red_at from incident c where 1 = 1").push(OPEN, vec![]);
    let order =
        "order by case when c.urgency = 'emergency' then 0 else 1 end, coalesce(c.red_at, 9007199254740991), c.id limit $$";
    let items = conn.list(visible(query, unit).push(order, bind![limit])).await?;
    let count = Query::new(
        "select cast(count(*) as bigint) as open_cases,
         cast(coalesce(sum(case when c.urgency = 'emergency' then 1 else 0 end), 0) as bigint) as emergencies from incident c where 1 = 1",
    );
    let totals: Vec<Totals> = conn.list(visible(count.push(OPEN, vec![]), unit)).await?;
    let (open, emergencies) = totals.first().map_or((0, 0), |t| (t.open_cases, t.emergencies));
    Ok((items, open, emergencies))
}

const COLUMNS: &str = "select h.id, h.unit_id, h.unit_path, h.shift, h.from_by, h.from_name, h.to_by, h.to_name, h.at, h.words, h.items, h.open_cases, \
    h.emergencies, h.confirmed_at, h.answer from duty_handover h where 1 = 1";

/// One hand-over that the scope may see.
pub async fn find(conn: &mut Conn, scope: &Scope, id: Id<Handover>) -> Result<HandoverRow> {
    let query = Query::new(COLUMNS).push("and h.id = $$", bind![id]).within(scope, "h.unit_path >= $$", "h.unit_path < $$");
    conn.list(query).await?.pop().ok_or(Error::NotFound)
}

/// Hand-overs, newest first, one more than the part's limit when there are more.
pub async fn list(
    conn: &mut Conn,
    scope: &Scope,
    unit: Option<Id<Unit>>,
    from: Option<Time>,
    part: Part,
) -> Result<Vec<HandoverRow>> {
    let query = Query::new(COLUMNS)
        .push("and h.at <= $$", bind![part.as_of])
        .push_if("and h.unit_id = $$", unit)
        .push_if("and h.at >= $$", from)
        .within(scope, "h.unit_path >= $$", "h.unit_path < $$")
        .after("and (h.at, h.id) <", part.cursor);
    conn.list(query.push("order by h.at desc, h.id desc limit $$", bind![part.limit + 1])).await
}

/// Enters a hand-over.
pub async fn insert(tx: &mut Tx, h: &HandoverRow) -> Result<()> {
    let statement = sql!(
        "insert into duty_handover (id, unit_id, unit_path, shift, from_by, from_name, to_by, to_name, at, words, items, open_cases, emergencies)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    );
    let cells = bind![
        h.id,
        h.unit_id,
        h.unit_path,
        h.shift,
        h.from_by,
        h.from_name,
        h.to_by,
        h.to_name,
        h.at,
        h.words,
        h.items,
        h.open_cases,
        h.emergencies
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

/// The second confirmation: true the first time.
pub async fn confirm(tx: &mut Tx, id: Id<Handover>, now: Time, answer: &str) -> Result<bool> {
    let statement = sql!("update duty_handover set confirmed_at = $2, answer = $3 where id = $1 and confirmed_at is null");
    Ok(tx.execute(statement, bind![id, now, answer]).await? == 1)
}
