//! From a text to weighted features: character grams, hashed to 32 bits, counted and weighed by TF-IDF.

use crate::fold::fold;

/// The longest gram. On real complaints a third character brought nothing beside the ratios that training scales features by, and took
/// several times the memory. (Three characters of 21 bits would still pack into 64.)
pub(super) const LONGEST: usize = 2;

/// Reads `text` once: the folded characters, runs of blanks as one, at most `limit` of them.
pub(super) fn characters(text: &str, limit: usize, out: &mut Vec<u32>) {
    out.clear();
    let mut blank = false;
    for c in text.chars().map(fold) {
        if c == ' ' && blank {
            continue;
        }
        if out.len() == limit {
            break;
        }
        blank = c == ' ';
        out.push(c as u32);
    }
}

/// Calls `each(key, start, length)` for every gram of one to [`LONGEST`] characters.
#[inline]
pub(super) fn grams(chars: &[u32], mut each: impl FnMut(u32, usize, usize)) {
    for start in 0..chars.len() {
        let mut packed = 0_u64;
        for (at, &c) in chars[start..].iter().take(LONGEST).enumerate() {
            packed |= u64::from(c) << (21 * at);
            each(key(packed), start, at + 1);
        }
    }
}

/// Multiply-shift hash; the packed gram is exact, so that only this step can make two grams collide (1 in 4 billion).
#[inline]
fn key(packed: u64) -> u32 {
    let mixed = (packed ^ (packed >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as u32
}

/// Open-addressed table from a gram's key to its row of weights.
#[derive(Debug, Clone)]
pub(super) struct Vocabulary {
    slots: Vec<u64>,
    rows: usize,
}

/// A slot that holds nothing. Its row, `u32::MAX`, is never handed out.
const EMPTY: u64 = u64::MAX;

impl Vocabulary {
    /// Room for at least `rows` keys at half load.
    pub fn with_room(rows: usize) -> Self {
        let slots = (rows.max(8) * 2).next_power_of_two();
        Self { slots: vec![EMPTY; slots], rows: 0 }
    }

    pub fn len(&self) -> usize {
        self.rows
    }

    /// Bytes that the table takes.
    pub fn bytes(&self) -> usize {
        self.slots.len() * 8
    }

    #[inline]
    fn home(&self, key: u32) -> usize {
        // The key is a hash already; its low bits choose the slot.
        key as usize & (self.slots.len() - 1)
    }

    /// The row of a key, if it is known.
    #[inline]
    pub fn get(&self, key: u32) -> Option<u32> {
        let mut at = self.home(key);
        loop {
            let slot = self.slots[at];
            if slot == EMPTY {
                return None;
            }
            if (slot >> 32) as u32 == key {
                return Some(slot as u32);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The row of a key, which is given the next free one when it is new.
    pub fn insert(&mut self, key: u32) -> u32 {
        if let Some(row) = self.get(key) {
            return row;
        }
        if (self.rows + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let row = self.rows as u32;
        self.place(key, row);
        self.rows += 1;
        row
    }

    fn place(&mut self, key: u32, row: u32) {
        let mut at = self.home(key);
        while self.slots[at] != EMPTY {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = u64::from(key) << 32 | u64::from(row);
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![EMPTY; old.len() * 2];
        for slot in old.into_iter().filter(|&slot| slot != EMPTY) {
            self.place((slot >> 32) as u32, slot as u32);
        }
    }

    /// The keys in the order of their rows.
    pub fn keys(&self) -> Vec<u32> {
        let mut keys = vec![0; self.rows];
        for &slot in self.slots.iter().filter(|&&slot| slot != EMPTY) {
            keys[slot as u32 as usize] = (slot >> 32) as u32;
        }
        keys
    }
}

/// Damped term frequency, `1 + ln n`.
#[inline]
pub(super) fn damped(count: u16) -> f32 {
    const TABLE: [f32; 8] = [0.0, 1.0, 1.693_147_2, 2.098_612_3, 2.386_294_4, 2.609_438, 2.791_759_5, 2.945_910_1];
    TABLE.get(usize::from(count)).copied().unwrap_or_else(|| 1.0 + f32::from(count).ln())
}
