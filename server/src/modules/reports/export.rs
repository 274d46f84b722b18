//! Figures as tables: every rate with its numerator, its denominator and what was left out; what stands open, days, what comes again, and a period
//! that stands beside what is counted now.

use kernel::Result;

use super::{
    actions::Rates,
    live::{self, DayLine, RepeatLine},
    model::{Line, REPORTED, Rate, Share},
};
use crate::table::write::{Cell, Format, file};

/// The table of these rates, the whole in its first row.
pub fn table(rates: &Rates, format: Format) -> Result<Vec<u8>> {
    let head: Vec<String> =
        ["编码", "名称", "上报"].map(str::to_owned).into_iter().chain(Rate::ALL.iter().flat_map(|r| columns(*r))).collect();
    let (head, rows) = (head.iter().map(String::as_str), std::iter::once(&rates.total).chain(&rates.rows).map(cells));
    file(format, head, 2, rows)
}

fn columns(rate: Rate) -> [String; 4] {
    let name = rate.chinese();
    [format!("{name}（%）"), format!("{name}分子"), format!("{name}分母"), format!("{name}剔除")]
}

fn cells(line: &Line) -> Vec<Cell> {
    let mut cells: Vec<Cell> = vec![line.key.as_str().into(), line.name.as_str().into(), line.counts.get(REPORTED).into()];
    for share in &line.rates {
        cells.extend([share.percent.into(), share.numerator.into(), share.denominator.into(), share.excluded.into()]);
    }
    cells
}

/// The columns of [`standing`].
pub const STANDING: [&str; 13] =
    ["编码", "名称", "未办结", "红灯", "黄灯", "绿灯", "停表", "不计时", "不到 1 天", "1–3 天", "3–7 天", "7–30 天", "30 天以上"];

/// What stands open, the whole first, then the parts with the most that are late first.
pub fn standing(mut view: live::View) -> Vec<Vec<Cell>> {
    view.rows.sort_by_key(|line| [-line.light("red"), -line.light("open")]);
    let cells = |line: live::Line| {
        let lights = ["open", "red", "yellow", "green", "paused", "none"].map(|word| line.light(word).into());
        let ages = line.ages.iter().map(|age| age.n.into()).collect::<Vec<_>>();
        [line.key.into(), line.name.into()].into_iter().chain(lights).chain(ages).collect()
    };
    std::iter::once(view.total).chain(view.rows).map(cells).collect()
}

/// The columns of [`days`].
pub const DAYS: [&str; 3] = ["日期", "上报", "办结"];

/// How the days went.
pub fn days(days: Vec<DayLine>) -> Vec<Vec<Cell>> {
    days.into_iter().map(|day| vec![day.date.into(), day.reported.into(), day.resolved.into()]).collect()
}

/// The columns of [`repeats`].
pub const REPEATS: [&str; 6] = ["网格编码", "网格", "事项", "次数", "未办结", "最近一次"];

/// What comes again.
pub fn repeats(lines: Vec<RepeatLine>) -> Vec<Vec<Cell>> {
    let cells = |it: RepeatLine| {
        vec![
            it.place.into(),
            it.place_name.into(),
            it.matter_name.into(),
            it.n.into(),
            it.open.into(),
            it.last_at.to_string().into(),
        ]
    };
    lines.into_iter().map(cells).collect()
}

/// The columns of [`frozen`].
pub const FROZEN: [&str; 11] =
    ["编码", "名称", "指标", "定格（%）", "定格分子", "定格分母", "定格剔除", "现在（%）", "现在分子", "现在分母", "现在剔除"];

/// Every rate of every line as it stands and as it is counted now; a line that is new or gone has nothing on one side.
pub fn frozen(stood: &[Line], now: &[Line]) -> Vec<Vec<Cell>> {
    let of = |lines: &[Line], key: &str, rate| lines.iter().find(|l| l.key == key).and_then(|l| l.rate(rate)).cloned();
    let side = |share: Option<Share>| match share {
        Some(s) => [s.percent.into(), s.numerator.into(), s.denominator.into(), s.excluded.into()],
        None => [Cell::empty(), Cell::empty(), Cell::empty(), Cell::empty()],
    };
    let new = now.iter().filter(|line| stood.iter().all(|l| l.key != line.key));
    let row = |line: &Line, rate: Rate| {
        let head = [line.key.as_str().into(), line.name.as_str().into(), rate.chinese().into()];
        head.into_iter().chain(side(of(stood, &line.key, rate))).chain(side(of(now, &line.key, rate))).collect()
    };
    stood.iter().chain(new).flat_map(|line| Rate::ALL.iter().map(|rate| row(line, *rate)).collect::<Vec<_>>()).collect()
}
