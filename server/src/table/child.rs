//! Workbooks are read by a child of this program with little memory and little time, since a small file can describe a large one in more ways than its
//! packed sizes show: one long text that a hundred thousand cells name, entities within entities. What goes wrong there is an answer here.

use std::{
    io::{BufRead as _, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::{Cells, Fault, LARGEST_FILE, Unreadable, sheet};

/// The hidden command of the child.
pub const COMMAND: &str = "read-sheet";
/// Memory of the child beyond the packed file itself.
const MEMORY: u64 = 256 << 20;
/// Processor time of the child, in seconds; a million rows take a third of it.
const SECONDS: u64 = 60;
/// The longest answer that is taken: four bytes of text for each byte of the largest workbook that is unpacked.
pub(super) const MOST_ANSWER: usize = 400 << 20;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// From now on workbooks are read by a child of this program. Without it, in tests of slices, they are read in this process.
pub fn read_by(program: PathBuf) {
    // Whoever comes second means the same program.
    let _ = PROGRAM.set(program);
}

pub(super) fn program() -> Option<&'static Path> {
    PROGRAM.get().map(PathBuf::as_path)
}

pub(super) fn too_much() -> Unreadable {
    Unreadable::new("拒绝打开：读这个文件要用的内存或时间太多", "refused: reading the file would take too much memory or time")
}

/// A line of the child's answer.
#[derive(Serialize, Deserialize)]
enum Line {
    Row(usize, Vec<String>),
    Fault(Fault),
    Unreadable(String, String),
    End,
}

/// The child: limits itself, reads a workbook from standard input, and writes its rows, a line each.
///
/// # Errors
/// When the limits cannot be set, or nobody reads the answer.
pub fn serve() -> std::io::Result<()> {
    let mut bytes = Vec::new();
    limit(LARGEST_FILE)?;
    std::io::stdin().take(LARGEST_FILE).read_to_end(&mut bytes)?;
    limit(bytes.len() as u64)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut broken = None;
    let done = sheet::each(bytes, &mut |row| {
        let line = match row {
            Ok((number, cells)) => Line::Row(number, cells),
            Err(fault) => Line::Fault(fault),
        };
        write(&mut out, &line).map_err(|e| {
            broken = Some(e);
            too_much()
        })
    });
    if let Some(error) = broken {
        return Err(error);
    }
    write(&mut out, &done.map_or_else(|e| Line::Unreadable(e.zh, e.en), |()| Line::End))?;
    out.flush()
}

fn write(out: &mut impl Write, line: &Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn limit(file: u64) -> std::io::Result<()> {
    let at_most = |n| Rlimit { current: Some(n), maximum: Some(n) };
    setrlimit(Resource::Data, Rlimit { current: Some(MEMORY + 2 * file), maximum: None })?;
    setrlimit(Resource::Cpu, at_most(SECONDS))?;
    setrlimit(Resource::Fsize, at_most(0))?;
    Ok(setrlimit(Resource::Core, at_most(0))?)
}

/// Has a workbook read by the child.
pub(super) fn ask(program: &Path, bytes: Vec<u8>) -> Result<Vec<Result<Cells, Fault>>, Unreadable> {
    let run = || exchange(program, bytes);
    // A worker of the runtime makes room for the others while it waits.
    let on_worker =
        tokio::runtime::Handle::try_current().is_ok_and(|h| h.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread);
    let answer = if on_worker { tokio::task::block_in_place(run) } else { run() };
    let mut rows = vec![];
    for line in answer.map_err(|_| too_much())?.lines() {
        match line.ok().and_then(|l| serde_json::from_str(&l).ok()) {
            Some(Line::Row(number, cells)) => rows.push(Ok((number, cells))),
            Some(Line::Fault(fault)) => rows.push(Err(fault)),
            Some(Line::Unreadable(zh, en)) => return Err(Unreadable::new(zh, en)),
            Some(Line::End) => return Ok(rows),
            None => break,
        }
    }
    // The child ended in the middle of its answer: a limit was met.
    Err(too_much())
}

/// The child's whole answer; it is killed when it takes too long or says too much.
fn exchange(program: &Path, bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let mut child = Ended(
        Command::new(program)
            .arg(COMMAND)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?,
    );
    let (stdin, stdout) = (child.0.stdin.take(), child.0.stdout.take());
    thread::scope(|scope| {
        // A child that ends early closes its end, which is told by what it answered.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(&bytes)));
        let reading = scope.spawn(move || {
            let mut answer = Vec::new();
            let read = stdout.map(|pipe| pipe.take(MOST_ANSWER as u64).read_to_end(&mut answer));
            read.unwrap_or(Ok(0)).map(|_| answer)
        });
        let deadline = Instant::now() + Duration::from_secs(2 * SECONDS);
        while !reading.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        child.end();
        reading.join().unwrap_or_else(|_| Err(std::io::Error::other("the answer could not be read")))
    })
}

/// A child that is gone when this is dropped.
struct Ended(Child);

impl Ended {
    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.end();
    }
}
