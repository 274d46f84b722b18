//! Sentences that the program writes of its own accord into steps and the reasons beside them. A page says them in its reader's language by their kind
//! and their gaps; what people wrote stays as they wrote it. A day in a gap is `2026-03-14`, a day and a time `2026-03-14T02:10` by the district's clock.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use kernel::{Time, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    emergency::Bulletin,
    ladder::Card,
    pauses::{Rung, Shelf},
    second::Cause,
    supervision::card_words,
};
use crate::modules::{
    catalogue::{AccessClass, Limit, Urgency},
    incidents::model::{Action, Reached, Refusal, Satisfied, Solved},
    org,
};

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
    },
    /// The matter was put right.
    MatterCorrected {
        /// The matter's name.
        matter: String,
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
    /// The sentence in Chinese, as it is kept beside it.
    pub fn zh(&self) -> String {
        match self {
            Self::Led { lead, helpers } if helpers.is_empty() => format!("主办：{lead}"),
            Self::Led { lead, helpers } => format!("主办：{lead}；协办：{}", helpers.join("、")),
            Self::Ruled { lead, helpers } => {
                format!("改派。{}", Self::Led { lead: lead.clone(), helpers: helpers.clone() }.zh())
            }
            Self::HandedUp { unit } => format!("已上报{unit}协调处理"),
            Self::StageDone { stage, words } if words.is_empty() => format!("“{stage}”已完成"),
            Self::StageDone { stage, words } => format!("“{stage}”已完成：{words}"),
            Self::Merged => "与邻居反映的是同一个问题，已合并办理".to_owned(),
            Self::Absorbed { people } => format!("另有 {people} 位居民反映同一问题，已合并到本案办理"),
            Self::Unmerged => "撤销合并，本件单独办理".to_owned(),
            Self::Released { people } => format!("撤销合并，{people} 位居民反映的另一件单独办理"),
            Self::Rated { contacted, solved, satisfied } => answer(*contacted, *solved, *satisfied),
            Self::Reopened { round, cause } => format!("重新办理（第{round}次）：{}", cause.chinese()),
            Self::Because { cause } => cause.chinese().to_owned(),
            Self::Responsible { why, names } => org::said(why, names),
            Self::Classed { matter, class, item } => {
                let by_list = item.as_ref().map(|i| format!("（准入清单：{i}）")).unwrap_or_default();
                format!("事项“{matter}”属{}{by_list}", class_words(*class))
            }
            Self::Named { by, unit, words } => format!("{by}指定由{unit}主办：{words}"),
            Self::FirstMeasures { words } => format!("特急先期处置（例外派单）：{words}"),
            Self::SameHandler { unit, words } => format!("{unit}没有其他人员，仍由原经办人办理：{words}"),
            Self::Recognised { matter } => format!("识别为“{matter}”"),
            Self::MatterCorrected { matter } => format!("事项更正为“{matter}”"),
            Self::PlaceCorrected { unit } => format!("位置更正为{unit}"),
            Self::NotTakenIn { refusal } => refusal_words(*refusal).to_owned(),
            Self::SentAgain => "退回后重新派单".to_owned(),
            Self::VerifyNotDue => "按事项核实规则，本件不需人工核实".to_owned(),
            Self::ArchiveDue { days } => format!("结案满{days}天，按规则自动归档"),
            Self::NotTakenOn => "超过接单时限仍无人接单，按规则自动升级".to_owned(),
            Self::Called { outcome } => reached_words(*outcome).to_owned(),
            Self::ConferNext => "已二次办理两次，须会商决定".to_owned(),
            Self::Signed { by, chief } => format!("{by}送签，{chief}签发"),
            Self::Planned { words, by } => format!("{words}（计划于 {by} 前完成）"),
            Self::HandedOver { person, back, unit, to } => {
                format!("{person}{}，任务由{unit}{to}办理", if *back { "休假结束" } else { "休假" })
            }
            Self::Leave => "按休假安排自动交接".to_owned(),
            Self::ExtensionAsked { n, by, rung } => format!("第{n}次申请延期{}，由{}审批", by.chinese(), rung.chinese()),
            Self::ExtensionDecided { n, by, rung, granted } => {
                format!("{}{}第{n}次延期{}", rung.chinese(), if *granted { "同意" } else { "不同意" }, by.chinese())
            }
            Self::WaitsUntil { day } => format!("等待反映人补充，最迟到 {day} 恢复计时"),
            Self::WaitOver => "等待反映人补充的期限已到，自动恢复计时".to_owned(),
            Self::WentOn => "人工恢复计时".to_owned(),
            Self::Shelved { shelf } => shelf.chinese().to_owned(),
            Self::ShelvedBy { name, day } => format!("由{name}批准挂账，{day}复核"),
            Self::ReviewDue => "挂账复核日期已到，请确认是否恢复办理".to_owned(),
            Self::Returned { unit, reason, words } if words.is_empty() => format!("{unit}退单：{reason}"),
            Self::Returned { unit, reason, words } => format!("{unit}退单：{reason}。{words}"),
            Self::SecondReturn => "第二次退单，由区中心裁定主办和协办单位".to_owned(),
            Self::CircleStopped { unit } => {
                format!("循环派单已拦截：{unit}已退过此单，不能再转回，由区中心裁定主办和协办单位")
            }
            Self::Circle => "同一件事在单位之间来回转，不再派出".to_owned(),
            Self::Objected { unit, words } => format!("{unit}提出派单异议：{words}"),
            Self::Dismissed { words } => format!("异议不成立，维持原派单：{words}"),
            Self::Decided { name, words } => format!("{name}裁定：{words}"),
            Self::ReviewHandedUp { unit } => format!("案件已上报{unit}，不再裁定"),
            Self::ReviewMerged { code } => format!("已并入{code}，不再裁定"),
            Self::ReviewAnnulled => "案件已作废，不再裁定".to_owned(),
            Self::ReviewResolved => "案件已办结，不再裁定".to_owned(),
            Self::RulingOverdue => "区中心裁定已超时，已报督查".to_owned(),
            Self::RulingLimitOver => "裁定时限已过".to_owned(),
            Self::ConferenceCalled { at, chair, units } => {
                format!("会商定于 {} 召开，{chair}主持，请{}参加", moment(at), units.join("、"))
            }
            Self::ConferenceHeld { chair, units, words } => {
                format!("会商（{chair}主持，{}参加）议定：{words}", units.join("、"))
            }
            Self::Conferred { words } => format!("会商议定：{words}"),
            Self::Supervised { card, code, words } => format!("{} {code}：{words}", card_words(*card)),
            Self::SupervisedByRule { card, code, hours } => {
                format!("{} {code}：{}", card_words(*card), Self::Late { hours: *hours }.zh())
            }
            Self::Late { hours } => format!("案件超期已 {hours} 小时，请查明原因，抓紧办结并书面回复。"),
            Self::ByStage { stage } => format!("超期后按升级规则“{stage}”自动签发督办单"),
            Self::OrderReplied { code, words } => format!("{code}回复：{words}"),
            Self::OrderEnded { code, lifted, words } => format!("{code}{}：{words}", if *lifted { "解除" } else { "办结" }),
            Self::Whistled { from, lead, helpers, by, words } => {
                let lead = lead.as_ref().map(|unit| format!("{unit}（主办）"));
                let units: Vec<String> = lead.into_iter().chain(helpers.iter().cloned()).collect();
                format!("{from}吹哨，请{}于{}前报到：{words}", units.join("、"), moment(by))
            }
            Self::ReportedIn { unit, late, words } => {
                let told = format!("{unit}{}", if *late { "已报到（超过报到时限）" } else { "已报到" });
                if words.is_empty() { told } else { format!("{told}：{words}") }
            }
            Self::NotReportedIn { unit, by } => format!("{unit}未在{}前报到", moment(by)),
            Self::ReportInLimitOver => "报到时限已过".to_owned(),
            Self::WhistleClosed { n, units } => format!("第{n}次吹哨销号，已评价{units}家单位"),
            Self::WhistleCalledOff { n, words } => format!("第{n}次吹哨撤销：{words}"),
            Self::Raised { from, to, words } => {
                format!("紧急程度由{}提高为{}：{words}", from.chinese(), to.chinese())
            }
            Self::RaisedWith { from, to, code } => {
                format!("紧急程度由{}提高为{}：并入的{code}更为紧急", from.chinese(), to.chinese())
            }
            Self::HelperKeptOut { unit } => format!("{unit}不在准入范围，未派其协办"),
            Self::ListedHelp { help } => format!("准入清单所列配合内容：{help}"),
            Self::Rung { n, desk, people } if people.is_empty() => format!("第{n}次呼叫{desk}值守"),
            Self::Rung { n, desk, people } => format!("第{n}次呼叫{desk}值守：{}", people.join("、")),
            Self::RingsOn { minutes } => format!("特急案件：每{minutes}分钟呼叫一次，直到值守应答"),
            Self::Acknowledged { desks, words } => {
                let told = format!("{}值守已应答", desks.join("、"));
                if words.is_empty() { told } else { format!("{told}：{words}") }
            }
            Self::Bulletin { bulletin, n, words } => format!("{}（第{n}号）：{words}", bulletin_words(*bulletin)),
            Self::BulletinDue { by } => format!("应于{}前首报，尚未收到", moment(by)),
            Self::BulletinLimitOver => "首报时限已过".to_owned(),
            Self::AfterAction { words } => format!("处置复盘：{words}"),
        }
    }
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
pub const fn class_words(class: AccessClass) -> &'static str {
    match class {
        AccessClass::Own => "基本履职事项，由属地办理",
        AccessClass::Assist => "配合履职事项，由部门主办、属地协助",
        AccessClass::Upper => "上级部门事项，不得派给街道社区",
        AccessClass::Unlisted => "清单外事项，由区中心裁定",
    }
}

