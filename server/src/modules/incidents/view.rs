//! What callers see of a case: rows, the whole case for staff, the case as its reporter may see it. Names come from the snapshots,
//! so a page of a hundred rows costs one statement.

mod emergency;
pub mod open;
mod told;
mod tracked;

use told::{spoken_as, told};
pub use tracked::{TrackView, followed, photo_owner};

use db::Conn;
use kernel::{Actor, ActorKind, Id, Permission, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    actions::Ground,
    duplicates::Candidate,
    explain::Effect,
    learn::{self, Word},
    model::{Attention, Channel, Incident, Light, Outcome, Reason, Role, Source, State, Task, TaskState, attention_list},
    rules::{
        self,
        merge::Carried,
        second::{self, may_reopen},
        sign::Unsigned,
        spoken::{Spoken, class_words},
        whistle::Coming,
    },
    store::{self, Attempt, Case, Entry, Line, TaskRow, Waiting},
    transitions::TRANSITIONS,
};
use crate::{
    app::App,
    lang::Lang,
    modules::{
        access::{self, DataKey},
        catalogue::{AccessClass, Matter, Urgency},
        files,
        org::Unit,
    },
};

/// An id with its name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Named {
    /// The id.
    pub id: uuid::Uuid,
    /// The name.
    pub name: String,
    /// The English name of a matter that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
}

impl Named {
    /// A unit by its name; the name is empty of one that is not known any more.
    pub fn unit(ground: &Ground, id: Id<Unit>) -> Self {
        let name = ground.org.value.unit(id).map(|u| u.name.clone()).unwrap_or_default();
        Self { id: id.uuid(), name, name_en: None }
    }
}

/// A grid by code and name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridName {
    /// 15 digits.
    pub code: String,
    /// The name.
    pub name: String,
}

/// Who leads.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LeadName {
    /// The unit.
    pub unit: String,
    /// The person, when it is somebody's already.
    pub person: Option<String>,
}

/// A row of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RowView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Incident>,
    code: String,
    version: i64,
    title: String,
    state: State,
    matter: Option<Named>,
    urgency: Urgency,
    light: Light,
    yellow_at: Option<Time>,
    red_at: Option<Time>,
    next_at: Option<Time>,
    paused: Option<String>,
    /// The gravest supervision order that is open: `urge`, `yellow` or `red`.
    card: Option<String>,
    grid: Option<GridName>,
    owner: Named,
    lead: Option<LeadName>,
    channel: Channel,
    source: Source,
    lon: Option<f64>,
    lat: Option<f64>,
    reported_at: Time,
    due_at: Option<Time>,
    attention: Vec<Attention>,
    photo_count: i64,
    reporters: i64,
}

impl RowView {
    /// The case's number.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Where the case stands.
    pub const fn state(&self) -> State {
        self.state
    }
}

/// One row, with names from the snapshots.
pub fn row(ground: &Ground, line: Line) -> RowView {
    let light = Light::at(ground.now, line.yellow_at, line.red_at, line.paused.is_some());
    RowView {
        id: line.id,
        version: line.version,
        title: line.title,
        state: line.state,
        matter: line.matter_id.and_then(|m| matter_name(ground, m)),
        urgency: line.urgency,
        light,
        yellow_at: line.yellow_at,
        red_at: line.red_at,
        next_at: line.next_at,
        paused: line.paused,
        card: line.card,
        grid: line.grid_id.and_then(|g| grid_name(ground, g)),
        owner: unit_name(ground, line.owner_id),
        lead: lead_name(ground, line.lead_unit, line.lead_person),
        channel: line.channel,
        source: line.source,
        lon: line.lon,
        lat: line.lat,
        reported_at: line.reported_at,
        due_at: line.due_at,
        attention: attention_list(&line.attention),
        photo_count: line.photos,
        reporters: line.reporters,
        code: line.code,
    }
}

fn matter_name(ground: &Ground, id: Id<Matter>) -> Option<Named> {
    ground.catalogue.value.matter(id).map(|m| Named { id: id.uuid(), name: m.level3.clone(), name_en: m.english() })
}

