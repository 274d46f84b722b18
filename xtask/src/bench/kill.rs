//! Kill the server under load, start it again, and ask for every report that it had acknowledged.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;

use super::{
    client::Connection,
    fresh, key, report_body,
    server::{District, Size},
};

/// Kills so many times; then the same, fewer times, with the build that answers before COMMIT, which must lose reports.
pub fn kill(bin: &Path, kills: usize) -> Result<()> {
    let (answered, lost) = rounds(bin, kills, &[])?;
    println!("kill -9, {kills} times: {answered} acknowledged reports, {lost} missing");
    let (answered, control) = rounds(bin, kills.div_ceil(10), &["--answer-before-commit"])?;
    println!("control that answers before COMMIT: {answered} acknowledged reports, {control} missing");
    anyhow::ensure!(lost == 0, "acknowledged reports are missing");
    anyhow::ensure!(control > 0, "the control lost nothing, so this check proves nothing");
    Ok(())
}

fn rounds(bin: &Path, kills: usize, more: &[&str]) -> Result<(usize, usize)> {
    let dir = fresh("bench-kill")?;
    let district = District::make(bin, &dir, &Size { grids: 60, cases: 0 }, None)?;
    let body = report_body(&district.source)?;
    let (mut answered, mut lost) = (0, 0);
    for round in 0..kills {
        let mut service = district.serve(more)?;
        let (stop, tracks) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for lane in 0..8_u64 {
                let (stop, tracks, body) = (&stop, &tracks, &body);
                let address = service.address;
                scope.spawn(move || {
                    let Ok(mut connection) = Connection::open(address) else { return };
                    for n in 0.. {
                        let n = (round as u64 * 8 + lane) * 1_000_000 + n;
                        match connection.post("/api/v1/reports", &key(n), &body(n)) {
                            Ok(answer) if answer.status == 201 => {
                                if let (Ok(json), Ok(mut tracks)) = (answer.json(), tracks.lock()) {
                                    tracks.push(json["track"].as_str().unwrap_or_default().to_owned());
                                }
                            }
                            _ => return,
                        }
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                });
            }
            // The moment differs from round to round, so that the kill meets every phase of a commit.
            std::thread::sleep(Duration::from_millis(400 + (round as u64 * 137) % 500));
            let killed = service.kill();
            stop.store(true, Ordering::Relaxed);
            killed
        })?;
        let tracks = tracks.into_inner().unwrap_or_default();
        answered += tracks.len();
        lost += missing(&district, &tracks)?;
    }
    std::fs::remove_dir_all(&dir)?;
    Ok((answered, lost))
}

/// How many of these reports a fresh server does not know, or knows without their first step.
fn missing(district: &District, tracks: &[String]) -> Result<usize> {
    let service = district.serve(&[])?;
    let mut connection = Connection::open(service.address)?;
    let mut missing = 0;
    for track in tracks {
        let answer = connection.get(&format!("/api/v1/reports/{track}"), "")?;
        let whole = answer.status == 200 && answer.json()?["steps"][0]["what"] == "report";
        missing += usize::from(!whole);
    }
    drop(service);
    crate::bench::server::run(&mut district.command(&["verify", "audit"]))?;
    Ok(missing)
}
