//! What can be wrong with a feature.

use serde::{Deserialize, Serialize};

use crate::point::Point;

/// Something wrong with a feature of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The feature's place in the file, from 0.
    pub feature: usize,
    /// Its id, or a property such as code or name that a person would know it by.
    pub label: Option<String>,
    /// What is wrong, with the figures for a sentence.
    #[serde(flatten)]
    pub kind: FindingKind,
    /// What was done about it.
    pub effect: Effect,
    /// Where, in WGS84.
    pub at: Option<Point>,
}

impl Finding {
    pub(crate) fn dropped(feature: usize, label: Option<String>, kind: FindingKind) -> Self {
        Self { feature, label, kind, effect: Effect::FeatureDropped, at: None }
    }
}

/// What was done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Put right without doubt about what was meant.
    Repaired,
    /// Left as it is; points are located by the even-odd rule.
    Kept,
    /// This ring (with its holes, if it is an outer one) is left out.
    RingDropped,
    /// The whole feature is left out.
    FeatureDropped,
}

/// The kinds of findings. In JSON the kind is the member `kind` in snake case and the figures stand beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FindingKind {
    /// The feature is no GeoJSON feature, or its coordinates are no lists of numbers.
    Unreadable {
        /// The parser's words.
        reason: String,
    },
    /// A geometry that is neither Polygon nor MultiPolygon.
    WrongGeometry {
        /// The type found.
        found: String,
    },
    /// No geometry, no ring, or nothing left of it.
    Empty,
    /// More positions than are read.
    TooManyPositions {
        /// How many there are.
        count: usize,
    },
    /// A position that is no place on Earth; often metres of a projection instead of degrees.
    OutOfRange {
        /// First number of the position.
        lon: f64,
        /// Second number of the position.
        lat: f64,
    },
    /// Latitude and longitude in the wrong order: the second number is beyond 90, and all would be well if they were exchanged.
    Swapped {
        /// First number of the position.
        lon: f64,
        /// Second number of the position.
        lat: f64,
    },
    /// A ring that bounds no area because it has fewer than three different corners.
    TooFewPositions {
        /// Positions in the file.
        count: usize,
    },
    /// A ring whose corners all lie on one line.
    ZeroArea,
    /// A ring whose last position is not its first.
    Unclosed {
        /// Metres between them.
        gap_m: f64,
    },
    /// Positions that repeat the one before.
    RepeatedPositions {
        /// How many were dropped from the ring.
        count: usize,
    },
    /// A ring that crosses itself or runs back along itself.
    SelfIntersection,
    /// A ring that touches itself in a point.
    SelfTouch,
    /// Two rings of one polygon that cross or share a stretch.
    RingsCross,
    /// A hole that lies outside its outer ring.
    HoleOutside,
    /// A border so entangled that looking for crossings was given up; there may be more of them.
    Unchecked,
    /// Two parts of the shape that cover the same ground, which counts twice in its area.
    PartsOverlap {
        /// Square metres that the first such pair shares.
        area_m2: f64,
    },
}

impl FindingKind {
    /// The name in snake case, the same as `kind` in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::WrongGeometry { .. } => "wrong_geometry",
            Self::Empty => "empty",
            Self::TooManyPositions { .. } => "too_many_positions",
            Self::OutOfRange { .. } => "out_of_range",
            Self::Swapped { .. } => "swapped",
            Self::TooFewPositions { .. } => "too_few_positions",
            Self::ZeroArea => "zero_area",
            Self::Unclosed { .. } => "unclosed",
            Self::RepeatedPositions { .. } => "repeated_positions",
            Self::SelfIntersection => "self_intersection",
            Self::SelfTouch => "self_touch",
            Self::RingsCross => "rings_cross",
            Self::HoleOutside => "hole_outside",
            Self::Unchecked => "unchecked",
            Self::PartsOverlap { .. } => "parts_overlap",
        }
    }

    /// Whether the polygon is invalid as a geometry although it was kept.
    pub const fn is_invalid_geometry(&self) -> bool {
        matches!(
            self,
            Self::SelfIntersection | Self::SelfTouch | Self::RingsCross | Self::HoleOutside | Self::PartsOverlap { .. }
        )
    }
}
