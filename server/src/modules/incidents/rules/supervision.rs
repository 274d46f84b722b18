//! 督办单: where an order stands, and which one is the gravest.

use db::words;
use kernel::{Id, Result, Time};
use uuid::Uuid;

use super::ladder::Card;
use crate::modules::{incidents::model::Incident, org::Unit};

words! {
    /// Where an order stands (督办状态).
    pub enum OrderState {
        /// 待回复
        Open = "open",
        /// 已回复
        Replied = "replied",
        /// 已解除
        Lifted = "lifted",
        /// 已办结
        Closed = "closed",
    }
}

impl OrderState {
    /// Whether it still counts.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Open | Self::Replied)
    }
}

db::record! {
    /// A supervision order.
    #[derive(Clone, Debug)]
    pub struct Supervision {
        pub id: Id<Supervision>,
        pub code: String,
        pub version: i64,
        pub incident_id: Id<Incident>,
        pub unit_id: Id<Unit>,
        pub unit_path: String,
        pub issuer_path: String,
        pub card: Card,
        pub words: String,
        pub signer: String,
        pub issued_by: Uuid,
        pub stage: Option<String>,
        pub issued_at: Time,
        pub reply_by: Time,
        pub state: OrderState,
        pub reply: Option<String>,
        pub replied_by: Option<Uuid>,
        pub replied_name: Option<String>,
        pub replied_at: Option<Time>,
        pub end_words: Option<String>,
        pub ended_by: Option<Uuid>,
        pub ended_name: Option<String>,
        pub ended_at: Option<Time>,
        pub overdue_at: Option<Time>,
    }
}

impl Supervision {
    /// Whether the reply is overdue.
    pub fn is_overdue(&self, now: Time) -> bool {
        self.state == OrderState::Open && now >= self.reply_by
    }
}

/// The card that a case shows: the gravest of the orders that count.
pub fn gravest(cards: impl IntoIterator<Item = Card>) -> Option<Card> {
    cards.into_iter().max()
}

/// How an order is called on paper.
pub const fn card_words(card: Card) -> &'static str {
    match card {
        Card::Urge => "催办单",
        Card::Yellow => "黄牌督办",
        Card::Red => "红牌督办",
    }
}

/// The latest instant for a reply: ninety days.
pub fn reply_by_fits(now: Time, reply_by: Time) -> Result<()> {
    if reply_by > now && reply_by <= now.plus_days(90) { Ok(()) } else { Err(kernel::Error::invalid("reply_by", "out-of-range")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_card_counts() {
        assert_eq!(gravest([]), None);
        assert_eq!(gravest([Card::Urge, Card::Red, Card::Yellow]), Some(Card::Red));
        assert_eq!(gravest([Card::Urge, Card::Yellow]), Some(Card::Yellow));
    }

    #[test]
    fn a_reply_is_due_within_ninety_days() {
        let now = Time::from_millis(0);
        for (at, fits) in [(now, false), (now.plus_minutes(1), true), (now.plus_days(90), true), (now.plus_days(91), false)] {
            assert_eq!(reply_by_fits(now, at).is_ok(), fits);
        }
    }
}
