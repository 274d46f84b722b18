//! Sentences that the program writes of its own accord into steps and the reasons beside them. A page says them in its reader's language by their kind
//! and their gaps; what people wrote stays as they wrote it. A day in a gap is `2026-03-14`, a day and a time `2026-03-14T02:10` by the district's clock.

use std::collections::BTreeMap;

use kernel::{Time, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    emergency::Bulletin,
    ladder::Card,
    pauses::{Rung, Shelf},
    second::Cause,
};
use crate::{
    lang::Lang,
    modules::{
        catalogue::{AccessClass, Limit, Urgency},
        incidents::model::{Action, Reached, Refusal, Satisfied, Solved},
    },
};

mod said;

/// A sentence of the program, by its kind, with what stands in its gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Spoken {
    /// Who leads, and who helps.
    Led {
        /// The unit, and the person when it is somebody's already.
        lead: String,
        /// The same of each helper.
        helpers: Vec<String>,
    },
    /// The same, by a ruling in place of another dispatch.
    Ruled {
        /// As of a dispatch.
        lead: String,
        /// As of a dispatch.
        helpers: Vec<String>,
    },
    /// A desk above takes care of it.
    HandedUp {
        /// That desk's unit.
        unit: String,
    },
    /// A limit on the way is met.
    StageDone {
        /// The stage's name.
        stage: String,
        /// What somebody wrote about it; may be empty.
        words: String,
    },
    /// The report is handled with a neighbour's of the same matter.
    Merged,
    /// Others' report of the same matter came into the case.
    Absorbed {
        /// How many people it brought.
        people: i64,
    },
    /// The report is handled by itself again.
    Unmerged,
    /// Others' report is handled by itself again.
    Released {
        /// How many people it took along.
        people: i64,
    },
    /// What the reporter answered.
    Rated {
        /// 有没有人联系过
        contacted: Option<bool>,
        /// 问题解决了吗
        solved: Option<Solved>,
        /// 满意吗
        satisfied: Option<Satisfied>,
    },
    /// It is handled again.
    Reopened {
        /// Which handling it is, from 1.
        round: i64,
        /// Why.
        cause: Cause,
    },
    /// Why it is handled again, where nobody said more.
    Because {
        /// Why.
        cause: Cause,
    },
    /// Why a unit or a person is responsible: a sentence of the directory.
    Responsible {
        /// Which one.
        why: String,
        /// The names in its gaps.
        names: BTreeMap<String, String>,
    },
    /// Whose matter it is.
    Classed {
        /// The matter's name.
        matter: String,
        /// Its English name, where it has one; sentences of before this was kept have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matter_en: Option<String>,
        /// By the list of duties.
        class: AccessClass,
        /// The item of the access list that says so.
        item: Option<String>,
    },
    /// The desk names who leads.
    Named {
        /// Who names.
        by: String,
        /// The unit that leads.
        unit: String,
        /// Why.
        words: String,
    },
    /// First measures of an emergency go to whoever is near.
    FirstMeasures {
        /// Why.
        words: String,
    },
    /// The same person handles it again, since there is nobody else.
    SameHandler {
        /// Of this unit.
        unit: String,
        /// What the desk wrote about it.
        words: String,
    },
    /// What it was recognised as.
    Recognised {
        /// The matter's name.
        matter: String,
        /// Its English name, where it has one; sentences of before this was kept have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matter_en: Option<String>,
    },
    /// The matter was put right.
    MatterCorrected {
        /// The matter's name.
        matter: String,
        /// Its English name, where it has one; sentences of before this was kept have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matter_en: Option<String>,
    },
    /// The place was put right.
    PlaceCorrected {
        /// The grid's name.
        unit: String,
    },
    /// It is not taken in.
    NotTakenIn {
        /// Why.
        refusal: Refusal,
    },
    /// It came back and goes out again.
    SentAgain,
    /// It goes by the matter's rule and needs nobody to verify it.
    VerifyNotDue,
    /// It is put away by rule.
    ArchiveDue {
        /// So many days after its end.
        days: i64,
    },
    /// It is handed up by rule, since nobody took it on in time.
    NotTakenOn,
    /// The reporter was called.
    Called {
        /// How that went.
        outcome: Reached,
    },
    /// It was opened again as often as it may; a conference decides.
    ConferNext,
    /// A result is signed.
    Signed {
        /// Who asked for it.
        by: String,
        /// Who signed.
        chief: String,
    },
    /// When it will be done.
    Planned {
        /// What the reporter reads.
        words: String,
        /// The day.
        by: String,
    },
    /// A task changes hands over a leave.
    HandedOver {
        /// Whose leave it is.
        person: String,
        /// Whether the leave is over.
        back: bool,
        /// The unit that has it now.
        unit: String,
        /// The person, if any.
        to: String,
    },
    /// It changes hands by the arrangement of leaves.
    Leave,
    /// More time is asked for.
    ExtensionAsked {
        /// The how-manieth time of the round.
        n: i64,
        /// How much.
        by: Limit,
        /// Whose decision it is.
        rung: Rung,
    },
    /// More time is granted, or not.
    ExtensionDecided {
        /// The how-manieth time of the round.
        n: i64,
        /// How much.
        by: Limit,
        /// Whose decision it was.
        rung: Rung,
        /// Whether it is granted.
        granted: bool,
    },
    /// The clocks wait for the reporter.
    WaitsUntil {
        /// At most until this day.
        day: String,
    },
    /// The reporter did not answer in time; the clocks go on.
    WaitOver,
    /// Somebody lets the clocks go on.
    WentOn,
    /// Why it is shelved.
    Shelved {
        /// Of this kind.
        shelf: Shelf,
    },
    /// Who let it be shelved, and when somebody looks again.
    ShelvedBy {
        /// Who.
        name: String,
        /// That day.
        day: String,
    },
    /// Somebody has to look at what is shelved.
    ReviewDue,
    /// A unit gives it back.
    Returned {
        /// The unit.
        unit: String,
        /// The district's reason.
        reason: String,
        /// What the unit wrote; may be empty.
        words: String,
    },
    /// It came back for the second time; the centre decides.
    SecondReturn,
    /// It is not sent where it came back from; the centre decides.
    CircleStopped {
        /// The unit.
        unit: String,
    },
    /// The reason of that.
    Circle,
    /// A unit objects to a dispatch.
    Objected {
        /// The unit.
        unit: String,
        /// Why.
        words: String,
    },
    /// An objection does not stand.
    Dismissed {
        /// Why.
        words: String,
    },
    /// Somebody ruled.
    Decided {
        /// Who.
        name: String,
        /// How.
        words: String,
    },
    /// Nothing is left to rule on: a desk above has the case.
    ReviewHandedUp {
        /// That desk's unit.
        unit: String,
    },
    /// Nothing is left to rule on: the case was merged.
    ReviewMerged {
        /// Into this one.
        code: String,
    },
    /// Nothing is left to rule on: the case was annulled.
    ReviewAnnulled,
    /// Nothing is left to rule on: the case is solved.
    ReviewResolved,
    /// A ruling is overdue, and the supervisor is told.
    RulingOverdue,
    /// The reason of that.
    RulingLimitOver,
    /// Units are called to a conference.
    ConferenceCalled {
        /// When.
        at: String,
        /// Who presides.
        chair: String,
        /// Who is called.
        units: Vec<String>,
    },
    /// A conference was held.
    ConferenceHeld {
        /// Who presided.
        chair: String,
        /// Who was there.
        units: Vec<String>,
        /// What it decided.
        words: String,
    },
    /// A conference decided.
    Conferred {
        /// What.
        words: String,
    },
    /// A supervision order is issued.
    Supervised {
        /// How grave.
        card: Card,
        /// The order's number.
        code: String,
        /// What is wanted.
        words: String,
    },
    /// The same by rule.
    SupervisedByRule {
        /// How grave.
        card: Card,
        /// The order's number.
        code: String,
        /// How long the case has been late.
        hours: i64,
    },
    /// What an order wants that a rule issues.
    Late {
        /// How long the case has been late.
        hours: i64,
    },
    /// The stage of the ladder that issued it.
    ByStage {
        /// Its name.
        stage: String,
    },
    /// A unit answers an order.
    OrderReplied {
        /// The order's number.
        code: String,
        /// The answer.
        words: String,
    },
    /// An order ends.
    OrderEnded {
        /// The order's number.
        code: String,
        /// Whether it is lifted rather than carried out.
        lifted: bool,
        /// Why.
        words: String,
    },
    /// Units are summoned.
    Whistled {
        /// By whom.
        from: String,
        /// The unit that leads, when the whistle names one.
        lead: Option<String>,
        /// The others.
        helpers: Vec<String>,
        /// Until when they report in.
        by: String,
        /// What for.
        words: String,
    },
    /// A summoned unit is there.
    ReportedIn {
        /// The unit.
        unit: String,
        /// Whether it is late.
        late: bool,
        /// What it says; may be empty.
        words: String,
    },
    /// A summoned unit is not there.
    NotReportedIn {
        /// The unit.
        unit: String,
        /// Until when it was to report in.
        by: String,
    },
    /// The reason of that.
    ReportInLimitOver,
    /// A whistle is done, and the units are judged.
    WhistleClosed {
        /// The how-manieth of the case.
        n: i64,
        /// How many units.
        units: i64,
    },
    /// A whistle is called off.
    WhistleCalledOff {
        /// The how-manieth of the case.
        n: i64,
        /// Why.
        words: String,
    },
    /// It is more urgent than before.
    Raised {
        /// How urgent it was.
        from: Urgency,
        /// How urgent it is.
        to: Urgency,
        /// Why.
        words: String,
    },
    /// It is more urgent than before, as a case is that came into it.
    RaisedWith {
        /// How urgent it was.
        from: Urgency,
        /// How urgent it is.
        to: Urgency,
        /// The number of the case that came into it.
        code: String,
    },
    /// A unit that the access list keeps out was not asked to help.
    HelperKeptOut {
        /// The unit.
        unit: String,
    },
    /// What the access list asks of a helper.
    ListedHelp {
        /// As the list says it.
        help: String,
    },
    /// A duty desk is rung.
    Rung {
        /// The how-manieth time.
        n: i64,
        /// The desk.
        desk: String,
        /// Who is rung.
        people: Vec<String>,
    },
    /// How a desk is rung.
    RingsOn {
        /// Every so many minutes.
        minutes: i64,
    },
    /// Duty desks answer.
    Acknowledged {
        /// The desks.
        desks: Vec<String>,
        /// What is said; may be empty.
        words: String,
    },
    /// A bulletin.
    Bulletin {
        /// Which.
        bulletin: Bulletin,
        /// Its number.
        n: i64,
        /// What it says.
        words: String,
    },
    /// The first bulletin is missing.
    BulletinDue {
        /// Until when it was to come.
        by: String,
    },
    /// The reason of that.
    BulletinLimitOver,
    /// What was learnt from an emergency.
    AfterAction {
        /// What happened.
        words: String,
    },
}

