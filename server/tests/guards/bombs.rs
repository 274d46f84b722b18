//! Workbooks that were made to hurt: each is refused by the child that reads it, with words, and this process lives on (trust T19).

use std::{io::Write, path::PathBuf, time::Instant};

use jingwei::table::{Table, child};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Longest that one file may keep the reader busy.
const SECONDS: u64 = 100;

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const BOOK_RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// A workbook of these parts beside the usual ones; a part of the same name replaces the usual one.
fn book(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let usual: [(&str, &[u8]); 4] = [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELATIONS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELATIONS.as_bytes()),
    ];
    let usual = usual.iter().filter(|(name, _)| parts.iter().all(|(other, _)| other != name));
    for (name, content) in usual.chain(parts) {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn sheet(rows: &str) -> Vec<u8> {
    format!(r#"<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#).into_bytes()
}

fn of_sheet(rows: &str) -> Vec<u8> {
    book(&[("xl/worksheets/sheet1.xml", &sheet(rows))])
}

fn strings(items: &str) -> Vec<u8> {
    format!(r#"<?xml version="1.0"?><sst xmlns="{MAIN}">{items}</sst>"#).into_bytes()
}

/// Text that packs badly, so that no ratio gives it away.
fn noise(bytes: usize) -> String {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let letter = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        char::from(b'a' + (*state % 26) as u8)
    };
    (0..bytes).map(|_| letter(&mut state)).collect()
}

const GOOD: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c></row><row r="2"><c r="A2"><v>7</v></c></row>"#;

/// Twenty of them, each by what it does.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let zeros = vec![b' '; 101 << 20];
    let many: Vec<(String, Vec<u8>)> = (0..1_100).map(|n| (format!("xl/media/{n}.xml"), vec![])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, c)| (n.as_str(), c.as_slice())).collect();
    let cells = |n: usize, cell: &dyn Fn(usize) -> String| {
        (1..=n).map(|r| format!("<row r=\"{r}\">{}</row>", cell(r))).collect::<String>()
    };
    let long = noise(1 << 20);
    let named = cells(60_000, &|r| format!("<c r=\"A{r}\" t=\"s\"><v>0</v></c>"));
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";
    let outside = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    let with = |doctype: &str, entity: &str| {
        let cell = format!("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&{entity};</t></is></c></row>");
        String::from_utf8(sheet(&cell)).unwrap().replace("?><worksheet", &format!("?>{doctype}<worksheet")).into_bytes()
    };
    let good = of_sheet(GOOD);
    // The central directory says that a part unpacks to one byte.
    let mut lying = book(&[("xl/worksheets/sheet1.xml", &sheet(&GOOD.repeat(2_000)))]);
    let at = lying.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    lying[at + 24..at + 28].copy_from_slice(&1_u32.to_le_bytes());
    let mut locked = good.clone();
    for magic in [b"PK\x03\x04", b"PK\x01\x02"] {
        let flag = if magic[2] == 3 { 6 } else { 8 };
        for at in (0..locked.len() - 4).filter(|at| &good[*at..at + 4] == magic).collect::<Vec<_>>() {
            locked[at + flag] |= 1;
        }
    }
    let mut zip64 = good.clone();
    let at = zip64.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    zip64[at + 20..at + 28].copy_from_slice(&[0xff; 8]);
    let deep = format!("{}{}", "<row>".repeat(3_000_000), "</row>".repeat(3_000_000));
    let sheets = (0..200_000).map(|n| format!("<sheet name=\"{n}\" sheetId=\"{n}\" r:id=\"r1\"/>")).collect::<String>();
    vec![
        ("a part that unpacks to a hundred times its size", book(&[("xl/worksheets/sheet1.xml", &zeros)])),
        (
            "a hundred parts that do so together",
            book(&[("xl/media/a.xml", &zeros[..50 << 20]), ("xl/media/b.xml", &zeros[..60 << 20])]),
        ),
        ("more than a thousand parts", book(&many)),
        ("a part that lies about its size", lying),
        ("sizes of the 64-bit form that lead nowhere", zip64),
        ("a password", locked),
        ("the first half of a workbook", good[..good.len() / 2].to_vec()),
        ("the magic number alone", b"PK\x03\x04".to_vec()),
        ("an archive that is no workbook", book(&[("xl/workbook.xml", b"hello")])),
        (
            "a workbook without a sheet",
            book(&[("xl/workbook.xml", BOOK.replace("<sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/>", "").as_bytes())]),
        ),
        ("a sheet that is not there", book(&[])),
        (
            "one long text that sixty thousand cells name",
            book(&[
                ("xl/sharedStrings.xml", &strings(&format!("<si><t>{long}</t></si>"))),
                ("xl/worksheets/sheet1.xml", &sheet(&named)),
            ]),
        ),
        (
            "a text that is named and not there",
            book(&[
                ("xl/sharedStrings.xml", &strings("")),
                ("xl/worksheets/sheet1.xml", &sheet("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>4294967295</v></c></row>")),
            ]),
        ),
        ("entities within entities", book(&[("xl/worksheets/sheet1.xml", &with(entities, "c"))])),
        ("an entity of another file", book(&[("xl/worksheets/sheet1.xml", &with(outside, "a"))])),
        (
            "a place that no sheet has",
            of_sheet("<row r=\"1\"><c r=\"A99999999999999999999\" t=\"inlineStr\"><is><t>x</t></is></c></row>"),
        ),
        (
            "a column of a hundred letters",
            of_sheet(&format!("<row r=\"1\"><c r=\"{}1\" t=\"inlineStr\"><is><t>x</t></is></c></row>", "Z".repeat(100))),
        ),
        ("three million elements within each other", of_sheet(&deep)),
        ("a cell far to the right", of_sheet("<row r=\"1\"><c r=\"XFD1\" t=\"inlineStr\"><is><t>x</t></is></c></row>")),
        (
            "two hundred thousand sheets",
            book(&[("xl/workbook.xml", BOOK.replace("<sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/>", &sheets).as_bytes())]),
        ),
    ]
}

#[test]
fn twenty_hostile_workbooks_are_refused() {
    child::read_by(PathBuf::from(env!("CARGO_BIN_EXE_jingwei")));
    // The control: a good one is read, by the same child.
    let rows: Vec<_> = Table::read(of_sheet(GOOD)).unwrap().map(|r| r.unwrap().get("code").to_owned()).collect();
    assert_eq!(rows, ["7"]);
    let bombs = bombs();
    assert_eq!(bombs.len(), 20);
    let mut taken = vec![];
    for (what, bytes) in bombs {
        let (size, begun) = (bytes.len(), Instant::now());
        match Table::read(bytes) {
            Err(refused) => println!("{what} ({size} bytes, {:.2} s): {}", begun.elapsed().as_secs_f64(), refused.en),
            Ok(table) => taken.push(format!("{what}: {} rows", table.count())),
        }
        assert!(begun.elapsed().as_secs() < SECONDS, "{what} took {:?}", begun.elapsed());
    }
    assert!(taken.is_empty(), "not refused: {taken:#?}");
}
