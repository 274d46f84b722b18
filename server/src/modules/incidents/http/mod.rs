//! The routes. A handler reads its arguments, calls one use case, answers; nothing is decided here.
//!
//! A folder by who asks for what: `public` (reporters without a log-in), `list` (lists, counts, exports), `desk` (reads of one case and the
//! actions of desks), `tasks` (the inbox and the handling of tasks), `callback` (the queue of calls), `second` (opening again).

mod archive;
mod away;
mod bulk;
mod callback;
mod desk;
mod duty;
mod emergency;
mod erase;
mod filters;
mod ladder;
mod list;
mod merge;
mod open;
mod partner;
mod pauses;
mod public;
mod returns;
mod second;
mod sign;
mod tasks;
mod watch;
mod whistle;

use axum::http::StatusCode;
use kernel::{Actor, Error, Id, Scope};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{
    actions::{self, Change, Ground},
    model::Incident,
    store::{self, merge::Followed},
    track, view,
};
use crate::{
    app::{App, Shared},
    http::{Command, Halt, Outcome, Visitor, Work},
    modules::access::limits,
    permit,
};

/// Routes without a log-in.
pub fn open_to_all() -> OpenApiRouter<Shared> {
    public::routes().merge(open::routes()).merge(pauses::open_to_all()).merge(partner::open_to_all()).merge(second::open_to_all())
}

/// Routes for staff.
pub fn staff() -> OpenApiRouter<Shared> {
    let cases = OpenApiRouter::new().merge(list::routes()).merge(desk::routes()).merge(tasks::routes()).merge(returns::routes());
    cases
        .merge(merge::routes())
        .merge(bulk::routes())
        .merge(filters::routes())
        .merge(whistle::routes())
        .merge(emergency::routes())
        .merge(duty::routes())
        .merge(pauses::routes())
        .merge(archive::routes())
        .merge(erase::routes())
        .merge(away::routes())
        .merge(partner::routes())
        .merge(sign::routes())
        .merge(callback::routes())
        .merge(second::routes())
        .merge(ladder::routes())
        .merge(watch::routes())
}

permit! {
    /// See cases.
    Read = "incident.read";
    /// Take reports in.
    ReportFor = "incident.report";
    /// Accept, refuse, correct.
    TakeIn = "incident.intake";
    /// Dispatch.
    SendOut = "incident.dispatch";
    /// Take tasks on and finish them.
    Handle = "task.handle";
    /// Note.
    MakeNote = "incident.note";
    /// Verify results.
    LookAfter = "incident.verify";
    /// Close.
    CloseCase = "incident.close";
    /// Call reporters back.
    CallBack = "incident.callback";
    /// Open cases again.
    OpenAgain = "incident.reopen";
    /// Read one personal field in clear.
    SeeInClear = "incident.reveal";
    /// Return tasks.
    GiveBack = "task.return";
    /// Object to a dispatch.
    ObjectTo = "incident.object";
    /// Rule for the district who leads.
    Rule = "incident.rule";
    /// Call and record conferences.
    Confer = "incident.confer";
    /// Annul cases.
    Annul = "incident.annul";
    /// Change the reasons for returning cases.
    DispatchManage = "dispatch.manage";
    /// See refused dispatches and the figures of dispatch.
    DispatchRead = "dispatch.read";
    /// Archive before the time.
    PutAway = "incident.archive";
    /// Take the dossier of a case.
    TakeDossier = "incident.dossier";
    /// Make and revoke links for tasks of units without accounts.
    LinkTask = "task.link";
    /// Sign results of the unit.
    SignResult = "task.sign";
    /// Merge cases, and take them apart again.
    MergeCases = "incident.merge";
    /// Act on many cases at once.
    ManyAtOnce = "incident.bulk";
    /// Ask to erase cases.
    AskErasure = "erasure.ask";
    /// Decide what others asked to erase.
    DecideErasures = "erasure.decide";
    /// See what was asked to be erased.
    SeeErasures = "erasure.read";
    /// Export lists.
    Export = "export.run";
}

/// What a caller's scope reaches.
pub(super) fn reach(app: &App, scope: Scope) -> Scope {
    app.org.directory().value.reach(scope)
}

/// Opens a command on one case: the transaction, held to the snapshots that it is decided on, and the case that the scope may see.
async fn open<'a, T>(
    app: &'a App,
    who: &'a Actor,
    scope: Scope,
    id: Id<Incident>,
    command: &Command<T>,
    version: Option<i64>,
) -> Result<(Ground, Work<'a>, Change<'a>), Halt> {
    open_both(app, who, scope, id, None, command, version).await
}

