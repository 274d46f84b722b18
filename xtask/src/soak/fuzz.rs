//! T16: the contract is fuzzed by schemathesis. No answer may be a fault of ours, and most operations must be reached, not only refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::{Outcome, lacks};
use crate::{
    bench::{
        client::Connection,
        fresh, key, report_body,
        server::{District, Size},
    },
    run::{command, root, run},
};

/// The share of operations that must have been answered with success, in percent.
const REACHED: usize = 95;

/// Fuzzes a district of sixty grids with two thousand cases, every operation with the token of a role that may call it.
pub fn fuzz(bin: &Path, examples: usize) -> Result<Outcome> {
    if let Some(why) = lacks(false, &[("schemathesis", "no package: `pip install schemathesis`, from PyPI")]) {
        return Ok(Outcome::Skipped(why));
    }
    let dir = fresh("soak-fuzz")?;
    let district = District::make(bin, &dir, &Size { grids: 60, cases: 2_000 }, None)?;
    for limit in ["public_photos", "public_reads", "suggest", "lookup", "lookup_code", "remarks", "track", "login", "link"] {
        crate::bench::server::run(&mut district.command(&["admin", "limits", "set", limit, "off"]))?;
    }
    let service = district.serve(&[])?;
    let mut connection = Connection::open(service.address)?;
    let receipt = connection.post("/api/v1/reports", &key(1), &report_body(&district.source)?(1))?.json()?;
    let contract = connection.get("/api/v1/openapi.json", "")?.json()?;
    drop(connection);
    let base = format!("http://{}", service.address);
    let mut fuzzer = command("schemathesis");
    // It keeps what it found where it runs.
    fuzzer
        .current_dir(&dir)
        .args([
            "run",
            &format!("{base}/api/v1/openapi.json"),
            "--checks",
            "not_a_server_error",
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args([
            "--max-examples",
            &examples.to_string(),
            "--workers",
            "2",
            "--continue-on-failure",
            "--exclude-path",
            "/api/v1/events",
        ])
        .args(["--suppress-health-check", "all", "--request-timeout", "20", "--seed", "1"])
        .env("SCHEMATHESIS_HOOKS", root().join("xtask/src/soak/fuzz_hooks.py"))
        .env("FUZZ_BASE", &base)
        .env("FUZZ_TOKENS", serde_json::to_string(&tokens(&district)?)?)
        .env("FUZZ_TRACK", receipt["track"].as_str().context("no link")?);
    let ended = run(&mut fuzzer);
    let (reached, faults) = answered(&Connection::open(service.address)?.get("/metrics", "")?.body);
    let all = operations(&contract);
    let missed: Vec<&String> = all.iter().filter(|o| !reached.contains(*o)).collect();
    println!("{} of {} operations were answered with success; not these: {missed:?}", all.len() - missed.len(), all.len());
    ensure!(faults.is_empty(), "faults of ours: {faults:?}");
    ended?;
    ensure!(missed.len() * 100 <= all.len() * (100 - REACHED), "fewer than {REACHED} % of the operations were reached");
    drop(service);
    fs::remove_dir_all(&dir)?;
    Ok(Outcome::Held)
}

/// For each permission the token of the first role that holds it.
fn tokens(district: &District) -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(root().join("server/src/modules/access/permissions.csv"))?;
    let (mut by_role, mut all) = (BTreeMap::new(), BTreeMap::new());
    for (permission, roles) in text.lines().skip(1).filter_map(|l| l.split_once(',')) {
        let roles: Vec<&str> = roles.split(' ').collect();
        // The district's own desks reach every case; the others see a part only.
        let wide = ["district-dispatch", "supervisor", "district-intake", "system-admin", "security-admin", "audit-admin"];
        let role = wide
            .iter()
            .copied()
            .find(|r| roles.contains(r))
            .or_else(|| roles.first().copied())
            .context("a permission without a role")?;
        if !by_role.contains_key(role) {
            by_role.insert(role, district.token(role)?);
        }
        all.insert(permission.to_owned(), by_role[role].clone());
    }
    Ok(all)
}

/// Every operation of the contract but the stream, which never ends.
fn operations(contract: &Value) -> BTreeSet<String> {
    let paths = contract["paths"].as_object().into_iter().flatten();
    let methods = paths.flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(method, _)| (path, method)));
    methods.map(|(path, method)| format!("{} {path}", method.to_uppercase())).filter(|o| o != "GET /api/v1/events").collect()
}

/// Operations that were answered with success, and those that failed by a fault of ours, as the server counted them.
fn answered(figures: &[u8]) -> (BTreeSet<String>, Vec<String>) {
    let (mut reached, mut faults) = (BTreeSet::new(), vec![]);
    for line in String::from_utf8_lossy(figures).lines().filter(|l| l.starts_with("jingwei_request_seconds_count{")) {
        let label = |name: &str| {
            let rest = line.split_once(&format!("{name}=\""))?.1;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        let (Some(method), Some(route), Some(status)) = (label("method"), label("route"), label("status")) else { continue };
        match status.as_bytes().first() {
            Some(b'2') => {
                reached.insert(format!("{method} {route}"));
            }
            // 503 and 507 say that there is too much to do or no room: no fault.
            Some(b'5') if status != "503" && status != "507" => faults.push(format!("{method} {route}: {status}")),
            _ => {}
        }
    }
    (reached, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_is_read_from_the_servers_own_figures() {
        let text = "jingwei_request_seconds_count{method=\"GET\",route=\"/api/v1/a/{id}\",status=\"200\"} 3\n\
                    jingwei_request_seconds_count{method=\"POST\",route=\"/api/v1/a\",status=\"422\"} 3\n\
                    jingwei_request_seconds_count{method=\"POST\",route=\"/api/v1/b\",status=\"500\"} 1\n\
                    jingwei_request_seconds_count{method=\"GET\",route=\"/api/v1/c\",status=\"503\"} 1\n";
        let (reached, faults) = answered(text.as_bytes());
        assert_eq!(reached.into_iter().collect::<Vec<_>>(), ["GET /api/v1/a/{id}"]);
        assert_eq!(faults, ["POST /api/v1/b: 500"]);
        let contract = serde_json::json!({"paths": {"/api/v1/a": {"post": {}}, "/api/v1/events": {"get": {}}}});
        assert_eq!(operations(&contract).into_iter().collect::<Vec<_>>(), ["POST /api/v1/a"]);
    }
}
