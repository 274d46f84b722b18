//! Words and rules without I/O: which must-reports there are, and what a step asked its taker to enter.

use std::collections::BTreeMap;

use db::words;
use kernel::{Error, Result, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    declare,
    modules::incidents::{
        carry::{Asking, Deed},
        model::Action,
        rules::spoken::Spoken,
    },
    settings::Held,
};

/// Cases of a pack; with tasks, steps and photographs a case is some ten records, and a device holds ten thousand.
pub const MOST_CASES: usize = 1_000;
/// Cases of one page of a pack.
pub const PAGE: usize = 100;
/// Cases that are over stay in the pack for so many days from their report.
pub const KEPT_DAYS: i64 = 30;
/// How far a next pack reaches back, so that a commit that came late is not missed.
pub const OVERLAP: i64 = 5 * 60_000;
/// Borders of more grids than this are not carried along.
pub const MOST_GRIDS: usize = 200;
/// More units than a phone looks through: whoever can name so many looks them up with network.
pub const MOST_UNITS: usize = 1_000;
/// Steps that a day or a month is told of.
pub const MOST_DEEDS: i64 = 5_000;
/// Own entries of one day.
pub const MOST_ENTRIES: i64 = 60;
/// The longest entry, in characters.
pub const LONGEST_ENTRY: usize = 1_000;
/// How many days back an entry may be added.
pub const BACK_DAYS: i64 = 31;

declare! {
    /// What has to be reported at once.
    MUST_REPORTS: MustReports = "inbox.must_reports";
}

/// Who is told instead of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToldTo {
    /// Chinese name of the service.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Its number; none when the district has not entered it.
    #[serde(default)]
    pub phone: Option<String>,
}

/// Something that has to be reported at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MustReport {
    /// Its word.
    pub key: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// The matter that a report of it is taken in as, by name; recognised from the words when there is none.
    #[serde(default)]
    pub matter: Option<String>,
    /// Who is told directly: then nothing is stored but that this was done.
    #[serde(default)]
    pub told: Option<ToldTo>,
}

/// The list of a district.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MustReports(pub Vec<MustReport>);

impl Default for MustReports {
    /// The seven of the field. What concerns health goes to the health service and leaves no more than “told”.
    fn default() -> Self {
        let plain = |key: &str, zh: &str, en: &str| MustReport {
            key: key.to_owned(),
            zh: zh.to_owned(),
            en: en.to_owned(),
            matter: None,
            told: None,
        };
        let health =
            || ToldTo { zh: "社区卫生服务中心".to_owned(), en: "Community health service".to_owned(), phone: None };
        Self(vec![
            plain("hazard", "安全隐患", "Safety hazard"),
            plain("unrest", "不稳定因素", "Something that may flare up"),
            plain("dirt", "环境卫生不洁", "Dirt in public places"),
            MustReport {
                matter: Some("房屋出租信息登记".to_owned()), ..plain("letting", "房屋出租", "A flat let out")
            },
            plain("newcomer", "新增流动人口", "Newcomers"),
            MustReport { told: Some(health()), ..plain("pregnancy", "新增孕妇", "A pregnancy") },
            MustReport { told: Some(health()), ..plain("hospital", "居民重病住院", "A resident gravely ill in hospital") },
        ])
    }
}

impl Held for MustReports {
    fn check(&self) -> Result<()> {
        for (n, item) in self.0.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if item.key.is_empty() || item.key.len() > 40 || !item.key.chars().all(plain) {
                return Err(Error::invalid(format!("value[{n}].key"), "bad-code"));
            }
            if self.0[..n].iter().any(|other| other.key == item.key) {
                return Err(Error::invalid(format!("value[{n}].key"), "repeated"));
            }
            if item.zh.trim().is_empty() || item.en.trim().is_empty() {
                return Err(Error::invalid(format!("value[{n}].zh"), "required"));
            }
            if item.told.is_some() && item.matter.is_some() {
                return Err(Error::invalid(format!("value[{n}].matter"), "told-instead"));
            }
        }
        Ok(())
    }
}

