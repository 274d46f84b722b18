//! A district of its own for a measurement, and the server that serves it.

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::run::quiet;

/// How large the district is.
pub struct Size {
    /// Grids.
    pub grids: usize,
    /// Cases of the past.
    pub cases: usize,
}

/// A district in a folder.
pub struct District {
    jingwei: PathBuf,
    /// The folder of the running district.
    pub data: PathBuf,
    /// The folder of the generated tables.
    pub source: PathBuf,
}

impl District {
    /// The district of a folder that is empty yet.
    pub fn at(bin: &Path, dir: &Path) -> Self {
        Self { jingwei: bin.join("jingwei"), data: dir.join("data"), source: dir.join("source") }
    }

    /// Generates, initialises and imports a district; `database` is another database than SQLite in the folder.
    pub fn make(bin: &Path, dir: &Path, size: &Size, database: Option<&str>) -> Result<Self> {
        let district = Self::at(bin, dir);
        let (grids, cases) = (size.grids.to_string(), size.cases.to_string());
        let mut generate = Command::new(bin.join("jingwei-demo"));
        run(generate.args(["--today", "2026-11-20", "--grids", &grids, "--cases", &cases]).arg(&district.source))?;
        let mut init = district.command(&["init", "--code", "990101", "--name", "测量区"]);
        if let Some(url) = database {
            init.args(["--database", url]);
        }
        run(&mut init)?;
        for (what, file) in
            [("orgs", "orgs.csv"), ("grids", "grids.geojson"), ("staff", "staff.csv"), ("catalogue", "catalogue.csv")]
        {
            run(district.command(&["import", what]).arg(district.source.join(file)))?;
        }
        let model = dir.join("classifier.model");
        let history = district.source.join("history.csv");
        run(district
            .program(&["train", "--text", "text", "--label", "label", "--input"])
            .arg(history)
            .arg("--model")
            .arg(&model))?;
        run(district.command(&["import", "model"]).arg(&model))?;
        if size.cases > 0 {
            for part in parts(&district.source.join("incidents.csv"))? {
                run(district.command(&["import", "incidents"]).arg(part))?;
            }
        }
        for limit in ["public_reports", "public_reads"] {
            run(&mut district.command(&["admin", "limits", "set", limit, "off"]))?;
        }
        Ok(district)
    }

    /// A command on this district.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.program(words);
        command.arg("--data").arg(&self.data);
        command
    }

    /// A command on no district.
    pub fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.jingwei);
        command.args(words);
        command
    }

    /// A token of a new account that has this role in the whole district.
    pub fn token(&self, role: &str) -> Result<String> {
        Ok(quiet(&mut self.command(&["admin", "token", "--role", role]))?.trim().to_owned())
    }

    /// What the server says, beside the district's folder.
    pub fn log(&self) -> PathBuf {
        self.data.with_file_name("serve.log")
    }

    /// Starts the server on a free port and waits until it listens.
    pub fn serve(&self, more: &[&str]) -> Result<Serving> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut child =
            self.command(&["serve", "--listen", "127.0.0.1:0"]).args(more).stdout(Stdio::piped()).stderr(log).spawn()?;
        let stdout = child.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address =
            line.trim().rsplit("//").next().unwrap_or_default().parse().with_context(|| format!("no address in {line:?}"))?;
        Ok(Serving { child, address })
    }
}

/// Cuts a table of cases into parts that the importer takes: files of a hundred thousand rows beside it.
fn parts(table: &Path) -> Result<Vec<PathBuf>> {
    const ROWS: usize = 100_000;
    let mut lines = BufReader::new(File::open(table)?).lines();
    let head = lines.next().context("an empty table")??;
    let (mut files, mut rows) = (Vec::new(), ROWS);
    let mut out: Option<BufWriter<File>> = None;
    for line in lines {
        let line = line?;
        // A row begins with its number; what does not is the rest of a quoted text.
        let begins = line.starts_with("C2");
        if begins && rows == ROWS {
            let path = table.with_extension(format!("{}.csv", files.len()));
            let mut file = BufWriter::new(File::create(&path)?);
            writeln!(file, "{head}")?;
            files.push(path);
            out = Some(file);
            rows = 0;
        }
        rows += usize::from(begins);
        if let Some(file) = &mut out {
            writeln!(file, "{line}")?;
        }
    }
    Ok(files)
}

/// A running server; it is killed when it is dropped.
pub struct Serving {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Serving {
    /// Kills it at once, as a failing machine would.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its resident memory in MB, as the kernel counts it.
    pub fn resident_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).context("no VmRSS")?;
        let kb: f64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
        Ok(kb / 1024.0)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may be dead already; either way nothing is left behind.
        let _ = self.kill();
    }
}

/// Runs a command to its end; what it said is told when it failed.
pub fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