fn grid_name(ground: &Ground, id: Id<Unit>) -> Option<GridName> {
    ground.org.value.unit(id).map(|u| GridName { code: u.code.clone(), name: u.name.clone() })
}

/// A unit with the name that it has in the picture of the organisation.
pub fn unit_name(ground: &Ground, id: Id<Unit>) -> Named {
    Named::unit(ground, id)
}

fn person_name(ground: &Ground, id: Option<uuid::Uuid>) -> Option<String> {
    ground.org.value.person(Id::from_uuid(id?)).map(|p| p.name.to_owned())
}

fn lead_name(ground: &Ground, unit: Option<Id<Unit>>, person: Option<uuid::Uuid>) -> Option<LeadName> {
    unit.map(|u| LeadName { unit: unit_name(ground, u).name, person: person_name(ground, person) })
}

/// The reporter as staff see one: masked, and nothing at all of a confidential one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReporterView {
    name: Option<String>,
    phone: Option<String>,
    confidential: bool,
}

/// One possible matter with its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChoiceView {
    matter: Named,
    confidence: f64,
}

/// What was recognised, and by which words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClassifiedView {
    top: Vec<ChoiceView>,
    words: Vec<Word>,
    by: String,
}

/// Whose matter it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GateView {
    class: AccessClass,
    words: String,
}

/// A task of the case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Task>,
    role: Role,
    state: TaskState,
    unit: Named,
    person: Option<String>,
    offered_at: Time,
    accept_by: Option<Time>,
    due_at: Option<Time>,
    yellow_at: Option<Time>,
    red_at: Option<Time>,
    light: Light,
    result: Option<Outcome>,
    words: Option<String>,
    /// The words by kind and gaps, where they are a sentence of the program.
    spoken: Option<Spoken>,
    reasons: Vec<Reason>,
    /// The whistle that summoned the unit.
    whistle: Option<uuid::Uuid>,
    /// Until when the unit has to report in, when it was summoned.
    report_by: Option<Time>,
    /// The light of its coming: red from the limit on until it is there.
    report_light: Option<Light>,
    /// When it reported in.
    arrived_at: Option<Time>,
    /// Whether a ruling gave it: then it cannot be returned.
    binding: bool,
    /// The result that waits for the signature of the unit's chief.
    unsigned: Option<UnsignedView>,
    /// Whether the caller may take it on or finish it.
    mine: bool,
    /// Whether it is the caller's own, or nobody's yet: what stands in an inbox.
    to_me: bool,
}

/// A result that waits for a signature.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnsignedView {
    /// Who handled the task.
    by: String,
    /// When it was handed up.
    at: Time,
    /// How it ended.
    result: Outcome,
    /// What the reporter will read.
    reply: String,
    /// The same by kind and gaps, where it is a sentence of the program.
    spoken: Option<Spoken>,
}

/// What waits for a signature with a task.
fn unsigned(task: &TaskRow) -> Option<Unsigned> {
    serde_json::from_value(task.unsigned.clone().filter(|_| task.state == TaskState::Signing)?).ok()
}

/// Whether the caller may sign what waits with a task: for the unit, and never what he handled himself.
pub fn signs(actor: &Actor, task: &TaskRow) -> bool {
    let reach = actor.scope(Permission("task.sign"));
    unsigned(task).is_some_and(|u| u.by != actor.id) && reach.holds(&task.unit_path)
}

/// Whose step it was, from where the caller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StepBy)]
pub enum By {
    /// The caller's own.
    Me,
    /// The program's.
    Program,
    /// Somebody else's.
    Other,
}

/// An entry of the timeline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepView {
    at: Time,
    action: super::model::Action,
    from: State,
    to: State,
    actor: String,
    by: By,
    words: String,
    /// The words by kind and gaps, where they are a sentence of the program.
    spoken: Option<Spoken>,
    reasons: Vec<Reason>,
    public: bool,
    /// What the action carried, by its own shape.
    #[schema(value_type = Option<Object>)]
    details: Option<serde_json::Value>,
    /// What it did to the clocks.
    effect: Vec<Effect>,
}

