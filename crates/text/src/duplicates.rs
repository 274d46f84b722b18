//! Whether two reports tell of the same thing: near in words, in place and in time.

use crate::fold::{fold, is_cjk};

/// From this score on two reports very probably tell of the same thing: offer to join them.
pub const LIKELY: f32 = 0.5;
/// From this score on a person should see both; below it they have nothing in common.
pub const POSSIBLE: f32 = 0.25;

/// How many hashes a fingerprint keeps: the error of a likeness is about 0.06.
const SLOTS: usize = 64;
/// Bytes of a stored fingerprint.
const BYTES: usize = 2 + 2 * SLOTS;
/// So many metres apart halve the score.
const HALF_METRES: f32 = 200.0;
/// So many hours apart halve the score: a hole in the road is reported again after a week.
const HALF_HOURS: f32 = 14.0 * 24.0;
/// Weight of a report whose place is not known.
const UNKNOWN_PLACE: f32 = 0.7;

/// The words of a text in 130 bytes: a MinHash of its overlapping pairs of characters (Broder, "On the resemblance and containment of
/// documents", 1997). The text cannot be read back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Different pairs in the text.
    pairs: u16,
    slots: [u16; SLOTS],
}

impl Fingerprint {
    /// Reads a text; marks, blanks, capitals and full-width forms make no difference.
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().map(fold).filter(|c| is_cjk(*c) || c.is_alphanumeric()).collect();
        let mut pairs: Vec<u64> =
            chars.windows(2).map(|pair| mix(u64::from(pair[0] as u32) << 32 | u64::from(pair[1] as u32))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut slots = [u64::MAX; SLOTS];
        for &pair in &pairs {
            for (number, slot) in slots.iter_mut().enumerate() {
                *slot = (*slot).min(mix(pair ^ (number as u64 + 1)));
            }
        }
        // The high bits of a minimum are nearly zero; the low ones tell the minima apart.
        Self { pairs: pairs.len().min(usize::from(u16::MAX)) as u16, slots: slots.map(|slot| slot as u16) }
    }

    /// The fingerprint as bytes for a column.
    pub fn to_bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        for (place, number) in std::iter::once(&self.pairs).chain(&self.slots).enumerate() {
            bytes[2 * place..2 * place + 2].copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// Reads [`Fingerprint::to_bytes`]; nothing when the length is another one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
        let mut numbers = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let pairs = numbers.next()?;
        let mut slots = [0; SLOTS];
        for (slot, number) in slots.iter_mut().zip(numbers) {
            *slot = number;
        }
        Some(Self { pairs, slots })
    }

    /// Share of the shorter text's pairs that the other one has too, 0..1: a short report inside a longer one counts as alike, but one inside
    /// a text of more than twice its size less and less, since a long text has a bit of everything. A text of fewer than two characters
    /// is like nothing.
    pub fn likeness(&self, other: &Self) -> f32 {
        let (shorter, longer) = (self.pairs.min(other.pairs), self.pairs.max(other.pairs));
        if shorter == 0 {
            return 0.0;
        }
        let same = self.slots.iter().zip(&other.slots).filter(|(a, b)| a == b).count();
        let resemblance = same as f32 / SLOTS as f32;
        let common = resemblance / (1.0 + resemblance) * (f32::from(self.pairs) + f32::from(other.pairs));
        (common / f32::from(shorter).max(f32::from(longer) / 2.0)).min(1.0)
    }
}

/// How probably two reports tell of the same thing, 0..1: likeness of words, times nearness of places (half at 200 m), times nearness in
/// time (half at 14 days). `metres` is the distance of the places, none when one of them is not known; `hours` the time between, in either
/// direction. Compare with [`LIKELY`] and [`POSSIBLE`].
///
/// Unrelated complaints share up to a sixth of their pairs (greetings, common words), the same words in another order more than half; between the two
/// the likeness counts in proportion.
///
/// ```
/// use text::{Fingerprint, LIKELY, score};
/// let (a, b) = (Fingerprint::new("人民路12号门口井盖丢失"), Fingerprint::new("人民路12号门口的井盖丢失了！"));
/// assert!(score(&a, &b, Some(30.0), 5.0) >= LIKELY);
/// assert!(score(&a, &b, Some(3_000.0), 5.0) < LIKELY);
/// ```
pub fn score(a: &Fingerprint, b: &Fingerprint, metres: Option<f32>, hours: f32) -> f32 {
    const UNRELATED: f32 = 0.16;
    const SAME: f32 = 0.55;
    let words = ((a.likeness(b) - UNRELATED) / (SAME - UNRELATED)).clamp(0.0, 1.0);
    let place = metres.map_or(UNKNOWN_PLACE, |metres| 1.0 / (1.0 + (metres / HALF_METRES).powi(2)));
    let time = 0.5_f32.powf(hours.abs() / HALF_HOURS);
    words * place * time
}

