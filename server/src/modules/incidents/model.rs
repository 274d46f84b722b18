//! What a case is: its words, its transitions, whose matter it is. Pure rules, no I/O.

use db::words;
use kernel::{Code, Error, Id, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{ladder::Ladder, spoken::Spoken, warning::STANDARD};
use crate::{
    declare,
    modules::{
        catalogue::{AccessClass, Limit, Stage, Verify},
        org,
    },
    settings::Held,
};

/// A case (案件): one matter at one place.
pub struct Incident;
/// A unit's part in a case (任务).
pub struct Task;
/// One entry of a case's history (步骤).
pub struct Step;

words! {
    /// Where a case stands (案件状态).
    pub enum State {
        /// 待受理
        Received = "received",
        /// 已受理 (立案)
        Accepted = "accepted",
        /// 已派单
        Assigned = "assigned",
        /// 办理中
        InProgress = "in_progress",
        /// 已办结, 待核实
        Resolved = "resolved",
        /// 已核实
        Verified = "verified",
        /// 已结案
        Closed = "closed",
        /// 已归档
        Archived = "archived",
        /// 不予受理
        Rejected = "rejected",
        /// 已并案
        Merged = "merged",
        /// 已作废
        Void = "void",
    }
}

impl State {
    /// Whether somebody still has to do something before the case is solved: only such a case has a light.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Accepted | Self::Assigned | Self::InProgress)
    }
}

words! {
    /// What can be done to a case (动作).
    pub enum Action {
        /// 上报
        Report = "report",
        /// 受理
        Accept = "accept",
        /// 不予受理
        Refuse = "refuse",
        /// 更正事项
        Correct = "correct",
        /// 更正位置
        Place = "place",
        /// 派单
        Dispatch = "dispatch",
        /// 接单
        TakeOn = "take_on",
        /// 协办完成
        Assist = "assist",
        /// 办结
        Resolve = "resolve",
        /// 送签
        Submit = "submit",
        /// 签发
        Sign = "sign",
        /// 退回修改
        HandBack = "hand_back",
        /// 交接
        HandOver = "hand_over",
        /// 即查即办
        SolveOnSpot = "solve_on_spot",
        /// 备注
        Note = "note",
        /// 补充说明 (by the reporter)
        Remark = "remark",
        /// 另有居民反映
        Join = "join",
        /// 核实通过
        Verify = "verify",
        /// 核实不通过
        Return = "return",
        /// 结案
        Close = "close",
        /// 回访
        Callback = "callback",
        /// 评价
        Rate = "rate",
        /// 归档
        Archive = "archive",
        /// 升级
        Escalate = "escalate",
        /// 吹哨
        Whistle = "whistle",
        /// 报到
        ReportIn = "report_in",
        /// 未按时报到
        NotReportedIn = "not_reported_in",
        /// 撤哨
        CallOff = "call_off",
        /// 销号
        CloseWhistle = "close_whistle",
        /// 提高紧急程度
        RaiseUrgency = "raise_urgency",
        /// 呼叫值守
        Ring = "ring",
        /// 值守应答
        Acknowledge = "acknowledge",
        /// 信息报送
        Bulletin = "bulletin",
        /// 首报超时
        BulletinDue = "bulletin_due",
        /// 处置复盘
        AfterAction = "after_action",
        /// 退单
        SendBack = "send_back",
        /// 派单异议
        Object = "object",
        /// 裁定 (改派)
        Rule = "rule",
        /// 驳回异议
        Dismiss = "dismiss",
        /// 会商
        Confer = "confer",
        /// 延期
        Extend = "extend",
        /// 挂账
        Shelve = "shelve",
        /// 等待当事人
        Ask = "ask",
        /// 恢复计时
        Resume = "resume",
        /// 阶段完成
        Stage = "stage",
        /// 并案
        Merge = "merge",
        /// 撤销并案
        Unmerge = "unmerge",
        /// 并入案件 (another case was merged into this one)
        Absorb = "absorb",
        /// 分出案件 (that case was taken out again)
        Release = "release",
        /// 作废
        Annul = "annul",
        /// 复开 (二次办理)
        Reopen = "reopen",
        /// 督办
        Supervise = "supervise",
    }
}

