//! `jingwei admin …`: what whoever runs the machine does without logging in; and `jingwei verify audit`.
//!
//! Everything here is recorded as done by the system. The rule that says which administrator grants does not bind it; that two of the
//! three offices exclude one another does, since the database says so.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use db::Tx;
use jiff::{Span, civil::Date};
use kernel::{Actor, Error, Result, Time};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    app::App,
    modules::{
        access::{
            Keys,
            actions::{self, NewGrant},
            audit::Audit,
            chain, keys,
            limits::LIMITS,
            model::{self, LinkKind},
            store::{self, NewAccount},
        },
        incidents,
    },
    settings,
};

/// Administer the district from its machine. `P` says where the district lies.
#[derive(Subcommand, Debug)]
pub enum Admin<P: Args> {
    /// Make an API token for a program and print it, alone.
    #[command(after_help = "Example: jingwei admin token --role district-dispatch --data ./district")]
    Token {
        #[command(flatten)]
        place: P,
        #[command(flatten)]
        args: TokenArgs,
    },
    /// Make a one-time link with which somebody logs in the first time, and print its path.
    #[command(after_help = "Example: jingwei admin link --role street-desk --unit 990101001 --name 王芳 --data ./district")]
    Link {
        #[command(flatten)]
        place: P,
        #[command(flatten)]
        args: LinkArgs,
    },
    /// Disable or enable an account.
    #[command(subcommand)]
    Account(Account<P>),
    /// See or set rate limits.
    #[command(subcommand)]
    Limits(Limits<P>),
    /// Set a setting to what a file holds, by the same rules as the page of switches.
    #[command(after_help = "Example: jingwei admin setting district.hotlines hotlines.json --data ./district")]
    Setting {
        /// Its name, such as `district.hotlines`.
        name: String,
        /// The file with its value as JSON.
        file: PathBuf,
        /// Why; kept beside the value.
        #[arg(long, default_value = "set on the command line")]
        reason: String,
        /// Its last day, such as 2026-12-31; what the law limits needs one, a year ahead at most.
        #[arg(long)]
        until: Option<Date>,
        #[command(flatten)]
        place: P,
    },
    /// List the roles that `--role` takes.
    #[command(after_help = "Example: jingwei admin roles --data ./district")]
    Roles {
        #[command(flatten)]
        place: P,
    },
    /// Erase a case that is over: its words, its personal data and its photographs, for good. What figures count stays.
    #[command(after_help = "Example: jingwei admin erase C20260314-0042 --reason 本人申请 --data ./district")]
    Erase {
        #[command(flatten)]
        place: P,
        #[command(flatten)]
        args: EraseArgs,
    },
    /// Make a new master key and wrap every data key under it. Safe while the district is served.
    #[command(after_help = "Example: jingwei admin rotate-key --data ./district")]
    RotateKey {
        #[command(flatten)]
        place: P,
    },
}

/// Which case, and why.
#[derive(Args, Debug)]
pub struct EraseArgs {
    /// The case's number.
    pub code: String,
    /// Why, in words; kept in the audit record without the personal data that it may mention.
    #[arg(long)]
    pub reason: String,
}

/// Who a program acts as.
#[derive(Args, Debug)]
pub struct TokenArgs {
    /// The role, such as `district-dispatch`; `jingwei admin roles` lists them.
    #[arg(long)]
    pub role: String,
    /// The code of the unit in which it holds; the whole district without it.
    #[arg(long)]
    pub unit: Option<String>,
    /// What the token is for.
    #[arg(long, default_value = "command line")]
    pub name: String,
    /// How many days it works, at most 366.
    #[arg(long, default_value_t = 90)]
    pub days: i64,
}

/// Whom a link is for: an account that is there, or a new one with a role.
#[derive(Args, Debug)]
pub struct LinkArgs {
    /// The username of an account that is there.
    #[arg(long, conflicts_with_all = ["role", "unit", "name", "username", "staff_no"])]
    pub account: Option<String>,
    /// The role of a new account.
    #[arg(long, required_unless_present = "account")]
    pub role: Option<String>,
    /// The code of the unit in which it holds; the whole district without it.
    #[arg(long)]
    pub unit: Option<String>,
    /// The name that timelines show; the person's, or else the role's, without it.
    #[arg(long)]
    pub name: Option<String>,
    /// The username; made from the role without it.
    #[arg(long)]
    pub username: Option<String>,
    /// The staff number of the person of the organisation whose account it is.
    #[arg(long)]
    pub staff_no: Option<String>,
    /// The link alone is a full log-in; only where the data is invented.
    #[arg(long)]
    pub demo: bool,
}

