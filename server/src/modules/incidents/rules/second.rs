//! 二次办理: a case that was not solved to its reporter's mind is opened again, for somebody else to handle. Pure.
//!
//! Rules of the field, 3b: 不满意 or 未解决 → second handling by another person; reopened at most twice, then 会商.

use kernel::Code;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::modules::incidents::model::{Action, Outcome, Satisfied, Solved};

/// How often a case may be opened again without a conference.
pub const MOST: i64 = 2;

db::words! {
    /// Why a case is opened again (复开原因).
    pub enum Cause {
        /// 未解决
        Unsolved = "unsolved",
        /// 不满意
        Unsatisfied = "unsatisfied",
        /// 问题复发
        Recurred = "recurred",
        /// 会商决定
        Ruling = "ruling",
    }
}

db::words! {
    /// Who opens it again.
    pub enum By {
        /// A desk.
        Desk = "desk",
        /// The reporter, by the link.
        Reporter = "reporter",
        /// The rule, from the answer to a call-back.
        Callback = "callback",
        /// A conference, which is not bound to the limit.
        Conference = "conference",
    }
}

kernel::codes! {
    /// A case was opened again twice already: only a conference decides how to go on.
    REOPENED_TWICE = "reopened-twice";
    /// Who handled an earlier round does not handle the next one.
    SAME_HANDLER = "same-handler";
    /// Who handled or verified an earlier round does not verify the next one.
    FORMER_HANDS = "former-hands";
}

/// What the step of a reopening carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopened {
    /// The action's word.
    pub kind: String,
    /// Why.
    pub cause: Cause,
    /// Who.
    pub by: By,
    /// How the round before had ended.
    pub before: Option<Outcome>,
}

impl Cause {
    /// What an answer asks for: second handling when the matter is not solved or the reporter is not satisfied.
    pub const fn of_answer(solved: Option<Solved>, satisfied: Option<Satisfied>) -> Option<Self> {
        match (solved, satisfied) {
            (Some(Solved::No), _) => Some(Self::Unsolved),
            (_, Some(Satisfied::No)) => Some(Self::Unsatisfied),
            _ => None,
        }
    }
}

/// Whether a case in this round may be opened again.
pub fn may_reopen(round: i64, by: By) -> Result<(), Code> {
    if round > MOST && by != By::Conference { Err(REOPENED_TWICE) } else { Ok(()) }
}

/// The accounts that had a hand in earlier rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hands {
    /// Who handled.
    pub handled: Vec<Uuid>,
    /// Who verified.
    pub verified: Vec<Uuid>,
}

impl Hands {
    /// From the steps of the rounds before.
    pub fn of(steps: impl IntoIterator<Item = (Action, Uuid)>) -> Self {
        let mut hands = Self::default();
        for (action, who) in steps.into_iter().filter(|(_, who)| !who.is_nil()) {
            match action {
                Action::Resolve | Action::SolveOnSpot => hands.handled.push(who),
                Action::Verify => hands.verified.push(who),
                _ => {}
            }
        }
        hands
    }

    /// Whether this account may handle the new round. `named` says that the dispatcher gave the task to this very person, which it may only
    /// when there is nobody else.
    pub fn may_handle(&self, who: Uuid, named: bool) -> Result<(), Code> {
        if self.handled.contains(&who) && !named { Err(SAME_HANDLER) } else { Ok(()) }
    }

    /// Whether this account may verify the new round.
    pub fn may_verify(&self, who: Uuid) -> Result<(), Code> {
        if self.handled.contains(&who) || self.verified.contains(&who) { Err(FORMER_HANDS) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn twice_and_then_only_a_conference() {
        for by in [By::Desk, By::Reporter, By::Callback] {
            assert_eq!([1, 2, 3, 4].map(|round| may_reopen(round, by).is_ok()), [true, true, false, false], "{by}");
        }
        assert_eq!(may_reopen(9, By::Conference), Ok(()));
    }

    #[test]
    fn answers_that_ask_for_second_handling() {
        let cause = |solved, satisfied| Cause::of_answer(solved, satisfied);
        assert_eq!(cause(Some(Solved::No), Some(Satisfied::Yes)), Some(Cause::Unsolved));
        assert_eq!(cause(Some(Solved::Yes), Some(Satisfied::No)), Some(Cause::Unsatisfied));
        for fine in [Satisfied::Yes, Satisfied::Mostly, Satisfied::None] {
            assert_eq!(cause(Some(Solved::Yes), Some(fine)), None);
            assert_eq!(cause(Some(Solved::Partly), Some(fine)), None);
        }
        assert_eq!(cause(None, None), None);
    }

    proptest! {
        /// Whatever the history, who handled or verified never verifies again, and handles again only by name.
        #[test]
        fn another_person(steps in proptest::collection::vec((0..Action::ALL.len(), 0u128..6), 0..12), who in 1u128..6) {
            let steps: Vec<(Action, Uuid)> = steps.into_iter().map(|(a, w)| (Action::ALL[a], Uuid::from_u128(w))).collect();
            let who = Uuid::from_u128(who);
            let did = |wanted: &[Action]| steps.iter().any(|(a, w)| *w == who && wanted.contains(a));
            let hands = Hands::of(steps.iter().copied());
            let handled = did(&[Action::Resolve, Action::SolveOnSpot]);
            prop_assert_eq!(hands.may_handle(who, false).is_err(), handled);
            prop_assert!(hands.may_handle(who, true).is_ok());
            prop_assert_eq!(hands.may_verify(who).is_err(), handled || did(&[Action::Verify]));
        }
    }
}
