//! Every operation says who may, in words that the program and the roles know.

use std::collections::BTreeSet;

use jingwei::http::contract;
use kernel::Permission;
use serde_json::Value;

use crate::root;

/// An operation of the contract.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Such as `GET /api/v1/district`.
    pub name: String,
    /// What it wants: `None` for the public, else a permission or `logged-in`.
    pub permission: Option<String>,
}

/// Every operation of the contract; fails when one says nothing about who may.
pub fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(contract()).unwrap();
    let mut all = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !matches!(method.as_str(), "get" | "post" | "put" | "delete" | "patch") {
                continue;
            }
            let name = format!("{} {path}", method.to_uppercase());
            all.push(Operation { permission: permission(&name, operation), name });
        }
    }
    all
}

fn permission(name: &str, operation: &Value) -> Option<String> {
    let (permission, public) = (operation["x-permission"].as_str(), operation["x-public"] == true);
    assert!(permission.is_some() != public, "{name} needs either x-permission or x-public");
    permission.map(str::to_owned)
}

/// What everybody who is logged in may do, whatever the roles.
pub const LOGGED_IN: &str = "logged-in";

#[test]
fn every_operation_says_who_may() {
    let known: BTreeSet<&str> = Permission::all().into_iter().map(|p| p.0).collect();
    let all = operations();
    assert!(all.len() > 30, "only {} operations", all.len());
    let wrong: Vec<&Operation> =
        all.iter().filter(|o| o.permission.as_deref().is_some_and(|p| p != LOGGED_IN && !known.contains(p))).collect();
    assert!(wrong.is_empty(), "permissions that nobody declares: {wrong:?}");
}

#[test]
fn every_name_of_a_path_is_declared() {
    let document = serde_json::to_value(contract()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let names: BTreeSet<&str> = path.split('{').skip(1).filter_map(|p| p.split_once('}')).map(|p| p.0).collect();
        for (method, operation) in item.as_object().unwrap() {
            let declared = operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "path");
            let declared: BTreeSet<&str> = declared.filter_map(|p| p["name"].as_str()).collect();
            assert_eq!(declared, names, "{method} {path}");
        }
    }
}

/// A program that is made from the contract knows an id and an instant when it meets one.
#[test]
fn every_id_and_every_instant_says_what_it_is() {
    let document = serde_json::to_value(contract()).unwrap();
    let parameters = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().values();
        operations.flat_map(|o| o["parameters"].as_array().into_iter().flatten()).map(move |p| (path, p))
    });
    let parameters = parameters.map(|(path, p)| (path, p["name"].as_str().unwrap_or_default(), &p["schema"]));
    let fields = document["components"]["schemas"].as_object().unwrap().iter().flat_map(|(name, schema)| {
        schema["properties"].as_object().into_iter().flatten().map(move |(field, schema)| (name, field.as_str(), schema))
    });
    let named = |name: &str| name == "id" || name.ends_with("_id") || name.ends_with("_at");
    let loose = |schema: &Value| schema["type"].to_string().contains("string") && schema["format"].is_null();
    let all: Vec<_> = parameters.chain(fields).filter(|(_, name, _)| named(name)).collect();
    assert!(all.len() > 200, "only {} ids and instants", all.len());
    let wrong: Vec<_> = all.iter().filter(|(_, _, schema)| loose(schema)).map(|(place, name, _)| (place, name)).collect();
    assert!(wrong.is_empty(), "plain text: {wrong:?}");
}

/// Every `$ref` below a value.
fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|v| references(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| references(v, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(contract()).unwrap();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "only {} references", found.len());
    let lost: Vec<_> = found.iter().filter(|r| document.pointer(r.trim_start_matches('#')).is_none()).collect();
    assert!(lost.is_empty(), "the contract speaks of {lost:?}, which it does not hold");
}

/// The permissions of each role, read from the files apart from the program: the policy that the matrix holds the program to.
pub fn policy() -> Vec<(String, BTreeSet<String>)> {
    let read = |name: &str| std::fs::read_to_string(root().join("server/src/modules/access").join(name)).unwrap();
    let (roles, permissions) = (read("roles.csv"), read("permissions.csv"));
    let rows: Vec<(&str, Vec<&str>)> =
        permissions.lines().skip(1).filter_map(|l| l.split_once(',')).map(|(p, r)| (p, r.split(' ').collect())).collect();
    let of = |role: &str| rows.iter().filter(|(_, roles)| roles.contains(&role)).map(|(p, _)| (*p).to_owned()).collect();
    roles.lines().skip(1).filter_map(|l| l.split(',').next()).map(|role| (role.to_owned(), of(role))).collect()
}

#[test]
fn roles_hold_permissions_that_exist_and_every_permission_has_a_holder() {
    let known: BTreeSet<String> = Permission::all().into_iter().map(|p| p.0.to_owned()).collect();
    let policy = policy();
    assert!(policy.len() >= 15, "only {} roles", policy.len());
    let held: BTreeSet<String> = policy.into_iter().flat_map(|p| p.1).collect();
    assert!(held.is_subset(&known), "roles hold what is not declared: {:?}", held.difference(&known));
    assert!(known.is_subset(&held), "nobody holds {:?}", known.difference(&held));
}

/// Types and clients are made by these names: two of one name would hide one another.
#[test]
fn every_operation_has_a_name_of_its_own() {
    let contract = serde_json::to_value(contract()).unwrap();
    let all: Vec<&str> = contract["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values().filter_map(|o| o["operationId"].as_str()))
        .collect();
    let names: std::collections::BTreeSet<&str> = all.iter().copied().collect();
    assert!(all.len() > 150, "only {} operations", all.len());
    assert_eq!(names.len(), all.len());
}
