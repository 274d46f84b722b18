//! 智能识别: which matter a text is about, and learning from every correction.
//!
//! The model is an immutable snapshot by version. A correction is a row; one job takes the open rows, teaches a copy of the newest
//! model and publishes it as the next version, and every node loads it.

use db::{Conn, Tx, bind, record, sql};
use kernel::{Error, Id, Result, Time};
use serde::{Deserialize, Serialize};
use serde_json::json;
use text::Model;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{model::Sure, store::Case};
use crate::{
    app::App,
    modules::catalogue::{Catalogue, Matter},
    snapshot,
};

/// The revision under which nodes notice a new model.
pub const REVISION: &str = "classifier";
/// How many corrections one version learns at most: bounds the memory and the time of the job.
const BATCH: i64 = 2_000;

/// One possible matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = incidents::learn::Choice)]
pub struct Choice {
    /// The matter.
    #[schema(value_type = uuid::Uuid)]
    pub matter: Id<Matter>,
    /// 0 to 1.
    pub confidence: f64,
}

/// A word that spoke for the choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Word {
    /// The word or the characters.
    pub word: String,
    /// How much it weighed.
    pub weight: f32,
}

/// What was recognised in a text.
#[derive(Clone, Debug, Default)]
pub struct Recognised {
    /// The best choice, if any.
    pub matter: Option<Id<Matter>>,
    /// Its confidence; 1 when a person chose it.
    pub confidence: f64,
    /// Whether nobody needs to look.
    pub sure: bool,
    /// The best three.
    pub top: Vec<Choice>,
    /// The words that decided.
    pub words: Vec<Word>,
    /// `model` or `person`.
    pub by: &'static str,
}

impl Recognised {
    /// As it is kept with the case.
    pub fn kept(&self) -> serde_json::Value {
        json!({ "top": self.top, "words": self.words, "by": self.by })
    }
}

/// What stands in the column `classified`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub top: Vec<Choice>,
    pub words: Vec<Word>,
    pub by: String,
}

/// Recognises the matter of a text; a choice of the reporter is taken as it is.
pub fn recognise(model: &Model, sure: Sure, catalogue: &Catalogue, body: &str, chosen: Option<Id<Matter>>) -> Result<Recognised> {
    let prediction = model.predict(body);
    let top: Vec<Choice> = prediction
        .top
        .iter()
        .filter_map(|c| Some(Choice { matter: catalogue.by_name(model.label(c.label))?.id, confidence: f64::from(c.confidence) }))
        .collect();
    if let Some(chosen) = chosen {
        catalogue.current(chosen).ok_or_else(|| Error::invalid("matter", "unknown-matter"))?;
        return Ok(Recognised { matter: Some(chosen), confidence: 1.0, sure: true, top, words: vec![], by: "person" });
    }
    let Some(best) = top.first() else { return Ok(Recognised { by: "model", ..Recognised::default() }) };
    Ok(Recognised {
        matter: Some(best.matter),
        confidence: best.confidence,
        sure: best.confidence >= sure.confidence && prediction.known >= sure.known,
        top: top.clone(),
        words: vec![],
        by: "model",
    })
}

/// The words that decided, for the desk that asks why: computed when it asks, not when the report comes in.
pub fn words(model: &Model, redacted: &str) -> Vec<Word> {
    model.explain(redacted).into_iter().take(6).map(|(word, weight)| Word { word, weight }).collect()
}

/// Keeps a correction for the classifier.
pub async fn correct(tx: &mut Tx, now: Time, case: &Case, matter: Id<Matter>) -> Result<()> {
    let statement = sql!("insert into classifier_correction (id, incident_id, at, words, matter_id) values ($1, $2, $3, $4, $5)");
    tx.execute(statement, bind![Id::<Word>::new(now), case.id, now, case.redacted, matter]).await.map(|_| ())
}

record! {
    struct Open { id: Uuid, words: String, matter_id: Id<Matter> }
}

record! {
    struct Body { version: i64, body: Vec<u8> }
}

/// The newest published model with its version.
pub async fn newest(conn: &mut Conn) -> Result<Option<(i64, Model)>> {
    let row: Option<Body> =
        conn.one(sql!("select version, body from classifier_model order by version desc limit 1"), bind![]).await?;
    row.map(|row| Model::load(&row.body).map(|m| (row.version, m)).map_err(Error::internal)).transpose()
}

/// Publishes a model as the next version; every node loads it within a second.
pub async fn publish(tx: &mut Tx, now: Time, model: &Model, corrections: i64) -> Result<i64> {
    let version: Option<i64> =
        tx.value(sql!("select cast(coalesce(max(version), 0) + 1 as bigint) as value from classifier_model"), bind![]).await?;
    let version = version.unwrap_or(1);
    let statement = sql!("insert into classifier_model (version, made_at, corrections, body) values ($1, $2, $3, $4)");
    tx.execute(statement, bind![version, now, corrections, model.save()]).await?;
    // Two older versions stay for comparison; a model can be large.
    tx.execute(sql!("delete from classifier_model where version < $1"), bind![version - 2]).await?;
    snapshot::bump(tx, REVISION).await?;
    Ok(version)
}

/// Teaches the newest model what desks corrected since, and publishes it. Says how many corrections it learnt.
pub async fn learn(app: &App) -> Result<usize> {
    let (open, model) = {
        let mut conn = app.db.read().await?;
        let statement =
            sql!("select id, words, matter_id from classifier_correction where model_version is null order by at, id limit $1");
        let open: Vec<Open> = conn.all(statement, bind![BATCH]).await?;
        let model = newest(&mut conn).await?;
        (open, model)
    };
    if open.is_empty() {
        return Ok(0);
    }
    let (read_version, mut model) =
        model.unwrap_or_else(|| (0, text::train(std::iter::empty::<(&str, &str)>(), &text::Options::default())));
    let catalogue = app.catalogue.get();
    for row in &open {
        if let Some(matter) = catalogue.value.matter(row.matter_id) {
            model.learn(&row.words, &matter.level3);
        }
    }
    let mut tx = app.db.begin();
    let version = publish(&mut tx, app.clock.now(), &model, open.len() as i64).await?;
    if version != read_version + 1 {
        // Another worker published meanwhile; the corrections stay open for the next run.
        return Err(Error::Stale);
    }
    for row in &open {
        tx.execute(sql!("update classifier_correction set model_version = $2 where id = $1"), bind![row.id, version]).await?;
    }
    tx.commit().await?;
    Ok(open.len())
}