/// A limit on the way that is not met yet.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StageView {
    name: String,
    /// By when; nothing while the clocks stand still.
    by: Option<Time>,
}

/// A photograph of the case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PhotoView {
    id: uuid::Uuid,
    kind: String,
    taken_at: Option<Time>,
}

/// An order from above.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UpstreamView {
    number: Option<String>,
    due: Option<Time>,
}

/// An answer of the reporter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RatingView {
    at: Time,
    round: i64,
    asked_by: String,
    outcome: String,
    contacted: Option<bool>,
    solved: Option<super::model::Solved>,
    satisfied: Option<super::model::Satisfied>,
    reason: Option<String>,
}

/// The first receiver, while nobody has taken over.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeldView {
    unit: Named,
    since: Time,
}

/// Another case by its number.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CaseLink {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Incident>,
    code: String,
}

/// The whole case for staff.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseView {
    #[serde(flatten)]
    row: RowView,
    round: i64,
    text: String,
    address: String,
    reporter: ReporterView,
    reported_for: bool,
    classified: ClassifiedView,
    gate: Option<GateView>,
    reasons: Vec<Reason>,
    tasks: Vec<TaskView>,
    steps: Vec<StepView>,
    photos: Vec<PhotoView>,
    #[schema(value_type = Object)]
    fields: serde_json::Value,
    result: Option<Outcome>,
    public_reply: Option<String>,
    /// The reply by kind and gaps, where it is a sentence of the program.
    reply_spoken: Option<Spoken>,
    ratings: Vec<RatingView>,
    duplicates: Vec<Candidate>,
    /// The case that this one was merged into.
    merged_into: Option<CaseLink>,
    /// The cases that were merged into this one.
    merged: Vec<CaseLink>,
    upstream: Option<UpstreamView>,
    late: bool,
    /// When its words were erased; there is nothing to do with it any more.
    erased_at: Option<Time>,
    /// Who returned it and answers for it until the next takes it on (首接负责).
    held_by: Option<HeldView>,
    /// What an emergency asks for and what it got.
    emergency: Option<emergency::EmergencyView>,
    /// When the pause ends by itself, or the case is looked at again.
    paused_until: Option<Time>,
    /// The limits on the way that are not met yet.
    stages: Vec<StageView>,
    /// Until when a result of this case must show a photograph; null where none is asked for.
    photo_until: Option<Time>,
    /// The actions that this caller can take now.
    may: Vec<&'static str>,
}

/// What belongs to a case beside its row.
#[derive(Default)]
pub struct Parts {
    /// Its history.
    pub steps: Vec<Entry>,
    /// Its tasks.
    pub tasks: Vec<TaskRow>,
    /// Its photographs.
    pub photos: Vec<files::FileInfo>,
    /// The answers of its reporters.
    pub ratings: Vec<store::RatingRow>,
    /// The key of its sealed fields, where it has some and the key was not destroyed.
    pub key: Option<DataKey>,
}

/// Reads what belongs to a case and puts it together for a caller.
pub async fn whole(conn: &mut Conn, app: &App, ground: &Ground, actor: &Actor, case: Case) -> Result<CaseView> {
    let steps = store::steps(conn, case.id).await?;
    let tasks = store::tasks(conn, case.id).await?;
    let photos = files::of(conn, "incident", case.id.uuid()).await?;
    let ratings = store::ratings(conn, case.id).await?;
    let key = if has_reporter(&case) { Some(access::keys::load(conn, app, case.id.uuid()).await?) } else { None };
    let emergency = emergency::view(conn, app, ground, &case).await?;
    let words = app.incidents.words(&case.redacted);
    let seen = together(app, ground, actor, case, Parts { steps, tasks, photos, ratings, key })?;
    Ok(CaseView { emergency, classified: ClassifiedView { words, ..seen.classified }, ..seen })
}

