//! What has to be installed, and how to get what is not.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

/// A tool that a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// A C compiler: SQLite and the TLS library are built from source.
    Compiler,
    /// Node with npm.
    Node,
    /// The server programs of PostgreSQL.
    Postgres,
    /// A browser for the journey.
    Browser,
    /// Chinese letters for the browser's pictures.
    Fonts,
}

/// The oldest Node that builds the pages: see `engines` in web/package.json.
const NODE: (u32, u32) = (20, 19);

/// Fails with one line for each tool that is missing.
pub fn need(tools: &[Tool]) -> Result<()> {
    let missing: Vec<&str> = tools.iter().filter(|t| !present(**t)).map(|t| how(*t)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("something is missing:\n  {}", missing.join("\n  "));
}

/// The browser that drives the journey: `CHROMIUM`, or Debian's.
pub fn browser() -> Option<PathBuf> {
    env::var_os("CHROMIUM").map(PathBuf::from).filter(|p| p.is_file()).or_else(|| in_path("chromium"))
}

fn present(tool: Tool) -> bool {
    match tool {
        Tool::Compiler => env::var_os("CC").is_some() || in_path("cc").is_some(),
        Tool::Node => in_path("npm").is_some() && node_version().is_some_and(|v| v >= NODE),
        Tool::Postgres => {
            env::var_os("JINGWEI_TEST_POSTGRES").is_some() || in_path("initdb").is_some() || debian_postgres().is_some()
        }
        Tool::Browser => browser().is_some(),
        // Without fontconfig nobody can say, and the pictures show it.
        Tool::Fonts => Command::new("fc-list").arg(":lang=zh").output().map_or(true, |o| !o.stdout.is_empty()),
    }
}

const fn how(tool: Tool) -> &'static str {
    match tool {
        Tool::Compiler => "a C compiler (`cc`): Debian package `gcc` with `libc6-dev`",
        Tool::Node => "Node 20.19 or later with npm: from nodejs.org, or a Debian package `nodejs` with `npm` that is new enough",
        Tool::Postgres => {
            "PostgreSQL (`initdb`, `postgres`): Debian package `postgresql`, or JINGWEI_TEST_POSTGRES with the URL of a server"
        }
        Tool::Browser => "Chromium: Debian package `chromium`, or CHROMIUM with the path of a browser",
        Tool::Fonts => "Chinese letters: Debian package `fonts-noto-cjk`",
    }
}

/// Where a program lies.
pub fn in_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|p| p.is_file())
}

/// Whether the superuser runs us.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

fn debian_postgres() -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().ok()?;
    versions.filter_map(|v| Some(v.ok()?.path().join("bin/initdb"))).find(|p| p.is_file())
}

fn node_version() -> Option<(u32, u32)> {
    parse_version(&String::from_utf8(Command::new("node").arg("--version").output().ok()?.stdout).ok()?)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(parse_version("v20.20.2\n"), Some((20, 20)));
        assert!(parse_version("v20.9.0") < Some(NODE));
        assert_eq!(parse_version("20"), None);
    }

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        for tool in [Tool::Compiler, Tool::Postgres, Tool::Browser, Tool::Fonts] {
            assert!(how(tool).contains("Debian package `"), "{tool:?}");
        }
    }
}
