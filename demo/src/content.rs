//! The content of the demonstration: data files, read once when a district is generated.

use serde::{Deserialize, de::DeserializeOwned};

/// The rows of one embedded file. The files are part of the program and a test reads them all, so a fault here is a bug.
pub fn rows<T: DeserializeOwned>(text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("the embedded content is well-formed")
}

macro_rules! file {
    ($name:literal) => {
        crate::content::rows(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/content/", $name, ".csv")))
    };
}
pub(crate) use file;

/// A telephone number of the invented district.
#[derive(Clone, Debug, Deserialize)]
pub struct Hotline {
    pub number: String,
    pub name: String,
    /// national, district or street.
    pub scope: String,
}

/// A community of the invented district.
#[derive(Clone, Debug, Deserialize)]
pub struct Pattern {
    pub street: String,
    pub street_pinyin: String,
    pub community: String,
    pub kind: String,
    pub residential: usize,
    pub dedicated: String,
    pub households: u32,
    pub rows: String,
    pub compounds: String,
    pub lifts: String,
    pub special: String,
}

/// A kind of dedicated grid.
#[derive(Clone, Debug, Deserialize)]
pub struct Dedicated {
    pub subtype: String,
    pub zh: String,
    pub weight: f64,
    pub place: String,
}

/// A place name with its spelling.
#[derive(Clone, Debug, Deserialize)]
pub struct Word {
    pub zh: String,
    pub pinyin: String,
}

/// How often, when, where and by whom a matter is reported.
#[derive(Clone, Debug, Deserialize)]
pub struct Tendency {
    pub matter: String,
    pub weight: f64,
    pub season: String,
    pub setting: String,
    pub found_by: String,
}

/// A unit of the district, a street office or a property firm.
#[derive(Clone, Debug, Deserialize)]
pub struct Unit {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub kind: String,
    pub parent: String,
    pub alias: String,
    pub phone: String,
}

/// An office that every street has.
#[derive(Clone, Debug, Deserialize)]
pub struct Office {
    pub suffix: String,
    pub name: String,
    pub name_en: String,
    pub kind: String,
}

/// A property firm with its project.
#[derive(Clone, Debug, Deserialize)]
pub struct Firm {
    pub name: String,
    pub project: String,
    pub name_en: String,
}

/// A person of the guided tour.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    pub name: String,
    pub username: String,
    pub unit: String,
    pub post: String,
    pub slot: String,
    pub role: String,
    pub scope: String,
    pub note: String,
}

/// Part of a personal name.
#[derive(Clone, Debug, Deserialize)]
pub struct NamePart {
    pub part: String,
    pub zh: String,
    pub pinyin: String,
}

/// A notice before its place and day are known.
#[derive(Clone, Debug, Deserialize)]
pub struct Draft {
    pub key: String,
    pub kind: String,
    pub title: String,
    pub scope: String,
    pub days_before: i64,
    pub body: String,
}

/// Days off or worked against the week.
#[derive(Clone, Debug, Deserialize)]
pub struct Holiday {
    pub from: String,
    pub to: String,
    pub kind: String,
}

/// A community where a matter gathers in some months.
#[derive(Clone, Debug, Deserialize)]
pub struct Concentration {
    pub matter: String,
    pub community: String,
    pub months: String,
    pub share: f64,
}

/// A leave before its days are known.
#[derive(Clone, Debug, Deserialize)]
pub struct Absence {
    pub grid: String,
    pub from: i64,
    pub to: i64,
    pub deputy_grid: String,
    pub reason: String,
}

/// Two columns of texts: a key and a text.
pub type Pairs = Vec<(String, String)>;

/// The texts of one key.
pub fn of<'a>(pairs: &'a Pairs, key: &str) -> Vec<&'a str> {
    pairs.iter().filter(|(k, _)| k == key).map(|(_, v)| v.as_str()).collect()
}

/// A name of the district itself: of its river, its borders.
pub fn district(key: &str) -> String {
    let pairs: Pairs = file!("district");
    of(&pairs, key).first().map_or_else(String::new, |text| (*text).to_owned())
}
