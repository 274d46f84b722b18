//! 上报: a report becomes a case, dispatched when nothing is doubtful.
//!
//! `prepare` does all that is slow (places, classifier, redaction, sealing) before the transaction; `take_in` only writes.

use db::{Json, Tx};
use kernel::{Actor, Error, FieldError, Id, Result, Scope, Time};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Change, Ground, LONGEST,
    dispatch::{OFFERED, led, people, plan, set_lead, tasks, tell_accounts},
    handle::PHOTO_REQUIRED,
    optional, required,
};
use crate::{
    app::App,
    modules::{
        access::{self, DataKey},
        catalogue::{Catalogue, Matter, Urgency},
        files::{self, File},
        incidents::{
            clocks::Event,
            duplicates::{self, Candidate, Places},
            learn::Recognised,
            model::{Action, Attention, Channel, Incident, NO_PLACE, Outcome, Reason, Rule, SURE, Source, State, attention_text},
            rules::{
                emergency::{EMERGENCY, EmergencyNumber, hasten},
                figures::CONTACT,
                ladder::ESCALATION,
                merge::Carried,
                spoken::Spoken,
                warning::WARNING,
            },
            store::{self, Case},
            track,
        },
        org::{Directory, Unit},
    },
};

/// What a resident sends.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Report {
    /// One sentence or more, at most 5,000 characters.
    pub text: String,
    /// Longitude in degrees, in the datum named.
    pub lon: Option<f64>,
    /// Latitude in degrees.
    pub lat: Option<f64>,
    /// `wgs84` (default), `gcj02`, `bd09` or `cgcs2000`.
    pub datum: Option<String>,
    /// Where it is in words; used to find the grid when there is no point.
    pub address: String,
    /// A phone number, if an answer is wanted.
    pub phone: Option<String>,
    /// What to call the reporter.
    pub name: Option<String>,
    /// Photographs uploaded before.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
    /// Name and phone are kept from the units that handle the case.
    pub confidential: bool,
    /// The matter, when the reporter chose one of the suggestions.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub matter: Option<Id<Matter>>,
    /// The number of an open case near by that this reporter joins (“我也遇到”).
    pub join: Option<String>,
    /// Answers to the matter's extra fields.
    #[schema(value_type = Object)]
    pub fields: Option<serde_json::Value>,
}

/// What staff add when they take a report in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Intake {
    /// The report itself.
    #[serde(flatten)]
    pub report: Report,
    /// How it arrived.
    #[schema(value_type = Option<Channel>)]
    pub channel: Option<Channel>,
    /// Who found it, apart from the channel.
    pub source: Option<Source>,
    /// The number that an order from above carries.
    pub upstream_no: Option<String>,
    /// The deadline that it brings.
    pub upstream_due: Option<Time>,
    /// Taken in for a resident (代办).
    pub reported_for: bool,
    /// More urgent than the catalogue says; never less.
    pub urgency: Option<Urgency>,
    /// Found and solved on the spot (即查即办).
    pub solved: Option<SolvedOnSpot>,
    /// The id of the case as the device made it, a UUIDv7, so that what comes after can name it before it was sent.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub id: Option<Id<Incident>>,
}

/// What was done on the spot.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SolvedOnSpot {
    /// How it ended.
    pub result: Outcome,
    /// What the reporter may read.
    pub public_reply: String,
    /// For colleagues.
    #[serde(default)]
    pub note: String,
    /// Photographs of the result.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
}

/// What the reporter gets back.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The case.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id<Incident>,
    /// Its number.
    pub code: String,
    /// The secret of the reporter's link.
    pub track: String,
    /// Open cases near by that look like the same matter.
    pub duplicates: Vec<Candidate>,
    /// What to call first, when it is an emergency.
    pub emergency_numbers: Vec<EmergencyNumber>,
}

/// A report that is ready to be written.
pub struct Draft {
    /// The case as it comes in.
    pub case: Case,
    key: DataKey,
    /// Its data key, wrapped for storing.
    pub wrapped: Vec<u8>,
    track: String,
    recognised: Recognised,
    duplicates: Vec<Candidate>,
    /// The open case that this reporter joins.
    joins: Option<Id<Incident>>,
    photos: Vec<Id<File>>,
    solved: Option<SolvedOnSpot>,
    phone: Option<String>,
    /// Whether a device made the id.
    id_given: bool,
}

