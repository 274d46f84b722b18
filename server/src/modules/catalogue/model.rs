//! What the catalogue says about a matter. Pure.

use std::{fmt, ops::Deref, str::FromStr};

use kernel::{FieldError, Id, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::calendar::{Limit, Unit};
use crate::modules::forms::FormRef;

/// The longest name of a level, in characters.
const LONGEST_NAME: usize = 60;
/// The longest condition or other running text, in characters.
const LONGEST_TEXT: usize = 1_000;

/// One matter in one version. What the rules say is read straight off it: `matter.lead`, `matter.handle`.
#[derive(Clone, Debug, PartialEq)]
pub struct Matter {
    /// Which matter; the same in every version.
    pub id: Id<Matter>,
    /// Which version of its rules, from 1.
    pub version: i64,
    /// When this version began to hold.
    pub valid_from: Time,
    /// When it stopped to hold: a newer version began, or the matter was retired.
    pub valid_to: Option<Time>,
    /// What it says.
    pub rules: Rules,
}

/// What a version says. New fields get a default, so that old versions stay readable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rules {
    /// 大类
    pub level1: String,
    /// 小类
    pub level2: String,
    /// 事项, the name that people use.
    pub level3: String,
    /// 大类 in English; empty when nobody translated it.
    #[serde(default)]
    pub level1_en: String,
    /// 小类 in English.
    #[serde(default)]
    pub level2_en: String,
    /// 事项 in English.
    #[serde(default)]
    pub level3_en: String,
    /// How residents say it, such as 楼道里堆了东西.
    #[serde(default)]
    pub public_name: String,
    /// Whose matter it is.
    #[serde(default)]
    pub class: AccessClass,
    /// Who leads, as it was written: a unit's name, or a relative one such as 属地社区. Empty only when the matter is on no list.
    #[serde(default)]
    pub lead: String,
    /// Who helps, as it was written.
    #[serde(default)]
    pub helpers: Vec<String>,
    /// How urgent it is unless a person says otherwise.
    #[serde(default)]
    pub urgency: Urgency,
    /// How long accepting may take.
    #[serde(default)]
    pub accept: Option<Limit>,
    /// How long handling may take.
    #[serde(default)]
    pub handle: Option<Limit>,
    /// Limits on the way, each counted from the start of handling, in order.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// 立案条件
    #[serde(default)]
    pub filing_condition: String,
    /// 处置要求
    #[serde(default)]
    pub handling_condition: String,
    /// 结案条件
    #[serde(default)]
    pub closing_condition: String,
    /// What shows that it was done, such as photographs before and after.
    #[serde(default)]
    pub evidence: String,
    /// How a result is verified.
    #[serde(default)]
    pub verify: Verify,
    /// Whether its cases may be shown to the public, stripped of personal data. Anybody may report any matter.
    #[serde(default)]
    pub publishable: bool,
    /// The extra fields that a report of it is asked for.
    #[serde(default)]
    pub form: Option<FormRef>,
}

/// A limit on the way, such as 停工 within 4 working hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stage {
    /// What must have happened.
    pub name: String,
    /// By when.
    pub limit: Limit,
}

db::words! {
    /// Whose matter it is by the list of duties; this gates dispatch, never reporting.
    #[derive(Default)]
    pub enum AccessClass {
        /// 基本: the grassroots lead.
        Own = "own",
        /// 配合: a department leads, the grassroots give the listed help.
        Assist = "assist",
        /// 上级: a department's own; it may not be sent down.
        Upper = "upper",
        /// 未列入: on no list, so the district centre decides each time.
        #[default]
        Unlisted = "unlisted",
    }
}

db::words! {
    /// How urgent a matter is.
    #[derive(Default)]
    pub enum Urgency {
        /// 一般
        #[default]
        Normal = "normal",
        /// 紧急
        Urgent = "urgent",
        /// 特急: counted in natural time, quiet hours or not.
        Emergency = "emergency",
    }
}

/// How a result is verified, never by who handled it. Text in JSON: `none`, `sample:20`, `desk`, `field`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Not at all.
    None,
    /// A sample of so many percent, 1–99, is verified at a desk.
    Sample(u8),
    /// At a desk, by the record and the pictures.
    #[default]
    Desk,
    /// On the spot.
    Field,
}

impl Deref for Matter {
    type Target = Rules;
    fn deref(&self) -> &Rules {
        &self.rules
    }
}

impl Matter {
    /// Whether this version holds at an instant.
    pub fn holds(&self, at: Time) -> bool {
        self.valid_from <= at && self.valid_to.is_none_or(|end| at < end)
    }
}

impl Rules {
    /// The three levels as one name, `大类/小类/事项`; no two matters share it.
    pub fn path(&self) -> String {
        [self.level1.as_str(), &self.level2, &self.level3].join("/")
    }

    /// Its English name, where somebody translated it.
    pub fn english(&self) -> Option<String> {
        Some(&self.level3_en).filter(|name| !name.is_empty()).cloned()
    }

