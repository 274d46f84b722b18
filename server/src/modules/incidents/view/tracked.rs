//! The case as its reporter may see it, by the link: own words and photographs, and how the case goes on.

use db::Conn;
use kernel::{ActorKind, Id, Result, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::{GridName, LeadName, PhotoView, grid_name, lead_name, photo};
use crate::{
    app::App,
    modules::{
        catalogue::{Limit, Unit, Urgency},
        files,
        incidents::{
            actions::{self, Ground},
            model::{Action, Light, Outcome, State},
            rules::{
                emergency::{EMERGENCY, EmergencyNumber},
                merge::{Carried, Reader, may_read},
                pauses::Pause,
                second::{By, may_reopen},
                spoken::Spoken,
            },
            store::{self, Case, Entry, merge::Followed},
        },
    },
};

/// A step as the reporter reads it: what, when, and who worked on the spot, never how the desk talks about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicStep {
    at: Time,
    what: Action,
    /// Who did it, where it is somebody at work on the case: staff work under their names.
    by: Option<String>,
    words: String,
    /// The words by kind and gaps, where they are a sentence of the program: a page says it in its reader's language.
    spoken: Option<Spoken>,
}

/// The case as its reporter may see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "what a reporter may do is told one by one")]
pub struct TrackView {
    code: String,
    /// The number of the case that this one was merged into, whose progress is shown.
    merged_into: Option<String>,
    state: State,
    light: Light,
    yellow_at: Option<Time>,
    red_at: Option<Time>,
    /// When it has to be solved.
    due: Option<Time>,
    /// When the district's people are at work again, while its clocks stand because they are not.
    starts: Option<Time>,
    text: String,
    matter: Option<String>,
    /// Its English name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    matter_en: Option<String>,
    address: String,
    grid: Option<GridName>,
    lead: Option<LeadName>,
    reported_at: Time,
    steps: Vec<PublicStep>,
    result: Option<Outcome>,
    public_reply: Option<String>,
    /// The reply by kind and gaps, where it is a sentence of the program.
    reply_spoken: Option<Spoken>,
    photos: Vec<PhotoView>,
    reporters: i64,
    rated: bool,
    may_rate: bool,
    may_remark: bool,
    /// What to call first, when it is an emergency.
    emergency_numbers: Vec<EmergencyNumber>,
    /// Which handling it is, from 1.
    round: i64,
    /// Whether the reporter may ask for second handling.
    may_reopen: bool,
    /// What the reporter is asked, while an answer is waited for.
    question: Option<QuestionView>,
}

/// A question to the reporter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuestionView {
    words: String,
    asked_at: Time,
    /// Until when an answer is waited for.
    until: Option<Time>,
}

/// When the clocks of an open case begin to run, if nobody is at work now and they count working time. A year without a calendar says nothing.
fn starts(app: &App, ground: &Ground, case: &Case) -> Option<Time> {
    let works = |limit: Limit| matches!(limit.unit, Unit::WorkingHour | Unit::WorkingDay);
    let counts = case.rule.as_ref().and_then(|r| r.0.handle).is_none_or(works);
    if !case.state.is_open() || !counts || case.urgency == Urgency::Emergency {
        return None;
    }
    let calendar = ground.catalogue.value.calendar();
    if calendar.is_open(app.zone, ground.now).ok()? {
        return None;
    }
    Some(calendar.add_working_millis(app.zone, ground.now, 1).ok()?.plus_millis(-1))
}

/// The question that waits for an answer.
fn question(case: &Case, steps: &[Entry]) -> Option<QuestionView> {
    let waits = case.paused.as_deref() == Some(Pause::Reporter.word());
    let asked = steps.iter().rev().find(|s| waits && s.action == Action::Ask)?;
    Some(QuestionView { words: asked.words.clone(), asked_at: asked.at, until: case.paused_until })
}

