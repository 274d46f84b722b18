//! The SQL of lists, items, requests and proposals.

use db::{Conn, Json, Query, Tx, bind, record, sql};
use kernel::{Cursor, Error, Id, Result, Scope, Time};
use uuid::Uuid;

use super::model::{Item, ItemForm, List, ListRow, ListState, Request, RequestRow, RequestState};
use crate::modules::catalogue::Matter;

const LIST: &str =
    "select id, name, version, state, reference, review_at, made_at, approved_at, effective_at, ended_at from admission_list";
const ITEM: &str = "select i.id, i.list_id, i.number, i.name, i.department, i.class, i.help, i.authority, i.funds, i.training, i.matters, \
    i.valid_from, i.valid_to from admission_item i";
const REQUEST: &str = "select id, kind, state, list_id, item_id, item, reason, checks, unit_path, asked_at, asked_by, decided_at, verdict, \
    effective_at from admission_request where 1 = 1";

/// Every list, the newest first.
pub async fn lists(conn: &mut Conn) -> Result<Vec<ListRow>> {
    conn.list(Query::new(LIST).push("order by made_at desc, id desc limit 1000", vec![])).await
}

/// One list.
pub async fn list(conn: &mut Conn, id: Id<List>) -> Result<ListRow> {
    conn.list(Query::new(LIST).push("where id = $$", bind![id])).await?.pop().ok_or(Error::NotFound)
}

/// The version that the next list of a batch gets.
pub async fn next_version(conn: &mut Conn, name: &str) -> Result<i64> {
    let statement = sql!("select cast(coalesce(max(version), 0) + 1 as bigint) as value from admission_list where name = $1");
    Ok(conn.value(statement, bind![name]).await?.unwrap_or(1))
}

