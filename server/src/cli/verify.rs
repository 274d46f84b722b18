//! `jingwei verify …`: prove what is stored.

use anyhow::bail;
use clap::Subcommand;

use super::{
    Place,
    admin::{VerifyAuditArgs, verify_audit},
    say,
};
use crate::modules::incidents;

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
    /// The deadlines that are stored are those that the step logs give.
    #[command(
        after_help = "Example: jingwei verify clocks --data ./district\nAfter an upgrade: jingwei verify clocks --repair --data ./district"
    )]
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