words! {
    /// How a report arrived (渠道).
    pub enum Channel {
        /// 居民网页
        Web = "web",
        /// 网格员巡查
        Patrol = "patrol",
        /// 社区窗口
        Window = "window",
        /// 电话
        Phone = "phone",
        /// 12345 转办
        Hotline = "hotline",
        /// 上级交办
        Superior = "superior",
        /// 部门转办
        Department = "department",
        /// 走访发现
        Visit = "visit",
        /// 设备报警
        Device = "device",
        /// 意见箱
        Box = "box",
        /// 会议与提案
        Meeting = "meeting",
        /// 开放接口
        Api = "api",
    }
}

words! {
    /// Who found it (问题来源), apart from how it arrived.
    pub enum Source {
        /// 群众反映
        Resident = "resident",
        /// 网格员主动发现
        Worker = "worker",
        /// 部门发现
        Department = "department",
        /// 设备发现
        Device = "device",
    }
}

words! {
    /// How a case ended for its reporter (办理结果).
    pub enum Outcome {
        /// 已解决
        Solved = "solved",
        /// 部分解决
        Partly = "partly",
        /// 已解释说明
        Explained = "explained",
        /// 列入计划
        Planned = "planned",
        /// 引导其他途径
        Referred = "referred",
        /// 查无此事
        NotFound = "not_found",
        /// 重复合并
        Merged = "merged",
    }
}

words! {
    /// Why a report is not taken in (不予受理理由).
    pub enum Refusal {
        /// 没有具体诉求
        NoRequest = "no_request",
        /// 不属于本区事项
        Elsewhere = "elsewhere",
        /// 应通过诉讼、仲裁、行政复议等途径
        OtherProcedure = "other_procedure",
        /// 已有生效结论
        Settled = "settled",
        /// 涉紧急警情, 已引导拨打 110/119/120
        EmergencyCall = "emergency_call",
        /// 恶意或测试信息
        Abuse = "abuse",
    }
}

words! {
    /// A unit's part in a case.
    pub enum Role {
        /// 主办
        Lead = "lead",
        /// 协办
        Helper = "helper",
    }
}

words! {
    /// Where a task stands (任务状态).
    pub enum TaskState {
        /// 待接单
        Offered = "offered",
        /// 已接单
        Accepted = "accepted",
        /// 待签发
        Signing = "signing",
        /// 已完成
        Done = "done",
        /// 已退回
        Returned = "returned",
        /// 已撤回
        Withdrawn = "withdrawn",
    }
}

impl TaskState {
    /// Whether the unit still has something to do.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Offered | Self::Accepted | Self::Signing)
    }
}

words! {
    /// Why a human is needed (待人工).
    pub enum Attention {
        /// 落点不在任何网格
        NoGrid = "no-grid",
        /// 落点在多个网格
        TwoGrids = "two-grids",
        /// 事项识别把握不足
        LowConfidence = "low-confidence",
        /// 不在任何清单
        Unlisted = "unlisted",
        /// 责任人空缺或请假无代理
        NoPerson = "no-person",
        /// 责任单位无人值守
        NoUnit = "no-unit",
        /// 缺少当年工作日历
        NoCalendar = "no-calendar",
        /// 退回待派
        Returned = "returned",
        /// 异议待裁定
        Objected = "objected",
        /// 待区中心裁定
        Centre = "centre",
        /// 挂账到期待复核
        ReviewDue = "review-due",
        /// 二次办理待派单
        Reopened = "reopened",
        /// 评价不满意或未解决, 待处理
        Unsatisfied = "unsatisfied",
        /// 已升级, 待上级接办
        Escalated = "escalated",
        /// 自办结果核实未通过, 待派
        CheckFailed = "check-failed",
    }
}

words! {
    /// Three grades of an answer (解决情况).
    pub enum Solved {
        /// 解决
        Yes = "yes",
        /// 部分解决
        Partly = "partly",
        /// 没解决
        No = "no",
    }
}

words! {
    /// How satisfied a reporter is (满意度); without an answer it counts apart.
    pub enum Satisfied {
        /// 满意
        Yes = "yes",
        /// 基本满意
        Mostly = "mostly",
        /// 不满意
        No = "no",
        /// 不作评价
        None = "none",
    }
}

