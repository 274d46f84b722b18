//! What a traced program asked of the kernel, line by line: `strace -f -y -ttt`.

use std::collections::HashMap;

/// A call that came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// When it began, in seconds.
    pub begun: f64,
    /// The place of its return in the trace.
    pub ended: usize,
    /// Such as `fdatasync`.
    pub name: String,
    /// Everything between its brackets, with file names behind the numbers of files.
    pub arguments: String,
    /// What came back; negative for an error.
    pub result: i64,
}

impl Call {
    /// The number of the file that it is about, and the file's name.
    pub fn file(&self) -> Option<(&str, &str)> {
        let (number, rest) = self.arguments.split_once('<')?;
        let name = rest.split_once('>')?.0;
        number.chars().all(|c| c.is_ascii_digit()).then_some((number, name))
    }
}

/// The calls of a trace, in the order in which they returned. A call that another thread interrupted stands in two lines.
pub fn calls(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<String, (f64, String)> = HashMap::new();
    let mut all = vec![];
    for (ended, line) in trace.lines().enumerate() {
        let mut words = line.splitn(3, ' ');
        let (Some(thread), Some(at), Some(text)) = (words.next(), words.next(), words.next()) else { continue };
        // The pid stands in a column of its own width.
        let (at, text) = if at.is_empty() { text.split_once(' ').unwrap_or_default() } else { (at, text) };
        let Ok(at) = at.parse::<f64>() else { continue };
        if let Some(start) = text.strip_suffix(" <unfinished ...>") {
            begun.insert(thread.to_owned(), (at, start.to_owned()));
            continue;
        }
        let resumed = text.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>"));
        let (at, text) = match resumed {
            Some((_, rest)) => match begun.remove(thread) {
                Some((at, start)) => (at, format!("{start}{rest}")),
                None => continue,
            },
            None => (at, text.to_owned()),
        };
        let Some((call, result)) = text.rsplit_once(" = ") else { continue };
        let Some((name, arguments)) = call.split_once('(') else { continue };
        let result = result.split(' ').next().and_then(|r| r.parse().ok()).unwrap_or(-1);
        let arguments = arguments.trim_end().trim_end_matches(')').to_owned();
        all.push(Call { begun: at, ended, name: name.to_owned(), arguments, result });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_was_interrupted_is_one_call() {
        let trace = "7 1.5 fdatasync(9</d/district.db-wal> <unfinished ...>\n8 1.6 recvfrom(12<TCP:[1->2]>, \"POST /a\", 8192, 0, NULL, NULL) = 7\n\
                     7 1.7 <... fdatasync resumed>) = 0\n7 1.8 connect(3<TCP:[4]>, {sa_family=AF_INET}, 16) = -1 ENETUNREACH (x)\n";
        let calls = calls(trace);
        let names: Vec<&str> = calls.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["recvfrom", "fdatasync", "connect"]);
        assert_eq!((calls[1].begun, calls[1].result, calls[1].file()), (1.5, 0, Some(("9", "/d/district.db-wal"))));
        assert_eq!(calls[2].result, -1);
        assert!(calls[1].ended > calls[0].ended);
    }
}
