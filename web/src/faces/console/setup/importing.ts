import type { Importing } from "@/api/calls/setup";

/** What each kind of file needs and may bring; a column that is called by its field or a usual Chinese name is found by itself. */
export interface Field { key: string; needed?: boolean; names: string[] }
const field = (key: string, ...names: string[]): Field => ({ key, names });
const need = (key: string, ...names: string[]): Field => ({ key, needed: true, names });

export const fields: Record<Importing, Field[]> = {
  orgs: [need("code", "编码", "单位编码"), need("name", "名称", "单位名称"), need("kind", "类别", "单位类别"), need("parent_code", "上级编码", "上级"), field("name_en", "英文名"), field("alias", "简称", "别名"), field("phone", "电话"), field("valid_from", "启用日期"), field("serves", "服务网格")],
  grids: [need("code", "网格编码", "编码"), field("name", "网格名称", "名称"), field("alias", "别名"), field("community", "社区", "社区编码"), field("street", "街道"), field("type", "网格类型", "类型"), field("subtype", "专属类型"), field("households", "户数"), field("area_kind", "城乡"), field("layer", "图层"), field("compounds", "小区")],
  staff: [need("staff_no", "工号"), need("name", "姓名"), need("unit_code", "单位编码", "网格编码"), need("post", "岗位", "岗位名称"), need("slot", "岗位类型"), field("phone", "电话", "手机"), field("employment", "用工性质"), field("role", "角色"), field("scope_code", "授权范围"), field("username", "账号"), field("from", "到岗日期"), field("to", "离岗日期"), field("note", "备注")],
  templates: [need("template", "模板"), need("grid_type", "网格类型"), need("slot", "岗位类型"), need("name", "岗位名称"), need("min", "下限"), need("max", "上限"), field("subtype", "专属类型"), field("eligibility", "资格")],
  leave: [need("staff_no", "工号"), need("from", "开始日期"), need("to", "结束日期"), field("deputy_staff_no", "代班工号"), field("reason", "原因")],
  duty: [need("unit_code", "单位编码"), need("date_from", "开始日期"), need("date_to", "结束日期"), need("time_from", "开始时间"), need("time_to", "结束时间"), field("staff_no", "工号"), field("phone", "电话")],
  catalogue: [need("level1", "大类", "一级分类"), need("level2", "小类", "二级分类"), need("level3", "事项", "三级分类", "事项名称"), field("access_class", "事权类别", "清单类别"), field("lead_unit", "主办单位", "责任单位"), field("helpers", "协办单位"), field("urgency", "紧急程度"), field("accept_limit", "受理时限"), field("handle_limit", "处置时限"), field("limit_unit", "时限单位"), field("stages", "分段时限"), field("verify", "核实方式"), field("publishable", "是否公开"), field("public_name", "公开名称"), field("filing_condition", "立案条件"), field("handling_condition", "处置条件"), field("closing_condition", "结案条件"), field("evidence", "证据要求"), field("level3_en", "事项英文名")],
  days: [], shifts: [], access: [],
};
/** Which kinds somebody with these permissions may hand in. */
export const kinds: { what: Importing; may: string }[] = [
  { what: "orgs", may: "org.manage" }, { what: "grids", may: "org.manage" }, { what: "staff", may: "org.manage" }, { what: "templates", may: "org.manage" }, { what: "leave", may: "org.manage" }, { what: "duty", may: "org.manage" },
  { what: "catalogue", may: "catalogue.manage" }, { what: "days", may: "catalogue.manage" }, { what: "shifts", may: "catalogue.manage" }, { what: "access", may: "admission.manage" },
];

/** The columns of a file that are found by their names. */
export function guess(what: Importing, headers: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  const plain = (text: string) => text.trim().toLowerCase();
  for (const { key, names } of fields[what]) {
    const header = headers.find((it) => [key, ...names].some((name) => plain(name) === plain(it)));
    if (header) found[key] = header;
  }
  return found;
}