const fn refusal_words(reason: Refusal) -> &'static str {
    match reason {
        Refusal::NoRequest => "没有具体诉求",
        Refusal::Elsewhere => "不属于本区事项",
        Refusal::OtherProcedure => "应通过诉讼、仲裁、行政复议等途径解决",
        Refusal::Settled => "已有生效结论",
        Refusal::EmergencyCall => "涉紧急警情，已引导拨打 110 / 119 / 120",
        Refusal::Abuse => "恶意或测试信息",
    }
}

const fn reached_words(outcome: Reached) -> &'static str {
    match outcome {
        Reached::Reached => "接通",
        Reached::NoAnswer => "未接通",
        Reached::DeadNumber => "停机空号",
        Reached::Refused => "拒答",
        Reached::NotTheReporter => "非本人",
    }
}

const fn bulletin_words(kind: Bulletin) -> &'static str {
    match kind {
        Bulletin::First => "首报",
        Bulletin::Further => "续报",
        Bulletin::Final => "终报",
    }
}

/// A day and a time as they stand in a gap.
pub fn wall(zone: Zone, at: Time) -> String {
    zone.wall(at).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// A day and a time as a sentence says it: `3月14日 02:10`.
fn moment(at: &str) -> String {
    let said = |at: DateTime| format!("{}月{}日 {:02}:{:02}", at.month(), at.day(), at.hour(), at.minute());
    at.parse().map_or_else(|_| at.to_owned(), said)
}

/// An answer as the timeline says it.
fn answer(contacted: Option<bool>, solved: Option<Solved>, satisfied: Option<Satisfied>) -> String {
    let contacted = contacted.map(|c| if c { "已联系" } else { "未联系" });
    let solved = solved.map(|s| match s {
        Solved::Yes => "解决",
        Solved::Partly => "部分解决",
        Solved::No => "没解决",
    });
    let satisfied = satisfied.map(|s| match s {
        Satisfied::Yes => "满意",
        Satisfied::Mostly => "基本满意",
        Satisfied::No => "不满意",
        Satisfied::None => "不作评价",
    });
    [contacted, solved, satisfied].into_iter().flatten().collect::<Vec<_>>().join("，")
}

#[cfg(test)]
mod tests;