/// A report with everything that can be known before its transaction.
pub struct Prepared<'a> {
    draft: Draft,
    decided: Decided<'a>,
    /// The accounts of the people who are told.
    accounts: Vec<Uuid>,
}

/// Checks a report and does everything that needs no transaction, so that what remains is written in one go.
pub async fn prepare<'a>(app: &'a App, ground: &Ground, actor: &'a Actor, intake: &Intake) -> Result<Prepared<'a>> {
    let draft = drafted(app, ground, actor, intake).await?;
    let decided = match decide(app, ground, actor, &draft) {
        // A year without calendar must not lose a report: it waits for a human instead.
        Err(Error::Refused(crate::modules::catalogue::NO_CALENDAR, _)) => {
            wait(app, ground, actor, &draft, &[Attention::NoCalendar])
        }
        other => other?,
    };
    let accounts = if decided.told.is_empty() {
        vec![]
    } else {
        access::store::accounts_of(&mut *app.db.read().await?, &decided.told).await?
    };
    Ok(Prepared { draft, decided, accounts })
}

async fn drafted(app: &App, ground: &Ground, actor: &Actor, intake: &Intake) -> Result<Draft> {
    let report = &intake.report;
    check(intake)?;
    let recognised =
        app.incidents.recognise(app.access.setting(&SURE, ground.now), &ground.catalogue.value, &report.text, report.matter)?;
    let code = app.incidents.number(app, ground.now).await?;
    let mut draft = compose(app, ground, actor, intake, recognised, code)?;
    draft.case.fields = answers(&ground.catalogue.value, report)?;
    if let (Some(grid), Some((lon, lat))) = (draft.case.grid_id, draft.case.lon.zip(draft.case.lat)) {
        let most = if report.join.is_some() { duplicates::LOOKED_FOR } else { duplicates::NEWEST };
        let since = ground.now.plus_days(-duplicates::DAYS);
        let mut near = store::near(&mut *app.db.read().await?, &Scope::All, grid, since, most).await?;
        let places = if actor.id.is_nil() { Places::Cells } else { Places::Exact };
        if places == Places::Cells {
            duplicates::leave_public(ground, &mut near);
        }
        let alike =
            |matter| duplicates::candidates(ground, &near, places, geo::Point::new(lon, lat), &draft.case.fingerprint, matter);
        let found = alike(draft.recognised.matter);
        if let Some(code) = &report.join {
            // What was offered for the words alone stays good when a matter is chosen after it.
            let offered = alike(draft.recognised.top.first().map(|c| c.matter));
            let open = found.iter().chain(&offered).find(|c| &c.code == code);
            draft.joins = Some(open.ok_or_else(|| Error::invalid("join", "no-open-case"))?.id);
        }
        draft.duplicates = found;
    }
    Ok(draft)
}

/// The answers to the extra fields of the matter that was chosen, with the form and version that they answer. Without a chosen matter
/// there is no form, so nothing can be answered; a form that is left out blocks no report.
fn answers(catalogue: &Catalogue, report: &Report) -> Result<serde_json::Value> {
    let Some(values) = &report.fields else { return Ok(json!({})) };
    let asked = report.matter.and_then(|m| catalogue.matter(m)).and_then(|m| m.form);
    let (Some(asked), Some(form)) = (asked, asked.and_then(|f| catalogue.form(f))) else {
        return Err(Error::invalid("fields", "unknown-field"));
    };
    Ok(json!({ "form": asked, "values": form.validate(values)? }))
}

