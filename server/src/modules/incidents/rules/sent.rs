//! What can be counted of dispatches and returns, each as a condition. Pure.

db::words! {
    /// What became of a dispatch; a list filtered by it shows the cases behind a number of the figures of dispatch.
    pub enum Sent {
        /// Every dispatch.
        Dispatches = "dispatches",
        /// 退单: a unit returned it.
        Returned = "returned",
        /// Returned as wrong, and the next dispatch went elsewhere.
        Wrong = "wrong",
        /// 异议
        Objections = "objections",
        /// 异议成立
        Upheld = "upheld",
        /// 违规下派
        SentDown = "sent_down",
        /// Wrong in one way or more.
        Faulty = "faulty",
        /// 派准: wrong in no way.
        Accurate = "accurate",
        /// A return, by the day of the return.
        Back = "back",
        /// A return after which the next dispatch went elsewhere.
        BackAccepted = "back_accepted",
    }
}

impl Sent {
    /// What a dispatch can be counted as.
    pub const DISPATCHES: [Self; 8] = [
        Self::Dispatches,
        Self::Returned,
        Self::Wrong,
        Self::Objections,
        Self::Upheld,
        Self::SentDown,
        Self::Faulty,
        Self::Accurate,
    ];

    /// Whether returns are counted, not dispatches.
    pub const fn is_return(self) -> bool {
        matches!(self, Self::Back | Self::BackAccepted)
    }

    /// The condition on a dispatch `d`, or on a return `r`. Written once, so that a number and the list behind it cannot differ.
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Dispatches | Self::Back => "1 = 1",
            Self::Returned => "d.returned = 1",
            Self::Wrong => "d.wrong = 1",
            Self::Objections => "d.objected = 1",
            Self::Upheld => "d.upheld = 1",
            Self::SentDown => "d.down = 1",
            Self::Faulty => "d.wrong + d.upheld + d.down > 0",
            Self::Accurate => "d.wrong + d.upheld + d.down = 0",
            Self::BackAccepted => "r.accepted",
        }
    }

    /// What the cases behind a number of dispatches are counted as, since a case may be dispatched more than once.
    pub const fn cases(self) -> &'static str {
        match self {
            Self::Dispatches => "dispatches_cases",
            Self::Returned => "returned_cases",
            Self::Wrong => "wrong_cases",
            Self::Objections => "objections_cases",
            Self::Upheld => "upheld_cases",
            Self::SentDown => "sent_down_cases",
            Self::Faulty => "faulty_cases",
            Self::Accurate => "accurate_cases",
            Self::Back => "back_cases",
            Self::BackAccepted => "back_accepted_cases",
        }
    }
}