/// Disable or enable an account.
#[derive(Subcommand, Debug)]
pub enum Account<P: Args> {
    /// End the account's sessions, tokens and links at once.
    #[command(after_help = "Example: jingwei admin account disable wangfang --data ./district")]
    Disable {
        /// The username.
        username: String,
        #[command(flatten)]
        place: P,
    },
    /// Let the account log in again.
    #[command(after_help = "Example: jingwei admin account enable wangfang --data ./district")]
    Enable {
        /// The username.
        username: String,
        #[command(flatten)]
        place: P,
    },
}

/// See or set rate limits.
#[derive(Subcommand, Debug)]
pub enum Limits<P: Args> {
    /// Every limit as it holds now.
    #[command(after_help = "Example: jingwei admin limits list --data ./district")]
    List {
        #[command(flatten)]
        place: P,
    },
    /// Set one.
    #[command(after_help = "Example: jingwei admin limits set public_reports off --data ./district")]
    Set {
        /// Its name, such as `public_reports`.
        name: String,
        /// `off`, or how many an hour, such as `120/h`.
        value: String,
        /// Why; kept beside the value.
        #[arg(long, default_value = "set on the command line")]
        reason: String,
        #[command(flatten)]
        place: P,
    },
}

impl<P: Args> Admin<P> {
    /// Where the district lies.
    pub const fn place(&self) -> &P {
        match self {
            Self::Token { place, .. }
            | Self::Link { place, .. }
            | Self::Account(Account::Disable { place, .. } | Account::Enable { place, .. })
            | Self::Limits(Limits::List { place } | Limits::Set { place, .. })
            | Self::Setting { place, .. }
            | Self::Roles { place }
            | Self::Erase { place, .. }
            | Self::RotateKey { place } => place,
        }
    }

    /// Does it and says what was done.
    pub async fn run(&self, app: &App, out: &mut impl Write) -> Result<()> {
        match self {
            Self::Token { args, .. } => say(out, &token(app, args).await?),
            Self::Link { args, .. } => say(out, &link(app, args).await?),
            Self::Account(Account::Disable { username, .. }) => set_disabled(app, username, true).await,
            Self::Account(Account::Enable { username, .. }) => set_disabled(app, username, false).await,
            Self::Limits(Limits::List { .. }) => list_limits(app, out).await,
            Self::Limits(Limits::Set { name, value, reason, .. }) => set_limit(app, name, value, reason).await,
            Self::Setting { name, file, reason, until, .. } => {
                let text = std::fs::read(file).map_err(|e| unreadable(file, &e))?;
                let value = serde_json::from_slice(&text).map_err(|e| unreadable(file, &e))?;
                let over = until.map(|day| app.zone.instant(day.saturating_add(Span::new().days(1)).at(0, 0, 0, 0)));
                set_setting(app, name, value, reason, over).await
            }
            Self::Roles { .. } => {
                let roles = app.access.roles.get();
                roles.value.values().try_for_each(|r| say(out, &format!("{}\t{}\t{}", r.key, r.zh, r.en)))
            }
            Self::Erase { args, .. } => say(out, &erase(app, args).await?),
            Self::RotateKey { .. } => {
                let fresh = Keys::rotate(&app.config.data)?;
                let done = keys::rewrap(&app.db, &fresh).await?;
                say(out, &format!("a new master key is in place; {done} keys lie under it now"))
            }
        }
    }
}

fn say(out: &mut impl Write, line: &str) -> Result<()> {
    writeln!(out, "{line}").map_err(Error::internal)
}

/// Makes a token of a new program's account with this role.
pub async fn token(app: &App, args: &TokenArgs) -> Result<String> {
    let (now, path) = (app.clock.now(), path_of(app, args.unit.as_deref())?);
    let username = format!("program-{:08x}", rand::random::<u32>());
    let new = NewAccount { username: &username, name: &args.name, staff_no: None, person: None, program: true, demo: false };
    let mut tx = app.db.begin();
    let account = open_account(app, &mut tx, &new, &args.role, &path).await?;
    let (_, secret) = actions::make_token(&mut tx, now, &Actor::system(), account, &args.name, args.days).await?;
    tx.commit().await?;
    Ok(secret.text().to_owned())
}

