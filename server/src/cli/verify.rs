//! `jingwei verify …`: prove what is stored.

use anyhow::bail;
use blob::{Found, Key};
use clap::Subcommand;

use super::{
    Place,
    admin::{VerifyAuditArgs, verify_audit},
    say,
};
use crate::{app::App, modules::incidents};

/// Prove what is stored.
#[derive(Subcommand)]
pub enum Verify {
    /// No sealed row of the audit record was changed, removed, moved or added.
    #[command(after_help = "Example: jingwei verify audit --data ./district --anchor ./kept-elsewhere/audit.anchor")]
    Audit {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        args: VerifyAuditArgs,
    },
    /// Print a fingerprint of every table, and of every file of photographs: a restored district has the same as the one that was backed up. Nobody
    /// should write meanwhile.
    #[command(after_help = "Example: jingwei verify digest --data ./restored")]
    Digest {
        #[command(flatten)]
        place: Place,
    },
    /// The deadlines that are stored are those that the step logs give.
    #[command(after_help = "Example: jingwei verify clocks --repair --data ./district")]
    Clocks {
        #[command(flatten)]
        place: Place,
        /// Write what the step logs give where something else is stored, as an older version may have left it; each repair is in the
        /// audit record. Safe while the server runs.
        #[arg(long)]
        repair: bool,
    },
}

/// Runs a check; a failed check is a failed command.
pub async fn run(what: Verify) -> anyhow::Result<()> {
    match what {
        Verify::Audit { place, args } => {
            let app = place.open().await?;
            let sound = verify_audit(&app.db, &place.data, &args, &mut std::io::stdout()).await?;
            app.db.close().await?;
            if sound { Ok(()) } else { bail!("the audit record was tampered with") }
        }
        Verify::Digest { place } => {
            let app = place.open().await?;
            for table in app.db.digest().await? {
                say(format_args!("{}\t{}\t{}", table.table, table.rows, Key::from_bytes(table.sum)));
            }
            let (files, sum) = files(&app).await?;
            app.db.close().await?;
            say(format_args!("files\t{files}\t{sum}"));
            Ok(())
        }
        Verify::Clocks { place, repair } => {
            let app = place.open().await?;
            let check = if repair { incidents::verify::repair(&app).await } else { incidents::verify::clocks(&app).await };
            let report = check?;
            app.db.close().await?;
            if repair {
                say(format_args!("{} cases repaired", report.repaired));
            }
            if report.differences > 0 {
                bail!("{} of {} cases differ, among them {}", report.differences, report.cases, report.differing.join(", "));
            }
            say(format_args!("{} cases: every stored deadline is the one that its steps give", report.cases));
            Ok(())
        }
    }
}

/// How many contents there are, and one sum over the names of all of them. One that is not what its name says is a fault.
async fn files(app: &App) -> anyhow::Result<(usize, Key)> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = app.blob.list(after, 500).await?;
        let Some(last) = page.last() else { return Ok((names.len() / 32, Key::of(&names))) };
        after = Some(last.key);
        for entry in &page {
            if app.blob.verify(entry.key).await? != Found::Sound {
                bail!("the content {} is not what its name says", entry.key);
            }
            names.extend(entry.key.bytes());
        }
    }
}
