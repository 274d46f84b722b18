//! 一案一档: the whole case as one page that prints, for whoever may have it. It shows what the desk sees, personal data masked; nothing in it
//! runs, and nothing but the photographs is loaded.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use db::Conn;
use kernel::{Actor, Error, Result, Time, Zone};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{actions::Ground, html::Html, rules::spoken::Spoken, store::Case, view};
use crate::{app::App, lang::Lang, modules::files};

/// On paper the mark is the foot of a table that is the whole page: it stands on every sheet and no row lies under it.
const STYLE: &str = "body{font:15px/1.6 'Noto Sans SC','Source Han Sans SC','Microsoft YaHei',sans-serif;color:#111;max-width:60em;margin:2em auto;padding:0 1em}\
h1{font-size:1.5em;margin:0}h2{font-size:1.15em;border-bottom:2px solid #111;margin:1.6em 0 .5em}\
table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:break-word}td:last-child,.said{overflow-wrap:anywhere}\
th{background:#f2f2f2;font-weight:600;white-space:nowrap}.facts th{width:8em}.why{color:#444}figure{display:inline-block;width:18em;margin:.5em .5em .5em 0;vertical-align:top}\
figure img{max-width:100%}figcaption{font-size:.8em;overflow-wrap:anywhere}.mark{color:#555;font-size:.85em}\
@page{margin:18mm 15mm}@media print{body{margin:0;max-width:none;font-size:11pt;padding:0}tr,figure{break-inside:avoid}thead{display:table-header-group}\
main{display:table;box-sizing:border-box;width:100%}.mark{display:table-footer-group;break-inside:avoid;line-height:2.5;text-align:center}}";

