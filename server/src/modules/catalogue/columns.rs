//! The columns of a catalogue as a table: our name, and what people in the field call it.

use crate::table::{Table, Unreadable};

/// Our names with the headers that are known to mean the same; the first of them heads an export.
pub const COLUMNS: &[(&str, &[&str])] = &[
    ("level1", &["一级分类", "大类", "一级", "事项大类"]),
    ("level2", &["二级分类", "小类", "二级", "事项小类"]),
    ("level3", &["三级分类", "事项", "三级", "事项名称", "细类"]),
    ("level1_en", &["一级分类英文", "大类英文"]),
    ("level2_en", &["二级分类英文", "小类英文"]),
    ("level3_en", &["三级分类英文", "事项英文"]),
    ("access_class", &["履职类别", "事项类别", "准入类别", "权责类别"]),
    ("lead_unit", &["牵头单位", "主办单位", "责任单位", "主责单位"]),
    ("helpers", &["协办单位", "配合单位", "协助单位"]),
    ("urgency", &["紧急程度"]),
    ("accept_limit", &["受理时限", "接单时限"]),
    ("handle_limit", &["处置时限", "办理时限", "办结时限"]),
    ("limit_unit", &["时限单位"]),
    ("stages", &["阶段时限", "分段时限"]),
    ("filing_condition", &["立案条件"]),
    ("handling_condition", &["处置要求", "处置条件", "处置标准"]),
    ("closing_condition", &["结案条件", "结案标准"]),
    ("evidence", &["佐证材料", "取证要求", "证据要求"]),
    ("public_name", &["群众说法", "通俗名称", "公众名称"]),
    ("verify", &["核查方式", "核实方式"]),
    ("publishable", &["是否公开", "可否公开"]),
    ("fields", &["附加字段", "扩展字段"]),
];

/// A table whose columns have our names, and what the file calls them.
pub struct Named {
    /// The table.
    pub table: Table,
    /// Pairs of our name and the file's, where they differ.
    pub pairs: Vec<(String, String)>,
}

/// Gives the columns our names: first those that the caller mapped, then every known header whose name is still free.
pub fn named(table: Table, known: &[(&str, &[&str])], map: &[(String, String)]) -> Result<Named, Unreadable> {
    if let Some((field, _)) = map.iter().find(|(field, _)| !known.iter().any(|(name, _)| name == field)) {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        return Err(Unreadable::new(
            format!("没有字段“{field}”（有：{names}）"),
            format!("no field \"{field}\" (there are: {names})"),
        ));
    }
    let mut pairs = map.to_vec();
    for (name, headers) in known {
        if table.has(name) || pairs.iter().any(|(field, _)| field == name) {
            continue;
        }
        let free = |header: &&&str| table.has(header) && !pairs.iter().any(|(_, given)| given == *header);
        if let Some(header) = headers.iter().find(free) {
            pairs.push(((*name).to_owned(), (*header).to_owned()));
        }
    }
    Ok(Named { table: table.rename(&pairs)?, pairs })
}

impl Named {
    /// What the file calls our column.
    pub fn header<'a>(&'a self, column: &'a str) -> &'a str {
        self.pairs.iter().find(|(field, _)| field == column).map_or(column, |(_, given)| given)
    }

    /// The headers of the file that mean nothing here.
    pub fn ignored(&self, known: &[(&str, &[&str])]) -> Vec<String> {
        let unknown = |h: &&String| !h.is_empty() && !known.iter().any(|(name, _)| name == *h);
        self.table.headers().iter().filter(unknown).cloned().collect()
    }
}
