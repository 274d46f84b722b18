use kernel::{Clock, Error, Id, Time};
use testkit::{Engine, TestDb};

use super::*;
use crate::{app, snapshot};

mod edge;
mod tables;

/// A moment in 2025.
const NOW: Time = Time::from_millis(1_741_766_400_000);

async fn district(engine: Engine) -> TestDb {
    let files = app::migrations();
    let list: Vec<db::Migration<'_>> = files.iter().map(|(name, text)| db::Migration { name, text }).collect();
    let test = TestDb::new(engine, &list).await;
    let mut tx = test.db.begin();
    seed(&mut tx, NOW).await.unwrap();
    tx.commit().await.unwrap();
    test
}

fn origin(now: Time) -> Origin<'static> {
    static ACTOR: std::sync::LazyLock<kernel::Actor> = std::sync::LazyLock::new(kernel::Actor::system);
    Origin { now, source: "test", actor: &ACTOR }
}

fn draft(path: &str, handle: &str) -> Draft {
    let mut levels = path.split('/').map(str::to_owned);
    let mut level = || levels.next().unwrap();
    let rules = Rules {
        level1: level(),
        level2: level(),
        level3: level(),
        class: AccessClass::Own,
        lead: "属地社区".to_owned(),
        handle: Some(Limit::read(handle).unwrap()),
        publishable: true,
        ..Rules::default()
    };
    Draft { rules, fields: None }
}

async fn take_in(test: &TestDb, now: Time, drafts: Vec<Draft>, retire: bool) -> Counts {
    let mut tx = test.db.begin();
    let counts = take(&mut tx, origin(now), drafts, retire).await.unwrap();
    tx.commit().await.unwrap();
    counts
}

