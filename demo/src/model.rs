//! The rows of the district: plain data, one struct for each file of the folder. An empty text means "not given".

use serde::{Deserialize, Serialize};

/// A position in units of 1e-7 degrees: longitude, latitude (WGS84).
pub type Position = [i64; 2];

/// A closed ring, first position repeated at the end, counter-clockwise.
pub type Ring = Vec<Position>;

/// A whole district as [`crate::generate`] makes it and [`District::write`] writes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct District {
    /// Name, code, seed, day and counts.
    pub meta: Meta,
    /// Units of every kind, parents before children.
    pub orgs: Vec<Org>,
    /// Outlines of the district, its streets and its communities.
    pub boundaries: Vec<Boundary>,
    /// Grids in the order of their codes.
    pub grids: Vec<Grid>,
    /// Residential compounds, one row for each grid that they reach into.
    pub compounds: Vec<Compound>,
    /// Buildings with their addresses.
    pub buildings: Vec<Building>,
    /// Roads for the base map.
    pub roads: Vec<Road>,
    /// Rivers, brooks and ponds for the base map.
    pub water: Vec<Water>,
    /// Posts and who holds them: one row for each post, so that a person with several posts has several rows.
    pub staff: Vec<Staff>,
    /// Staffing templates.
    pub templates: Vec<Template>,
    /// Leave with deputies.
    pub leave: Vec<Leave>,
    /// Duty rosters of the duty rooms.
    pub duty: Vec<Duty>,
    /// The catalogue of matters.
    pub catalogue: Vec<Matter>,
    /// Working hours by season.
    pub shifts: Vec<Shift>,
    /// A year of cases and those now on the desk, by time of report.
    pub incidents: Vec<Incident>,
    /// Labelled sentences to train the classifier.
    pub history: Vec<Sentence>,
    /// Published notices.
    pub notices: Vec<Notice>,
    /// Telephone numbers shown on boards and pages.
    pub hotlines: Vec<Hotline>,
    /// Channels, sources and reasons.
    pub reasons: Vec<Reason>,
    /// What people did lately beside everyday work, in the order of its instants.
    pub scenes: Vec<Step>,
}

/// Something that somebody did, in the words of the server's interface. `{unit CODE}`, `{person STAFF_NO}` and `{matter NAME}` stand for ids,
/// `{task CASE CODE}` for the open task of a unit in a case, any other `{name}` for what an earlier step kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Steps of one scene depend on each other.
    pub scene: String,
    /// When, RFC 3339.
    pub at: String,
    /// The user name of whoever does it; nobody waits.
    pub who: String,
    /// GET, POST or PUT; WAIT for what comes by itself when a time is over.
    pub method: String,
    /// Below `/api/v1`.
    pub path: String,
    /// What is sent.
    pub body: serde_json::Value,
    /// Names for parts of the answer, by JSON pointer.
    pub keep: std::collections::BTreeMap<String, String>,
    /// Of a list, the entry whose member of that name holds this.
    pub pick: Option<(String, String)>,
}

/// What the folder is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// Name of the district.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Six-digit administrative code.
    pub code: String,
    /// Always "演示数据": what must stand on every page that shows these data.
    pub label: String,
    /// The seed.
    pub seed: u64,
    /// The present moment of the demonstration, RFC 3339.
    pub today: String,
    /// Number of rows by file.
    pub counts: std::collections::BTreeMap<String, usize>,
}

/// A unit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Org {
    /// Administrative code, or a readable code.
    pub code: String,
    /// Name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// district, commission, center, street, office, duty_room, community, village, area, branch, department, operating_unit,
    /// utility, partner, alliance or team.
    pub kind: String,
    /// Code of the parent unit; empty at the top.
    pub parent_code: String,
    /// Short name.
    pub alias: String,
    /// Landline.
    pub phone: String,
    /// First day of validity.
    pub valid_from: String,
    /// Grid codes that the unit serves, separated by `|`.
    pub serves: String,
}

/// The outline of an administrative unit: the sum of its grids.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Boundary {
    /// Code of the unit.
    pub code: String,
    /// Name.
    pub name: String,
    /// district, street, community or village.
    pub kind: String,
    /// Outline.
    #[serde(skip)]
    pub ring: Ring,
}