    /// How residents say it; the name where nobody wrote that down.
    pub fn spoken(&self) -> &str {
        if self.public_name.is_empty() { &self.level3 } else { &self.public_name }
    }

    /// What is wrong with them, by field; nothing when they can be used.
    pub fn check(&self) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        for (field, name) in [("level1", &self.level1), ("level2", &self.level2), ("level3", &self.level3)] {
            if name.trim().is_empty() {
                wrong.push(FieldError::new(field, "required"));
            } else if name.contains('/') {
                wrong.push(FieldError::new(field, "no-slash"));
            }
        }
        self.check_lengths(&mut wrong);
        if self.lead.trim().is_empty() && self.class != AccessClass::Unlisted {
            wrong.push(FieldError::new("lead", "required"));
        }
        if self.helpers.iter().any(|h| h.trim().is_empty()) {
            wrong.push(FieldError::new("helpers", "required"));
        }
        self.check_limits(&mut wrong);
        if matches!(self.verify, Verify::Sample(n) if !(1..=99).contains(&n)) {
            wrong.push(FieldError::new("verify", "not-a-share"));
        }
        wrong
    }

    fn check_lengths(&self, wrong: &mut Vec<FieldError>) {
        let names = [
            ("level1", &self.level1),
            ("level2", &self.level2),
            ("level3", &self.level3),
            ("public_name", &self.public_name),
            ("lead", &self.lead),
        ];
        let texts = [
            ("level1_en", &self.level1_en),
            ("level2_en", &self.level2_en),
            ("level3_en", &self.level3_en),
            ("filing_condition", &self.filing_condition),
            ("handling_condition", &self.handling_condition),
            ("closing_condition", &self.closing_condition),
            ("evidence", &self.evidence),
        ];
        let all = names.map(|(f, t)| (f, t, LONGEST_NAME)).into_iter().chain(texts.map(|(f, t)| (f, t, LONGEST_TEXT)));
        for (field, text, longest) in all {
            if text.chars().count() > longest {
                wrong.push(FieldError::new(field, "too-long").with("max", longest));
            }
        }
    }

    fn check_limits(&self, wrong: &mut Vec<FieldError>) {
        let mut limits = vec![("accept", self.accept), ("handle", self.handle)];
        limits.extend(self.stages.iter().map(|s| ("stages", Some(s.limit))));
        for (field, limit) in limits {
            let Some(limit) = limit else { continue };
            if Limit::new(limit.n, limit.unit).is_none() {
                wrong.push(FieldError::new(field, "not-a-limit").with("max", Limit::LARGEST));
            }
            if self.urgency == Urgency::Emergency && matches!(limit.unit, Unit::WorkingHour | Unit::WorkingDay) {
                wrong.push(FieldError::new(field, "emergency-in-working-time"));
            }
        }
        if let Some((accept, handle)) = self.accept.zip(self.handle)
            && accept.unit == handle.unit
            && accept.n > handle.n
        {
            wrong.push(FieldError::new("accept", "above-handle"));
        }
        for (n, stage) in self.stages.iter().enumerate() {
            if stage.name.trim().is_empty() {
                wrong.push(FieldError::new("stages", "required"));
            }
            if self.stages[..n].iter().any(|s| s.name == stage.name) {
                wrong.push(FieldError::new("stages", "repeated"));
            }
        }
    }
}

impl AccessClass {
    /// The class that a person wrote: ours or the word of the lists of duties.
    pub fn read(text: &str) -> Option<Self> {
        match text.trim() {
            "基本" | "基本履职" | "基本履职事项" => Some(Self::Own),
            "配合" | "配合履职" | "配合履职事项" => Some(Self::Assist),
            "上级" | "上级收回" | "上级部门收回" => Some(Self::Upper),
            "未列入" => Some(Self::Unlisted),
            word => Self::of(&word.to_ascii_lowercase()),
        }
    }

    /// The word of the lists of duties.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Own => "基本",
            Self::Assist => "配合",
            Self::Upper => "上级",
            Self::Unlisted => "未列入",
        }
    }
}

impl Urgency {
    /// The urgency that a person wrote.
    pub fn read(text: &str) -> Option<Self> {
        match text.trim() {
            "一般" | "普通" => Some(Self::Normal),
            "紧急" => Some(Self::Urgent),
            "特急" | "特别紧急" => Some(Self::Emergency),
            word => Self::of(&word.to_ascii_lowercase()),
        }
    }

    /// The word that people in the field write.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Normal => "一般",
            Self::Urgent => "紧急",
            Self::Emergency => "特急",
        }
    }
}

impl fmt::Display for Verify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Sample(share) => write!(f, "sample:{share}"),
            Self::Desk => f.write_str("desk"),
            Self::Field => f.write_str("field"),
        }
    }
}

