//! A catalogue that comes as a table. Pure: rows in, drafts or faults out; nothing is half taken.
//!
//! A column that the file does not have leaves what the matter already says, so a file with only names and limits changes only limits.
//! For a new matter it means: class `unlisted` (the district centre decides), normal urgency, no limits, verified at a desk, cases not
//! published. A taxonomy of three columns is therefore a catalogue.

use std::collections::{BTreeMap, HashMap};

use kernel::FieldError;
use serde_json::Value;

use super::{AccessClass, Draft, Limit, Rules, Stage, Unit, Urgency, Verify, columns::COLUMNS};
use crate::{
    modules::forms::Form,
    table::{Fault, Named, Row, Table, Unreadable, named},
};

/// No district has more matters; a file with more is some other file.
const MOST_MATTERS: usize = 20_000;
/// After so many faults the rest of the file would not teach anything.
const MOST_FAULTS: usize = 500;

/// What a file says.
#[derive(Debug, Default)]
pub struct Reading {
    /// The matters in the file's order; to be taken only when there are no faults.
    pub drafts: Vec<Draft>,
    /// What is wrong, by row.
    pub faults: Vec<Fault>,
    /// Columns that mean nothing here.
    pub ignored: Vec<String>,
}

/// Reads a whole catalogue. `known` gives what holds now for a path, so that missing columns change nothing.
pub fn read<'a>(
    table: Table,
    map: &[(String, String)],
    known: impl Fn(&str) -> Option<&'a Rules>,
) -> Result<Reading, Unreadable> {
    let mut named = named(table, COLUMNS, map)?;
    named.table.require(&["level1", "level2", "level3"])?;
    let mut reading = Reading { ignored: named.ignored(COLUMNS), ..Reading::default() };
    let mut seen: HashMap<String, usize> = HashMap::new();
    let present: Vec<&str> = COLUMNS.iter().map(|c| c.0).filter(|c| named.table.has(c)).collect();
    while let Some(row) = named.table.next() {
        let (draft, mut faults) = match row {
            Ok(row) => one(&row, &present, &known, &mut seen),
            Err(fault) => (Draft::default(), vec![fault]),
        };
        in_the_files_words(&named, &mut faults);
        reading.faults.append(&mut faults);
        reading.drafts.push(draft);
        if reading.faults.len() >= MOST_FAULTS {
            break;
        }
        if reading.drafts.len() > MOST_MATTERS {
            let (zh, en) = (format!("超过 {MOST_MATTERS} 个事项"), format!("more than {MOST_MATTERS} matters"));
            return Err(Unreadable::new(zh, en));
        }
    }
    if reading.drafts.is_empty() {
        return Err(Unreadable::new("没有任何事项", "there is no matter in it"));
    }
    Ok(reading)
}

fn one<'a>(
    row: &Row,
    present: &[&str],
    known: impl Fn(&str) -> Option<&'a Rules>,
    seen: &mut HashMap<String, usize>,
) -> (Draft, Vec<Fault>) {
    let path = ["level1", "level2", "level3"].map(|level| row.get(level)).join("/");
    let mut cells = Cells { row, present, faults: Vec::new() };
    let mut rules = known(&path).cloned().unwrap_or_default();
    let fields = cells.fill(&mut rules);
    if let Some(first) = seen.insert(path, row.number) {
        cells.wrong("level3", format!("与第 {first} 行重复"), format!("the same as row {first}"));
    }
    // What could not be read was named already; of the rest the same rules are asked as for a change by hand.
    for error in rules.check() {
        let column = match error.field.as_str() {
            "lead" => "lead_unit",
            "accept" => "accept_limit",
            "handle" => "handle_limit",
            other => other,
        };
        if !cells.faults.iter().any(|f| f.column == column) {
            let (zh, en) = sentence(&error);
            cells.wrong(column, zh, en);
        }
    }
    let faults = cells.faults;
    (Draft { rules, fields }, faults)
}

/// The cells of one row, and what is wrong with them.
struct Cells<'a> {
    row: &'a Row,
    present: &'a [&'a str],
    faults: Vec<Fault>,
}

