//! The invented district, made with the programs that anybody would use: the generator, `init`, `import`, `train`.

use std::{fs, path::PathBuf, process::Command};

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
        let mut generator = Command::new(built("jingwei-demo")?);
        generator.arg(&source).args(["--today", &now()?, "--grids", &self.grids.to_string()]);
        if let Some(cases) = self.cases {
            generator.args(["--cases", &cases.to_string()]);
        }
        tell("inventing the district", &mut generator)?;
        tell("init", &mut self.jingwei(&["init", "--demo", "--code", "990101", "--name", "澄川区"])?)?;
        self.import("orgs", "orgs.csv", &[])?;
        self.import("grids", "grids.geojson", &[])?;
        self.import("staff", "staff.csv", &[])?;
        self.import("catalogue", "catalogue.csv", &[])?;
        let (history, model) = (source.join("history.csv"), source.join("classifier.model"));
        let mut train = Command::new(built("jingwei")?);
        train.args(["train", "--text", "text", "--label", "label", "--input"]).arg(&history).arg("--model").arg(&model);
        tell("training the classifier", &mut train)?;
        self.import("incidents", "incidents.csv", &[])
    }

    /// A one-time log-in link for an account: a path below the server's address.
    pub fn link(&self, username: &str) -> Result<String> {
        let text = quiet(&mut self.jingwei(&["admin", "link", username])?)?;
        let link = text.split_whitespace().find(|word| word.contains("/link/")).map(str::to_owned);
        link.with_context(|| format!("no link for {username}: {text}"))
    }

    fn import(&self, what: &str, file: &str, more: &[&str]) -> Result<()> {
        let path = self.data.join("source").join(file);
        let mut command = self.jingwei(&["import", what])?;
        command.arg(&path).args(more);
        tell(&format!("importing {what}"), &mut command)
    }

    /// A command of the server's program on this district.
    fn jingwei(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(built("jingwei")?);
        command.args(arguments).arg("--data").arg(&self.data);
        Ok(command)
    }
}

fn tell(what: &str, command: &mut Command) -> Result<()> {
    let started = std::time::Instant::now();
    quiet(command).with_context(|| what.to_owned())?;
    println!("  {what}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// The present moment in China, as the generator takes it. The zone is written out, so no table of zones is needed.
fn now() -> Result<String> {
    Ok(quiet(Command::new("date").env("TZ", "CST-8").arg("+%Y-%m-%dT%H:%M:%S+08:00"))?.trim().to_owned())
}
