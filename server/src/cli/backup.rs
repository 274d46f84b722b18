//! `jingwei backup` and `jingwei restore`: a copy of a running district, and a district from a copy.
//!
//! The copy holds the database, the files and the configuration, never the master key: whoever finds a backup reads nothing. The key
//! is kept elsewhere and given again at the restore.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use clap::Args;
use db::{Durability, Engine};

use super::{
    place::{OWN_DATABASE, Place, Stored},
    say,
};

/// Copy the district into a folder while it runs.
#[derive(Args)]
#[command(after_help = "Example: jingwei backup --data ./district --to ./backup-2026-03-14")]
pub struct Backup {
    #[command(flatten)]
    place: Place,
    /// The folder of the copy; it must not exist.
    #[arg(long)]
    to: PathBuf,
}

/// Make a district's folder from a backup.
#[derive(Args)]
#[command(after_help = "Example: jingwei restore --data ./district --from ./backup-2026-03-14 --key ./master.key")]
pub struct Restore {
    #[command(flatten)]
    place: Place,
    /// The folder of the copy.
    #[arg(long)]
    from: PathBuf,
    /// The master key file of the district.
    #[arg(long)]
    key: PathBuf,
}

/// Makes a consistent copy beside running writers.
pub async fn backup(args: Backup) -> anyhow::Result<()> {
    if args.to.exists() {
        bail!("{} exists already; a backup never overwrites", args.to.display());
    }
    let partial = args.to.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir_all(&partial).with_context(|| format!("{} cannot be made", partial.display()))?;
    let (db, stored) = args.place.open_db(2, Durability::Full).await?;
    match db.engine() {
        Engine::Sqlite => db.copy_to(&partial.join("district.db")).await?,
        Engine::Postgres => dump(&stored, &partial.join("district.sql"))?,
    }
    db.close().await?;
    // Files are added under the name of their content and never changed, so what the database names was there before it was copied.
    copy_tree(&args.place.data.join("files"), &partial.join("files"))?;
    stored.write(&partial)?;
    fs::rename(&partial, &args.to)?;
    say(format_args!("backup in {}; keep the master key elsewhere", args.to.display()));
    Ok(())
}

/// Makes a district's folder from a copy.
pub async fn restore(args: Restore) -> anyhow::Result<()> {
    let data = &args.place.data;
    if data.join("jingwei.json").exists() {
        bail!("{} holds a district already", data.display());
    }
    let data = &std::path::absolute(data)?;
    let mut stored = Stored::read(&args.from)?;
    fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    let copy = args.from.join("district.db");
    if copy.exists() {
        fs::copy(&copy, data.join("district.db"))?;
        OWN_DATABASE.clone_into(&mut stored.database);
    } else {
        stored.database = args.place.database.clone().context("--database names the PostgreSQL database to restore into")?;
        load(&stored.database, &args.from.join("district.sql"))?;
    }
    copy_tree(&args.from.join("files"), &data.join("files"))?;
    fs::copy(&args.key, data.join("master.key")).with_context(|| format!("{} cannot be read", args.key.display()))?;
    stored.write(data)?;
    let app = Place { data: data.clone(), database: None }.open().await?;
    app.db.ping().await?;
    app.db.close().await?;
    say(format_args!("restored into {}", data.display()));
    Ok(())
}

fn dump(stored: &Stored, to: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("pg_dump");
    command.arg("--no-owner").arg("--file").arg(to);
    if let Some(schema) = &stored.schema {
        command.arg("--schema").arg(schema);
    }
    run(command.arg(&stored.database), "pg_dump")
}

fn load(url: &str, from: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("psql");
    run(command.args(["--quiet", "--set", "ON_ERROR_STOP=1", "--single-transaction", "--file"]).arg(from).arg(url), "psql")
}

fn run(command: &mut Command, name: &str) -> anyhow::Result<()> {
    let output = command
        .stdin(std::process::Stdio::null())
        .output()
        .with_context(|| format!("{name} is not there; Debian has it in postgresql-client"))?;
    if !output.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
