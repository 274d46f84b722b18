//! Deadlines as a pure function of (step log, calendar, rule): the instants at which the light turns.
//!
//! A case has two clocks. The *accept* clock runs from the offer to the lead until the lead takes it on; the *handle* clock runs from
//! the day the case is opened until it is solved. Neither overrules the other: the case turns yellow and red at the earlier instant of
//! the clocks that run, and a clock that ended late leaves the mark `late`. The handle clock never starts again on a return or a new
//! dispatch; it stands still while a result is being verified or the case is paused, and goes on with what was left.

use kernel::{Result, Time, Zone};
use serde::{Deserialize, Serialize};

use super::model::Rule;
use crate::modules::catalogue::{Calendar, Limit, Unit};

/// What a step did to the clocks; kept with the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The case is opened (立案), or opened again in a new round: the handle clock starts with the rule of that moment.
    Open {
        /// The frozen rule.
        rule: Rule,
        /// The deadline that an order from above brings, less the margin: the handle clock ends at the earlier one.
        upstream: Option<Time>,
    },
    /// The matter was corrected: the limits of another rule hold from the opening on, the clock does not start again.
    Rule {
        /// The other rule.
        rule: Rule,
    },
    /// The task is offered to a lead: the accept clock starts, unless it runs already.
    Offer,
    /// The lead takes it on: the accept clock ends.
    TakeOn,
    /// The case is solved: the handle clock stands still.
    Resolve,
    /// The result was not accepted: the handle clock goes on with what was left.
    Return,
    /// A pause begins.
    Pause,
    /// The pause ends.
    Resume,
    /// More time was granted on the handle clock.
    Extend {
        /// How much.
        by: Limit,
    },
    /// The case ends without a solution: refused, merged, void.
    End,
}

/// The instants that are saved with the case; null where no clock runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instants {
    /// From here on a fifth of a limit is left.
    pub yellow_at: Option<Time>,
    /// From here on a limit is exceeded.
    pub red_at: Option<Time>,
    /// When the case has to be solved.
    pub due_at: Option<Time>,
    /// When the task has to be taken on.
    pub accept_by: Option<Time>,
    /// Whether a clock of this round ended late or is past its limit at the last step.
    pub late: bool,
}

/// One clock while it runs: started, with an end that moves when it stands still.
#[derive(Clone, Copy, Debug)]
struct Running {
    yellow: Time,
    red: Time,
    working: bool,
    /// What is left to yellow and to red while the clock stands still, in milliseconds of its own kind.
    stopped: Option<(i64, i64)>,
}

impl Running {
    fn start(days: &Days<'_>, at: Time, limit: Limit, latest: Option<Time>) -> Result<Self> {
        let red = days.calendar.add(days.zone, at, limit)?;
        let red = latest.map_or(red, |latest| red.min(latest).max(at));
        let working = matches!(limit.unit, Unit::WorkingHour | Unit::WorkingDay);
        let whole = days.between(working, at, red)?;
        // Yellow when a fifth of the limit is left (preset of the rules of the field, 3).
        let yellow = days.advance(working, at, whole - whole / 5)?.min(red);
        Ok(Self { yellow, red, working, stopped: None })
    }

    fn stop(&mut self, days: &Days<'_>, at: Time) -> Result<()> {
        if self.stopped.is_none() {
            self.stopped = Some((days.between(self.working, at, self.yellow)?, days.between(self.working, at, self.red)?));
        }
        Ok(())
    }

    fn go_on(&mut self, days: &Days<'_>, at: Time) -> Result<()> {
        if let Some((to_yellow, to_red)) = self.stopped.take() {
            // What lay in the past when it stopped stays there: a light never runs backwards by a pause.
            if to_red > 0 {
                self.red = days.advance(self.working, at, to_red)?;
            }
            if to_yellow > 0 {
                self.yellow = days.advance(self.working, at, to_yellow)?.min(self.red);
            }
        }
        Ok(())
    }

    fn extend(&mut self, days: &Days<'_>, at: Time, by: Limit) -> Result<()> {
        let from = self.red.max(at);
        let red = days.calendar.add(days.zone, from, by)?;
        let whole = days.between(self.working, at, red)?;
        self.red = red;
        self.yellow = days.advance(self.working, at, whole - whole / 5)?.min(red);
        Ok(())
    }
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
}

/// Replays the events of a case and says what its clocks show after the last one.
///
/// # Errors
/// `Refused` with the year when the calendar does not know a year that a working limit runs through.
pub fn replay<'a>(days: &Days<'_>, events: impl IntoIterator<Item = (Time, &'a Event)>) -> Result<Instants> {
    let (mut accept, mut handle): (Option<Running>, Option<Running>) = (None, None);
    let (mut accepting, mut solving, mut late) = (false, false, false);
    let (mut accept_limit, mut opened, mut latest) = (None, None, None);
    let mut last = Time::from_millis(i64::MIN);
    for (at, event) in events {
        // A clock of the machine that went back must not make a limit longer: time in a log never runs backwards.
        let at = at.max(last);
        last = at;
        match event {
            Event::Open { rule, upstream } => {
                (opened, latest) = (Some(at), *upstream);
                handle = rule.handle.map(|limit| Running::start(days, at, limit, latest)).transpose()?;
                accept_limit = rule.accept;
                (accept, accepting, solving, late) = (None, false, true, false);
            }
            Event::Rule { rule } => {
                if let Some(from) = opened {
                    handle = rule.handle.map(|limit| Running::start(days, from, limit, latest)).transpose()?;
                    accept_limit = rule.accept;
                }
            }
            Event::Offer => {
                if accept.is_none() {
                    accept = accept_limit.map(|limit| Running::start(days, at, limit, None)).transpose()?;
                }
                accepting = true;
            }
            Event::TakeOn => {
                late |= accepting && accept.is_some_and(|a| at >= a.red);
                accepting = false;
            }
            Event::Resolve => {
                late |= accepting && accept.is_some_and(|a| at >= a.red) || solving && handle.is_some_and(|h| at >= h.red);
                (accepting, solving) = (false, false);
                if let Some(handle) = &mut handle {
                    handle.stop(days, at)?;
                }
            }
            Event::Return => {
                solving = true;
                if let Some(handle) = &mut handle {
                    handle.go_on(days, at)?;
                }
            }
            Event::Pause => {
                for clock in [&mut accept, &mut handle].into_iter().flatten() {
                    clock.stop(days, at)?;
                }
            }
            Event::Resume => {
                for clock in [&mut accept, &mut handle].into_iter().flatten() {
                    clock.go_on(days, at)?;
                }
            }
            Event::Extend { by } => {
                if let Some(handle) = &mut handle {
                    handle.extend(days, at, *by)?;
                }
            }
            Event::End => (accepting, solving) = (false, false),
        }
    }
    let accept = accept.filter(|_| accepting);
    let handle = handle.filter(|_| solving);
    Ok(instants(accept, handle, last, late))
}

fn instants(accept: Option<Running>, handle: Option<Running>, last: Time, late: bool) -> Instants {
    let run: Vec<Running> = [accept, handle].into_iter().flatten().filter(|c| c.stopped.is_none()).collect();
    let yellow_at = run.iter().map(|c| c.yellow).min();
    let red_at = run.iter().map(|c| c.red).min();
    Instants {
        yellow_at,
        red_at,
        due_at: handle.filter(|c| c.stopped.is_none()).map(|c| c.red),
        accept_by: accept.filter(|c| c.stopped.is_none()).map(|c| c.red),
        late: late || red_at.is_some_and(|red| last >= red),
    }
}