/// Puts together what the holder of a link may see: his own words and photographs, and how the case goes on that is worked on. Of a
/// case that was merged that is the surviving one; nothing of its reporter is shown.
pub async fn followed(conn: &mut Conn, app: &App, ground: &Ground, followed: Followed) -> Result<TrackView> {
    let steps = store::steps(conn, followed.case.id).await?;
    let photos = followed_photos(conn, &followed, &steps).await?;
    let round = actions::merge::rated_round(conn, &followed).await?;
    let rated = if let Some(follower) = followed.follower {
        store::merge::follower_rated(conn, follower, round).await?
    } else {
        let ratings = store::ratings(conn, followed.case.id).await?;
        ratings.iter().any(|r| r.asked_by == "reporter" && r.round == round)
    };
    let joined = joined(&steps, followed.follower).map(|s| (s.words.clone(), s.at));
    let reader = followed.follower.map_or(Reader::Reporter, Reader::Other);
    let mut read: Vec<Entry> = steps.into_iter().filter(|s| may_read(s, reader)).collect();
    if let Some(survivor) = &followed.survivor {
        let reader = Reader::Other(followed.follower.unwrap_or(followed.case.id.uuid()));
        read.extend(store::steps(conn, survivor.id).await?.into_iter().filter(|s| may_read(s, reader)));
        read.sort_by_key(|s| s.at);
    }
    let Followed { case, survivor, .. } = followed;
    let merged_into = survivor.as_ref().map(|s| s.code.clone());
    let (code, text, address, reported_at) = (case.code.clone(), case.redacted.clone(), case.address.clone(), case.reported_at);
    let (text, reported_at) = joined.unwrap_or((text, reported_at));
    let shown = survivor.unwrap_or(case);
    let solved = matches!(shown.state, State::Resolved | State::Verified | State::Closed);
    let asked = question(&shown, &read);
    let reply_spoken = super::told::spoken_as(shown.public_reply.as_deref(), &read);
    Ok(TrackView {
        question: asked,
        light: Light::at(ground.now, shown.yellow_at, shown.red_at, shown.paused.is_some()),
        yellow_at: shown.yellow_at,
        red_at: shown.red_at,
        due: shown.due_at,
        starts: starts(app, ground, &shown),
        matter: shown.matter_id.and_then(|m| ground.catalogue.value.matter(m)).map(|m| m.spoken().to_owned()),
        matter_en: ground.catalogue.value.english(shown.matter_id),
        grid: shown.grid_id.and_then(|g| grid_name(ground, g)),
        lead: lead_name(ground, shown.lead_unit, shown.lead_person),
        steps: read
            .into_iter()
            .map(|s| PublicStep { at: s.at, what: s.action, by: at_work(&s), words: s.words, spoken: s.spoken.map(|s| s.0) })
            .collect(),
        photos: photos.into_iter().map(|(file, _)| photo(file)).collect(),
        rated,
        may_rate: solved && !rated,
        may_remark: shown.state.is_open(),
        emergency_numbers: app.access.setting(&EMERGENCY, ground.now).numbers(shown.urgency),
        round: shown.round,
        may_reopen: solved && may_reopen(shown.round, By::Reporter).is_ok(),
        code,
        merged_into,
        state: shown.state,
        text,
        address,
        reported_at,
        result: shown.result,
        public_reply: shown.public_reply,
        reply_spoken,
        reporters: shown.reporters,
    })
}

/// The name of whoever took a case on, came, or did something about it.
fn at_work(step: &Entry) -> Option<String> {
    let works = matches!(
        step.action,
        Action::TakeOn | Action::ReportIn | Action::Assist | Action::Stage | Action::Resolve | Action::SolveOnSpot
    );
    (works && step.actor_kind == ActorKind::Person.word() && !step.actor_name.is_empty()).then(|| step.actor_name.clone())
}

/// The step with which this follower joined.
fn joined(steps: &[Entry], follower: Option<uuid::Uuid>) -> Option<&Entry> {
    let follower = follower?;
    let by = |s: &&Entry| matches!(Carried::of(s.details.as_ref()), Some(Carried::Join { follower: f, .. }) if f == follower);
    steps.iter().find(by)
}

/// The photographs that the holder of a link may see, with the case that each hangs on: his own, and what staff showed of the work.
async fn followed_photos(conn: &mut Conn, followed: &Followed, steps: &[Entry]) -> Result<Vec<(files::FileInfo, uuid::Uuid)>> {
    let of = |follower: Option<uuid::Uuid>| {
        let all = steps.iter().filter_map(|s| Carried::of(s.details.as_ref()));
        all.filter_map(move |c| match c {
            Carried::Join { follower: f, photos } if follower.is_none_or(|me| me == f) => Some(photos),
            _ => None,
        })
        .flatten()
        .collect::<Vec<_>>()
    };
    let (joined, mine) = (of(None), followed.follower.map(|me| of(Some(me))));
    let own = |id: uuid::Uuid| mine.as_ref().map_or_else(|| !joined.contains(&id), |mine| mine.contains(&id));
    let purpose = |p: &files::FileInfo| p.purpose.clone().unwrap_or_default();
    let id = followed.case.id.uuid();
    let mut shown: Vec<(files::FileInfo, uuid::Uuid)> = files::of(conn, "incident", id)
        .await?
        .into_iter()
        .filter(|p| match purpose(p).as_str() {
            "verify" | "evidence" | "minutes" | "unsigned" => false,
            "report" => own(p.id.uuid()),
            _ => true,
        })
        .map(|p| (p, id))
        .collect();
    if let Some(survivor) = &followed.survivor {
        let id = survivor.id.uuid();
        let staff = files::of(conn, "incident", id).await?;
        shown.extend(
            staff.into_iter().filter(|p| matches!(purpose(p).as_str(), "after" | "before" | "progress")).map(|p| (p, id)),
        );
    }
    Ok(shown)
}

/// The case that a photograph hangs on, when the holder of the link may see it.
pub async fn photo_owner(conn: &mut Conn, followed: &Followed, id: Id<files::File>) -> Result<uuid::Uuid> {
    let steps = store::steps(conn, followed.case.id).await?;
    let photos = followed_photos(conn, followed, &steps).await?;
    photos.into_iter().find(|(file, _)| file.id == id).map(|(_, owner)| owner).ok_or(kernel::Error::NotFound)
}
