//! What figures are counted from: each step adds to a few columns of its case, and every figure is a condition on them. Pure.

use kernel::{Error, Result, Time, Zone};
use serde::{Deserialize, Serialize};

use crate::{
    declare,
    modules::{
        catalogue::{Calendar, Limit, Matter},
        incidents::{
            model::Action,
            rules::returns::says_wrong,
            store::{Case, Entry},
        },
    },
    settings::Held,
};

declare! {
    /// When a reporter has to hear from somebody.
    CONTACT: Contact = "contact";
}

db::words! {
    /// What a case can count as; a list filtered by it shows the cases behind a number.
    pub enum Figure {
        /// 有效: opened, or merged into another.
        Valid = "valid",
        /// 待受理
        Pending = "pending",
        /// 立案
        Filed = "filed",
        /// 结案
        Closed = "closed",
        /// 办结: solved at least, or merged.
        Ended = "ended",
        /// 派单
        Dispatched = "dispatched",
        /// 派准: no dispatch of it was sent back or changed.
        Accurate = "accurate",
        /// 应处置: solved in some round, or past its limit.
        Due = "due",
        /// 按期处置
        Timely = "timely",
        /// 处置过
        Handled = "handled",
        /// 返工: a result did not pass, or the case was opened again.
        Reworked = "reworked",
        /// 已核实: somebody looked at a result.
        Checked = "checked",
        /// 核实通过: and every one that was looked at passed.
        Passed = "passed",
        /// 超期
        Overdue = "overdue",
        /// 应响应
        ContactDue = "contact_due",
        /// 按时响应
        ContactTimely = "contact_timely",
        /// 主动发现: by workers themselves.
        Found = "found",
        /// 已评价 (解决情况): an answer about the solution.
        Answered = "answered",
        /// 已解决
        Solved = "solved",
        /// 已评价 (满意度): an answer that is not 不作评价.
        Rated = "rated",
        /// 满意或基本满意
        Satisfied = "satisfied",
        /// 不作评价
        NoComment = "no_comment",
    }
}

db::words! {
    /// A rate of which a case can be left out with somebody's consent: those that residents judge.
    pub enum Judged {
        /// 响应率
        Response = "response",
        /// 解决率
        Solved = "solved",
        /// 满意率
        Satisfied = "satisfied",
    }
}

/// Which published view a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// `incidents_v_case`, as `v`.
    Case,
    /// `incidents_v_rating`, as `v`.
    Rating,
}

impl Figure {
    /// Of a figure that counts answers: what the cases behind them are counted as, since a case may be asked about more than one round.
    pub const fn cases(self) -> Option<&'static str> {
        match self {
            Self::Answered => Some("answered_cases"),
            Self::Solved => Some("solved_cases"),
            Self::Rated => Some("rated_cases"),
            Self::Satisfied => Some("satisfied_cases"),
            Self::NoComment => Some("no_comment_cases"),
            _ => None,
        }
    }

    /// The condition on a row of the published view, and whether it asks for the present instant in its one `$$`. Written once, so that a number
    /// and the list behind it cannot differ. docs/rates.md says where each comes from.
    pub const fn condition(self) -> (View, &'static str, bool) {
        use View::{Case, Rating};
        match self {
            Self::Valid => (Case, "v.valid = 1", false),
            Self::Pending => (Case, "v.pending = 1", false),
            Self::Filed => (Case, "v.filed = 1", false),
            Self::Closed => (Case, "v.closed = 1", false),
            Self::Ended => (Case, "v.ended = 1", false),
            Self::Dispatched => (Case, "v.dispatched = 1", false),
            Self::Accurate => (Case, "v.accurate = 1", false),
            Self::Due => (Case, "(v.handled = 1 or v.filed = 1 and v.due_at <= $$)", true),
            Self::Timely => (Case, "v.handled = 1 and v.overran = 0 and coalesce(v.due_at, 9007199254740991) > $$", true),
            Self::Handled => (Case, "v.handled = 1", false),
            Self::Reworked => (Case, "v.reworked = 1", false),
            Self::Checked => (Case, "v.checked = 1", false),
            Self::Passed => (Case, "v.passed = 1", false),
            Self::Overdue => (Case, "v.filed = 1 and (v.overran = 1 or v.due_at <= $$)", true),
            Self::ContactDue => {
                (Case, "v.filed = 1 and v.contact_by is not null and (v.contact_at is not null or v.contact_by <= $$)", true)
            }
            Self::ContactTimely => (Case, "v.filed = 1 and v.contact_at <= v.contact_by", false),
            Self::Found => (Case, "v.found = 1", false),
            Self::Answered => (Rating, "v.answered = 1 and v.solved is not null", false),
            Self::Solved => (Rating, "v.answered = 1 and v.solved = 'yes'", false),
            Self::Rated => (Rating, "v.answered = 1 and v.satisfied <> 'none'", false),
            Self::Satisfied => (Rating, "v.answered = 1 and v.satisfied in ('yes', 'mostly')", false),
            Self::NoComment => (Rating, "v.answered = 1 and v.satisfied = 'none'", false),
        }
    }
}

