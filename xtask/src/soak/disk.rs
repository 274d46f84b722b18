//! T4: the disk is full. On a small file system of its own a district takes reports until nothing fits any more: every refusal says so, reading goes
//! on, nothing that was acknowledged is missing, and as soon as there is room again it goes on by itself.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::{Outcome, lacks};
use crate::{
    bench::{
        client::{Answer, Connection},
        fresh, key, report_body,
        server::{District, Size, run},
    },
    run::quiet,
};

/// Room for the district and some thousand reports.
const MIB: u32 = 48;
/// What is taken away again when the disk has been full for a while.
const BALLAST: usize = 8 << 20;
/// How long it may take until the first report goes through again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fills the disk with the server that answers after COMMIT, then with the one that does not, which must have told somebody too much.
pub fn disk(bin: &Path) -> Result<Outcome> {
    if let Some(why) = lacks(true, &[("mount", "mount"), ("umount", "mount")]) {
        return Ok(Outcome::Skipped(why));
    }
    let filled = fill(bin, &[])?;
    println!("{filled}");
    let control = fill(bin, &["--answer-before-commit"])?;
    println!("control that answers before COMMIT: {control}");
    ensure!(filled.refused > 0, "the disk never was full");
    ensure!(filled.other.is_empty(), "other answers than 201, 503 and 507: {:?}", filled.other);
    ensure!(filled.lost == 0, "acknowledged reports are missing");
    ensure!(filled.unread == 0, "reading did not go on");
    ensure!(filled.back.is_some(), "it did not go on when there was room again");
    ensure!(control.lost > 0, "the control lost nothing, so this check proves nothing");
    Ok(Outcome::Held)
}

/// What happened on the full disk.
struct Filled {
    acknowledged: usize,
    refused: usize,
    /// Answers that nobody should see.
    other: Vec<u16>,
    /// Reads that failed while it was full.
    unread: usize,
    reads: usize,
    /// How long after there was room again the first report went through.
    back: Option<Duration>,
    /// Acknowledged reports that are not there at the end.
    lost: usize,
}

impl std::fmt::Display for Filled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { acknowledged, refused, unread, reads, lost, .. } = self;
        let back = self.back.map_or("never".to_owned(), |b| format!("{:.1} s", b.as_secs_f64()));
        write!(
            f,
            "{acknowledged} reports acknowledged on {MIB} MiB, {refused} refused as full, {unread} of {reads} reads failed while it was full, \
             back after {back}, {lost} acknowledged ones missing"
        )
    }
}

/// A file system of its own, gone when it is dropped.
struct Small(PathBuf);

impl Small {
    fn mount(at: PathBuf) -> Result<Self> {
        fs::create_dir_all(&at)?;
        quiet(Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={MIB}m"), "tmpfs"]).arg(&at))?;
        Ok(Self(at))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn fill(bin: &Path, more: &[&str]) -> Result<Filled> {
    let dir = fresh("soak-disk")?;
    let small = Small::mount(dir.join("small"))?;
    let mut district = District::make(bin, &dir, &Size { grids: 60, cases: 0 }, None)?;
    let data = small.0.join("data");
    run(Command::new("cp").arg("-r").arg(&district.data).arg(&data))?;
    // The folder says where its database lies.
    let stored =
        fs::read_to_string(data.join("jingwei.json"))?.replace(&*district.data.to_string_lossy(), &data.to_string_lossy());
    fs::write(data.join("jingwei.json"), stored)?;
    district.data = data;
    fs::write(small.0.join("ballast"), vec![1; BALLAST])?;
    let body = report_body(&district.source)?;
    let mut service = district.serve(&[&["--no-work"], more].concat())?;
    let mut connection = Connection::open(service.address)?;
    let mut filled = Filled { acknowledged: 0, refused: 0, other: vec![], unread: 0, reads: 0, back: None, lost: 0 };
    let mut tracks: Vec<String> = vec![];
    let mut n = 0;
    let mut ask = |connection: &mut Connection| -> Result<Answer> {
        n += 1;
        connection.post("/api/v1/reports", &key(n), &body(n))
    };
    while filled.refused < 100 && filled.acknowledged + filled.refused + filled.other.len() < 200_000 {
        let answer = ask(&mut connection)?;
        take(&mut filled, &mut tracks, &answer)?;
        if filled.refused > 0 {
            filled.reads += 1;
            let seen = tracks.first().map(|t| connection.get(&format!("/api/v1/reports/{t}"), "")).transpose()?;
            filled.unread += usize::from(seen.is_none_or(|a| a.status != 200));
        }
    }
    // Answers are given early in the control; what they promised is decided a moment later.
    thread::sleep(Duration::from_secs(1));
    fs::remove_file(small.0.join("ballast"))?;
    let room = Instant::now();
    while room.elapsed() < PATIENCE && filled.back.is_none() {
        let answer = ask(&mut connection)?;
        if answer.status == 201 {
            filled.back = Some(room.elapsed());
        }
        take(&mut filled, &mut tracks, &answer)?;
        thread::sleep(Duration::from_millis(100));
    }
    thread::sleep(Duration::from_secs(1));
    drop(connection);
    service.kill()?;
    // What is there counts on a server that was started anew.
    let again = district.serve(&["--no-work"])?;
    let mut connection = Connection::open(again.address)?;
    for track in &tracks {
        let answer = connection.get(&format!("/api/v1/reports/{track}"), "")?;
        filled.lost += usize::from(answer.status != 200);
    }
    drop((again, small));
    fs::remove_dir_all(&dir)?;
    Ok(filled)
}

fn take(filled: &mut Filled, tracks: &mut Vec<String>, answer: &Answer) -> Result<()> {
    match answer.status {
        201 => {
            filled.acknowledged += 1;
            tracks.push(answer.json()?["track"].as_str().unwrap_or_default().to_owned());
        }
        status @ (503 | 507) => {
            let code = answer.json()?["code"].as_str().unwrap_or_default().to_owned();
            if code == "storage-full" || code == "storage-busy" {
                filled.refused += 1;
            } else {
                filled.other.push(status);
            }
        }
        other => filled.other.push(other),
    }
    Ok(())
}
