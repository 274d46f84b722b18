//! The default district is the one of the brief; any other has the same structure.

use demo::{District, Options, Position, area2, contains, generate};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn default(seed: u64) -> District {
    generate(&Options { seed, ..Options::at_text("2026-11-20").expect("a date") })
}

fn small(seed: u64, grids: usize) -> District {
    generate(&Options { seed, grids, cases: Some(40), ..Options::at_text("2026-11-20").expect("a date") })
}

/// One hash over all files of the folder.
fn folder_hash(district: &District) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a directory");
    district.write(dir.path()).expect("written");
    let below = |dir: &Path| std::fs::read_dir(dir).expect("listed").map(|f| f.expect("a file").path()).collect::<Vec<_>>();
    let (portraits, mut files): (Vec<_>, Vec<_>) = below(dir.path()).into_iter().partition(|p| p.is_dir());
    assert_eq!((portraits.len(), files.len()), (1, 22), "{files:?}");
    files.extend(below(&portraits[0]));
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.file_name().expect("a name").as_encoded_bytes());
        hash.update(std::fs::read(file).expect("read"));
    }
    hash.finalize().to_vec()
}

/// A role that the server does not know would be granted to nobody.
#[test]
fn every_role_of_the_staff_is_one_that_the_server_knows() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../server/src/modules/access/roles.csv"))
        .expect("the roles");
    let known: BTreeSet<&str> = text.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    let district = default(1);
    let held: BTreeSet<&str> = district.staff.iter().map(|s| s.role.as_str()).filter(|r| !r.is_empty()).collect();
    assert!(known.len() > 10 && held.len() > 8 && held.contains("part-time-reporter"), "{held:?}");
    assert!(held.is_subset(&known), "nobody knows {:?}", held.difference(&known));
}

#[test]
fn the_seed_decides_every_byte() {
    let first = folder_hash(&default(1));
    assert_eq!(first, folder_hash(&default(1)));
    assert_ne!(first, folder_hash(&default(2)));
}

/// Every directed edge is the reverse of one other, or lies on the outline.
fn assert_tiles(district: &District) {
    let mut open: BTreeSet<(Position, Position)> = BTreeSet::new();
    for grid in &district.grids {
        assert!(area2(&grid.ring) > 0, "{} runs clockwise", grid.code);
        for pair in grid.ring.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if !open.remove(&(b, a)) {
                assert!(open.insert((a, b)), "edge {a:?} {b:?} of {} twice", grid.code);
            }
        }
    }
    let outline = &district.boundaries[0].ring;
    let border: BTreeSet<_> = outline.windows(2).map(|p| (p[0], p[1])).collect();
    assert_eq!(open, border, "what no neighbour shares is the outline of the district");
    let total: i128 = district.grids.iter().map(|g| area2(&g.ring)).sum();
    assert_eq!(total, area2(outline));
    for kind in ["street", "community"] {
        let of_kind = |k: &str| k == kind || kind == "community" && k == "village";
        let sum: i128 = district.boundaries.iter().filter(|b| of_kind(&b.kind)).map(|b| area2(&b.ring)).sum();
        assert_eq!(sum, total, "{kind}");
    }
}

#[test]
fn grids_tile_their_communities_streets_and_the_district() {
    for seed in 1..=4 {
        assert_tiles(&default(seed));
    }
    for grids in [1, 2, 3, 5, 7, 20, 61, 250] {
        assert_tiles(&small(9, grids));
    }
}