impl FromStr for Verify {
    type Err = ();
    /// Reads our words and 不核查, 抽查20%, 桌面核查, 现场核查.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        match text {
            "none" | "不核查" | "不核实" => return Ok(Self::None),
            "desk" | "桌面" | "桌面核查" | "后台核查" => return Ok(Self::Desk),
            "field" | "现场" | "现场核查" => return Ok(Self::Field),
            _ => {}
        }
        let share = text.strip_prefix("sample").or_else(|| text.strip_prefix("抽查")).ok_or(())?;
        let share = share.trim_start_matches([':', '：', ' ']).trim_end_matches(['%', '％', ' ']);
        share.parse().ok().filter(|n| (1..=99).contains(n)).map(Self::Sample).ok_or(())
    }
}

impl Serialize for Verify {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Verify {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(|()| serde::de::Error::custom("expected none, sample:1–99, desk or field"))
    }
}

impl utoipa::PartialSchema for Verify {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^(none|sample:[1-9][0-9]?|desk|field)$")).into()
    }
}
impl ToSchema for Verify {}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules {
            level1: "公共安全".to_owned(),
            level2: "消防安全".to_owned(),
            level3: "占用消防通道".to_owned(),
            class: AccessClass::Assist,
            lead: "区消防救援大队".to_owned(),
            accept: Limit::new(20, Unit::Minute),
            handle: Limit::new(240, Unit::Minute),
            ..Rules::default()
        }
    }

    #[test]
    fn usable_rules_pass() {
        assert_eq!(rules().check(), []);
        let taxonomy = Rules { lead: String::new(), class: AccessClass::Unlisted, accept: None, handle: None, ..rules() };
        assert_eq!(taxonomy.check(), [], "a bare taxonomy is left to the district");
    }

    #[test]
    fn each_wrong_field_is_named() {
        type Change = fn(&mut Rules);
        let cases: &[(Change, &str, &str)] = &[
            (|r| r.level3 = " ".to_owned(), "level3", "required"),
            (|r| r.level2 = "a/b".to_owned(), "level2", "no-slash"),
            (|r| r.level1 = "长".repeat(61), "level1", "too-long"),
            (|r| r.closing_condition = "长".repeat(1_001), "closing_condition", "too-long"),
            (|r| r.lead = String::new(), "lead", "required"),
            (|r| r.helpers = vec![String::new()], "helpers", "required"),
            (|r| r.accept = Some(Limit { n: 0, unit: Unit::Minute }), "accept", "not-a-limit"),
            (|r| r.accept = Some(Limit { n: 241, unit: Unit::Minute }), "accept", "above-handle"),
            (|r| r.verify = Verify::Sample(100), "verify", "not-a-share"),
            (
                |r| {
                    r.urgency = Urgency::Emergency;
                    r.handle = Limit::new(4, Unit::WorkingHour);
                },
                "handle",
                "emergency-in-working-time",
            ),
            (|r| r.stages = vec![Stage { name: String::new(), limit: Limit { n: 1, unit: Unit::Day } }], "stages", "required"),
            (
                |r| r.stages = vec![Stage { name: "停工".to_owned(), limit: Limit { n: 1, unit: Unit::Day } }; 2],
                "stages",
                "repeated",
            ),
        ];
        for (change, field, code) in cases {
            let mut rules = rules();
            change(&mut rules);
            let wrong: Vec<_> = rules.check().into_iter().map(|w| (w.field, w.code)).collect();
            assert_eq!(wrong, [((*field).to_owned(), *code)]);
        }
    }

    #[test]
    fn words_of_the_field_are_read() {
        for class in AccessClass::ALL {
            assert_eq!(AccessClass::read(class.chinese()), Some(*class));
            assert_eq!(AccessClass::read(class.word()), Some(*class));
        }
        for urgency in Urgency::ALL {
            assert_eq!(Urgency::read(urgency.chinese()), Some(*urgency));
        }
        for (text, verify) in [
            ("none", Ok(Verify::None)),
            ("sample:20", Ok(Verify::Sample(20))),
            ("抽查 5%", Ok(Verify::Sample(5))),
            ("desk", Ok(Verify::Desk)),
            ("现场核查", Ok(Verify::Field)),
            ("sample:0", Err(())),
            ("sample:100", Err(())),
            ("sample", Err(())),
            ("", Err(())),
        ] {
            assert_eq!(text.parse::<Verify>(), verify, "{text}");
        }
        assert_eq!(serde_json::from_str::<Verify>("\"sample:20\"").unwrap().to_string(), "sample:20");
    }

    #[test]
    fn a_version_written_before_a_field_existed_is_read() {
        let old = r#"{"level1": "a", "level2": "b", "level3": "c"}"#;
        let rules: Rules = serde_json::from_str(old).unwrap();
        assert_eq!((rules.path().as_str(), rules.class, rules.verify), ("a/b/c", AccessClass::Unlisted, Verify::Desk));
    }
}
