//! Deadlines as a pure function of (step log, calendar, rule): the instants at which the light turns.
//!
//! A case has several clocks, and the light turns at the earliest instant of those that run:
//! - **accept** runs from the offer to a lead until a lead takes it on; a new offer before that does not start it again.
//! - **handle** runs from the opening (立案) until the case is solved. It never starts again on a return or a new dispatch; it stands
//!   still while a result is being verified or the case is paused, and goes on with what was left.
//! - **stage** clocks are limits on the way (停工, 处罚, 拆除), each counted like the handle clock until it is reached.
//! - **order** is the deadline of an order from above, less the margin. It is an instant: neither a pause nor an extension of ours moves
//!   it, so the case is due at the earlier of the two (rules of the field, 3: min(catalogue, upstream − margin)). An order that was
//!   merged into the case is one more such clock until it is taken out again.
//!
//! No clock overrules another; one that ended late leaves the mark `late`. A light that has turned never turns back without a pause or
//! an extension: when the matter is corrected, the whole history of the round is counted again under the other rule, with its pauses and
//! extensions, and what had turned by the old rule stays turned. A case that becomes an emergency is not counted again: what runs has at
//! most the emergency's limits from then on, and what has ended keeps its verdict.

use kernel::{Result, Time, Zone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{model::Rule, rules::warning::STANDARD};
use crate::modules::catalogue::{Calendar, Limit, Unit};

/// What a step did to the clocks; kept with the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The case is opened (立案), or opened again in a new round: every clock starts anew with the rule of that moment, a pause ends.
    Open {
        /// The frozen rule.
        rule: Rule,
        /// The deadline that an order from above brings, less the margin.
        upstream: Option<Time>,
    },
    /// The matter was corrected: the round is counted again from its opening under another rule, with all that happened in it.
    Rule {
        /// The other rule.
        rule: Rule,
    },
    /// The case became an emergency: from now on nothing that is left may be longer than this rule allows. Nothing starts anew, and nothing
    /// comes later than it would have.
    Hasten {
        /// The emergency's rule.
        rule: Rule,
    },
    /// The task is offered to a lead: the accept clock starts, unless it runs already.
    Offer,
    /// The lead takes it on: the accept clock ends.
    TakeOn,
    /// A stage on the way is reached: its clock ends.
    Reach {
        /// The stage's name in the rule.
        stage: String,
    },
    /// The case is solved: what is left stands still, a pause ends.
    Resolve,
    /// The result was not accepted, or the end was undone: the clocks go on with what was left.
    Return,
    /// A pause begins: every clock of ours stands still.
    Pause,
    /// The pause ends.
    Resume,
    /// More time was granted on the handle clock and on the stages that are not reached; while the clocks stand still it is added when
    /// they go on.
    Extend {
        /// How much, counted from the deadline or, when that is over, from now.
        by: Limit,
    },
    /// The case ends without a solution (refused, merged, void), a pause too.
    End,
    /// An order from above was merged into the case: its deadline is a clock too, as that of the case's own order.
    Bind {
        /// The case that the order came with.
        order: Uuid,
        /// The deadline, less the margin.
        due: Time,
    },
    /// That order was taken out again, and its clock with it.
    Unbind {
        /// The case that the order came with.
        order: Uuid,
    },
}

/// The orders from above that bind a case by its log: its own, and those that were merged into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    own: Option<Time>,
    merged: Vec<(Uuid, Time)>,
}

impl Orders {
    /// After these events.
    pub fn of<'e>(log: impl IntoIterator<Item = &'e Event>) -> Self {
        let (mut orders, mut opened) = (Self::default(), false);
        for event in log {
            match event {
                Event::Open { upstream, .. } => {
                    orders.own = *upstream;
                    if std::mem::replace(&mut opened, true) {
                        orders.merged.clear();
                    }
                }
                Event::Bind { order, due } => {
                    orders.merged.retain(|(o, _)| o != order);
                    orders.merged.push((*order, *due));
                }
                Event::Unbind { order } => orders.merged.retain(|(o, _)| o != order),
                _ => {}
            }
        }
        orders
    }

    /// The deadline that comes first.
    pub fn earliest(&self) -> Option<Time> {
        self.own.into_iter().chain(self.merged.iter().map(|(_, due)| *due)).min()
    }

    /// What binds a new round of those that were merged into the case: as of its own order, what lies ahead.
    pub fn ahead(&self, now: Time) -> impl Iterator<Item = Event> {
        self.merged.iter().filter(move |(_, due)| *due > now).map(|(order, due)| Event::Bind { order: *order, due: *due })
    }
}

