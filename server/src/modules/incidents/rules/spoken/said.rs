//! How a sentence is said: by the words of the pages, in either language, so that paper, record and screen say the same.

use serde_json::Value;

use super::{Spoken, class_words};
use crate::{
    lang::Lang,
    modules::{catalogue::Limit, org},
};

impl Spoken {
    /// The sentence in Chinese, as it is kept beside it.
    pub fn zh(&self) -> String {
        self.said(Lang::Zh)
    }

    /// The sentence in this language. What people wrote stands in its gaps as they wrote it.
    pub fn said(&self, lang: Lang) -> String {
        let say = |key: &str, gaps: &[(&str, &str)]| lang.sentence(&format!("spoken.{key}"), gaps).unwrap_or_default();
        let list = |names: &[String]| lang.list(names.iter().map(String::as_str));
        let with = |told: String, words: &str| {
            if words.is_empty() { told } else { say("with_words", &[("told", &told), ("words", words)]) }
        };
        let term = |of: &'static str, word: &'static str| lang.term(of, word);
        match self {
            Self::Led { lead, helpers } => {
                say(if helpers.is_empty() { "led" } else { "led_with" }, &[("lead", lead), ("helpers", &list(helpers))])
            }
            Self::Ruled { lead, helpers } => {
                let led = Self::Led { lead: lead.clone(), helpers: helpers.clone() };
                say("ruled", &[("led", &led.said(lang))])
            }
            Self::StageDone { stage, words } => {
                let key = if words.is_empty() { "stage_done" } else { "stage_done_words" };
                say(key, &[("stage", stage), ("words", words)])
            }
            Self::Rated { contacted, solved, satisfied } => {
                let contacted = contacted.map(|yes| say(if yes { "contacted.yes" } else { "contacted.no" }, &[]));
                let solved = solved.map(|s| term("solved", s.word()).to_owned());
                let satisfied = satisfied.map(|s| term("satisfied", s.word()).to_owned());
                let answers: Vec<String> = [contacted, solved, satisfied].into_iter().flatten().collect();
                answers.join(if lang == Lang::En { "; " } else { "，" })
            }
            Self::Called { outcome } => term("outcome", outcome.word()).to_owned(),
            Self::Reopened { round, cause } => {
                say("reopened", &[("n", &round.to_string()), ("cause", term("cause", cause.word()))])
            }
            Self::Because { cause } => term("cause", cause.word()).to_owned(),
            Self::Responsible { why, names } => {
                let gaps: Vec<(&str, &str)> = names.iter().map(|(gap, name)| (gap.as_str(), lang.shipped(name))).collect();
                lang.sentence(&format!("spoken.responsible.{why}"), &gaps).unwrap_or_else(|| org::said(why, names))
            }
            Self::Classed { matter, matter_en, class, item } => {
                let item = item.as_deref();
                let matter = lang.named(matter, matter_en.as_deref());
                let gaps = [("matter", matter), ("class", &*class_words(lang, *class)), ("item", item.unwrap_or_default())];
                say(if item.is_some() { "classed_item" } else { "classed" }, &gaps)
            }
            Self::Recognised { matter, matter_en } => say("recognised", &[("matter", lang.named(matter, matter_en.as_deref()))]),
            Self::MatterCorrected { matter, matter_en } => {
                say("matter_corrected", &[("matter", lang.named(matter, matter_en.as_deref()))])
            }
            Self::NotTakenIn { refusal } => term("refusal", refusal.word()).to_owned(),
            Self::HandedOver { person, back, unit, to } => {
                let to = [unit.as_str(), to.as_str()].join(" ");
                say(if *back { "handed_back" } else { "handed_over" }, &[("person", person), ("to", to.trim())])
            }
            Self::ExtensionAsked { n, by, rung } => {
                let gaps = [("n", &*n.to_string()), ("by", &*span(lang, *by)), ("rung", term("rung", rung.word()))];
                say("extension_asked", &gaps)
            }
            Self::ExtensionDecided { n, by, rung, granted } => {
                let gaps = [("n", &*n.to_string()), ("by", &*span(lang, *by)), ("rung", term("rung", rung.word()))];
                say(if *granted { "extension_granted" } else { "extension_refused" }, &gaps)
            }
            Self::Shelved { shelf } => say(&format!("shelved.{shelf}"), &[]),
            Self::Returned { unit, reason, words } => {
                let key = if words.is_empty() { "returned" } else { "returned_words" };
                say(key, &[("unit", unit), ("reason", lang.shipped(reason)), ("words", words)])
            }
            Self::ConferenceCalled { at, chair, units } => {
                say("conference_called", &[("at", &lang.moment(at)), ("chair", chair), ("units", &list(units))])
            }
            Self::ConferenceHeld { chair, units, words } => {
                say("conference_held", &[("chair", chair), ("units", &list(units)), ("words", words)])
            }
            Self::Supervised { card, code, words } => {
                let card = say(&format!("card.{card}"), &[]);
                say("supervised", &[("card", &card), ("code", code), ("words", words)])
            }
            Self::SupervisedByRule { card, code, hours } => {
                let (card, late) = (say(&format!("card.{card}"), &[]), Self::Late { hours: *hours }.said(lang));
                say("supervised_by_rule", &[("card", &card), ("code", code), ("late", &late)])
            }
            Self::OrderEnded { code, lifted, words } => {
                say(if *lifted { "order_lifted" } else { "order_closed" }, &[("code", code), ("words", words)])
            }
            Self::Whistled { from, lead, helpers, by, words } => {
                let lead = lead.as_ref().map(|unit| say("lead", &[("unit", unit)]));
                let units: Vec<String> = lead.into_iter().chain(helpers.iter().cloned()).collect();
                say("whistled", &[("from", from), ("units", &list(&units)), ("by", &lang.moment(by)), ("words", words)])
            }
            Self::ReportedIn { unit, late, words } => {
                with(say(if *late { "reported_in_late" } else { "reported_in" }, &[("unit", unit)]), words)
            }
            Self::NotReportedIn { unit, by } => say("not_reported_in", &[("unit", unit), ("by", &lang.moment(by))]),
            Self::Raised { from, to, words } => {
                let [from, to] = [from, to].map(|urgency| term("urgency", urgency.word()));
                say("raised", &[("from", from), ("to", to), ("words", words)])
            }
            Self::RaisedWith { from, to, code } => {
                let [from, to] = [from, to].map(|urgency| term("urgency", urgency.word()));
                say("raised_with", &[("from", from), ("to", to), ("code", code)])
            }
            Self::Rung { n, desk, people } => with(say("rung", &[("n", &n.to_string()), ("desk", desk)]), &list(people)),
            Self::Acknowledged { desks, words } => with(say("acknowledged", &[("desks", &list(desks))]), words),
            Self::Bulletin { bulletin, n, words } => {
                let bulletin = term("bulletin", bulletin.word());
                say("bulletin", &[("bulletin", bulletin), ("n", &n.to_string()), ("words", words)])
            }
            Self::BulletinDue { by } => say("bulletin_due", &[("by", &lang.moment(by))]),
            plain => plain.as_it_is(lang),
        }
    }

    /// A sentence whose gaps take what is kept as it is.
    fn as_it_is(&self, lang: Lang) -> String {
        let kept = serde_json::to_value(self).unwrap_or_default();
        let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let gaps: Vec<(String, String)> = kept.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), words(v))).collect();
        let gaps: Vec<(&str, &str)> = gaps.iter().map(|(gap, words)| (gap.as_str(), words.as_str())).collect();
        let kind = kept["kind"].as_str().unwrap_or_default();
        lang.sentence(&format!("spoken.{kind}"), &gaps).unwrap_or_default()
    }
}

/// So long: `3工作日`, `3 working days`.
fn span(lang: Lang, by: Limit) -> String {
    let gaps = [("n", &*by.n.to_string()), ("unit", lang.term("unit", by.unit.word()))];
    lang.sentence("spoken.span", &gaps).unwrap_or_else(|| by.chinese())
}