/// Enters a draft.
pub async fn add_list(tx: &mut Tx, l: &ListRow, by: Uuid) -> Result<()> {
    let statement = sql!(
        "insert into admission_list (id, name, version, state, reference, review_at, made_at, made_by) values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    let cells = bind![l.id, l.name, l.version, l.state, l.reference, l.review_at, l.made_at, by];
    match tx.execute(statement, cells).await {
        Err(e) if db::unique_violation(&e).is_some() => Err(Error::Stale),
        other => other.map(|_| ()),
    }
}

/// The items of a list in its order.
pub async fn items(conn: &mut Conn, list: Id<List>) -> Result<Vec<Item>> {
    conn.list(Query::new(ITEM).push("where i.list_id = $$ order by i.number", bind![list])).await
}

/// One item.
pub async fn item(conn: &mut Conn, id: Id<Item>) -> Result<Item> {
    conn.list(Query::new(ITEM).push("where i.id = $$", bind![id])).await?.pop().ok_or(Error::NotFound)
}

/// Every item that is, was or will be in force.
pub async fn approved_items(conn: &mut Conn) -> Result<Vec<Item>> {
    conn.list(Query::new(ITEM).push("where i.valid_from is not null", vec![])).await
}

/// The items in force at an instant, by department and number.
pub async fn in_force(conn: &mut Conn, at: Time, class: Option<&str>, department: Option<&str>) -> Result<Vec<Item>> {
    let query = Query::new(ITEM)
        .push("where i.valid_from <= $$ and (i.valid_to is null or i.valid_to > $$)", bind![at, at])
        .push_if("and i.class = $$", class)
        .push_if("and i.department = $$", department);
    conn.list(query.push("order by i.department, i.list_id, i.number limit 5000", vec![])).await
}

/// Empties a draft, before other items are put in.
pub async fn clear(tx: &mut Tx, list: Id<List>) -> Result<()> {
    let statement = sql!("delete from admission_item where list_id = $1 and valid_from is null");
    tx.execute(statement, bind![list]).await.map(|_| ())
}

/// Forgets a draft.
pub async fn discard(tx: &mut Tx, list: Id<List>) -> Result<()> {
    clear(tx, list).await?;
    tx.execute(sql!("delete from admission_list where id = $1 and state = 'draft'"), bind![list]).await.map(|_| ())
}

/// Adds items to a list, numbered from `first`, a hundred in a statement.
pub async fn add_items(
    tx: &mut Tx,
    now: Time,
    list: Id<List>,
    first: i64,
    forms: &[ItemForm],
    valid_from: Option<Time>,
    request: Option<Id<Request>>,
) -> Result<Vec<Id<Item>>> {
    let ids: Vec<Id<Item>> = forms.iter().map(|_| Id::new(now)).collect();
    for (part, (forms, ids)) in forms.chunks(100).zip(ids.chunks(100)).enumerate() {
        let mut query = Query::new(
            "insert into admission_item (id, list_id, number, name, department, class, help, authority, funds, training, matters, valid_from, \
             request_id) values",
        );
        for (n, (f, id)) in forms.iter().zip(ids).enumerate() {
            let number = first + (part * 100 + n) as i64;
            let (name, department) = (f.name.trim(), f.department.trim());
            let cells = bind![
                *id,
                list,
                number,
                name,
                department,
                f.class,
                f.help,
                f.authority,
                f.funds,
                f.training,
                Json(f.matters.clone()),
                valid_from,
                request
            ];
            query = query.push_list(if n == 0 { "" } else { "," }, cells);
        }
        tx.execute_query(query).await?;
    }
    Ok(ids)
}

/// The number that follows the last of a list.
pub async fn next_number(conn: &mut Conn, list: Id<List>) -> Result<i64> {
    let statement = sql!("select cast(coalesce(max(number), 0) + 1 as bigint) as value from admission_item where list_id = $1");
    Ok(conn.value(statement, bind![list]).await?.unwrap_or(1))
}

/// A draft comes into force; the version of the same batch before it ends at that instant.
pub async fn approve(tx: &mut Tx, list: &ListRow, now: Time, by: Uuid, effective_at: Time) -> Result<()> {
    let older = bind![effective_at, list.name, list.id];
    let statement = sql!(
        "update admission_item set valid_to = $1 where (valid_to is null or valid_to > $1) and list_id in
         (select id from admission_list where name = $2 and id <> $3 and state = 'approved')"
    );
    tx.execute(statement, older.clone()).await?;
    let statement =
        sql!("update admission_list set state = 'ended', ended_at = $1 where name = $2 and id <> $3 and state = 'approved'");
    tx.execute(statement, older).await?;
    let statement = sql!("update admission_item set valid_from = $2 where list_id = $1");
    tx.execute(statement, bind![list.id, effective_at]).await?;
    let statement = sql!(
        "update admission_list set state = $2, approved_at = $3, approved_by = $4, effective_at = $5 where id = $1 and state = 'draft'"
    );
    let changed = tx.execute(statement, bind![list.id, ListState::Approved, now, by, effective_at]).await?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// An item leaves the list at an instant.
pub async fn end_item(tx: &mut Tx, id: Id<Item>, at: Time) -> Result<()> {
    let statement = sql!("update admission_item set valid_to = $2 where id = $1 and (valid_to is null or valid_to > $2)");
    tx.execute(statement, bind![id, at]).await.map(|_| ())
}

/// Enters a request.
pub async fn add_request(tx: &mut Tx, r: &RequestRow) -> Result<()> {
    let statement = sql!(
        "insert into admission_request (id, kind, state, list_id, item_id, item, reason, checks, unit_path, asked_at, asked_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let cells =
        bind![r.id, r.kind, r.state, r.list_id, r.item_id, r.item, r.reason, r.checks, r.unit_path, r.asked_at, r.asked_by];
    tx.execute(statement, cells).await.map(|_| ())
}

/// A request within the scope.
pub async fn request(conn: &mut Conn, scope: &Scope, id: Id<Request>) -> Result<RequestRow> {
    let query = Query::new(REQUEST).push("and id = $$", bind![id]).within(scope, "unit_path >= $$", "unit_path < $$");
    conn.list(query).await?.pop().ok_or(Error::NotFound)
}

/// A page of requests within the scope, the newest first, one more than `limit` when there are more.
pub async fn requests(
    conn: &mut Conn,
    scope: &Scope,
    state: Option<RequestState>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<RequestRow>> {
    let query = Query::new(REQUEST).push_if("and state = $$", state).within(scope, "unit_path >= $$", "unit_path < $$");
    let query = query.after("and (asked_at, id) <", cursor);
    conn.list(query.push("order by asked_at desc, id desc limit $$", bind![limit + 1])).await
}

/// Writes how a request ended; `Stale` when somebody was faster.
pub async fn decide(tx: &mut Tx, r: &RequestRow, by: Uuid) -> Result<()> {
    let statement = sql!(
        "update admission_request set state = $2, decided_at = $3, decided_by = $4, verdict = $5, effective_at = $6
         where id = $1 and state = 'open'"
    );
    let changed = tx.execute(statement, bind![r.id, r.state, r.decided_at, by, r.verdict, r.effective_at]).await?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale) }
}

record! {
    /// A matter that stood on no list when it was dispatched.
    #[derive(Clone, Debug)]
    pub struct Proposal {
        pub matter_id: Id<Matter>,
        pub first_at: Time,
        pub last_at: Time,
        pub times: i64,
        pub last_case: String,
    }
}

/// Counts a matter that stood on no list.
pub async fn propose(tx: &mut Tx, now: Time, matter: Id<Matter>, case: &str) -> Result<()> {
    let statement = sql!(
        "insert into admission_proposal (matter_id, first_at, last_at, times, last_case) values ($1, $2, $2, 1, $3)
         on conflict (matter_id) do update set last_at = excluded.last_at, times = admission_proposal.times + 1,
         last_case = excluded.last_case, dismissed_at = null"
    );
    tx.execute(statement, bind![matter, now, case]).await.map(|_| ())
}

/// What was proposed and not dismissed, the most frequent first.
pub async fn proposals(conn: &mut Conn) -> Result<Vec<Proposal>> {
    let statement = sql!(
        "select matter_id, first_at, last_at, times, last_case from admission_proposal where dismissed_at is null
         order by times desc, last_at desc limit 500"
    );
    conn.all(statement, bind![]).await
}

/// Puts a proposal aside until the matter comes again. False when there is none.
pub async fn dismiss(tx: &mut Tx, matter: Id<Matter>, now: Time) -> Result<bool> {
    let statement = sql!("update admission_proposal set dismissed_at = $2 where matter_id = $1 and dismissed_at is null");
    Ok(tx.execute(statement, bind![matter, now]).await? == 1)
}
