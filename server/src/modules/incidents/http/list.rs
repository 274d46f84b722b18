//! Lists of cases, their counts and their export.

use axum::{
    Json,
    body::Body,
    extract::{Query, State},
    response::Response,
};
use futures_util::stream;
use kernel::{Actor, Error, Id, Page, Part, Scope, Time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Export, Read, reach};
use crate::{
    app::Shared,
    http::{Allow, Answer, attached},
    lang::Lang,
    modules::incidents::{
        actions::{self, Ground},
        export::{Export as File, Format},
        model::{Channel, Light, State as CaseState},
        rules::{
            figures::{Figure, Judged},
            ladder::Card,
            places::{self, Lack},
            sent::Sent,
        },
        store::{self, Counted, Filter, Order, sent::Sendings},
        view,
    },
};

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(counts)).routes(routes!(export_file))
}

/// What a list is filtered by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// States, separated by commas; `open` stands for all that are not solved yet.
    state: Option<String>,
    /// The light now.
    #[param(inline)]
    light: Option<Light>,
    /// A grid's code.
    grid: Option<String>,
    /// A matter's id or name.
    matter: Option<String>,
    /// The code of a unit that holds a task of the case.
    unit: Option<String>,
    /// The channel.
    channel: Option<Channel>,
    /// Why a human is needed, or `any`.
    attention: Option<String>,
    /// The gravest supervision order that is open: `urge`, `yellow`, `red`, or `any`.
    card: Option<String>,
    /// Only cases that I lead.
    mine: Option<bool>,
    /// Words or a case number.
    q: Option<String>,
    /// Reported at or after.
    from: Option<Time>,
    /// Reported before.
    to: Option<Time>,
    /// Only cases that count as this in the figures.
    #[param(inline)]
    figure: Option<Figure>,
    /// Only cases that this rate does not leave out.
    #[param(inline)]
    counts_in: Option<Judged>,
    /// Only cases that this rate leaves out.
    #[param(inline)]
    left_out_of: Option<Judged>,
    /// The code of a unit to which the figures of the cases belong.
    filed: Option<String>,
    /// The path under which the cases were filed, and none below it.
    filed_path: Option<String>,
    /// The code of the unit that leads.
    lead: Option<String>,
    /// Only cases without this.
    #[param(inline)]
    without: Option<Lack>,
    /// Solved at or after, as it stands now.
    resolved_from: Option<Time>,
    /// Solved before, as it stands now.
    resolved_to: Option<Time>,
    /// Only cases that count in the caller's own figures: filed in his part of the district, or led by a unit of it.
    counted: Option<bool>,
    /// What cases counted as, where and whose they were when this period was frozen; for `figure`, `matter`, `channel`, `filed`, `lead` and the like.
    frozen: Option<String>,
    /// Only cases with a dispatch, or a return, that counts as this in the figures of dispatch, filed in the caller's part of the district.
    #[param(inline)]
    sent: Option<Sent>,
    /// With `sent`: dispatched by this account; nil for the rules.
    sent_by: Option<uuid::Uuid>,
    /// With `sent`: dispatched to this unit, or returned by it.
    sent_to: Option<uuid::Uuid>,
    /// With `sent`: returned for this reason.
    sent_for: Option<String>,
    /// With `sent`: dispatched or returned at or after.
    sent_from: Option<Time>,
    /// With `sent`: dispatched or returned before.
    sent_until: Option<Time>,
    /// `newest` (default), `time_left`, or `oldest`.
    sort: Option<String>,
    /// 1 to 200, 50 when absent.
    limit: Option<i64>,
    /// Where to read on.
    cursor: Option<String>,
}

impl Asked {
    /// What a saved list keeps: every parameter but the page.
    pub(super) const KEPT: [&'static str; 30] = [
        "state",
        "light",
        "grid",
        "matter",
        "unit",
        "channel",
        "attention",
        "card",
        "mine",
        "q",
        "from",
        "to",
        "figure",
        "counts_in",
        "left_out_of",
        "filed",
        "filed_path",
        "lead",
        "without",
        "resolved_from",
        "resolved_to",
        "counted",
        "frozen",
        "sent",
        "sent_by",
        "sent_to",
        "sent_for",
        "sent_from",
        "sent_until",
        "sort",
    ];

    /// The order that is asked for.
    pub(super) fn order(&self) -> kernel::Result<Order> {
        match self.sort.as_deref() {
            None | Some("" | "newest") => Ok(Order::Newest),
            Some("time_left") => Ok(Order::TimeLeft),
            Some("oldest") => Ok(Order::Oldest),
            Some(_) => Err(Error::invalid("sort", "unknown-word")),
        }
    }

