//! T2: no answer leaves before its fsync. The server is traced while one connection reports, so that between a request and its answer there must be
//! a sync of the database's log that was asked for after the request was read and came back before the answer was written.

use std::{path::Path, process::Command, thread, time::Duration};

use anyhow::{Context as _, Result, ensure};

use super::{
    Outcome, lacks,
    trace::{Call, calls},
};
use crate::bench::{
    client::Connection,
    fresh, key, report_body,
    server::{District, Size},
};

/// Fewer reports for the control, which answers early every time.
const CONTROL: u64 = 200;

/// Traces so many reports, and fewer of the build that answers before COMMIT, of which every check must complain.
pub fn fsync(bin: &Path, reports: u64) -> Result<Outcome> {
    if let Some(why) = lacks(true, &[("strace", "strace")]) {
        return Ok(Outcome::Skipped(why));
    }
    let (answered, early) = traced(bin, reports, &[])?;
    println!("{answered} reports, {early} answered before their fsync");
    let (control, caught) = traced(bin, CONTROL.min(reports), &["--answer-before-commit"])?;
    println!("control that answers before COMMIT: {control} reports, {caught} answered before their fsync");
    ensure!(early == 0, "answers left before their fsync");
    ensure!(answered == reports, "only {answered} of {reports} answers were found in the trace");
    ensure!(caught > 0, "the control was not caught, so this check proves nothing");
    Ok(Outcome::Held)
}

/// How many reports were answered, and how many of them too early.
fn traced(bin: &Path, reports: u64, more: &[&str]) -> Result<(u64, u64)> {
    let dir = fresh("soak-fsync")?;
    let district = District::make(bin, &dir, &Size { grids: 60, cases: 0 }, None)?;
    let body = report_body(&district.source)?;
    let mut service = district.serve(&[&["--no-work"], more].concat())?;
    let trace = dir.join("trace");
    let mut strace = Command::new("strace")
        .args(["-f", "-q", "-y", "-ttt", "-s", "24", "-e", "signal=none"])
        .args(["-e", "trace=recvfrom,read,readv,sendto,write,writev,fsync,fdatasync", "-o"])
        .arg(&trace)
        .args(["-p", &service.id().to_string()])
        .spawn()
        .context("strace")?;
    thread::sleep(Duration::from_secs(1));
    let mut connection = Connection::open(service.address)?;
    for n in 0..reports {
        let answer = connection.post("/api/v1/reports", &key(n), &body(n))?;
        ensure!(answer.status == 201, "report {n} was answered {}", answer.status);
    }
    drop(connection);
    service.kill()?;
    strace.wait()?;
    let outcome = judge(&calls(&std::fs::read_to_string(&trace)?));
    std::fs::remove_dir_all(&dir)?;
    Ok(outcome)
}

/// Reports that were answered, and those whose answer began before a sync of the log that began after the request was read.
fn judge(calls: &[Call]) -> (u64, u64) {
    let (mut answered, mut early) = (0, 0);
    let mut asked: Option<(usize, &str)> = None;
    for (n, call) in calls.iter().enumerate().filter(|(_, c)| c.result >= 0) {
        let Some((number, _)) = call.file() else { continue };
        match call.name.as_str() {
            "recvfrom" | "read" | "readv" if call.arguments.contains("\"POST /api/v1/reports") => asked = Some((n, number)),
            "sendto" | "write" | "writev" if call.arguments.contains("HTTP/1.1 201") => {
                let Some((from, socket)) = asked.take() else { continue };
                if socket != number {
                    continue;
                }
                answered += 1;
                let synced = |c: &Call| {
                    let sync = matches!(c.name.as_str(), "fsync" | "fdatasync") && c.result == 0;
                    let log = c.file().is_some_and(|(_, name)| name.ends_with("district.db-wal"));
                    // The answer may have been written while the sync still ran: only one that came back before counts.
                    sync && log && c.begun > calls[from].begun && c.ended < call.ended
                };
                early += u64::from(!calls[from..n].iter().any(synced));
            }
            _ => {}
        }
    }
    (answered, early)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(lines: &[&str]) -> (u64, u64) {
        let text: String = lines.iter().enumerate().map(|(n, l)| format!("7 {n}.0 {l}\n")).collect();
        judge(&calls(&text))
    }

    const ASKED: &str = "recvfrom(12<TCP:[1]>, \"POST /api/v1/reports HTT\"..., 8192, 0, NULL, NULL) = 700";
    const SYNCED: &str = "fdatasync(9</d/district.db-wal>) = 0";
    const ANSWERED: &str = "sendto(12<TCP:[1]>, \"HTTP/1.1 201 Created\\r\\n\"..., 300, MSG_NOSIGNAL, NULL, 0) = 300";

    #[test]
    fn an_answer_before_its_own_sync_is_early() {
        assert_eq!(trace(&[ASKED, SYNCED, ANSWERED]), (1, 0));
        assert_eq!(trace(&[SYNCED, ASKED, ANSWERED, SYNCED]), (1, 1));
        assert_eq!(trace(&[ASKED, "fdatasync(9</d/district.db-wal>) = -1 EIO (x)", ANSWERED]), (1, 1));
        assert_eq!(trace(&[ASKED, "fdatasync(8</d/audit.anchor>) = 0", ANSWERED]), (1, 1));
    }
}