/// The instants that are saved with the case; null where no clock runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instants {
    /// From here on only so much of a limit is left as the rule warns at: a fifth, unless the district says otherwise.
    pub yellow_at: Option<Time>,
    /// From here on a limit is exceeded.
    pub red_at: Option<Time>,
    /// When the case has to be solved.
    pub due_at: Option<Time>,
    /// When the task has to be taken on.
    pub accept_by: Option<Time>,
    /// When the next stage on the way has to be reached.
    pub stage_by: Option<Time>,
    /// Whether a clock of this round ended late or is past its limit at the last step.
    pub late: bool,
    /// Whether the case is paused.
    pub paused: bool,
    /// Whether a clock for solving it ended late in any round: what figures count, since a new round starts its own light anew.
    pub overran: bool,
}

/// The calendar and the zone that every computation needs.
#[derive(Clone, Copy)]
pub struct Days<'a> {
    /// Working days and shifts.
    pub calendar: &'a Calendar,
    /// The district's zone.
    pub zone: Zone,
}

impl Days<'_> {
    /// Milliseconds from `a` to `b`, of working time or of all time; zero when `b` is not after `a`.
    fn between(&self, working: bool, a: Time, b: Time) -> Result<i64> {
        if b <= a {
            Ok(0)
        } else if working {
            self.calendar.working_millis_between(self.zone, a, b)
        } else {
            Ok(b - a)
        }
    }

    fn advance(&self, working: bool, from: Time, millis: i64) -> Result<Time> {
        if working { self.calendar.add_working_millis(self.zone, from, millis) } else { Ok(from.plus_millis(millis)) }
    }

    /// When so many percent are left of what runs from `from` to `red`.
    fn yellow(&self, working: bool, (from, red): (Time, Time), left: i64) -> Result<Time> {
        let whole = self.between(working, from, red)?;
        Ok(self.advance(working, from, whole - whole * left / 100)?.min(red))
    }
}

/// A clock of its own beside those of a case, such as a review's: when so many percent of its limit are left, and when it is over.
///
/// # Errors
/// `Refused` with the year when the calendar does not know a year that a working limit runs through.
pub fn alone(days: &Days<'_>, at: Time, limit: Limit, left: i64) -> Result<(Time, Time)> {
    Clock::start(days, at, limit, left).map(|clock| (clock.yellow, clock.red))
}

/// Replays the events of a case and says what its clocks show after the last one.
///
/// # Errors
/// `Refused` with the year when the calendar does not know a year that a working limit runs through.
pub fn replay<'e>(days: &Days<'_>, events: impl IntoIterator<Item = (Time, &'e Event)>) -> Result<Instants> {
    Ok(Clocks::of(days, events)?.instants())
}

db::words! {
    /// Which clock.
    pub enum Which {
        /// 接单时限
        Accept = "accept",
        /// 办理时限
        Handle = "handle",
        /// 阶段时限
        Stage = "stage",
        /// 上级时限
        Order = "order",
    }
}

/// One clock as it stands after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// Which.
    pub which: Which,
    /// The stage's name.
    pub stage: Option<String>,
    /// When it is due; while it stands still, when it was due before.
    pub due: Time,
    /// Whether it runs.
    pub runs: bool,
}

/// One clock: its end moves when it stands still.
#[derive(Clone, Debug)]
struct Clock {
    yellow: Time,
    red: Time,
    working: bool,
    /// How much is left when it turns yellow, in percent.
    left: i64,
    stopped: Option<Rest>,
}

/// What is left of a clock that stands still, in milliseconds of its own kind; nothing of what had turned already.
#[derive(Clone, Debug)]
struct Rest {
    to_yellow: Option<i64>,
    to_red: Option<i64>,
    granted: Vec<Limit>,
}

impl Clock {
    fn start(days: &Days<'_>, at: Time, limit: Limit, left: i64) -> Result<Self> {
        let red = days.calendar.add(days.zone, at, limit)?;
        let working = matches!(limit.unit, Unit::WorkingHour | Unit::WorkingDay);
        Ok(Self { yellow: days.yellow(working, (at, red), left)?, red, working, left, stopped: None })
    }

    /// The fixed deadline of an order from above; one that is over already is due at once.
    fn order(days: &Days<'_>, at: Time, due: Time, left: i64) -> Result<Self> {
        let red = due.max(at);
        Ok(Self { yellow: days.yellow(false, (at, red), left)?, red, working: false, left, stopped: None })
    }