/// Makes a link, and the account for it when there is none.
pub async fn link(app: &App, args: &LinkArgs) -> Result<String> {
    if args.demo && !app.config.demo {
        return Err(Error::invalid("demo", "not-a-demo-district"));
    }
    let (now, actor) = (app.clock.now(), Actor::system());
    let path = path_of(app, args.unit.as_deref())?;
    let mut tx = app.db.begin();
    let (account, role) = match (&args.account, &args.role) {
        (Some(username), _) => (account_called(&mut tx, username).await?, None),
        (None, Some(role)) => (new_account(app, &mut tx, args, role, &path).await?, Some(role.as_str())),
        (None, None) => return Err(Error::invalid("role", "required")),
    };
    let kind = match role {
        _ if args.demo => LinkKind::Demo,
        Some("partner") => LinkKind::Partner,
        _ => LinkKind::Invite,
    };
    let link = actions::make_link(&mut tx, now, &actor, account, kind).await?;
    tx.commit().await?;
    Ok(link.path)
}

async fn new_account(app: &App, tx: &mut Tx, args: &LinkArgs, role: &str, path: &str) -> Result<Uuid> {
    let directory = app.org.directory();
    let person = match &args.staff_no {
        Some(no) => Some(directory.value.person_by_staff_no(no).ok_or_else(|| Error::invalid("staff_no", "unknown-staff-no"))?),
        None => None,
    };
    let made_up = format!("{role}-{:06x}", rand::random::<u32>() >> 8);
    let username = model::username(args.username.as_deref().or(args.staff_no.as_deref()).unwrap_or(&made_up))?;
    let roles = app.access.roles.get();
    let title = roles.value.get(role).map(|r| r.zh.as_str());
    let name = args.name.as_deref().or(person.map(|p| p.name)).or(title).unwrap_or(role);
    let (staff_no, person) = (args.staff_no.as_deref(), person.map(|p| p.id.uuid()));
    let new = NewAccount { username: &username, name, staff_no, person, program: false, demo: args.demo };
    open_account(app, tx, &new, role, path).await
}

async fn open_account(app: &App, tx: &mut Tx, new: &NewAccount<'_>, role: &str, path: &str) -> Result<Uuid> {
    let (now, actor) = (app.clock.now(), Actor::system());
    let account = actions::create_account(tx, now, &actor, new).await?;
    let grant = NewGrant { role, path, from_at: None, until_at: None };
    actions::grant_unchecked(app, tx, now, &actor, account, &grant).await?;
    Ok(account)
}

async fn account_called(tx: &mut Tx, username: &str) -> Result<Uuid> {
    let known = store::credentials_of(tx, &model::username(username)?).await?;
    Ok(known.ok_or_else(|| Error::invalid("account", "unknown-account"))?.id)
}

/// The root of the subtree of a unit; the whole district without one.
fn path_of(app: &App, unit: Option<&str>) -> Result<String> {
    let Some(code) = unit else { return Ok("/".to_owned()) };
    let (directory, now) = (app.org.directory(), app.clock.now());
    let state = directory.value.unit_by_code(code).and_then(|u| u.at(now).cloned());
    Ok(state.ok_or_else(|| Error::invalid("unit", "unknown-unit"))?.path)
}

async fn set_disabled(app: &App, username: &str, disabled: bool) -> Result<()> {
    let (now, actor) = (app.clock.now(), Actor::system());
    let mut tx = app.db.begin();
    let account = account_called(&mut tx, username).await?;
    if disabled {
        actions::disable(&mut tx, now, &actor, account).await?;
    } else {
        actions::enable(&mut tx, now, &actor, account).await?;
    }
    tx.commit().await
}

/// Erases a case in the name of whoever runs the machine, and what is not in rows with it.
async fn erase(app: &App, args: &EraseArgs) -> Result<String> {
    let reason = incidents::actions::required("reason", &args.reason, 500)?;
    let (now, system) = (app.clock.now(), Actor::system());
    let mut tx = app.db.begin();
    let found = incidents::store::by_code(&mut tx, args.code.trim()).await?;
    let case = found.ok_or_else(|| Error::invalid("code", "unknown-case"))?;
    let left = incidents::actions::erase(&mut tx, app, &system, &case, incidents::actions::Why::Machine).await?;
    let audit = Audit::new("incident.erasure.reason", "incident", case.id.uuid()).under(&case.owner_path);
    audit.with("reason", text::redact(reason).text).record(&mut tx, now, &system).await?;
    tx.commit().await?;
    incidents::actions::scrub(app, &left).await?;
    Ok(format!("{} is erased, with {} photographs; backups that are older still hold it", case.code, left.photographs()))
}