words! {
    /// How a call-back attempt went (回访结果).
    pub enum Reached {
        /// 接通
        Reached = "reached",
        /// 未接通
        NoAnswer = "no_answer",
        /// 停机空号
        DeadNumber = "dead_number",
        /// 拒答
        Refused = "refused",
        /// 非本人
        NotTheReporter = "not_the_reporter",
    }
}

kernel::codes! {
    /// The action does not stand in the table for this state.
    NOT_IN_THIS_STATE = "not-in-this-state";
    /// A matter of a department may not be assigned to the grassroots (rules of dispatch, 2025).
    NOT_FOR_GRASSROOTS = "not-for-grassroots";
    /// Somebody who handled a case may not verify it.
    HANDLER_MAY_NOT_VERIFY = "handler-may-not-verify";
    /// The lead cannot finish while a helper's task is open.
    HELPERS_OPEN = "helpers-open";
    /// The matter must be known before the case can be accepted or dispatched.
    MATTER_UNKNOWN = "matter-unknown";
    /// A rating was given for this round already.
    ALREADY_RATED = "already-rated";
    /// The case has not reached the point where it can be rated.
    NOT_TO_BE_RATED_YET = "not-to-be-rated-yet";
    /// Neither the place nor the address says where it is.
    NO_PLACE = "no-place";
    /// The number and the last digits of the phone do not belong together.
    NO_SUCH_REPORT = "no-such-report";
    /// Whoever handled a task does not sign the result.
    HANDLER_MAY_NOT_SIGN = "handler-may-not-sign";
    /// The task belongs to somebody else.
    NOT_YOUR_TASK = "not-your-task";
    /// A desk above owns the case.
    NOT_YOUR_CASE = "not-your-case";
    /// There is no desk above.
    AT_THE_TOP = "at-the-top";
    /// The supervision order was answered or ended already.
    SUPERVISION_ENDED = "supervision-ended";
    /// Only a case that is over can be erased.
    CASE_NOT_OVER = "case-not-over";
    /// What the case said was erased; nothing can be done with it any more.
    CASE_ERASED = "case-erased";
    /// Somebody has asked for the erasure already.
    ERASURE_ASKED = "erasure-asked";
    /// Nobody decides an erasure that he asked for.
    ERASURE_OWN = "erasure-own";
    /// The erasure was decided already.
    ERASURE_DECIDED = "erasure-decided";
}

/// What stands for the title of a case whose words were erased.
pub const ERASED_TITLE: &str = "（内容已删除）";

/// Whether a unit may lead a matter of this class. The gate limits assignment, never reporting (rules of the field, 3b).
pub fn gate(class: AccessClass, lead_is_grassroots: bool) -> Result<(), Code> {
    match class {
        AccessClass::Assist | AccessClass::Upper if lead_is_grassroots => Err(NOT_FOR_GRASSROOTS),
        _ => Ok(()),
    }
}

/// The rule of the catalogue as it stood when the case was opened; later versions leave it alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The catalogue row's version.
    pub matter_version: i64,
    /// The calendar's version at that moment.
    pub calendar_version: i64,
    /// Time to accept the task.
    pub accept: Option<Limit>,
    /// Time to solve it.
    pub handle: Option<Limit>,
    /// Limits on the way, each counted from the opening.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// How the result is verified.
    pub verify: Verify,
    /// What happens when the light turns; nothing stands for the standard ladder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Ladder>,
    /// How much of a limit is left when its light turns yellow, in percent; nothing stands for a fifth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_left: Option<i64>,
}

impl Rule {
    /// How much of a limit is left when its light turns yellow, in percent.
    pub fn warns(&self) -> i64 {
        self.warn_left.unwrap_or(STANDARD)
    }
}

/// Whether this case has to be verified by a person. The draw depends on nothing that anybody can choose: the id's random last byte.
pub fn verification_due(rule: Verify, id: Id<Incident>) -> bool {
    match rule {
        Verify::None => false,
        Verify::Sample(percent) => {
            let tail = u32::from_be_bytes(id.uuid().as_bytes()[12..].try_into().unwrap_or_default());
            tail % 100 < u32::from(percent)
        }
        Verify::Desk | Verify::Field => true,
    }
}

