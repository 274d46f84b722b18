//! 受理, 不予受理, and correcting what the system recognised.

use db::{Json, Tx};
use kernel::{Error, Id, Result};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Change, Ground, dispatch, emergency,
    report::{adopt, open, rule_of},
    required,
};
use crate::app::App;
use crate::modules::{
    catalogue::{Matter, Urgency},
    incidents::{
        clocks::Event,
        learn,
        model::{Action, Attention, MATTER_UNKNOWN, Reason, Refusal, Rule, State},
        rules::spoken::Spoken,
        store::Case,
    },
    org::Unit,
};

/// 受理.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Accept {
    /// The version of the case that the caller saw.
    pub version: Option<i64>,
    /// The matter, when the system did not know it or was wrong.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub matter: Option<Id<Matter>>,
}

/// 不予受理.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Why.
    pub reason: Refusal,
    /// What the reporter reads: where else the matter can go.
    pub words: String,
}

/// 更正事项.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correct {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// What it really is.
    #[schema(value_type = uuid::Uuid)]
    pub matter: Id<Matter>,
}

/// 更正位置: a point, or a grid when the point is not known.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Place {
    /// The version of the case that the caller saw.
    pub version: Option<i64>,
    /// Longitude, WGS84.
    pub lon: Option<f64>,
    /// Latitude, WGS84.
    pub lat: Option<f64>,
    /// The grid's code.
    pub grid: Option<String>,
}

/// Opens the case: its clocks start with the catalogue's rule of today.
pub async fn accept(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Accept) -> Result<Case> {
    let chosen = body.matter.or(change.case.matter_id).ok_or(Error::refused(MATTER_UNKNOWN))?;
    let matter = ground.catalogue.value.current(chosen).ok_or_else(|| Error::invalid("matter", "unknown-matter"))?;
    if change.case.matter_id != Some(chosen) {
        learn::correct(tx, ground.now, &change.case, chosen).await?;
    }
    adopt(&mut change, ground, matter);
    open(&mut change, ground, matter)?;
    let more: Vec<Attention> = dispatch::plan(ground, change.case.grid_id, matter).attention;
    change.attend(stays, &more);
    change.wind(ground)?;
    change.save(tx).await
}

/// Whether an attention stays when the matter is settled: those that hang on the matter are asked for anew.
const fn stays(attention: Attention) -> bool {
    use Attention as A;
    !matches!(attention, A::LowConfidence | A::NoCalendar | A::Unlisted | A::NoPerson | A::NoUnit)
}

/// Does not take the report in; the reporter reads why and where else to go.
pub async fn refuse(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Refuse) -> Result<Case> {
    let words = text::redact(required("words", &body.words, 1_000)?).text;
    let entry = change.act(Action::Refuse)?;
    entry.words.clone_from(&words);
    entry.reasons = Json(vec![Reason::said(body.reason.word(), Spoken::NotTakenIn { refusal: body.reason })]);
    entry.clock = Json(vec![Event::End]);
    change.case.public_reply = Some(words);
    change.case.closed_at = Some(ground.now);
    change.attend(|_| false, &[]);
    change.wind(ground)?;
    change.save(tx).await
}

/// Puts the matter right; the classifier learns from it. A case that was opened already is opened under the new rule, its clock not restarted.
pub async fn correct(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Correct) -> Result<Case> {
    let matter = ground.catalogue.value.current(body.matter).ok_or_else(|| Error::invalid("matter", "unknown-matter"))?;
    learn::correct(tx, ground.now, &change.case, matter.id).await?;
    let (opened, urgency) = (change.case.state != State::Received, change.case.urgency);
    let calendar = change.case.rule.as_ref().map(|r| r.0.calendar_version).filter(|_| opened);
    adopt(&mut change, ground, matter);
    // The other rule holds, but the days are those of the opening.
    if let (Some(Json(rule)), Some(version)) = (&mut change.case.rule, calendar) {
        rule.calendar_version = version;
    }
    let recounted = match &change.case.rule {
        Some(Json(rule)) if opened => {
            let log = change.log().map(|(_, event)| event);
            recounted(change.app, ground, log, (urgency, change.case.urgency), matter, rule)
        }
        _ => vec![],
    };
    let entry = change.act(Action::Correct)?;
    entry.say(Spoken::MatterCorrected { matter: matter.level3.clone(), matter_en: matter.english() });
    entry.is_public = false;
    entry.clock = Json(recounted);
    let more = dispatch::plan(ground, change.case.grid_id, matter).attention;
    change.attend(stays, &more);
    change.wind(ground)?;
    change.save(tx).await
}

/// What a correction does to the clocks of an opened case, whose urgency was the one and is the other, and which this rule holds from now on. The
/// round is counted again under the other matter's rule. Of a case that became an emergency on the way that is the rule of before: the
/// emergency's limits were never meant for the time since the opening. They count from where it was raised, and the other matter's from now.
pub(super) fn recounted<'e>(
    app: &App,
    ground: &Ground,
    log: impl Iterator<Item = &'e Event>,
    (was, is): (Urgency, Urgency),
    matter: &Matter,
    rule: &Rule,
) -> Vec<Event> {
    let raised = log.fold(false, |raised, event| match event {
        Event::Open { .. } => false,
        Event::Hasten { .. } => true,
        _ => raised,
    });
    let rule = rule.clone();
    if is != Urgency::Emergency || !(raised || was != Urgency::Emergency) {
        return vec![Event::Rule { rule }];
    }
    let before = [was, matter.urgency].into_iter().filter(|u| *u != Urgency::Emergency).max().unwrap_or(Urgency::Normal);
    let usual = Rule { calendar_version: rule.calendar_version, ..rule_of(app, ground, matter, before) };
    vec![Event::Rule { rule: usual }, Event::Hasten { rule }]
}

/// Puts the place right; the case moves to the desk of the new place.
pub async fn place(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Place) -> Result<Case> {
    let directory = &ground.org.value;
    let grid = match (&body.grid, body.lon.zip(body.lat)) {
        (Some(code), _) => {
            let known = directory.unit_by_code(code).filter(|u| directory.grid(u.id, ground.now).is_some());
            known.ok_or_else(|| Error::invalid("grid", "unknown-grid"))?.id
        }
        (None, Some((lon, lat))) => {
            directory.locate(lon, lat, ground.now).grid.ok_or_else(|| Error::invalid("lon", "outside-every-grid"))?
        }
        (None, None) => return Err(Error::invalid("lon", "required")),
    };
    let unit = directory.unit(grid).ok_or_else(|| Error::invalid("grid", "unknown-grid"))?;
    if let Some((lon, lat)) = body.lon.zip(body.lat) {
        (change.case.lon, change.case.lat) = (Some(lon), Some(lat));
    }
    let entry = change.act(Action::Place)?;
    entry.say(Spoken::PlaceCorrected { unit: unit.name.clone() });
    entry.is_public = false;
    settle(&mut change, ground, unit);
    let app = change.app;
    let case = change.save(tx).await?;
    emergency::elsewhere(tx, app, ground.now, &case).await?;
    Ok(case)
}

/// The case belongs to this grid: its path for scope and figures, its desk as the owner.
pub fn settle(change: &mut Change<'_>, ground: &Ground, grid: &Unit) {
    change.case.grid_id = Some(grid.id);
    change.case.owner_path.clone_from(&grid.path);
    change.case.filed_path.clone_from(&grid.path);
    change.case.owner_id = ground.org.value.desk_of(grid.id, ground.now).id;
    change.attend(|a| !matches!(a, Attention::NoGrid | Attention::TwoGrids), &[]);
}
