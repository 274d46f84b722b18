//! A private PostgreSQL from Debian's package, for tests and benches.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a cluster is started.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether COMMIT waits for the disk: off for tests, on for benches. Without it the data lies in [`scratch`](crate::scratch).
    pub fsync: bool,
    /// How texts without a collation of their own are compared.
    pub order: Order,
}

/// The default collation of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By bytes of UTF-8, as a fresh installation in the locale `C.UTF-8`.
    Bytes,
    /// As a Chinese dictionary (ICU), which no list of ours should follow: shows a forgotten collation.
    Chinese,
}

impl Default for Settings {
    fn default() -> Self {
        Self { fsync: false, order: Order::Chinese }
    }
}

/// A running server with an empty database. It stops, and its folder is removed, on drop, and also when the process ends in any other way.
#[derive(Debug)]
pub struct Cluster {
    /// A shell that holds the server and ends it when our end of its input closes.
    keeper: Child,
    dir: TempDir,
}

impl Cluster {
    /// Starts a server for tests.
    pub fn start() -> Result<Self> {
        Self::start_with(Settings::default())
    }

    /// Starts a server; returns when it answers.
    pub fn start_with(settings: Settings) -> Result<Self> {
        let bin = binaries()?;
        let place = if settings.fsync { std::env::temp_dir() } else { crate::scratch().to_owned() };
        let dir = tempfile::Builder::new().prefix("jingwei-pg-").tempdir_in(place).context("a folder for PostgreSQL")?;
        let socket = dir.path().join(".s.PGSQL.5432");
        ensure!(socket.as_os_str().len() < 104, "the path of the socket {} is too long; set TMPDIR", socket.display());
        let user = unprivileged(dir.path())?;
        init(&bin, dir.path(), user.as_deref(), settings.order)?;
        let mut keeper = keep(&bin, dir.path(), user.as_deref(), settings.fsync)?;
        if let Err(error) = wait_until_ready(dir.path(), &mut keeper) {
            drop(Self { keeper, dir });
            return Err(error);
        }
        Ok(Self { keeper, dir })
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://jingwei@localhost/postgres?host={}", self.dir.path().display())
    }

    /// The folder that holds its socket, data and log.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The folder that holds both `initdb` and `postgres`; the newest version when Debian installed several.
fn binaries() -> Result<PathBuf> {
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates: Vec<PathBuf> = std::env::split_paths(&in_path).collect();
    let version = |p: &Path| p.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse::<u32>().ok());
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter_map(|path| Some((version(&path)?, path.join("bin"))))
        .collect();
    debian.sort();
    candidates.extend(debian.into_iter().rev().map(|(_, bin)| bin));
    candidates
        .into_iter()
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .context("PostgreSQL is not installed: no `initdb` and `postgres` in PATH or /usr/lib/postgresql. Install the Debian package `postgresql`, or set JINGWEI_TEST_POSTGRES to the URL of a server")
}

/// PostgreSQL refuses to run as root: the folder then goes to `postgres` or else `nobody`, whose name is returned.
fn unprivileged(dir: &Path) -> Result<Option<String>> {
    // The folder is ours, so its owner is who we are; the standard library has no other way to ask.
    if fs::metadata(dir)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    for name in ["postgres", "nobody"] {
        let fields = users.lines().map(|l| l.split(':').collect::<Vec<_>>()).find(|f| f.len() > 3 && f[0] == name);
        if let Some(fields) = fields {
            chown(dir, Some(fields[2].parse()?), Some(fields[3].parse()?))?;
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
            return Ok(Some(name.to_owned()));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`")
}

/// A command in the folder, run as `user` when one is given.
fn command(program: &Path, dir: &Path, user: Option<&str>) -> Command {
    let mut command = match user {
        Some(user) => {
            let mut c = Command::new("runuser");
            c.args(["-u", user, "--"]).arg(program);
            c
        }
        None => Command::new(program),
    };
    command.current_dir(dir).env("LC_ALL", "C").env_remove("PGDATA");
    command
}

fn init(bin: &Path, dir: &Path, user: Option<&str>, order: Order) -> Result<()> {
    let mut initdb = command(&bin.join("initdb"), dir, user);
    initdb.args(["-D", "data", "-U", "jingwei", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N", "--no-instructions"]);
    if order == Order::Chinese {
        initdb.args(["--locale-provider=icu", "--icu-locale=zh"]);
    }
    let done = initdb.stdin(Stdio::null()).output().context("initdb")?;
    ensure!(done.status.success(), "initdb failed: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

/// Starts the server under a shell which waits for the end of its input. The pipe closes when our process ends, even by a kill, so no
/// server is left behind. A process group of its own keeps a Ctrl-C of the terminal from ending the shell before it tidied up.
fn keep(bin: &Path, dir: &Path, user: Option<&str>, fsync: bool) -> Result<Child> {
    const SCRIPT: &str = r#"
dir=$1; shift
"$@" >"$dir/log" 2>&1 </dev/null &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server"
cd / && rm -rf "$dir"
"#;
    let on = if fsync { "on" } else { "off" };
    command(Path::new("/bin/sh"), dir, user)
        .args(["-c", SCRIPT, "keeper"])
        .arg(dir)
        .arg(bin.join("postgres"))
        .args(["-D", "data", "-k"])
        .arg(dir)
        .args(["-c", "listen_addresses=", "-c", "max_connections=400", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"])
        .args(["-c", &format!("fsync={on}"), "-c", &format!("synchronous_commit={on}"), "-c", &format!("full_page_writes={on}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("starting PostgreSQL")
}

/// The server writes `ready` on the last line of its pid file when it takes connections.
fn wait_until_ready(dir: &Path, keeper: &mut Child) -> Result<()> {
    let start = Instant::now();
    loop {
        let ready = fs::read_to_string(dir.join("data/postmaster.pid")).is_ok_and(|t| t.trim_end().ends_with("ready"));
        if ready {
            return Ok(());
        }
        let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
        let ended = keeper.try_wait()?.is_some() || log.contains("FATAL:");
        ensure!(!ended && start.elapsed() < PATIENCE, "PostgreSQL did not start: {log}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_runs_and_leaves_nothing() {
        let cluster = Cluster::start_with(Settings { fsync: true, order: Order::Bytes }).unwrap();
        let dir = cluster.dir().to_owned();
        let pid = fs::read_to_string(dir.join("data/postmaster.pid")).unwrap().lines().next().unwrap().to_owned();
        let process = Path::new("/proc").join(pid);
        assert!(process.exists());
        assert!(dir.join(".s.PGSQL.5432").exists());
        drop(cluster);
        assert!(!process.exists());
        assert!(!dir.exists());
    }
}
