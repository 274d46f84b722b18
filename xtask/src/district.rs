//! The invented district, made with the programs that anybody would use: the generator, `init`, `import`, `train`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::run::{built, cargo, quiet, run};

/// Where an invented district lies and how large it is.
pub struct District {
    /// The district's folder; the generator's tables lie in `source` below it.
    pub data: PathBuf,
    /// How many grids.
    pub grids: usize,
    /// How many cases; as many as suit the grids when nothing is said.
    pub cases: Option<usize>,
    /// The folder of the programs that make it; those that were built beside this one when nothing is said.
    pub bin: Option<PathBuf>,
}

/// Builds the server, with the pages inside it, and the generator.
pub fn build() -> Result<()> {
    run(cargo().args(["build", "--package", "jingwei", "--package", "jingwei-demo", "--bins"]))
}

impl District {
    /// Makes it, telling each step. The folder must not hold a district yet.
    pub fn make(&self) -> Result<()> {
        let source = self.data.join("source");
        fs::create_dir_all(&source).with_context(|| format!("{} cannot be made", source.display()))?;
        let mut generator = Command::new(self.program("jingwei-demo")?);
        generator.arg(&source).args(["--today", &now()?, "--grids", &self.grids.to_string()]);
        if let Some(cases) = self.cases {
            generator.args(["--cases", &cases.to_string()]);
        }
        tell("invent", &mut generator)?;
        tell("init", &mut self.jingwei(&["init", "--demo", "--code", "990101", "--name", "澄川区"])?)?;
        for (what, file) in [
            ("orgs", "orgs.csv"),
            ("grids", "grids.geojson"),
            ("addresses --kind compound", "compounds.geojson"),
            ("addresses --kind building", "buildings.geojson"),
            ("basemap --layer water", "water.geojson"),
            ("basemap --layer green", "green.geojson"),
            ("basemap --layer road", "roads.geojson"),
            ("basemap --layer building", "buildings.geojson"),
            ("basemap --layer place", "compounds.geojson"),
            ("staff", "templates.csv"),
            ("staff", "staff.csv"),
            ("portraits", "portraits"),
            ("staff", "leave.csv"),
            ("staff", "duty.csv"),
            ("calendar --shifts", "shifts.csv"),
            ("catalogue", "catalogue.csv"),
            ("publications", "notices.csv"),
        ] {
            self.import(what, &source.join(file))?;
        }
        let lines = source.join("hotlines.json");
        let reason = "--reason=演示";
        tell("hotlines", self.jingwei(&["admin", "setting", "district.hotlines", reason])?.arg(&lines))?;
        let model = source.join("classifier.model");
        let mut train = Command::new(self.program("jingwei")?);
        train
            .args(["train", "--text", "text", "--label", "label", "--input"])
            .arg(source.join("history.csv"))
            .arg("--model")
            .arg(&model);
        tell("train", &mut train)?;
        self.import("model", &model)?;
        self.import("incidents", &source.join("incidents.csv"))?;
        // What people did lately comes last: it is played on everything that is there. A scene that stops half-way takes nothing from the rest.
        if let Err(error) = self.import("scenes", &source.join("scenes.json")) {
            eprintln!("{error:#}");
        }
        Ok(())
    }

    /// Brings the tables of a district that was made before up to date.
    pub fn migrate(&self) -> Result<()> {
        quiet(&mut self.jingwei(&["migrate"])?).map(|_| ())
    }

    /// A one-time link that logs an account in without more: a path below the server's address. Only an invented district gives such.
    pub fn link(&self, username: &str) -> Result<String> {
        Ok(quiet(&mut self.jingwei(&["admin", "link", "--demo", "--account", username])?)?.trim().to_owned())
    }

    fn program(&self, name: &str) -> Result<PathBuf> {
        self.bin.as_ref().map_or_else(|| built(name), |bin| Ok(bin.join(name)))
    }

    fn import(&self, what: &str, file: &Path) -> Result<()> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        tell(&format!("import {what} {name}"), self.jingwei(&["import"])?.args(what.split(' ')).arg(file))
    }

    /// A command of the server's program on this district.
    fn jingwei(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(self.program("jingwei")?);
        command.args(arguments).env("JINGWEI_DATA_DIR", &self.data);
        Ok(command)
    }
}

fn tell(what: &str, command: &mut Command) -> Result<()> {
    let started = std::time::Instant::now();
    quiet(command).with_context(|| what.to_owned())?;
    println!("  {:>6.1} s  {what}", started.elapsed().as_secs_f64());
    Ok(())
}

/// The present moment in China, as the generator takes it. The zone is written out, so no table of zones is needed.
fn now() -> Result<String> {
    Ok(quiet(Command::new("date").env("TZ", "CST-8").arg("+%Y-%m-%dT%H:%M:%S+08:00"))?.trim().to_owned())
}
