//! What became of dispatches: the figures over them and the lists behind, from one statement.

use db::{Conn, FromRow, Query, Row, bind, record};
use kernel::{Id, Result, Scope, Time};
use uuid::Uuid;

use crate::modules::{incidents::rules::sent::Sent, org::Unit};

/// Which dispatches, or returns, a list shows the cases of.
#[derive(Clone, Debug)]
pub struct Sendings {
    pub what: Sent,
    /// The account that sent, nil for the rules.
    pub by: Option<Uuid>,
    /// The unit that a dispatch named as its lead, or that returned.
    pub to: Option<Id<Unit>>,
    /// The reason of a return.
    pub reason: Option<String>,
    pub from: Option<Time>,
    pub until: Option<Time>,
    /// Where the cases were filed.
    pub scope: Scope,
}

/// A number of dispatches, and of how many cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number {
    pub n: i64,
    pub cases: i64,
}

/// Dispatches of one dispatcher, or to one unit.
#[derive(Clone, Debug)]
pub struct Tally {
    pub id: Uuid,
    pub name: String,
    numbers: Vec<Number>,
}

impl Tally {
    /// How many dispatches were this; nothing of returns.
    pub fn number(&self, what: Sent) -> Number {
        Sent::DISPATCHES.iter().position(|it| *it == what).and_then(|at| self.numbers.get(at)).copied().unwrap_or_default()
    }
}

impl FromRow for Tally {
    fn from_row(row: &Row) -> Result<Self> {
        let number = |what: &Sent| Ok(Number { n: row.get(what.word())?, cases: row.get(what.cases())? });
        let numbers = Sent::DISPATCHES.iter().map(number).collect::<Result<_>>()?;
        Ok(Self { id: row.get("id")?, name: row.get("name")?, numbers })
    }
}

record! {
    /// Returns of one unit for one reason.
    #[derive(Clone, Debug)]
    pub struct ReasonTally { pub unit_id: Id<Unit>, pub reason: String, pub returns: i64, pub cases: i64, pub accepted: i64, pub accepted_cases: i64 }
}

/// What became of a dispatch, 1 or 0 each: of a row that is called so, and that returns and reviews name by such a column.
macro_rules! fates {
    ($row:literal, $names:literal, $own:literal) => {
        concat!(
            fates!(one "incident_return", $row, $names, $own, "", "returned"), ", ",
            fates!(one "incident_return", $row, $names, $own, " and x.counts = 'wrong' and x.accepted", "wrong"), ", ",
            fates!(one "incident_return", $row, $names, $own, " and x.counts = 'sent_down' and coalesce(x.accepted, true)", "down"), ", ",
            fates!(one "incident_review", $row, $names, $own, " and x.kind = 'objection'", "objected"), ", ",
            fates!(one "incident_review", $row, $names, $own, " and x.kind = 'objection' and x.state = 'upheld'", "upheld")
        )
    };
    (one $table:literal, $row:literal, $names:literal, $own:literal, $more:literal, $word:literal) => {
        concat!(
            "case when exists (select 1 from ", $table, " x where x.incident_id = ", $row, ".incident_id and x.", $names, " = ", $row, ".", $own,
            $more, ") then 1 else 0 end as ", $word
        )
    };
}

/// Each dispatch by who made it.
const BY_STEP: &str = concat!(
    "select s.incident_id as incident_id, s.actor_id as id, s.actor_name as name, ",
    fates!("s", "dispatch_n", "n"),
    " from incident_step s join incident c on c.id = s.incident_id where s.action = 'dispatch'"
);

/// The same by the unit that a dispatch named as its lead; the name is the caller's to find.
const BY_TASK: &str = concat!(
    "select t.incident_id as incident_id, t.unit_id as id, '' as name, ",
    fates!("t", "task_id", "id"),
    " from incident_task t join incident c on c.id = t.incident_id where t.role = 'lead'"
);

/// What became of the dispatches of a period, by who made them; counted by the day of the dispatch, so that no share exceeds its whole.
pub async fn by_dispatcher(conn: &mut Conn, scope: &Scope, from: Time, to: Time) -> Result<Vec<Tally>> {
    tallies(conn, |query| query.push(BY_STEP, vec![]).push("and s.at >= $$ and s.at < $$", bind![from, to]), scope).await
}

