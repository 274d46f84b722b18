//! Complaints about burdens (减负举报): reported by the grassroots, made known to the unit (通报), corrected by it (整改), judged once more by
//! whoever complained (再评议). What they find unsolved goes back to the unit, as often as needed.

use ::jobs::{Context, Job};
use db::{Conn, Json, Query, Tx, bind, record, sql, words};
use kernel::{Actor, Cursor, Error, Id, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{actions::text, model::Item, store};
use crate::{
    app::App,
    modules::{
        access::{self, audit::Audit},
        notices::{self, Notice},
        org::Unit,
    },
};

words! {
    /// What a burden is.
    pub enum BurdenKind {
        /// 清单外摊派
        Unlisted = "unlisted",
        /// 重复填表报数
        Forms = "forms",
        /// 过度留痕、强制打卡
        Traces = "traces",
        /// 检查考核过多
        Inspections = "inspections",
        /// 会议过多
        Meetings = "meetings",
        /// 证明事项
        Certificates = "certificates",
        /// 其他
        Other = "other",
    }
}

words! {
    /// Where a complaint stands.
    pub enum BurdenState {
        /// 已举报
        Reported = "reported",
        /// 已通报
        Notified = "notified",
        /// 整改中
        Correcting = "correcting",
        /// 待再评议
        Reviewing = "reviewing",
        /// 已办结
        Closed = "closed",
        /// 不成立
        Dismissed = "dismissed",
    }
}

words! {
    /// What is done with a complaint.
    pub enum BurdenAction {
        /// 举报
        Report = "report",
        /// 通报
        Notify = "notify",
        /// 整改方案
        Plan = "plan",
        /// 整改完成
        Corrected = "corrected",
        /// 再评议
        Review = "review",
        /// 不成立
        Dismiss = "dismiss",
    }
}

kernel::codes! {
    /// The action does not fit where the complaint stands.
    NOT_NOW = "burden-not-now";
}

/// The kind of the job at the end of the time to answer.
pub const REPLY_BY: &str = "burden.reply-by";

/// Where an action leads; nothing when it does not fit.
pub fn next(from: BurdenState, action: BurdenAction, satisfied: bool) -> Option<BurdenState> {
    use BurdenAction as A;
    use BurdenState as S;
    match (from, action) {
        (S::Reported, A::Notify) => Some(S::Notified),
        (S::Reported, A::Dismiss) => Some(S::Dismissed),
        (S::Notified | S::Correcting, A::Corrected) => Some(S::Reviewing),
        (S::Reviewing, A::Review) if satisfied => Some(S::Closed),
        (S::Notified | S::Correcting, A::Plan) | (S::Reviewing, A::Review) => Some(S::Correcting),
        _ => None,
    }
}

/// A complaint.
pub struct Burden;

/// What was done, by whom, when.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = BurdenStep)]
pub struct Step {
    /// When.
    pub at: Time,
    /// What.
    pub action: BurdenAction,
    /// Who; empty where the complainer is not named.
    pub who: String,
    /// In words.
    pub words: String,
    /// Whether the grassroots were content; with a review.
    #[serde(default)]
    pub satisfied: Option<bool>,
}

record! {
    /// A complaint as it is stored.
    #[derive(Clone, Debug)]
    pub struct Row {
        pub id: Id<Burden>,
        pub version: i64,
        pub state: BurdenState,
        pub about: Id<Unit>,
        pub about_path: String,
        pub unit_path: String,
        pub by_account: Uuid,
        pub unnamed: bool,
        pub kind: BurdenKind,
        pub words: String,
        pub item_id: Option<Id<Item>>,
        pub reply_by: Option<Time>,
        pub rounds: i64,
        pub made_at: Time,
        pub history: Json<Vec<Step>>,
    }
}

impl Row {
    /// Whether the unit is past its time to answer.
    pub fn is_late(&self, now: Time) -> bool {
        let answering = matches!(self.state, BurdenState::Notified | BurdenState::Correcting);
        answering && self.reply_by.is_some_and(|at| at <= now)
    }
}

/// What the job at the end of the time to answer is given.
#[derive(Debug, Serialize, Deserialize)]
pub struct Due {
    burden: Id<Burden>,
}

/// A complaint to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BurdenForm)]
pub struct Form {
    /// The unit that burdens.
    #[schema(value_type = uuid::Uuid)]
    pub about: Id<Unit>,
    /// What kind of burden.
    pub kind: BurdenKind,
    /// What it is.
    pub words: String,
    /// The unit complained about shall not see who complains.
    #[serde(default)]
    pub unnamed: bool,
    /// The item of the list that it goes beyond.
    #[serde(default)]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub item: Option<Id<Item>>,
}

/// A step to be taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BurdenStepForm)]
pub struct StepForm {
    /// The version that the caller saw.
    pub version: i64,
    /// In words.
    pub words: String,
    /// Until when the unit has to answer; with a notice.
    #[serde(default)]
    pub reply_by: Option<Time>,
    /// Whether the grassroots are content; with a review.
    #[serde(default)]
    pub satisfied: Option<bool>,
}

/// Makes a complaint.
pub async fn report(tx: &mut Tx, now: Time, who: &Actor, from: String, about: &Unit, form: &Form) -> Result<Row> {
    let words = ::text::redact(text("words", &form.words, 2_000)?).text;
    if let Some(item) = form.item {
        // What stands in a draft may still go, and binds nobody.
        let known = match store::item(tx, item).await {
            Err(Error::NotFound) => None,
            found => found?.valid_from,
        };
        if known.is_none_or(|from| from > now) {
            return Err(Error::invalid("item", "not-in-force"));
        }
    }
    let step =
        Step { at: now, action: BurdenAction::Report, who: named(who, form.unnamed), words: words.clone(), satisfied: None };
    let row = Row {
        id: Id::new(now),
        version: 1,
        state: BurdenState::Reported,
        about: about.id,
        about_path: about.path.clone(),
        unit_path: from,
        by_account: who.id,
        unnamed: form.unnamed,
        kind: form.kind,
        words,
        item_id: form.item,
        reply_by: None,
        rounds: 0,
        made_at: now,
        history: Json(vec![step]),
    };
    insert(tx, &row).await?;
    record(tx, now, who, &row, BurdenAction::Report).await?;
    Ok(row)
}

/// Takes the next step of a complaint that the caller may see.
pub async fn step(tx: &mut Tx, now: Time, who: &Actor, mut row: Row, action: BurdenAction, form: &StepForm) -> Result<Row> {
    if row.version != form.version {
        return Err(Error::Stale);
    }
    let words = ::text::redact(text("words", &form.words, 2_000)?).text;
    let content = match action {
        BurdenAction::Review => Some(form.satisfied.ok_or_else(|| Error::invalid("satisfied", "required"))?),
        _ => None,
    };
    let state =
        next(row.state, action, content == Some(true)).ok_or_else(|| Error::refused_with(NOT_NOW, "state", row.state.word()))?;
    if action == BurdenAction::Notify {
        row.reply_by = Some(form.reply_by.filter(|at| *at > now).ok_or_else(|| Error::invalid("reply_by", "in-the-past"))?);
    }
    // Each time the grassroots are not content the unit begins anew.
    row.rounds += i64::from(content == Some(false));
    let unnamed = row.unnamed && action == BurdenAction::Review;
    row.history.0.push(Step { at: now, action, who: named(who, unnamed), words, satisfied: content });
    (row.state, row.version) = (state, row.version + 1);
    update(tx, &row).await?;
    if let Some(by) = row.reply_by.filter(|_| action == BurdenAction::Notify) {
        ::jobs::reschedule(tx, now, &Job::new(REPLY_BY, Due { burden: row.id }).at(by).once(row.id.to_string())).await?;
    }
    record(tx, now, who, &row, action).await?;
    tell(tx, now, &row, action).await?;
    Ok(row)
}

fn named(who: &Actor, unnamed: bool) -> String {
    if unnamed { String::new() } else { who.name.clone() }
}

async fn record(tx: &mut Tx, now: Time, who: &Actor, row: &Row, action: BurdenAction) -> Result<()> {
    Audit::new("burden.step", "burden", row.id.uuid())
        .under(&row.unit_path)
        .with("action", action.word())
        .with("state", row.state.word())
        .record(tx, now, who)
        .await
}

/// The complainer learns what the others did; the desk of the unit complained about learns of the notice and of the review.
async fn tell(tx: &mut Tx, now: Time, row: &Row, action: BurdenAction) -> Result<()> {
    let to = match action {
        BurdenAction::Notify | BurdenAction::Review => desk(tx, now, row).await?,
        _ => vec![row.by_account],
    };
    notices::tell(tx, now, &told(row, "burden-moved", to)).await
}

/// Who sits at the desk of the unit complained about.
async fn desk(tx: &mut Tx, now: Time, row: &Row) -> Result<Vec<Uuid>> {
    access::store::accounts_at(tx, &["department-desk", "street-desk"], &[row.about_path.as_str()], now).await
}

fn told(row: &Row, kind: &'static str, to: Vec<Uuid>) -> Vec<Notice> {
    let params = serde_json::json!({ "state": row.state });
    let notice = |to| Notice { to, kind, object_kind: "burden", object: row.id.uuid(), params: params.clone(), urgent: false };
    to.into_iter().map(notice).collect()
}

/// The job at the end of the time to answer: when the unit has not answered, its desk, whoever supervises it and the complainer are told, once.
pub async fn unanswered(app: &App, context: &Context, due: &Due) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin();
    if context.not_yet(&mut tx, now).await? {
        return tx.commit().await;
    }
    let all = Sight { own: Scope::All, about: Scope::All };
    let row = one(&mut tx, &all, due.burden).await?;
    if row.is_late(now) {
        let mut to = desk(&mut tx, now, &row).await?;
        to.extend(access::store::accounts_with(&mut tx, "supervisor", &row.about_path, now).await?);
        to.push(row.by_account);
        to.sort_unstable();
        to.dedup();
        notices::tell(&mut tx, now, &told(&row, "burden-overdue", to)).await?;
        let overdue = Audit::new("burden.overdue", "burden", row.id.uuid()).under(&row.unit_path);
        overdue.record(&mut tx, now, &Actor::system()).await?;
    }
    context.finish(&mut tx).await?;
    tx.commit().await
}

