//! Sentences as residents, workers and hotline operators write them, grown from the phrases of the content.

use crate::content::{Pairs, file, of};
use crate::model::{Matter, Sentence};
use crate::rng::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// Share of messages that could be about another matter.
const VAGUE: f64 = 0.09;
/// Share of messages that mention a second matter.
const TWOFOLD: f64 = 0.045;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    Resident,
    Worker,
    Operator,
    Window,
    Device,
}

/// The names that a sentence may mention.
#[derive(Clone, Debug)]
pub struct Place {
    pub compound: String,
    pub road: String,
    /// Building and stairwell, where they are known.
    pub block: Option<String>,
    /// Storeys of the building.
    pub floors: u32,
}

/// All texts, by matter and kind.
pub struct Wording {
    phrases: BTreeMap<String, Vec<String>>,
    ambiguous: Vec<(String, Vec<String>)>,
    slips: Pairs,
    parts: BTreeMap<String, Vec<String>>,
    replies: Pairs,
    invalid: Pairs,
}

impl Wording {
    /// Reads the content.
    pub fn load() -> Self {
        let group = |rows: Pairs| {
            rows.into_iter().fold(BTreeMap::<String, Vec<String>>::new(), |mut map, (key, text)| {
                map.entry(key).or_default().push(text);
                map
            })
        };
        let ambiguous: Pairs = file!("ambiguous");
        let split = |(phrase, matters): (String, String)| (phrase, matters.split('|').map(str::to_owned).collect());
        Self {
            phrases: group(file!("phrases")),
            ambiguous: ambiguous.into_iter().map(split).collect(),
            slips: file!("slips"),
            parts: group(file!("wording")),
            replies: file!("replies"),
            invalid: file!("invalid"),
        }
    }

    /// A message about a matter, with the doubts of life: some are so vague that they could be about another matter, some mention
    /// a second one.
    pub fn message(&self, matter: &str, register: Register, place: &Place, rng: &mut Rng) -> String {
        let vague: Vec<&String> = self.ambiguous.iter().filter(|a| a.1.iter().any(|m| m == matter)).map(|a| &a.0).collect();
        let own = rng.pick(&self.phrases[matter]).clone();
        let phrase = if register == Register::Device {
            self.alarm(matter, rng)
        } else if !vague.is_empty() && register != Register::Worker && rng.chance(VAGUE) {
            (*rng.pick(&vague)).clone()
        } else if rng.chance(TWOFOLD) {
            let all: Vec<&Vec<String>> = self.phrases.values().collect();
            let others = *rng.pick(&all);
            let other = rng.pick(others).clone();
            let (first, second) = if rng.chance(0.6) { (own, other) } else { (other, own) };
            format!("{first}，另外{second}")
        } else {
            own
        };
        self.dress(&phrase, register, place, rng)
    }

    /// What a device says: those phrases of the matter that speak of an alarm, else the bare fact.
    fn alarm(&self, matter: &str, rng: &mut Rng) -> String {
        let sounds = ["报警", "触发", "主机", "求助"];
        let own: Vec<&String> = self.phrases[matter].iter().filter(|p| sounds.iter().any(|s| p.contains(s))).collect();
        if own.is_empty() { format!("{{路}}监测点触发“{matter}”告警") } else { (*rng.pick(&own)).clone() }
    }

    /// A message that asks for nothing that can be done here.
    pub fn invalid(&self, reason: &str, place: &Place, rng: &mut Rng) -> String {
        let phrase = (*rng.pick(&of(&self.invalid, reason))).to_owned();
        self.expand(&phrase, place, rng)
    }

    /// The public reply to a result.
    pub fn reply(&self, result: &str, matter: &str, unit: &str, handling: &str, rng: &mut Rng) -> String {
        let text = *rng.pick(&of(&self.replies, result));
        text.replace("{matter}", matter).replace("{unit}", unit).replace("{handling}", handling)
    }

    /// One of the small texts: a landmark, a time, a shop.
    pub fn part(&self, kind: &str, rng: &mut Rng) -> String {
        rng.pick(&self.parts[kind]).clone()
    }

    /// Training sentences: every matter in every register, none of them twice.
    pub fn history(&self, seed: u64, catalogue: &[Matter], weights: &[f64], places: &[Place]) -> Vec<Sentence> {
        let mut rng = Rng::new(seed, "history");
        let mut seen = BTreeSet::new();
        let mut sentences = Vec::new();
        for (matter, weight) in catalogue.iter().zip(weights) {
            let number = 62 + (weight * 0.5) as usize;
            let goal = sentences.len() + number;
            while sentences.len() < goal {
                let place = rng.pick(places).clone();
                let text = self.message(&matter.level3, voice(&mut rng), &place, &mut rng);
                if seen.insert(text.clone()) {
                    sentences.push(Sentence { label: matter.level3.clone(), text });
                }
            }
        }
        rng.shuffle(&mut sentences);
        sentences
    }