/// The same for a command that changes another case as well.
async fn open_both<'a, T>(
    app: &'a App,
    who: &'a Actor,
    scope: Scope,
    id: Id<Incident>,
    other: Option<Id<Incident>>,
    command: &Command<T>,
    version: Option<i64>,
) -> Result<(Ground, Work<'a>, Change<'a>), Halt> {
    let (ground, mut work) = begin(app, who, command).await?;
    if let Some(other) = other {
        store::hold_all(&mut work.tx, &[id, other]).await?;
    }
    let change = Change::load(&mut work.tx, app, who, &reach(app, scope), id, version).await?;
    Ok((ground, work, change))
}

/// Begins a command on what this node knows. When it has been changed elsewhere, or is just being read anew, that is waited for, once.
async fn begin<'a, T>(app: &'a App, who: &Actor, command: &Command<T>) -> Result<(Ground, Work<'a>), Halt> {
    let ground = Ground::of(app);
    let mut work = command.begin(app, who).await?;
    match ground.check(&mut work.tx).await {
        Err(Error::Stale) => drop(work),
        checked => return checked.map(|()| (ground, work)).map_err(Halt::from),
    }
    app.refresh().await?;
    let ground = Ground::of(app);
    let mut work = command.begin(app, who).await?;
    ground.check(&mut work.tx).await?;
    Ok((ground, work))
}

/// Commits a command on one case and answers with the case as the caller now sees it.
async fn answer(mut work: Work<'_>, app: &App, ground: &Ground, who: &Actor, case: store::Case) -> Outcome {
    let seen = view::whole(&mut work.tx, app, ground, who, case).await?;
    work.finish(StatusCode::OK, &seen).await
}

/// The same for a command whose refusal leaves a record: that is committed, then the rule's answer.
async fn answer_or_refuse(work: Work<'_>, app: &App, ground: &Ground, who: &Actor, case: kernel::Result<store::Case>) -> Outcome {
    match case {
        Ok(case) => answer(work, app, ground, who, case).await,
        Err(refused) => Err(work.refuse(refused).await),
    }
}

/// Opens a command of the holder of a reporter's link, within the limit of his network.
async fn follow<'a, T>(
    app: &'a App,
    visitor: &Visitor,
    actor: &'a Actor,
    secret: &str,
    command: &Command<T>,
) -> Result<(Work<'a>, Followed), Halt> {
    limits::take(app, "remarks", &limits::network(visitor.address))?;
    for _ in 0..TRIES {
        let mut work = command.begin(app, actor).await?;
        match held(&mut work.tx, secret).await? {
            Some(followed) => return Ok((work, followed)),
            None => work.tx.rollback().await?,
        }
    }
    Err(Error::Stale.into())
}

/// The same for a command that is decided on what this node knows.
async fn follow_on<'a, T>(
    app: &'a App,
    visitor: &Visitor,
    actor: &'a Actor,
    secret: &str,
    command: &Command<T>,
) -> Result<(Ground, Work<'a>, Followed), Halt> {
    limits::take(app, "remarks", &limits::network(visitor.address))?;
    for _ in 0..TRIES {
        let (ground, mut work) = begin(app, actor, command).await?;
        match held(&mut work.tx, secret).await? {
            Some(followed) => return Ok((ground, work, followed)),
            None => work.tx.rollback().await?,
        }
    }
    Err(Error::Stale.into())
}

/// How often a case is looked for that was merged, or given back, while its lock was waited for.
const TRIES: usize = 3;

/// What a link follows, held until the end of the transaction, and read only then: a desk may be changing it. Nothing when it was merged meanwhile.
async fn held(tx: &mut db::Tx, secret: &str) -> Result<Option<Followed>, Error> {
    store::merge::hold_followed(tx, &track::hash(secret)).await
}

/// Commits a command of the holder of a link and answers with the report as the holder now sees it.
async fn answer_holder(mut work: Work<'_>, app: &App, ground: &Ground, secret: &str) -> Outcome {
    let followed = store::merge::followed(&mut work.tx, &track::hash(secret)).await?;
    let seen = view::followed(&mut work.tx, app, ground, followed).await?;
    work.finish(StatusCode::OK, &seen).await
}

/// Prepares outside the transaction, writes inside it, and tries once more when a snapshot moved in between.
async fn take<T>(app: &Shared, actor: &Actor, command: &Command<T>, intake: actions::Intake) -> Outcome {
    for last in [false, true] {
        let ground = Ground::of(app);
        let prepared = actions::prepare(app, &ground, actor, &intake).await?;
        let mut work = command.begin(app, actor).await?;
        let receipt = match actions::join(&mut work.tx, app, &ground, actor, &prepared).await? {
            Some(receipt) => receipt,
            None => Box::pin(actions::take_in(&mut work.tx, app, &ground, prepared)).await?,
        };
        match work.finish(StatusCode::CREATED, &receipt).await {
            Err(Halt::Problem(crate::http::Problem(Error::Stale))) if !last => app.refresh().await?,
            done => return done,
        }
    }
    Err(Error::Stale.into())
}

/// A command that only says which version of the case the caller saw.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Versioned {
    /// The version of the case that the caller saw.
    version: Option<i64>,
}