/// The policy of the page: no script, no connection, no other style than its own.
pub fn policy() -> String {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; img-src 'self'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The page of a case for this caller, in a language.
pub async fn page(conn: &mut Conn, app: &App, ground: &Ground, who: &Actor, case: Case, lang: Lang) -> Result<String> {
    let hashes = files::hashes(conn, "incident", case.id.uuid()).await?;
    let whole = view::whole(conn, app, ground, who, case).await?;
    // What is written here is what the interface answers: one place decides what is masked.
    let case = serde_json::to_value(whole).map_err(Error::internal)?;
    let sheet = Sheet { case: &case, zone: app.zone, lang };
    let mut page = Html::default();
    page.raw("<!doctype html>\n<html lang=\"")
        .raw(lang.tag())
        .raw("\"><head><meta charset=\"utf-8\"><title>")
        .raw(lang.paper("dossier"))
        .raw(" ");
    page.text(text(&case["code"]))
        .raw("</title>\n<style>")
        .raw(STYLE)
        .raw("</style></head><body>\n<main>\n<h1>")
        .raw(lang.paper("dossier"))
        .raw(" ");
    page.text(text(&case["code"]))
        .raw("</h1>\n<p class=\"mark\">")
        .text(&watermark(lang, who, ground.now, app.zone))
        .raw("</p>\n");
    sheet.facts(&mut page);
    sheet.timeline(&mut page);
    sheet.tasks(&mut page);
    sheet.photos(&mut page, &hashes);
    sheet.ratings(&mut page);
    page.raw("</main>\n</body></html>\n");
    Ok(page.finish())
}

/// Who took it, and when: name, the last four of the staff number, the time.
fn watermark(lang: Lang, who: &Actor, now: Time, zone: Zone) -> String {
    let number: Vec<char> = who.staff_no.as_deref().unwrap_or_default().chars().collect();
    let last4: String = number[number.len().saturating_sub(4)..].iter().collect();
    let [by, at, official] = ["taken_by", "taken_at", "official"].map(|key| lang.paper(key));
    format!("{by}{} {last4}{at}{}{official}", who.name, wall(zone, now))
}

fn wall(zone: Zone, at: Time) -> String {
    zone.wall(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The words with a capital at their beginning, where their language has some.
fn capital(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

struct Sheet<'a> {
    case: &'a Value,
    zone: Zone,
    lang: Lang,
}

impl Sheet<'_> {
    fn time(&self, value: &Value) -> String {
        text(value).parse().map(|at| wall(self.zone, at)).unwrap_or_default()
    }

    fn list(&self, name: &str) -> &[Value] {
        self.case[name].as_array().map_or(&[], Vec::as_slice)
    }

    /// The word of a closed set as the desk reads it; a word that has none stands for itself.
    fn word<'v>(&self, list: &str, value: &'v Value) -> &'v str {
        self.lang.term(list, text(value))
    }

    /// What the program says in the reader's language, and what people wrote as it stands.
    fn said(&self, words: &Value, spoken: &Value) -> String {
        let spoken: Option<Spoken> =
            if self.lang == Lang::Zh { None } else { serde_json::from_value(spoken.clone()).unwrap_or_default() };
        spoken.map_or_else(|| self.lang.shipped(text(words)).to_owned(), |spoken| spoken.said(self.lang))
    }

    /// A line of the table of facts.
    fn fact(&self, page: &mut Html, name: &'static str, value: &str) {
        page.fact(self.lang.paper(name), value);
    }

    /// A heading and the head of a table below it.
    fn head(&self, page: &mut Html, heading: &'static str, columns: &[&'static str]) {
        page.raw("<h2>").raw(self.lang.paper(heading)).raw("</h2>\n<table><thead><tr>");
        for column in columns {
            page.raw("<th>").raw(self.lang.paper(column)).raw("</th>");
        }
        page.raw("</tr></thead><tbody>\n");
    }

    fn facts(&self, page: &mut Html) {
        let (c, lang) = (self.case, self.lang);
        let reporter = &c["reporter"];
        let who = match reporter["confidential"].as_bool() {
            Some(true) => lang.paper("confidential").to_owned(),
            _ => format!("{} {}", text(&reporter["name"]), text(&reporter["phone"])).trim().to_owned(),
        };
        let lead = format!("{} {}", text(&c["lead"]["unit"]), text(&c["lead"]["person"]));
        let grid = format!("{} {}", text(&c["grid"]["name"]), text(&c["grid"]["code"]));
        let class = text(&c["gate"]["class"]);
        // Within a sentence of the pages it begins small.
        let class = capital(&lang.sentence(&format!("spoken.class.{class}"), &[]).unwrap_or_default());
        let facts: [(&'static str, &str); 21] = [
            ("state", self.word("state", &c["state"])),
            ("matter", lang.named(text(&c["matter"]["name"]), c["matter"]["name_en"].as_str())),
            ("class", &class),
            ("urgency", self.word("urgency", &c["urgency"])),
            ("channel", self.word("channel", &c["channel"])),
            ("source", self.word("source", &c["source"])),
            ("reported_at", &self.time(&c["reported_at"])),
            ("reporter", &who),
            ("text", text(&c["text"])),
            ("address", text(&c["address"])),
            ("grid", grid.trim()),
            ("owner", text(&c["owner"]["name"])),
            ("lead", lead.trim()),
            ("due_at", &self.time(&c["due_at"])),
            ("upstream", text(&c["upstream"]["number"])),
            ("upstream_due", &self.time(&c["upstream"]["due"])),
            ("late", lang.paper(if c["late"].as_bool() == Some(true) { "yes" } else { "no" })),
            ("round", &c["round"].to_string()),
            ("card", self.word("card", &c["card"])),
            ("result", self.word("result", &c["result"])),
            ("answer", &self.said(&c["public_reply"], &c["reply_spoken"])),
        ];
        page.raw("<h2>").raw(lang.paper("facts")).raw("</h2>\n<table class=\"facts\">\n");
        for (name, value) in facts {
            self.fact(page, name, value);
        }
        page.raw("</table>\n");
    }

    fn timeline(&self, page: &mut Html) {
        self.head(page, "timeline", &["time", "action", "actor", "content", "effect"]);
        for step in self.list("steps") {
            let actor = match (text(&step["actor"]), text(&step["action"])) {
                ("", "report" | "remark" | "rate" | "join" | "answer") => self.lang.paper("reporter"),
                ("", _) => self.lang.paper("program"),
                (name, _) => name,
            };
            page.raw("<tr><td>").text(&self.time(&step["at"])).raw("</td><td>").text(self.word("action", &step["action"]));
            page.raw("</td><td>").text(actor).raw("</td><td class=\"said\">").text(&self.said(&step["words"], &step["spoken"]));
            for reason in step["reasons"].as_array().into_iter().flatten() {
                page.raw("<br><span class=\"why\">").text(&self.said(&reason["words"], &reason["spoken"])).raw("</span>");
            }
            for (name, value) in self.details(&step["details"]) {
                page.raw("<br><span class=\"why\">").raw(name).raw(self.lang.paper("colon")).text(&value).raw("</span>");
            }
            page.raw("</td><td>").text(&self.effects(step)).raw("</td></tr>\n");
        }
        page.raw("</tbody></table>\n");
    }

    /// What a step did to the clocks.
    fn effects(&self, step: &Value) -> String {
        let effects = step["effect"].as_array().into_iter().flatten();
        let said = effects.map(|e| {
            let (stage, after) = (text(&e["stage"]), self.time(&e["after"]));
            let due = if after.is_empty() { after } else { format!("{}{after}", self.lang.paper("due")) };
            let (clock, turn) = (self.word("clock", &e["clock"]), self.word("turn", &e["turn"]));
            // Chinese runs on; English has spaces between its words.
            let said = if self.lang == Lang::En {
                [clock, stage, turn].join(" ").replace("  ", " ")
            } else {
                [clock, stage, turn].concat()
            };
            said + &due
        });
        said.collect::<Vec<_>>().join(self.lang.paper("and"))
    }

    /// What an action carried, as far as paper says it: plain words, numbers and instants, never ids.
    fn details(&self, details: &Value) -> Vec<(&'static str, String)> {
        const SAID: [(&str, &str); 14] = [
            ("number", "number"),
            ("code", "number"),
            ("basis", "basis"),
            ("minutes", "minutes"),
            ("ruling", "ruling"),
            ("signer", "signer"),
            ("reply", "reply"),
            ("reply_by", "reply_by"),
            ("report_by", "report_by"),
            ("arrived_at", "arrived_at"),
            ("until", "until"),
            ("unit_name", "unit_name"),
            ("from", "from"),
            ("to", "to"),
        ];
        let shown = |value: &Value| match value {
            Value::String(s) if uuid::Uuid::try_parse(s).is_ok() => None,
            Value::String(s) => Some(s.parse().map_or_else(|_| s.clone(), |at| wall(self.zone, at))),
            Value::Number(n) => Some(n.to_string()),
            _ => None,
        };
        SAID.iter()
            .filter_map(|(key, name)| Some((self.lang.paper(name), shown(details.get(key)?).filter(|v| !v.is_empty())?)))
            .collect()
    }

    fn tasks(&self, page: &mut Html) {
        self.head(page, "tasks", &["unit", "actor", "role", "state", "offered_at", "limit", "result"]);
        for t in self.list("tasks") {
            let result = format!("{} {}", self.word("result", &t["result"]), self.said(&t["words"], &t["spoken"]));
            page.cells(&[
                text(&t["unit"]["name"]),
                text(&t["person"]),
                self.word("role", &t["role"]),
                self.word("task", &t["state"]),
                &self.time(&t["offered_at"]),
                &self.time(&t["due_at"]),
                result.trim(),
            ]);
        }
        page.raw("</tbody></table>\n");
    }

    /// The photographs by the case's own route; without it the caption with the file's hash remains.
    fn photos(&self, page: &mut Html, hashes: &[(uuid::Uuid, String)]) {
        if self.list("photos").is_empty() {
            return;
        }
        page.raw("<h2>").raw(self.lang.paper("photos")).raw("</h2>\n");
        for photo in self.list("photos") {
            let id = text(&photo["id"]);
            let hash = hashes.iter().find(|(of, _)| of.to_string() == id).map_or("", |(_, hash)| hash);
            page.raw("<figure><img alt=\"\" src=\"/api/v1/incidents/").text(text(&self.case["id"])).raw("/photos/").text(id);
            page.raw("\"><figcaption>").text(self.word("photo", &photo["kind"])).raw(" ").text(&self.time(&photo["taken_at"]));
            page.raw("<br>SHA-256 ").text(hash).raw("</figcaption></figure>\n");
        }
    }

    fn ratings(&self, page: &mut Html) {
        if self.list("ratings").is_empty() {
            return;
        }
        self.head(page, "ratings", &["time", "how", "contacted", "solved", "satisfied", "said"]);
        for r in self.list("ratings") {
            let contacted = r["contacted"].as_bool().map_or("", |yes| self.lang.term("yesno", if yes { "yes" } else { "no" }));
            let by_link = text(&r["asked_by"]) == "reporter";
            let how = if by_link { self.lang.paper("by_link") } else { self.word("outcome", &r["outcome"]) };
            page.cells(&[
                &self.time(&r["at"]),
                how,
                contacted,
                self.word("solved", &r["solved"]),
                self.word("satisfied", &r["satisfied"]),
                text(&r["reason"]),
            ]);
        }
        page.raw("</tbody></table>\n");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sheet(lang: Lang) -> Sheet<'static> {
        Sheet { case: &Value::Null, zone: Zone::CHINA, lang }
    }

    #[test]
    fn a_sentence_of_the_program_is_said_in_the_readers_language_and_a_persons_stays() {
        let spoken = json!({ "kind": "recognised", "matter": "楼道灯不亮", "matter_en": "Stairwell lamp out" });
        let words = json!("识别为“楼道灯不亮”");
        assert_eq!(sheet(Lang::Zh).said(&words, &spoken), "识别为“楼道灯不亮”");
        assert_eq!(sheet(Lang::En).said(&words, &spoken), "Recognised as “Stairwell lamp out”");
        assert_eq!(sheet(Lang::En).said(&json!("看过了"), &Value::Null), "看过了");
        assert_eq!(sheet(Lang::En).said(&Value::Null, &Value::Null), "");
    }

    #[test]
    fn details_are_said_without_ids() {
        let sheet = sheet(Lang::Zh);
        let details = json!({
            "kind": "whistle", "number": 7, "basis": "条例第三条", "unit": "01957f00-0000-7000-8000-00000000dead",
            "reply_by": "2025-03-10T02:00:00.000Z", "ruling": "", "code": "01957f00-0000-7000-8000-00000000dead"
        });
        let said = sheet.details(&details);
        let expected = [("编号", "7"), ("依据", "条例第三条"), ("回复期限", "2025-03-10 10:00")];
        assert_eq!(said, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn what_a_step_did_to_the_clocks_is_said() {
        let sheet = sheet(Lang::Zh);
        let stage = json!({ "clock": "x", "stage": "停工", "turn": "y", "before": null, "after": null });
        let step = json!({ "effect": [{ "clock": "a", "turn": "b", "after": "2025-03-10T02:00:00.000Z" }, stage] });
        assert_eq!(sheet.effects(&step), "ab，到期 2025-03-10 10:00；x停工y");
        let english = Sheet { lang: Lang::En, ..sheet };
        assert_eq!(english.effects(&step), "a b, due 2025-03-10 10:00; x 停工 y");
        assert_eq!(sheet.effects(&Value::Null), "");
    }

    #[test]
    fn the_mark_names_who_and_when() {
        let mut who = Actor::anonymous();
        who.name = "林一".to_owned();
        who.staff_no = Some("YH0012345".to_owned());
        let mark = watermark(Lang::Zh, &who, "2025-03-10T10:05:00+08:00".parse().unwrap(), Zone::CHINA);
        assert!(mark.contains("林一 2345") && mark.contains("2025-03-10 10:05"), "{mark}");
        assert!(!mark.contains("YH001"));
    }
}