/// Puts a case together for a caller from what was read before: without what an emergency asks for and the words that spoke for the matter.
pub fn together(app: &App, ground: &Ground, actor: &Actor, case: Case, parts: Parts) -> Result<CaseView> {
    let Parts { steps, tasks, photos, ratings, key } = parts;
    let reporter = reporter(&case, key.as_ref())?;
    let kept: learn::Kept = serde_json::from_value(case.classified.clone()).unwrap_or_default();
    let named = |c: &learn::Choice| Some(ChoiceView { matter: matter_name(ground, c.matter)?, confidence: c.confidence });
    let classified = ClassifiedView { top: kept.top.iter().filter_map(named).collect(), words: vec![], by: kept.by };
    let reasons = steps.iter().rev().find(|s| moves(s)).map(|s| s.reasons.0.clone()).unwrap_or_default();
    let told = told(app, ground, &case, &steps);
    let reach = actor.scope(Permission("task.handle"));
    let allowed = !rules::returns::conferences(&steps, case.round, rules::returns::Allowed::Reopen).is_empty();
    let may = may(actor, &case, &tasks, &reach, allowed);
    let held_by = rules::returns::holder(&steps).map(|(unit, since)| HeldView { unit: unit_name(ground, unit), since });
    let (merged_into, merged) = links(&case, &steps);
    let reply_spoken = spoken_as(case.public_reply.as_deref(), &steps);
    let effects = told.effects.into_iter().chain(std::iter::repeat_with(Vec::new));
    Ok(CaseView {
        emergency: None,
        round: case.round,
        text: case.redacted.clone(),
        address: case.address.clone(),
        reporter,
        reported_for: case.reported_for,
        classified,
        gate: case.class.map(|class| GateView { class, words: class_words(Lang::Zh, class) }),
        reasons,
        tasks: tasks
            .into_iter()
            .map(|t| {
                let spoken = spoken_as(t.words.as_deref(), &steps);
                TaskView { spoken, ..task(ground, t, &reach, actor.person, case.paused.is_some()) }
            })
            .collect(),
        steps: steps.into_iter().zip(effects).map(|(entry, effect)| step(actor, entry, effect)).collect(),
        photos: photos.into_iter().map(photo).collect(),
        fields: case.fields.clone(),
        result: case.result,
        public_reply: case.public_reply.clone(),
        reply_spoken,
        ratings: ratings.into_iter().map(rating).collect(),
        duplicates: vec![],
        merged_into,
        merged,
        upstream: case.upstream_no.is_some().then(|| UpstreamView { number: case.upstream_no.clone(), due: case.upstream_due }),
        late: case.late,
        erased_at: case.erased_at,
        held_by,
        paused_until: case.paused_until,
        stages: told.stages,
        photo_until: ground.photo_until(app, case.matter_id, case.urgency),
        may,
        row: row(ground, line(case)),
    })
}

/// Where the case went, and what came into it and is still there: read from its steps.
fn links(case: &Case, steps: &[Entry]) -> (Option<CaseLink>, Vec<CaseLink>) {
    let (mut into, mut merged) = (None, vec![]);
    for carried in steps.iter().filter_map(|s| Carried::of(s.details.as_ref())) {
        match carried {
            Carried::Merge { into: id, code, .. } => into = Some(CaseLink { id, code }),
            Carried::Absorb { case: id, code, .. } => merged.push(CaseLink { id, code }),
            Carried::Release { case: id, .. } => merged.retain(|link| link.id != id),
            _ => {}
        }
    }
    (into.filter(|_| case.merged_into.is_some()), merged)
}

impl CaseView {
    /// Adds the open cases that look alike.
    #[must_use]
    pub fn with_duplicates(mut self, found: Vec<Candidate>) -> Self {
        self.duplicates = found;
        self
    }
}