    /// Lets it run or stand still from this instant on.
    fn run(&mut self, days: &Days<'_>, at: Time, on: bool) -> Result<()> {
        match (on, self.stopped.take()) {
            (true, Some(rest)) => self.go_on(days, at, rest),
            (false, None) => {
                let left = |turn: Time| (turn > at).then(|| days.between(self.working, at, turn)).transpose();
                self.stopped = Some(Rest { to_yellow: left(self.yellow)?, to_red: left(self.red)?, granted: vec![] });
                Ok(())
            }
            (_, unchanged) => {
                self.stopped = unchanged;
                Ok(())
            }
        }
    }

    /// What had turned when it stopped stays in the past, and nothing comes earlier than it would have without the pause.
    fn go_on(&mut self, days: &Days<'_>, at: Time, rest: Rest) -> Result<()> {
        if let Some(left) = rest.to_red {
            self.red = self.red.max(days.advance(self.working, at, left)?);
        }
        if let Some(left) = rest.to_yellow {
            self.yellow = self.yellow.max(days.advance(self.working, at, left)?).min(self.red);
        }
        rest.granted.into_iter().try_for_each(|by| self.extend(days, at, by))
    }

    fn extend(&mut self, days: &Days<'_>, at: Time, by: Limit) -> Result<()> {
        if let Some(rest) = &mut self.stopped {
            rest.granted.push(by);
            return Ok(());
        }
        self.red = days.calendar.add(days.zone, self.red.max(at), by)?;
        self.yellow = days.yellow(self.working, (at, self.red), self.left)?;
        Ok(())
    }

    /// From now on no more than this limit is left, and nothing comes later than it would have. What has turned stays turned.
    fn hasten(&mut self, days: &Days<'_>, at: Time, limit: Limit, left: i64) -> Result<()> {
        let mut most = Self::start(days, at, limit, left)?;
        if let Some(rest) = self.stopped.take() {
            // What is left of a clock that stands still is counted as the limit is when it goes on.
            let less =
                |own: Option<i64>, turn| own.map(|own| days.between(most.working, at, turn).map(|m| own.min(m))).transpose();
            let (to_yellow, to_red) = (less(rest.to_yellow, most.yellow)?, less(rest.to_red, most.red)?);
            let turn = |left: Option<i64>, of: Time| left.map_or(Ok(of), |left| days.advance(most.working, at, left));
            (most.yellow, most.red) = (turn(to_yellow, self.yellow)?, turn(to_red, self.red)?);
            most.stopped = Some(Rest { to_yellow, to_red, ..rest });
        }
        most.red = most.red.min(self.red);
        most.yellow = most.yellow.min(self.yellow).min(most.red);
        *self = most;
        Ok(())
    }

    fn is_past(&self, at: Time) -> bool {
        self.stopped.as_ref().map_or(self.red <= at, |rest| rest.to_red.is_none())
    }

    fn has_turned(&self, at: Time) -> bool {
        self.stopped.as_ref().map_or(self.yellow <= at, |rest| rest.to_yellow.is_none())
    }

    /// Keeps what had turned on the clock that this one replaces.
    fn keep_turned(&mut self, old: &Self, at: Time) {
        if old.has_turned(at) {
            self.yellow = self.yellow.min(old.yellow);
            if let Some(rest) = &mut self.stopped {
                rest.to_yellow = None;
            }
        }
        if old.is_past(at) {
            self.red = self.red.min(old.red);
            if let Some(rest) = &mut self.stopped {
                rest.to_red = None;
            }
        }
    }
}

/// The clocks of a case while its log is replayed.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, each asked by its name")]
pub struct Clocks<'e> {
    accept: Option<Clock>,
    handle: Option<Clock>,
    order: Option<Clock>,
    /// Orders that were merged into the case.
    bound: Vec<(Uuid, Clock)>,
    stages: Vec<(&'e str, Clock)>,
    accepting: bool,
    solving: bool,
    paused: bool,
    late: bool,
    overran: bool,
    last: Option<Time>,
    round: Option<Round<'e>>,
}

/// What the round was opened with, and what happened in it since: enough to count it again under another rule.
#[derive(Clone, Debug)]
struct Round<'e> {
    opened: Time,
    upstream: Option<Time>,
    accept: Option<Limit>,
    /// How much of a limit is left when a light turns yellow, in percent.
    left: i64,
    since: Vec<(Time, &'e Event)>,
}

