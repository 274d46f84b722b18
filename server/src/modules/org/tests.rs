use kernel::Time;
use testkit::{Engine, TestDb};

use super::*;
use crate::app;

const NOW: Time = Time::from_millis(1_750_000_000_000);

async fn database(engine: Engine) -> TestDb {
    let files = app::migrations();
    let list: Vec<db::Migration<'_>> = files.iter().map(|(name, text)| db::Migration { name, text }).collect();
    TestDb::new(engine, &list).await
}

testkit::both! {
    async fn the_root_is_made_once_and_found_again(engine: Engine) {
        let test = database(engine).await;
        let memory = Memory::load(&test.db).await.unwrap();
        assert!(memory.directory().value.root().id.uuid().is_nil());
        let mut tx = test.db.begin();
        let id = ensure_root(&mut tx, NOW, "990101", "某区").await.unwrap();
        assert_eq!(ensure_root(&mut tx, NOW, "990101", "某区").await.unwrap(), id);
        tx.commit().await.unwrap();
        memory.refresh(&test.db).await.unwrap();
        let directory = &memory.directory().value;
        assert_eq!((directory.root().id, directory.revision), (id, 1));
        assert_eq!(directory.root().path, "/990101/");
        assert!(directory.has_desk(directory.root(), NOW));
    }
}