/// Puts the case together: place, redaction, sealed fields. No I/O.
pub fn compose(
    app: &App,
    ground: &Ground,
    actor: &Actor,
    intake: &Intake,
    recognised: Recognised,
    code: String,
) -> Result<Draft> {
    let report = &intake.report;
    let body = required("text", &report.text, LONGEST)?;
    let place = locate(ground, report)?;
    let id = intake.id.unwrap_or_else(|| Id::new(ground.now));
    let (key, track) = (app.keys.data_key(), track::of(&app.keys, id.uuid()));
    let shown = text::redact(body).text;
    let fingerprint = duplicates::fingerprint(&shown);
    let phone = report.phone.as_deref().map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned);
    let sealed = |field: &str, value: Option<&str>| value.map(|v| key.seal(v, field)).transpose();
    let name = report.name.as_deref().map(str::trim).filter(|n| !n.is_empty());
    let address = report.address.trim();
    let (channel, source) = arrived(intake, actor);
    let case = Case {
        id,
        code,
        version: 0,
        state: State::Received,
        round: 1,
        reported_at: ground.now,
        channel,
        source,
        urgency: intake.urgency.unwrap_or(Urgency::Normal),
        title: shown.chars().take(60).collect(),
        redacted: shown,
        body_sealed: key.seal(body, "body")?,
        address: place.words,
        address_sealed: sealed("address", Some(address).filter(|a| !a.is_empty()))?,
        name_sealed: sealed("name", name)?,
        phone_sealed: sealed("phone", phone.as_deref())?,
        phone_blind: phone.as_deref().map(|p| app.keys.blind("phone", &digits(p))),
        confidential: report.confidential,
        reported_for: intake.reported_for,
        reported_by: (!actor.id.is_nil()).then_some(actor.id),
        lon: place.point.map(|p| p.lon),
        lat: place.point.map(|p| p.lat),
        datum: place.datum.name().to_owned(),
        lon_given: report.lon,
        lat_given: report.lat,
        grid_id: place.grid,
        matter_id: None,
        confidence: Some(recognised.confidence),
        classified: recognised.kept(),
        rule: None,
        class: None,
        fields: json!({}),
        owner_id: place.owner,
        filed_path: place.path.clone(),
        owner_path: place.path,
        lead_unit: None,
        lead_person: None,
        handler: None,
        attention: attention_text(&place.attention),
        yellow_at: None,
        red_at: None,
        next_at: None,
        due_at: None,
        paused: None,
        late: false,
        resolved_at: None,
        closed_at: None,
        result: None,
        public_reply: None,
        satisfied: None,
        reporters: 1,
        photos: report.photo_ids.len() as i64,
        upstream_no: intake.upstream_no.clone(),
        upstream_due: intake.upstream_due,
        track_hash: track::hash(&track),
        fingerprint,
        paused_until: None,
        merged_into: None,
        card: None,
        call_at: None,
        opened_at: None,
        contact_by: None,
        contact_at: None,
        dispatches: 0,
        misrouted: 0,
        reworked: 0,
        checked: 0,
        overran: false,
        erased_at: None,
    };
    let wrapped = app.keys.wrap(&key, id.uuid())?;
    let photos = report.photo_ids.clone();
    let solved = intake.solved.clone();
    Ok(Draft {
        case,
        key,
        wrapped,
        track,
        recognised,
        duplicates: vec![],
        joins: None,
        photos,
        solved,
        phone,
        id_given: intake.id.is_some(),
    })
}

fn check(intake: &Intake) -> Result<()> {
    let report = &intake.report;
    let mut bad = vec![];
    if let Some(phone) = report.phone.as_deref().filter(|p| !p.trim().is_empty()) {
        let n = digits(phone).len();
        let odd = phone.chars().any(|c| !(c.is_ascii_digit() || " -+()（）".contains(c)));
        if odd || !(5..=20).contains(&n) {
            bad.push(FieldError::new("phone", "bad-phone"));
        }
    }
    for (field, value, limit) in [("lon", report.lon, 180.0), ("lat", report.lat, 90.0)] {
        if value.is_some_and(|v| !v.is_finite() || v.abs() > limit) {
            bad.push(FieldError::new(field, "out-of-range").with("limit", limit));
        }
    }
    if report.lon.is_some() != report.lat.is_some() {
        bad.push(FieldError::new(if report.lon.is_some() { "lat" } else { "lon" }, "required"));
    }
    if report.lon.is_none() && report.address.trim().is_empty() {
        return Err(Error::refused(NO_PLACE));
    }
    if report.photo_ids.len() > files::MOST_PHOTOS {
        bad.push(FieldError::new("photo_ids", "too-many").with("limit", files::MOST_PHOTOS));
    }
    if !bad.is_empty() {
        return Err(Error::Invalid(bad));
    }
    if intake.id.is_some_and(|id| id.uuid().get_version_num() != 7) {
        return Err(Error::invalid("id", "bad-id"));
    }
    optional("address", &report.address, 200)?;
    optional("name", report.name.as_deref().unwrap_or_default(), 50)?;
    optional("upstream_no", intake.upstream_no.as_deref().unwrap_or_default(), 60)?;
    if let Some(solved) = &intake.solved {
        required("solved.public_reply", &solved.public_reply, 1_000)?;
        optional("solved.note", &solved.note, 2_000)?;
    }
    Ok(())
}

/// The digits of a phone number: what two ways of writing it have in common.
pub fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

