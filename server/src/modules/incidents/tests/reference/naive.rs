//! The naive model: the rules of a case and its tasks as somebody would tell them who has never seen the program. It keeps no clock.

use super::case::{FIRE, Naive, Part, Who};
use crate::testing::town::{COMMUNITY, DEPARTMENT as ROADS, DISTRICT, STREET};

const NOW: &str = "not-in-this-state";
const ABOVE: &[&str] = &["street-leader", "district-dispatch", "supervisor"];

impl Naive {
    /// Why it is refused, the first that holds; nothing when it is done. `task` is the part that the act is about, if it is about one.
    fn refusal(&self, Who(n, role, place): Who, act: &str, task: usize) -> Option<&'static str> {
        let is = |states: &str| states.split(' ').any(|s| s == self.state);
        let has = |flag| self.flags.contains(&flag);
        let (open, in_hand) = (is("received accepted assigned in_progress"), is("assigned in_progress"));
        let was = |what: &str| self.hands.iter().any(|(w, round, who)| *w == what && *round < self.round && *who == n);
        let above = self.owner != COMMUNITY && !self.owner.starts_with(place);
        let lead = self.parts.iter().rev().find(|p| p.lead && p.open());
        let bound = lead.is_some_and(|p| p.binding);
        let to = if act == "send" { ROADS } else { FIRE };
        let back: Vec<&str> = self.returned.iter().filter(|r| r.0).map(|r| r.1).collect();
        let turn = back.iter().position(|u| *u == to);
        let circle = turn.is_some_and(|turn| back[turn + 1..].iter().copied().chain(lead.map(|p| p.path)).any(|u| u != to));
        let other = lead.is_none_or(|p| p.path != FIRE);
        let waits = [(has("objected"), "objection-open"), (has("centre"), "centre-decides")];
        let part = self.parts.get(task).copied().unwrap_or_default();
        let own_part = [(!part.path.starts_with(place), "not-your-task"), (part.lead && was("handled"), "same-handler")];
        let mine = |more: Vec<(bool, &'static str)>| own_part.into_iter().chain(more).collect();
        let idle = !part.lead && !is("in_progress");
        let (asker, unit, asked) = self.wish.unwrap_or_default();
        let hands = was("handled") || was("verified");
        let offered = lead.filter(|p| p.state == "offered");
        let foreign = offered.is_some_and(|p| !p.path.starts_with(place));
        let own = self.review.is_some_and(|(objection, _, by)| objection && by == Some(n));
        let again = self.returned.iter().any(|r| r.1 == part.path);
        let helpers = part.lead && self.parts.iter().any(|p| !p.lead && p.state == "accepted");
        let ladder = if self.granted == 0 { &["community-desk", "street-desk", "department-desk"][..] } else { &[] };
        let checks: Vec<(bool, &'static str)> = match act {
            "accept" | "refuse" => vec![(!is("received"), NOW)],
            "note" => vec![(!open && !is("resolved verified"), NOW)],
            "dispatch" | "send" => vec![
                (above, "not-your-case"),
                (!(is("accepted assigned") || is("in_progress") && has("escalated")), NOW),
                waits[0],
                waits[1],
                (has("returned") && act == "dispatch", "400"),
                (is("assigned") && bound, "binding-task"),
                (circle, "cyclic-return"),
            ],
            "verify" | "fail" => {
                vec![(self.handler == Some(n), "handler-may-not-verify"), (hands, "former-hands"), (!is("resolved"), NOW)]
            }
            "close" => vec![(!is("verified"), NOW)],
            "object" => vec![(offered.is_none(), NOW), (foreign, "not-your-task"), (bound, "binding-task"), waits[0], waits[1]],
            "uphold" | "dismiss" => vec![(own, "sender-may-not-rule"), (!is("accepted") && !in_hand, NOW)],
            "escalate" => vec![(above, "not-your-case"), (self.owner == DISTRICT, "at-the-top"), (!open, NOW)],
            "whistle" => [(place == COMMUNITY, "may-not-whistle"), (!is("accepted") && !in_hand, NOW)]
                .into_iter()
                .chain(waits.map(|(waits, code)| (waits && other, code)))
                .chain([(other && bound, "binding-task"), (other && lead.is_some_and(|p| p.state == "accepted"), "lead-at-work")])
                .collect(),
            "ask" => vec![(self.paused, "already-paused"), (!open, NOW)],
            "shelve" => vec![(self.paused, "already-paused"), (!in_hand, NOW)],
            "resume" => vec![(!self.paused, "not-paused"), (!open, NOW)],
            "grant" => vec![
                (!unit.starts_with(place), "404"),
                (asked != self.round, "extension-decided"),
                (asker == n, "own-extension"),
                (!ladder.contains(&role) && !ABOVE.contains(&role), "not-your-rung"),
                (!in_hand, NOW),
            ],
            "merge" | "annul" => vec![(!open, NOW)],
            "unmerge" => vec![(!is("merged"), NOW)],
            "reopen" => vec![(self.round > 2, "reopened-twice"), (!is("resolved verified closed"), NOW)],
            "content" | "unsolved" => vec![(!is("resolved verified closed"), NOW)],
            "take" => mine(vec![(part.state != "offered", NOW)]),
            "report" => mine(vec![(!part.summoned, "not-summoned"), (!part.open(), NOW), (part.arrived, "already-reported-in")]),
            "back" => mine(vec![(!part.open(), NOW), waits[0], (part.binding, "binding-task"), (again, "returned-already")]),
            "extend" => mine(vec![(!part.lead, "not-your-task"), (!part.open(), NOW), (asked == self.round, "extension-open")]),
            _ => mine(vec![(part.state != "accepted" || idle, NOW), (helpers, "helpers-open")]),
        };
        checks.into_iter().find(|c| c.0).map(|c| c.1)
    }