async fn set_limit(app: &App, name: &str, value: &str, reason: &str) -> Result<()> {
    let rate = value.strip_suffix("/h").unwrap_or(value).parse::<u32>();
    let value = match rate {
        _ if value == "off" => json!("off"),
        Ok(per_hour) => json!({ "per_hour": per_hour }),
        Err(_) => return Err(Error::invalid("value", "bad-limit")),
    };
    set_setting(app, &format!("limit.{name}"), value, reason, None).await
}

async fn set_setting(app: &App, name: &str, value: Value, reason: &str, expires_at: Option<Time>) -> Result<()> {
    let mut tx = app.db.begin();
    let form = actions::SettingForm { value, reason: reason.to_owned(), expires_at };
    actions::set_setting(&mut tx, app, &Actor::system(), name, &form, "command line").await?;
    tx.commit().await
}

/// A file that is not there, or holds no JSON.
fn unreadable(file: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::internal(format!("{}: {why}", file.display()))
}

async fn list_limits(app: &App, out: &mut impl Write) -> Result<()> {
    let set = settings::all(&mut *app.db.read().await?, app.clock.now()).await?;
    for limit in LIMITS {
        let found = set.iter().find(|s| s.name.strip_prefix("limit.") == Some(limit.name)).map(|s| &s.body);
        let shown = match found {
            Some(Value::String(word)) => word.clone(),
            Some(body) => format!("{}/h", body["per_hour"]),
            None => format!("{}/h, {} at once (default)", limit.per_hour, limit.burst),
        };
        say(out, &format!("{}\t{shown}", limit.name))?;
    }
    Ok(())
}

/// What `jingwei verify audit` compares with.
#[derive(Args, Debug)]
pub struct VerifyAuditArgs {
    /// A copy of `audit.anchor` that was kept elsewhere; the one in the district's folder without it.
    #[arg(long)]
    pub anchor: Option<PathBuf>,
}

