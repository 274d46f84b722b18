//! What desks and the district do with lists and requests, on one transaction.

use db::{Json, Tx};
use kernel::{Actor, Error, Id, Result, Scope, Time};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    REVISION,
    model::{
        ALREADY_DECIDED, Answer, EMPTY_LIST, ExitReason, Item, ItemForm, List, ListRow, ListState, NOT_A_DRAFT, OWN_REQUEST,
        Request, RequestKind, RequestRow, RequestState, Verdict, complete, may_enter,
    },
    store,
};
use crate::{
    modules::{access::audit::Audit, catalogue::Matter},
    snapshot,
};

/// A new version of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionListForm)]
pub struct ListForm {
    /// The batch, such as 第一批.
    pub name: String,
    /// The document that it comes from.
    #[serde(default)]
    pub reference: String,
    /// When the district looks at it again.
    #[serde(default)]
    pub review_at: Option<Time>,
}

/// Begins a draft.
pub async fn draft(tx: &mut Tx, now: Time, who: &Actor, form: &ListForm) -> Result<ListRow> {
    let name = text("name", &form.name, 60)?.to_owned();
    let row = ListRow {
        id: Id::new(now),
        version: store::next_version(tx, &name).await?,
        name,
        state: ListState::Draft,
        reference: optional("reference", &form.reference, 200)?.to_owned(),
        review_at: form.review_at,
        made_at: now,
        approved_at: None,
        effective_at: None,
        ended_at: None,
    };
    store::add_list(tx, &row, who.id).await?;
    Audit::new("admission.draft", "admission_list", row.id.uuid()).with("version", row.version).record(tx, now, who).await?;
    Ok(row)
}

/// Puts other items into a draft.
pub async fn fill(tx: &mut Tx, now: Time, who: &Actor, id: Id<List>, items: &[ItemForm]) -> Result<usize> {
    let list = a_draft(tx, id).await?;
    store::clear(tx, list.id).await?;
    store::add_items(tx, now, list.id, 1, items, None, None).await?;
    Audit::new("admission.fill", "admission_list", id.uuid()).with("items", items.len()).record(tx, now, who).await?;
    Ok(items.len())
}

/// Forgets a draft.
pub async fn discard(tx: &mut Tx, now: Time, who: &Actor, id: Id<List>) -> Result<()> {
    a_draft(tx, id).await?;
    store::discard(tx, id).await?;
    Audit::new("admission.discard", "admission_list", id.uuid()).record(tx, now, who).await
}

/// The district approves a draft: it is in force from an instant on, and the version before it ends there.
pub async fn approve(tx: &mut Tx, now: Time, who: &Actor, id: Id<List>, effective_at: Option<Time>) -> Result<()> {
    let list = a_draft(tx, id).await?;
    if store::next_number(tx, id).await? == 1 {
        return Err(Error::refused(EMPTY_LIST));
    }
    let from = from_now_on(now, effective_at)?;
    store::approve(tx, &list, now, who.id, from).await?;
    snapshot::bump(tx, REVISION).await?;
    Audit::new("admission.approve", "admission_list", id.uuid()).with("effective_at", from.millis()).record(tx, now, who).await
}

async fn a_draft(tx: &mut Tx, id: Id<List>) -> Result<ListRow> {
    let list = store::list(tx, id).await?;
    if list.state == ListState::Draft { Ok(list) } else { Err(Error::refused(NOT_A_DRAFT)) }
}

/// A request to change the list in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
#[schema(as = AdmissionRequestForm)]
pub enum RequestForm {
    /// 准入
    Admission {
        /// The batch that it shall stand on.
        #[schema(value_type = uuid::Uuid)]
        list: Id<List>,
        /// What shall enter.
        item: ItemForm,
        /// Why.
        reason: String,
        /// What speaks for each mandatory check.
        checks: Vec<Answer>,
    },
    /// 退出
    Exit {
        /// What shall leave.
        #[schema(value_type = uuid::Uuid)]
        item: Id<Item>,
        /// Why, by its code.
        because: ExitReason,
        /// Why, in words.
        reason: String,
    },
}

/// Asks for an admission or an exit, from a unit of the asker.
pub async fn ask(tx: &mut Tx, now: Time, who: &Actor, unit_path: String, form: &RequestForm) -> Result<RequestRow> {
    let row = |kind, list_id, reason: &str| RequestRow {
        id: Id::new(now),
        kind,
        state: RequestState::Open,
        list_id,
        item_id: None,
        item: None,
        reason: ::text::redact(reason).text,
        checks: Json(vec![]),
        unit_path: unit_path.clone(),
        asked_at: now,
        asked_by: who.id,
        decided_at: None,
        verdict: None,
        effective_at: None,
    };
    let request = match form {
        RequestForm::Admission { list, item, reason, checks } => {
            let reason = text("reason", reason, 1_000)?;
            let mut bad = item.check();
            for fault in &mut bad {
                fault.field.insert_str(0, "item.");
            }
            if !bad.is_empty() {
                return Err(Error::Invalid(bad));
            }
            complete(checks)?;
            if store::list(tx, *list).await?.state != ListState::Approved {
                return Err(Error::invalid("list", "not-in-force"));
            }
            let (item, checks) = (Some(Json(item.clone())), Json(checks.clone()));
            RequestRow { item, checks, ..row(RequestKind::Admission, *list, reason) }
        }
        RequestForm::Exit { item, because, reason } => {
            let reason = format!("{}：{}", exit_words(*because), text("reason", reason, 1_000)?);
            let found = store::item(tx, *item).await?;
            if !found.holds(now) {
                return Err(Error::invalid("item", "not-in-force"));
            }
            RequestRow { item_id: Some(found.id), ..row(RequestKind::Exit, found.list_id, &reason) }
        }
    };
    store::add_request(tx, &request).await?;
    let kind = request.kind.word();
    Audit::new("admission.ask", "admission_request", request.id.uuid())
        .under(&request.unit_path)
        .with("kind", kind)
        .record(tx, now, who)
        .await?;
    Ok(request)
}