fn arrived(intake: &Intake, actor: &Actor) -> (Channel, Source) {
    let staff = !actor.id.is_nil();
    let channel = intake.channel.unwrap_or(if staff { Channel::Patrol } else { Channel::Web });
    let source = intake.source.unwrap_or(match channel {
        Channel::Patrol | Channel::Visit => Source::Worker,
        Channel::Department | Channel::Superior => Source::Department,
        Channel::Device => Source::Device,
        _ => Source::Resident,
    });
    (channel, source)
}

struct Place {
    grid: Option<Id<Unit>>,
    point: Option<geo::Point>,
    datum: geo::Datum,
    path: String,
    owner: Id<Unit>,
    words: String,
    attention: Vec<Attention>,
}

/// The grid that holds the point, the address as a fallback, and the desk that owns the case until somebody takes it.
fn locate(ground: &Ground, report: &Report) -> Result<Place> {
    let directory = &ground.org.value;
    let datum = match report.datum.as_deref() {
        None | Some("") => geo::Datum::Wgs84,
        Some(word) => word.parse().map_err(|_| Error::invalid("datum", "unknown-datum"))?,
    };
    let point = report.lon.zip(report.lat).map(|(lon, lat)| geo::to_wgs84(datum, geo::Point::new(lon, lat)));
    let located = point.map(|p| directory.locate(p.lon, p.lat, ground.now));
    let mut attention = vec![];
    if located.as_ref().is_some_and(|l| !l.others.is_empty()) {
        attention.push(Attention::TwoGrids);
    }
    let grid = located.and_then(|l| l.grid).or_else(|| by_address(directory, &report.address, ground.now));
    if grid.is_none() {
        attention.push(Attention::NoGrid);
    }
    let unit = grid.and_then(|g| directory.unit(g)).unwrap_or_else(|| directory.root());
    let words = address_of(&directory.ancestors(unit.id, ground.now));
    Ok(Place { grid, point, datum, path: unit.path.clone(), owner: directory.desk_of(unit.id, ground.now).id, words, attention })
}

/// The names from the district down to the grid as one address; a name that begins with the one above it stands alone.
fn address_of(chain: &[&Unit]) -> String {
    let names: Vec<&str> = chain.iter().rev().map(|u| u.name.as_str()).collect();
    let told = |n: usize| names.get(n + 1).is_none_or(|below| !below.starts_with(names[n]));
    (0..names.len()).filter(|n| told(*n)).map(|n| names[n]).collect()
}

/// The grid whose compound, or else whose own name, stands in the address; the longest name that fits decides.
fn by_address(directory: &Directory, address: &str, at: Time) -> Option<Id<Unit>> {
    let address = address.trim();
    if address.is_empty() {
        return None;
    }
    let fits = |unit: &'_ &Unit| {
        let grid = directory.grid(unit.id, at)?;
        let names = grid.compounds.iter().chain(std::iter::once(&unit.name));
        names.filter(|n| n.chars().count() >= 2 && address.contains(n.as_str())).map(String::len).max()
    };
    let found: Vec<(usize, Id<Unit>)> = directory.units().filter_map(|u| Some((fits(&u)?, u.id))).collect();
    let longest = found.iter().map(|(n, _)| *n).max()?;
    // Two grids may share a compound; then the address alone does not say which.
    let mut best = found.into_iter().filter(|(n, _)| *n == longest);
    best.next().filter(|_| best.next().is_none()).map(|(_, id)| id)
}

/// What is written for a new case.
struct Decided<'a> {
    change: Change<'a>,
    tasks: Vec<store::TaskRow>,
    told: Vec<Uuid>,
}

/// Writes the case, dispatched when nothing is doubtful. A report without photographs reads nothing here: all of it is put off until COMMIT.
pub async fn take_in(tx: &mut Tx, app: &App, ground: &Ground, prepared: Prepared<'_>) -> Result<Receipt> {
    let Prepared { draft, decided: Decided { change, tasks, .. }, accounts } = prepared;
    let actor = change.actor;
    ground.hold(tx);
    if draft.id_given && access::keys::exists(tx, draft.case.id.uuid()).await? {
        return Err(Error::invalid("id", "taken"));
    }
    access::keys::store(tx, draft.case.id.uuid(), &draft.wrapped).await?;
    let case = change.insert(tx).await?;
    store::offer(tx, &tasks).await?;
    if !draft.photos.is_empty() {
        files::attach(tx, actor, &draft.photos, "incident", case.id.uuid(), "report").await?;
    }
    if let Some(solved) = draft.solved.as_ref().filter(|s| !s.photo_ids.is_empty()) {
        files::attach(tx, actor, &solved.photo_ids, "incident", case.id.uuid(), "after").await?;
    }
    tell_accounts(tx, ground.now, accounts, OFFERED, &case).await?;
    let emergency_numbers = app.access.setting(&EMERGENCY, ground.now).numbers(case.urgency);
    Ok(Receipt { id: case.id, code: case.code, track: draft.track, duplicates: draft.duplicates, emergency_numbers })
}

