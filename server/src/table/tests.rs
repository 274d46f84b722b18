use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::lang::Lang;

fn rows(bytes: &[u8]) -> Vec<(usize, String, String)> {
    let table = Table::read(bytes.to_vec()).unwrap();
    table.map(|r| r.unwrap()).map(|r| (r.number, r.get("编码").to_owned(), r.get("名称").to_owned())).collect()
}

#[test]
fn every_encoding_and_separator_gives_the_same_rows() {
    let text = "编码,名称\n0101,柳荫社区\n\n=\"007\",\"桥东,社区\"\n";
    let expected = vec![(2, "0101".to_owned(), "柳荫社区".to_owned()), (4, "007".to_owned(), "桥东,社区".to_owned())];
    let utf16: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let with_tabs = "编码\t名称\n0101\t柳荫社区\n\n=\"007\"\t桥东,社区\n";
    for bytes in [
        text.as_bytes().to_vec(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        encoding_rs::GB18030.encode(text).0.into_owned(),
        utf16,
        packed.finish().unwrap(),
        with_tabs.as_bytes().to_vec(),
        text.replace('\n', "\r\n").into_bytes(),
    ] {
        assert_eq!(rows(&bytes), expected);
    }
}

#[test]
fn columns_are_renamed_and_missed_by_name() {
    let table = Table::read(b"id,name\n7,x\n".to_vec()).unwrap();
    let mut table = table.rename(&[("code".into(), "id".into())]).unwrap();
    assert!(table.require(&["code", "name"]).is_ok());
    assert_eq!(table.next().unwrap().unwrap().get("code"), "7");
    let table = Table::read(b"id,name\n7,x\n".to_vec()).unwrap();
    assert!(table.require(&["parent"]).unwrap_err().en.contains("no column \"parent\" (there are: id, name)"));
    assert!(table.rename(&[("code".into(), "nope".into())]).is_err());
    assert!(Table::read(b"a,a\n1,2\n".to_vec()).is_err());
    assert!(Table::read(Vec::new()).is_err());
}

#[test]
fn a_short_row_has_empty_cells_and_a_fault_names_its_place() {
    let mut table = Table::read(b"a,b\n1\n".to_vec()).unwrap();
    let row = table.next().unwrap().unwrap();
    assert_eq!(row.needed("a"), Ok("1"));
    assert_eq!(row.needed("b").unwrap_err().to_string(), "第 2 行 b「」：不能为空 / row 2, b \"\": must not be empty");
}

/// A workbook with one sheet, as small as readers take it.
fn workbook(sheet: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut put = |name: &str, text: &str| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let head = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    put(
        "[Content_Types].xml",
        &format!(r#"{head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
    );
    put(
        "_rels/.rels",
        &format!(
            r#"{head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        ),
    );
    put(
        "xl/workbook.xml",
        &format!(
            r#"{head}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>"#
        ),
    );
    put(
        "xl/_rels/workbook.xml.rels",
        &format!(
            r#"{head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
        ),
    );
    put(
        "xl/worksheets/sheet1.xml",
        &format!(
            r#"{head}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#
        ),
    );
    zip.finish().unwrap().into_inner()
}

const HEADER: &str =
    r#"<row r="2"><c r="A2" t="inlineStr"><is><t>编码</t></is></c><c r="B2" t="inlineStr"><is><t>名称</t></is></c></row>"#;

#[test]
fn a_workbook_reads_like_csv() {
    let sheet = format!(
        r#"{HEADER}<row r="3"><c r="A3"><v>990101001</v></c><c r="B3" t="str"><f>1+1</f><v>柳荫</v></c></row><row r="9"><c r="B9"><v>1.5</v></c></row>"#
    );
    assert_eq!(rows(&workbook(&sheet)), [(3, "990101001".to_owned(), "柳荫".to_owned()), (9, String::new(), "1.5".to_owned())]);
}

#[test]
fn far_cells_and_lost_digits_cost_the_row() {
    let sheet = format!(
        r#"{HEADER}<row r="3"><c r="A3"><v>1</v></c><c r="XFD3"><v>1</v></c></row><row r="4"><c r="A4"><v>110101199001011234</v></c><c r="B4"><v>2</v></c></row><row r="5"><c r="A5"><v>5</v></c></row>"#
    );
    let rows: Vec<_> = Table::read(workbook(&sheet)).unwrap().collect();
    assert_eq!(rows.len(), 3);
    assert!(rows[0].as_ref().unwrap_err().en.contains("far to the right"));
    assert!(rows[1].as_ref().unwrap_err().zh.contains("15 位"));
    assert_eq!(rows[2].as_ref().unwrap().get("编码"), "5");
}

#[test]
fn archives_that_swell_are_refused() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&vec![b' '; 20 * 1024 * 1024]).unwrap();
    let honest = zip.finish().unwrap().into_inner();
    assert!(Table::read(honest.clone()).err().unwrap().en.contains("unpack to too much"));
    // The same archive that says it holds one byte, in the local header as in the directory.
    let mut liar = honest;
    let size = (20_u32 * 1024 * 1024).to_le_bytes();
    for at in 0..liar.len() - 4 {
        if liar[at..at + 4] == size {
            liar[at..at + 4].copy_from_slice(&1_u32.to_le_bytes());
        }
    }
    assert!(Table::read(liar).is_err());
}

proptest! {
    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(table) = Table::read(bytes.clone()) {
            for row in table.flatten() {
                let _ = row.get("a");
            }
        }
        let _ = Table::read([b"PK\x03\x04".as_slice(), &bytes].concat());
    }

    #[test]
    fn broken_workbooks_never_panic(at in 0..2_000_usize, byte in any::<u8>()) {
        let mut bytes = workbook(HEADER);
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(table) = Table::read(bytes) {
            let _ = table.count();
        }
    }
}

