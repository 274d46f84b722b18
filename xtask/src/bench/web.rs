//! How soon a first screen is usable on a slow phone and a slow network, for the three faces.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::{build, fresh, server};
use crate::{
    district::{self, District},
    run::{root, run},
    tools, web,
};

/// Builds pages and server as they are delivered, makes an invented district, and lets a browser look at it `runs` times for each face.
pub fn web(runs: u64) -> Result<()> {
    web::build()?;
    let bin = build()?;
    district::build()?;
    let dir = fresh("bench-web")?;
    let invented = District { data: dir.join("data"), grids: 60, cases: Some(2_000) };
    invented.make()?;
    let serving = server::District::at(&bin, &dir).serve(&[])?;
    let links = serde_json::json!({ "worker": invented.link("zhouyining")?, "desk": invented.link("tangxi")? });
    println!("district: 60 grids, 2,000 cases; server and browser on this machine");
    let mut browser = Command::new("node");
    browser.current_dir(root().join("web")).arg("scripts/speed.mjs").arg(runs.to_string());
    browser.env("BASE_URL", format!("http://{}", serving.address)).env("LINKS", links.to_string());
    if let Some(chromium) = tools::browser() {
        browser.env("CHROMIUM", chromium);
    }
    run(&mut browser).context("the browser")
}