/// Reads the whole audit record, says what it shows, and answers whether it holds.
pub async fn verify_audit(db: &db::Db, data: &Path, args: &VerifyAuditArgs, out: &mut impl Write) -> Result<bool> {
    // The anchor is read first: what the relay seals meanwhile can only lie behind it.
    let anchor = match &args.anchor {
        Some(path) => Some(chain::kept(path)?.ok_or_else(|| Error::invalid("anchor", "no-such-file"))?),
        None => chain::kept(data)?,
    };
    let report = chain::verify(db, anchor.as_ref()).await?;
    if let Some(number) = report.broken_at {
        say(out, &format!("row {number} was changed, removed or moved; the {} rows before it hold", report.sealed))?;
        return Ok(false);
    }
    let anchored = if report.anchored { "anchored" } else { "no anchor to compare with" };
    say(out, &format!("{} rows hold ({anchored}); {} rows wait to be sealed", report.sealed, report.unsealed_tail))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use axum::http::header;
    use clap::Parser;
    use testkit::Engine;

    use super::*;
    use crate::{modules::access::limits, relay::Relay, testing::TestApp};

    #[derive(Args, Debug)]
    struct Place {
        #[arg(long)]
        data: PathBuf,
    }

    #[derive(Parser, Debug)]
    struct Line {
        #[command(subcommand)]
        admin: Admin<Place>,
    }

    async fn run(app: &TestApp, line: &str) -> Result<String> {
        let words = std::iter::once("admin").chain(line.split(' ')).chain(["--data", "/nowhere"]);
        let line = Line::try_parse_from(words).map_err(Error::internal)?;
        assert_eq!(line.admin.place().data, Path::new("/nowhere"));
        let mut out = Vec::new();
        line.admin.run(app, &mut out).await?;
        Ok(String::from_utf8(out).unwrap().trim_end().to_owned())
    }

    testkit::both! {
        async fn a_token_is_printed_alone_and_works(engine: Engine) {
            let app = TestApp::new(engine).await;
            let token = run(&app, "token --role district-dispatch").await.unwrap();
            let client = app.visitor().with(header::AUTHORIZATION, &format!("Bearer {token}"));
            let session = client.get("/api/v1/session").await.expect(200).json();
            assert_eq!((session["roles"][0]["key"].as_str(), session["roles"][0]["path"].as_str()), (Some("district-dispatch"), Some("/")));
            assert!(run(&app, "token --role king").await.is_err());
            assert!(run(&app, "token --role street-desk --unit 1").await.is_err());
            assert!(run(&app, "roles").await.unwrap().contains("supervisor\t督查员\tSupervisor"));
        }

        async fn links_and_accounts(engine: Engine) {
            let app = TestApp::new(engine).await;
            let path = run(&app, "link --role street-desk --username wang").await.unwrap();
            let follow = async |path: &str| {
                let token = path.rsplit('/').next().unwrap();
                app.visitor().post("/api/v1/session/link", &json!({ "token": token })).await
            };
            let opened = follow(&path).await.expect(200);
            let browser = app.visitor().resume(&opened);
            run(&app, "account disable WANG").await.unwrap();
            browser.get("/api/v1/session").await.refused(401, "unauthenticated");
            run(&app, "account enable wang").await.unwrap();
            let again = run(&app, "link --account wang").await.unwrap();
            let _ = follow(&again).await.expect(200);
            assert!(run(&app, "link --account nobody").await.is_err());
            assert!(run(&app, "link --role street-desk --demo").await.is_err());
            assert!(run(&app, "link").await.is_err());
        }

        async fn limits_hold_at_once(engine: Engine) {
            let app = TestApp::new(engine).await;
            run(&app, "limits set public_reports off").await.unwrap();
            app.refresh().await.unwrap();
            assert!((0..1_000).all(|_| limits::take(&app, "public_reports", "x").is_ok()));
            run(&app, "limits set lookup 1/h").await.unwrap();
            let list = run(&app, "limits list").await.unwrap();
            assert!(list.contains("public_reports\toff") && list.contains("lookup\t1/h") && list.contains("login\t600/h, 120 at once (default)"));
            assert!(run(&app, "limits set lookup never").await.is_err());
            assert!(run(&app, "limits set nothing off").await.is_err());
        }

        async fn a_setting_comes_from_a_file(engine: Engine) {
            let app = TestApp::new(engine).await;
            let file = app.config.data.join("hotlines.json");
            std::fs::create_dir_all(&app.config.data).unwrap();
            let set = async |name: &str, text: &str| {
                std::fs::write(&file, text).unwrap();
                run(&app, &format!("setting {name} {}", file.display())).await
            };
            set("district.hotlines", r#"[{"name": "供水", "phone": "000-5550110"}]"#).await.unwrap();
            app.refresh().await.unwrap();
            let district = app.visitor().get("/api/v1/district").await.expect(200).json();
            assert_eq!(district["hotlines"], json!([{"name": "供水", "phone": "000-5550110"}]));
            for (name, text) in [("district.hotlines", r#"[{"name": ""}]"#), ("district.hotlines", "{"), ("district.nothing", "1")] {
                assert!(set(name, text).await.is_err(), "{name} {text}");
            }
            assert!(run(&app, "setting district.hotlines no-such-file").await.is_err());
            // What the law limits wants its last day here as well: it is over with the midnight after it.
            assert!(set("incidents.result_photos", "true").await.is_err());
            run(&app, &format!("setting incidents.result_photos {} --until 2025-03-12", file.display())).await.unwrap();
            app.refresh().await.unwrap();
            let until = app.access.open_until(&incidents::rules::photos::RESULT_PHOTOS, app.now()).map(|at| at.to_string());
            assert_eq!(until.as_deref(), Some("2025-03-12T16:00:00.000Z"));
        }

        async fn the_record_is_verified_with_its_anchor(engine: Engine) {
            let app = TestApp::new(engine).await;
            app.account(&[("street-desk", "/")], None).await;
            let mut relay = Relay::new(&app).await.unwrap();
            let check = async |args: &VerifyAuditArgs| {
                let mut out = Vec::new();
                let holds = verify_audit(&app.db, &app.config.data, args, &mut out).await.unwrap();
                (holds, String::from_utf8(out).unwrap())
            };
            let here = VerifyAuditArgs { anchor: None };
            assert_eq!(check(&here).await, (true, "0 rows hold (no anchor to compare with); 2 rows wait to be sealed\n".to_owned()));
            relay.step(&app).await.unwrap();
            assert_eq!(check(&here).await, (true, "2 rows hold (anchored); 0 rows wait to be sealed\n".to_owned()));
            // An anchor that was kept elsewhere knows of rows that this record lacks.
            let kept = app.config.data.join("kept.anchor");
            std::fs::write(&kept, "3 01ab\n").unwrap();
            assert!(!check(&VerifyAuditArgs { anchor: Some(kept) }).await.0);
            run(&app, "rotate-key").await.unwrap();
        }
    }
}