    /// What is answered, and what the case is then.
    pub fn step(&mut self, who: Who, act: &str, task: usize) -> Option<&'static str> {
        let refused = self.refusal(who, act, task);
        let (n, sender) = (who.0, Some(who.0));
        let part = self.parts.get(task).copied().unwrap_or_default();
        match act {
            "dispatch" | "send" if refused == Some("cyclic-return") => {
                self.review = Some((false, if act == "send" { ROADS } else { FIRE }, sender));
                self.flags.push("centre");
            }
            _ if refused.is_some() => {}
            "accept" => (self.state, self.paused) = ("accepted", false),
            "refuse" => (self.state, self.paused) = ("rejected", false),
            "dispatch" => self.hand_over(sender, &[(true, FIRE), (false, COMMUNITY)], false),
            "send" => self.hand_over(sender, &[(true, ROADS)], false),
            "verify" => {
                self.state = "verified";
                self.hands.push(("verified", self.round, n));
            }
            "fail" => {
                self.state = "in_progress";
                self.parts.iter_mut().rev().find(|p| p.lead && p.state == "done").expect("who solved it").state = "accepted";
            }
            "close" => self.state = "closed",
            "object" => {
                self.review = self.parts.iter().rev().find(|p| p.lead && p.open()).map(|p| (true, p.path, p.sender));
                self.flags.push("objected");
            }
            "dismiss" if self.review.is_some_and(|r| r.0) => {
                self.parts.iter_mut().filter(|p| p.open()).for_each(|p| p.binding = true);
                self.drop_review();
            }
            "uphold" | "dismiss" => {
                let unit = self.review.expect("something to rule on").1;
                self.hand_over(sender, &[(true, if unit == FIRE { ROADS } else { FIRE })], true);
            }
            "escalate" => {
                self.owner = if self.owner == COMMUNITY { STREET } else { DISTRICT };
                self.drop_review();
                self.flags.push("escalated");
            }
            // The fire brigade is called as lead, the roads as helper.
            "whistle" => {
                self.withdraw(|p| p.lead && p.path != FIRE);
                if !self.parts.iter().any(|p| p.lead && p.open()) {
                    self.flags.retain(|f| *f != "returned");
                    self.wish = None;
                }
                for (lead, path) in [(true, FIRE), (false, ROADS)] {
                    match self.parts.iter_mut().find(|p| p.path == path && p.open()) {
                        Some(there) => (there.summoned, there.arrived) = (true, false),
                        None => self.parts.push(Part { lead, path, state: "offered", summoned: true, sender, ..Part::default() }),
                    }
                }
                self.state = if self.state == "accepted" { "assigned" } else { self.state };
            }
            "ask" | "shelve" => self.paused = true,
            "resume" => self.paused = false,
            "grant" => (self.wish, self.granted) = (None, self.granted + 1),
            "merge" | "annul" => {
                self.drop_review();
                self.withdraw(|_| true);
                self.held.retain(|_| act == "merge");
                self.before = (self.state, std::mem::take(&mut self.flags));
                (self.state, self.paused) = (if act == "merge" { "merged" } else { "void" }, false);
            }
            "unmerge" => {
                let (state, flags) = std::mem::take(&mut self.before);
                (self.state, self.flags) = (if state == "received" { state } else { "accepted" }, flags);
            }
            "reopen" | "unsolved" if self.round <= 2 => {
                (self.state, self.handler, self.granted, self.round) = ("accepted", None, 0, self.round + 1);
                self.flags.clear();
            }
            "take" | "report" => {
                (self.parts[task].state, self.parts[task].arrived) = ("accepted", act == "report" || part.arrived);
                if part.lead {
                    self.state = "in_progress";
                }
                if part.lead && part.state == "offered" {
                    self.held.clear();
                    self.drop_review();
                }
            }
            "done" => {
                self.parts[task].state = "done";
                if part.lead {
                    self.withdraw(|_| true);
                    self.drop_review();
                    (self.state, self.handler, self.paused) = ("resolved", sender, false);
                    self.hands.push(("handled", self.round, n));
                    self.flags.retain(|f| *f != "escalated");
                }
            }
            "back" => {
                self.parts[task].state = "returned";
                if part.lead {
                    self.state = "accepted";
                    self.held.push(part.path);
                    self.flags.push("returned");
                    if self.returned.iter().any(|r| r.0) {
                        self.review.get_or_insert((false, part.path, part.sender));
                        self.flags.push("centre");
                    }
                }
                self.returned.push((part.lead, part.path));
            }
            "extend" => self.wish = Some((n, part.path, self.round)),
            _ => {}
        }
        refused
    }
}
