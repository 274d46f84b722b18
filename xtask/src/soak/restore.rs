//! T7: what was backed up beside a running server comes back the same. The fingerprints are of every row and every file.

use std::{fs, path::Path, time::Instant};

use anyhow::{Result, ensure};

use super::Outcome;
use crate::{
    bench::{
        client::Connection,
        fresh, key, report_body,
        server::{District, Size, run},
    },
    run::quiet,
};

/// Makes a district, backs it up, restores it, compares; then changes one byte of the copy, which must show.
pub fn restore(bin: &Path, cases: usize) -> Result<Outcome> {
    let dir = fresh("soak-restore")?;
    let district = District::make(bin, &dir, &Size { grids: 60, cases }, None)?;
    let service = district.serve(&["--no-work"])?;
    let body = report_body(&district.source)?;
    let mut connection = Connection::open(service.address)?;
    for n in 0..100 {
        ensure!(connection.post("/api/v1/reports", &key(n), &body(n))?.status == 201, "a report was refused");
    }
    drop((connection, service));
    let before = digest(&district)?;
    let size = fs::metadata(district.data.join("district.db"))?.len() as f64 / 1e6;
    let copy = dir.join("copy");
    let begun = Instant::now();
    run(district.command(&["backup"]).arg("--to").arg(&copy))?;
    let backed_up = begun.elapsed();
    let mut again = District::at(bin, &dir);
    again.data = dir.join("again");
    let begun = Instant::now();
    let key = district.data.join("master.key");
    run(again.command(&["restore"]).arg("--from").arg(&copy).arg("--key").arg(&key))?;
    let restored = begun.elapsed();
    println!(
        "{size:.0} MB of database with {cases} cases: backed up in {:.1} s, restored in {:.1} s",
        backed_up.as_secs_f64(),
        restored.as_secs_f64()
    );
    ensure!(digest(&again)? == before, "what came back is not what was backed up");
    run(&mut again.command(&["verify", "audit"]))?;
    run(&mut again.command(&["verify", "clocks"]))?;
    // The control: a restored district that differs in one row has another fingerprint.
    run(&mut again.command(&["admin", "limits", "set", "lookup", "7/h"]))?;
    ensure!(digest(&again)? != before, "a changed row did not show, so this check proves nothing");
    fs::remove_dir_all(&dir)?;
    Ok(Outcome::Held)
}

fn digest(district: &District) -> Result<String> {
    quiet(&mut district.command(&["verify", "digest"]))
}
