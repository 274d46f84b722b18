//! `jingwei import catalogue`, `jingwei calendar`: a district's matters, working days and hours from spreadsheets.

use std::{fmt::Display, io::Write, path::PathBuf};

use clap::Args;
use db::Db;
use kernel::{Actor, Clock, Result};

use super::import_orgs::{pair, say};
use crate::{
    modules::catalogue::{self, Catalogue, Origin, Shift, calendar_file, content::Day, import},
    snapshot,
    table::Table,
};

/// Takes the catalogue of matters from a CSV or XLSX file.
///
/// Known Chinese headers are found by themselves. A column that the file lacks leaves what a known matter already says; for a new
/// matter it means: on no list (the district decides), normal urgency, no limits, verified at a desk, cases not published.
#[derive(Args, Debug)]
pub struct CatalogueArgs {
    /// The file.
    pub file: PathBuf,
    /// Which column is which field where the header is not a known one, such as `level1=一级分类`; may be given several times.
    #[arg(long, value_name = "FIELD=COLUMN", num_args = 1.., value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// End the matters that the file does not name; their cases keep them.
    #[arg(long)]
    pub retire_missing: bool,
    /// Only say what it would do.
    #[arg(long)]
    pub dry_run: bool,
}

/// Reads working days, or with `--shifts` working hours, from a CSV or XLSX file.
///
/// Days: `date,kind` or `from,to,kind` with `holiday` or `working`. A year named in whole (with 1 January, 1 May and 1 October)
/// replaces that year; other days are added. Shifts: `name,season_from,season_to,intervals`; they replace all shifts.
#[derive(Args, Debug)]
pub struct CalendarArgs {
    /// The file.
    pub file: PathBuf,
    /// The file holds shifts.
    #[arg(long)]
    pub shifts: bool,
    /// Only say what it would do.
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `jingwei import catalogue` on an open district and says what it did. Whether everything was taken is the answer.
pub async fn catalogue(db: &Db, clock: &Clock, args: &CatalogueArgs, out: &mut impl Write) -> Result<bool> {
    let now = clock.now();
    let (revision, known) = {
        let mut conn = db.read().await?;
        (snapshot::revision(&mut conn, catalogue::REVISION).await?, Catalogue::load(&mut conn, now).await?)
    };
    let opened = Table::open(&args.file);
    let read = opened.and_then(|table| import::read(table, &args.map, |path| known.by_path(path).map(|m| &m.rules)));
    let reading = match read {
        Ok(reading) => reading,
        Err(error) => return refuse(out, &[error]),
    };
    if !reading.ignored.is_empty() {
        say(out, format_args!("未使用的列 / columns not used: {}", reading.ignored.join(", ")))?;
    }
    if !reading.faults.is_empty() {
        return refuse(out, &reading.faults);
    }
    let mut tx = db.begin();
    snapshot::check(&mut tx, &[(catalogue::REVISION, revision)]).await?;
    let origin = Origin { now, source: &source(&args.file), actor: &Actor::system() };
    let counts = catalogue::take(&mut tx, origin, reading.drafts, args.retire_missing).await?;
    let catalogue::Counts { added, changed, unchanged, retired } = counts;
    let zh = format!("新增 {added}，变更 {changed}，未变 {unchanged}，停用 {retired}");
    let en = format!("added {added}, changed {changed}, unchanged {unchanged}, retired {retired}");
    finish(tx, args.dry_run, out, &zh, &en).await
}

/// Runs `jingwei calendar` on an open district and says what it did. Whether everything was taken is the answer.
pub async fn calendar(db: &Db, clock: &Clock, args: &CalendarArgs, out: &mut impl Write) -> Result<bool> {
    let (mut days, mut shifts): (Option<Vec<Day>>, Option<Vec<Shift>>) = (None, None);
    let read = Table::open(&args.file).and_then(|table| {
        Ok(if args.shifts {
            calendar_file::shifts(table)?.map(|all| shifts = Some(all))
        } else {
            calendar_file::days(table)?.map(|all| days = Some(all))
        })
    });
    match read {
        Ok(Ok(())) => {}
        Ok(Err(faults)) => return refuse(out, &faults),
        Err(error) => return refuse(out, &[error]),
    }
    let mut tx = db.begin();
    let origin = Origin { now: clock.now(), source: &source(&args.file), actor: &Actor::system() };
    let version = catalogue::set_calendar(&mut tx, origin, days.as_deref(), shifts.as_deref()).await?;
    let (zh, en) = (format!("日历版本 {version}"), format!("calendar version {version}"));
    finish(tx, args.dry_run, out, &zh, &en).await
}

async fn finish(tx: db::Tx, dry_run: bool, out: &mut impl Write, zh: &str, en: &str) -> Result<bool> {
    if dry_run {
        tx.rollback().await?;
        say(out, format_args!("试运行，未写入：{zh} / dry run, nothing written: {en}"))?;
    } else {
        tx.commit().await?;
        say(out, format_args!("{zh} / {en}"))?;
    }
    Ok(true)
}

fn refuse(out: &mut impl Write, faults: &[impl Display]) -> Result<bool> {
    for fault in faults {
        say(out, fault)?;
    }
    say(out, format_args!("未写入任何内容：{} 处错误 / nothing written: {} faults", faults.len(), faults.len()))?;
    Ok(false)
}

fn source(file: &std::path::Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: CatalogueArgs,
    }

    #[test]
    fn the_columns_are_mapped_by_pairs() {
        use clap::Parser as _;
        let line =
            Line::try_parse_from(["x", "f.csv", "--map", "level1=一级分类", "level2=二级", "--map", "level3=c=d", "--dry-run"]);
        let args = line.map_err(|e| e.to_string()).unwrap().args;
        let pairs: Vec<_> = args.map.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(pairs, [("level1", "一级分类"), ("level2", "二级"), ("level3", "c=d")]);
        assert!(args.dry_run && !args.retire_missing);
        assert!(Line::try_parse_from(["x", "f.csv", "--map", "level1"]).is_err());
    }
}