const fn exit_words(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::TooSpecialised => "专业性强",
        ExitReason::BeyondAbility => "超出自治能力",
        ExitReason::OutsideDuty => "与职责不相符",
        ExitReason::NotMatching => "与能力不匹配",
        ExitReason::NoLongerFit => "不再适宜",
    }
}

/// What the district decides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdmissionDecision)]
pub struct Decision {
    /// Whether the list changes.
    pub approve: bool,
    /// What was found of each check; for an admission.
    #[serde(default)]
    pub checks: Vec<Answer>,
    /// Why; the asker reads it.
    pub words: String,
    /// From when on; now when it is left out.
    #[serde(default)]
    pub effective_at: Option<Time>,
}

/// Decides a request. An approved admission puts the item on the list, an approved exit ends it; a refusal stays on record.
pub async fn decide(tx: &mut Tx, now: Time, who: &Actor, id: Id<Request>, form: &Decision) -> Result<RequestRow> {
    let mut request = store::request(tx, &Scope::All, id).await?;
    if request.state != RequestState::Open {
        return Err(Error::refused(ALREADY_DECIDED));
    }
    if request.asked_by == who.id {
        return Err(Error::refused(OWN_REQUEST));
    }
    let words = text("words", &form.words, 1_000)?;
    if request.kind == RequestKind::Admission {
        complete(&form.checks)?;
        if form.approve {
            may_enter(&form.checks).map_err(|(code, check)| Error::refused_with(code, "check", check.word()))?;
        }
    }
    let from = from_now_on(now, form.effective_at)?;
    request.state = if form.approve { RequestState::Approved } else { RequestState::Refused };
    request.decided_at = Some(now);
    request.verdict = Some(Json(Verdict { checks: form.checks.clone(), words: ::text::redact(words).text }));
    request.effective_at = form.approve.then_some(from);
    store::decide(tx, &request, who.id).await?;
    if form.approve {
        apply(tx, now, &request, from).await?;
        snapshot::bump(tx, REVISION).await?;
    }
    Audit::new("admission.decide", "admission_request", id.uuid())
        .under(&request.unit_path)
        .with("state", request.state.word())
        .record(tx, now, who)
        .await?;
    Ok(request)
}

async fn apply(tx: &mut Tx, now: Time, request: &RequestRow, from: Time) -> Result<()> {
    match (&request.item, request.item_id) {
        (Some(Json(item)), _) => {
            // The batch may have a newer version by now: then the item goes onto nothing that still holds.
            if store::list(tx, request.list_id).await?.state != ListState::Approved {
                return Err(Error::invalid("list", "not-in-force"));
            }
            let next = store::next_number(tx, request.list_id).await?;
            let forms = std::slice::from_ref(item);
            store::add_items(tx, now, request.list_id, next, forms, Some(from), Some(request.id)).await.map(drop)
        }
        (None, Some(item)) => store::end_item(tx, item, from).await,
        (None, None) => Err(Error::internal("a request without an item")),
    }
}

/// The asker takes a request back.
pub async fn withdraw(tx: &mut Tx, now: Time, who: &Actor, scope: &Scope, id: Id<Request>) -> Result<RequestRow> {
    let mut request = store::request(tx, scope, id).await?;
    if request.state != RequestState::Open {
        return Err(Error::refused(ALREADY_DECIDED));
    }
    if request.asked_by != who.id {
        return Err(Error::Forbidden);
    }
    (request.state, request.decided_at) = (RequestState::Withdrawn, Some(now));
    store::decide(tx, &request, who.id).await?;
    Audit::new("admission.withdraw", "admission_request", id.uuid()).under(&request.unit_path).record(tx, now, who).await?;
    Ok(request)
}

/// A matter that stands on no list was dispatched: it joins the proposed changes. Part of the dispatch, whose audit row stands for it.
pub async fn propose(tx: &mut Tx, now: Time, matter: Id<Matter>, case: &str) -> Result<()> {
    store::propose(tx, now, matter, case).await
}

/// Puts a proposal aside until the matter comes again.
pub async fn dismiss(tx: &mut Tx, now: Time, who: &Actor, matter: Id<Matter>) -> Result<()> {
    if !store::dismiss(tx, matter, now).await? {
        return Err(Error::NotFound);
    }
    Audit::new("admission.dismiss", "matter", matter.uuid()).record(tx, now, who).await
}

/// A list is never changed backwards: what was right for a case when it was dispatched stays so.
fn from_now_on(now: Time, wish: Option<Time>) -> Result<Time> {
    match wish {
        None => Ok(now),
        Some(at) if at >= now => Ok(at),
        Some(_) => Err(Error::invalid("effective_at", "in-the-past")),
    }
}

/// A text that must be there and not too long.
pub(super) fn text<'a>(field: &'static str, text: &'a str, most: usize) -> Result<&'a str> {
    if text.trim().is_empty() {
        return Err(Error::invalid(field, "required"));
    }
    optional(field, text, most)
}

fn optional<'a>(field: &'static str, text: &'a str, most: usize) -> Result<&'a str> {
    if text.chars().count() > most {
        return Err(Error::Invalid(vec![kernel::FieldError::new(field, "too-long").with("limit", most)]));
    }
    Ok(text.trim())
}
