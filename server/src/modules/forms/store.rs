//! Forms in the database.

use db::{Conn, Json, Tx, bind, record, sql};
use kernel::{Error, Id, Result, Time};

use super::{Form, FormRef};

record! {
    struct Version { form_id: Id<Form>, n: i64, body: Json<Form> }
}

/// Saves a form under its name: a new version when it differs from the newest one, else the newest one as it is.
/// `Stale` when somebody else saved it at the same time.
pub async fn save(tx: &mut Tx, now: Time, name: &str, form: &Form, by: &str) -> Result<FormRef> {
    form.check()?;
    let known: Option<Version> = tx
        .one(
            sql!(
                "select v.form_id, v.n, v.body from form f join form_version v on v.form_id = f.id where f.name = $1
                 order by v.n desc limit 1"
            ),
            bind![name],
        )
        .await?;
    let next = match known {
        Some(v) if v.body.0 == *form => return Ok(FormRef { id: v.form_id, version: v.n }),
        Some(v) => FormRef { id: v.form_id, version: v.n + 1 },
        None => {
            let id = Id::new(now);
            tx.execute(sql!("insert into form (id, name) values ($1, $2)"), bind![id, name]).await.map_err(raced)?;
            FormRef { id, version: 1 }
        }
    };
    let statement = sql!("insert into form_version (form_id, n, body, made_by, made_at) values ($1, $2, $3, $4, $5)");
    tx.execute(statement, bind![next.id, next.version, Json(form), by, now]).await.map_err(raced)?;
    Ok(next)
}

/// Somebody else saved the same form meanwhile.
fn raced(error: Error) -> Error {
    if db::unique_violation(&error).is_some() { Error::Stale } else { error }
}

/// One version of a form.
pub async fn load(conn: &mut Conn, form: FormRef) -> Result<Form> {
    let statement = sql!("select body as value from form_version where form_id = $1 and n = $2");
    conn.value::<Json<Form>>(statement, bind![form.id, form.version]).await?.map(|j| j.0).ok_or(Error::NotFound)
}

/// Every version of every form, for what a node keeps in memory.
pub async fn all(conn: &mut Conn) -> Result<Vec<(FormRef, Form)>> {
    let rows: Vec<Version> = conn.all(sql!("select form_id, n, body from form_version"), bind![]).await?;
    Ok(rows.into_iter().map(|v| (FormRef { id: v.form_id, version: v.n }, v.body.0)).collect())
}
