//! 并案: who may be merged into whom, what the steps of it carry, and whose words a follower may read.

use kernel::{Error, Id, Result, Time};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::modules::incidents::{
    model::{Action, Incident, State},
    store::{Case, Entry},
};

kernel::codes! {
    /// The case to merge into is solved or ended already.
    MERGE_TARGET_NOT_OPEN = "merge-target-not-open";
    /// The case to merge into was merged itself: merge into the one that it went into.
    MERGE_TARGET_MERGED = "merge-target-merged";
    /// Other cases were merged into this one, and a chain would follow.
    HOLDS_MERGED_CASES = "holds-merged-cases";
}

/// What a step of this topic carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Carried {
    /// This case went into another.
    Merge {
        /// The surviving case.
        into: Id<Incident>,
        /// Its number.
        code: String,
        /// Its round at that moment: rounds of the survivor count on as rounds of this case.
        survivor_round: i64,
        /// Why a human was needed, for the day when it comes back.
        attention: String,
    },
    /// Another case came into this one.
    Absorb {
        /// That case.
        case: Id<Incident>,
        /// Its number.
        code: String,
        /// How many people it brought.
        reporters: i64,
    },
    /// That case was taken out again.
    Release {
        /// That case.
        case: Id<Incident>,
        /// Its number.
        code: String,
    },
    /// Another reporter joined.
    Join {
        /// The follower.
        follower: Uuid,
        /// The photographs that came along.
        photos: Vec<Uuid>,
    },
    /// Somebody other than the case's reporter added something.
    Remark {
        /// The follower, or the merged case whose reporter it was.
        from: Uuid,
    },
    /// Somebody other than the case's reporter rated.
    Rate {
        /// The follower.
        from: Uuid,
    },
}

impl Carried {
    /// As it is stored with the step.
    pub fn kept(&self) -> Result<Option<serde_json::Value>> {
        serde_json::to_value(self).map(Some).map_err(Error::internal)
    }

    /// What a step carries, when it is of this topic.
    pub fn of(details: Option<&serde_json::Value>) -> Option<Self> {
        details.and_then(|d| serde_json::from_value(d.clone()).ok())
    }
}

/// Whether `this` may go into `into`. `holds` says that other cases went into `this`. A chain cannot come to be: what was merged takes
/// nothing in, and what has taken something in is not merged; so there is no cycle either.
pub fn allowed(this: &Case, into: &Case, holds: bool) -> Result<()> {
    if this.id == into.id {
        return Err(Error::invalid("into", "same-case"));
    }
    if into.state == State::Merged {
        return Err(Error::refused(MERGE_TARGET_MERGED));
    }
    if !into.state.is_open() {
        return Err(Error::refused_with(MERGE_TARGET_NOT_OPEN, "state", into.state.word()));
    }
    if holds {
        return Err(Error::refused(HOLDS_MERGED_CASES));
    }
    Ok(())
}

/// The instant by which an order from above binds its case: an hour before its deadline, so that the answer can travel back (rules of
/// the field, 3: upstream − margin), but never before now.
pub fn binding(due: Time, now: Time) -> Time {
    due.plus_minutes(-60).max(now)
}

/// The round of a merged case in which its reporter rates: its own, and one more for each round that the survivor began since.
pub const fn own_round(own: i64, survivor_now: i64, survivor_then: i64) -> i64 {
    let later = survivor_now - survivor_then;
    own + if later > 0 { later } else { 0 }
}

/// Who reads a case by a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The one who reported this case.
    Reporter,
    /// A neighbour who joined it, or the reporter of a case that was merged into it.
    Other(Uuid),
}

/// Whether a reader may read a step: what staff wrote for reporters is for all of them, what a reporter wrote only for that one.
pub fn may_read(step: &Entry, reader: Reader) -> bool {
    if !step.is_public {
        return false;
    }
    let from = match Carried::of(step.details.as_ref()) {
        Some(Carried::Remark { from } | Carried::Rate { from }) => Some(from),
        _ => None,
    };
    match (step.action, reader) {
        (Action::Remark | Action::Rate, Reader::Reporter) => from.is_none(),
        (Action::Remark | Action::Rate, Reader::Other(me)) => from == Some(me),
        // When and how the other report came is the other reporter's.
        (Action::Report | Action::Absorb | Action::Release, Reader::Other(_)) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounds_of_the_survivor_count_on() {
        for ((own, now, then), round) in [((1, 1, 1), 1), ((2, 1, 1), 2), ((1, 3, 1), 3), ((2, 4, 3), 3), ((1, 1, 2), 1)] {
            assert_eq!(own_round(own, now, then), round, "{own} {now} {then}");
        }
    }

    #[test]
    fn what_a_step_carries_names_its_action() {
        let id = Id::from_uuid(Uuid::from_u128(7));
        let absorb = Carried::Absorb { case: id, code: "C1".into(), reporters: 2 };
        let kept = absorb.kept().unwrap();
        assert_eq!(kept.as_ref().unwrap()["kind"], Action::Absorb.word());
        assert_eq!(Carried::of(kept.as_ref()), Some(absorb));
        assert_eq!(Carried::of(Some(&serde_json::json!({ "kind": "extend" }))), None);
    }

    proptest! {
        #[test]
        fn an_order_binds_an_hour_early_and_never_in_the_past(due in 0_i64..10_000_000_000, now in 0_i64..10_000_000_000) {
            let bound = binding(Time::from_millis(due), Time::from_millis(now)).millis();
            prop_assert!(bound >= now && (bound == now || bound == due - 3_600_000));
        }
    }
}
