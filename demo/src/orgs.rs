//! The units of the district.

use crate::content::{Firm, Office, Unit, district, file};
use crate::model::{Compound, Grid, Org};
use crate::plan::{Community, DISTRICT, Street};
use std::collections::BTreeMap;

/// First day of validity of everything that was there from the start.
pub const FOUNDED: &str = "2023-01-01";

/// All units, parents first. Property firms are also entered into the compounds that they look after.
pub fn orgs(streets: &[Street], grids: &[Grid], compounds: &mut [Compound]) -> Vec<Org> {
    let mut orgs = vec![org(DISTRICT, &district("name"), &district("name_en"), "district", "", "")];
    for unit in file!("units") {
        let Unit { code, name, name_en, kind, parent, alias, phone } = unit;
        let parent = if parent == "DISTRICT" { DISTRICT.to_owned() } else { parent };
        orgs.push(Org { alias, phone, ..org(&code, &name, &name_en, &kind, &parent, "") });
    }
    let mut by_community: BTreeMap<&str, Vec<&Grid>> = BTreeMap::new();
    for grid in grids {
        by_community.entry(&grid.community).or_default().push(grid);
    }
    let mut landline = 300;
    let mut community_line = 200;
    for (s, street) in streets.iter().enumerate() {
        let name = format!("{}街道", street.stem);
        let mut row = org(&street.code, &name, &format!("{} Subdistrict", street.pinyin), "street", DISTRICT, "");
        row.alias.clone_from(&street.stem);
        orgs.push(row);
        offices(&mut orgs, street, s, &mut landline);
        for community in &street.communities {
            let own = by_community.remove(community.code.as_str()).unwrap_or_default();
            let (kind, word, council) = if community.village {
                ("village", "Village", "村民委员会")
            } else {
                ("community", "Community", "居民委员会")
            };
            let mut row =
                org(&community.code, &community.name(), &format!("{} {word}", community.pinyin), kind, &street.code, "");
            row.alias = format!("{}{council}", community.name());
            community_line += 1;
            row.phone = line(community_line, 299);
            orgs.push(row);
            branches(&mut orgs, &own, &community.name(), &community.pinyin, &community.code);
            if community.special_number("areas").is_some() {
                areas(&mut orgs, &own, community);
            }
        }
    }
    property_firms(&mut orgs, grids, compounds);
    orgs
}

fn org(code: &str, name: &str, name_en: &str, kind: &str, parent: &str, serves: &str) -> Org {
    Org {
        code: code.into(),
        name: name.into(),
        name_en: name_en.into(),
        kind: kind.into(),
        parent_code: parent.into(),
        valid_from: FOUNDED.into(),
        serves: serves.into(),
        ..Org::default()
    }
}

/// An invented landline, or nothing when the invented numbers are used up.
fn line(number: usize, last: usize) -> String {
    if number <= last { format!("000-5550{number:03}") } else { String::new() }
}

/// Code of the office of a street: `S001-PINGAN`.
pub fn office_code(street: &str, suffix: &str) -> String {
    format!("S{}-{suffix}", &street[6..])
}

fn offices(orgs: &mut Vec<Org>, street: &Street, index: usize, landline: &mut usize) {
    for office in file!("street_offices") {
        let Office { suffix, name, name_en, kind } = office;
        let full = format!("{}街道{name}", street.stem);
        let code = office_code(&street.code, &suffix);
        let mut row = org(&code, &full, &format!("{} {name_en}", street.pinyin), &kind, &street.code, "");
        row.alias.clone_from(&name);
        row.phone = if kind == "duty_room" && index < 9 {
            line(101 + index, 109)
        } else {
            *landline += 1;
            line(*landline, 999)
        };
        orgs.push(row);
    }
}

/// Party branches: one for one to three grids.
fn branches(orgs: &mut Vec<Org>, grids: &[&Grid], name: &str, pinyin: &str, parent: &str) {
    let size = if grids.len() > 3 { grids.len().div_ceil(2) } else { grids.len() }.max(1);
    for (i, part) in grids.chunks(size).enumerate() {
        let serves: Vec<&str> = part.iter().map(|g| g.code.as_str()).collect();
        let code = format!("{parent}-P{}", i + 1);
        let title = format!("{name}网格第{}党支部", crate::town::ordinal(i + 1));
        orgs.push(org(&code, &title, &format!("{pinyin} Grid Party Branch {}", i + 1), "branch", parent, &serves.join("|")));
    }
}

/// The community that shows three layers has a northern and a southern area above its grids.
fn areas(orgs: &mut Vec<Org>, grids: &[&Grid], community: &Community) {
    let size = grids.len().div_ceil(2).max(1);
    for (i, (part, (zh, en))) in grids.chunks(size).zip([("北片区", "North Area"), ("南片区", "South Area")]).enumerate() {
        let serves: Vec<&str> = part.iter().map(|g| g.code.as_str()).collect();
        let code = format!("{}-A{}", community.code, i + 1);
        let (zh, en) = (format!("{}{zh}", community.stem), format!("{} {en}", community.pinyin));
        orgs.push(org(&code, &zh, &en, "area", &community.code, &serves.join("|")));
    }
}

/// Enters the firms: a project serves the compounds of its own name first, then the rest of the community of that name. Old
/// dormitories and villages have no firm, so that their community answers for them.
fn property_firms(orgs: &mut Vec<Org>, grids: &[Grid], compounds: &mut [Compound]) {
    let firms: Vec<Firm> = file!("property_firms");
    let place: BTreeMap<&str, &str> = grids.iter().map(|g| (g.code.as_str(), g.alias.as_str())).collect();
    let without = |c: &Compound| c.kind == "village" || ["家属院", "宿舍"].iter().any(|e| c.name.ends_with(e));
    let stem = |f: &Firm| f.project.trim_end_matches("项目").to_owned();
    for by_name in [true, false] {
        for (i, firm) in firms.iter().enumerate() {
            let stem = stem(firm);
            let fits = |c: &Compound| if by_name { &c.name } else { place[c.grid_code.as_str()] }.starts_with(&stem);
            for compound in compounds.iter_mut().filter(|c| c.property_firm.is_empty() && !without(c)) {
                if fits(compound) {
                    compound.property_firm = format!("W-{:02}", i + 1);
                }
            }
        }
    }
    let mut serves: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for compound in compounds.iter().filter(|c| !c.property_firm.is_empty()) {
        let codes = serves.entry(&compound.property_firm).or_default();
        if codes.last() != Some(&compound.grid_code.as_str()) {
            codes.push(&compound.grid_code);
        }
    }
    for (i, Firm { name, project, name_en }) in firms.into_iter().enumerate() {
        let code = format!("W-{:02}", i + 1);
        let serves = serves.get(code.as_str()).map_or_else(String::new, |s| s.join("|"));
        orgs.push(Org {
            alias: name.clone(),
            ..org(&code, &format!("{name}·{project}"), &name_en, "partner", DISTRICT, &serves)
        });
    }
}
