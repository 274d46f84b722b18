//! A page of HTML in the making. Markup comes from the program's own text only; whatever else stands in the page is escaped.

/// A page, or a part of one.
#[derive(Debug, Default)]
pub struct Html(String);

impl Html {
    /// Adds markup; only text of the program itself can be given.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text that people or other programs wrote; it is safe between tags and inside a quoted attribute.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Other control characters than line breaks and tabs do not belong to HTML.
                c if c.is_control() && !matches!(c, '\n' | '\t') => {}
                c => self.0.push(c),
            }
        }
        self
    }

    /// A row of a table of facts; nothing when there is nothing to say.
    pub fn fact(&mut self, name: &'static str, value: &str) -> &mut Self {
        if value.is_empty() {
            return self;
        }
        self.raw("<tr><th>").raw(name).raw("</th><td>").text(value).raw("</td></tr>\n")
    }

    /// A row of cells.
    pub fn cells(&mut self, cells: &[&str]) -> &mut Self {
        self.raw("<tr>");
        for cell in cells {
            self.raw("<td>").text(cell).raw("</td>");
        }
        self.raw("</tr>\n")
    }

    /// The finished page.
    pub fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_wrote_stays_text() {
        let mut page = Html::default();
        page.raw("<p title=\"").text("\" onclick='x'").raw("\">").text("<script>alert(1)</script> & \u{0}\u{7}灯").raw("</p>");
        assert_eq!(page.finish(), "<p title=\"&quot; onclick=&#39;x&#39;\">&lt;script&gt;alert(1)&lt;/script&gt; &amp; 灯</p>");
    }

    #[test]
    fn a_fact_without_a_value_is_left_out() {
        let mut page = Html::default();
        page.fact("编号", "").fact("状态", "已结案").cells(&["a", "<b>"]);
        assert_eq!(page.finish(), "<tr><th>状态</th><td>已结案</td></tr>\n<tr><td>a</td><td>&lt;b&gt;</td></tr>\n");
    }

    proptest! {
        #[test]
        fn no_text_makes_markup(text in any::<String>()) {
            let mut page = Html::default();
            page.text(&text);
            let page = page.finish();
            prop_assert!(!page.contains(['<', '>', '"', '\'']));
        }
    }
}
