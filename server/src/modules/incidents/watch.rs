//! Who else looks at a case (同看): what this process knows right now, never written down and forgotten by itself.
//!
//! It keeps two people from doing the same at once, and nothing else: who looked when cannot be asked afterwards. Processes that serve one
//! district together each know their own callers.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kernel::{Actor, Id, Time};
use uuid::Uuid;

use super::model::Incident;

/// How long a look counts; a page that shows the case looks again before that.
pub const KEPT_SECONDS: i64 = 25;

/// Who looks at which case.
#[derive(Default)]
pub struct Watch {
    cases: Mutex<HashMap<Id<Incident>, Vec<Look>>>,
}

struct Look {
    account: Uuid,
    name: String,
    until: Time,
}

impl Watch {
    /// Notes that somebody looks at a case, or no longer does, and names the others who do, by name.
    pub fn look(&self, case: Id<Incident>, who: &Actor, now: Time, leaving: bool) -> Vec<String> {
        let mut cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        // Everything that is over goes whenever anybody looks at anything.
        cases.retain(|_, looks| {
            looks.retain(|l| l.until > now);
            !looks.is_empty()
        });
        let looks = cases.entry(case).or_default();
        looks.retain(|l| l.account != who.id);
        let mut others: Vec<String> = looks.iter().map(|l| l.name.clone()).collect();
        others.sort();
        if leaving {
            if looks.is_empty() {
                cases.remove(&case);
            }
        } else {
            looks.push(Look { account: who.id, name: who.name.clone(), until: now.plus_millis(KEPT_SECONDS * 1_000) });
        }
        others
    }
}
