//! Use cases: load, rule, save, enqueue, on one transaction.

mod archive;
pub mod away;
mod bulk;
mod callback;
mod change;
mod confer;
mod desk;
mod dispatch;
pub mod emergency;
mod erase;
mod escalate;
mod extensions;
pub mod filters;
mod follow_up;
mod handle;
pub mod handover;
mod intake;
pub mod ladder;
mod links;
mod look;
pub mod merge;
mod pauses;
mod report;
mod returns;
mod review;
mod rulings;
mod second;
mod share;
mod sign;
mod stages;
mod supervise;
mod told;
mod what_if;
pub mod whistle;

pub use archive::{archive, dossier_taken, put_away};
pub use bulk::{Bulk, BulkAction, BulkItem, BulkOutcome, bulk};
pub use callback::{Callback, Claimed, Dial, callback, claim, dial, put_back, queue, today};
pub use change::{Change, Ground, days};
pub use confer::{Annul, Confer, annul, confer, convene};
pub use dispatch::{Dispatch, Plan, dispatch, led, plan, set_lead, tasks};
pub use erase::{DecideErasure, Erase, SCRUB, Scrub, Why, ask_erasure, decide_erasure, erase, expire, is_over, scrub};
pub use escalate::{Escalate, escalate, escalate_task, held_by, is_handed_up};
pub use extensions::{Decide, EXTENSION_COLUMNS, Extend, ExtensionView, decide, extend, extension_cells, extensions};
pub use filters::{FilterView, NewFilter};
pub use follow_up::{Rating, Remark, rate, remark};
pub use handle::{Done, Note, done, note, take_on};
pub use intake::{Accept, Correct, Place, Refuse, accept, correct, place, refuse, settle};
pub use links::{LinkMade, LinkView, MakeLink, by_link, links_of, looked, make_link, revoke_link, still_works};
pub use look::{Field, Reveal, around, exported, exporting, look_up, near, reveal, similar};
pub use merge::{Merge, Order, Unmerge, merge, orders, unmerge};
pub use pauses::{Answer, Ask, OVER, Over, Resume, Shelve, answer, ask, over, resume, shelve};
pub use report::{Draft, Intake, Receipt, Report, SolvedOnSpot, adopt, compose, join, open, prepare, take_in};
pub use returns::{ReasonForm, SendBack, send_back, set_reason};
pub use review::{Verify, close, verify};
pub use rulings::{Due, Object, REVIEW_DUE, Ruling, object, review_due, rule};
pub use second::{Reopen, ReopenOwn, keep, open_again, reopen, reopen_own};
pub use share::{share, unshare};
pub use sign::{HandBack, hand_back, sign};
pub use stages::{ReachStage, reach_stage};
pub use supervise::{OrderEnd, OrderReply, Supervise, end_order, reply_order, supervise, unanswered};
pub use what_if::{Outlook, WhatIf, what_if};

use kernel::{Error, Result};

/// The longest text a person may write in one field, in characters.
pub const LONGEST: usize = 5_000;

/// A text that must be there and not too long; the error names the field.
pub fn required<'a>(field: &'static str, text: &'a str, longest: usize) -> Result<&'a str> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid(field, "required"));
    }
    optional(field, text, longest)
}

/// A text that may be empty but not too long.
pub fn optional<'a>(field: &'static str, text: &'a str, longest: usize) -> Result<&'a str> {
    if text.chars().count() > longest {
        return Err(Error::Invalid(vec![kernel::FieldError::new(field, "too-long").with("limit", longest)]));
    }
    Ok(text.trim())
}
