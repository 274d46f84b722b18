//! The language of a reader, and the words of the pages in it, for what the server says and writes itself: sentences in a case, papers, tables.
//!
//! The words are those of the pages (`web/src/locales`), so that the same thing is called the same on paper and on the screen; what only papers and
//! tables need stands in `lang/paper.json`, in both languages side by side.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

db::words! {
    /// The language of a reader.
    #[derive(Default)]
    pub enum Lang {
        /// 中文
        #[default]
        Zh = "zh",
        /// English
        En = "en",
    }
}

/// In which language something is to be written.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Reader {
    /// `zh` or `en`: the reader's language. A table is without it in the words of the interface.
    #[param(inline)]
    pub lang: Option<Lang>,
}

/// The words of the pages in one language.
struct Words {
    /// Closed lists, by list and word.
    lists: Value,
    /// What all faces say.
    common: Value,
    /// What figures are called.
    figures: Value,
}

macro_rules! words {
    ($language:literal) => {
        LazyLock::new(|| Words {
            lists: read(include_str!(concat!("../../web/src/locales/", $language, "/words.json"))),
            common: read(include_str!(concat!("../../web/src/locales/", $language, "/common.json"))),
            figures: read(include_str!(concat!("../../web/src/locales/", $language, "/supervision.json"))),
        })
    };
}

static ZH: LazyLock<Words> = words!("zh");
static EN: LazyLock<Words> = words!("en");
/// What only papers and tables need, each with `zh` and `en`.
static PAPER: LazyLock<Value> = LazyLock::new(|| read(include_str!("lang/paper.json")));

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

impl Lang {
    fn words(self) -> &'static Words {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }

    /// The tag of a page in this language.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The word of a closed list as the pages say it; one that has none stands for itself.
    pub fn term<'a>(self, list: &str, word: &'a str) -> &'a str {
        let words = self.words();
        let of = |tree: &'static Value| tree.get(list)?.get(word)?.as_str();
        of(&words.lists)
            .or_else(|| of(&words.figures))
            .or_else(|| self.written("words", &format!("{list}.{word}")))
            .unwrap_or(word)
    }

    /// What only a paper or a table says, by group and key.
    fn written(self, group: &str, key: &str) -> Option<&'static str> {
        PAPER.get(group)?.get(key)?.get(self.word())?.as_str()
    }

    /// What stands on a paper: a heading, a column, a short word. What is not there stands for itself.
    pub fn paper(self, key: &'static str) -> &'static str {
        self.written("paper", key).unwrap_or(key)
    }

    /// What a column of a table is called: that table's own name for it, else the name that tables share, else its word.
    pub fn column<'a>(self, table: &str, name: &'a str) -> &'a str {
        self.written("columns", &format!("{table}.{name}")).or_else(|| self.written("columns", name)).unwrap_or(name)
    }

    /// A sentence of the pages, with these words in its gaps; nothing where they have none of this key, such as `spoken.merged`.
    pub fn sentence(self, key: &str, gaps: &[(&str, &str)]) -> Option<String> {
        let found = key.split('.').try_fold(&self.words().common, |tree, part| tree.get(part))?;
        Some(filled(found.as_str()?, gaps))
    }

    /// A name that the program brought along, as this reader says it; a name that the district gave stays as it is.
    pub fn shipped(self, name: &str) -> &str {
        let shipped = |lang: Self| lang.words().common.get("shipped").and_then(Value::as_object);
        let key = || shipped(Self::Zh)?.iter().find(|(_, zh)| zh.as_str() == Some(name)).map(|(key, _)| key);
        let own = || shipped(self)?.get(key()?)?.as_str();
        if self == Self::Zh { name } else { own().unwrap_or(name) }
    }

    /// A name in Chinese, or in English for who reads that, where it has one.
    pub fn named<'a>(self, zh: &'a str, en: Option<&'a str>) -> &'a str {
        if self == Self::En { en.filter(|en| !en.is_empty()).unwrap_or(zh) } else { zh }
    }

    /// Several names in a row, the empty ones left out.
    pub fn list<'a>(self, names: impl IntoIterator<Item = &'a str>) -> String {
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        names.join(if self == Self::En { ", " } else { "、" })
    }

    /// A day and a time that stand as the district's clock showed them, `2026-03-14T02:10`: `3月14日 02:10`, `14 Mar 2026, 02:10`.
    pub fn moment(self, at: &str) -> String {
        let said = |at: DateTime| match self {
            Self::Zh => format!("{}月{}日 {:02}:{:02}", at.month(), at.day(), at.hour(), at.minute()),
            Self::En => at.strftime("%-d %b %Y, %H:%M").to_string(),
        };
        at.parse().map_or_else(|_| at.to_owned(), said)
    }
}