    /// The names of the parameters that were given, for the record; never their values.
    fn named(&self) -> Vec<&'static str> {
        let given = [
            self.state.is_some(),
            self.light.is_some(),
            self.grid.is_some(),
            self.matter.is_some(),
            self.unit.is_some(),
            self.channel.is_some(),
            self.attention.is_some(),
            self.card.is_some(),
            self.mine.is_some(),
            self.q.is_some(),
            self.from.is_some(),
            self.to.is_some(),
            self.figure.is_some(),
            self.counts_in.is_some(),
            self.left_out_of.is_some(),
            self.filed.is_some(),
            self.filed_path.is_some(),
            self.lead.is_some(),
            self.without.is_some(),
            self.resolved_from.is_some(),
            self.resolved_to.is_some(),
            self.counted.is_some(),
            self.frozen.is_some(),
            self.sent.is_some(),
            self.sent_by.is_some(),
            self.sent_to.is_some(),
            self.sent_for.is_some(),
            self.sent_from.is_some(),
            self.sent_until.is_some(),
            self.sort.is_some(),
        ];
        Self::KEPT.into_iter().zip(given).filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    /// What the list is filtered by.
    fn filter(&self, ground: &Ground, who: &Actor) -> kernel::Result<Filter> {
        let directory = &ground.org.value;
        let unit = |field: &'static str, code: &Option<String>| match code.as_deref().filter(|c| !c.is_empty()) {
            None => Ok(None),
            Some(code) => directory.unit_by_code(code).map(|u| Some(u.id)).ok_or_else(|| Error::invalid(field, "unknown-unit")),
        };
        let matter = match self.matter.as_deref().filter(|m| !m.is_empty()) {
            None => None,
            Some(text) => {
                let by_id = text.parse().ok().and_then(|id| ground.catalogue.value.matter(id));
                let found = by_id.or_else(|| ground.catalogue.value.by_name(text));
                Some(found.ok_or_else(|| Error::invalid("matter", "unknown-matter"))?.id)
            }
        };
        let q = self.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
        let code =
            q.filter(|q| q.starts_with(['C', 'c']) && q[1..].starts_with(|c: char| c.is_ascii_digit())).map(str::to_uppercase);
        Ok(Filter {
            states: states(self.state.as_deref())?,
            light: self.light,
            grid: unit("grid", &self.grid)?,
            matter,
            owner_under: None,
            unit: unit("unit", &self.unit)?,
            channel: self.channel,
            attention: self.attention.clone().filter(|a| !a.is_empty()),
            card: match self.card.clone().filter(|c| !c.is_empty()) {
                Some(word) if word != "any" && Card::of(&word).is_none() => return Err(Error::invalid("card", "unknown-word")),
                card => card,
            },
            person: if self.mine == Some(true) {
                Some(who.person.ok_or_else(|| Error::invalid("mine", "no-person"))?)
            } else {
                None
            },
            words: q.filter(|_| code.is_none()).map(text::query_bigrams).unwrap_or_default(),
            code,
            from: self.from,
            to: self.to,
            figure: self.figure,
            counts_in: self.counts_in,
            left_out_of: self.left_out_of,
            filed_under: unit("filed", &self.filed)?.and_then(|id| directory.unit(id)).map(places::paths),
            filed_path: self.filed_path.clone().filter(|path| !path.is_empty()),
            lead: unit("lead", &self.lead)?,
            without: self.without,
            filed_outside: self.without.and_then(Lack::kinds).map(|kinds| places::outside(directory, kinds, ground.now)),
            resolved_from: self.resolved_from,
            resolved_to: self.resolved_to,
            counted: None,
            frozen: self.frozen.clone().filter(|period| !period.is_empty()),
            sent: None,
        })
    }

    /// The same in a scope, which also says what counts in the caller's own figures.
    pub(super) fn within(&self, ground: &Ground, who: &Actor, scope: &Scope) -> kernel::Result<Filter> {
        let own = || Counted { scope: scope.clone(), leads: places::leads(&ground.org.value, scope) };
        let sent = self.sent.map(|what| self.sendings(what, scope)).transpose()?;
        self.sent_alone()?;
        Ok(Filter { counted: (self.counted == Some(true)).then(own), sent, ..self.filter(ground, who)? })
    }

    /// Refuses what narrows `sent` where it is not asked for: it would be passed over.
    fn sent_alone(&self) -> kernel::Result<()> {
        let reason = self.sent_for.as_ref().is_some_and(|reason| !reason.is_empty());
        let unit = self.sent_by.or(self.sent_to).is_some();
        let narrows = reason || unit || self.sent_from.or(self.sent_until).is_some();
        if narrows && self.sent.is_none() { Err(Error::invalid("sent", "required")) } else { Ok(()) }
    }

    /// Dispatches of a span of time, so that no list reads all that were ever made.
    fn sendings(&self, what: Sent, scope: &Scope) -> kernel::Result<Sendings> {
        let span = |field, at: Option<Time>| at.ok_or_else(|| Error::invalid(field, "required"));
        let (from, until) = (span("sent_from", self.sent_from)?, span("sent_until", self.sent_until)?);
        Ok(Sendings {
            what,
            by: self.sent_by,
            to: self.sent_to.map(Id::from_uuid),
            reason: self.sent_for.clone().filter(|reason| !reason.is_empty()),
            from: Some(from),
            until: Some(until),
            scope: scope.clone(),
        })
    }
}