#[test]
fn counts_are_those_of_the_brief() {
    let d = default(1);
    let of = |kind: &str| d.grids.iter().filter(|g| g.kind == kind).count();
    assert_eq!((d.grids.len(), of("residential"), of("dedicated")), (60, 54, 6));
    assert_eq!(d.grids.iter().map(|g| g.households).sum::<u32>(), 20_000);
    let outside: Vec<_> = d
        .grids
        .iter()
        .filter(|g| g.kind == "residential" && !(300..=500).contains(&g.households))
        .map(|g| (g.alias.as_str(), g.households))
        .collect();
    assert_eq!(outside, [("和顺三格", 512), ("南桥五格", 286)]);
    let wanted = [
        ("990101001001", 1860),
        ("990101001002", 1905),
        ("990101001003", 1490),
        ("990101001004", 1840),
        ("990101002001", 1880),
        ("990101002002", 1795),
        ("990101002003", 1925),
        ("990101002004", 720),
        ("990101003001", 1870),
        ("990101003002", 1815),
        ("990101003003", 1900),
        ("990101003201", 1000),
    ];
    for (community, households) in wanted {
        let own = d.grids.iter().filter(|g| g.community == community);
        assert_eq!(own.map(|g| g.households).sum::<u32>(), households, "{community}");
    }
    let in_buildings: u32 = d.buildings.iter().map(|b| b.households).sum();
    let in_compounds: u32 = d.compounds.iter().map(|c| c.households).sum();
    assert_eq!((in_buildings, in_compounds), (20_000, 20_000));
    assert!((1200..1400).contains(&d.buildings.len()));
    let subtypes: BTreeSet<_> = d.grids.iter().map(|g| g.subtype.as_str()).filter(|s| !s.is_empty()).collect();
    assert_eq!(subtypes.len(), 6);
    assert_eq!((d.notices.len(), d.catalogue.len()), (7, 66));
}

#[test]
fn the_third_grid_of_the_tour_has_its_bounds_and_people() {
    let d = default(1);
    let grid = d.grids.iter().find(|g| g.code == "990101001002003").expect("there");
    assert_eq!(grid.name, "柳荫社区第三网格");
    assert_eq!([&*grid.east, &*grid.south, &*grid.west, &*grid.north], ["柳荫支路", "同心街", "临江大道", "柳荫小学围墙"]);
    let holder = |slot: &str| d.staff.iter().find(|s| s.unit_code == grid.code && s.slot == slot).map(|s| s.name.as_str());
    assert_eq!([holder("full_time"), holder("deputy"), holder("head")], [Some("周以宁"), Some("沈禾"), Some("韩溪")]);
    assert!(d.buildings.iter().any(|b| b.address.starts_with("柳荫路12号") && b.grid_code == grid.code));
}

#[test]
fn posts_are_those_of_the_brief() {
    let d = default(1);
    let people = |slot: &str, residential: bool| {
        let in_place =
            |code: &str| d.grids.iter().find(|g| g.code == code).is_none_or(|g| (g.kind == "residential") == residential);
        let rows = d.staff.iter().filter(|s| s.slot == slot && !s.staff_no.is_empty() && in_place(&s.unit_code));
        rows.map(|s| s.staff_no.as_str()).collect::<BTreeSet<_>>().len()
    };
    for (slot, residential, number) in [
        ("head", true, 18),
        ("full_time", true, 53),
        ("guide", true, 24),
        ("part_time", true, 240),
        ("head", false, 6),
        ("guide", false, 12),
        ("part_time", false, 18),
        ("police", true, 12),
        ("auxiliary", true, 25),
        ("judge", true, 3),
        ("prosecutor", true, 4),
        ("officer", true, 12),
        ("legal_worker", true, 10),
        ("mediator", true, 18),
        ("leader", true, 9),
        ("professional", true, 21),
    ] {
        assert_eq!(people(slot, residential), number, "{slot}, residential: {residential}");
    }
    let vacant: Vec<_> =
        d.staff.iter().filter(|s| s.staff_no.is_empty()).map(|s| (s.unit_code.as_str(), s.name.as_str())).collect();
    assert_eq!(vacant, [("990101003002002", "")]);
    let sponsored: BTreeSet<_> = d.staff.iter().filter(|s| s.slot == "sponsor").map(|s| s.unit_code.as_str()).collect();
    assert_eq!(sponsored.len(), 72, "60 grids and 12 communities");
    let cadres: BTreeSet<_> = d.staff.iter().filter(|s| s.post == "包联两委").map(|s| s.staff_no.as_str()).collect();
    assert_eq!(cadres.len(), 36);
    let without = d
        .leave
        .iter()
        .filter(|l| l.deputy_staff_no.is_empty() && l.from.as_str() <= "2026-11-20" && l.to.as_str() >= "2026-11-20");
    let away: Vec<_> = without.map(|l| d.staff.iter().find(|s| s.staff_no == l.staff_no).map(|s| s.unit_code.as_str())).collect();
    assert_eq!(away, [Some("990101003003004")]);
    let roles: BTreeSet<_> = d.staff.iter().map(|s| s.role.as_str()).filter(|r| !r.is_empty()).collect();
    assert_eq!(roles.len(), 15, "{roles:?}");
    // A role that the server does not know grants nothing, and whoever was to have it cannot log in.
    let known = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/src/modules/access/roles.csv");
    let known = std::fs::read_to_string(known).expect("the roles of the server");
    let known: BTreeSet<_> = known.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(roles.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new());
    let firms = d.orgs.iter().filter(|o| o.kind == "partner");
    assert!(firms.clone().all(|o| !o.serves.is_empty()), "{:?}", firms.filter(|o| o.serves.is_empty()).collect::<Vec<_>>());
}