/// The sentence with the words in its gaps; what stands in the words themselves is no gap.
fn filled(sentence: &str, gaps: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, (name, after))) = rest.split_once('{').and_then(|(b, r)| Some((b, r.split_once('}')?))) {
        out.push_str(before);
        match gaps.iter().find(|(gap, _)| *gap == name) {
            Some((_, words)) => out.push_str(words),
            None => out.extend(["{", name, "}"]),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_the_one_of_the_pages_and_an_unknown_one_stands_for_itself() {
        assert_eq!((Lang::Zh.term("state", "archived"), Lang::En.term("state", "archived")), ("已归档", "Archived"));
        assert_eq!((Lang::Zh.term("light", "red"), Lang::En.term("light", "red")), ("红灯", "Red"));
        let overdue = [Lang::Zh, Lang::En].map(|lang| lang.term("orderState", "overdue"));
        assert_eq!(overdue, ["逾期未回复", "Reply overdue"]);
        assert_eq!(Lang::En.term("action", "a-new-one"), "a-new-one");
        assert_eq!(Lang::En.term("action", ""), "");
    }

    #[test]
    fn everything_on_paper_is_there_in_both_languages() {
        let groups = PAPER.as_object().unwrap();
        assert_eq!(groups.keys().map(String::as_str).collect::<Vec<_>>(), ["columns", "paper", "words"]);
        let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for (key, both) in groups.values().flat_map(|group| group.as_object().unwrap()) {
            let [zh, en] = ["zh", "en"].map(|lang| both[lang].as_str().unwrap_or_default());
            assert!(!zh.is_empty() && !en.is_empty() && !han(en), "{key}");
        }
    }

    #[test]
    fn a_gap_takes_words_as_they_are() {
        assert_eq!(filled("{a}到{b}，{c}", &[("a", "{b}"), ("b", "乙")]), "{b}到乙，{c}");
        assert_eq!(filled("{ 不是", &[]), "{ 不是");
    }

    #[test]
    fn a_name_that_came_along_is_said_and_a_districts_own_is_kept() {
        assert_eq!((Lang::Zh.shipped("分办"), Lang::En.shipped("分办")), ("分办", "Divided"));
        assert_eq!(Lang::En.shipped("我们自己的一步"), "我们自己的一步");
        assert_eq!(Lang::En.named("楼道灯不亮", Some("")), "楼道灯不亮");
        assert_eq!((Lang::En.named("灯", Some("Lamp")), Lang::Zh.named("灯", Some("Lamp"))), ("Lamp", "灯"));
    }

    #[test]
    fn whatever_the_program_brings_along_has_an_english_name() {
        let han = |text: &&str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        // The rows of one statement of a migration; names are what stands in quotes in Chinese.
        let rows = |migration: &'static str, statement: &str| {
            let rows = migration.split_once(statement).unwrap().1.split_once(';').unwrap().0;
            rows.split('\'').filter(han).collect::<Vec<_>>()
        };
        let mut names = rows(include_str!("../../migrations/0014_returns.sql"), "insert into return_reason");
        assert_eq!(names.len(), 9);
        names.extend(rows(include_str!("../../migrations/0004_org.sql"), "insert into relative_unit"));
        // In the presets every name is a text of its own.
        for preset in [include_str!("../presets/whistle.json"), include_str!("../presets/emergency.json")] {
            names.extend(preset.split('"').filter(han));
        }
        names.extend(include_str!("modules/incidents/rules/contact.json").split('"').filter(han));
        assert_eq!(names.len(), 9 + 6 + 5 + 3 + 1);
        for name in names {
            assert!(!han(&Lang::En.shipped(name)), "{name}");
        }
    }

    #[test]
    fn a_moment_is_said_by_the_clock_on_the_wall() {
        assert_eq!(Lang::Zh.moment("2025-03-10T02:05"), "3月10日 02:05");
        assert_eq!(Lang::En.moment("2025-03-10T02:05"), "10 Mar 2025, 02:05");
        assert_eq!(Lang::En.moment("soon"), "soon");
        assert_eq!(Lang::En.list(["一社区", "", "二社区"]), "一社区, 二社区");
    }
}
