/** Family names of two characters that are still in use. */
const double = ["欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "东方", "夏侯", "长孙", "宇文", "端木", "南宫", "西门", "闻人", "轩辕", "澹台", "呼延", "钟离"];

/** What stands for somebody where there is no photograph: the family name, or the first letters of a name in letters. Pure. */
export function initials(name: string): string {
  const plain = name.trim();
  if (/^[\p{Script=Latin}]/u.test(plain)) return plain.split(/[\s.·-]+/u).map((it) => it[0] ?? "").slice(0, 2).join("").toUpperCase();
  // Of a name of two characters one is the family's, whatever it is.
  const characters = [...plain];
  return characters.slice(0, characters.length > 2 && double.some((it) => plain.startsWith(it)) ? 2 : 1).join("");
}
