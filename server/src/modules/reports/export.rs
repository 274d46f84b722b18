//! Figures as tables: every rate with its numerator, its denominator and what was left out; what stands open, days, what comes again, and a period
//! that stands beside what is counted now.

use super::{
    actions::Rates,
    live::{self, DayLine, RepeatLine},
    model::{By, Line, REPORTED, Rate, Share},
};
use crate::{
    lang::Lang,
    modules::catalogue::Catalogue,
    table::{column::Column, write::Cell},
};

/// The English name of a line that is a matter.
pub fn english(catalogue: &Catalogue, by: By, key: &str) -> Option<String> {
    if by == By::Matter { catalogue.matter(key.parse().ok()?)?.english() } else { None }
}

/// What the lines of a table are called in a reader's language.
pub struct Names<'a> {
    /// The language; none for another program.
    pub lang: Option<Lang>,
    /// What a line is.
    pub by: By,
    /// Where matters have their English names.
    pub catalogue: &'a Catalogue,
}

impl Names<'_> {
    fn of(&self, key: &str, name: &str) -> Cell {
        match (self.lang, self.by) {
            (Some(lang), By::Channel) => lang.term("channel", key).into(),
            (Some(lang), by) => lang.named(name, english(self.catalogue, by, key).as_deref()).into(),
            (None, _) => name.into(),
        }
    }
}

/// The columns of [`rates`].
pub fn rate_columns(lang: Option<Lang>) -> Vec<Column> {
    let lang = lang.unwrap_or_default();
    let parts = ["percent", "numerator", "denominator", "excluded"].map(|part| lang.paper(part));
    let of = |rate: &Rate| parts.map(|part| Column::named(format!("{}{part}", lang.term("rate", rate.word()))));
    ["编码", "名称", "上报"].map(Column::plain).into_iter().chain(Rate::ALL.iter().flat_map(of)).collect()
}

/// The lines of these rates, the whole first.
pub fn rates(rates: &Rates, names: &Names<'_>) -> Vec<Vec<Cell>> {
    let line = |line: &Line, name: Cell| {
        let shares =
            line.rates.iter().flat_map(|s| [s.percent.into(), s.numerator.into(), s.denominator.into(), s.excluded.into()]);
        [line.key.as_str().into(), name, line.counts.get(REPORTED).into()].into_iter().chain(shares).collect()
    };
    let whole = line(&rates.total, rates.total.name.as_str().into());
    std::iter::once(whole).chain(rates.rows.iter().map(|l| line(l, names.of(&l.key, &l.name)))).collect()
}

/// The columns of [`standing`].
pub const STANDING: [&str; 13] =
    ["编码", "名称", "未办结", "红灯", "黄灯", "绿灯", "停表", "不计时", "不到 1 天", "1–3 天", "3–7 天", "7–30 天", "30 天以上"];

/// What stands open, the whole first, then the parts with the most that are late first.
pub fn standing(mut view: live::View, names: &Names<'_>) -> Vec<Vec<Cell>> {
    view.rows.sort_by_key(|line| [-line.light("red"), -line.light("open")]);
    let cells = |line: live::Line, name: Cell| {
        let lights = ["open", "red", "yellow", "green", "paused", "none"].map(|word| line.light(word).into());
        let ages = line.ages.iter().map(|age| age.n.into()).collect::<Vec<_>>();
        [line.key.into(), name].into_iter().chain(lights).chain(ages).collect()
    };
    let whole = view.total.name.as_str().into();
    let parts = view.rows.into_iter().map(|line| {
        let name = names.of(&line.key, &line.name);
        cells(line, name)
    });
    std::iter::once(cells(view.total, whole)).chain(parts).collect()
}

/// The columns of [`days`].
pub const DAYS: [&str; 3] = ["日期", "上报", "办结"];

/// How the days went.
pub fn days(days: Vec<DayLine>) -> Vec<Vec<Cell>> {
    days.into_iter().map(|day| vec![day.date.into(), day.reported.into(), day.resolved.into()]).collect()
}

/// The columns of [`repeats`].
pub const REPEATS: [Column; 6] = [
    Column::plain("网格编码"),
    Column::plain("网格"),
    Column::plain("事项"),
    Column::plain("次数"),
    Column::plain("未办结"),
    Column::at("最近一次"),
];

/// What comes again.
pub fn repeats(lines: Vec<RepeatLine>, lang: Option<Lang>) -> Vec<Vec<Cell>> {
    let cells = |it: RepeatLine| {
        vec![
            it.place.into(),
            it.place_name.into(),
            lang.unwrap_or_default().named(&it.matter_name, it.matter_en.as_deref()).into(),
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
pub fn frozen(stood: &[Line], now: &[Line], names: &Names<'_>) -> Vec<Vec<Cell>> {
    let of = |lines: &[Line], key: &str, rate| lines.iter().find(|l| l.key == key).and_then(|l| l.rate(rate)).cloned();
    let side = |share: Option<Share>| match share {
        Some(s) => [s.percent.into(), s.numerator.into(), s.denominator.into(), s.excluded.into()],
        None => [Cell::empty(), Cell::empty(), Cell::empty(), Cell::empty()],
    };
    let new = now.iter().filter(|line| stood.iter().all(|l| l.key != line.key));
    let row = |line: &Line, rate: Rate| {
        let said = names.lang.unwrap_or_default().term("rate", rate.word());
        let head = [line.key.as_str().into(), names.of(&line.key, &line.name), said.into()];
        head.into_iter().chain(side(of(stood, &line.key, rate))).chain(side(of(now, &line.key, rate))).collect()
    };
    stood.iter().chain(new).flat_map(|line| Rate::ALL.iter().map(|rate| row(line, *rate)).collect::<Vec<_>>()).collect()
}
