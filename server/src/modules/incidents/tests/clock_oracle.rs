//! The clocks held to a second model that knows nothing of the first: it counts down minute by minute.

use std::sync::OnceLock;

use kernel::{Time, Zone};
use proptest::prelude::*;

use super::clocks::{HOURS, at, calendar, rule};
use crate::modules::{
    catalogue::{Limit, Unit},
    incidents::{
        clocks::{Days, Event, Instants, replay},
        model::Rule,
    },
};

const MINUTE: i64 = 60_000;

/// The worked minutes of half a year, asked of the calendar one by one.
fn worked(minute: Time) -> bool {
    static WORKED: OnceLock<Vec<bool>> = OnceLock::new();
    let first = at("2025-01-01T00:00");
    let all = WORKED.get_or_init(|| {
        let calendar = calendar();
        (0..260_000).map(|n| calendar.is_open(Zone::CHINA, first.plus_minutes(n)).unwrap()).collect()
    });
    all[usize::try_from((minute - first) / MINUTE).unwrap()]
}

/// A clock as a person with a stopwatch keeps it: how much is left, and when it turned.
#[derive(Clone)]
struct Watch {
    left: i64,
    share: i64,
    mark: i64,
    working: bool,
    runs: bool,
    granted: Vec<i64>,
    yellow: Option<Time>,
    red: Option<Time>,
}

impl Watch {
    fn of(now: Time, left: i64, working: bool, share: i64) -> Self {
        let turned = (left <= 0).then_some(now);
        Self { left, share, mark: left * share / 100, working, runs: true, granted: vec![], yellow: turned, red: turned }
    }

    fn limit(now: Time, limit: Limit, share: i64) -> Self {
        Self::of(now, millis(limit), limit.unit == HOURS, share)
    }

    fn minute(&mut self, now: Time) {
        if !self.runs || (self.working && !worked(now)) {
            return;
        }
        let turns = |mark: i64, left: i64| (left - MINUTE <= mark).then(|| now.plus_millis(left - mark));
        self.yellow = self.yellow.or_else(|| turns(self.mark, self.left));
        self.red = self.red.or_else(|| turns(0, self.left));
        self.left -= MINUTE;
    }

    fn set(&mut self, now: Time, runs: bool) {
        self.runs = runs;
        if runs {
            for by in std::mem::take(&mut self.granted) {
                self.grant(now, by);
            }
        }
    }

    fn grant(&mut self, now: Time, by: i64) {
        if self.runs {
            self.left = by + if self.red.is_some() { 0 } else { self.left };
            *self = Self { runs: true, ..Self::of(now, self.left, self.working, self.share) };
        } else {
            self.granted.push(by);
        }
    }

    /// No more than this is left from now on; what has turned has turned.
    fn hasten(&mut self, most: i64, share: i64) {
        if self.red.is_none() {
            let left = self.left.min(most);
            let until_yellow = (self.left - self.mark).min(most - most * share / 100);
            (self.left, self.mark) = (left, (left - until_yellow).max(0));
        }
        self.share = share;
    }

    fn keep(&mut self, old: &Self) {
        let earlier = |a: Option<Time>, b: Option<Time>| [a, b].into_iter().flatten().min();
        (self.yellow, self.red) = (earlier(self.yellow, old.yellow), earlier(self.red, old.red));
    }
}

fn millis(limit: Limit) -> i64 {
    limit.n * if limit.unit == Unit::Minute { MINUTE } else { 60 * MINUTE }
}

#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each asked by its name")]
struct World {
    now: Option<Time>,
    rule: Option<Rule>,
    opened: Option<(Time, Option<Time>)>,
    since: Vec<(Time, Event)>,
    accept: Option<Watch>,
    handle: Option<Watch>,
    order: Option<Watch>,
    accepting: bool,
    solving: bool,
    paused: bool,
    late: bool,
}

impl World {
    fn pass(&mut self, until: Time) {
        let mut now = self.now.unwrap_or(until);
        while now < until {
            self.accept.iter_mut().chain(&mut self.handle).chain(&mut self.order).for_each(|w| w.minute(now));
            now = now.plus_minutes(1);
        }
        self.now = Some(until);
    }

    fn open(now: Time, rule: &Rule, upstream: Option<Time>) -> Self {
        let share = rule.warn_left.unwrap_or(20);
        Self {
            now: Some(now),
            rule: Some(rule.clone()),
            opened: Some((now, upstream)),
            handle: rule.handle.map(|limit| Watch::limit(now, limit, share)),
            order: upstream.map(|due| Watch::of(now, due - now, false, share)),
            solving: true,
            ..Self::default()
        }
    }

    fn counting(&self) -> impl Iterator<Item = &Watch> {
        let accept = self.accept.iter().filter(|_| self.accepting);
        accept.chain(self.handle.iter().chain(&self.order).filter(|_| self.solving))
    }

