//! `jingwei import portraits`: portraits of staff from a folder of pictures.

use std::{io::Write, path::PathBuf};

use clap::Args;
use kernel::{Error, Result};

use super::import_orgs::say;
use crate::{
    app::App,
    modules::org::{Given, give},
};

/// Takes the portraits of staff from the pictures of a folder, each named by a staff number, such as `100123.jpg`; JPEG, PNG or WebP.
///
/// All or none are taken. Somebody who has a portrait gets the new one.
#[derive(Args, Debug)]
pub struct PortraitsArgs {
    /// The folder.
    pub folder: PathBuf,
}

/// Runs `jingwei import portraits` on an open district and says what it did. Whether everything was taken is the answer.
///
/// # Errors
/// When the folder cannot be read, and faults of the database.
pub async fn portraits(app: &App, args: &PortraitsArgs, out: &mut impl Write) -> Result<bool> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(&args.folder)
        .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect())
        .map_err(Error::internal)?;
    files.sort();
    let mut pictures = vec![];
    for file in files.iter().filter(|f| f.is_file()) {
        let staff_no = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        pictures.push(Given { staff_no, bytes: std::fs::read(file).map_err(Error::internal)? });
    }
    let read = pictures.len();
    let wrong = give(app, pictures).await?;
    for (staff_no, why) in &wrong {
        say(out, format_args!("{staff_no}: {why}"))?;
    }
    if wrong.is_empty() {
        say(out, format_args!("{read} portraits"))?;
    }
    Ok(wrong.is_empty())
}
