//! The real data: messages, points in polygons, and a catalogue that can be dispatched.

use std::{collections::HashMap, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::{bench::client::Answer, run::quiet};

/// The longest text that a report may have.
const LONGEST: usize = 5_000;

/// A message as it is sent.
pub struct Message {
    /// The body of the request.
    pub body: String,
}

/// A polygon: rings of longitude and latitude.
pub type Rings = Vec<Vec<[f64; 2]>>;

/// The polygons of a packed GeoJSON file, in its order.
pub fn polygons(file: &Path) -> Result<Vec<Rings>> {
    let map: Value = serde_json::from_str(&quiet(Command::new("gzip").arg("-dc").arg(file))?)?;
    let features = map["features"].as_array().context("no features")?;
    features.iter().map(|f| Ok(serde_json::from_value(f["geometry"]["coordinates"].clone())?)).collect()
}

/// A point inside by the even-odd rule: so far up, and so far along the widest stretch inside at that height. Both shares are 0 to 1.
/// Nothing for a ring without height.
pub fn inner(rings: &Rings, up: f64, along: f64) -> Option<[f64; 2]> {
    let lats = || rings.iter().flatten().map(|p| p[1]);
    let (low, high) = (lats().fold(f64::MAX, f64::min), lats().fold(f64::MIN, f64::max));
    let lat = low + (high - low) * up;
    let edges = rings.iter().flat_map(|r| r.windows(2)).filter(|e| (e[0][1] > lat) != (e[1][1] > lat));
    let mut crossings: Vec<f64> = edges.map(|e| e[0][0] + (lat - e[0][1]) / (e[1][1] - e[0][1]) * (e[1][0] - e[0][0])).collect();
    crossings.sort_by(f64::total_cmp);
    let widest = crossings.chunks_exact(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    Some([widest[0] + (widest[1] - widest[0]) * along, lat])
}

/// The name that follows the last district in a subject line, such as the three characters after `A2区`: what messages about one place share.
pub fn place(subject: &str) -> Option<String> {
    let chars: Vec<char> = subject.chars().collect();
    let ends = |n: usize| {
        let before = chars[..n].iter().rev().skip_while(|c| c.is_ascii_digit());
        matches!(chars[n], '市' | '区' | '县') && before.take(1).any(char::is_ascii_uppercase)
    };
    let end = (1..chars.len()).rev().find(|n| ends(*n))?;
    let name: String = chars[end + 1..].iter().take(3).collect();
    (name.chars().count() == 3).then_some(name)
}

/// Where each message is sent from: messages that name one place come from one polygon, the rest are spread; inside a polygon points differ.
pub struct Spread {
    polygons: Vec<Rings>,
    named: HashMap<String, usize>,
    next: usize,
}

impl Spread {
    /// Over these polygons.
    pub fn over(polygons: Vec<Rings>) -> Self {
        Self { polygons, named: HashMap::new(), next: 0 }
    }

    /// A prime stride visits all polygons before one comes twice.
    fn fresh(&mut self) -> usize {
        self.next += 1;
        self.next * 3_571 % self.polygons.len()
    }

    /// The point of the `n`th message.
    fn point(&mut self, n: usize, subject: &str) -> [f64; 2] {
        let name = place(subject);
        let known = name.as_ref().and_then(|n| self.named.get(n).copied());
        let polygon = known.unwrap_or_else(|| self.fresh());
        self.named.extend(name.map(|n| (n, polygon)));
        // Multiples of two irrational numbers fill the square evenly.
        let share = |step: f64| 0.1 + 0.8 * (n as f64 * step).fract();
        let rings = &self.polygons[polygon];
        inner(rings, share(0.754_877_666), share(0.569_840_291)).unwrap_or_else(|| rings[0][0])
    }
}

/// The messages with their points, and how many polygons hold them.
pub fn messages(file: &Path, spread: &mut Spread) -> Result<Vec<Message>> {
    let mut reader = csv::Reader::from_path(file)?;
    let headers = reader.headers()?.clone();
    let column = |name: &str| headers.iter().position(|h| h.trim_start_matches('\u{feff}') == name);
    let (subject, text) = (column("留言主题").context("no column 留言主题")?, column("留言详情").context("no column 留言详情")?);
    let mut all = Vec::new();
    for (n, row) in reader.records().enumerate() {
        let row = row?;
        let (subject, text) = (row[subject].trim(), row[text].trim());
        let [lon, lat] = spread.point(n, subject);
        let words: String = subject.chars().chain(['\n']).chain(text.chars()).take(LONGEST).collect();
        all.push(Message { body: json!({ "text": words, "lon": lon, "lat": lat }).to_string() });
    }
    ensure!(!all.is_empty(), "no messages");
    Ok(all)
}

/// Writes a catalogue that can be dispatched: the taxonomy's rows and one matter for each label, all of them the community's own.
pub fn catalogue(taxonomy: &Path, labels: &[String], into: &Path) -> Result<usize> {
    let mut writer = csv::Writer::from_path(into)?;
    let rules = ["基本", "属地社区", "2", "16", "工作时", "sample:20"];
    let headers =
        ["level1", "level2", "level3", "access_class", "lead_unit", "accept_limit", "handle_limit", "limit_unit", "verify"];
    writer.write_record(headers)?;
    let mut rows = 0;
    for row in csv::Reader::from_path(taxonomy)?.records() {
        writer.write_record(row?.iter().take(3).chain(rules))?;
        rows += 1;
    }
    for label in labels {
        writer.write_record([label.as_str(); 3].into_iter().chain(rules))?;
    }
    writer.flush()?;
    Ok(rows + labels.len())
}

/// The labels of a table.
pub fn labels(file: &Path) -> Result<Vec<String>> {
    let mut reader = csv::Reader::from_path(file)?;
    let at = reader.headers()?.iter().position(|h| h.trim_start_matches('\u{feff}') == "label").context("no column label")?;
    let rows: Result<Vec<String>, csv::Error> = reader.records().map(|row| Ok(row?[at].to_owned())).collect();
    let mut labels = rows?;
    labels.sort();
    labels.dedup();
    Ok(labels)
}

/// The answer as JSON when it has the expected status; else what was asked and what came back.
pub fn expect(answer: &Answer, status: u16, what: &str) -> Result<Value> {
    ensure!(answer.status == status, "{what}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    answer.json()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_inside_and_keep_out_of_holes() {
        let square = |low: f64, high: f64| vec![[low, low], [high, low], [high, high], [low, high], [low, low]];
        let ring = vec![square(0.0, 10.0), square(2.0, 9.0)];
        for n in 1..20 {
            let up = f64::from(n) / 20.0 + 0.001;
            let [lon, lat] = inner(&ring, up, 0.5).unwrap();
            assert!((0.0..10.0).contains(&lon) && (0.0..10.0).contains(&lat));
            assert!(!((2.0..9.0).contains(&lon) && (2.0..9.0).contains(&lat)), "{lon} {lat} lies in the hole");
        }
        assert_eq!(inner(&vec![vec![[1.0, 1.0], [2.0, 1.0], [1.0, 1.0]]], 0.5, 0.5), None);
    }

    #[test]
    fn a_place_is_the_name_after_the_last_district() {
        assert_eq!(place("A2区丽发新城附近建搅拌站").as_deref(), Some("丽发新"));
        assert_eq!(place("反映A市A7县泉塘街道噪音").as_deref(), Some("泉塘街"));
        assert_eq!(place("请问社区老人补贴"), None);
        assert_eq!(place("反映A7县"), None);
    }

    #[test]
    fn messages_about_one_place_come_from_one_polygon() {
        let cell = |n: usize| {
            vec![vec![[n as f64, 0.0], [n as f64 + 1.0, 0.0], [n as f64 + 1.0, 1.0], [n as f64, 1.0], [n as f64, 0.0]]]
        };
        let mut spread = Spread::over((0..7).map(cell).collect());
        let mut at = |n, subject| spread.point(n, subject)[0] as usize;
        let first = at(0, "A2区丽发新城噪音");
        assert_ne!(first, at(1, "没有地名"));
        assert_eq!(first, at(2, "A市丽发新城搅拌站"));
    }
}
