//! Every figure leads exactly to its list: in every split, of a unit, of a part of the district, and of answers.

use db::bind;
use kernel::Time;
use serde_json::Value;
use testkit::Engine;

use super::{
    rates::{MARCH, length, rate},
    seed::{Seed, plant},
};
use crate::{
    modules::reports::model::Rate,
    testing::{
        Client, TestApp,
        town::{COMMUNITY, DEPARTMENT, DISTRICT, GRID, STREET},
    },
};

pub(super) const SPLITS: [&str; 5] = ["street", "community", "department", "matter", "channel"];
const FAR_GRID: &str = "/990101/990101002/990101002001/990101002001001/";

/// Cases with and without each thing that figures are split by, some of them open.
pub(super) async fn mixture(app: &TestApp) {
    let directory = app.org.directory();
    let unit = |code: &str| Some(directory.value.unit_by_code(code).unwrap().id);
    let (lamp, at) = (Some(app.matter("路灯不亮")), app.now().plus_minutes(-90));
    let open = Seed { state: "in_progress", resolved: false, ..Seed::closed(at, GRID) };
    plant(
        app,
        &[
            Seed { lead: unit("D-ROADS"), matter: lamp, answer: Some(("yes", "yes")), ..Seed::closed(at, GRID) },
            Seed { lead: unit("D-ROADS"), matter: lamp, channel: "phone", ..Seed::closed(at, FAR_GRID) },
            Seed {
                lead: unit("990101001001"),
                round: 2,
                before: Some(("yes", "no")),
                answer: Some(("yes", "yes")),
                ..Seed::closed(at, GRID)
            },
            Seed { lead: unit("990101001001"), matter: lamp, ..open.clone() },
            Seed { lead: unit("D-ROADS"), ..open.clone() },
            Seed { path: STREET, ..open.clone() },
            Seed { path: "/990101/", ..open },
            Seed::rejected(at, "/990101/"),
            Seed::rejected(at, STREET),
        ],
    )
    .await;
}

/// Holds every number of an answer of rates to its list; says how many there were.
async fn rates_hold(client: &Client, more: &str) -> usize {
    let rates = client.get(&format!("/api/v1/reports/rates?{MARCH}{more}")).await.expect(200).json();
    let lines: Vec<&Value> = std::iter::once(&rates["total"]).chain(rates["rows"].as_array().unwrap()).collect();
    let mut held = 0;
    for line in lines {
        let n = length(client, line["cases"].as_str().unwrap()).await;
        assert_eq!(Some(n), line["counts"]["reported"].as_i64(), "{more}: {line}");
        for share in line["rates"].as_array().unwrap() {
            for part in ["numerator", "denominator"] {
                let listed = if share["in_cases"].is_null() { &share[part] } else { &share["in_cases"][part] };
                let list = share[format!("{part}_cases")].as_str().unwrap();
                assert_eq!(Some(length(client, list).await), listed.as_i64(), "{more}: {list}");
                held += 1;
            }
        }
    }
    held
}

async fn standing_holds(client: &Client, more: &str) {
    let seen = client.get(&format!("/api/v1/reports/standing?{more}")).await.expect(200).json();
    for line in std::iter::once(&seen["total"]).chain(seen["rows"].as_array().unwrap()) {
        for number in line["lights"].as_array().unwrap().iter().chain(line["ages"].as_array().unwrap()) {
            let list = number["cases"].as_str().unwrap();
            assert_eq!(Some(length(client, list).await), number["n"].as_i64(), "{more}: {list}");
        }
    }
}

