//! `jingwei import addresses`: compounds or buildings from GeoJSON, so that residents find their grid by an address.

use std::{io::Write, path::PathBuf};

use clap::Args;
use db::Db;
use geo::Datum;
use kernel::{Clock, Result};

use super::import_orgs::tell;
use crate::{
    modules::org::{
        AddressKind,
        import::{self, AddressOptions},
    },
    table::read_file,
};

/// Takes the address book from a GeoJSON file of polygons, plain or packed with gzip.
///
/// Properties: name, address, and for a building its compound. A file replaces the whole book of its kind. Names of people, telephone numbers and
/// doors do not belong into it: everybody may search it.
#[derive(Args, Debug)]
pub struct AddressArgs {
    /// The file.
    pub file: PathBuf,
    /// What the file holds: compound or building.
    #[arg(long, value_parser = kind)]
    pub kind: AddressKind,
    /// What its coordinates are in: wgs84, gcj02, bd09 or cgcs2000.
    #[arg(long, default_value = "wgs84")]
    pub datum: Datum,
    /// Only say what it would do.
    #[arg(long)]
    pub dry_run: bool,
}

fn kind(text: &str) -> Result<AddressKind, String> {
    AddressKind::ALL.iter().copied().find(|k| k.word() == text).ok_or_else(|| "expected compound or building".to_owned())
}

/// Runs `jingwei import addresses` on an open district and says what it did. Whether everything was taken is the answer.
pub async fn addresses(db: &Db, clock: &Clock, args: &AddressArgs, out: &mut impl Write) -> Result<bool> {
    let options = AddressOptions { kind: args.kind, datum: args.datum, dry_run: args.dry_run };
    let report = match read_file(&args.file) {
        Ok(bytes) => import::addresses(db, clock.now(), bytes, options).await?,
        Err(error) => error.into(),
    };
    tell(&report, out)
}