testkit::both! {
    async fn old_versions_stay_and_only_changes_make_new_ones(engine: Engine) {
        let test = district(engine).await;
        let clock = Clock::frozen(NOW);
        let memory = Memory::load(&test.db, &clock).await.unwrap();
        let first = vec![draft("a/b/c", "8工作时"), draft("a/b/d", "5工作日"), draft("x/y/d", "5工作日")];
        assert_eq!(take_in(&test, NOW, first.clone(), false).await, Counts { added: 3, ..Counts::default() });
        assert_eq!(take_in(&test, NOW, first.clone(), true).await, Counts { unchanged: 3, ..Counts::default() });
        memory.refresh(&test.db, &clock).await.unwrap();
        let before = memory.get();
        let c = before.value.by_name("c").unwrap().clone();
        assert!(before.value.by_name("d").is_none(), "two matters have this name");
        assert_eq!(before.value.by_name("x/y/d").unwrap().level1, "x");
        assert_eq!(before.value.published().count(), 3);

        let later = NOW.plus_days(1);
        clock.set(later);
        let second = vec![draft("a/b/c", "4工作时"), draft("a/b/d", "5工作日")];
        let counts = take_in(&test, later, second.clone(), true).await;
        assert_eq!(counts, Counts { changed: 1, unchanged: 1, retired: 1, ..Counts::default() });
        memory.refresh(&test.db, &clock).await.unwrap();
        let after = memory.get();
        assert!(after.revision > before.revision);
        let now = after.value.matter(c.id).unwrap();
        assert_eq!((now.version, now.handle), (2, Limit::read("4工作时")));
        assert!(after.value.by_name("x/y/d").is_none());
        let retired = before.value.by_name("x/y/d").unwrap().id;
        assert_eq!(after.value.matter(retired).unwrap().valid_to, Some(later), "a retired matter keeps its name for old cases");
        assert!(after.value.current(retired).is_none() && after.value.current(c.id).is_some());
        assert_eq!(after.value.by_name("d").unwrap().path(), "a/b/d", "now only one has the name");

        let mut read = test.db.read().await.unwrap();
        let old = Catalogue::version(&mut read, c.id, 1).await.unwrap();
        assert_eq!((old.rules.clone(), old.valid_from, old.valid_to), (c.rules, NOW, Some(later)));
        assert!(old.holds(NOW) && !old.holds(later));
        assert!(matches!(Catalogue::version(&mut read, c.id, 3).await, Err(Error::NotFound)));
        drop(read);

        // A matter that comes back keeps its identity.
        assert_eq!(take_in(&test, later.plus_days(1), first, false).await.added, 1);
        clock.set(later.plus_days(1));
        memory.refresh(&test.db, &clock).await.unwrap();
        let back = memory.get();
        assert_eq!(back.value.by_name("x/y/d").map(|m| (m.id, m.version)), Some((retired, 2)));
    }

    async fn a_version_waits_for_its_day(engine: Engine) {
        let test = district(engine).await;
        let clock = Clock::frozen(NOW);
        take_in(&test, NOW, vec![draft("a/b/c", "8工作时"), draft("a/b/d", "8工作时")], false).await;
        let memory = Memory::load(&test.db, &clock).await.unwrap();
        let id = memory.get().value.by_name("c").unwrap().id;
        let day = NOW.plus_days(7);
        let mut tx = test.db.begin();
        let revise_c = |seen, from, to: &'static str| (seen, from, draft(to, "4工作时"));
        let (seen, from, to) = revise_c(1, day, "a/b/c2");
        let made = revise(&mut tx, origin(NOW), id, seen, from, to).await.unwrap();
        assert_eq!((made.version, made.valid_from), (2, day));
        let (seen, from, to) = revise_c(1, day, "a/b/c2");
        assert!(matches!(revise(&mut tx, origin(NOW), id, seen, from, to).await, Err(Error::Stale)));
        let (seen, from, to) = revise_c(2, NOW, "a/b/c2");
        let early = revise(&mut tx, origin(NOW), id, seen, from, to).await;
        assert!(matches!(early, Err(Error::Refused(LATER_VERSION, _))), "{early:?}");
        let (seen, from, to) = revise_c(2, day, "a/b/d");
        let taken = revise(&mut tx, origin(NOW), id, seen, from, to).await;
        assert!(matches!(taken, Err(Error::Refused(MATTER_EXISTS, _))), "{taken:?}");
        let (seen, from, to) = revise_c(2, day, "a/b/c");
        let unknown = revise(&mut tx, origin(NOW), Id::nil(), seen, from, to).await;
        let cut = take(&mut tx, origin(NOW), vec![draft("a/b/d", "8工作时")], true).await;
        assert!(matches!(cut, Err(Error::Refused(LATER_VERSION, _))), "{cut:?}");
        let cut = retire(&mut tx, origin(NOW), id, 2).await;
        assert!(matches!(cut, Err(Error::Refused(LATER_VERSION, _))), "{cut:?}");
        assert!(matches!(unknown, Err(Error::NotFound)));
        tx.commit().await.unwrap();

        memory.refresh(&test.db, &clock).await.unwrap();
        assert_eq!(memory.get().value.matter(id).map(|m| m.version), Some(1));
        clock.set(day.plus_millis(-1));
        memory.refresh(&test.db, &clock).await.unwrap();
        assert_eq!(memory.get().value.by_name("c").map(|m| m.version), Some(1));
        clock.set(day);
        memory.refresh(&test.db, &clock).await.unwrap();
        assert_eq!(memory.get().value.by_name("a/b/c2").map(|m| m.version), Some(2));
        assert!(memory.get().value.by_name("c").is_none());
    }

    async fn every_calendar_version_can_be_counted_by_again(engine: Engine) {
        let test = district(engine).await;
        let clock = Clock::frozen(NOW);
        let memory = Memory::load(&test.db, &clock).await.unwrap();
        assert_eq!(memory.get().value.calendar_version(), 1);
        let mut tx = test.db.begin();
        seed(&mut tx, NOW).await.unwrap();
        assert_eq!(snapshot::revision(&mut tx, REVISION).await.unwrap(), 1, "a second start changes nothing");

        // A local day off, then 2027 in whole, then 2027 once more without its make-up day; then other hours.
        let day = |date: &str, kind| content::Day { date: date.parse().unwrap(), kind, name: String::new() };
        let off = |date| day(date, DayKind::Holiday);
        let year = [off("2027-01-01"), day("2027-02-06", DayKind::Working), off("2027-05-01"), off("2027-10-01")];
        let set = async |tx: &mut db::Tx, days: &[content::Day]| set_calendar(tx, origin(NOW), Some(days), None).await.unwrap();
        assert_eq!(set(&mut tx, &[off("2025-03-13")]).await, 2);
        assert_eq!(set(&mut tx, &year).await, 3);
        assert_eq!(set(&mut tx, &year).await, 3);
        assert_eq!(set(&mut tx, &[year[0].clone(), year[2].clone(), year[3].clone()]).await, 4);
        let mut shifts = content::shifts().unwrap();
        shifts[0].intervals = Interval::read_all("09:00-12:00,14:00-17:00").unwrap();
        assert_eq!(set_calendar(&mut tx, origin(NOW), None, Some(&shifts)).await.unwrap(), 5);
        let gap = set_calendar(&mut tx, origin(NOW), None, Some(&shifts[..1])).await;
        assert!(matches!(gap, Err(Error::Refused(BAD_SHIFTS, _))), "{gap:?}");
        tx.commit().await.unwrap();

        memory.refresh(&test.db, &clock).await.unwrap();
        let catalogue = &memory.get().value;
        assert_eq!(catalogue.calendar_version(), 5);
        let from: Time = "2025-03-12T16:00:00+08:00".parse().unwrap();
        let due = |n| {
            let calendar = catalogue.calendar_at(n).unwrap();
            let due = calendar.add(kernel::Zone::CHINA, from, Limit { n: 2, unit: Unit::WorkingHour }).unwrap();
            kernel::Zone::CHINA.wall(due).to_string()
        };
        assert_eq!(due(1), "2025-03-13T09:00:00");
        assert_eq!(due(2), "2025-03-14T09:00:00");
        assert_eq!(due(5), "2025-03-14T10:00:00");
        let worked = |n| catalogue.calendar_at(n).unwrap().is_working_day("2027-02-06".parse().unwrap());
        assert!(worked(2).is_err() && worked(3).unwrap() && !worked(4).unwrap());
    }

    async fn of_two_changes_at_once_one_reads_again(engine: Engine) {
        let test = district(engine).await;
        take_in(&test, NOW, vec![draft("a/b/c", "8工作时")], false).await;
        let other = test.again().await;
        let change = async |db: &db::Db, limit: &str| {
            let mut tx = db.begin();
            take(&mut tx, origin(NOW.plus_days(1)), vec![draft("a/b/c", limit), draft("a/b/new", "8工作时")], false).await?;
            tokio::task::yield_now().await;
            tx.commit().await
        };
        let both = tokio::join!(change(&test.db, "4工作时"), change(&other, "2工作时"));
        let results = [both.0, both.1];
        assert!(results.iter().any(Result::is_ok), "{results:?}");
        assert!(results.iter().all(|r| matches!(r, Ok(()) | Err(Error::Stale | Error::Busy { .. }))), "{results:?}");
        let mut read = test.db.read().await.unwrap();
        let catalogue = Catalogue::load(&mut read, NOW.plus_days(2)).await.unwrap();
        assert_eq!(catalogue.all().len(), 2, "a matter is never there twice");
    }
}
