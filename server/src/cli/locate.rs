//! `jingwei locate`: which grid holds each point of a table.

use std::{io::Write, path::PathBuf};

use clap::Args;
use geo::{Datum, Point, to_wgs84};
use kernel::{Error, Result, Time};

use super::import_orgs::say;
use crate::{
    modules::org::Directory,
    table::{Fault, Row, Table},
};

/// Adds the column `grid_code` to a table of points with the columns lon and lat; it is empty where no grid is.
///
/// Every row comes back in its order. One whose coordinates cannot be read has an empty grid_code, and a line on standard error that names its row.
/// The command fails only when the file is no table, lacks a column, or is longer than a table may be.
#[derive(Args, Debug)]
pub struct LocateArgs {
    /// A CSV or XLSX file with the columns lon and lat.
    #[arg(long)]
    pub input: PathBuf,
    /// Where to write; without it, to the terminal.
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// What the coordinates are in: wgs84, gcj02, bd09 or cgcs2000.
    #[arg(long, default_value = "wgs84")]
    pub datum: Datum,
}

/// Runs `jingwei locate` with a picture of the organisation at an instant. Every row of the input comes back, in its order, to the output file or
/// to `out`; one whose coordinates cannot be read comes back with an empty `grid_code`, and `log` says which and why. The answer is whether the
/// file was a table of points that could be read to its end.
pub fn locate(directory: &Directory, at: Time, args: &LocateArgs, out: &mut impl Write, log: &mut impl Write) -> Result<bool> {
    let table = match Table::open(&args.input).and_then(|t| t.require(&["lon", "lat"]).map(|()| t)) {
        Ok(table) => table,
        Err(error) => return say(log, error).map(|()| false),
    };
    match &args.output {
        None => rows(directory, at, args.datum, table, out, log),
        Some(path) => {
            let cannot = |e: std::io::Error| Error::internal(format_args!("{} cannot be written: {e}", path.display()));
            let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(cannot)?);
            let whole = rows(directory, at, args.datum, table, &mut file, log)?;
            file.flush().map_err(cannot)?;
            Ok(whole)
        }
    }
}

fn rows(
    directory: &Directory,
    at: Time,
    datum: Datum,
    mut table: Table,
    out: &mut impl Write,
    log: &mut impl Write,
) -> Result<bool> {
    let mut writer = csv::Writer::from_writer(out);
    let columns = table.headers().len();
    let kept = table.headers().iter().map(String::as_str).filter(|h| *h != "grid_code");
    writer.write_record(kept.chain(["grid_code"])).map_err(Error::internal)?;
    let before = table.headers().iter().position(|h| h == "grid_code");
    let (mut read, mut unreadable) = (0_usize, 0_usize);
    for row in &mut table {
        read += 1;
        let located = match &row {
            Ok(row) => point(row).map(|point| code_at(directory, at, to_wgs84(datum, point))),
            Err(fault) => Err(fault.clone()),
        };
        let code = match located {
            Ok(code) => code,
            Err(fault) => {
                unreadable += 1;
                say(log, fault)?;
                ""
            }
        };
        // Of a row that cannot be read at all an empty one keeps the place.
        let cells = row.as_ref().map_or(&[][..], |row| row.cells());
        let cells = (0..columns).filter(|n| Some(*n) != before).map(|n| cells.get(n).map_or("", String::as_str));
        writer.write_record(cells.chain([code])).map_err(Error::internal)?;
    }
    writer.flush().map_err(Error::internal)?;
    if unreadable > 0 {
        let zh = format!("{read} 行中有 {unreadable} 行坐标无法识别，grid_code 留空");
        say(log, format_args!("{zh} / {unreadable} of {read} rows have no readable coordinates; their grid_code is empty"))?;
    }
    Ok(!table.cut_off())
}

fn code_at(directory: &Directory, at: Time, point: Point) -> &str {
    let unit = directory.locate(point.lon, point.lat, at).grid.and_then(|id| directory.unit(id));
    unit.and_then(|u| u.at(at)).map_or("", |s| s.code.as_str())
}

fn point(row: &Row) -> Result<Point, Fault> {
    let number = |column: &str| {
        let bad = || row.fault(column, "不是经纬度", "not a coordinate");
        row.get(column).parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(bad)
    };
    let point = Point::new(number("lon")?, number("lat")?);
    if point.is_on_earth() { Ok(point) } else { Err(row.fault("lat", "经纬度超出范围", "no place on Earth")) }
}

#[cfg(test)]
mod tests {
    use testkit::Engine;

    use super::*;
    use crate::testing::{TestApp, town};

    testkit::both! {
        async fn every_row_comes_back_and_those_without_a_place_say_why(engine: Engine) {
            let app = TestApp::new(engine).await.with_town().await;
            let folder = tempfile::tempdir_in(testkit::scratch()).unwrap();
            let run = |input: &str| {
                let args = LocateArgs { input: folder.path().join("points.csv"), output: None, datum: Datum::Wgs84 };
                std::fs::write(&args.input, input).unwrap();
                let (mut out, mut log) = (Vec::new(), Vec::new());
                let whole = locate(&app.org.directory().value, app.now(), &args, &mut out, &mut log).unwrap();
                (whole, String::from_utf8(out).unwrap(), String::from_utf8(log).unwrap())
            };
            let (lon, lat) = town::HOME;
            let input = format!("id,lon,lat,note\n1,{lon},{lat},a\n2,东经112,33.1,b\n3,113.5,{lat},c\n4,,,d\n5,512,33.1,e\n6,{lon},{lat},f\n");
            let (whole, out, log) = run(&input);
            assert!(whole);
            let found = "990101001001001";
            let expected = format!(
                "id,lon,lat,note,grid_code\n1,{lon},{lat},a,{found}\n2,东经112,33.1,b,\n3,113.5,{lat},c,\n4,,,d,\n5,512,33.1,e,\n6,{lon},{lat},f,{found}\n"
            );
            assert_eq!(out, expected);
            let lines: Vec<&str> = log.lines().collect();
            assert_eq!(lines.len(), 4, "{log}");
            assert!(lines[0].contains("row 3, lon \"东经112\": not a coordinate"), "{log}");
            assert!(lines[1].contains("row 5, lon") && lines[2].contains("row 6, lat"), "{log}");
            assert!(lines[3].contains("3 of 6 rows have no readable coordinates"), "{log}");
            // A file that is no table of points is a failure, and nothing is written.
            let (whole, out, log) = run("id,x,y\n1,2,3\n");
            assert!(!whole && out.is_empty() && log.contains("no column \"lon\""), "{log}");
        }
    }
}
