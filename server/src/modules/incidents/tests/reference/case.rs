//! What the naive model knows of a case: its words, and who holds what.

use crate::testing::town::{COMMUNITY, GRID};

pub const FIRE: &str = "/990101/D-FIRE/";

/// Somebody who acts: his account, his role and his place.
#[derive(Clone, Copy, Debug)]
pub struct Who(pub usize, pub &'static str, pub &'static str);

/// A unit's part. `sender` dispatched it.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a naive model says each thing plainly")]
pub struct Part {
    pub lead: bool,
    pub path: &'static str,
    pub state: &'static str,
    pub binding: bool,
    pub summoned: bool,
    pub arrived: bool,
    pub sender: Option<usize>,
}

/// The case as the model believes it to be. `review` waits for the centre: whether it is an objection, of which unit, dispatched by whom.
/// `wish` is for more time: by whom, for which unit, in which round. `hands` had which part in which round.
#[derive(Debug, Default)]
pub struct Naive {
    pub state: &'static str,
    pub round: usize,
    pub paused: bool,
    pub parts: Vec<Part>,
    pub review: Option<(bool, &'static str, Option<usize>)>,
    pub wish: Option<(usize, &'static str, usize)>,
    pub granted: usize,
    pub owner: &'static str,
    pub handler: Option<usize>,
    pub hands: Vec<(&'static str, usize, usize)>,
    pub flags: Vec<&'static str>,
    pub returned: Vec<(bool, &'static str)>,
    pub held: Vec<&'static str>,
    pub before: (&'static str, Vec<&'static str>),
}

impl Part {
    pub fn open(&self) -> bool {
        matches!(self.state, "offered" | "accepted")
    }
}

impl Naive {
    pub fn begin(sure: bool) -> Self {
        let mut naive = Self { state: "received", round: 1, owner: COMMUNITY, ..Self::default() };
        if sure {
            // What is sure is dispatched by the program itself.
            naive.hand_over(None, &[(true, FIRE), (false, COMMUNITY)], false);
        }
        naive
    }

    pub fn sees(&self, path: &str) -> bool {
        let task = |p: &Part| p.path.starts_with(path) && !matches!(p.state, "returned" | "withdrawn");
        GRID.starts_with(path) || self.parts.iter().any(task) || self.held.iter().any(|p| p.starts_with(path))
    }

    pub fn hand_over(&mut self, sender: Option<usize>, to: &[(bool, &'static str)], binding: bool) {
        self.withdraw(|_| true);
        self.flags.clear();
        (self.review, self.wish) = (None, None);
        self.state = "assigned";
        self.parts.extend(to.iter().map(|(lead, path)| Part {
            lead: *lead,
            path,
            state: "offered",
            binding,
            sender,
            ..Part::default()
        }));
    }

    pub fn withdraw(&mut self, which: impl Fn(&Part) -> bool) {
        self.parts.iter_mut().filter(|p| p.open() && which(p)).for_each(|p| p.state = "withdrawn");
    }

    pub fn drop_review(&mut self) {
        self.review = None;
        self.flags.retain(|f| !matches!(*f, "objected" | "centre"));
    }
}
