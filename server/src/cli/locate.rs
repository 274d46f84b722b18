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

/// Runs `jingwei locate` with a picture of the organisation at an instant. The rows go to the output file or to `out`, words about faulty rows to
/// `log`. Whether every row had a point is the answer.
pub fn locate(directory: &Directory, at: Time, args: &LocateArgs, out: &mut impl Write, log: &mut impl Write) -> Result<bool> {
    let table = match Table::open(&args.input).and_then(|t| t.require(&["lon", "lat"]).map(|()| t)) {
        Ok(table) => table,
        Err(error) => return say(log, error).map(|()| false),
    };
    match &args.output {
        None => rows(directory, at, args.datum, table, out, log),
        Some(path) => {
            let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(Error::internal)?);
            let good = rows(directory, at, args.datum, table, &mut file, log)?;
            file.flush().map_err(Error::internal)?;
            Ok(good)
        }
    }
}

fn rows(directory: &Directory, at: Time, datum: Datum, table: Table, out: &mut impl Write, log: &mut impl Write) -> Result<bool> {
    let mut writer = csv::Writer::from_writer(out);
    let columns = table.headers().len();
    let kept = table.headers().iter().map(String::as_str).filter(|h| *h != "grid_code");
    writer.write_record(kept.chain(["grid_code"])).map_err(Error::internal)?;
    let before = table.headers().iter().position(|h| h == "grid_code");
    let mut good = true;
    for row in table {
        let (row, point) = match row.and_then(|row| point(&row).map(|p| (row, p))) {
            Ok(found) => found,
            Err(fault) => {
                good = false;
                say(log, fault)?;
                continue;
            }
        };
        let p = to_wgs84(datum, point);
        let unit = directory.locate(p.lon, p.lat, at).grid.and_then(|id| directory.unit(id));
        let code = unit.and_then(|u| u.at(at)).map_or("", |s| s.code.as_str());
        let cells = (0..columns).filter(|n| Some(*n) != before).map(|n| row.cells().get(n).map_or("", String::as_str));
        writer.write_record(cells.chain([code])).map_err(Error::internal)?;
    }
    writer.flush().map_err(Error::internal)?;
    Ok(good)
}

fn point(row: &Row) -> Result<Point, Fault> {
    let number = |column: &str| {
        let bad = || row.fault(column, "不是经纬度", "not a coordinate");
        row.get(column).parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(bad)
    };
    let point = Point::new(number("lon")?, number("lat")?);
    if point.is_on_earth() { Ok(point) } else { Err(row.fault("lat", "经纬度超出范围", "no place on Earth")) }
}
