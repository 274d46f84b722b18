//! `jingwei train` and `jingwei eval`: the classifier from labelled texts.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use kernel::Actor;
use text::{Model, Options};

use super::{progress, say};
use crate::{
    app::App,
    modules::{access::audit::Audit, incidents::learn},
    table::Table,
};

/// Train a classifier.
#[derive(Args)]
#[command(after_help = "Example: jingwei train --input history.csv --text text --label label --model classifier.model")]
pub struct Train {
    #[command(flatten)]
    rows: Rows,
    /// Where the model goes.
    #[arg(long)]
    model: PathBuf,
    /// The same rows with the same seed give the same model.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Measure a classifier.
#[derive(Args)]
#[command(after_help = "Example: jingwei eval --model classifier.model --input test.csv --text text --label label --json")]
pub struct Eval {
    #[command(flatten)]
    rows: Rows,
    /// The model.
    #[arg(long)]
    model: PathBuf,
    /// Answer as JSON: n, accuracy, macro_f1, per_label.
    #[arg(long)]
    json: bool,
}

/// Publish a trained classifier in the district; every node takes it up within a second.
#[derive(Args)]
#[command(after_help = "Example: jingwei import model classifier.model --data ./district")]
pub struct Install {
    /// The model.
    file: PathBuf,
}

/// Labelled texts in tables.
#[derive(Args)]
struct Rows {
    /// A table (CSV or XLSX); may be given several times.
    #[arg(long, required = true)]
    input: Vec<PathBuf>,
    /// The columns with text, separated by commas; of these, the ones that a file has are joined.
    #[arg(long, value_delimiter = ',', required = true)]
    text: Vec<String>,
    /// The column with the label.
    #[arg(long)]
    label: String,
}

impl Rows {
    fn read(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut rows = Vec::new();
        for path in &self.input {
            self.read_one(path, &mut rows).with_context(|| path.display().to_string())?;
        }
        if rows.is_empty() {
            bail!("the input holds no labelled text");
        }
        Ok(rows)
    }

    fn read_one(&self, path: &Path, rows: &mut Vec<(String, String)>) -> anyhow::Result<()> {
        let table = Table::open(path)?;
        let present: Vec<&String> = self.text.iter().filter(|c| table.has(c)).collect();
        if present.is_empty() {
            bail!("no column {}; the file has {}", self.text.join(" or "), table.headers().join(", "));
        }
        if !table.has(&self.label) {
            bail!("no column {}; the file has {}", self.label, table.headers().join(", "));
        }
        for row in table {
            let row = row.map_err(|fault| anyhow::anyhow!("row {}: {}", fault.row, fault.en))?;
            let words = present.iter().map(|c| row.get(c)).filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
            let label = row.get(&self.label);
            if !label.is_empty() && !words.is_empty() {
                rows.push((label.to_owned(), words));
            }
            if rows.len().is_multiple_of(1_000) {
                progress(format_args!("{} texts", rows.len()));
            }
        }
        progress("");
        Ok(())
    }
}

/// Trains and writes the model whole or not at all.
pub fn train(args: &Train) -> anyhow::Result<()> {
    let rows = args.rows.read()?;
    progress(format_args!("training on {} texts", rows.len()));
    let options = Options { seed: args.seed, ..Options::default() };
    let model = text::train(rows.iter().map(|(l, t)| (l.as_str(), t.as_str())), &options);
    progress("");
    let partial = args.model.with_extension("partial");
    std::fs::write(&partial, model.save()).with_context(|| format!("{} cannot be written", partial.display()))?;
    std::fs::rename(&partial, &args.model).with_context(|| format!("{} cannot be written", args.model.display()))?;
    say(format_args!("{} texts, {} labels, {}", rows.len(), model.labels().len(), args.model.display()));
    Ok(())
}

/// Reads a model; a damaged file is told as such.
pub fn read(path: &Path) -> anyhow::Result<Model> {
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Model::load(&bytes).with_context(|| path.display().to_string())
}

/// Measures a model.
pub fn eval(args: &Eval) -> anyhow::Result<()> {
    let model = read(&args.model)?;
    let rows = args.rows.read()?;
    let report = text::evaluate(&model, rows.iter().map(|(l, t)| (l.as_str(), t.as_str())));
    if args.json {
        say(serde_json::to_string(&report)?);
        return Ok(());
    }
    say(format_args!("{} texts, accuracy {:.4}, macro F1 {:.4}", report.n, report.accuracy, report.macro_f1));
    for (label, one) in &report.per_label {
        say(format_args!(
            "{label}: precision {:.3}, recall {:.3}, F1 {:.3}, {} texts",
            one.precision, one.recall, one.f1, one.support
        ));
    }
    Ok(())
}

/// Publishes a model as the newest version. Labels that are no matter of the catalogue are told: texts about them wait for a human.
pub async fn install(app: &App, args: &Install) -> anyhow::Result<()> {
    let model = read(&args.file)?;
    let catalogue = app.catalogue.get();
    let unknown: Vec<&str> = model.labels().iter().map(String::as_str).filter(|l| catalogue.value.by_name(l).is_none()).collect();
    if unknown.len() == model.labels().len() {
        bail!(
            "none of its {} labels is a matter of the catalogue, for example {}",
            unknown.len(),
            unknown.first().unwrap_or(&"none")
        );
    }
    let now = app.clock.now();
    let mut tx = app.db.begin();
    let version = learn::publish(&mut tx, now, &model, 0).await?;
    Audit::new("classifier.publish", "classifier", uuid::Uuid::nil())
        .with("version", version)
        .record(&mut tx, now, &Actor::system())
        .await?;
    tx.commit().await?;
    say(format_args!("version {version}, {} labels, {} of them no matter of the catalogue", model.labels().len(), unknown.len()));
    Ok(())
}