/// When a reporter has to hear from somebody, and what counts as that: the setting `contact`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The actions through which a reporter hears from a person.
    pub counts: Vec<Action>,
    /// Limits; the first that fits the matter holds.
    pub bands: Vec<Band>,
}

/// A first-contact limit for some matters, such as 复杂事: 7 天内有回音.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// What the district calls them.
    pub name: String,
    /// Names of matters, or beginnings of `大类/小类/事项`; none means every matter.
    #[serde(default)]
    pub matters: Vec<String>,
    /// How long the first contact may take, from the report on.
    pub limit: Limit,
}

impl Default for Contact {
    fn default() -> Self {
        // A test holds the file readable.
        serde_json::from_str(include_str!("contact.json")).unwrap_or_else(|_| Self { counts: vec![], bands: vec![] })
    }
}

impl Held for Contact {
    fn check(&self) -> Result<()> {
        match self.bands.iter().position(|b| b.name.trim().is_empty() || Limit::new(b.limit.n, b.limit.unit).is_none()) {
            Some(n) => Err(Error::invalid(format!("value.bands[{n}]"), "out-of-range")),
            None => Ok(()),
        }
    }
}

impl Contact {
    /// The limit for a matter; none when no band fits.
    pub fn limit(&self, matter: &Matter) -> Option<Limit> {
        let path = format!("{}/{}/{}/", matter.level1, matter.level2, matter.level3);
        let fits = |m: &String| *m == matter.level3 || path.starts_with(&format!("{}/", m.trim_end_matches('/')));
        self.bands.iter().find(|b| b.matters.is_empty() || b.matters.iter().any(fits)).map(|b| b.limit)
    }

    /// Until when the reporter has to hear from somebody.
    ///
    /// # Errors
    /// `Refused` with the year when the calendar does not know a year that the limit runs through.
    pub fn by(&self, calendar: &Calendar, zone: Zone, reported_at: Time, matter: &Matter) -> Result<Option<Time>> {
        self.limit(matter).map(|limit| calendar.add(zone, reported_at, limit)).transpose()
    }

    fn is(&self, entry: &Entry) -> bool {
        entry.is_public && !matches!(entry.actor_kind.as_str(), "system" | "anonymous") && self.counts.contains(&entry.action)
    }
}

/// Adds a step to what its case is counted as.
pub fn count(case: &mut Case, entry: &Entry, contact: &Contact) {
    if contact.is(entry) {
        case.contact_at.get_or_insert(entry.at);
    }
    match entry.action {
        Action::Accept => {
            case.opened_at.get_or_insert(entry.at);
        }
        Action::Dispatch => case.dispatches += 1,
        // What passes by itself, since nobody has to look, is the system's step.
        Action::Verify if entry.actor_kind != "system" => case.checked += 1,
        Action::Return => {
            case.checked += 1;
            case.reworked += 1;
        }
        _ => {}
    }
    case.misrouted += i64::from(says_wrong(entry));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules::catalogue::{Rules, Unit};

    fn matter(level1: &str, level3: &str) -> Matter {
        let rules = Rules { level1: level1.into(), level2: "其他".into(), level3: level3.into(), ..Rules::default() };
        Matter { id: kernel::Id::nil(), version: 1, valid_from: Time::from_millis(0), valid_to: None, rules }
    }

    /// The targets of one city: 小事 2 小时, 费时事 2 天, 复杂事 7 天内有回音.
    const TARGETS: &str = r#"{"counts": ["note", "resolve"], "bands": [
        {"name": "小事", "matters": ["便民服务"], "limit": {"n": 2, "unit": "hour"}},
        {"name": "费时事", "matters": ["市政设施/其他", "楼道灯不亮"], "limit": {"n": 2, "unit": "day"}},
        {"name": "复杂事", "limit": {"n": 7, "unit": "day"}}]}"#;

    #[test]
    fn the_first_band_that_fits_holds() {
        let contact: Contact = serde_json::from_str(TARGETS).unwrap();
        let rows = [
            ("便民服务", "跑腿代办", 2, Unit::Hour),
            ("市政设施", "路灯不亮", 2, Unit::Day),
            ("公共照明", "楼道灯不亮", 2, Unit::Day),
            ("便民服务站", "历史遗留问题", 7, Unit::Day),
        ];
        for (level1, level3, n, unit) in rows {
            assert_eq!(contact.limit(&matter(level1, level3)), Some(Limit { n, unit }), "{level1} {level3}");
        }
    }

    #[test]
    fn the_shipped_limits_can_be_read() {
        let contact: Contact = serde_json::from_str(include_str!("contact.json")).unwrap();
        assert!(contact.limit(&matter("任意", "任意")).is_some() && contact.counts.contains(&Action::TakeOn));
    }
}