const COLUMNS: &str = "select id, version, state, about, about_path, unit_path, by_account, unnamed, kind, words, item_id, reply_by, rounds, \
    made_at, history from burden_complaint where 1 = 1";

/// Which complaints a caller sees: those of units in `own`, and from the notice on those about units in `about`.
pub struct Sight {
    /// Where the caller's units complain.
    pub own: Scope,
    /// Where the caller answers for units.
    pub about: Scope,
}

impl Sight {
    fn narrow(&self, query: Query) -> Query {
        if matches!(self.own, Scope::All) {
            return query;
        }
        query
            .push("and ((1 = 1", vec![])
            .within(&self.own, "unit_path >= $$", "unit_path < $$")
            .push(") or (state not in ('reported', 'dismissed')", vec![])
            .within(&self.about, "about_path >= $$", "about_path < $$")
            .push("))", vec![])
    }
}

/// One complaint that the caller may see.
pub async fn one(conn: &mut Conn, sight: &Sight, id: Id<Burden>) -> Result<Row> {
    let query = sight.narrow(Query::new(COLUMNS).push("and id = $$", bind![id]));
    conn.list(query).await?.pop().ok_or(Error::NotFound)
}

/// A page of complaints, the newest first, one more than `limit` when there are more.
pub async fn page(
    conn: &mut Conn,
    sight: &Sight,
    state: Option<BurdenState>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Row>> {
    let query = sight.narrow(Query::new(COLUMNS).push_if("and state = $$", state));
    let query = query.after("and (made_at, id) <", cursor);
    conn.list(query.push("order by made_at desc, id desc limit $$", bind![limit + 1])).await
}

async fn insert(tx: &mut Tx, r: &Row) -> Result<()> {
    let statement = sql!(
        "insert into burden_complaint (id, version, state, about, about_path, unit_path, by_account, unnamed, kind, words, item_id, rounds,
         made_at, history) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    );
    let cells = bind![
        r.id,
        r.version,
        r.state,
        r.about,
        r.about_path,
        r.unit_path,
        r.by_account,
        r.unnamed,
        r.kind,
        r.words,
        r.item_id,
        r.rounds,
        r.made_at,
        r.history
    ];
    tx.execute(statement, cells).await.map(|_| ())
}

async fn update(tx: &mut Tx, r: &Row) -> Result<()> {
    let statement = sql!(
        "update burden_complaint set version = $2, state = $3, reply_by = $4, rounds = $5, history = $6 where id = $1 and version = $2 - 1"
    );
    let changed = tx.execute(statement, bind![r.id, r.version, r.state, r.reply_by, r.rounds, r.history]).await?;
    if changed == 1 { Ok(()) } else { Err(Error::Stale) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_content_grassroots_end_a_complaint() {
        use BurdenAction as A;
        use BurdenState as S;
        assert_eq!(next(S::Reviewing, A::Review, true), Some(S::Closed));
        assert_eq!(next(S::Reviewing, A::Review, false), Some(S::Correcting));
        let ends: Vec<(S, A)> = S::ALL
            .iter()
            .flat_map(|s| A::ALL.iter().map(move |a| (*s, *a)))
            .filter(|(s, a)| matches!(next(*s, *a, true), Some(S::Closed | S::Dismissed)))
            .collect();
        assert_eq!(ends, [(S::Reported, A::Dismiss), (S::Reviewing, A::Review)]);
    }
}
