//! 必传照片: photographs that a result must show. The law lets them be asked for only for a while and with a reason, and never in an emergency (rules
//! of the field, 1), so the switch is off by itself and ends by itself.

use kernel::Time;
use serde::{Deserialize, Serialize};

use crate::{
    declare,
    modules::catalogue::{Matter, Urgency},
    settings::Held,
};

declare! {
    /// Whether results must show a photograph.
    RESULT_PHOTOS: ResultPhotos = "incidents.result_photos", limited;
}

/// Whether the result of a matter whose catalogue asks for evidence must show a photograph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultPhotos(pub bool);

impl Held for ResultPhotos {}

/// Until when a result of this matter and urgency must show a photograph, given until when the switch is open; nothing where none is asked for.
pub fn asked(open: Option<Time>, matter: Option<&Matter>, urgency: Urgency) -> Option<Time> {
    let proved = matter.is_some_and(|m| !m.evidence.trim().is_empty());
    open.filter(|_| proved && urgency != Urgency::Emergency)
}
