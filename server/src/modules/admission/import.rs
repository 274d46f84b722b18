//! A list that comes as a table. Pure: rows in, items or faults out; nothing is half taken.

use std::collections::HashMap;

use super::model::ItemForm;
use crate::{
    modules::catalogue::{AccessClass, Catalogue, Matter},
    table::{Columns, Fault, Row, Table, Unreadable, named},
};

/// No list has more items; a file with more is some other file.
const MOST_ITEMS: usize = 5_000;

/// What a list's file may hold.
pub const COLUMNS: &Columns = &[
    ("name", &["事项名称", "事项", "工作事项"]),
    ("department", &["部门", "责任部门", "牵头部门", "主责部门"]),
    ("class", &["履职类别", "类别", "事项类别", "清单类别"]),
    ("help", &["基层配合内容", "配合职责", "协助内容"]),
    ("authority", &["权限", "权随责走"]),
    ("funds", &["经费", "费随事转", "经费保障"]),
    ("training", &["培训", "培训安排"]),
    ("matters", &["对应事项", "目录事项"]),
];

/// What a file says: items, or what is wrong by row.
#[derive(Debug, Default)]
pub struct Reading {
    /// The items in the file's order; to be taken only when there are no faults.
    pub items: Vec<ItemForm>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// Reads a whole list.
pub fn read(table: Table, catalogue: &Catalogue) -> Result<Reading, Unreadable> {
    let mut named = named(table, COLUMNS, &[])?;
    named.table.require(&["name", "department", "class"])?;
    let mut reading = Reading::default();
    let mut seen: HashMap<(String, String), usize> = HashMap::new();
    for row in named.table.by_ref() {
        match row {
            Ok(row) => one(&row, catalogue, &mut seen, &mut reading),
            Err(fault) => reading.faults.push(fault),
        }
        if reading.items.len() > MOST_ITEMS {
            return Err(Unreadable::new(format!("超过 {MOST_ITEMS} 项"), format!("more than {MOST_ITEMS} items")));
        }
    }
    if reading.items.is_empty() && reading.faults.is_empty() {
        return Err(Unreadable::new("没有任何事项", "there is no item in it"));
    }
    for fault in &mut reading.faults {
        fault.column = named.header(&fault.column).to_owned();
    }
    Ok(reading)
}

fn one(row: &Row, catalogue: &Catalogue, seen: &mut HashMap<(String, String), usize>, reading: &mut Reading) {
    let mut faults = vec![];
    let class = AccessClass::read(row.get("class")).filter(|c| *c != AccessClass::Unlisted);
    if class.is_none() {
        faults.push(row.fault("class", "应为：基本、配合、上级", "must be one of: own, assist, upper"));
    }
    let mut matters = vec![];
    for name in row.get("matters").split(['、', '|', ';', '；', '\n']).map(str::trim).filter(|n| !n.is_empty()) {
        match catalogue.by_name(name) {
            Some(Matter { id, .. }) => matters.push(*id),
            None => {
                faults.push(row.fault(
                    "matters",
                    format!("目录中没有“{name}”"),
                    format!("no matter \"{name}\" in the catalogue"),
                ));
            }
        }
    }
    let cell = |column: &str| row.get(column).to_owned();
    let form = ItemForm {
        name: cell("name"),
        department: cell("department"),
        class: class.unwrap_or(AccessClass::Own),
        help: cell("help"),
        authority: cell("authority"),
        funds: cell("funds"),
        training: cell("training"),
        matters,
    };
    for error in form.check() {
        let most = error.params.get("limit").map(ToString::to_string).unwrap_or_default();
        faults.push(match error.code {
            "required" => row.fault(&error.field, "不能为空", "must not be empty"),
            _ => row.fault(&error.field, format!("超过 {most} 个字"), format!("longer than {most} characters")),
        });
    }
    if let Some(first) = seen.insert((form.department.clone(), form.name.clone()), row.number) {
        faults.push(row.fault("name", format!("与第 {first} 行重复"), format!("the same as row {first}")));
    }
    reading.faults.append(&mut faults);
    reading.items.push(form);
}
