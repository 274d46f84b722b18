//! Processor time of processes, as Linux counts it: what a request costs, whatever else the machine does meanwhile.

use std::{fs, path::Path, time::Duration};

/// The kernel's unit of these counts (`USER_HZ`), the same on every platform we build for.
const TICK: Duration = Duration::from_millis(10);

/// User and system time that a process has taken with all its threads; none when it is gone.
pub fn of(pid: u32) -> Duration {
    stat(&format!("/proc/{pid}/stat")).map_or(Duration::ZERO, |s| s.ticks * TICK)
}

/// The same of a PostgreSQL server: its first process and those that it started.
pub fn of_postgres(data: &Path) -> Duration {
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let Some(first) = file.lines().next().and_then(|l| l.trim().parse::<u32>().ok()) else { return Duration::ZERO };
    let mut ticks = 0;
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        if let Some(stat) = stat(&format!("/proc/{pid}/stat")).filter(|s| pid == first || s.parent == first) {
            ticks += stat.ticks;
        }
    }
    ticks * TICK
}

struct Stat {
    parent: u32,
    ticks: u32,
}

fn stat(path: &str) -> Option<Stat> {
    let text = fs::read_to_string(path).ok()?;
    // The name in brackets may hold anything; the figures follow its last bracket: state, parent, …, user and system time.
    let rest: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |n: usize| rest.get(n).and_then(|f| f.parse::<u32>().ok());
    Some(Stat { parent: field(1)?, ticks: field(11)? + field(12)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_time_grows() {
        let (begun, me) = (of(std::process::id()), std::process::id());
        let mut n = 1_u64;
        let started = std::time::Instant::now();
        while of(me) <= begun && started.elapsed() < Duration::from_secs(20) {
            n = std::hint::black_box(n.wrapping_mul(31));
        }
        assert!(of(me) > begun);
        assert_eq!(of(u32::MAX), Duration::ZERO);
    }
}
