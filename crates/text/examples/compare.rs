//! Accuracy on five random 80/20 splits of each labelled set in a directory.
//!
//! `cargo run --release -p jingwei-text --example compare -- DATA_DIR [SPLITS_DIR]`
//!
//! `DATA_DIR` holds `train.csv`, `train_subjects.csv` and `departments_149.csv` (label, text). `SPLITS_DIR` may hold `<set>_<seed>.txt`
//! with the numbers of the test rows, one to a line, so that another program can be measured on the same splits.
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::{collections::HashSet, env, error::Error, fs, path::Path, time::Instant};
use text::{Options, evaluate, train};

const SEEDS: u64 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let data = env::args().nth(1).ok_or("usage: compare DATA_DIR [SPLITS_DIR]")?;
    let splits = env::args().nth(2);
    for set in ["train", "train_subjects", "departments_149"] {
        let path = Path::new(&data).join(format!("{set}.csv"));
        if !path.exists() {
            println!("{set}: no such file, skipped");
            continue;
        }
        let rows = read(&path)?;
        let (mut f1, mut accuracy) = (Vec::new(), Vec::new());
        for seed in 0..SEEDS {
            let test = match &splits {
                Some(dir) => given(&Path::new(dir).join(format!("{set}_{seed}.txt")))?,
                None => drawn(rows.len(), seed),
            };
            let pick = |held: bool| {
                let test = &test;
                rows.iter().enumerate().filter(move |(at, _)| test.contains(at) == held).map(|(_, row)| (&row.0, &row.1))
            };
            let start = Instant::now();
            let model = train(pick(false), &Options::default());
            let took = start.elapsed().as_secs_f64();
            let report = evaluate(&model, pick(true));
            println!(
                "{set} {seed}: macro-F1 {:.4} accuracy {:.4} top-3 {:.4}; {} labels, trained in {took:.1} s, {:.1} MB in memory, {:.1} MB as bytes",
                report.macro_f1,
                report.accuracy,
                report.top3,
                model.labels().len(),
                model.size() as f64 / 1e6,
                model.save().len() as f64 / 1e6,
            );
            f1.push(report.macro_f1);
            accuracy.push(report.accuracy);
        }
        println!("{set} mean: macro-F1 {:.4} accuracy {:.4}", mean(&f1), mean(&accuracy));
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<(String, String)>, csv::Error> {
    csv::Reader::from_path(path)?.deserialize().collect()
}

fn given(path: &Path) -> Result<HashSet<usize>, Box<dyn Error>> {
    Ok(fs::read_to_string(path)?.lines().map(str::parse).collect::<Result<_, _>>()?)
}

/// A fifth of the row numbers: the first of a shuffle by a plain linear congruential sequence.
fn drawn(rows: usize, seed: u64) -> HashSet<usize> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut order: Vec<usize> = (0..rows).collect();
    for at in (1..rows).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(at, (state >> 33) as usize % (at + 1));
    }
    order.into_iter().take(rows / 5).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}
