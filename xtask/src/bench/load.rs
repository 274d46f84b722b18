//! Load from several connections at once, and what it measured.

use std::{
    fmt,
    net::SocketAddr,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::Result;

use super::client::{Answer, Connection};

/// What a load measured.
#[derive(Debug, Default)]
pub struct Measured {
    /// How long it ran.
    pub seconds: f64,
    /// Sorted times in microseconds of the answers that were expected.
    pub micros: Vec<u64>,
    /// Answers that were not.
    pub wrong: u64,
    /// The most statements of one answer.
    pub statements: u32,
}

impl Measured {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.micros.len() as f64 / self.seconds
    }

    /// The time below which this share of the answers stayed, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let at = ((self.micros.len() as f64 * share) as usize).min(self.micros.len().saturating_sub(1));
        self.micros.get(at).map_or(0.0, |m| *m as f64 / 1_000.0)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0}/s, p50 {:.1} ms, p99 {:.1} ms, at most {} statements, {} answers in {:.1} s, {} wrong",
            self.rate(),
            self.percentile(0.5),
            self.percentile(0.99),
            self.statements,
            self.micros.len(),
            self.seconds,
            self.wrong
        )
    }
}

/// Keeps so many connections busy for so long; `ask` is given the connection, and a number that no other call gets.
pub fn run(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    expected: u16,
    ask: impl Fn(&mut Connection, u64) -> Result<Answer> + Sync,
) -> Result<Measured> {
    let (numbers, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let begun = Instant::now();
    let parts = std::thread::scope(|scope| -> Result<Vec<Measured>> {
        let threads: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| -> Result<Measured> {
                    let mut connection = Connection::open(address)?;
                    let mut part = Measured::default();
                    while !stop.load(Ordering::Relaxed) {
                        let at = Instant::now();
                        let answer = ask(&mut connection, numbers.fetch_add(1, Ordering::Relaxed))?;
                        if answer.status == expected {
                            part.micros.push(at.elapsed().as_micros() as u64);
                            part.statements = part.statements.max(answer.statements);
                        } else {
                            part.wrong += 1;
                        }
                    }
                    Ok(part)
                })
            })
            .collect();
        std::thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().map(|t| t.join().unwrap_or_else(|_| anyhow::bail!("a load thread panicked"))).collect()
    })?;
    let mut all = Measured { seconds: begun.elapsed().as_secs_f64(), ..Measured::default() };
    for part in parts {
        all.micros.extend(part.micros);
        all.wrong += part.wrong;
        all.statements = all.statements.max(part.statements);
    }
    all.micros.sort_unstable();
    Ok(all)
}