fn line(case: Case) -> Line {
    Line {
        id: case.id,
        code: case.code,
        version: case.version,
        state: case.state,
        reported_at: case.reported_at,
        channel: case.channel,
        source: case.source,
        urgency: case.urgency,
        title: case.title,
        lon: case.lon,
        lat: case.lat,
        grid_id: case.grid_id,
        matter_id: case.matter_id,
        owner_id: case.owner_id,
        lead_unit: case.lead_unit,
        lead_person: case.lead_person,
        attention: case.attention,
        yellow_at: case.yellow_at,
        red_at: case.red_at,
        next_at: case.next_at,
        due_at: case.due_at,
        paused: case.paused,
        card: case.card,
        reporters: case.reporters,
        photos: case.photos,
    }
}

/// Whether there is anything of the reporter to show, masked.
pub fn has_reporter(case: &Case) -> bool {
    !case.confidential && (case.name_sealed.is_some() || case.phone_sealed.is_some())
}

fn reporter(case: &Case, key: Option<&DataKey>) -> Result<ReporterView> {
    let hidden = ReporterView { name: None, phone: None, confidential: case.confidential };
    let Some(key) = key.filter(|_| has_reporter(case)) else { return Ok(hidden) };
    let open = |sealed: &Option<Vec<u8>>, field: &str| sealed.as_ref().map(|s| key.open(s, field)).transpose();
    Ok(ReporterView {
        name: open(&case.name_sealed, "name")?.map(|n| text::mask_name(&n)),
        phone: open(&case.phone_sealed, "phone")?.map(|p| text::mask_phone(&p)),
        confidential: false,
    })
}

/// The light of a summoned unit's coming.
fn report_light(now: Time, t: &TaskRow, warn_at: Time, report_by: Time) -> Light {
    Coming { state: t.state, warn_at, report_by, arrived_at: t.arrived_at, missed_at: None }.light(now)
}

fn task(ground: &Ground, t: TaskRow, reach: &kernel::Scope, me: Option<uuid::Uuid>, paused: bool) -> TaskView {
    let open = t.state.is_open();
    TaskView {
        to_me: open && reach.holds(&t.unit_path) && (me.is_none() || t.person_id.is_none() || t.person_id == me),
        report_light: t.warn_at.zip(t.report_by).map(|(warn, by)| report_light(ground.now, &t, warn, by)),
        light: if open { Light::at(ground.now, t.yellow_at, t.red_at, paused) } else { Light::None },
        unit: unit_name(ground, t.unit_id),
        person: person_name(ground, t.person_id),
        mine: matches!(t.state, TaskState::Offered | TaskState::Accepted) && reach.holds(&t.unit_path),
        unsigned: unsigned(&t).map(|u| UnsignedView {
            by: u.by_name,
            at: u.at,
            result: u.result,
            reply: u.reply,
            spoken: u.spoken,
        }),
        id: t.id,
        role: t.role,
        state: t.state,
        offered_at: t.offered_at,
        accept_by: t.accept_by,
        due_at: t.due_at,
        yellow_at: t.yellow_at,
        red_at: t.red_at,
        result: t.result,
        words: t.words,
        spoken: None,
        reasons: t.reasons.0,
        whistle: t.whistle_id,
        report_by: t.report_by,
        arrived_at: t.arrived_at,
        binding: t.binding,
    }
}

fn step(actor: &Actor, e: Entry, effect: Vec<Effect>) -> StepView {
    let own = e.actor_id == actor.id && !actor.id.is_nil();
    StepView {
        by: if own {
            By::Me
        } else if e.actor_kind == ActorKind::System.word() {
            By::Program
        } else {
            By::Other
        },
        at: e.at,
        action: e.action,
        from: e.state_before,
        to: e.state_after,
        actor: e.actor_name,
        words: e.words,
        spoken: e.spoken.map(|s| s.0),
        reasons: e.reasons.0,
        public: e.is_public,
        details: e.details,
        effect,
    }
}

fn photo(file: files::FileInfo) -> PhotoView {
    PhotoView { id: file.id.uuid(), kind: file.purpose.unwrap_or_default(), taken_at: file.taken_at }
}