/// A reason in words, kept with the step that it explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// Stable word of the rule.
    pub code: String,
    /// The sentence, in the district's language, as it was when the decision was made.
    pub words: String,
    /// The words by kind and gaps, where they are a sentence of the program: a page says it in its reader's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoken: Option<Spoken>,
}

impl Reason {
    /// By code and the words that somebody wrote.
    pub fn new(code: &str, words: impl Into<String>) -> Self {
        Self { code: code.to_owned(), words: words.into(), spoken: None }
    }

    /// By code and a sentence of the program.
    pub fn said(code: &str, spoken: Spoken) -> Self {
        Self { code: code.to_owned(), words: spoken.zh(), spoken: Some(spoken) }
    }
}

impl From<&org::Reason> for Reason {
    fn from(reason: &org::Reason) -> Self {
        let names = reason.params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Self::said(reason.code, Spoken::Responsible { why: reason.code.to_owned(), names })
    }
}

/// What the light shows (亮灯).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// 正常
    Green,
    /// 临期
    Yellow,
    /// 超期
    Red,
    /// 暂停计时
    Paused,
    /// No clock runs.
    None,
}

impl Light {
    /// How it is sent; it is never stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
            Self::Paused => "paused",
            Self::None => "none",
        }
    }

    /// The light at an instant, from the instants that were saved with the last step.
    pub fn at(now: Time, yellow_at: Option<Time>, red_at: Option<Time>, paused: bool) -> Self {
        match (yellow_at, red_at) {
            _ if paused => Self::Paused,
            (_, Some(red)) if now >= red => Self::Red,
            (Some(yellow), _) if now >= yellow => Self::Yellow,
            (None, None) => Self::None,
            _ => Self::Green,
        }
    }
}

/// The list of attentions as it is stored.
pub fn attention_text(list: &[Attention]) -> String {
    let mut words: Vec<&str> = list.iter().map(|a| a.word()).collect();
    words.sort_unstable();
    words.dedup();
    words.join(",")
}

/// The stored list of attentions.
pub fn attention_list(text: &str) -> Vec<Attention> {
    text.split(',').filter_map(Attention::of).collect()
}

declare! {
    /// When the classifier is trusted.
    SURE: Sure = "incidents.sure";
}

/// When a recognised matter is dispatched without a human.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sure {
    /// The least confidence, 0 to 1.
    pub confidence: f64,
    /// The least share of the text that the classifier knows, 0 to 1: of less, it only sounds sure.
    pub known: f32,
}

impl Default for Sure {
    fn default() -> Self {
        Self { confidence: 0.55, known: 0.3 }
    }
}

impl Held for Sure {
    fn check(&self) -> Result<()> {
        for (field, value) in [("value.confidence", self.confidence), ("value.known", f64::from(self.known))] {
            if !(0.0..=1.0).contains(&value) {
                return Err(Error::invalid(field, "out-of-range"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_departments_matter_is_not_sent_down() {
        assert_eq!(gate(AccessClass::Upper, true), Err(NOT_FOR_GRASSROOTS));
        assert_eq!(gate(AccessClass::Assist, true), Err(NOT_FOR_GRASSROOTS));
        for (class, grassroots) in
            [(AccessClass::Own, true), (AccessClass::Upper, false), (AccessClass::Assist, false), (AccessClass::Own, false)]
        {
            assert_eq!(gate(class, grassroots), Ok(()));
        }
    }

    #[test]
    fn lights_turn_at_their_instants() {
        let t = Time::from_millis;
        let light = |now| Light::at(t(now), Some(t(80)), Some(t(100)), false);
        assert_eq!([79, 80, 99, 100].map(light), [Light::Green, Light::Yellow, Light::Yellow, Light::Red]);
        assert_eq!(Light::at(t(500), Some(t(80)), Some(t(100)), true), Light::Paused);
        assert_eq!(Light::at(t(500), None, None, false), Light::None);
    }

    #[test]
    fn about_so_many_of_a_hundred_are_drawn() {
        let drawn = (0..5_000).filter(|_| verification_due(Verify::Sample(20), Id::new(Time::from_millis(1)))).count();
        assert!((800..1_200).contains(&drawn), "{drawn}");
        assert!(!verification_due(Verify::None, Id::new(Time::from_millis(1))));
    }
}
