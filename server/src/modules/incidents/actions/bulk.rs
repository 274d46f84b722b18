//! 批量: one action on many cases in one transaction, each case whole or not at all, each with its own outcome.

use db::Tx;
use kernel::{Actor, Error, FieldError, Id, Params, Permission, Result, Scope};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{Accept, Change, Dispatch, Ground, Merge, Supervise, accept, dispatch, merge, supervise};
use crate::{
    app::App,
    modules::incidents::{
        model::{Incident, State},
        store::{self, Case},
    },
};

/// How many cases one request may take: what one transaction may hold (design: at most a hundred items).
pub const MOST: usize = 100;

db::words! {
    /// What can be done to many cases at once.
    pub enum BulkAction {
        /// 受理
        Accept = "accept",
        /// 派单
        Dispatch = "dispatch",
        /// 并案
        Merge = "merge",
        /// 督办
        Supervise = "supervise",
    }
}

impl BulkAction {
    /// What the action wants of the caller, as for one case.
    pub const fn permission(self) -> Permission {
        Permission(match self {
            Self::Accept => "incident.intake",
            Self::Dispatch => "incident.dispatch",
            Self::Merge => "incident.merge",
            Self::Supervise => "incident.supervise",
        })
    }
}

/// One action on many cases.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// What is done.
    pub action: BulkAction,
    /// The cases, at most a hundred, none twice.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub ids: Vec<Id<Incident>>,
    /// The versions that the caller saw, in the order of `ids`; empty when none is asked for.
    #[serde(default)]
    pub versions: Vec<i64>,
    /// The body that the action has on one case, without its version.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: serde_json::Value,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulkItem {
    /// The case.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id<Incident>,
    /// Whether it was done; if not, `code` says why and nothing of it was saved.
    pub done: bool,
    /// Its number, when it was done.
    pub number: Option<String>,
    /// Its version afterwards.
    pub version: Option<i64>,
    /// Its state afterwards.
    pub state: Option<State>,
    /// The code of the problem, as one case would have answered it.
    pub code: Option<String>,
    /// The values of its sentence.
    #[schema(value_type = Object)]
    pub params: serde_json::Value,
    /// The fields that are wrong.
    #[schema(value_type = Object)]
    pub fields: serde_json::Value,
}

/// What became of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulkOutcome {
    /// How many were done.
    pub done: usize,
    /// In the order of the request.
    pub items: Vec<BulkItem>,
}

/// The action with its parameters.
enum Wish {
    Accept(Accept),
    Dispatch(Dispatch),
    Merge(Merge),
    Supervise(Supervise),
}

/// Does it to each; the caller has checked the ground once for all. A rule that refuses one case leaves the others alone; a fault of the
/// database ends the whole, of which nothing stays then.
pub async fn bulk(tx: &mut Tx, app: &App, ground: &Ground, who: &Actor, scope: &Scope, body: &Bulk) -> Result<BulkOutcome> {
    let wish = check(body)?;
    let into = if let Wish::Merge(merge) = &wish { Some(merge.into) } else { None };
    store::hold_all(tx, &body.ids.iter().copied().chain(into).collect::<Vec<_>>()).await?;
    let mut items = Vec::with_capacity(body.ids.len());
    for (n, id) in body.ids.iter().enumerate() {
        tx.mark().await?;
        // On the heap: the future of an action that holds two cases is large.
        match Box::pin(one(tx, app, ground, who, scope, *id, body.versions.get(n).copied(), &wish)).await {
            Ok(Ok(case)) => {
                tx.keep().await?;
                items.push(done(&case));
            }
            // A refusal whose record must stay.
            Ok(Err(error)) => {
                tx.keep().await?;
                items.push(refused(*id, error));
            }
            Err(error @ (Error::Busy { .. } | Error::Internal(_))) => return Err(error),
            Err(error) => {
                tx.undo().await?;
                items.push(refused(*id, error));
            }
        }
    }
    Ok(BulkOutcome { done: items.iter().filter(|i| i.done).count(), items })
}

fn check(body: &Bulk) -> Result<Wish> {
    let (n, versions) = (body.ids.len(), body.versions.len());
    if n == 0 {
        return Err(Error::invalid("ids", "required"));
    }
    if n > MOST {
        return Err(Error::Invalid(vec![FieldError::new("ids", "too-many").with("limit", MOST)]));
    }
    let mut sorted = body.ids.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::invalid("ids", "repeated"));
    }
    if versions != 0 && versions != n {
        return Err(Error::Invalid(vec![FieldError::new("versions", "not-as-many").with("limit", n)]));
    }
    Ok(match body.action {
        BulkAction::Accept => Wish::Accept(parameters(body)?),
        BulkAction::Dispatch => Wish::Dispatch(parameters(body)?),
        BulkAction::Merge => Wish::Merge(parameters(body)?),
        BulkAction::Supervise => Wish::Supervise(parameters(body)?),
    })
}

fn parameters<T: DeserializeOwned>(body: &Bulk) -> Result<T> {
    let given = if body.parameters.is_null() { serde_json::json!({}) } else { body.parameters.clone() };
    serde_json::from_value(given)
        .map_err(|e| Error::Invalid(vec![FieldError::new("parameters", "bad-json").with("why", e.to_string())]))
}

#[expect(clippy::too_many_arguments, reason = "one case of a request that has all of these in common")]
async fn one(
    tx: &mut Tx,
    app: &App,
    ground: &Ground,
    who: &Actor,
    scope: &Scope,
    id: Id<Incident>,
    version: Option<i64>,
    wish: &Wish,
) -> Result<Result<Case>> {
    let change = Change::load(tx, app, who, scope, id, version).await?;
    match wish {
        Wish::Accept(body) => accept(tx, ground, change, body).await.map(Ok),
        Wish::Dispatch(body) => dispatch(tx, ground, change, body).await,
        Wish::Merge(body) => Box::pin(merge(tx, ground, scope, change, body)).await.map(Ok),
        Wish::Supervise(body) => supervise(tx, ground, change, body).await.map(Ok),
    }
}

fn done(case: &Case) -> BulkItem {
    BulkItem {
        id: case.id,
        done: true,
        number: Some(case.code.clone()),
        version: Some(case.version),
        state: Some(case.state),
        code: None,
        params: serde_json::json!({}),
        fields: serde_json::json!([]),
    }
}

fn refused(id: Id<Incident>, error: Error) -> BulkItem {
    let (code, params, fields) = match error {
        Error::Refused(code, params) => (code.0, params, vec![]),
        Error::Invalid(fields) => ("invalid", Params::new(), fields),
        Error::Stale => ("stale", Params::new(), vec![]),
        Error::Unauthenticated | Error::Forbidden => ("forbidden", Params::new(), vec![]),
        _ => ("not-found", Params::new(), vec![]),
    };
    BulkItem {
        id,
        done: false,
        number: None,
        version: None,
        state: None,
        code: Some(code.to_owned()),
        params: serde_json::to_value(params).unwrap_or_default(),
        fields: serde_json::to_value(fields).unwrap_or_default(),
    }
}