fn rating(r: store::RatingRow) -> RatingView {
    RatingView {
        at: r.at,
        round: r.round,
        asked_by: r.asked_by,
        outcome: r.outcome,
        contacted: r.contacted,
        solved: r.solved,
        satisfied: r.satisfied,
        reason: r.reason,
    }
}

/// Whether a step says why the case is where it is: what only warns, rings or ends it does not.
fn moves(step: &Entry) -> bool {
    use super::model::Action as A;
    let aside = matches!(
        step.action,
        A::Supervise | A::Ring | A::BulletinDue | A::NotReportedIn | A::HandOver | A::Verify | A::Close | A::Archive
    );
    !aside && !step.reasons.0.is_empty()
}

/// The open transitions of the table that the caller may take now; `allowed` says that a conference lets the case be opened once more.
fn may(actor: &Actor, case: &Case, tasks: &[TaskRow], reach: &kernel::Scope, allowed: bool) -> Vec<&'static str> {
    use super::model::Action as A;
    if case.erased_at.is_some() {
        return vec![];
    }
    let holds = |permission: &'static str| actor.scope(Permission(permission)).holds(&case.owner_path);
    let own = |state: TaskState| tasks.iter().any(|t| t.state == state && reach.holds(&t.unit_path));
    let expected = |t: &TaskRow| {
        t.report_by.is_some() && t.arrived_at.is_none() && matches!(t.state, TaskState::Offered | TaskState::Accepted)
    };
    let mut list: Vec<&'static str> = TRANSITIONS
        .iter()
        .filter(|t| t.from == case.state)
        .filter(|t| match t.action {
            A::TakeOn => own(TaskState::Offered),
            A::ReportIn => tasks.iter().any(|t| expected(t) && reach.holds(&t.unit_path)),
            A::Resolve | A::Assist => own(TaskState::Accepted),
            A::SolveOnSpot | A::Report | A::Submit => false,
            A::Sign | A::HandBack => tasks.iter().any(|t| signs(actor, t)),
            A::SendBack | A::Object | A::Rule | A::Dismiss | A::Dispatch => {
                offered(t.action, actor, case, tasks) && { matches!(t.action, A::SendBack | A::Object) || holds(t.permission) }
            }
            A::Acknowledge | A::Bulletin | A::AfterAction => case.urgency == Urgency::Emergency && holds(t.permission),
            A::RaiseUrgency => case.urgency != Urgency::Emergency && holds(t.permission),
            A::Extend => own(TaskState::Accepted) || own(TaskState::Offered),
            A::Stage => own(TaskState::Accepted) && case.rule.as_ref().is_some_and(|r| !r.0.stages.is_empty()),
            A::Shelve => holds(t.permission) && case.paused.is_none(),
            A::Ask => case.paused.is_none() && (holds(t.permission) || own(TaskState::Accepted)),
            A::Resume => case.paused.is_some() && (holds(t.permission) || own(TaskState::Accepted)),
            A::Reopen => holds(t.permission) && (allowed || may_reopen(case.round, second::By::Desk).is_ok()),
            A::Verify | A::Return => holds(t.permission) && case.handler != Some(actor.id),
            A::Escalate | A::Note => holds(t.permission) || own(TaskState::Accepted) || own(TaskState::Offered),
            _ => holds(t.permission),
        })
        .map(|t| t.action.word())
        .collect();
    if holds("incident.reveal") && !case.confidential && (case.phone_sealed.is_some() || case.name_sealed.is_some()) {
        list.push("reveal");
    }
    // Who may blow a whistle needs no other way to ask for help.
    let leads = |t: &TaskRow| t.role == Role::Lead && t.state == TaskState::Accepted;
    let helped = actor.scope(super::actions::whistle::HELP);
    if !list.contains(&"whistle") && tasks.iter().any(|t| leads(t) && helped.holds(&t.unit_path)) {
        list.push("help");
    }
    if super::actions::is_over(case.state) && holds("erasure.ask") {
        list.push("erase");
    }
    list.dedup();
    list
}