    fn dress(&self, phrase: &str, register: Register, place: &Place, rng: &mut Rng) -> String {
        let voice = match register {
            Register::Resident => "resident",
            Register::Worker => "worker",
            Register::Operator => "operator",
            Register::Window => "window",
            Register::Device => "device",
        };
        let opening = self.part(&format!("opening_{voice}"), rng);
        let ending = self.part(&format!("ending_{voice}"), rng);
        let body = self.expand(phrase, place, rng);
        let feeling = (register == Register::Resident && rng.chance(0.18)).then(|| format!("，{}", self.part("feeling", rng)));
        let text = format!("{opening}{body}{}{ending}", feeling.unwrap_or_default());
        if register == Register::Resident && rng.chance(0.1) { self.slip(&text, rng) } else { text }
    }

    /// Fills slots `{楼}` and chooses one of `[a|b|c]`.
    pub fn expand(&self, phrase: &str, place: &Place, rng: &mut Rng) -> String {
        let mut text = String::new();
        let mut rest = phrase;
        while let Some(at) = rest.find(['{', '[']) {
            text.push_str(&rest[..at]);
            let close = if rest.as_bytes()[at] == b'{' { '}' } else { ']' };
            let end = at + rest[at..].find(close).expect("brackets of the phrases are balanced");
            let inner = &rest[at + 1..end];
            if close == '}' {
                let word = self.slot(inner, place, rng);
                // A building that is named with its compound needs no second mention of it.
                let known = text.ends_with(&place.compound);
                text.push_str(word.strip_prefix(&place.compound).filter(|_| known).unwrap_or(&word));
            } else {
                let options: Vec<&str> = inner.split('|').collect();
                let chosen = *rng.pick(&options);
                text.push_str(&self.expand(chosen, place, rng));
            }
            rest = &rest[end + close.len_utf8()..];
        }
        text + rest
    }

    fn slot(&self, name: &str, place: &Place, rng: &mut Rng) -> String {
        match name {
            "楼" if place.block.is_some() => place.block.clone().unwrap_or_default(),
            "楼" => match rng.below(4) {
                0 => format!("{}{}栋{}单元", place.compound, rng.between(1, 18), rng.between(1, 4)),
                1 => format!("{}号楼", rng.between(1, 18)),
                2 => format!("{}{}号楼", place.compound, rng.between(1, 18)),
                _ => format!("{}栋{}单元", rng.between(1, 18), rng.between(1, 4)),
            },
            "层" => format!("{}楼", rng.between(2, place.floors.into())),
            "区" => place.compound.clone(),
            "路" => place.road.clone(),
            "点" => self.part("landmark", rng),
            "时" => self.part("when", rng),
            "久" => self.part("how_long", rng),
            _ => self.part("shop", rng),
        }
    }

    /// One wrong character, or one that was left out.
    fn slip(&self, text: &str, rng: &mut Rng) -> String {
        let fits: Vec<_> = self.slips.iter().filter(|(right, _)| text.contains(right.as_str())).collect();
        if !fits.is_empty() && rng.chance(0.7) {
            let (right, wrong) = *rng.pick(&fits);
            return text.replacen(right.as_str(), wrong, 1);
        }
        let gone = rng.below(text.chars().count());
        text.chars().enumerate().filter(|(i, _)| *i != gone).map(|(_, c)| c).collect()
    }
}

/// Who speaks in a training sentence.
fn voice(rng: &mut Rng) -> Register {
    [Register::Resident, Register::Worker, Register::Operator, Register::Window][rng.weighted(&[0.55, 0.2, 0.15, 0.1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_opens_up_without_a_trace_of_its_brackets() {
        let wording = Wording::load();
        let place = Place { compound: "甲小区".into(), road: "乙路".into(), block: None, floors: 6 };
        let mut rng = Rng::new(1, "t");
        assert_eq!(wording.phrases.len(), 66);
        for (matter, phrases) in &wording.phrases {
            assert!(phrases.len() >= 12, "{matter}");
            for phrase in phrases.iter().chain(wording.ambiguous.iter().map(|a| &a.0)) {
                let text = wording.expand(phrase, &place, &mut rng);
                assert!(!text.contains(['{', '}', '[', ']', '|']), "{phrase} became {text}");
            }
        }
    }
}
