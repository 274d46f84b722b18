//! `cargo run --release -p jingwei-geo --example bench_locate`: how fast points are located in a coverage of some 50,000 cells of 20 vertices
//! on one core. Prints one `name value unit` per line.

use std::hint::black_box;
use std::time::Instant;

use jingwei_geo::{CellIndex, MultiPolygon, Point, Polygon};

#[path = "../src/tessellation.rs"]
mod tessellation;
use tessellation::{SplitMix, shaken_lattice};

const COLUMNS: usize = 224;
const PER_SIDE: usize = 5;
const STEP: f64 = 0.004;
const POINTS: usize = 2_000_000;
const RUNS: usize = 5;

#[expect(clippy::print_stdout, reason = "a bench is a command whose output is its result")]
fn main() {
    let rings = shaken_lattice(COLUMNS, COLUMNS, PER_SIDE, STEP, 7);
    let shape = |ring: &Vec<[f64; 2]>| {
        MultiPolygon(vec![Polygon { outer: ring.iter().map(|&[lon, lat]| Point::new(lon, lat)).collect(), holes: vec![] }])
    };
    let cells: Vec<_> = rings.iter().enumerate().map(|(key, ring)| (key as u32, 0, shape(ring))).collect();
    let mut random = SplitMix(11);
    let side = COLUMNS as f64 * STEP;
    let points: Vec<(f64, f64)> = (0..POINTS).map(|_| (116.0 + random.unit() * side, 39.0 + random.unit() * side)).collect();

    println!("cells {} count", cells.len());
    println!("vertices {} count", rings.iter().map(|r| r.len() - 1).sum::<usize>());
    let (build, index) = time(|| CellIndex::new(cells.clone()));
    println!("build {build:.3} s");
    println!("memory {} bytes", index.memory_bytes());
    let located = points.iter().filter(|(lon, lat)| index.locate(*lon, *lat).is_some()).count();
    println!("located {located} of {POINTS}");

    report("locate", || points.iter().map(|&(lon, lat)| u64::from(index.locate(lon, lat).copied().unwrap_or(0))).sum());
    let mut found = Vec::new();
    report("locate_all", || {
        let mut count = 0;
        for &(lon, lat) in &points {
            index.locate_all(lon, lat, &mut found);
            count += found.len() as u64;
        }
        count
    });
    let (overlaps, pairs) = time(|| index.overlaps(0.01, 1000).len());
    println!("overlaps {overlaps:.3} s");
    println!("overlapping {pairs} pairs");
}

#[expect(clippy::print_stdout, reason = "a bench is a command whose output is its result")]
fn report(name: &str, mut run: impl FnMut() -> u64) {
    let mut rates: Vec<f64> = (0..RUNS).map(|_| POINTS as f64 / time(|| black_box(run())).0).collect();
    rates.sort_by(f64::total_cmp);
    println!("{name} {:.0} points/s (lowest {:.0}, highest {:.0} of {RUNS} runs)", rates[RUNS / 2], rates[0], rates[RUNS - 1]);
}

fn time<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = run();
    (start.elapsed().as_secs_f64(), result)
}
