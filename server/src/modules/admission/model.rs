//! What lists, items and requests are, and the checks that no request gets around. Pure.

use db::{Json, record, words};
use kernel::{Code, Error, FieldError, Id, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::modules::catalogue::{AccessClass, Matter};

/// A batch of the access list in one version.
pub struct List;
/// A wish to change the list.
pub struct Request;

words! {
    /// Where a list stands.
    pub enum ListState {
        /// 征求意见稿
        Draft = "draft",
        /// 已批准
        Approved = "approved",
        /// 已废止
        Ended = "ended",
    }
}

words! {
    /// What a request asks for.
    pub enum RequestKind {
        /// 准入
        Admission = "admission",
        /// 退出
        Exit = "exit",
    }
}

words! {
    /// Where a request stands.
    pub enum RequestState {
        /// 待审核
        Open = "open",
        /// 已批准
        Approved = "approved",
        /// 不予准入
        Refused = "refused",
        /// 已撤回
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What has to be true of a duty before it may be asked of the grassroots: four reasons for which it never is, and what has to
    /// come along with it (权随责走、费随事转).
    pub enum Check {
        /// 与职责相符
        WithinDuty = "within_duty",
        /// 与能力匹配
        WithinAbility = "within_ability",
        /// 经过培训
        Training = "training",
        /// 有协同工作机制
        JointMechanism = "joint_mechanism",
        /// 权限随同下放
        Authority = "authority",
        /// 经费随同拨付
        Funds = "funds",
        /// 人手承受得了
        Capacity = "capacity",
        /// 不属行政执法
        NotEnforcement = "not_enforcement",
        /// 不属行业监管
        NotSupervision = "not_supervision",
    }
}

words! {
    /// Why a duty leaves the list.
    pub enum ExitReason {
        /// 专业性强
        TooSpecialised = "too_specialised",
        /// 超出自治能力
        BeyondAbility = "beyond_ability",
        /// 与职责不相符
        OutsideDuty = "outside_duty",
        /// 与能力不匹配
        NotMatching = "not_matching",
        /// 不再适宜
        NoLongerFit = "no_longer_fit",
    }
}

kernel::codes! {
    /// The list is not a draft any more: what was approved is changed by requests.
    NOT_A_DRAFT = "not-a-draft";
    /// A draft without items cannot be approved.
    EMPTY_LIST = "empty-list";
    /// Somebody decided already.
    ALREADY_DECIDED = "already-decided";
    /// Nobody decides what he asked for himself.
    OWN_REQUEST = "own-request";
    /// The list is the district's: a grant for a part of it changes nothing there.
    DISTRICT_ONLY = "district-only";
    /// A mandatory check is not met.
    CHECK_UNMET = "check-unmet";
}

record! {
    /// A list as it is stored.
    #[derive(Clone, Debug)]
    pub struct ListRow {
        pub id: Id<List>,
        pub name: String,
        pub version: i64,
        pub state: ListState,
        pub reference: String,
        pub review_at: Option<Time>,
        pub made_at: Time,
        pub approved_at: Option<Time>,
        pub effective_at: Option<Time>,
        pub ended_at: Option<Time>,
    }
}

record! {
    /// An item as it is stored.
    #[derive(Clone, Debug)]
    pub struct Item {
        pub id: Id<Item>,
        pub list_id: Id<List>,
        pub number: i64,
        pub name: String,
        pub department: String,
        pub class: AccessClass,
        pub help: String,
        pub authority: String,
        pub funds: String,
        pub training: String,
        pub matters: Json<Vec<Id<Matter>>>,
        pub valid_from: Option<Time>,
        pub valid_to: Option<Time>,
    }
}

impl Item {
    /// Whether it is in force at an instant.
    pub fn holds(&self, at: Time) -> bool {
        self.valid_from.is_some_and(|from| from <= at) && self.valid_to.is_none_or(|to| at < to)
    }
}

record! {
    /// A request as it is stored.
    #[derive(Clone, Debug)]
    pub struct RequestRow {
        pub id: Id<Request>,
        pub kind: RequestKind,
        pub state: RequestState,
        pub list_id: Id<List>,
        pub item_id: Option<Id<Item>>,
        pub item: Option<Json<ItemForm>>,
        pub reason: String,
        pub checks: Json<Vec<Answer>>,
        pub unit_path: String,
        pub asked_at: Time,
        pub asked_by: Uuid,
        pub decided_at: Option<Time>,
        pub verdict: Option<Json<Verdict>>,
        pub effective_at: Option<Time>,
    }
}

/// What an item says, as people write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionItemForm)]
pub struct ItemForm {
    /// What the duty is.
    pub name: String,
    /// The department whose matter it is, or which asks for help.
    pub department: String,
    /// Whose it is: `own`, `assist` or `upper`.
    pub class: AccessClass,
    /// What the grassroots do, for `assist`.
    #[serde(default)]
    pub help: String,
    /// Which authority goes with it.
    #[serde(default)]
    pub authority: String,
    /// Which funds go with it.
    #[serde(default)]
    pub funds: String,
    /// Which training goes with it.
    #[serde(default)]
    pub training: String,
    /// The catalogue's matters that it stands for.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub matters: Vec<Id<Matter>>,
}

impl ItemForm {
    /// Refuses what cannot stand on a list, by field.
    pub fn check(&self) -> Vec<FieldError> {
        let mut bad = vec![];
        for (field, text, most, needed) in [
            ("name", &self.name, 200, true),
            ("department", &self.department, 60, true),
            ("help", &self.help, 500, self.class == AccessClass::Assist),
            ("authority", &self.authority, 500, false),
            ("funds", &self.funds, 500, false),
            ("training", &self.training, 500, false),
        ] {
            if needed && text.trim().is_empty() {
                bad.push(FieldError::new(field, "required"));
            } else if text.chars().count() > most {
                bad.push(FieldError::new(field, "too-long").with("limit", most));
            }
        }
        if self.class == AccessClass::Unlisted {
            bad.push(FieldError::new("class", "unknown-word"));
        }
        bad
    }
}

/// What somebody says to one check: the requester what speaks for it, the reviewer what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionAnswer)]
pub struct Answer {
    /// Which check.
    pub check: Check,
    /// Whether it is met.
    pub met: bool,
    /// In words; required where it is not met.
    #[serde(default)]
    pub words: String,
}

/// What the reviewer found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AdmissionVerdict)]
pub struct Verdict {
    /// Check by check.
    pub checks: Vec<Answer>,
    /// Why, in words.
    pub words: String,
}

/// Every check is answered once, and what is not met says why.
///
/// # Errors
/// `Invalid` with the check that is missing or without words.
pub fn complete(checks: &[Answer]) -> Result<()> {
    let mut bad = vec![];
    for check in Check::ALL {
        match checks.iter().filter(|a| a.check == *check).collect::<Vec<_>>()[..] {
            [one] if one.met || !one.words.trim().is_empty() => {}
            [_] => bad.push(FieldError::new(format!("checks.{}", check.word()), "say-why")),
            _ => bad.push(FieldError::new(format!("checks.{}", check.word()), "required")),
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
}

/// An admission is approved only when every check is met; the refusal names the first that is not.
pub fn may_enter(checks: &[Answer]) -> Result<(), (Code, Check)> {
    checks.iter().find(|a| !a.met).map_or(Ok(()), |a| Err((CHECK_UNMET, a.check)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(unmet: Option<Check>) -> Vec<Answer> {
        let words = |met: bool| if met { String::new() } else { "没有人手".to_owned() };
        Check::ALL.iter().map(|c| (*c, unmet != Some(*c))).map(|(check, met)| Answer { check, met, words: words(met) }).collect()
    }

    #[test]
    fn one_unmet_check_is_enough_to_stay_out() {
        assert_eq!(may_enter(&answers(None)), Ok(()));
        for check in Check::ALL {
            assert_eq!(may_enter(&answers(Some(*check))), Err((CHECK_UNMET, *check)));
        }
    }

    #[test]
    fn every_check_is_answered_once_and_a_no_says_why() {
        assert!(complete(&answers(Some(Check::Funds))).is_ok());
        let mut list = answers(Some(Check::Funds));
        for answer in &mut list {
            answer.words.clear();
        }
        assert!(complete(&list).is_err());
        assert!(complete(&answers(None)[1..]).is_err());
        let twice = [answers(None), answers(None)].concat();
        assert!(complete(&twice).is_err());
    }

    #[test]
    fn an_item_of_assistance_says_what_the_help_is() {
        let form = |class, help: &str| ItemForm {
            name: "流动人口信息登记".into(),
            department: "公安".into(),
            class,
            help: help.into(),
            authority: String::new(),
            funds: String::new(),
            training: String::new(),
            matters: vec![],
        };
        let fields = |f: ItemForm| f.check().into_iter().map(|e| e.field).collect::<Vec<_>>();
        assert_eq!(fields(form(AccessClass::Assist, "")), ["help"]);
        assert!(fields(form(AccessClass::Assist, "发现后上报")).is_empty());
        assert_eq!(fields(form(AccessClass::Unlisted, "")), ["class"]);
    }
}