words! {
    /// Who asked for an entry.
    pub enum AskedBy {
        /// 自己上报: nobody asked.
        Own = "own",
        /// 按清单自动派单: the list of duties did.
        Rules = "rules",
        /// 派单人: a person sent it.
        Person = "person",
        /// 事项表单: the form of the matter did.
        Form = "form",
    }
}

/// Who asked, by name where it was somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Asker {
    /// Of what kind.
    pub kind: AskedBy,
    /// The person who sent the task, or the matter whose form asks.
    pub name: String,
}

/// What one step took to enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The step's word.
    pub form: &'static str,
    /// Fields that the person entered, with who asked for each.
    pub typed: Vec<(String, Asker)>,
    /// Fields that the program filled in.
    pub filled: Vec<&'static str>,
    /// Characters that were written.
    pub characters: i64,
}

/// Whether the step was the program's doing in the name of whoever reported: accepted and dispatched at the instant of the report.
pub fn by_itself(deed: &Deed) -> bool {
    deed.at == deed.reported_at && matches!(deed.action, Action::Accept | Action::Dispatch | Action::Correct)
}

/// Who gave the work that a step belongs to: the last that gave it before.
pub fn asker(deed: &Deed, me: Uuid, askings: &[Asking]) -> Asker {
    let before = askings.iter().rfind(|a| a.incident_id == deed.incident_id && a.n < deed.n);
    let of = |kind, name: &str| Asker { kind, name: name.to_owned() };
    match before {
        Some(a) if a.at == deed.reported_at || a.actor_kind == "system" => of(AskedBy::Rules, ""),
        Some(a) if a.actor_id != me => of(AskedBy::Person, &a.actor_name),
        _ => of(AskedBy::Own, ""),
    }
}

/// What a step asked its taker to enter, and what came by itself. `matter` is the name of the case's matter.
pub fn entry(deed: &Deed, me: Uuid, askings: &[Asking], matter: &str) -> Entry {
    let by = asker(deed, me, askings);
    let own = Asker { kind: AskedBy::Own, name: String::new() };
    let mut typed: Vec<(String, Asker)> = vec![];
    let mut filled = vec!["day_log"];
    let mut ask = |field: &str, by: &Asker| typed.push((field.to_owned(), by.clone()));
    match deed.action {
        Action::Report => {
            ask("text", &own);
            for (there, field) in [(deed.has_address, "address"), (deed.has_name, "name"), (deed.has_phone, "phone")] {
                if there {
                    ask(field, &own);
                }
            }
            let chosen = deed.classified["by"] == "person";
            if chosen {
                ask("matter", &own);
            }
            let form = Asker { kind: AskedBy::Form, name: matter.to_owned() };
            for field in deed.fields["values"].as_object().into_iter().flatten() {
                ask(field.0, &form);
            }
            filled.extend(["number", "title", "responsible", "deadline"]);
            filled.extend(deed.grid_id.map(|_| "grid"));
            filled.extend(Some("place").filter(|_| deed.has_point));
            filled.extend(Some("matter").filter(|_| !chosen && deed.matter_id.is_some()));
        }
        Action::TakeOn => filled.extend(["text", "place", "matter", "deadline", "reason"]),
        Action::Resolve | Action::Submit | Action::SolveOnSpot => {
            ask("result", &by);
            ask("reply", &by);
        }
        Action::SendBack | Action::Object => {
            ask("reason", &by);
            if !deed.words.is_empty() {
                ask("words", &by);
            }
        }
        Action::Extend => {
            ask("duration", &by);
            ask("reason", &by);
        }
        Action::Verify | Action::Return => {
            ask("result", &by);
            if !deed.words.is_empty() {
                ask("words", &by);
            }
        }
        _ if !deed.words.is_empty() => ask("words", &by),
        _ => {}
    }
    let written = if deed.action == Action::Report { deed.length } else { deed.words.chars().count() as i64 };
    Entry { form: deed.action.word(), characters: if typed.is_empty() { 0 } else { written }, typed, filled }
}

/// How often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldCount {
    /// The field.
    pub field: String,
    /// How often.
    pub n: i64,
}

