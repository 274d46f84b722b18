//! What a district sets for its organisation and its public pages.

use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::Unit;
use crate::{declare, settings::Held};

declare! {
    /// The numbers that every page offers.
    HOTLINES: Hotlines = "district.hotlines";
    /// A sentence that stands above every public page.
    ANNOUNCEMENT: Sentence = "district.announcement";
    /// When grid workers can be reached, in words.
    HOURS: Sentence = "org.hours";
    /// How many households a grid should have.
    HOUSEHOLDS: Households = "org.households";
}

/// A number to call.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hotline {
    /// Who answers.
    pub name: String,
    /// The number.
    pub phone: String,
    /// The code of the unit whose people it is for, such as a community; without one it is for the whole district.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// Numbers to call; without a setting those that answer in the whole country.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hotlines(pub Vec<Hotline>);

impl Default for Hotlines {
    fn default() -> Self {
        let national = [("报警", "110"), ("火警", "119"), ("急救", "120"), ("政务服务便民热线", "12345")];
        Self(national.map(|(name, phone)| Hotline { name: name.to_owned(), phone: phone.to_owned(), unit: None }).into())
    }
}

impl Hotlines {
    /// Those for everybody in the district.
    pub fn everywhere(self) -> Vec<Hotline> {
        self.0.into_iter().filter(|line| line.unit.is_none()).collect()
    }

    /// Those for the people of a place alone, whose units are given from the nearest up: the nearest unit's first.
    pub fn nearby(self, above: &[&Unit]) -> Vec<Hotline> {
        let far = |line: &Hotline| above.iter().position(|unit| line.unit.as_ref() == Some(&unit.code));
        let mut near: Vec<(usize, Hotline)> = self.0.into_iter().filter_map(|line| Some((far(&line)?, line))).collect();
        near.sort_by_key(|(far, _)| *far);
        near.into_iter().map(|(_, line)| line).collect()
    }
}

impl Held for Hotlines {
    fn check(&self) -> Result<()> {
        let dialled = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit() || "-+ ".contains(c));
        for (n, line) in self.0.iter().enumerate() {
            if line.name.trim().is_empty() {
                return Err(Error::invalid(format!("value[{n}].name"), "required"));
            }
            if !dialled(&line.phone) {
                return Err(Error::invalid(format!("value[{n}].phone"), "bad-phone"));
            }
            if line.unit.as_ref().is_some_and(|code| code.trim().is_empty()) {
                return Err(Error::invalid(format!("value[{n}].unit"), "required"));
            }
        }
        Ok(())
    }
}

/// A sentence, or none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sentence(pub Option<String>);

impl Held for Sentence {
    fn check(&self) -> Result<()> {
        if self.0.as_ref().is_some_and(|s| s.chars().count() > 200) { Err(Error::invalid("value", "too-long")) } else { Ok(()) }
    }
}

/// How many households a grid should have, both bounds included; 300 to 500 in the rules of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Households {
    /// At least.
    pub least: u32,
    /// At most.
    pub most: u32,
}

impl Default for Households {
    fn default() -> Self {
        Self { least: 300, most: 500 }
    }
}

impl Held for Households {
    fn check(&self) -> Result<()> {
        if self.least <= self.most { Ok(()) } else { Err(Error::invalid("value.least", "out-of-range")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn the_countrys_own_numbers_have_english_names() {
        for line in Hotlines::default().0 {
            assert!(Lang::En.shipped(&line.name).is_ascii(), "{}", line.name);
        }
    }
}
