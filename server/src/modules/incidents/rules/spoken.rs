//! Sentences that the program writes into steps of its own accord. A page says them in its reader's language by their kind and their gaps; what people
//! wrote stays as they wrote it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::second::Cause;
use crate::modules::incidents::model::{Satisfied, Solved};

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
}

impl Spoken {
    /// The sentence in Chinese, as the timeline keeps it.
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
        }
    }
}

/// An answer as the timeline says it.
pub fn answer(contacted: Option<bool>, solved: Option<Solved>, satisfied: Option<Satisfied>) -> String {
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
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_its_kind_and_says_what_stands_in_its_gaps() {
        let helpers = vec!["一号物业".to_owned(), "消防队".to_owned()];
        let ruled = Spoken::Ruled { lead: "一社区 周以宁".to_owned(), helpers };
        assert_eq!(ruled.zh(), "改派。主办：一社区 周以宁；协办：一号物业、消防队");
        let kept = serde_json::to_value(&ruled).unwrap();
        assert_eq!((&kept["kind"], &kept["helpers"][1]), (&"ruled".into(), &"消防队".into()));
        assert_eq!(serde_json::from_value::<Spoken>(kept).unwrap(), ruled);
        let rated = Spoken::Rated { contacted: Some(false), solved: Some(Solved::Partly), satisfied: None };
        assert_eq!(rated.zh(), "未联系，部分解决");
        assert_eq!(Spoken::Merged.zh(), "与邻居反映的是同一个问题，已合并办理");
    }
}
