//! T31: nothing leaves the machine by itself. The server runs without any network but its own loop-back, traced, through every part of a day's
//! work; whatever it tries to reach elsewhere would show as a call, whether or not it got there.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use super::{Outcome, lacks, trace::calls};
use crate::bench::{
    fresh, report_body,
    server::{District, Size},
};

/// Reports, waits for the jobs and the relay, stops.
const DAY: &str = r#"
ip link set lo up
strace -f -q -y -ttt -s 200 -e signal=none -e trace=connect,sendto,sendmsg,sendmmsg -o "$TRACE" "$@" > "$OUT" &
for _ in $(seq 100); do [ -s "$OUT" ] && break; sleep 0.1; done
port=$(sed 's/.*://' "$OUT")
bash -c 'exec 3<>/dev/tcp/127.0.0.1/'"$port"'; printf "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: 00000000-0000-4000-8000-000000000001\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" "$(printf %s "$BODY" | wc -c)" "$BODY" >&3; cat <&3' > "$OUT.answer"
sleep 75
kill $(pgrep -P $!); wait
"#;

/// Runs the server for a little more than a minute, so that every job that comes by the minute has come.
pub fn network(bin: &Path) -> Result<Outcome> {
    if let Some(why) = lacks(true, &[("strace", "strace"), ("unshare", "util-linux"), ("ip", "iproute2")]) {
        return Ok(Outcome::Skipped(why));
    }
    let dir = fresh("soak-network")?;
    let district = District::make(bin, &dir, &Size { grids: 60, cases: 200 }, None)?;
    let body = report_body(&district.source)?(1);
    let serve = district.command(&["serve", "--listen", "127.0.0.1:0"]);
    let outside = watch(&dir, &body, serve.get_program().to_owned(), serve.get_args().map(ToOwned::to_owned).collect())?;
    let answer = fs::read_to_string(dir.join("out.answer"))?;
    ensure!(answer.starts_with("HTTP/1.1 201"), "the report was answered {answer:?}");
    println!("{} calls to elsewhere in 75 s of work", outside.len());
    // The control: a program that does try is seen, although it reaches nobody.
    let control = dir.join("control");
    fs::create_dir_all(&control)?;
    let control = watch_short(&control, "exec 3<>/dev/tcp/192.0.2.1/80")?;
    println!("control that asks elsewhere: {} calls", control.len());
    ensure!(outside.is_empty(), "calls to elsewhere:\n{}", outside.join("\n"));
    ensure!(!control.is_empty(), "the control was not seen, so this check proves nothing");
    fs::remove_dir_all(&dir)?;
    Ok(Outcome::Held)
}

fn watch(dir: &Path, body: &str, program: std::ffi::OsString, arguments: Vec<std::ffi::OsString>) -> Result<Vec<String>> {
    let trace = dir.join("trace");
    let mut command = Command::new("unshare");
    command.args(["-n", "bash", "-c", DAY, "day"]).arg(program).args(arguments);
    command.env("TRACE", &trace).env("OUT", dir.join("out")).env("BODY", body).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().context("unshare")?;
    outside(&trace)
}

fn watch_short(dir: &Path, what: &str) -> Result<Vec<String>> {
    let trace = dir.join("trace");
    let mut command = Command::new("unshare");
    command.args(["-n", "strace", "-f", "-q", "-y", "-ttt", "-s", "200", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o"]);
    command.arg(&trace).args(["bash", "-c", what]).stdout(Stdio::null()).stderr(Stdio::null()).status().context("unshare")?;
    outside(&trace)
}

/// Calls with an address that is not this machine's own.
fn outside(trace: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(trace)?;
    ensure!(!text.is_empty(), "nothing was traced");
    let own =
        |a: &str| a.contains("inet_addr(\"127.") || a.contains("\"::1\"") || a.contains("AF_UNIX") || a.contains("AF_NETLINK");
    let named = calls(&text).into_iter().filter(|c| c.arguments.contains("AF_") && !own(&c.arguments));
    Ok(named.map(|c| format!("{}({})", c.name, c.arguments)).collect())
}