impl Cells<'_> {
    /// Writes every column that the file has into the rules; gives the extra fields when they are written out.
    fn fill(&mut self, rules: &mut Rules) -> Option<Form> {
        for (column, text) in [
            ("level1", &mut rules.level1),
            ("level2", &mut rules.level2),
            ("level3", &mut rules.level3),
            ("level1_en", &mut rules.level1_en),
            ("level2_en", &mut rules.level2_en),
            ("level3_en", &mut rules.level3_en),
            ("lead_unit", &mut rules.lead),
            ("filing_condition", &mut rules.filing_condition),
            ("handling_condition", &mut rules.handling_condition),
            ("closing_condition", &mut rules.closing_condition),
            ("evidence", &mut rules.evidence),
            ("public_name", &mut rules.public_name),
        ] {
            self.text(column, text);
        }
        if self.has("helpers") {
            rules.helpers = listed(self.row.get("helpers"));
        }
        let (class, urgency) = ("基本、配合、上级、未列入", "一般、紧急、特急");
        self.word("access_class", &mut rules.class, AccessClass::read, class, "own, assist, upper, unlisted");
        self.word("urgency", &mut rules.urgency, Urgency::read, urgency, "normal, urgent, emergency");
        let verify = |text: &str| text.parse::<Verify>().ok();
        self.word("verify", &mut rules.verify, verify, "none、sample:1–99、desk、field", "none, sample:1–99, desk, field");
        self.word("publishable", &mut rules.publishable, yes_or_no, "是、否", "yes, no");
        self.limit("accept_limit", &mut rules.accept);
        self.limit("handle_limit", &mut rules.handle);
        self.stages(&mut rules.stages);
        self.form(rules)
    }

    fn has(&self, column: &str) -> bool {
        self.present.contains(&column)
    }

    fn wrong(&mut self, column: &str, zh: impl Into<String>, en: impl Into<String>) {
        self.faults.push(self.row.fault(column, zh, en));
    }

    fn text(&self, column: &str, into: &mut String) {
        if self.has(column) {
            self.row.get(column).clone_into(into);
        }
    }

    /// One of a few words; an empty cell is the default.
    fn word<T: Default>(&mut self, column: &str, into: &mut T, read: impl Fn(&str) -> Option<T>, zh: &str, en: &str) {
        if !self.has(column) {
            return;
        }
        match (self.row.get(column), read(self.row.get(column))) {
            ("", _) => *into = T::default(),
            (_, Some(value)) => *into = value,
            (_, None) => self.wrong(column, format!("只能是：{zh}"), format!("must be one of: {en}")),
        }
    }

    /// A number in the row's unit, or a limit with its own, such as `4工作时`.
    fn limit(&mut self, column: &str, into: &mut Option<Limit>) {
        if !self.has(column) {
            return;
        }
        let text = self.row.get(column);
        if text.is_empty() {
            *into = None;
            return;
        }
        if let Some(limit) = Limit::read(text) {
            *into = Some(limit);
            return;
        }
        let Ok(n) = text.parse::<i64>() else {
            self.wrong(column, "应为整数，或如“4工作时”", "must be a whole number, or like \"4 working_hour\"");
            return;
        };
        let unit = self.row.get("limit_unit");
        let Some(unit) = Unit::read(unit) else {
            // Two limits share the unit; it is at fault once.
            if !self.faults.iter().any(|f| f.column == "limit_unit") {
                let en = "must be one of: minute, hour, working_hour, day, working_day";
                self.wrong("limit_unit", "只能是：分钟、小时、工作时、自然日、工作日", en);
            }
            return;
        };
        match Limit::new(n, unit) {
            Some(limit) => *into = Some(limit),
            None => self.wrong(column, format!("应在 1 与 {} 之间", Limit::LARGEST), format!("must be 1 to {}", Limit::LARGEST)),
        }
    }

    /// `停工:4工作时;处罚:7工作日`
    fn stages(&mut self, into: &mut Vec<Stage>) {
        if !self.has("stages") {
            return;
        }
        let parts = self.row.get("stages").split([';', '；', '|', '\n']).map(str::trim).filter(|p| !p.is_empty());
        match parts.map(stage).collect() {
            Some(stages) => *into = stages,
            None => {
                self.wrong(
                    "stages",
                    "应如“停工:4工作时;处罚:7工作日”",
                    "must be like \"stop:4 working_hour;fine:7 working_day\"",
                );
            }
        }
    }

    fn form(&mut self, rules: &mut Rules) -> Option<Form> {
        if !self.has("fields") {
            return None;
        }
        rules.form = None;
        let text = self.row.get("fields");
        if text.is_empty() {
            return None;
        }
        match Form::read(text) {
            Ok(form) => Some(form),
            Err(why) => {
                self.wrong(
                    "fields",
                    format!("附加字段的 JSON 无法使用：{why}"),
                    format!("the JSON of extra fields cannot be used: {why}"),
                );
                None
            }
        }
    }
}

fn listed(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in text.split(['、', '|', ',', '，', ';', '；', '\n']).map(str::trim).filter(|n| !n.is_empty()) {
        if !all.iter().any(|have| have == name) {
            all.push(name.to_owned());
        }
    }
    all
}

fn stage(text: &str) -> Option<Stage> {
    let colon = text.rfind([':', '：']);
    let (name, limit) = text.split_at(colon.or_else(|| text.find(|c: char| c.is_ascii_digit()))?);
    let limit = Limit::read(limit.trim_start_matches([':', '：']))?;
    Some(Stage { name: name.trim().to_owned(), limit }).filter(|s| !s.name.is_empty())
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "是" | "公开" => Some(true),
        "no" | "n" | "false" | "0" | "否" | "不公开" => Some(false),
        _ => None,
    }
}

/// What is wrong with a field, in words for whoever made the file.
fn sentence(error: &FieldError) -> (String, String) {
    let most = error.params.get("max").map(Value::to_string).unwrap_or_default();
    match error.code {
        "required" => ("不能为空".to_owned(), "must not be empty".to_owned()),
        "no-slash" => ("不能含有“/”".to_owned(), "must not contain \"/\"".to_owned()),
        "too-long" => (format!("超过 {most} 个字"), format!("longer than {most} characters")),
        "above-handle" => ("受理时限长于处置时限".to_owned(), "longer than the limit for handling".to_owned()),
        "emergency-in-working-time" => {
            ("特急事项的时限应为分钟、小时或自然日".to_owned(), "an emergency is counted in minutes, hours or days".to_owned())
        }
        "repeated" => ("名称重复".to_owned(), "a name is repeated".to_owned()),
        code => (format!("不可用（{code}）"), format!("cannot be used ({code})")),
    }
}

/// Names the columns as the file does.
fn in_the_files_words(named: &Named, faults: &mut [Fault]) {
    let names: BTreeMap<&str, &str> = COLUMNS.iter().map(|(name, _)| (*name, named.header(name))).collect();
    for fault in faults {
        if let Some(header) = names.get(fault.column.as_str()) {
            (*header).clone_into(&mut fault.column);
        }
    }
}