/// What is read from a table that was written: the texts, and in XLSX whether each cell is a number.
fn written(format: write::Format, head: &[&str], rows: Vec<Vec<write::Cell>>) -> Vec<Vec<String>> {
    let bytes = write::file(format, head.iter().copied(), 1, rows).unwrap();
    let rows = Table::read(bytes).unwrap().map(Result::unwrap);
    rows.map(|row| head.iter().map(|name| row.get(name).to_owned()).collect()).collect()
}

#[test]
fn what_is_written_is_read_back() {
    let rows = || {
        vec![
            vec!["990101001001001".into(), 12_i64.into(), 95.88.into(), "=1+1".into()],
            vec!["007".into(), Some(-3_i64).into(), None::<f64>.into(), "-12.5".into()],
            vec!["1e5".into(), 1_234_567_890_123_456_789_i64.into(), f64::NAN.into(), "@a".into()],
        ]
    };
    let expected =
        [["990101001001001", "12", "95.88", "=1+1"], ["007", "-3", "", "-12.5"], ["1e5", "1234567890123456789", "", "@a"]];
    for format in [write::Format::Csv, write::Format::Xlsx] {
        assert_eq!(written(format, &["code", "n", "share", "words"], rows()), expected, "{format}");
    }
}

#[test]
fn numbers_are_numbers_and_nothing_is_a_formula() {
    use calamine::{Data, Reader as _};
    let formulas = ["=1+1", "+cmd", "-x", "@a", "\tx", "\rx"];
    let rows = || formulas.iter().map(|f| vec![(*f).into(), "007".into(), 7_i64.into(), 0.5.into(), (-2_i64).into()]);
    let head = ["a", "b", "c", "d", "e"];
    let mut book: calamine::Xlsx<_> =
        calamine::Xlsx::new(std::io::Cursor::new(write::file(write::Format::Xlsx, head, 0, rows()).unwrap())).unwrap();
    assert_eq!(book.worksheet_formula("Sheet1").unwrap().used_cells().count(), 0);
    let sheet = book.worksheet_range("Sheet1").unwrap();
    for (row, formula) in sheet.rows().skip(1).zip(formulas) {
        assert!(matches!(&row[0], Data::String(s) if s.starts_with('\'')), "{formula:?} {row:?}");
        let numbers = [Data::Float(7.0), Data::Float(0.5), Data::Float(-2.0)];
        assert_eq!((&row[1], &row[2..]), (&Data::String("007".into()), numbers.as_slice()));
    }
    let text = String::from_utf8(write::file(write::Format::Csv, head, 0, rows()).unwrap()).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    for (row, formula) in reader.records().map(Result::unwrap).zip(formulas) {
        assert_eq!((&row[0], &row[1], &row[2], &row[4]), (format!("'{formula}").as_str(), "007", "7", "-2"));
    }
}

#[test]
fn the_last_line_names_who_took_the_file_along() {
    let mut who = kernel::Actor::new(uuid::Uuid::nil(), kernel::ActorKind::Person, "李四", []);
    who.staff_no = Some("A-20417".into());
    let at: kernel::Time = "2025-03-10T09:05:00+08:00".parse().unwrap();
    assert_eq!(write::watermark(Lang::Zh, &who, kernel::Zone::CHINA, at), "导出：李四 0417 2025-03-10 09:05");
    assert_eq!(write::watermark(Lang::En, &who, kernel::Zone::CHINA, at), "Exported by: 李四 0417 2025-03-10 09:05");
    who.staff_no = None;
    assert_eq!(write::watermark(Lang::Zh, &who, kernel::Zone::CHINA, at), "导出：李四  2025-03-10 09:05");
}
