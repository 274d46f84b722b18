//! Every statement of the program prepares on both engines: names, types and grammar are right before anybody runs it.

use db::Sql;
use jingwei::testing::TestApp;
use testkit::Engine;

testkit::both! {
    async fn every_statement_prepares(engine: Engine) {
        let app = TestApp::new(engine).await;
        let mut conn = app.db.read().await.unwrap();
        let mut wrong = vec![];
        let all = Sql::all();
        assert!(all.len() > 100, "only {} statements announced themselves", all.len());
        for statement in all.into_iter().filter(|s| s.only.is_none_or(|only| only == engine)) {
            if let Err(error) = conn.prepare(statement.text).await {
                wrong.push(format!("{}:{}: {error:?}\n  {}", statement.file, statement.line, statement.text));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn a_wrong_statement_is_found(engine: Engine) {
        let app = TestApp::new(engine).await;
        let mut conn = app.db.read().await.unwrap();
        assert!(conn.prepare("select no_such_column from setting").await.is_err());
        assert!(conn.prepare("select name from setting where name = $1 grup by name").await.is_err());
    }
}