impl Spoken {
    /// Reads back one of the few sentences that stand where only words are kept: on an order that a rule issued, on a review that was not ruled.
    pub fn read(words: &str) -> Option<Self> {
        let number: String = words.chars().filter(char::is_ascii_digit).collect();
        let unit = words.strip_prefix("案件已上报").and_then(|w| w.strip_suffix("，不再裁定"));
        let code = words.strip_prefix("已并入").and_then(|w| w.strip_suffix("，不再裁定"));
        let candidates = [
            number.parse().ok().map(|hours| Self::Late { hours }),
            unit.map(|unit| Self::ReviewHandedUp { unit: unit.to_owned() }),
            code.map(|code| Self::ReviewMerged { code: code.to_owned() }),
            Some(Self::ReviewAnnulled),
            Some(Self::ReviewResolved),
        ];
        candidates.into_iter().flatten().find(|said| said.zh() == words)
    }
}

/// What people write of a step themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// Its words.
    pub words: bool,
    /// A reason beside them: of a return it is the district's, of an import the other system's.
    pub reasons: bool,
}

/// Where people write; everywhere else the program speaks.
pub const fn writes(action: Action) -> Writes {
    use Action::{
        Annul, Ask, Assist, Close, Escalate, Extend, HandBack, Join, Note, Refuse, Remark, Reopen, Report, Resolve, Resume,
        Return, SendBack, Shelve, SolveOnSpot, Submit, Unmerge, Verify,
    };
    match action {
        Refuse => Writes { words: true, reasons: true },
        SendBack | Reopen | Unmerge | Escalate => Writes { words: false, reasons: true },
        Annul | Ask | Assist | Close | Extend | HandBack | Join | Note | Remark | Report | Resolve | Resume | Return | Shelve
        | SolveOnSpot | Submit | Verify => Writes { words: true, reasons: false },
        _ => Writes { words: false, reasons: false },
    }
}

/// The class of the access list as a desk says it.
pub fn class_words(lang: Lang, class: AccessClass) -> String {
    lang.sentence(&format!("spoken.class.{class}"), &[]).unwrap_or_else(|| class.word().to_owned())
}

/// A day and a time as they stand in a gap.
pub fn wall(zone: Zone, at: Time) -> String {
    zone.wall(at).strftime("%Y-%m-%dT%H:%M").to_string()
}

#[cfg(test)]
mod tests;
