//! The audit record: who did what to which thing, in the transaction that did it.
//!
//! A row holds ids and the names of fields, never a personal value. The relay numbers and chains the rows afterwards
//! (see [`crate::relay`]); nothing else ever changes one.

use db::{Conn, Query, Tx, bind, record, sql};
use kernel::{Actor, ActorKind, Cursor, Id, Page, Result, Time};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// One thing that was done, on its way into the record.
///
/// ```
/// use jingwei::modules::access::audit::Audit;
/// let id = uuid::Uuid::from_u128(1);
/// let entry = Audit::new("incident.dispatch", "incident", id).under("/990101/").with("unit", id.to_string());
/// ```
#[derive(Clone, Debug)]
pub struct Audit {
    action: &'static str,
    object_kind: &'static str,
    object: Uuid,
    path: String,
    details: Map<String, Value>,
}

impl Audit {
    /// What was done (`module.verb`) to which thing.
    pub fn new(action: &'static str, object_kind: &'static str, object: impl Into<Uuid>) -> Self {
        Self { action, object_kind, object: object.into(), path: "/".to_owned(), details: Map::new() }
    }

    /// Where in the organisation the thing belongs; without it, to the district.
    #[must_use]
    pub fn under(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Adds a detail: an id, the name of a field, a word of a closed set. Never what a person wrote or is called.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Writes the row: one statement.
    pub async fn record(self, tx: &mut Tx, now: Time, actor: &Actor) -> Result<()> {
        self.by(tx, now, actor.id, actor.kind).await
    }

    /// Writes many rows by one statement, for what the program does to many things at once.
    pub async fn record_all(rows: Vec<Self>, tx: &mut Tx, now: Time, actor: &Actor) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut query =
            Query::new("insert into audit (id, at, actor, actor_kind, action, object_kind, object, path, details) values");
        for (n, row) in rows.into_iter().enumerate() {
            let details = canonical(&Value::Object(row.details));
            let (id, kind) = (Id::<Self>::new(now), actor.kind.word());
            let cells = bind![id, now, actor.id, kind, row.action, row.object_kind, row.object, row.path, details];
            query = query.push_list(if n == 0 { "" } else { "," }, cells);
        }
        tx.later_query(query).await
    }

    /// Writes the row for somebody who is not an [`Actor`] yet, such as a log-in that was refused.
    pub async fn by(self, tx: &mut Tx, now: Time, actor: Uuid, kind: ActorKind) -> Result<()> {
        let statement = sql!(
            "insert into audit (id, at, actor, actor_kind, action, object_kind, object, path, details) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        );
        let details = canonical(&Value::Object(self.details));
        let cells =
            bind![Id::<Self>::new(now), now, actor, kind.word(), self.action, self.object_kind, self.object, self.path, details];
        tx.later(statement, cells).await
    }
}

/// JSON with the names in order and without blanks, whichever map the JSON library was built with.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut names: Vec<&String> = map.keys().collect();
            names.sort_unstable();
            let inner: Vec<String> =
                names.into_iter().map(|n| format!("{}:{}", Value::from(n.as_str()), canonical(&map[n]))).collect();
            format!("{{{}}}", inner.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

record! {
    /// A row that has its place in the chain, for whoever follows what changes.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Sealed {
        /// Its number: 1, 2, 3, … without a gap.
        pub number: i64,
        /// When it was done.
        pub at: Time,
        /// The account, nil for anonymous callers and for the program.
        pub actor: Uuid,
        /// What was done.
        pub action: String,
        /// What kind of thing it was done to.
        pub object_kind: String,
        /// Which one.
        pub object: Uuid,
        /// Where in the organisation it belongs.
        pub path: String
    }
}

/// The rows after a number, in the order of their numbers.
pub async fn after(conn: &mut Conn, number: i64, limit: usize) -> Result<Vec<Sealed>> {
    let statement =
        sql!("select number, at, actor, action, object_kind, object, path from audit where number > $1 order by number limit $2");
    conn.all(statement, bind![number, limit]).await
}

record! {
    /// A sealed row with its details, for whoever tells others what changed.
    #[derive(Clone, Debug)]
    pub struct Detailed {
        /// Its number.
        pub number: i64,
        /// When it was done.
        pub at: Time,
        /// What was done.
        pub action: String,
        /// What kind of thing it was done to.
        pub object_kind: String,
        /// Which one.
        pub object: Uuid,
        /// Where in the organisation it belongs.
        pub path: String,
        /// JSON: ids and names of fields.
        pub details: String
    }
}

/// The rows after a number with their details, in the order of their numbers.
pub async fn detailed(conn: &mut Conn, number: i64, limit: usize) -> Result<Vec<Detailed>> {
    let statement = sql!(
        "select number, at, action, object_kind, object, path, details from audit where number > $1 order by number limit $2"
    );
    conn.all(statement, bind![number, limit]).await
}

/// The number of the newest sealed row; 0 before the first.
pub async fn last_number(conn: &mut Conn) -> Result<i64> {
    Ok(conn.value(sql!("select coalesce(max(number), 0) as value from audit"), bind![]).await?.unwrap_or(0))
}

record! {
    /// A row of the record as an auditor reads it.
    #[derive(Serialize, ToSchema)]
    pub struct AuditRow {
        pub id: Uuid,
        pub at: Time,
        /// The account, nil for anonymous callers and for the program.
        pub actor: Uuid,
        pub actor_kind: String,
        pub action: String,
        pub object_kind: String,
        pub object: Uuid,
        pub path: String,
        /// JSON: ids and names of fields.
        pub details: String,
        /// Its place in the chain; absent until the relay has sealed it.
        pub number: Option<i64>
    }
}

/// What an auditor asks for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Done by this account.
    pub actor: Option<Uuid>,
    /// Done to this thing.
    pub object: Option<Uuid>,
    /// Of this kind, such as `incident.reveal`.
    pub action: Option<String>,
    /// Not before.
    pub from: Option<Time>,
    /// Before.
    pub to: Option<Time>,
}

/// A page of the record, newest first.
pub async fn list(conn: &mut Conn, filter: &Filter, now: Time, after: Option<Cursor>, limit: usize) -> Result<Page<AuditRow>> {
    let as_of = after.map_or(now, |c| c.as_of);
    let mut query =
        Query::new("select id, at, actor, actor_kind, action, object_kind, object, path, details, number from audit where 1 = 1")
            .push_if("and actor = $$", filter.actor)
            .push_if("and object = $$", filter.object)
            .push_if("and action = $$", filter.action.as_deref())
            .push_if("and at >= $$", filter.from)
            .push_if("and at < $$", filter.to);
    if let Some(cursor) = after {
        query = query.push("and (at < $$ or (at = $$ and id < $$))", bind![cursor.at, cursor.at, cursor.id]);
    }
    let rows = conn.list(query.push("order by at desc, id desc limit $$", bind![limit + 1])).await?;
    Ok(Page::cut(rows, limit, as_of, |r: &AuditRow| (r.at.millis(), r.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        let value: Value = serde_json::from_str(r#"{"b": [1, {"z": null, "a": "汉\""}], "a": 1.5}"#).unwrap();
        assert_eq!(canonical(&value), r#"{"a":1.5,"b":[1,{"a":"汉\"","z":null}]}"#);
    }
}