fn states(text: Option<&str>) -> kernel::Result<Vec<CaseState>> {
    let mut list = vec![];
    for word in text.unwrap_or_default().split(',').map(str::trim).filter(|w| !w.is_empty()) {
        match word {
            "open" => list.extend(CaseState::ALL.iter().copied().filter(|s| s.is_open())),
            word => list.push(CaseState::of(word).ok_or_else(|| Error::invalid("state", "unknown-word"))?),
        }
    }
    Ok(list)
}

/// List cases.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "incidents", params(Asked), responses((status = 200, body = Page<view::RowView>)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn list(State(app): State<Shared>, who: Allow<Read>, Query(asked): Query<Asked>) -> Answer<Json<Page<view::RowView>>> {
    let ground = Ground::of(&app);
    let scope = reach(&app, who.scope());
    let filter = asked.within(&ground, &who, &scope)?;
    let order = asked.order()?;
    let part = Part::of(asked.limit, asked.cursor.as_deref(), ground.now)?;
    let mut conn = app.db.read().await?;
    let lines = store::list(&mut conn, &scope, &filter, order, part.cursor, part.as_of, part.limit).await?;
    drop(conn);
    Ok(Json(part.cut(lines, |line| (order.at(line), line.id.uuid())).map(|line| view::row(&ground, line))))
}

/// How many cases stand where.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseCounts)]
struct Counts {
    states: std::collections::BTreeMap<String, i64>,
    lights: std::collections::BTreeMap<String, i64>,
    attention: std::collections::BTreeMap<String, i64>,
}

/// Count the cases of a list by state, light and attention.
#[utoipa::path(get, path = "/api/v1/incidents/counts", tag = "incidents", params(Asked), responses((status = 200, body = Counts)),
    extensions(("x-permission" = json!("incident.read"))))]
async fn counts(State(app): State<Shared>, who: Allow<Read>, Query(asked): Query<Asked>) -> Answer<Json<Counts>> {
    let ground = Ground::of(&app);
    let scope = reach(&app, who.scope());
    let (filter, order) = (asked.within(&ground, &who, &scope)?, asked.order()?);
    let [states, lights, why] = store::counts(&mut *app.db.read().await?, &scope, &filter, order, ground.now).await?;
    let mut attention = std::collections::BTreeMap::new();
    for (words, n) in why {
        for word in words.split(',') {
            *attention.entry(word.to_owned()).or_default() += n;
        }
    }
    Ok(Json(Counts { states: states.into_iter().collect(), lights: lights.into_iter().collect(), attention }))
}

/// How a list is exported.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Exported {
    /// `csv`, `xlsx` or `geojson`.
    #[param(inline)]
    format: Option<Format>,
    /// The reader's language, `zh` or `en`: then columns, states, kinds and times are said in it. Without one they are the interface's own words.
    #[param(inline)]
    lang: Option<Lang>,
}

/// Export the cases of a list, filtered and ordered as the list, as CSV, XLSX or GeoJSON; audited. `limit` and `cursor` are passed over.
#[utoipa::path(get, path = "/api/v1/incidents/export", tag = "incidents", params(Asked, Exported), responses((status = 200)),
    extensions(("x-permission" = json!("export.run"))))]
async fn export_file(
    State(app): State<Shared>,
    who: Allow<Export>,
    Query(asked): Query<Asked>,
    Query(exported): Query<Exported>,
) -> Answer<Response> {
    let format = exported.format.unwrap_or(Format::Csv);
    let scope = reach(&app, who.scope());
    let (filter, order) = (asked.within(&Ground::of(&app), &who, &scope)?, asked.order()?);
    actions::exporting(&app, &who, format, asked.named()).await?;
    let file = File::new(&app, scope, filter, order, format, Some(Actor::clone(&who)))?.said_in(exported.lang)?.owned();
    let bytes = stream::try_unfold(file, |mut file| async move { Ok::<_, Error>(file.next().await?.map(|bytes| (bytes, file))) });
    Ok(attached(format.media_type(), &format!("incidents.{format}"), Body::from_stream(bytes)))
}