/// One kind of step of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FormCount {
    /// The step's word.
    pub form: String,
    /// How often it was taken.
    pub times: i64,
    /// What was entered by hand.
    pub typed: Vec<FieldCount>,
    /// What the program filled in.
    pub filled: Vec<FieldCount>,
}

/// What somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AskerCount {
    /// Of what kind.
    pub kind: AskedBy,
    /// The person who sent the tasks, or the matter whose form asks; empty else.
    pub name: String,
    /// Fields that were entered for it.
    pub typed: i64,
}

/// What a month took of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tally {
    /// Steps.
    pub steps: i64,
    /// Fields entered by hand.
    pub typed: i64,
    /// Fields that the program filled in.
    pub filled: i64,
    /// Characters written.
    pub characters: i64,
    /// Who asked for what was entered.
    pub asked_by: Vec<AskerCount>,
    /// By kind of step.
    pub forms: Vec<FormCount>,
}

/// How often a kind of step was taken, what was typed in it, and what came by itself.
#[derive(Default)]
struct Sum<'e> {
    times: i64,
    typed: BTreeMap<&'e str, i64>,
    filled: BTreeMap<&'e str, i64>,
}

/// Adds the entries of a month up.
pub fn tally<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Tally {
    let mut askers: BTreeMap<&Asker, i64> = BTreeMap::new();
    let mut forms: BTreeMap<&str, Sum<'_>> = BTreeMap::new();
    let mut sum = Tally::default();
    for entry in entries {
        let form = forms.entry(entry.form).or_default();
        form.times += 1;
        for (field, by) in &entry.typed {
            *askers.entry(by).or_default() += 1;
            *form.typed.entry(field).or_default() += 1;
        }
        for field in &entry.filled {
            *form.filled.entry(field).or_default() += 1;
        }
        sum.steps += 1;
        sum.typed += entry.typed.len() as i64;
        sum.filled += entry.filled.len() as i64;
        sum.characters += entry.characters;
    }
    let counts = |of: BTreeMap<&str, i64>| of.into_iter().map(|(f, n)| FieldCount { field: f.to_owned(), n }).collect();
    sum.asked_by = askers.into_iter().map(|(a, typed)| AskerCount { kind: a.kind, name: a.name.clone(), typed }).collect();
    sum.asked_by.sort_by_key(|a| -a.typed);
    sum.forms = forms
        .into_iter()
        .map(|(form, sum)| FormCount {
            form: form.to_owned(),
            times: sum.times,
            typed: counts(sum.typed),
            filled: counts(sum.filled),
        })
        .collect();
    sum
}

/// What stands in a line of the log of a day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Line {
    /// When.
    pub at: Time,
    /// `deed`, `told` or `own`.
    pub what: LineKind,
    /// The entry, for `own`.
    pub id: Option<Uuid>,
    /// The step's word, for `deed`; the key of the must-report, for `told`.
    pub action: Option<String>,
    /// The case.
    pub incident: Option<Uuid>,
    /// Its number.
    pub code: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// The grid's name.
    pub grid: Option<String>,
    /// What was written.
    pub words: String,
    /// The words by kind and gaps, where they are a sentence of the program.
    pub spoken: Option<Spoken>,
}

words! {
    /// Where a line of the log comes from.
    pub enum LineKind {
        /// 系统记录
        Deed = "deed",
        /// 已告知卫生服务
        Told = "told",
        /// 自己补记
        Own = "own",
    }
}

#[cfg(test)]
mod tests {
    use kernel::Id;
    use serde_json::json;

    use super::*;

    fn deed(action: Action, n: i64, words: &str) -> Deed {
        Deed {
            incident_id: Id::from_uuid(Uuid::from_u128(1)),
            n,
            at: Time::from_millis(1_000 + n),
            action,
            words: words.to_owned(),
            spoken: None,
            details: None,
            code: "C20250310-0001".to_owned(),
            title: "楼道灯坏了".to_owned(),
            reported_at: Time::from_millis(1_001),
            matter_id: Some(Id::from_uuid(Uuid::from_u128(2))),
            grid_id: Some(Id::from_uuid(Uuid::from_u128(3))),
            classified: json!({ "by": "model" }),
            fields: json!({}),
            result: None,
            has_address: false,
            has_name: false,
            has_phone: false,
            has_point: true,
            length: 5,
        }
    }

