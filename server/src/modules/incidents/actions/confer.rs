//! 会商: units sit down together; what they decide is kept with the case, and may bind. 作废: the centre ends a case that should not be.

use db::{Json, Tx};
use kernel::{Error, Id, Result, Time};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Change, Ground,
    dispatch::hand_over,
    handle::attach,
    optional, required,
    returns::{drop_review, is_centre, tell},
    rulings::{Fixed, fix, unbound},
    second,
};
use crate::modules::{
    access,
    files::File,
    incidents::{
        clocks::Event,
        model::{Action, Attention, Reason, attention_list},
        rules::returns::{
            Allowed, CENTRE_DECIDES, Conference, Details, OBJECTION_OPEN, OWN_REPORT, ReviewKind, ReviewState, bound,
        },
        rules::second::{By, Cause},
        rules::spoken::{Spoken, wall},
        store::{self, Case},
    },
    org::Unit,
};

/// The longest minutes, in characters.
const LONGEST_MINUTES: usize = 5_000;

/// 会商: an invitation while there is no decision, a record when there is one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Confer {
    /// The version of the case that the caller saw.
    pub version: Option<i64>,
    /// Who leads the conference: an office, not a person's name.
    pub chair: String,
    /// When it is held; now when absent.
    pub at: Option<Time>,
    /// Who is invited; at least two.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub units: Vec<Id<Unit>>,
    /// What was said; required with a decision.
    pub minutes: String,
    /// What was decided; empty for an invitation.
    pub decision: String,
    /// Who leads from now on, bound by the decision.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub lead: Option<Id<Unit>>,
    /// Who helps from now on, bound by the decision.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub helpers: Vec<Id<Unit>>,
    /// What it allows beside.
    pub allows: Vec<Allowed>,
    /// Photographs of the papers.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub photo_ids: Vec<Id<File>>,
}

/// 作废.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Annul {
    /// The version of the case that the caller saw.
    #[serde(default)]
    pub version: Option<i64>,
    /// Why, for colleagues.
    pub reason: String,
    /// What the reporter reads.
    pub words: String,
}

/// Enters a conference into the case's history: the invitation, or the record with its decision. The caller attaches papers and saves;
/// actions of other topics that only a conference may allow do both in one command.
///
/// # Errors
/// `Invalid` with the field that is missing, `Refused` when the case is in no state to confer about.
pub fn convene(ground: &Ground, change: &mut Change<'_>, body: &Confer) -> Result<Conference> {
    let held = record(ground, body)?;
    let units = held.units.iter().filter_map(|u| ground.org.value.unit(*u)).map(|u| u.name.clone()).collect();
    let chair = held.chair.clone();
    let said = if held.decision.is_empty() {
        Spoken::ConferenceCalled { at: wall(change.app.zone, held.at), chair, units }
    } else {
        Spoken::ConferenceHeld { chair, units, words: held.decision.clone() }
    };
    let entry = change.act(Action::Confer)?;
    entry.say(said);
    entry.is_public = false;
    entry.details = Details::Confer(held.clone()).stored();
    Ok(held)
}

fn record(ground: &Ground, body: &Confer) -> Result<Conference> {
    let chair = required("chair", &body.chair, 50)?;
    let at = body.at.unwrap_or(ground.now);
    let minutes = optional("minutes", &body.minutes, LONGEST_MINUTES)?;
    let decision = optional("decision", &body.decision, 1_000)?;
    let binds = body.lead.is_some() || !body.helpers.is_empty() || !body.allows.is_empty();
    if decision.is_empty() && (binds || !minutes.is_empty()) {
        return Err(Error::invalid("decision", "required"));
    }
    if minutes.is_empty() && !decision.is_empty() {
        return Err(Error::invalid("minutes", "required"));
    }
    if !decision.is_empty() && at > ground.now {
        return Err(Error::invalid("at", "in-the-future"));
    }
    let mut units = body.units.clone();
    units.sort_unstable();
    units.dedup();
    if units.len() < 2 {
        return Err(Error::invalid("units", "two-or-more"));
    }
    for (n, unit) in body.units.iter().enumerate() {
        if ground.org.value.unit(*unit).is_none() {
            return Err(unbound((format!("units[{n}]"), "unknown-unit")));
        }
    }
    Ok(Conference {
        at,
        chair: text::redact(chair).text,
        units: body.units.clone(),
        minutes: text::redact(minutes).text,
        decision: text::redact(decision).text,
        lead: body.lead,
        helpers: body.helpers.clone(),
        allows: body.allows.clone(),
    })
}