/// By the rules: who leads, or why a human decides. Pure but for the ids of the entries.
fn decide<'a>(app: &'a App, ground: &Ground, actor: &'a Actor, draft: &Draft) -> Result<Decided<'a>> {
    let Some(matter) = draft.recognised.matter.filter(|_| draft.recognised.sure).and_then(|m| ground.catalogue.value.matter(m))
    else {
        return Ok(wait(app, ground, actor, draft, &[Attention::LowConfidence]));
    };
    let mut change = started(app, ground, actor, draft);
    adopt(&mut change, ground, matter);
    if let Some(solved) = &draft.solved {
        if solved.photo_ids.is_empty() && ground.photo_until(app, Some(matter.id), change.case.urgency).is_some() {
            return Err(Error::invalid("solved.photo_ids", PHOTO_REQUIRED));
        }
        open(&mut change, ground, matter)?;
        on_the_spot(&mut change, solved)?;
        change.wind(ground)?;
        return Ok(Decided { change, tasks: vec![], told: vec![] });
    }
    let plan = plan(ground, change.case.grid_id, matter);
    if change.case.grid_id.is_none() || plan.attention.contains(&Attention::Unlisted) {
        change.attend(|_| true, &plan.attention);
        return Ok(Decided { change, tasks: vec![], told: vec![] });
    }
    open(&mut change, ground, matter)?;
    change.attend(|_| true, &plan.attention);
    let entry = change.act(Action::Dispatch)?;
    entry.say(led(ground, &plan));
    (entry.reasons, entry.clock) = (Json(plan.reasons.clone()), Json(vec![Event::Offer]));
    // The rules dispatched it, not whoever reported it: the figures of dispatchers tell them apart.
    super::review::as_system(entry);
    let shown = change.wind(ground)?;
    set_lead(&mut change, &plan);
    let tasks = tasks(ground, &change, &plan, &shown);
    Ok(Decided { change, tasks, told: people(&plan) })
}

fn started<'a>(app: &'a App, ground: &Ground, actor: &'a Actor, draft: &Draft) -> Change<'a> {
    let mut change = Change::new(app, actor, ground.now, draft.case.clone());
    change.enter(Action::Report, State::Received);
    change
}

/// The case stays where it came in, with the reason why a human is needed.
fn wait<'a>(app: &'a App, ground: &Ground, actor: &'a Actor, draft: &Draft, why: &[Attention]) -> Decided<'a> {
    let mut change = started(app, ground, actor, draft);
    if let Some(matter) = draft.recognised.matter.and_then(|m| ground.catalogue.value.matter(m)) {
        adopt(&mut change, ground, matter);
    }
    change.attend(|_| true, why);
    Decided { change, tasks: vec![], told: vec![] }
}

/// Takes the matter's words into the case: class, urgency, the rule as it stands today.
pub fn adopt(change: &mut Change<'_>, ground: &Ground, matter: &Matter) {
    let case = &mut change.case;
    case.matter_id = Some(matter.id);
    case.class = Some(ground.class(matter));
    case.urgency = case.urgency.max(matter.urgency);
    case.rule = Some(Json(rule_of(change.app, ground, matter, case.urgency)));
}

/// The rule that a case of this matter and urgency would be opened with now.
pub fn rule_of(app: &App, ground: &Ground, matter: &Matter, urgency: Urgency) -> Rule {
    let rule = Rule {
        matter_version: matter.version,
        calendar_version: ground.catalogue.value.calendar_version(),
        accept: matter.accept,
        handle: matter.handle,
        stages: matter.stages.clone(),
        verify: matter.verify,
        ladder: app.access.setting(&ESCALATION, ground.now).frozen(urgency),
        warn_left: app.access.setting(&WARNING, ground.now).frozen(urgency),
    };
    hasten(&rule, urgency, app.access.setting(&EMERGENCY, ground.now).limits)
}

/// The deadline of an order from above, less an hour in which the answer travels back (rules of the field, 3: upstream − margin).
pub fn with_margin(due: Time) -> Time {
    due.plus_minutes(-60)
}