/// A grid with its outline.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Grid {
    /// 15 digits.
    pub code: String,
    /// Name.
    pub name: String,
    /// 12-digit code of the community.
    pub community: String,
    /// residential or dedicated.
    #[serde(rename = "type")]
    pub kind: String,
    /// Kind of a dedicated grid, else empty.
    pub subtype: String,
    /// urban or rural.
    pub area_kind: String,
    /// Always "main".
    pub layer: String,
    /// Number of households.
    pub households: u32,
    /// Local short name.
    pub alias: String,
    /// What bounds the grid in the east.
    pub east: String,
    /// What bounds the grid in the south.
    pub south: String,
    /// What bounds the grid in the west.
    pub west: String,
    /// What bounds the grid in the north.
    pub north: String,
    /// Names of its compounds.
    pub compounds: Vec<String>,
    /// Outline.
    #[serde(skip)]
    pub ring: Ring,
}

impl Grid {
    /// Whether a map shows it green.
    pub fn is_green(&self) -> bool {
        matches!(self.subtype.as_str(), "park" | "hill" | "riverbank")
    }
}

/// The part of a compound that lies in one grid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compound {
    /// Name.
    pub name: String,
    /// Grid.
    pub grid_code: String,
    /// open (old, without a fence), gated or village.
    pub kind: String,
    /// Address.
    pub address: String,
    /// Households.
    pub households: u32,
    /// Has lifts.
    pub lifts: bool,
    /// Code of its property firm, or empty.
    pub property_firm: String,
    /// Outline.
    #[serde(skip)]
    pub ring: Ring,
}

/// A building.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Building {
    /// Address, unique in the district.
    pub address: String,
    /// Name of a public building, else the number of the block (3栋).
    pub name: String,
    /// Compound, or empty.
    pub compound: String,
    /// Grid.
    pub grid_code: String,
    /// residential, public, shop, office or factory.
    pub kind: String,
    /// Storeys.
    pub floors: u32,
    /// Households.
    pub households: u32,
    /// Outline.
    #[serde(skip)]
    pub ring: Ring,
}

/// A road.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Road {
    /// Name.
    pub name: String,
    /// arterial, secondary, street or lane.
    pub class: String,
    /// Width in metres.
    pub width: u32,
    /// Centre line.
    #[serde(skip)]
    pub line: Vec<Position>,
}

/// A water surface.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Water {
    /// Name.
    pub name: String,
    /// river, brook or pond.
    pub kind: String,
    /// Outline.
    #[serde(skip)]
    pub ring: Ring,
}

/// A post with its holder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Staff {
    /// Number of the person; the same on each row of one person; empty for a vacancy.
    pub staff_no: String,
    /// Name; empty for a vacancy.
    pub name: String,
    /// Invented mobile number, or empty.
    pub phone: String,
    /// Unit or grid of the post.
    pub unit_code: String,
    /// Name of the post.
    pub post: String,
    /// Slot of the staffing template.
    pub slot: String,
    /// full_time, part_time, seconded, leader, cadre, official, partner or volunteer.
    pub employment: String,
    /// Role key of the server, or empty.
    pub role: String,
    /// Unit or grid where the role is granted.
    pub scope_code: String,
    /// Log-in, or empty.
    pub username: String,
    /// First day.
    pub from: String,
    /// Last day, or empty.
    pub to: String,
    /// Remark.
    pub note: String,
}

/// A slot of a staffing template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Name of the template (1+1+N+X).
    pub template: String,
    /// residential or dedicated grids, or community.
    pub grid_type: String,
    /// Limits the template to a subtype or area kind.
    pub subtype: String,
    /// Slot key.
    pub slot: String,
    /// Slot name.
    pub name: String,
    /// Least number.
    pub min: u32,
    /// Greatest number.
    pub max: u32,
    /// Who may hold it.
    pub eligibility: String,
}

/// A leave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leave {
    /// Who is away.
    pub staff_no: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Who stands in, or empty.
    pub deputy_staff_no: String,
    /// Why.
    pub reason: String,
}

/// A shift in a duty room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Duty {
    /// Duty room.
    pub unit_code: String,
    /// First day.
    pub date_from: String,
    /// Last day.
    pub date_to: String,
    /// Start on each day.
    pub time_from: String,
    /// End; at or before the start it means the next day.
    pub time_to: String,
    /// Who is on duty.
    pub staff_no: String,
    /// Number that is answered.
    pub phone: String,
}