/// The finisher of SplitMix64: every bit of the result depends on every bit of the number.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_thing_scores_high_and_another_low() {
        let cases = [
            ("幸福小区3号楼电梯坏了，老人下不了楼", "幸福小区3号楼的电梯又坏了，老人没法下楼", Some(20.0), 10.0, true),
            ("幸福小区3号楼电梯坏了，老人下不了楼", "幸福小区３号楼电梯坏了", None, 10.0, true),
            ("人民路与解放路口红绿灯不亮", "红绿灯不亮，人民路与解放路口", Some(50.0), 1.0, true),
            ("人民路与解放路口红绿灯不亮", "红绿灯不亮，人民路与解放路口", Some(2_000.0), 1.0, false),
            ("人民路与解放路口红绿灯不亮", "红绿灯不亮，人民路与解放路口", Some(50.0), 2_000.0, false),
            ("幸福小区3号楼电梯坏了", "广场舞音响太吵影响休息", Some(5.0), 1.0, false),
            ("楼道堆满垃圾没人清运", "楼道灯坏了没人修理", Some(5.0), 1.0, false),
            ("", "", Some(0.0), 0.0, false),
            ("坏", "坏", Some(0.0), 0.0, false),
        ];
        for (a, b, metres, hours, same) in cases {
            let score = score(&Fingerprint::new(a), &Fingerprint::new(b), metres, hours);
            assert_eq!(score >= LIKELY, same, "{a} / {b}: {score}");
        }
    }

    #[test]
    fn bytes_of_another_length_are_refused() {
        assert_eq!(Fingerprint::from_bytes(&[0; BYTES - 1]), None);
        assert_eq!(Fingerprint::from_bytes(&[]), None);
    }

    /// Real messages against each other and against themselves with every tenth character lost.
    #[test]
    fn real_messages_stay_apart() {
        let data =
            std::env::var("JINGWEI_DATA").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into());
        let Ok(mut reader) = csv::Reader::from_path(format!("{data}/complaints/messages_unlabelled.csv")) else {
            println!("skipped: no real messages at hand");
            return;
        };
        let texts: Vec<String> = reader.records().take(600).map(|row| row.unwrap()[4].to_owned()).collect();
        let prints: Vec<Fingerprint> = texts.iter().map(|text| Fingerprint::new(text)).collect();
        let (mut pairs, mut likely) = (0, 0);
        for (at, a) in prints.iter().enumerate() {
            for b in &prints[at + 1..] {
                pairs += 1;
                likely += usize::from(score(a, b, Some(0.0), 0.0) >= LIKELY);
            }
        }
        assert!(likely * 500 < pairs, "{likely} of {pairs} pairs taken for the same");
        let lost = texts.iter().zip(&prints).filter(|(text, print)| {
            let worn: String = text.chars().enumerate().filter(|(at, _)| at % 10 != 9).map(|(_, c)| c).collect();
            score(print, &Fingerprint::new(&worn), Some(0.0), 0.0) < LIKELY
        });
        assert_eq!(lost.count(), 0);
    }

    proptest! {
        #[test]
        fn fingerprints_survive_storage_and_scores_are_fair(a in "\\PC{0,60}", b in "\\PC{0,60}", metres in proptest::option::of(0.0_f32..1e5), hours in -1e4_f32..1e4) {
            let (a, b) = (Fingerprint::new(&a), Fingerprint::new(&b));
            prop_assert_eq!(Fingerprint::from_bytes(&a.to_bytes()), Some(a.clone()));
            let forth = score(&a, &b, metres, hours);
            prop_assert!((0.0..=1.0).contains(&forth));
            prop_assert!((forth - score(&b, &a, metres, -hours)).abs() < 1e-6);
        }
    }
}