/// Whether returns, objections and rulings leave this action to the caller, or to anybody.
fn offered(action: super::model::Action, actor: &Actor, case: &Case, tasks: &[TaskRow]) -> bool {
    use super::model::Action as A;
    let waits = attention_list(&case.attention);
    let (objected, centre) = (waits.contains(&Attention::Objected), waits.contains(&Attention::Centre));
    let lead = rules::returns::leader(tasks);
    match action {
        A::SendBack => {
            let reach = actor.scope(Permission("task.return"));
            let mine = |t: &&TaskRow| matches!(t.state, TaskState::Offered | TaskState::Accepted) && reach.holds(&t.unit_path);
            !objected && tasks.iter().filter(mine).any(|t| !t.binding)
        }
        A::Object => {
            let reach = actor.scope(Permission("incident.object"));
            let open = |t: &TaskRow| t.state == TaskState::Offered && !t.binding && reach.holds(&t.unit_path);
            !objected && !centre && lead.is_some_and(open)
        }
        A::Dismiss => objected,
        A::Rule => objected || centre,
        // A dispatch of a case in progress accepts its hand-over.
        A::Dispatch if case.state == State::InProgress && !super::actions::is_handed_up(case) => false,
        // A dispatch in place of another is not made over an open review or a ruling.
        _ => !objected && !centre && !lead.is_some_and(|t| t.binding),
    }
}

/// A task of the inbox with the row of its case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxRow {
    #[serde(flatten)]
    row: RowView,
    task: TaskView,
}

/// Joins tasks with the lines of their cases, in the order of the tasks.
pub fn inbox(ground: &Ground, who: &Actor, tasks: Vec<TaskRow>, lines: Vec<Line>, reach: &kernel::Scope) -> Vec<InboxRow> {
    let mut by_id: std::collections::HashMap<Id<Incident>, Line> = lines.into_iter().map(|l| (l.id, l)).collect();
    tasks
        .into_iter()
        .filter_map(|t| {
            // A case may hang on two tasks of one unit; its line is shown with each.
            let line = by_id.get_mut(&t.incident_id)?.clone();
            let paused = line.paused.is_some();
            Some(InboxRow { row: row(ground, line), task: task(ground, t, reach, who.person, paused) })
        })
        .collect()
}

/// An attempt to ring.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttemptView {
    at: Time,
    outcome: super::model::Reached,
}

/// A case that waits for a call. The number is never here: it is dialled with a purpose.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallView {
    #[schema(value_type = uuid::Uuid)]
    id: Id<Incident>,
    code: String,
    title: String,
    state: State,
    round: i64,
    matter: Option<Named>,
    grid: Option<GridName>,
    /// Whether the reporter wants to stay unknown to whoever handles it.
    confidential: bool,
    /// Since when.
    since: Time,
    attempts: Vec<AttemptView>,
    /// From when another attempt is possible; absent before the first.
    next_from: Option<Time>,
    /// Until when somebody else is ringing.
    taken_until: Option<Time>,
    /// Until when the call is the caller's own.
    mine_until: Option<Time>,
}

/// A row of the queue of calls.
pub fn call(ground: &Ground, who: &Actor, w: Waiting, tried: Vec<Attempt>, next_from: Option<Time>) -> CallView {
    let held = w.held_until.filter(|until| *until > ground.now);
    let mine = w.holder == Some(who.id);
    CallView {
        id: w.id,
        code: w.code,
        title: w.title,
        state: w.state,
        round: w.round,
        matter: w.matter_id.and_then(|m| matter_name(ground, m)),
        grid: w.grid_id.and_then(|g| grid_name(ground, g)),
        confidential: w.confidential,
        since: w.call_at,
        attempts: tried.into_iter().map(|a| AttemptView { at: a.at, outcome: a.outcome }).collect(),
        next_from,
        taken_until: held.filter(|_| !mine),
        mine_until: held.filter(|_| mine),
    }
}
