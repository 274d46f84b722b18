//! The edge: the only place that names axum beside the handlers. It authenticates, opens and commits transactions, and turns errors into problems.

use std::sync::Arc;

use axum::Router;
use utoipa::{
    OpenApi, PartialSchema,
    openapi::{
        Object, OpenApi as Document, RefOr, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    app::{App, Shared},
    modules::MODULES,
};

mod allow;
mod along;
mod attached;
mod command;
mod context;
mod faces;
mod headers;
pub mod metrics;
mod network;
mod packed;
mod problem;
mod within;

pub use allow::{Allow, Permit, SomeoneLoggedIn, Visitor};
pub use along::{Along, MOST, Taker, Written};
pub use attached::{attached, attached_table};
pub use command::{Command, FileCommand, Halt, Turns, Work, forget_answers, forget_commands};
pub use context::request_id;
pub use metrics::operations;
pub use network::Network;
pub use packed::packed;
pub use problem::{BODY_TOO_LARGE, Problem};
pub use within::Within;

/// What a handler answers: a value, or a problem.
pub type Answer<T> = Result<T, Problem>;

/// What a command's handler answers: a response, the first answer again, or a problem.
pub type Outcome = Result<axum::response::Response, Halt>;

#[derive(OpenApi)]
#[openapi(info(
    title = "Jingwei",
    description = "Community governance by grids. The habits that operations share are in docs/api-design.md."
))]
struct Contract;

fn assembled() -> (Router<Shared>, Document) {
    let mut all = OpenApiRouter::with_openapi(Contract::openapi());
    for module in MODULES {
        all = all.merge((module.routes)());
    }
    let (routes, mut contract) = all.split_for_parts();
    named(&mut contract);
    name_paths(&mut contract);
    (routes, contract)
}

/// Gives every operation a name of its own, from its method and path: two handlers may be called alike, two operations may not.
fn named(contract: &mut Document) {
    for (path, item) in &mut contract.paths.paths {
        let path = path.trim_start_matches("/api/v1/");
        let words: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let words: Vec<&str> = words.split('_').filter(|w| !w.is_empty()).collect();
        let methods = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("delete", &mut item.delete),
            ("patch", &mut item.patch),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{}", words.join("_")));
            }
        }
    }
}

/// Declares every `{name}` of a path that its handler did not describe: a contract that leaves one out cannot be used by a program.
fn name_paths(document: &mut Document) {
    for (path, item) in &mut document.paths.paths {
        let names: Vec<&str> = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        if names.is_empty() {
            continue;
        }
        for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
            let known = operation.parameters.get_or_insert_default();
            for name in &names {
                let described = |p: &RefOr<Parameter>| matches!(p, RefOr::T(p) if p.name == *name && matches!(p.parameter_in, ParameterIn::Path));
                if !known.iter().any(described) {
                    // `{id}` is an id everywhere; anything else is a word of its own.
                    let text = RefOr::T(Object::with_type(Type::String).into());
                    let schema = if *name == "id" { <kernel::Id<()> as PartialSchema>::schema() } else { text };
                    let made = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Path).required(Required::True);
                    known.push(RefOr::T(made.schema(Some(schema)).build()));
                }
            }
        }
    }
}

/// The whole contract with the web and with programs.
pub fn contract() -> Document {
    assembled().1
}

/// The service of one district.
pub fn router(app: Arc<App>) -> Router {
    let (routes, contract) = assembled();
    let text: axum::body::Bytes = serde_json::to_vec(&contract).unwrap_or_default().into();
    let json = [("content-type", "application/json")];
    let routes = routes
        .route("/api/v1/openapi.json", axum::routing::get(move || std::future::ready((json, text))))
        .merge(faces::routes())
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed);
    let operations = metrics::operations(app.clone());
    context::layers(headers::layers(routes, &app.config)).with_state(app).merge(operations)
}