/// The same by the unit that a dispatch named as its lead.
pub async fn by_unit(conn: &mut Conn, scope: &Scope, from: Time, to: Time) -> Result<Vec<Tally>> {
    tallies(
        conn,
        |query| query.push(BY_TASK, vec![]).push("and t.offered_at >= $$ and t.offered_at < $$", bind![from, to]),
        scope,
    )
    .await
}

/// Added up case by case first, as a case that was dispatched twice is one line of its list.
async fn tallies(conn: &mut Conn, these: impl FnOnce(Query) -> Query, scope: &Scope) -> Result<Vec<Tally>> {
    let mut query = Query::new("select a.id as id, max(a.name) as name");
    for what in Sent::DISPATCHES {
        query = query.push(", cast(sum(", vec![]).push(what.word(), vec![]).push(") as bigint) as", vec![]);
        query = query.push(what.word(), vec![]).push(", cast(sum(case when", vec![]).push(what.word(), vec![]);
        query = query.push("> 0 then 1 else 0 end) as bigint) as", vec![]).push(what.cases(), vec![]);
    }
    query = query.push("from (select d.id, d.incident_id, max(d.name) as name", vec![]);
    for what in Sent::DISPATCHES {
        query = query.push(", sum(case when", vec![]).push(what.condition(), vec![]);
        query = query.push("then 1 else 0 end) as", vec![]).push(what.word(), vec![]);
    }
    let query = these(query.push("from (", vec![])).within(scope, "c.filed_path >= $$", "c.filed_path < $$");
    let query = query.push(") d group by d.id, d.incident_id) a group by a.id order by sum(a.dispatches) desc, a.id", vec![]);
    conn.list(query).await
}

/// Returns of a period by unit and reason; counted by the day of the return.
pub async fn by_reason(conn: &mut Conn, scope: &Scope, from: Time, to: Time) -> Result<Vec<ReasonTally>> {
    let query = Query::new(
        "select r.unit_id, r.reason, count(*) as returns, count(distinct r.incident_id) as cases, \
         cast(sum(case when r.accepted then 1 else 0 end) as bigint) as accepted, \
         count(distinct case when r.accepted then r.incident_id end) as accepted_cases \
         from incident_return r join incident c on c.id = r.incident_id where 1 = 1",
    );
    let query = query.push("and r.at >= $$ and r.at < $$", bind![from, to]);
    let query = query.within(scope, "c.filed_path >= $$", "c.filed_path < $$");
    conn.list(query.push("group by r.unit_id, r.reason order by count(*) desc, r.unit_id, r.reason", vec![])).await
}

/// The cases of a list, as a condition on `c`: by the statement that the figures are counted by.
pub(super) fn listed(query: Query, of: &Sendings) -> Query {
    let query = query.push("and c.id in (", vec![]);
    let query = if of.what.is_return() {
        query
            .push("select r.incident_id from incident_return r join incident c on c.id = r.incident_id where", vec![])
            .push(of.what.condition(), vec![])
            .push_if("and r.unit_id = $$", of.to)
            .push_if("and r.reason = $$", of.reason.clone())
            .push_if("and r.at >= $$", of.from)
            .push_if("and r.at < $$", of.until)
            .within(&of.scope, "c.filed_path >= $$", "c.filed_path < $$")
    } else {
        let query = query.push("select d.incident_id from (", vec![]);
        let query = match of.to {
            Some(unit) => query
                .push(BY_TASK, vec![])
                .push("and t.unit_id = $$", bind![unit])
                .push_if("and t.offered_at >= $$", of.from)
                .push_if("and t.offered_at < $$", of.until),
            None => query
                .push(BY_STEP, vec![])
                .push_if("and s.actor_id = $$", of.by)
                .push_if("and s.at >= $$", of.from)
                .push_if("and s.at < $$", of.until),
        };
        let query = query.within(&of.scope, "c.filed_path >= $$", "c.filed_path < $$");
        query.push(") d where", vec![]).push(of.what.condition(), vec![])
    };
    query.push(")", vec![])
}