/// Units confer. A decision that names a lead binds it and the helpers: the case goes to them, whatever it waited for. One that is solved
/// goes to them in a new round, which the conference must allow; the limit of two does not bind it. The inner error is a refusal of the gate
/// whose record must be kept.
pub async fn confer(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Confer) -> Result<Result<Case>> {
    let held = convene(ground, &mut change, body)?;
    let centre = is_centre(ground, change.actor);
    let decided = bound(&held.units, held.lead, &held.helpers, centre).map_err(unbound)?;
    let Some((lead, helpers)) = decided else {
        attach(tx, &mut change, &body.photo_ids, "minutes").await?;
        let case = change.save(tx).await?;
        invite(tx, ground, &held, &case).await?;
        return Ok(Ok(case));
    };
    let again = !change.case.state.is_open();
    if again {
        if !held.allows.contains(&Allowed::Reopen) {
            return Err(Error::invalid("allows", "reopen-required"));
        }
        second::open_again(&mut change, ground, By::Conference, Cause::Ruling, &held.decision)?;
    }
    let attention = attention_list(&change.case.attention);
    // What waits for the centre is not decided over its head.
    let waits = attention.iter().any(|a| matches!(a, Attention::Objected | Attention::Centre));
    let review = if waits { store::returns::open_review(tx, change.case.id).await? } else { None };
    if let Some(review) = review.as_ref().filter(|_| !centre) {
        let objection = review.kind == ReviewKind::Objection;
        return Err(Error::refused(if objection { OBJECTION_OPEN } else { CENTRE_DECIDES }));
    }
    let why = Reason::said("conference", Spoken::Conferred { words: held.decision.clone() });
    let fixed = Fixed { lead, helpers, why, review: review.as_ref(), state: ReviewState::Fixed, words: &held.decision };
    match fix(tx, ground, &mut change, fixed).await? {
        Ok((plan, trail)) => {
            attach(tx, &mut change, &body.photo_ids, "minutes").await?;
            let actor = change.actor.id;
            let case = hand_over(tx, ground, change, &plan, &trail, true).await?;
            if again {
                store::release(tx, case.id).await?;
                second::tell_of(tx, ground, actor, &case).await?;
            }
            Ok(Ok(case))
        }
        Err(refused) => Ok(Err(refused)),
    }
}

/// Tells whoever would answer for an invited unit when the conference is held.
async fn invite(tx: &mut Tx, ground: &Ground, held: &Conference, case: &Case) -> Result<()> {
    if !held.decision.is_empty() {
        return Ok(());
    }
    let people: Vec<uuid::Uuid> = held
        .units
        .iter()
        .filter_map(|u| super::dispatch::person_at(&ground.org.value, *u, ground.now))
        .map(|p| p.uuid())
        .collect();
    let accounts = access::store::accounts_of(tx, &people).await?;
    tell(tx, ground, accounts, "conference-called", case).await
}

/// The centre or the supervisor annuls a case; whoever has a task of it is told, the reporter reads why.
pub async fn annul(tx: &mut Tx, ground: &Ground, mut change: Change<'_>, body: &Annul) -> Result<Case> {
    let reason = text::redact(required("reason", &body.reason, 500)?).text;
    let words = text::redact(required("words", &body.words, 1_000)?).text;
    if change.case.reported_by == Some(change.actor.id) {
        return Err(Error::refused(OWN_REPORT));
    }
    let open = |t: &&store::TaskRow| t.state.is_open();
    let people: Vec<uuid::Uuid> =
        store::tasks(tx, change.case.id).await?.iter().filter(open).filter_map(|t| t.person_id).collect();
    let entry = change.act(Action::Annul)?;
    entry.words.clone_from(&words);
    entry.clock = Json(vec![Event::End]);
    entry.details = Details::Annul { reason }.stored();
    let asked = drop_review(tx, &mut change, Some(Spoken::ReviewAnnulled)).await?;
    change.attend(|_| false, &[]);
    (change.case.paused, change.case.paused_until) = (None, None);
    (change.case.public_reply, change.case.closed_at) = (Some(words), Some(ground.now));
    change.wind(ground)?;
    store::withdraw(tx, change.case.id).await?;
    store::returns::release(tx, change.case.id, ground.now).await?;
    let case = change.save(tx).await?;
    let accounts = access::store::accounts_of(tx, &people).await?;
    tell(tx, ground, accounts, "task-withdrawn", &case).await?;
    tell(tx, ground, asked, "ruling-dropped", &case).await?;
    Ok(case)
}