    fn step(&mut self, now: Time, event: &Event) {
        self.pass(now);
        let over = |w: &Watch| w.red.is_some();
        match event {
            Event::Open { rule, upstream } => return *self = Self::open(now, rule, *upstream),
            Event::Rule { rule } => {
                let Some((opened, upstream)) = self.opened else { return };
                let mut other = Self::open(opened, rule, upstream);
                for (then, event) in &self.since {
                    other.step(*then, event);
                }
                other.pass(now);
                for (new, old) in
                    [(&mut other.accept, &self.accept), (&mut other.handle, &self.handle), (&mut other.order, &self.order)]
                {
                    if let (Some(new), Some(old)) = (new, old) {
                        new.keep(old);
                    }
                }
                other.late |= self.late;
                return *self = other;
            }
            Event::Hasten { rule } if self.rule.is_some() => {
                let share = rule.warn_left.unwrap_or(20);
                for (watch, limit) in [(&mut self.accept, rule.accept), (&mut self.handle, rule.handle)] {
                    watch.iter_mut().zip(limit).for_each(|(watch, limit)| watch.hasten(millis(limit), share));
                }
                self.rule = Some(rule.clone());
            }
            Event::Offer => {
                let limit = self.rule.as_ref().and_then(|r| r.accept);
                let share = self.rule.as_ref().and_then(|r| r.warn_left).unwrap_or(20);
                self.accept = self.accept.take().or_else(|| limit.map(|limit| Watch::limit(now, limit, share)));
                self.accepting = true;
            }
            Event::TakeOn => {
                self.late |= self.accept.as_ref().is_some_and(over);
                (self.accept, self.accepting) = (None, false);
            }
            Event::Resolve => {
                let late = self.counting().any(over);
                self.late |= late;
                (self.accept, self.accepting, self.solving, self.paused) = (None, false, false, false);
            }
            Event::Return => self.solving = self.opened.is_some(),
            Event::Pause => self.paused = true,
            Event::Resume => self.paused = false,
            Event::Extend { by } => self.handle.iter_mut().for_each(|w| w.grant(now, millis(*by))),
            // What is not opened has nothing to hasten.
            Event::Hasten { .. } | Event::Reach { .. } | Event::Bind { .. } | Event::Unbind { .. } => {}
            Event::End => (self.accept, self.accepting, self.solving, self.paused) = (None, false, false, false),
        }
        self.since.push((now, event.clone()));
        let (accepting, solving) = (self.accepting && !self.paused, self.solving && !self.paused);
        self.accept.iter_mut().for_each(|w| w.set(now, accepting));
        self.handle.iter_mut().for_each(|w| w.set(now, solving));
    }

    /// What it shows: it simply waits until everything that runs has turned.
    fn shown(mut self) -> Instants {
        let Some(last) = self.now else { return Instants::default() };
        let (late, paused) = (self.late || self.counting().any(|w| w.red.is_some()), self.paused);
        if paused {
            return Instants { late, paused, ..Instants::default() };
        }
        while self.counting().any(|w| w.red.is_none()) {
            let next = self.now.unwrap_or(last).plus_minutes(60);
            self.pass(next);
        }
        let yellow_at = self.counting().filter_map(|w| w.yellow).min();
        let red_at = self.counting().filter_map(|w| w.red).min();
        Instants {
            yellow_at,
            red_at,
            due_at: self.handle.iter().chain(&self.order).filter(|_| self.solving).filter_map(|w| w.red).min(),
            accept_by: self.accept.iter().filter(|_| self.accepting).filter_map(|w| w.red).min(),
            stage_by: None,
            late,
            paused,
            overran: false,
        }
    }
}

/// Logs of one kind of time, in whole minutes, so that a stopwatch can follow them.
fn logs() -> impl Strategy<Value = Vec<(i64, Event)>> {
    prop::bool::ANY.prop_flat_map(|working| {
        let limit = move || (1..16_i64).prop_map(move |n| Limit { n, unit: if working { HOURS } else { Unit::Hour } });
        let any_rule = move || {
            let share = prop_oneof![2 => Just(None), 1 => (1..=90_i64).prop_map(Some)];
            (limit(), limit(), share).prop_map(|(a, h, warn_left)| Rule {
                accept: Some(a),
                handle: Some(h),
                warn_left,
                ..rule((1, HOURS), (1, HOURS))
            })
        };
        let upstream = prop::option::weighted(0.2, (0..9_000_i64).prop_map(|m| at("2025-03-03T08:00").plus_minutes(m)));
        let event = prop_oneof![
            1 => (any_rule(), upstream.clone()).prop_map(|(rule, upstream)| Event::Open { rule, upstream }),
            2 => any_rule().prop_map(|rule| Event::Rule { rule }),
            2 => any_rule().prop_map(|rule| Event::Hasten { rule }),
            2 => limit().prop_map(|by| Event::Extend { by }),
            2 => Just(Event::Offer),
            2 => Just(Event::TakeOn),
            1 => Just(Event::Resolve),
            2 => Just(Event::Return),
            3 => Just(Event::Pause),
            3 => Just(Event::Resume),
            1 => Just(Event::End),
        ];
        let opening = (any_rule(), upstream).prop_map(|(rule, upstream)| (0, Event::Open { rule, upstream }));
        (opening, prop::collection::vec((0..700_i64, event), 0..10)).prop_map(|(first, mut rest)| {
            rest.insert(0, first);
            rest
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if std::env::var_os("JINGWEI_LONG").is_some() { 5_000 } else { 300 }))]

    #[test]
    fn counting_minute_by_minute_gives_the_same(log in logs()) {
        let calendar = calendar();
        let days = Days { calendar: &calendar, zone: Zone::CHINA };
        let mut now = at("2025-03-03T08:00");
        let mut world = World::default();
        let mut timed = vec![];
        for (minutes, event) in &log {
            now = now.plus_minutes(*minutes);
            world.step(now, event);
            timed.push((now, event));
        }
        // What figures count over all rounds is not what a light shows; it has tests of its own.
        prop_assert_eq!(Instants { overran: false, ..replay(&days, timed).unwrap() }, world.shown());
    }
}
