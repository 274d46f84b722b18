//! Which streets, communities and grids there are, before anything has a place: the invented district first, then more of its kind.

use crate::content::{Dedicated, Pattern, Word, file};
use crate::rng::Rng;

/// Six-digit code of the district; the prefix 99 is not issued to any province.
pub const DISTRICT: &str = "990101";

/// Grids in a street up to which streets are added rather than enlarged: 99 is the end of the codes for 街道.
const STREETS: usize = 99;

/// A street with its communities.
#[derive(Clone, Debug)]
pub struct Street {
    /// 9 digits.
    pub code: String,
    /// 临江.
    pub stem: String,
    pub pinyin: String,
    pub communities: Vec<Community>,
}

/// A community or village with its grids.
#[derive(Clone, Debug)]
pub struct Community {
    /// 12 digits.
    pub code: String,
    /// 柳荫.
    pub stem: String,
    pub pinyin: String,
    pub village: bool,
    /// Residential grids.
    pub residential: usize,
    /// Dedicated grids that run along the western border as a line.
    pub strips: Vec<Dedicated>,
    /// Other dedicated grids.
    pub blocks: Vec<Dedicated>,
    /// Households of the community.
    pub households: u32,
    /// Grids in each row, from north to south.
    pub rows: Vec<usize>,
    pub compounds: Vec<String>,
    pub lifts: bool,
    /// What only this community has: key, number of the grid (or a count), value.
    pub special: Vec<(String, usize, String)>,
}

impl Community {
    /// The value of a special feature of a grid (counted from 1).
    pub fn special(&self, key: &str, grid: usize) -> Option<&str> {
        self.special.iter().find(|s| s.0 == key && s.1 == grid).map(|s| s.2.as_str())
    }

    /// The number behind a special feature of the whole community.
    pub fn special_number(&self, key: &str) -> Option<usize> {
        self.special.iter().find(|s| s.0 == key).map(|s| s.1)
    }

    /// 柳荫社区 or 桃溪村.
    pub fn name(&self) -> String {
        format!("{}{}", self.stem, if self.village { "村" } else { "社区" })
    }

    /// Number of grids.
    pub fn grids(&self) -> usize {
        self.residential + self.strips.len() + self.blocks.len()
    }

    /// Weight of a residential grid: village grids are wide.
    pub fn grid_weight(&self) -> f64 {
        if self.village { 2.4 } else { 1.0 }
    }

    /// Weight of all its grids: its share of the land.
    pub fn weight(&self) -> f64 {
        let dedicated = self.strips.iter().chain(&self.blocks).map(|d| d.weight).sum::<f64>();
        self.residential as f64 * self.grid_weight() + dedicated
    }
}

/// A district with this number of grids.
pub fn plan(seed: u64, grids: usize) -> Vec<Street> {
    let mut rng = Rng::new(seed, "plan");
    let patterns: Vec<Pattern> = file!("plan");
    let kinds: Vec<Dedicated> = file!("dedicated");
    let per_pattern: usize = patterns.iter().map(|p| p.residential + listed(&p.dedicated).count()).sum();
    let mut names = Names::new();
    let mut communities = Vec::new();
    let mut left = grids;
    while left > 0 {
        let index = communities.len();
        let pattern = &patterns[index % patterns.len()];
        let mut community = community(pattern, &kinds);
        if index >= patterns.len() {
            rename(&mut community, &mut names, &mut rng);
        }
        truncate(&mut community, left);
        left -= community.grids();
        communities.push(community);
    }
    let expected = grids.div_ceil(per_pattern).max(1) * patterns.len();
    let per_street = 4.max(expected.div_ceil(STREETS));
    streets(&communities, per_street, &patterns, &mut names)
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').filter(|s| !s.is_empty())
}

fn community(pattern: &Pattern, kinds: &[Dedicated]) -> Community {
    let dedicated: Vec<Dedicated> =
        listed(&pattern.dedicated).filter_map(|s| kinds.iter().find(|k| k.subtype == s).cloned()).collect();
    let (strips, blocks) = dedicated.into_iter().partition(|d| d.subtype.starts_with("river"));
    Community {
        code: String::new(),
        stem: pattern.community.clone(),
        pinyin: String::new(),
        village: pattern.kind == "village",
        residential: pattern.residential,
        strips,
        blocks,
        households: pattern.households,
        rows: pattern.rows.split('+').filter_map(|n| n.parse().ok()).collect(),
        compounds: listed(&pattern.compounds).map(str::to_owned).collect(),
        lifts: pattern.lifts == "yes",
        special: pattern.special.split(';').filter_map(special).collect(),
    }
}

/// Reads `households:3=512` or `vacancy:2`.
fn special(text: &str) -> Option<(String, usize, String)> {
    let (key, rest) = text.split_once(':')?;
    let (number, value) = rest.split_once('=').unwrap_or((rest, ""));
    Some((key.to_owned(), number.parse().ok()?, value.to_owned()))
}

