//! Kill the server under load, start it again, and ask for every report that it had acknowledged.

use std::{
    net::SocketAddr,
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
    server::{District, Serving, Size},
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

/// Connections that report, and that ask again.
const LANES: usize = 8;

/// Reports that were acknowledged in all rounds, and how many of them are missing. Each server is the one that answers for the round before
/// it and that is killed in the next, so a round costs one start.
fn rounds(bin: &Path, kills: usize, more: &[&str]) -> Result<(usize, usize)> {
    let dir = fresh("bench-kill")?;
    let district = District::make(bin, &dir, &Size { grids: 60, cases: 0 }, None)?;
    let body = report_body(&district.source)?;
    let (mut answered, mut lost) = (0, 0);
    let mut service = district.serve(more)?;
    for round in 0..kills {
        let tracks = load_and_kill(&mut service, round, &body)?;
        service = district.serve(more)?;
        answered += tracks.len();
        lost += missing(service.address, &tracks)?;
    }
    drop(service);
    // The record of all rounds is one chain, so a row that any kill tore shows at the end. The control loses what it chained to.
    if more.is_empty() {
        crate::bench::server::run(&mut district.command(&["verify", "audit"]))?;
    }
    std::fs::remove_dir_all(&dir)?;
    Ok((answered, lost))
}

/// Reports over all lanes until the server is killed under them; the links of those that were acknowledged.
fn load_and_kill(service: &mut Serving, round: usize, body: &(impl Fn(u64) -> String + Sync)) -> Result<Vec<String>> {
    let (stop, tracks) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            let (stop, tracks) = (&stop, &tracks);
            let address = service.address;
            scope.spawn(move || {
                let Ok(mut connection) = Connection::open(address) else { return };
                for n in 0.. {
                    let n = (round * LANES + lane) as u64 * 1_000_000 + n;
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
    Ok(tracks.into_inner().unwrap_or_default())
}

/// How many of these reports a fresh server does not know, or knows without their first step.
fn missing(address: SocketAddr, tracks: &[String]) -> Result<usize> {
    let lane = |tracks: &[String]| -> Result<usize> {
        let mut connection = Connection::open(address)?;
        let mut missing = 0;
        for track in tracks {
            let answer = connection.get(&format!("/api/v1/reports/{track}"), "")?;
            anyhow::ensure!(matches!(answer.status, 200 | 404), "a report was asked for, and the answer was {}", answer.status);
            let whole = answer.status == 200 && answer.json()?["steps"][0]["what"] == "report";
            missing += usize::from(!whole);
        }
        Ok(missing)
    };
    std::thread::scope(|scope| {
        let lane = &lane;
        let asking: Vec<_> =
            tracks.chunks(tracks.len().div_ceil(LANES).max(1)).map(|part| scope.spawn(move || lane(part))).collect();
        asking.into_iter().map(|a| a.join().map_err(|_| anyhow::anyhow!("a lane broke off"))?).sum()
    })
}
