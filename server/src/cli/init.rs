//! `jingwei init` and `jingwei migrate`.

use anyhow::{Context as _, bail};
use clap::Args;
use db::{Db, Durability, Options};
use kernel::Clock;

use super::{
    place::{OWN_DATABASE, Place, Stored},
    say,
};
use crate::{
    app::{self, App, Config},
    modules::{access, catalogue, org},
};

/// Make a district's folder.
#[derive(Args)]
#[command(after_help = "Example: jingwei init --data ./district --code 990101 --name 澄川区")]
pub struct Init {
    #[command(flatten)]
    place: Place,
    /// The district's administrative code of 6 digits (GB/T 2260); set once.
    #[arg(long, default_value = "000000")]
    code: String,
    /// The district's name.
    #[arg(long, default_value = "未命名区")]
    name: String,
    /// The PostgreSQL schema; one for each district of a server.
    #[arg(long, default_value = "jingwei")]
    schema: String,
    /// Mark the data as invented: a ribbon stands on every page.
    #[arg(long)]
    demo: bool,
}

/// Bring the tables up to date.
#[derive(Args)]
#[command(after_help = "Example: jingwei migrate --data ./district")]
pub struct Migrate {
    #[command(flatten)]
    place: Place,
}

/// Makes keys, configuration and tables, seeds what every district needs, and prints the first administrator's link.
pub async fn init(args: Init) -> anyhow::Result<()> {
    let data = &args.place.data;
    if args.code.len() != 6 || !args.code.bytes().all(|b| b.is_ascii_digit()) {
        bail!("--code must be the 6 digits of the district, such as 990101");
    }
    std::fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    if data.join("jingwei.json").exists() {
        bail!("{} holds a district already; `jingwei migrate` brings its tables up to date", data.display());
    }
    let data = &std::path::absolute(data)?;
    let url = args.place.database.clone().unwrap_or_else(|| OWN_DATABASE.to_owned());
    let schema = url.starts_with("postgres").then(|| args.schema.clone());
    let stored = Stored { database: url, schema: schema.clone(), demo: args.demo };
    let db = Db::open_with(&stored.address(data), &Options { schema, ..Options::default() })
        .await
        .context("the database cannot be opened")?;
    app::migrate(&db).await?;
    access::Keys::create(data)?;
    stored.write(data)?;
    let config = Config { data: data.clone(), demo: args.demo, ..Config::default() };
    let app = App::open(db, Clock::System, config).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin();
    org::ensure_root(&mut tx, now, &args.code, &args.name).await?;
    catalogue::seed(&mut tx, now).await?;
    tx.commit().await?;
    app.refresh().await?;
    let link = access::first_link(&app).await?;
    say(format_args!("district {} {} is ready in {}", args.code, args.name, data.display()));
    if let Some(path) = link {
        say(format_args!("first administrator, once, within 24 hours, behind the address of `jingwei serve`: {path}"));
    }
    app.db.close().await?;
    Ok(())
}

/// Runs the migrations that did not run yet.
pub async fn migrate(args: Migrate) -> anyhow::Result<()> {
    let (db, _) = args.place.open_db(2, Durability::Full).await?;
    let ran = app::migrate(&db).await?;
    say(if ran.is_empty() { "the tables are up to date".to_owned() } else { format!("ran {}", ran.join(", ")) });
    db.close().await?;
    Ok(())
}