/// 立案: the handle clock starts with the frozen rule.
pub fn open(change: &mut Change<'_>, ground: &Ground, matter: &Matter) -> Result<()> {
    let contact = change.app.access.setting(&CONTACT, ground.now);
    change.case.contact_by = contact.by(ground.catalogue.value.calendar(), change.app.zone, change.case.reported_at, matter)?;
    let opening = round_opened(change, ground)?;
    let entry = change.act(Action::Accept)?;
    entry.clock = Json(vec![opening]);
    entry.reasons =
        Json(vec![Reason::said("matter", Spoken::Recognised { matter: matter.level3.clone(), matter_en: matter.english() })]);
    Ok(())
}

/// What a case's own order from above binds a round to that begins now: it keeps an hour for the answer to travel back (rules of the field, 3:
/// upstream − margin). One whose time is over binds the first round, not a later one.
pub fn upstream(case: &Case, round: i64, now: Time) -> Option<Time> {
    case.upstream_due.map(with_margin).filter(|due| round == 1 || *due > now).map(|due| due.max(now))
}

/// The start of a round's clocks, with the rule of this moment.
pub fn round_opened(change: &Change<'_>, ground: &Ground) -> Result<Event> {
    let upstream = upstream(&change.case, change.case.round, ground.now);
    let rule = change.case.rule.clone().map(|r| r.0).ok_or_else(|| Error::internal("a case is opened without a rule"))?;
    Ok(Event::Open { rule, upstream })
}

fn on_the_spot(change: &mut Change<'_>, solved: &SolvedOnSpot) -> Result<()> {
    let handler = change.actor.id;
    let entry = change.act(Action::SolveOnSpot)?;
    entry.words = text::redact(&solved.public_reply).text;
    entry.clock = Json(vec![Event::Resolve]);
    change.case.handler = Some(handler);
    change.case.result = Some(solved.result);
    change.case.public_reply = Some(text::redact(&solved.public_reply).text);
    change.case.resolved_at = Some(change.now);
    change.case.photos += solved.photo_ids.len() as i64;
    if !solved.note.trim().is_empty() {
        let entry = change.act(Action::Note)?;
        (entry.words, entry.is_public) = (text::redact(&solved.note).text, false);
    }
    super::review::pass_unverified(change)
}

/// Another reporter joins an open case: the words are kept, the reporter follows it by a link of their own.
pub async fn join(
    tx: &mut Tx,
    app: &App,
    ground: &Ground,
    actor: &Actor,
    Prepared { draft, .. }: &Prepared<'_>,
) -> Result<Option<Receipt>> {
    let Some(id) = draft.joins else { return Ok(None) };
    let case = store::hold(tx, &kernel::Scope::All, id).await?;
    if !case.state.is_open() {
        return Ok(None);
    }
    let key = access::keys::load(tx, app, id.uuid()).await?;
    let body = key.seal(&draft.key.open(&draft.case.body_sealed, "body")?, "body")?;
    let phone = draft
        .phone
        .as_deref()
        .map(|p| Ok::<_, Error>((key.seal(p, "phone")?, app.keys.blind("phone", &digits(p)))))
        .transpose()?;
    let mut change = Change::of(tx, app, actor, case, None).await?;
    let state = change.case.state;
    let photos = draft.photos.iter().map(Id::uuid).collect();
    let entry = change.enter(Action::Join, state);
    entry.words.clone_from(&draft.case.redacted);
    entry.is_public = false;
    entry.details = Carried::Join { follower: draft.case.id.uuid(), photos }.kept()?;
    change.case.reporters += 1;
    change.case.photos += draft.photos.len() as i64;
    let pair = phone.as_ref().map(|(s, b)| (s.as_slice(), b.as_slice()));
    store::follow(tx, draft.case.id.uuid(), id, ground.now, &body, pair, &draft.case.track_hash).await?;
    if !draft.photos.is_empty() {
        files::attach(tx, actor, &draft.photos, "incident", id.uuid(), "report").await?;
    }
    let case = change.save(tx).await?;
    let joined = draft.duplicates.iter().filter(|d| d.id == id).map(|d| Candidate { joined: true, ..d.clone() }).collect();
    let emergency_numbers = app.access.setting(&EMERGENCY, ground.now).numbers(case.urgency);
    Ok(Some(Receipt { id, code: case.code, track: draft.track.clone(), duplicates: joined, emergency_numbers }))
}