#[test]
fn codes_are_valid_and_refer_to_something() {
    for d in [default(1), small(3, 250)] {
        let orgs: BTreeMap<_, _> = d.orgs.iter().map(|o| (o.code.as_str(), o.kind.as_str())).collect();
        assert_eq!(orgs.len(), d.orgs.len(), "codes are unique");
        for (code, kind) in &orgs {
            let digits = match *kind {
                "district" => 6,
                "street" => 9,
                "community" | "village" => 12,
                _ => continue,
            };
            assert!(code.len() == digits && code.starts_with("990101") && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
            let last: u32 = code[digits - 3..].parse().expect("digits");
            assert_eq!(*kind == "village", digits == 12 && last >= 200, "{code}");
        }
        for org in &d.orgs {
            assert!(org.parent_code.is_empty() == (org.kind == "district"), "{}", org.code);
            assert!(org.parent_code.is_empty() || orgs.contains_key(org.parent_code.as_str()), "{}", org.code);
        }
        let grids: BTreeSet<_> = d.grids.iter().map(|g| g.code.as_str()).collect();
        assert_eq!(grids.len(), d.grids.len());
        for grid in &d.grids {
            assert!(
                grid.code.len() == 15 && grid.code.starts_with(&grid.community) && orgs.contains_key(grid.community.as_str())
            );
        }
        assert!(d.orgs.iter().flat_map(|o| o.serves.split('|')).all(|c| c.is_empty() || grids.contains(c)));
        let known = |code: &str| orgs.contains_key(code) || grids.contains(code);
        for row in &d.staff {
            assert!(known(&row.unit_code) && (row.scope_code.is_empty() || known(&row.scope_code)), "{row:?}");
            assert_eq!(row.role.is_empty(), row.username.is_empty(), "{row:?}");
        }
        let numbers: BTreeSet<_> = d.staff.iter().map(|s| s.staff_no.as_str()).collect();
        for row in &d.duty {
            assert!(numbers.contains(row.staff_no.as_str()) && known(&row.unit_code));
        }
        for row in &d.incidents {
            assert!(row.grid_code.is_empty() || grids.contains(row.grid_code.as_str()));
            assert!(row.lead_unit.is_empty() || known(&row.lead_unit), "{}", row.lead_unit);
            assert!(row.handler_staff_no.is_empty() || numbers.contains(row.handler_staff_no.as_str()));
        }
        for notice in &d.notices {
            assert!(known(&notice.unit_code) && !notice.body.contains('{'), "{notice:?}");
        }
    }
}

/// Codes run from west to east, then from north to south: the northern edge of each row lies below that of the row before.
#[test]
fn grids_are_numbered_from_west_to_east_then_from_north_to_south() {
    let d = default(1);
    for pair in d.grids.windows(2).filter(|p| p[0].community == p[1].community) {
        let middle = |ring: &[Position], i: usize| ring.iter().skip(1).map(|p| p[i]).sum::<i64>() / (ring.len() as i64 - 1);
        let (a, b) = (&pair[0].ring, &pair[1].ring);
        assert!(middle(b, 0) > middle(a, 0) || middle(b, 1) < middle(a, 1), "{} {}", pair[0].code, pair[1].code);
    }
}

#[test]
fn cases_and_buildings_lie_inside_their_grids() {
    for d in [default(1), default(7), small(2, 130)] {
        let rings: BTreeMap<_, _> = d.grids.iter().map(|g| (g.code.as_str(), &g.ring)).collect();
        for b in &d.buildings {
            assert!(b.ring.iter().all(|p| contains(rings[b.grid_code.as_str()], *p)), "{}", b.address);
        }
        for row in d.incidents.iter().filter(|r| !r.grid_code.is_empty()) {
            let p = [row.lon, row.lat].map(|x| (x.expect("a grid comes with a point") * 1e7).round() as i64);
            assert!(contains(rings[row.grid_code.as_str()], p), "{} {}", row.code, row.address);
        }
        let elsewhere = d.incidents.iter().filter(|r| r.grid_code.is_empty() && r.lon.is_some());
        for row in elsewhere {
            let p = [row.lon, row.lat].map(|x| (x.unwrap_or_default() * 1e7).round() as i64);
            assert!(!contains(&d.boundaries[0].ring, p));
        }
        let addresses: BTreeSet<_> = d.buildings.iter().map(|b| b.address.as_str()).collect();
        assert_eq!(addresses.len(), d.buildings.len(), "an address is one building");
    }
}

/// Invented telephones: landlines 000-5550xxx, mobiles 140-0000-xxxx, and national short numbers on the list of hotlines.
#[test]
fn no_telephone_can_reach_anybody() {
    let d = default(1);
    let invented = |phone: &str| {
        let (head, tail) = phone.split_at(9.min(phone.len()));
        phone.is_empty()
            || phone.len() == 13 && head == "140-0000-" && tail.bytes().all(|b| b.is_ascii_digit())
            || phone.len() == 11 && phone.starts_with("000-5550") && phone[8..].bytes().all(|b| b.is_ascii_digit())
    };
    let phones = d.staff.iter().map(|s| &s.phone).chain(d.incidents.iter().map(|i| &i.reporter_phone));
    let phones = phones.chain(d.orgs.iter().map(|o| &o.phone)).chain(d.duty.iter().map(|o| &o.phone));
    for phone in phones {
        assert!(invented(phone), "{phone}");
    }
    let (national, local): (Vec<_>, Vec<_>) = d.hotlines.iter().partition(|h| h.phone.len() <= 5);
    assert!(national.iter().all(|h| h.unit.is_none()) && local.iter().all(|h| invented(&h.phone)), "{local:?}");
    let streets: BTreeSet<_> = d.orgs.iter().filter(|o| o.kind == "street").map(|o| o.code.as_str()).collect();
    let rooms: BTreeSet<_> = local.iter().filter_map(|h| h.unit.as_deref()).collect();
    assert_eq!(rooms, streets, "each street has its duty room");
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    assert!(d.incidents.iter().all(|i| digits(&i.text) < 11), "no text tells a number");
}

#[test]
fn training_sentences_are_varied_and_never_the_texts_of_cases() {
    let d = default(1);
    let labels: BTreeMap<&str, usize> = d.history.iter().fold(BTreeMap::new(), |mut m, s| {
        *m.entry(s.label.as_str()).or_default() += 1;
        m
    });
    assert_eq!(labels.len(), 66);
    assert!(labels.values().all(|n| *n >= 60) && d.history.len() > 5000);
    let texts: BTreeSet<_> = d.history.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(texts.len(), d.history.len());
    assert!(d.incidents.iter().all(|i| !texts.contains(i.text.as_str())));
}
