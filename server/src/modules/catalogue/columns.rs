//! The columns of a catalogue as a table: our name, and what people in the field call it.

use crate::table::Columns;

/// What a catalogue's file may hold.
pub const COLUMNS: &Columns = &[
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
