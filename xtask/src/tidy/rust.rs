//! As much of Rust as the rules need: code without comments and strings, and the strings apart.

/// A Rust file taken apart. Both parts keep the number of lines.
pub struct Parts {
    /// The code; comments and the insides of strings are blanks.
    pub code: String,
    /// The comments; everything else is blank.
    pub comments: String,
    /// Every string, with the line on which it begins.
    pub strings: Vec<(usize, String)>,
}

/// Takes a file apart.
pub fn parts(text: &str) -> Parts {
    let mut lexer = Lexer { rest: text, line: 1, parts: Parts { code: String::new(), comments: String::new(), strings: vec![] } };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    lexer.parts
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    parts: Parts,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Quoted,
}

impl Lexer<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") {
            self.take(rest.find('\n').unwrap_or(rest.len()), Kind::Comment);
        } else if rest.starts_with("/*") {
            self.take(block_comment(rest), Kind::Comment);
        } else if let Some(hashes) = raw_opening(rest) {
            // `r`, perhaps `b`, the hashes and the quote; then up to the quote with as many hashes.
            let open = rest.find('"').map_or(rest.len(), |q| q + 1);
            let close = format!("\"{}", "#".repeat(hashes));
            let end = rest[open..].find(&close).map_or(rest.len(), |e| open + e);
            self.string(open, end, (end + close.len()).min(rest.len()));
        } else if rest.starts_with('"') {
            let end = plain_end(rest);
            self.string(1, end, (end + 1).min(rest.len()));
        } else if rest.starts_with('\'') {
            let length = character(rest);
            self.take(length, if length == 1 { Kind::Code } else { Kind::Quoted });
        } else if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            self.take(rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()), Kind::Code);
        } else {
            self.take(rest.chars().next().map_or(1, char::len_utf8), Kind::Code);
        }
    }

    fn string(&mut self, open: usize, end: usize, after: usize) {
        self.parts.strings.push((self.line, self.rest[open.min(end)..end].to_owned()));
        self.take(after, Kind::Quoted);
    }

    fn take(&mut self, length: usize, kind: Kind) {
        let (taken, rest) = self.rest.split_at(length.max(1));
        for c in taken.chars() {
            let blank = if c == '\n' { '\n' } else { ' ' };
            self.parts.code.push(if kind == Kind::Code { c } else { blank });
            self.parts.comments.push(if kind == Kind::Comment { c } else { blank });
        }
        self.line += taken.matches('\n').count();
        self.rest = rest;
    }
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The number of hashes when a raw string begins here.
fn raw_opening(text: &str) -> Option<usize> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = after.bytes().take_while(|b| *b == b'#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Where the closing quote of a plain string stands.
fn plain_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character; of the quote alone when it opens a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|c| c.1 == '\'').map_or(1, |c| c.0 + 1)
        }
        Some(_) => chars.next().filter(|c| c.1 == '\'').map_or(1, |c| c.0 + 1),
        None => 1,
    }
}

/// The identifiers of a piece of code, each with the line on which it stands.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.lines().enumerate().flat_map(|(n, line)| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).map(move |w| (n + 1, w))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comments_and_strings_are_told_apart() {
        let text = "let a = \"x // y\"; // z \"w\"\nlet b = r#\"p\"q\"#; /* m /* n */ o */ let c: &'a str = '\"';\n";
        let parts = parts(text);
        assert_eq!(parts.strings, vec![(1, "x // y".to_owned()), (2, "p\"q".to_owned())]);
        assert!(parts.code.contains("let c: &'a str =") && !parts.code.contains('z') && !parts.code.contains('o'));
        assert!(parts.comments.contains("// z \"w\"") && parts.comments.contains("/* m /* n */ o */"));
        assert_eq!(parts.code.lines().count(), 2);
    }

    #[test]
    fn escapes_do_not_end_a_string() {
        let parts = parts(r#"f("a\"b", '\'', b"c", "d\\")"#);
        assert_eq!(parts.strings.iter().map(|s| s.1.as_str()).collect::<Vec<_>>(), [r#"a\"b"#, "c", r"d\\"]);
    }
}
