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
    run(connect(&mut command, &stored.database), "pg_dump")
}

fn load(url: &str, from: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("psql");
    command.args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--single-transaction", "--file"]).arg(from);
    run(connect(&mut command, url), "psql")
}

/// Names the database, its password apart: everybody on the machine reads the arguments of a program, only its owner the environment.
fn connect<'c>(command: &'c mut Command, url: &str) -> &'c mut Command {
    let (open, password) = without_password(url);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command.arg(open)
}

/// The address of a database without its password, and the password, wherever it stands in it.
fn without_password(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let (base, query) = rest.split_once('?').map_or((rest, None), |(base, query)| (base, Some(query)));
    let (authority, path) = base.find('/').map_or((base, ""), |at| base.split_at(at));
    let mut password = None;
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let (user, secret) = user.split_once(':').map_or((user, None), |(user, secret)| (user, Some(secret)));
            password = secret.map(decoded);
            format!("{user}@{host}")
        }
        None => authority.to_owned(),
    };
    let (secret, plain): (Vec<&str>, Vec<&str>) =
        query.into_iter().flat_map(|q| q.split('&')).partition(|part| part.starts_with("password="));
    password = secret.last().and_then(|part| part.split_once('=')).map(|(_, secret)| decoded(secret)).or(password);
    let query = if plain.is_empty() { String::new() } else { format!("?{}", plain.join("&")) };
    (format!("{scheme}://{authority}{path}{query}"), password)
}

/// Undoes `%40` and the like.
fn decoded(text: &str) -> String {
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
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

#[cfg(test)]
mod tests {
    use testkit::{Engine, TestDb};

    use super::*;
    use crate::testing::{TestApp, town::HOME};

    #[test]
    fn a_password_is_no_argument() {
        for (url, open, password) in [
            ("postgres://jw:s3cret@db:5432/jingwei", "postgres://jw@db:5432/jingwei", Some("s3cret")),
            ("postgres://jw:a%40b%3A%25c@db/jingwei?sslmode=require", "postgres://jw@db/jingwei?sslmode=require", Some("a@b:%c")),
            ("postgres://jw@db/jingwei?password=q&host=/run", "postgres://jw@db/jingwei?host=/run", Some("q")),
            ("postgres://jw@db/jingwei", "postgres://jw@db/jingwei", None),
            ("postgres:///jingwei?host=/run/pg", "postgres:///jingwei?host=/run/pg", None),
        ] {
            assert_eq!(without_password(url), (open.to_owned(), password.map(str::to_owned)), "{url}");
            let mut command = Command::new("pg_dump");
            connect(&mut command, url);
            let told: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
            assert_eq!(told, [open]);
            let given = command.get_envs().find(|(name, _)| *name == "PGPASSWORD").and_then(|(_, value)| value);
            assert_eq!(given.and_then(|v| v.to_str()), password);
        }
    }

    testkit::both! {
        /// What was there is there again, and is read with the same key; on PostgreSQL with a password in the address.
        async fn a_district_comes_back_from_its_backup(engine: Engine) {
            let app = TestApp::new(engine).await.with_town().await;
            let body = serde_json::json!({ "text": "楼道灯坏了，单元楼道里的灯不亮", "lon": HOME.0, "lat": HOME.1, "phone": "140-0000-1234" });
            let track = app.visitor().post("/api/v1/reports", &body).await.expect(201).json()["track"].as_str().unwrap().to_owned();
            let report = format!("/api/v1/reports/{track}");
            let place = tempfile::tempdir().unwrap();
            let (from, copy, to) = (&app.config.data, place.path().join("copy"), place.path().join("again"));
            // The cluster of tests asks for no password; one that is given must work all the same.
            let url = app.database.url.replace("://jingwei@", "://jingwei:not-asked-for@");
            Stored { database: url, schema: app.database.options.schema.clone(), demo: false }.write(from).unwrap();
            let own = Place { data: from.clone(), database: None };
            backup(Backup { place: own, to: copy.clone() }).await.unwrap();
            assert!(!copy.join("master.key").exists(), "the key is kept elsewhere");

            let fresh = TestDb::new(engine, &[]).await;
            if engine == Engine::Postgres {
                // A copy brings its schema along.
                fresh.db.read().await.unwrap().execute_query(db::Query::new("drop schema district cascade")).await.unwrap();
            }
            fresh.db.close().await.unwrap();
            let database = (engine == Engine::Postgres).then(|| fresh.url.clone());
            let there = Place { data: to.clone(), database };
            restore(Restore { place: there, from: copy, key: from.join("master.key") }).await.unwrap();
            let again = Place { data: to, database: None }.open().await.unwrap();
            let (then, now) = (app.visitor().get(&report).await, app.visitor().at(&again).get(&report).await);
            let (then, now) = (then.expect(200).json(), now.expect(200).json());
            assert_eq!((&now["code"], &now["steps"], &now["text"]), (&then["code"], &then["steps"], &then["text"]));
            again.db.close().await.unwrap();
        }
    }
}