/// A row of the catalogue of matters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns are the catalogue's own and are explained in the README")]
pub struct Matter {
    pub level1: String,
    pub level2: String,
    pub level3: String,
    pub level1_en: String,
    pub level2_en: String,
    pub level3_en: String,
    pub access_class: String,
    pub lead_unit: String,
    pub helpers: String,
    pub urgency: String,
    pub accept_limit: u32,
    pub handle_limit: u32,
    pub limit_unit: String,
    pub stages: String,
    pub filing_condition: String,
    pub handling_condition: String,
    pub closing_condition: String,
    pub evidence: String,
    pub public_name: String,
    pub verify: String,
    pub publishable: String,
    pub fields: String,
}

/// Working hours of a season.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Name.
    pub name: String,
    /// First day, MM-DD.
    pub season_from: String,
    /// Last day, MM-DD.
    pub season_to: String,
    /// `08:30-12:00,14:00-17:30`.
    pub intervals: String,
}

/// A case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Number of the case.
    pub code: String,
    /// RFC 3339.
    pub reported_at: String,
    /// What the reporter wrote or said.
    pub text: String,
    /// Longitude, WGS84.
    pub lon: Option<f64>,
    /// Latitude, WGS84.
    pub lat: Option<f64>,
    /// Address as told.
    pub address: String,
    /// How it arrived.
    pub channel: String,
    /// Who found it.
    pub source: String,
    /// Invented number of the reporter.
    pub reporter_phone: String,
    /// level3 of the catalogue; empty while nobody decided.
    pub matter: String,
    /// Grid; empty when the place is unknown or outside.
    pub grid_code: String,
    /// State.
    pub state: String,
    /// Code of the unit (or grid) that leads.
    pub lead_unit: String,
    /// Who handles.
    pub handler_staff_no: String,
    /// RFC 3339, as all that follow.
    pub accepted_at: String,
    /// Given to the handler.
    pub assigned_at: String,
    /// The reporter was first contacted, or the place first seen.
    pub first_contact_at: String,
    /// Result reported.
    pub resolved_at: String,
    /// Result verified.
    pub verified_at: String,
    /// Closed, merged or refused.
    pub closed_at: String,
    /// Result key.
    pub result: String,
    /// Reply to the reporter.
    pub public_reply: String,
    /// Reason key of a refusal.
    pub refuse_reason: String,
    /// Reason key of the last return.
    pub return_reason: String,
    /// How often a unit returned it.
    pub returned_times: u32,
    /// How often it was reopened.
    pub reopened_times: u32,
    /// Reason key of the open pause.
    pub pause_reason: String,
    /// Call-back: yes (reached), no (three attempts in vain) or empty (none due).
    pub contacted: String,
    /// yes, partly, no or empty.
    pub solved: String,
    /// satisfied, mostly, unsatisfied, no_comment or empty.
    pub satisfied: String,
    /// Number of the work order above.
    pub upstream_no: String,
    /// Its deadline.
    pub upstream_due: String,
    /// Code of the case that it was merged into.
    pub merged_into: String,
    /// Tags separated by `|`: the stories of the tour and what the desk shows.
    pub story: String,
}

/// A labelled sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// level3 of the catalogue.
    pub label: String,
    /// The sentence.
    pub text: String,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Key.
    pub key: String,
    /// 公告, 通知, 便民, 倡议, 公示, 征集 or 反馈.
    pub kind: String,
    /// Title.
    pub title: String,
    /// Unit or grid that it concerns.
    pub unit_code: String,
    /// RFC 3339.
    pub published_at: String,
    /// Text.
    pub body: String,
}

/// A telephone number for boards and pages, as the setting `district.hotlines` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hotline {
    /// Who answers.
    pub name: String,
    /// Number.
    pub phone: String,
    /// The code of the unit whose people it is for; none for the whole district.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A value of one of the lists that a district may change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// channel, source, return, refuse, result, extension, pause or callback.
    pub kind: String,
    /// Key.
    pub key: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// yes where evidence must be attached.
    pub evidence: String,
}
