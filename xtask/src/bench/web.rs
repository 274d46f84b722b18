//! The pages in a browser: how soon a first screen is usable on a slow phone and a slow network, and how smoothly the desk's list scrolls.

use std::{path::PathBuf, process::Command};

use anyhow::{Context as _, Result};

use super::{Scrolled, build, fresh, server};
use crate::{
    district::District,
    run::{root, run},
    tools, web,
};

/// Builds pages and server as they are delivered, makes an invented district, and lets a browser look at each screen `runs` times.
pub fn web(bin: Option<PathBuf>, runs: u64) -> Result<()> {
    let bin = bin.map_or_else(delivered, Ok)?;
    let dir = fresh("bench-web")?;
    let invented = District { data: dir.join("data"), grids: 60, cases: Some(2_000), bin: Some(bin.clone()) };
    invented.make()?;
    let serving = server::District::at(&bin, &dir).serve(&[])?;
    let links = serde_json::json!({ "worker": invented.link("zhouyining")?, "desk": invented.link("tangxi")? });
    println!("district: 60 grids, 2,000 cases; server ({}) and browser on this machine", bin.display());
    run(browser("scripts/speed.mjs", &serving).arg(runs.to_string()).env("LINKS", links.to_string())).context("the browser")
}

/// Builds pages and server as they are delivered, makes a district of very many cases, and scrolls the desk's list from its first case to its last.
pub(super) fn scroll(asked: &Scrolled) -> Result<()> {
    let bin = asked.bin.clone().map_or_else(delivered, Ok)?;
    let dir = asked.district.clone().map_or_else(|| fresh("bench-scroll"), Ok)?;
    let invented = District { data: dir.join("data"), grids: asked.grids, cases: Some(asked.cases), bin: Some(bin.clone()) };
    if asked.district.is_none() {
        invented.make()?;
    }
    let serving = server::District::at(&bin, &dir).serve(&[])?;
    println!("server ({}) and browser on this machine", bin.display());
    for turn in 1..=asked.runs {
        println!("run {turn}");
        let mut browser = browser("scripts/frames.mjs", &serving);
        run(browser.env("LINK", invented.link("tangxi")?).env("ROWS", asked.cases.to_string())).context("the browser")?;
    }
    drop(serving);
    if asked.district.is_none() {
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(())
}

/// The programs for measuring, with the pages inside.
fn delivered() -> Result<PathBuf> {
    web::build()?;
    build()
}

/// A script of the pages that drives a browser at this server.
fn browser(script: &str, serving: &server::Serving) -> Command {
    let mut browser = Command::new("node");
    browser.current_dir(root().join("web")).arg(script).env("BASE_URL", format!("http://{}", serving.address));
    if let Some(chromium) = tools::browser() {
        browser.env("CHROMIUM", chromium);
    }
    browser
}