impl<'e> Clocks<'e> {
    /// The clocks after these events.
    ///
    /// # Errors
    /// As of [`replay`].
    pub fn of(days: &Days<'_>, events: impl IntoIterator<Item = (Time, &'e Event)>) -> Result<Self> {
        let mut clocks = Self::default();
        events.into_iter().try_for_each(|(at, event)| clocks.apply(days, at, event))?;
        Ok(clocks)
    }

    /// Adds the next event of the log.
    ///
    /// # Errors
    /// `Refused` with the year when the calendar does not know a year that a working limit runs through.
    pub fn apply(&mut self, days: &Days<'_>, at: Time, event: &'e Event) -> Result<()> {
        // A clock of the machine that went back must not make a limit longer: time in a log never runs backwards.
        let at = self.last.map_or(at, |last| at.max(last));
        match event {
            Event::Open { rule, upstream } => {
                // What was merged into a case before it was opened binds its first round; a later round has answered it.
                let bound = if self.round.is_none() { std::mem::take(&mut self.bound) } else { vec![] };
                *self = Self { bound, overran: self.overran, ..Self::opened(days, at, rule, *upstream)? };
            }
            Event::Rule { rule } => self.count_again(days, at, rule)?,
            other => {
                self.happen(days, at, other)?;
                if let Some(round) = &mut self.round {
                    round.since.push((at, other));
                }
            }
        }
        self.last = Some(at);
        Ok(())
    }

    fn opened(days: &Days<'_>, at: Time, rule: &'e Rule, upstream: Option<Time>) -> Result<Self> {
        let left = rule.warns();
        let start = |limit: Limit| Clock::start(days, at, limit, left);
        Ok(Self {
            handle: rule.handle.map(start).transpose()?,
            order: upstream.map(|due| Clock::order(days, at, due, left)).transpose()?,
            stages: rule.stages.iter().map(|s| Ok((s.name.as_str(), start(s.limit)?))).collect::<Result<_>>()?,
            solving: true,
            last: Some(at),
            round: Some(Round { opened: at, upstream, accept: rule.accept, left, since: vec![] }),
            ..Self::default()
        })
    }

    /// What a round would show if it had been opened under another rule; what had turned stays turned.
    fn count_again(&mut self, days: &Days<'_>, at: Time, rule: &'e Rule) -> Result<()> {
        let Some(mut round) = self.round.take() else { return Ok(()) };
        let mut other = Self::opened(days, round.opened, rule, round.upstream)?;
        for (then, event) in &round.since {
            other.happen(days, *then, event)?;
        }
        for (new, old) in [(&mut other.accept, &self.accept), (&mut other.handle, &self.handle), (&mut other.order, &self.order)]
        {
            let Some(old) = old else { continue };
            match new {
                Some(new) => new.keep_turned(old, at),
                // A rule without a limit does not put out a light that has turned.
                None if old.has_turned(at) => *new = Some(old.clone()),
                None => {}
            }
        }
        for (name, new) in &mut other.stages {
            if let Some((_, old)) = self.stages.iter().find(|(n, _)| n == name) {
                new.keep_turned(old, at);
            }
        }
        other.late |= self.late;
        // A deadline from above is the same under any rule.
        other.bound = std::mem::take(&mut self.bound);
        other.overran |= self.overran;
        other.round.iter_mut().for_each(|other| other.since = std::mem::take(&mut round.since));
        *self = other;
        Ok(())
    }

    /// How much of a limit is left when a light turns yellow, in percent; before a case is opened, as usual.
    fn warns(&self) -> i64 {
        self.round.as_ref().map_or(STANDARD, |round| round.left)
    }

    /// Everything but opening and counting again.
    fn happen(&mut self, days: &Days<'_>, at: Time, event: &'e Event) -> Result<()> {
        match event {
            Event::Open { .. } | Event::Rule { .. } => {}
            Event::Hasten { rule } => {
                if let Some(round) = &mut self.round {
                    (round.accept, round.left) = (rule.accept.or(round.accept), rule.warns());
                    let accept = (&mut self.accept, rule.accept, self.accepting);
                    for (clock, limit, due) in [accept, (&mut self.handle, rule.handle, true)] {
                        let Some(limit) = limit else { continue };
                        match clock {
                            Some(clock) => clock.hasten(days, at, limit, round.left)?,
                            None if due => *clock = Some(Clock::start(days, at, limit, round.left)?),
                            None => {}
                        }
                    }
                }
            }
            Event::Offer => {
                let limit = self.round.as_ref().and_then(|r| r.accept).filter(|_| self.accept.is_none());
                if let Some(limit) = limit {
                    self.accept = Some(Clock::start(days, at, limit, self.warns())?);
                }
                self.accepting = true;
            }
            Event::TakeOn => {
                self.late |= self.accept.take().is_some_and(|a| a.is_past(at));
                self.accepting = false;
            }
            Event::Reach { stage } => {
                let past = |(name, clock): &(&str, Clock)| name == stage && clock.is_past(at);
                self.late |= self.solving && self.stages.iter().any(past);
                self.stages.retain(|(name, _)| name != stage);
            }
            Event::Resolve => {
                self.late |= self.is_past(at);
                self.overran |= self.solving && self.handle.iter().chain(self.orders()).any(|clock| clock.is_past(at));
                self.accept = None;
                (self.accepting, self.solving, self.paused) = (false, false, false);
            }
            Event::Return => self.solving = self.round.is_some(),
            Event::Pause => self.paused = true,
            Event::Resume => self.paused = false,
            Event::Extend { by } => {
                let stages = self.stages.iter_mut().map(|(_, clock)| clock);
                self.handle.iter_mut().chain(stages).try_for_each(|clock| clock.extend(days, at, *by))?;
            }
            Event::End => {
                self.accept = None;
                (self.accepting, self.solving, self.paused) = (false, false, false);
            }
            Event::Bind { order, due } => {
                self.bound.retain(|(o, _)| o != order);
                let clock = Clock::order(days, at, *due, self.warns())?;
                self.bound.push((*order, clock));
            }
            Event::Unbind { order } => self.bound.retain(|(o, _)| o != order),
        }
        let (accepting, solving) = (self.accepting && !self.paused, self.solving && !self.paused);
        self.accept.iter_mut().try_for_each(|clock| clock.run(days, at, accepting))?;
        let stages = self.stages.iter_mut().map(|(_, clock)| clock);
        self.handle.iter_mut().chain(stages).try_for_each(|clock| clock.run(days, at, solving))
    }

    /// The clocks that count now, whether they run or stand still in a pause.
    fn counting(&self) -> impl Iterator<Item = (Which, Option<&'e str>, &Clock)> {
        let accept = self.accept.iter().filter(|_| self.accepting).map(|c| (Which::Accept, None, c));
        let handle = self.handle.iter().map(|c| (Which::Handle, None, c));
        let order = self.orders().map(|c| (Which::Order, None, c));
        let stages = self.stages.iter().map(|(name, c)| (Which::Stage, Some(*name), c));
        accept.chain(handle.chain(order).chain(stages).filter(|_| self.solving))
    }

    /// The deadlines of the case's own order and of those that were merged into it.
    fn orders(&self) -> impl Iterator<Item = &Clock> {
        self.order.iter().chain(self.bound.iter().map(|(_, clock)| clock))
    }

    fn is_past(&self, at: Time) -> bool {
        self.counting().any(|(_, _, clock)| clock.is_past(at))
    }

    fn earliest(&self, of: impl Fn(Which) -> bool) -> Option<Time> {
        self.counting().filter(|(which, ..)| !self.paused && of(*which)).map(|(_, _, c)| c.red).min()
    }

    /// What is saved with the case after the last event.
    pub fn instants(&self) -> Instants {
        let last = self.last.unwrap_or(Time::from_millis(i64::MIN));
        let yellow_at = self.counting().filter(|_| !self.paused).map(|(_, _, c)| c.yellow).min();
        let red_at = self.earliest(|_| true);
        Instants {
            yellow_at,
            red_at,
            due_at: self.earliest(|which| matches!(which, Which::Handle | Which::Order)),
            accept_by: self.earliest(|which| which == Which::Accept),
            stage_by: self.earliest(|which| which == Which::Stage),
            late: self.late || self.is_past(last),
            paused: self.paused,
            overran: self.overran,
        }
    }

    /// Every clock that was started and has not ended, for explanations.
    pub fn faces(&self) -> Vec<Face> {
        let accept = self.accept.iter().map(|c| (Which::Accept, None, c));
        let handle = self.handle.iter().map(|c| (Which::Handle, None, c));
        let order = self.orders().min_by_key(|c| c.red).map(|c| (Which::Order, None, c));
        let stages = self.stages.iter().map(|(name, c)| (Which::Stage, Some((*name).to_owned()), c));
        let face = |(which, stage, clock): (Which, Option<String>, &Clock)| {
            let counts = if which == Which::Accept { self.accepting } else { self.solving };
            Face { which, stage, due: clock.red, runs: counts && !self.paused }
        };
        accept.chain(handle).chain(order).chain(stages).map(face).collect()
    }
}
