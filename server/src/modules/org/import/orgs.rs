//! Units from a table: code, name, name_en, kind, parent_code, alias, phone, valid_from, serves.

use std::collections::HashMap;

use db::Db;
use kernel::{Id, Result, Time, Zone};

use super::{Options, Report, Staged, begin, picture, record, words, write_units};
use crate::{
    modules::org::{
        draft::{Draft, UNSAID},
        model::{DISTRICT, Unit, UnitState},
        store,
    },
    snapshot,
    table::{Fault, Row, Table, Unreadable},
};

/// Reads the table and writes it, unless something is wrong or it is a dry run. Parents may stand after their children.
pub async fn orgs(db: &Db, now: Time, zone: Zone, table: Table, options: &Options) -> Result<Report> {
    stage_orgs(db, now, zone, table, options).await?.commit().await
}

/// The same, with the transaction left open.
pub async fn stage_orgs(db: &Db, now: Time, zone: Zone, table: Table, options: &Options) -> Result<Staged> {
    let directory = picture(db).await?;
    let rows = match read(table, options) {
        Ok(rows) => rows,
        Err(e) => return Ok(e.into()),
    };
    let mut report = Report::default();
    let mut draft = Draft::new(&directory);
    let mut rows_of: HashMap<Id<Unit>, Row> = HashMap::new();
    let mut kept = Vec::new();
    for row in rows {
        report.read += 1;
        match row.and_then(|row| Ok((unit(&row, zone, now)?, row))) {
            Ok((state, row)) => kept.push((state, row)),
            Err(fault) => report.fault(fault),
        }
    }
    // Ids first, so that a parent is found wherever it stands in the file.
    let mut ids: HashMap<String, Id<Unit>> = HashMap::new();
    for (state, row) in &kept {
        let known = draft.find(&state.code).or_else(|| root_of(&draft, state, row));
        if ids.insert(state.code.clone(), known.unwrap_or_else(|| Id::new(now))).is_some() {
            report.fault(row.fault("code", "编码在文件中重复出现", "the code stands in the file twice"));
        }
    }
    for (mut state, row) in kept {
        let id = ids[&state.code];
        let parent = row.get("parent_code");
        state.parent = ids.get(parent).copied().or_else(|| draft.find(parent));
        if state.parent.is_none() && !parent.is_empty() {
            report.fault(row.fault("parent_code", "找不到上级单位", "the unit above is not there"));
        }
        if let Some(before) = draft.state(id) {
            state.from = before.from;
        }
        draft.put(id, state);
        rows_of.insert(id, row);
    }
    // A new unit that does not say since when it exists has existed as long as the district.
    let change = match draft.finish(now, |_| directory.root().states()[0].from.max(Time::from_millis(0))) {
        Ok(change) => change,
        Err(wrong) => {
            for one in wrong {
                let (zh, en) = words(&one);
                report.fault(match rows_of.get(&one.unit) {
                    Some(row) => row.fault("code", zh, en),
                    None => Fault { row: 0, column: "code".into(), value: one.value, zh, en },
                });
            }
            return Ok(report.into());
        }
    };
    report.added = change.added.len();
    report.changed = change.changed.iter().filter(|(id, _)| rows_of.contains_key(id)).count();
    report.same = rows_of.len().saturating_sub(report.added + report.changed);
    if options.dry_run || !report.faults.is_empty() {
        return Ok(report.into());
    }
    let mut tx = begin(db, &directory).await?;
    if !change.is_empty() {
        write_units(&mut tx, now, &change).await?;
        record(&mut tx, now, directory.root(), "orgs", &report, &options.actor()).await?;
        snapshot::bump(&mut tx, store::REVISION).await?;
    }
    report.applied = true;
    Ok(Staged { report, tx: Some(tx) })
}

fn read(table: Table, options: &Options) -> Result<Table, Unreadable> {
    let table = table.rename(&options.map)?;
    table.require(&["code", "name", "kind", "parent_code"])?;
    Ok(table)
}

/// The row without a parent is the district itself, which `init` may have made under another code.
fn root_of(draft: &Draft<'_>, state: &UnitState, row: &Row) -> Option<Id<Unit>> {
    (state.kind == DISTRICT && row.get("parent_code").is_empty()).then(|| draft.root()).flatten()
}

fn unit(row: &Row, zone: Zone, now: Time) -> Result<UnitState, Fault> {
    let from = match row.get("valid_from") {
        "" => UNSAID,
        text => date(text).map(|d| zone.instant(d.at(0, 0, 0, 0))).ok_or_else(|| bad_date(row, "valid_from"))?,
    };
    if from > now {
        return Err(row.fault("valid_from", "启用日期在今天之后，请到时再导入", "it begins later than today; import it then"));
    }
    Ok(UnitState {
        parent: None,
        kind: row.needed("kind")?.to_owned(),
        code: row.needed("code")?.to_owned(),
        path: String::new(),
        name: row.needed("name")?.to_owned(),
        name_en: row.some("name_en"),
        alias: row.some("alias"),
        phone: row.some("phone"),
        serves: row
            .get("serves")
            .split(['|', '、', ';', '；'])
            .map(str::trim)
            .filter(|c| !c.is_empty())
            .map(str::to_owned)
            .collect(),
        from,
        to: None,
    })
}

/// A day as `2026-03-01`, `2026/3/1` or `2026.3.1`.
pub(super) fn date(text: &str) -> Option<jiff::civil::Date> {
    let mut parts = text.split(['-', '/', '.']).map(str::trim);
    let (year, month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then(|| jiff::civil::Date::new(year, month, day).ok())?
}

pub(super) fn bad_date(row: &Row, column: &str) -> Fault {
    row.fault(column, "日期应写成 2026-03-01", "a date is written 2026-03-01")
}
