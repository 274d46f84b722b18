//! The folder that the importers of the server read.

use crate::model::{District, Position, Ring};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What a map says of a green.
#[derive(Serialize)]
struct Green<'a> {
    name: &'a str,
    kind: &'a str,
}

impl District {
    /// Writes every file of the district into `dir`, which is made when it is missing. Files of the same name are replaced.
    ///
    /// # Errors
    /// When a file cannot be made or written.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        std::fs::create_dir_all(dir)?;
        table(dir, "orgs", &self.orgs)?;
        table(dir, "staff", &self.staff)?;
        table(dir, "templates", &self.templates)?;
        table(dir, "leave", &self.leave)?;
        table(dir, "duty", &self.duty)?;
        table(dir, "catalogue", &self.catalogue)?;
        table(dir, "shifts", &self.shifts)?;
        table(dir, "incidents", &self.incidents)?;
        table(dir, "history", &self.history)?;
        table(dir, "notices", &self.notices)?;
        std::fs::write(dir.join("hotlines.json"), serde_json::to_vec_pretty(&self.hotlines)?)?;
        table(dir, "reasons", &self.reasons)?;
        polygons(dir, "boundaries", self.boundaries.iter().map(|b| (b, &b.ring)))?;
        polygons(dir, "grids", self.grids.iter().map(|g| (g, &g.ring)))?;
        polygons(dir, "compounds", self.compounds.iter().map(|c| (c, &c.ring)))?;
        polygons(dir, "buildings", self.buildings.iter().map(|b| (b, &b.ring)))?;
        polygons(dir, "water", self.water.iter().map(|w| (w, &w.ring)))?;
        let greens = self.grids.iter().filter(|g| g.is_green());
        polygons(dir, "green", greens.map(|g| (Green { name: &g.alias, kind: &g.subtype }, &g.ring)))?;
        features(dir, "roads", self.roads.iter().map(|r| (r, &r.line)), |w, line| {
            w.write_all(b"{\"type\":\"LineString\",\"coordinates\":")?;
            positions(w, line)?;
            w.write_all(b"}")
        })?;
        let mut scenes = serde_json::to_vec(&self.scenes)?;
        scenes.push(b'\n');
        std::fs::write(dir.join("scenes.json"), scenes)?;
        crate::faces::write(&dir.join("portraits"), self.meta.seed, &self.staff)?;
        std::fs::write(dir.join("map.svg"), crate::svg::map(self))?;
        let mut meta = serde_json::to_vec_pretty(&self.meta)?;
        meta.push(b'\n');
        std::fs::write(dir.join("meta.json"), meta)
    }
}

fn table<T: Serialize>(dir: &Path, name: &str, rows: &[T]) -> io::Result<()> {
    let mut writer = csv::Writer::from_path(dir.join(name).with_extension("csv"))?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.flush()
}

fn polygons<'a, T: Serialize>(dir: &Path, name: &str, rows: impl Iterator<Item = (T, &'a Ring)>) -> io::Result<()> {
    features(dir, name, rows, |w, ring| {
        w.write_all(b"{\"type\":\"Polygon\",\"coordinates\":[")?;
        positions(w, ring)?;
        w.write_all(b"]}")
    })
}

/// One feature a line, so that a large file need not be built in memory and a difference of two files can be read.
fn features<'a, T: Serialize>(
    dir: &Path,
    name: &str,
    rows: impl Iterator<Item = (T, &'a Vec<Position>)>,
    geometry: impl Fn(&mut BufWriter<File>, &[Position]) -> io::Result<()>,
) -> io::Result<()> {
    let mut w = BufWriter::new(File::create(dir.join(name).with_extension("geojson"))?);
    w.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
    for (i, (properties, points)) in rows.enumerate() {
        w.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        w.write_all(b"{\"type\":\"Feature\",\"properties\":")?;
        serde_json::to_writer(&mut w, &properties)?;
        w.write_all(b",\"geometry\":")?;
        geometry(&mut w, points)?;
        w.write_all(b"}")?;
    }
    w.write_all(b"\n]}\n")?;
    w.flush()
}

fn positions(w: &mut impl Write, points: &[Position]) -> io::Result<()> {
    w.write_all(b"[")?;
    for (i, [lon, lat]) in points.iter().enumerate() {
        if i > 0 {
            w.write_all(b",")?;
        }
        write!(w, "[{},{}]", Degrees(*lon), Degrees(*lat))?;
    }
    w.write_all(b"]")
}

/// A whole number of 1e-7 degrees as an exact decimal.
struct Degrees(i64);

impl std::fmt::Display for Degrees {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, n) = (if self.0 < 0 { "-" } else { "" }, self.0.abs());
        write!(f, "{sign}{}.{:07}", n / 10_000_000, n % 10_000_000)
    }
}