    fn asking(n: i64, at: i64, by: u128) -> Asking {
        Asking {
            incident_id: Id::from_uuid(Uuid::from_u128(1)),
            n,
            at: Time::from_millis(at),
            actor_kind: "person".to_owned(),
            actor_id: Uuid::from_u128(by),
            actor_name: "派单员".to_owned(),
        }
    }

    const ME: Uuid = Uuid::from_u128(9);

    #[test]
    fn a_report_asks_for_what_was_typed_and_fills_in_the_rest() {
        let plain = entry(&deed(Action::Report, 1, ""), ME, &[], "楼道灯不亮");
        assert_eq!(plain.typed.iter().map(|t| t.0.as_str()).collect::<Vec<_>>(), ["text"]);
        assert_eq!(plain.filled, ["day_log", "number", "title", "responsible", "deadline", "grid", "place", "matter"]);
        assert_eq!(plain.characters, 5);
        // Who chooses the matter and answers its form enters more; the form is named as the one that asks.
        let mut long = deed(Action::Report, 1, "");
        (long.classified, long.fields, long.has_phone) = (json!({"by": "person"}), json!({"values": {"floor": 3}}), true);
        let long = entry(&long, ME, &[], "楼道灯不亮");
        assert_eq!(long.typed.iter().map(|t| t.0.as_str()).collect::<Vec<_>>(), ["text", "phone", "matter", "floor"]);
        assert_eq!((long.typed[3].1.kind, long.typed[3].1.name.as_str()), (AskedBy::Form, "楼道灯不亮"));
        assert!(!long.filled.contains(&"matter"));
    }

    #[test]
    fn the_last_who_gave_the_work_is_who_asked() {
        let done = deed(Action::Resolve, 9, "修好了");
        let by = |askings: &[Asking]| asker(&done, ME, askings).kind;
        assert_eq!(by(&[]), AskedBy::Own);
        assert_eq!(by(&[asking(3, 1_001, 7)]), AskedBy::Rules, "dispatched at the instant of the report");
        assert_eq!(by(&[asking(3, 1_001, 7), asking(5, 2_000, 7)]), AskedBy::Person);
        assert_eq!(by(&[asking(5, 2_000, 7), asking(12, 3_000, 9)]), AskedBy::Person, "what came later did not ask for it");
        assert_eq!(by(&[asking(5, 2_000, 9)]), AskedBy::Own);
    }

    #[test]
    fn a_tap_enters_nothing() {
        let tap = entry(&deed(Action::TakeOn, 4, ""), ME, &[], "");
        assert_eq!((tap.typed.len(), tap.characters, tap.filled.len()), (0, 0, 6));
        let sum = tally(&[tap, entry(&deed(Action::Note, 5, "看过了"), ME, &[], "")]);
        assert_eq!((sum.steps, sum.typed, sum.filled, sum.characters), (2, 1, 7, 3));
        assert_eq!(sum.asked_by, [AskerCount { kind: AskedBy::Own, name: String::new(), typed: 1 }]);
        assert_eq!(sum.forms.iter().map(|f| f.form.as_str()).collect::<Vec<_>>(), ["note", "take_on"]);
    }

    #[test]
    fn the_list_of_must_reports_is_checked_by_field() {
        assert!(MustReports::default().check().is_ok());
        assert_eq!(MustReports::default().0.iter().filter(|m| m.told.is_some()).count(), 2);
        let mut wrong = MustReports::default();
        wrong.0[1].key = "hazard".to_owned();
        assert_eq!(wrong.check().unwrap_err().to_string(), "invalid input: value[1].key repeated");
        wrong.0[1].key = "two words".to_owned();
        assert_eq!(wrong.check().unwrap_err().to_string(), "invalid input: value[1].key bad-code");
        let mut both = MustReports::default();
        both.0[5].matter = Some("楼道灯不亮".to_owned());
        assert_eq!(both.check().unwrap_err().to_string(), "invalid input: value[5].matter told-instead");
    }
}
