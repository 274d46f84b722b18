//! Public notices from a table: kind, title, unit_code, published_at, body and perhaps until. What was read before is not read twice.

use std::io::Write;

use kernel::{Actor, Cursor, Error, Result, Scope, Time};

use super::{
    actions::{self, NewPublication},
    model::Kind,
    store,
};
use crate::{
    app::App,
    table::{Fault, Row, Table},
};

/// How many notices a district has at most when a table is compared with them.
const COMPARED: usize = 10_000;

/// Reads notices and publishes those that are new, unless a row is at fault. Whether everything was taken is the answer.
pub async fn publications(app: &App, table: Table, out: &mut impl Write) -> Result<bool> {
    let (known, now) = (app.org.directory(), app.clock.now());
    let say = |out: &mut dyn Write, line: &dyn std::fmt::Display| writeln!(out, "{line}").map_err(Error::internal);
    if let Err(error) = table.require(&["kind", "title", "unit_code", "published_at", "body"]) {
        say(out, &error)?;
        return Ok(false);
    }
    let (mut read, mut faults) = (Vec::new(), Vec::new());
    for row in table {
        match row.and_then(|row| understand(&row)) {
            Ok(notice) => read.push(notice),
            Err(fault) => faults.push(fault),
        }
    }
    for fault in &faults {
        say(out, fault)?;
    }
    if !faults.is_empty() {
        return Ok(false);
    }
    let have = store::all(&mut *app.db.read().await?, &Scope::All, None, None::<Cursor>, COMPARED).await?;
    let mut tx = app.db.begin();
    let (mut added, actor) = (0, Actor::system());
    for notice in &read {
        if have.iter().any(|h| h.title == notice.title && Some(h.from_at) == notice.from) {
            continue;
        }
        if let Err(error) = actions::publish(&mut tx, &known.value, now, &actor, &Scope::All, notice).await {
            say(out, &format_args!("{}：{error}", notice.title))?;
            tx.rollback().await?;
            return Ok(false);
        }
        added += 1;
    }
    tx.commit().await?;
    say(out, &format_args!("读取 {}，新增 {added} / read {}, added {added}", read.len(), read.len()))?;
    Ok(true)
}

fn understand(row: &Row) -> Result<NewPublication, Fault> {
    let kind = row.needed("kind")?;
    let instant = |column: &str, text: &str| {
        text.parse::<Time>()
            .map_err(|_| row.fault(column, "时间应写成 2026-03-01T08:30:00+08:00", "a time is written 2026-03-01T08:30:00+08:00"))
    };
    Ok(NewPublication {
        kind: Kind::read(kind)
            .ok_or_else(|| row.fault("kind", "类别应为公告、通知、便民、倡议、公示、征集或反馈", "not a known kind"))?,
        title: row.needed("title")?.to_owned(),
        text: row.needed("body")?.to_owned(),
        unit: row.needed("unit_code")?.to_owned(),
        from: Some(instant("published_at", row.needed("published_at")?)?),
        until: row.some("until").map(|text| instant("until", &text)).transpose()?,
    })
}
