//! `jingwei import portraits`: portraits of staff from a folder of pictures.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use kernel::{Error, Result};

use super::import_orgs::say;
use crate::{
    app::App,
    modules::org::{Given, give},
};

/// Takes the portraits of staff from the pictures of a folder, each named by a staff number, such as `100123.jpg`; JPEG, PNG or WebP.
///
/// All or none are taken; files of other kinds are passed over. Somebody who has a portrait gets the new one.
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
    let (pictures, others): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().filter(|f| f.is_file()).partition(|f| is_picture(f));
    for file in &others {
        say(out, format_args!("{}: passed over, no picture", file.display()))?;
    }
    let staff_no = |file: &Path| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let pictures: Vec<Given> = pictures.into_iter().map(|file| Given { staff_no: staff_no(&file), file }).collect();
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

fn is_picture(file: &Path) -> bool {
    let ending = file.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    ["jpg", "jpeg", "png", "webp"].contains(&ending.as_str())
}
