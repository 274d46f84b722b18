//! What a form is and when an answer fits it. Pure.

use jiff::civil::Date;
use kernel::{Error, FieldError, Id, Result};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The longest text that an answer holds, in characters, when the field names no limit of its own.
const LONGEST: usize = 2_000;
/// The most fields of a form: every field is a burden on whoever fills it in.
const MOST_FIELDS: usize = 40;

/// A form in one version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Form {
    /// The questions in order.
    pub fields: Vec<Field>,
}

/// A form and the version of it that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct FormRef {
    /// Which form.
    #[schema(value_type = uuid::Uuid)]
    pub id: Id<Form>,
    /// Which version of it, from 1.
    pub version: i64,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Field {
    /// Its name in answers: lower-case letters, digits and `_`, starting with a letter.
    pub key: String,
    /// What people read.
    pub label: Label,
    /// What kind of value it takes.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Whether an answer must have it.
    #[serde(default)]
    pub required: bool,
    /// The least number, or the least length of a text in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest number, or the greatest length of a text in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// What may be chosen, for `choice` and `multi`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// A text in Chinese and, where there is one, in English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Label {
    /// In Chinese.
    pub zh: String,
    /// In English; empty when nobody translated it.
    pub en: String,
}

/// Something that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = forms::Choice)]
pub struct Choice {
    /// What is stored.
    pub value: String,
    /// What people read.
    pub label: Label,
}

db::words! {
    /// What kind of value a field takes.
    pub enum FieldKind {
        /// Text.
        Text = "text",
        /// A whole number.
        Integer = "integer",
        /// A number.
        Decimal = "decimal",
        /// A date, `YYYY-MM-DD`.
        Date = "date",
        /// One of the choices.
        Choice = "choice",
        /// Any of the choices, as a list without repeats.
        Multi = "multi",
    }
}

impl Form {
    /// Reads a form from JSON: an object with `fields`, or the bare list of them.
    pub fn read(json: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(json).map_err(|e| e.to_string())?;
        let form = if value.is_array() {
            serde_json::from_value(value).map(|fields| Self { fields })
        } else {
            serde_json::from_value(value)
        };
        let form = form.map_err(|e| e.to_string())?;
        form.check().map(|()| form).map_err(|e| e.to_string())
    }

    /// Whether the form itself makes sense.
    pub fn check(&self) -> Result<()> {
        let mut wrong = Vec::new();
        if self.fields.is_empty() || self.fields.len() > MOST_FIELDS {
            wrong.push(FieldError::new("fields", "bad-length").with("max", MOST_FIELDS));
        }
        for (n, field) in self.fields.iter().enumerate() {
            let mut bad = |part: &str, code| wrong.push(FieldError::new(format!("fields[{n}].{part}"), code));
            let mut letters = field.key.chars();
            let starts = letters.next().is_some_and(|c| c.is_ascii_lowercase());
            if !starts || field.key.len() > 40 || !letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                bad("key", "bad-key");
            }
            if self.fields[..n].iter().any(|f| f.key == field.key) {
                bad("key", "repeated");
            }
            if field.label.zh.trim().is_empty() {
                bad("label", "required");
            }
            if field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
                bad("max", "below-min");
            }
            if matches!(field.kind, FieldKind::Choice | FieldKind::Multi) == field.choices.is_empty() {
                bad("choices", if field.choices.is_empty() { "required" } else { "not-for-this-type" });
            }
            let repeated = |(k, c): (usize, &Choice)| field.choices[..k].iter().any(|d| d.value == c.value);
            if field.choices.iter().enumerate().any(repeated) {
                bad("choices", "repeated");
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
    }

    /// The answer as it is stored, or what is wrong with it by field. Empty texts and nulls count as not answered.
    pub fn validate(&self, values: &Value) -> Result<Value> {
        let given = match values {
            Value::Null => Map::new(),
            Value::Object(map) => map.clone(),
            _ => return Err(Error::invalid("fields", "not-an-object")),
        };
        let mut wrong = Vec::new();
        let mut kept = Map::new();
        for key in given.keys().filter(|k| !self.fields.iter().any(|f| f.key == **k)) {
            wrong.push(FieldError::new(format!("fields.{key}"), "unknown-field"));
        }
        for field in &self.fields {
            let name = format!("fields.{}", field.key);
            match given.get(&field.key).filter(|v| !blank(v)) {
                None if field.required => wrong.push(FieldError::new(name, "required")),
                None => {}
                Some(value) => match field.accept(value) {
                    Ok(value) => {
                        kept.insert(field.key.clone(), value);
                    }
                    Err(error) => wrong.push(FieldError { field: name, ..error }),
                },
            }
        }
        if wrong.is_empty() { Ok(Value::Object(kept)) } else { Err(Error::Invalid(wrong)) }
    }
}

impl Field {
    fn accept(&self, value: &Value) -> Result<Value, FieldError> {
        let bad = |code| FieldError::new("", code);
        match self.kind {
            FieldKind::Text => {
                let text = value.as_str().ok_or(bad("not-a-text"))?.trim();
                let length = text.chars().count();
                if length > LONGEST {
                    return Err(bad("too-long").with("max", LONGEST));
                }
                self.within(length as f64, "too-short", "too-long").map(|()| text.into())
            }
            FieldKind::Integer => {
                let n = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).ok_or(bad("not-an-integer"))?;
                self.within(n as f64, "too-small", "too-large").map(|()| n.into())
            }
            FieldKind::Decimal => {
                let n = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
                let n = n.filter(|n| n.is_finite()).ok_or(bad("not-a-number"))?;
                self.within(n, "too-small", "too-large").map(|()| n.into())
            }
            FieldKind::Date => {
                let date: Date = value.as_str().and_then(|t| t.trim().parse().ok()).ok_or(bad("not-a-date"))?;
                Ok(date.to_string().into())
            }
            FieldKind::Choice => self.choice(value).cloned(),
            FieldKind::Multi => {
                let list = value.as_array().ok_or(bad("not-a-list"))?;
                let mut kept: Vec<Value> = Vec::new();
                for item in list {
                    let item = self.choice(item)?;
                    if !kept.contains(item) {
                        kept.push(item.clone());
                    }
                }
                Ok(kept.into())
            }
        }
    }

    fn choice<'a>(&self, value: &'a Value) -> Result<&'a Value, FieldError> {
        let known = value.as_str().is_some_and(|v| self.choices.iter().any(|c| c.value == v));
        if known { Ok(value) } else { Err(FieldError::new("", "unknown-choice")) }
    }

    fn within(&self, n: f64, below: &'static str, above: &'static str) -> Result<(), FieldError> {
        match (self.min, self.max) {
            (Some(min), _) if n < min => Err(FieldError::new("", below).with("min", min)),
            (_, Some(max)) if n > max => Err(FieldError::new("", above).with("max", max)),
            _ => Ok(()),
        }
    }
}

fn blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

impl<'de> Deserialize<'de> for Label {
    /// Bare text is the Chinese label.
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Both {
                zh: String,
                #[serde(default)]
                en: String,
            },
        }
        Ok(match Either::deserialize(d)? {
            Either::Text(zh) => Self { zh, en: String::new() },
            Either::Both { zh, en } => Self { zh, en },
        })
    }
}
