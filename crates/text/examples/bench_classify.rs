//! Messages classified a second on one core, features included: median of five runs and spread.
//!
//! `cargo run --release -p jingwei-text --example bench_classify -- [CSV]`
//!
//! Trains on the rows of `CSV` (label, text) and predicts messages of exactly 300 characters, cut from the same texts end to end. Without
//! a file a small made-up set is used.
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::{env, error::Error, hint::black_box, time::Instant};
use text::{Options, train};

const CHARACTERS: usize = 300;
const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let rows: Vec<(String, String)> = match env::args().nth(1) {
        Some(path) => csv::Reader::from_path(path)?.deserialize().collect::<Result<_, _>>()?,
        None => made_up(),
    };
    let model = train(rows.iter().map(|(label, text)| (label, text)), &Options::default());
    let all: Vec<char> = rows.iter().flat_map(|(_, text)| text.chars()).collect();
    let messages: Vec<String> = all.chunks_exact(CHARACTERS).take(20_000).map(|chunk| chunk.iter().collect()).collect();
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for message in &messages {
                black_box(model.predict(black_box(message)));
            }
            messages.len() as f64 / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    println!(
        "{} messages of {CHARACTERS} characters, {} labels, {:.1} MB: {:.0} messages/s (median of {RUNS}; {:.0} to {:.0})",
        messages.len(),
        model.labels().len(),
        model.size() as f64 / 1e6,
        rates[RUNS / 2],
        rates[0],
        rates[RUNS - 1],
    );
    Ok(())
}

/// Texts of two labels, long enough to cut messages from.
fn made_up() -> Vec<(String, String)> {
    let sentence =
        |at: u32| -> String { (0..400).filter_map(|k| char::from_u32(0x4E00 + (at * 7919 + k * k * 31) % 3000)).collect() };
    (0..400).map(|at| ((at % 2).to_string(), sentence(at))).collect()
}
