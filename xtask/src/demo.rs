//! `cargo xtask demo`: from a fresh clone to a page one can use.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::{
    district::{self, District},
    run::{built, root},
    tools::{self, Tool},
    web,
};

/// What to show, where.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask demo --port 8081 --data /tmp/district --reset")]
pub struct Demo {
    /// How many grids; the described district has 60.
    #[arg(long, default_value_t = 60)]
    grids: usize,
    /// The port on this machine.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The district's folder, relative to the project when it is not absolute.
    #[arg(long, default_value = "demo-data")]
    data: PathBuf,
    /// Make the district anew.
    #[arg(long)]
    reset: bool,
}

/// Lies in every folder that this command made, so that it removes nothing else. Holds the number of grids once the district is whole.
const MARK: &str = "demo-grids";

/// Who logs in, and what he is: the people of the generator's tour.
const PEOPLE: &[(&str, &str)] = &[
    ("zhouyining", "网格员 周以宁（柳荫社区第三网格）"),
    ("shenhe", "网格员 沈禾（代班）"),
    ("hanxi", "网格长 韩溪"),
    ("guan", "社区工作台 顾安（柳荫社区）"),
    ("jiangyue", "街道工作台 江越（临江街道）"),
    ("luheng", "街道分管负责人 陆恒"),
    ("tangxi", "区中心受理调度 唐溪"),
    ("bailu", "回访员 白露"),
    ("shiyan", "督查员 石砚"),
    ("luochuan", "部门联络员 罗川（区城管执法局）"),
    ("dinghe", "部门承办人 丁禾（区市政设施养护中心）"),
    ("xuche", "系统管理员 许澈"),
    ("menglan", "安全管理员 孟岚"),
    ("fangji", "审计管理员 方霁"),
];

/// Builds, makes the district unless it is there, prints the links, and becomes the server.
pub fn demo(arguments: &Demo) -> Result<()> {
    let started = Instant::now();
    tools::need(&[Tool::Compiler, Tool::Node])?;
    let address = format!("127.0.0.1:{}", arguments.port);
    let free = TcpListener::bind(&address).with_context(|| format!("{address} is taken; choose another with --port"))?;
    drop(free);
    web::build()?;
    println!("building the server");
    district::build()?;
    let district = District { data: root().join(&arguments.data), grids: arguments.grids, cases: None, bin: None };
    prepare(&district, arguments.reset)?;
    println!("\nready after {:.0} s; one-time links, each for one log-in:\n", started.elapsed().as_secs_f64());
    println!("  {:<44} http://{address}/m/", "居民（不用登录）");
    for (username, who) in PEOPLE {
        println!("  {who}\n      http://{address}{}", district.link(username)?);
    }
    println!("\nCtrl-C stops the server; `cargo xtask demo` goes on where it was, `--reset` starts anew.\n");
    // We become the server, so that Ctrl-C and the signals of a script reach it and nothing in between.
    let error = Command::new(built("jingwei")?).args(["serve", "--listen", &address, "--data"]).arg(&district.data).exec();
    Err(error).context("the server")
}

/// Makes the district unless it is there, whole and of this size.
fn prepare(district: &District, reset: bool) -> Result<()> {
    let (data, size) = (&district.data, district.grids.to_string());
    let mark = data.join(MARK);
    let there = fs::read_to_string(&mark).ok();
    match there.as_deref().map(str::trim) {
        Some(grids) if grids == size && !reset => return district.migrate(),
        Some(grids) if !grids.is_empty() && !reset => {
            bail!("{} holds a district of {grids} grids; --reset makes it anew, --data names another folder", data.display())
        }
        _ => {}
    }
    if data.exists() {
        ensure!(
            ours(data)?,
            "{} holds something else than an invented district; name another folder with --data",
            data.display()
        );
        fs::remove_dir_all(data).with_context(|| format!("{} cannot be removed", data.display()))?;
    }
    fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    fs::write(&mark, "")?;
    district.make()?;
    fs::write(&mark, size)?;
    Ok(())
}

/// Whether the folder may be removed: this command made it, or it is empty.
fn ours(data: &Path) -> Result<bool> {
    Ok(data.join(MARK).is_file() || data.read_dir()?.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_made_here_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        assert!(ours(dir.path()).unwrap());
        fs::write(dir.path().join("letter.txt"), "dear").unwrap();
        assert!(!ours(dir.path()).unwrap());
        let district = District { data: dir.path().to_owned(), grids: 60, cases: None, bin: None };
        assert!(prepare(&district, true).unwrap_err().to_string().contains("something else"));
        assert!(dir.path().join("letter.txt").is_file());
    }

    #[test]
    fn a_district_of_another_size_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(MARK), "60").unwrap();
        let of = |grids| District { data: dir.path().to_owned(), grids, cases: None, bin: None };
        assert!(prepare(&of(120), false).unwrap_err().to_string().contains("of 60 grids"));
    }
}