testkit::both! {
    async fn of_every_split_with_the_line_of_none(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        mixture(&app).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        for by in SPLITS {
            assert!(rates_hold(&desk, &format!("&by={by}")).await >= 3 * 2 * Rate::ALL.len(), "{by}");
            standing_holds(&desk, &format!("by={by}")).await;
        }
        let none = desk.get("/api/v1/incidents?without=street&limit=1").await.expect(200).json();
        let rest = desk.get(&format!("/api/v1/incidents?without=street&cursor={}", none["next"].as_str().unwrap())).await.expect(200).json();
        assert_eq!((none["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (1, 1), "page by page");
        desk.get("/api/v1/incidents?without=colour").await.expect(400);
    }

    /// The order by time left shows no case without a clock, and its counts count none.
    async fn of_the_desk_by_time_left(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        mixture(&app).await;
        let mut tx = app.db.begin();
        let statement = db::sql!("update incident set yellow_at = $1, red_at = $2 where state = 'in_progress' and lead_unit is not null");
        tx.execute(statement, bind![app.now(), app.now().plus_minutes(60)]).await.unwrap();
        tx.commit().await.unwrap();
        let desk = app.login_as("supervisor", DISTRICT).await;
        for (order, n) in [("newest", 4), ("time_left", 2), ("oldest", 4)] {
            let counts = desk.get(&format!("/api/v1/incidents/counts?state=open&sort={order}")).await.expect(200).json();
            let sum: i64 = counts["states"].as_object().unwrap().values().filter_map(Value::as_i64).sum();
            assert_eq!((sum, length(&desk, &format!("/api/v1/incidents?state=open&sort={order}")).await), (n, n), "{order}");
        }
    }

    async fn of_one_unit_and_inside_it(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        mixture(&app).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        for unit in ["990101001", "990101001001", "D-ROADS", "990101"] {
            for by in SPLITS {
                rates_hold(&desk, &format!("&unit={unit}&by={by}")).await;
                standing_holds(&desk, &format!("unit={unit}&by={by}")).await;
            }
        }
    }

    /// Cases of the town lie where they were filed, so that nothing of a part has left its sight.
    async fn of_a_part_of_the_district(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        mixture(&app).await;
        for (role, path) in [("street-desk", STREET), ("community-desk", COMMUNITY)] {
            let client = app.login_as(role, path).await;
            rates_hold(&client, "&by=matter").await;
            standing_holds(&client, "by=street").await;
        }
        // A department sees more than it leads: what it helps with is no figure of its own.
        let helped = plant(&app, &[Seed { path: DEPARTMENT, ..Seed::closed(app.now().plus_minutes(-30), GRID) }]).await[0];
        let mut tx = app.db.begin();
        tx.execute(db::sql!("update incident set filed_path = $2 where id = $1"), bind![helped, FAR_GRID]).await.unwrap();
        tx.commit().await.unwrap();
        let department = app.login_as("department-desk", DEPARTMENT).await;
        let seen = department.get(&format!("/api/v1/incidents?{MARCH}")).await.expect(200).json();
        assert!(seen["items"].as_array().unwrap().iter().any(|c| c["id"] == helped.to_string()));
        let counted = department.get(&format!("/api/v1/incidents?{MARCH}&counted=true")).await.expect(200).json();
        assert!(counted["items"].as_array().unwrap().iter().all(|c| c["id"] != helped.to_string()));
    }

    async fn of_answers_in_cases(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        mixture(&app).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        let rates = desk.get(&format!("/api/v1/reports/rates?{MARCH}")).await.expect(200).json();
        let solved = rate(&rates["total"], Rate::Solved);
        assert_eq!((solved["numerator"].as_i64(), solved["denominator"].as_i64()), (Some(3), Some(3)), "three answers");
        let in_cases = &solved["in_cases"];
        assert_eq!((in_cases["numerator"].as_i64(), in_cases["denominator"].as_i64()), (Some(2), Some(2)), "about two cases");
        let satisfied = rate(&rates["total"], Rate::Satisfied);
        assert_eq!((satisfied["numerator"].as_i64(), satisfied["in_cases"]["numerator"].as_i64()), (Some(2), Some(2)));
        assert!(rate(&rates["total"], Rate::Timely)["in_cases"].is_null());
        assert_eq!(rates["total"]["counts"]["answered_cases"].as_i64(), Some(2));
    }

    async fn of_what_was_solved_on_a_day(engine: Engine) {
        let app = TestApp::new(engine).await.with_town().await;
        let midnight: Time = "2025-03-03T16:00:00Z".parse().unwrap();
        // Each was solved an hour after its report.
        plant(&app, &[
            Seed::closed(midnight.plus_minutes(-60), GRID),
            Seed::closed(midnight.plus_minutes(-61), GRID),
            Seed::closed(midnight.plus_minutes(5), FAR_GRID),
            Seed { resolved: false, state: "in_progress", ..Seed::closed(midnight.plus_minutes(5), GRID) },
        ]).await;
        let desk = app.login_as("supervisor", DISTRICT).await;
        for unit in ["", "&unit=990101001"] {
            let days = desk.get(&format!("/api/v1/reports/days?from=2025-03-02T16:00:00Z&to=2025-03-04T20:00:00Z{unit}")).await.expect(200).json();
            let mut solved = vec![];
            for day in days["items"].as_array().unwrap() {
                let n = length(&desk, day["resolved_cases"].as_str().unwrap()).await;
                assert_eq!(Some(n), day["resolved"].as_i64(), "{unit} {day}");
                solved.push(n);
            }
            assert_eq!(solved, if unit.is_empty() { [1, 2, 0] } else { [1, 1, 0] });
        }
        let list = "/api/v1/incidents?resolved_from=2025-03-03T16:00:00Z&resolved_to=2025-03-04T16:00:00Z";
        let first = desk.get(&format!("{list}&limit=1")).await.expect(200).json();
        let second = desk.get(&format!("{list}&limit=1&cursor={}", first["next"].as_str().unwrap())).await.expect(200).json();
        assert!(second["next"].is_null() && first["items"][0]["id"] != second["items"][0]["id"]);
    }
}