/// Gives a repeated community its own name, households and compounds.
fn rename(community: &mut Community, names: &mut Names, rng: &mut Rng) {
    let word = names.next();
    let per_grid = rng.between(330, 430) as u32;
    community.households = community.residential as u32 * per_grid;
    let endings = ["里", "小区", "花园", "雅苑", "新村", "家园", "华庭"];
    let first = rng.below(endings.len());
    community.compounds = (0..3).map(|i| format!("{}{}", word.zh, endings[(first + i) % endings.len()])).collect();
    community.special.retain(|s| s.0 == "heads");
    community.stem = word.zh;
    community.pinyin = word.pinyin;
}

/// The last community of a district whose size is no multiple of the pattern has fewer grids.
fn truncate(community: &mut Community, left: usize) {
    if community.grids() <= left {
        return;
    }
    community.special.clear();
    let households = community.households / community.residential.max(1) as u32;
    community.strips.clear();
    community.blocks.clear();
    community.residential = community.residential.min(left);
    community.households = households * community.residential as u32;
    community.rows = match community.residential {
        n @ 1..=2 => vec![n],
        n => vec![n / 2, n - n / 2],
    };
}

fn streets(communities: &[Community], per_street: usize, patterns: &[Pattern], names: &mut Names) -> Vec<Street> {
    let spelling: Vec<Word> = file!("words");
    let mut streets = Vec::new();
    for (s, chunk) in communities.chunks(per_street).enumerate() {
        let own = patterns.get(s * 4).filter(|_| per_street == 4);
        let (stem, pinyin) = own.map_or_else(
            || {
                let word = names.next();
                (word.zh, word.pinyin)
            },
            |p| (p.street.clone(), p.street_pinyin.clone()),
        );
        let code = format!("{DISTRICT}{:03}", s + 1);
        let (mut urban, mut rural) = (0, 200);
        let communities = chunk.iter().cloned().map(|mut c| {
            let number = if c.village { &mut rural } else { &mut urban };
            *number += 1;
            c.code = format!("{code}{number:03}");
            if c.pinyin.is_empty() {
                c.pinyin = spelling.iter().find(|w| w.zh == c.stem).map_or_else(String::new, |w| w.pinyin.clone());
            }
            c
        });
        let communities = communities.collect();
        streets.push(Street { code, stem, pinyin, communities });
    }
    streets
}

/// Place names that never repeat: the list, then the list with a word of direction before it.
struct Names {
    words: Vec<Word>,
    used: usize,
}

impl Names {
    fn new() -> Self {
        let words: Vec<Word> = file!("words");
        Self { words: words.into_iter().skip(12).collect(), used: 0 }
    }

    fn next(&mut self) -> Word {
        const BEFORE: [(&str, &str); 20] = [
            ("", ""),
            ("东", "Dong "),
            ("西", "Xi "),
            ("南", "Nan "),
            ("北", "Bei "),
            ("新", "Xin "),
            ("上", "Shang "),
            ("下", "Xia "),
            ("中", "Zhong "),
            ("前", "Qian "),
            ("后", "Hou "),
            ("大", "Da "),
            ("小", "Xiao "),
            ("老", "Lao "),
            ("左", "Zuo "),
            ("右", "You "),
            ("里", "Li "),
            ("外", "Wai "),
            ("长", "Chang "),
            ("高", "Gao "),
        ];
        let (zh, pinyin) = BEFORE[self.used / self.words.len() % BEFORE.len()];
        let word = &self.words[self.used % self.words.len()];
        self.used += 1;
        Word { zh: format!("{zh}{}", word.zh), pinyin: format!("{pinyin}{}", word.pinyin) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn any_size_has_exactly_its_grids_and_unique_codes() {
        for grids in [1, 4, 5, 19, 20, 59, 60, 61, 133, 1000, 10_000] {
            let streets = plan(1, grids);
            let communities: Vec<_> = streets.iter().flat_map(|s| &s.communities).collect();
            assert_eq!(communities.iter().map(|c| c.grids()).sum::<usize>(), grids);
            assert_eq!(communities.iter().map(|c| &c.code).collect::<BTreeSet<_>>().len(), communities.len());
            assert_eq!(communities.iter().map(|c| c.name()).collect::<BTreeSet<_>>().len(), communities.len());
            assert!(streets.len() <= STREETS && streets.iter().all(|s| s.code.len() == 9));
        }
    }

    #[test]
    fn the_default_is_the_invented_district() {
        let streets = plan(5, 60);
        let names: Vec<_> = streets.iter().map(|s| s.stem.as_str()).collect();
        assert_eq!(names, ["临江", "青禾", "南桥"]);
        let households: u32 = streets.iter().flat_map(|s| &s.communities).map(|c| c.households).sum();
        assert_eq!(households, 20_000);
        assert_eq!(streets[0].communities[1].code, "990101001002");
        assert_eq!(streets[2].communities[3].code, "990101003201");
    }
}
