//! 一案一档: the whole case as one page that prints, for whoever may have it. It shows what the desk sees, personal data masked; nothing in it
//! runs, and nothing but the photographs is loaded.

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use db::Conn;
use kernel::{Actor, Error, Result, Time, Zone};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{actions::Ground, html::Html, store::Case, view};
use crate::{app::App, modules::files};

/// The desk's own words, so that the paper says what the screen says.
static WORDS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../web/src/locales/zh/words.json")).unwrap_or_default());

/// On paper the mark is the foot of a table that is the whole page: it stands on every sheet and no row lies under it.
const STYLE: &str = "body{font:15px/1.6 'Noto Sans SC','Source Han Sans SC','Microsoft YaHei',sans-serif;color:#111;max-width:60em;margin:2em auto;padding:0 1em}\
h1{font-size:1.5em;margin:0}h2{font-size:1.15em;border-bottom:2px solid #111;margin:1.6em 0 .5em}\
table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
th{background:#f2f2f2;font-weight:600;white-space:nowrap}.facts th{width:8em}.why{color:#444}figure{display:inline-block;width:18em;margin:.5em .5em .5em 0;vertical-align:top}\
figure img{max-width:100%}figcaption{font-size:.8em;overflow-wrap:anywhere}.mark{color:#555;font-size:.85em}\
@page{margin:18mm 15mm}@media print{body{margin:0;max-width:none;font-size:11pt}tr,figure{break-inside:avoid}thead{display:table-header-group}\
body{display:table;box-sizing:border-box;width:100%;padding:0}.mark{display:table-footer-group;break-inside:avoid;line-height:2.5;text-align:center}}";

/// The policy of the page: no script, no connection, no other style than its own.
pub fn policy() -> String {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; img-src 'self'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The page of a case for this caller.
pub async fn page(conn: &mut Conn, app: &App, ground: &Ground, who: &Actor, case: Case) -> Result<String> {
    let hashes = files::hashes(conn, "incident", case.id.uuid()).await?;
    let whole = view::whole(conn, app, ground, who, case).await?;
    // What is written here is what the interface answers: one place decides what is masked.
    let case = serde_json::to_value(whole).map_err(Error::internal)?;
    let sheet = Sheet { case: &case, zone: app.zone };
    let mut page = Html::default();
    page.raw("<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>案件档案 ");
    page.text(text(&case["code"])).raw("</title>\n<style>").raw(STYLE).raw("</style></head><body>\n<h1>案件档案 ");
    page.text(text(&case["code"])).raw("</h1>\n<p class=\"mark\">").text(&watermark(who, ground.now, app.zone)).raw("</p>\n");
    sheet.facts(&mut page);
    sheet.timeline(&mut page);
    sheet.tasks(&mut page);
    sheet.photos(&mut page, &hashes);
    sheet.ratings(&mut page);
    page.raw("</body></html>\n");
    Ok(page.finish())
}

/// Who took it, and when: name, the last four of the staff number, the time.
fn watermark(who: &Actor, now: Time, zone: Zone) -> String {
    let number: Vec<char> = who.staff_no.as_deref().unwrap_or_default().chars().collect();
    let last4: String = number[number.len().saturating_sub(4)..].iter().collect();
    format!("调阅人：{} {last4}　调阅时间：{}　仅供公务使用", who.name, wall(zone, now))
}

fn wall(zone: Zone, at: Time) -> String {
    zone.wall(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The word of a closed set as the desk reads it; a word that has none stands for itself.
fn word(group: &str, value: &Value) -> String {
    let word = text(value);
    WORDS[group][word].as_str().unwrap_or(word).to_owned()
}

struct Sheet<'a> {
    case: &'a Value,
    zone: Zone,
}

impl Sheet<'_> {
    fn time(&self, value: &Value) -> String {
        text(value).parse().map(|at| wall(self.zone, at)).unwrap_or_default()
    }

    fn list(&self, name: &str) -> &[Value] {
        self.case[name].as_array().map_or(&[], Vec::as_slice)
    }

    fn facts(&self, page: &mut Html) {
        let c = self.case;
        let reporter = &c["reporter"];
        let who = match reporter["confidential"].as_bool() {
            Some(true) => "要求保密".to_owned(),
            _ => format!("{} {}", text(&reporter["name"]), text(&reporter["phone"])).trim().to_owned(),
        };
        let lead = format!("{} {}", text(&c["lead"]["unit"]), text(&c["lead"]["person"]));
        let grid = format!("{} {}", text(&c["grid"]["name"]), text(&c["grid"]["code"]));
        page.raw("<h2>基本情况</h2>\n<table class=\"facts\">\n");
        page.fact("状态", &word("state", &c["state"])).fact("事项", text(&c["matter"]["name"]));
        page.fact("职责类别", text(&c["gate"]["words"])).fact("紧急程度", &word("urgency", &c["urgency"]));
        page.fact("渠道", &word("channel", &c["channel"])).fact("来源", &word("source", &c["source"]));
        page.fact("上报时间", &self.time(&c["reported_at"])).fact("反映人", &who);
        page.fact("反映内容", text(&c["text"])).fact("地址", text(&c["address"])).fact("网格", grid.trim());
        page.fact("归口", text(&c["owner"]["name"])).fact("主办", lead.trim()).fact("办理期限", &self.time(&c["due_at"]));
        page.fact("上级工单", text(&c["upstream"]["number"])).fact("上级时限", &self.time(&c["upstream"]["due"]));
        page.fact("超期", if c["late"].as_bool() == Some(true) { "是" } else { "否" });
        page.fact("办理轮次", &c["round"].to_string()).fact("督办", &word("card", &c["card"]));
        page.fact("办理结果", &word("result", &c["result"])).fact("答复", text(&c["public_reply"]));
        page.raw("</table>\n");
    }

    fn timeline(&self, page: &mut Html) {
        page.raw("<h2>办理过程</h2>\n<table><thead><tr><th>时间</th><th>动作</th><th>办理人</th><th>内容</th><th>对时限的影响</th></tr></thead><tbody>\n");
        for step in self.list("steps") {
            let actor = match (text(&step["actor"]), text(&step["action"])) {
                ("", "report" | "remark" | "rate" | "join" | "answer") => "反映人",
                ("", _) => "系统",
                (name, _) => name,
            };
            page.raw("<tr><td>").text(&self.time(&step["at"])).raw("</td><td>").text(&word("action", &step["action"]));
            page.raw("</td><td>").text(actor).raw("</td><td>").text(text(&step["words"]));
            for reason in step["reasons"].as_array().into_iter().flatten() {
                page.raw("<br><span class=\"why\">").text(text(&reason["words"])).raw("</span>");
            }
            for (name, value) in self.details(&step["details"]) {
                page.raw("<br><span class=\"why\">").raw(name).raw("：").text(&value).raw("</span>");
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
            let due = if after.is_empty() { after } else { format!("，到期 {after}") };
            format!("{}{stage}{}{due}", word("clock", &e["clock"]), word("turn", &e["turn"]))
        });
        said.collect::<Vec<_>>().join("；")
    }

    /// What an action carried, as far as paper says it: plain words, numbers and instants, never ids.
    fn details(&self, details: &Value) -> Vec<(&'static str, String)> {
        const SAID: [(&str, &str); 14] = [
            ("number", "编号"),
            ("code", "编号"),
            ("basis", "依据"),
            ("minutes", "会商记录"),
            ("ruling", "裁定"),
            ("signer", "签发人"),
            ("reply", "回复"),
            ("reply_by", "回复期限"),
            ("report_by", "报到期限"),
            ("arrived_at", "报到时间"),
            ("until", "至"),
            ("unit_name", "单位"),
            ("from", "原办理人"),
            ("to", "现办理人"),
        ];
        let shown = |value: &Value| match value {
            Value::String(s) if uuid::Uuid::try_parse(s).is_ok() => None,
            Value::String(s) => Some(s.parse().map_or_else(|_| s.clone(), |at| wall(self.zone, at))),
            Value::Number(n) => Some(n.to_string()),
            _ => None,
        };
        SAID.iter().filter_map(|(key, name)| Some((*name, shown(details.get(key)?).filter(|v| !v.is_empty())?))).collect()
    }

    fn tasks(&self, page: &mut Html) {
        page.raw("<h2>任务</h2>\n<table><thead><tr><th>单位</th><th>办理人</th><th>分工</th><th>状态</th><th>派出</th><th>期限</th><th>结果</th></tr></thead><tbody>\n");
        for t in self.list("tasks") {
            let result = format!("{} {}", word("result", &t["result"]), text(&t["words"]));
            page.cells(&[
                text(&t["unit"]["name"]),
                text(&t["person"]),
                &word("role", &t["role"]),
                &word("task", &t["state"]),
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
        page.raw("<h2>照片</h2>\n");
        for photo in self.list("photos") {
            let id = text(&photo["id"]);
            let hash = hashes.iter().find(|(of, _)| of.to_string() == id).map_or("", |(_, hash)| hash);
            page.raw("<figure><img alt=\"\" src=\"/api/v1/incidents/").text(text(&self.case["id"])).raw("/photos/").text(id);
            page.raw("\"><figcaption>").text(&word("photo", &photo["kind"])).raw(" ").text(&self.time(&photo["taken_at"]));
            page.raw("<br>SHA-256 ").text(hash).raw("</figcaption></figure>\n");
        }
    }

    fn ratings(&self, page: &mut Html) {
        if self.list("ratings").is_empty() {
            return;
        }
        page.raw("<h2>评价与回访</h2>\n<table><thead><tr><th>时间</th><th>方式</th><th>是否联系</th><th>是否解决</th><th>是否满意</th><th>说明</th></tr></thead><tbody>\n");
        for r in self.list("ratings") {
            let contacted = r["contacted"].as_bool().map_or("", |yes| if yes { "有" } else { "没有" });
            let how = if text(&r["asked_by"]) == "reporter" { "自己评价".to_owned() } else { word("outcome", &r["outcome"]) };
            page.cells(&[
                &self.time(&r["at"]),
                &how,
                contacted,
                &word("solved", &r["solved"]),
                &word("satisfied", &r["satisfied"]),
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

    #[test]
    fn words_are_the_desks_and_unknown_ones_stand_for_themselves() {
        assert_eq!(word("state", &json!("archived")), "已归档");
        assert_eq!(word("action", &json!("sign")), "签发");
        assert_eq!(word("action", &json!("a-new-one")), "a-new-one");
        assert_eq!(word("result", &Value::Null), "");
    }

    #[test]
    fn details_are_said_without_ids() {
        let sheet = Sheet { case: &Value::Null, zone: Zone::CHINA };
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
        let sheet = Sheet { case: &Value::Null, zone: Zone::CHINA };
        let stage = json!({ "clock": "x", "stage": "停工", "turn": "y", "before": null, "after": null });
        let step = json!({ "effect": [{ "clock": "a", "turn": "b", "after": "2025-03-10T02:00:00.000Z" }, stage] });
        assert_eq!(sheet.effects(&step), "ab，到期 2025-03-10 10:00；x停工y");
        assert_eq!(sheet.effects(&Value::Null), "");
    }

    #[test]
    fn the_mark_names_who_and_when() {
        let mut who = Actor::anonymous();
        who.name = "林一".to_owned();
        who.staff_no = Some("YH0012345".to_owned());
        let mark = watermark(&who, "2025-03-10T10:05:00+08:00".parse().unwrap(), Zone::CHINA);
        assert!(mark.contains("林一 2345") && mark.contains("2025-03-10 10:05"), "{mark}");
        assert!(!mark.contains("YH001"));
    }
}
