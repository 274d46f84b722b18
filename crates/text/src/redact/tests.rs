use super::*;
use proptest::prelude::*;

/// What goes in and what must come out.
const CASES: [(&str, &str); 100] = [
    // Mobile numbers.
    ("电话13800138000。", "电话[电话]。"),
    ("电话138 0013 8000。", "电话[电话]。"),
    ("电话138-0013-8000。", "电话[电话]。"),
    ("电话1380013-8000。", "电话[电话]。"),
    ("电话１３８００１３８０００。", "电话[电话]。"),
    ("电话１３８－００１３－８０００。", "电话[电话]。"),
    ("1 3 8 0 0 1 3 8 0 0 0打不通", "[电话]打不通"),
    ("+86 13800138000", "[电话]"),
    ("+8613800138000", "[电话]"),
    ("0086-13800138000", "[电话]"),
    ("013800138000", "[电话]"),
    ("手机号19912345678或16612345678", "手机号[电话]或[电话]"),
    ("13800138000/13900139000", "[电话]/[电话]"),
    ("13800138000 13900139000", "[电话] [电话]"),
    ("302室-13800138000", "302室-[电话]"),
    ("请打一三八零零一三八零零零", "请打[电话]"),
    ("请打幺三八〇〇幺三八〇〇〇", "请打[电话]"),
    ("tel:13800138000", "tel:[电话]"),
    // Fixed numbers.
    ("0571-88886666", "[电话]"),
    ("(0571)88886666", "[电话]"),
    ("（0571）8888 6666", "[电话]"),
    ("010-88886666转8012", "[电话]"),
    ("021 62345678-801", "[电话]"),
    ("0746—6222903查询", "[电话]查询"),
    ("座机：88886666", "座机：[电话]"),
    ("办公电话8333795无人接", "办公电话[电话]无人接"),
    ("联系方式是 8888-6666", "联系方式是 [电话]"),
    // Identity numbers.
    ("身份证11010519491231002X", "身份证[证件号]"),
    ("身份证号：440524188001010014，", "身份证号：[证件号]，"),
    ("440524 18800101 0014", "[证件号]"),
    ("４４０５２４１８８００１０１００１４", "[证件号]"),
    ("证号110105199001011234（校验位不对）", "证号[证件号]（校验位不对）"),
    ("11010519491231002x", "[证件号]"),
    ("旧证130503670401001", "旧证[证件号]"),
    ("护照E12345678", "护照[证件号]"),
    ("港澳通行证号C12345678", "港澳通行证号[证件号]"),
    // Cards.
    ("卡号6222021234567890123", "卡号[卡号]"),
    ("6222 0212 3456 7890 123", "[卡号]"),
    ("6222-0212-3456-7890", "[卡号]"),
    ("尾号7890的卡", "尾号7890的卡"),
    // Plates.
    ("车牌京A12345乱停", "车牌[车牌]乱停"),
    ("粤B·D12345占道", "[车牌]占道"),
    ("沪AF12345充电", "[车牌]充电"),
    ("鄂a600hv6", "[车牌]"),
    ("浙A 8K88挂", "[车牌]"),
    ("京Ａ１２３４５", "[车牌]"),
    ("粤Z1234港", "[车牌]"),
    ("湘A7县的路", "湘A7县的路"),
    ("新A3区", "新A3区"),
    // Addresses and accounts.
    ("邮箱wang.xm@163.com，", "邮箱[邮箱]，"),
    ("12345@qq.com", "[邮箱]"),
    ("ａｂｃ＠ｑｑ．ｃｏｍ", "[邮箱]"),
    ("写给a@b", "写给a@b"),
    ("微信号：wangxm_88", "微信号：[账号]"),
    ("加我vx wang8888", "加我vx [账号]"),
    ("QQ：123456789", "QQ：[账号]"),
    ("qq群 12345678", "qq群 [账号]"),
    ("ＱＱ３０７４８５２２", "ＱＱ[账号]"),
    ("微信公众号停更", "微信公众号停更"),
    ("微信支付12元", "微信支付12元"),
    // Names that a word announces.
    ("我叫王小明，住这里", "我叫[姓名]，住这里"),
    ("我叫王明住在三楼", "我叫[姓名]住在三楼"),
    ("本人姓名：欧阳小明", "本人姓名：[姓名]"),
    ("联系人：李四 13800138000", "联系人：[姓名] [电话]"),
    ("联系人李四13800138000", "联系人[姓名][电话]"),
    ("姓名：张三，男", "姓名：[姓名]，男"),
    ("投诉人:刘长明2014年", "投诉人:[姓名]2014年"),
    ("本人王绍贤，1980年生", "本人[姓名]，1980年生"),
    ("我是赵六。", "我是[姓名]。"),
    ("业主孙明反映", "业主[姓名]反映"),
    ("业主孙明，反映", "业主[姓名]，反映"),
    ("我父亲余基德的名字", "我父亲[姓名]的名字"),
    ("村民曾德令、曾玉祥", "村民[姓名]、曾玉祥"),
    ("户主周建香", "户主[姓名]"),
    // Names before titles.
    ("张先生", "[姓名]先生"),
    ("感谢李阿姨帮忙", "感谢[姓名]阿姨帮忙"),
    ("尊敬的陈书记：您好", "尊敬的[姓名]书记：您好"),
    ("王小明先生", "[姓名]先生"),
    ("欧阳女士", "[姓名]女士"),
    ("物业的周师傅", "物业的[姓名]师傅"),
    ("刘副校长", "[姓名]副校长"),
    ("万分感谢陈书记", "万分感谢[姓名]书记"),
    // What must stay.
    ("语文老师和班主任", "语文老师和班主任"),
    ("向老师反映，和老师沟通", "向老师反映，和老师沟通"),
    ("对方经理不理", "对方经理不理"),
    ("门卫师傅、出租车师傅", "门卫师傅、出租车师傅"),
    ("本人严重不满", "本人严重不满"),
    ("我是高中生", "我是高中生"),
    ("联系人员很多", "联系人员很多"),
    ("申请人和代理人", "申请人和代理人"),
    ("人民路138号12栋3单元1301室", "人民路138号12栋3单元1301室"),
    ("乘坐138路公交", "乘坐138路公交"),
    ("拨打12345热线和110、119、120", "拨打12345热线和110、119、120"),
    ("全国热线400-889-3333", "全国热线400-889-3333"),
    ("2019-11-22 08:30:00", "2019-11-22 08:30:00"),
    ("2019年11月22日", "2019年11月22日"),
    ("1998-12-30 123号文件", "1998-12-30 123号文件"),
    ("预售证2014-0036", "预售证2014-0036"),
    ("GB50180-2018", "GB50180-2018"),
    ("工资1867.20元，13-14-15-16-17-18", "工资1867.20元，13-14-15-16-17-18"),
];

#[test]
fn texts_lose_what_is_personal_and_nothing_else() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter(|(text, wanted)| redact(text).text != *wanted)
        .map(|(text, wanted)| format!("{text}: wanted {wanted}, got {}", redact(text).text))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn spans_name_what_was_there() {
    let text = "联系人：李四，电话138-0013-8000，车京A12345";
    let taken: Vec<_> = redact(text).spans.into_iter().map(|span| (text[span.range].to_owned(), span.kind)).collect();
    let wanted = [("李四", Kind::Name), ("138-0013-8000", Kind::Phone), ("京A12345", Kind::Plate)];
    assert_eq!(taken, wanted.map(|(text, kind)| (text.to_owned(), kind)));
}

#[test]
fn words_that_stood_there_before_are_no_data() {
    let redacted = redact("我是[姓名]，电话[电话]");
    assert_eq!((redacted.text.as_str(), redacted.spans.len()), ("我是[姓名]，电话[电话]", 0));
}

/// Chinese text without figures, as a person may write around a number.
fn around() -> impl Strategy<Value = String> {
    "[的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经王张李，。！？：；]{0,12}"
}

fn digits(count: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(0..10_u8, count).prop_map(|digits| digits.into_iter().map(|d| char::from(b'0' + d)).collect())
}

fn phone() -> impl Strategy<Value = String> {
    (3..10_u8, digits(1), digits(4), digits(4), prop_oneof![Just(""), Just(" "), Just("-"), Just("－")])
        .prop_map(|(second, third, middle, last, gap)| format!("1{second}{third}{gap}{middle}{gap}{last}"))
}

fn resident() -> impl Strategy<Value = String> {
    (110_000..660_000_u32, 1900..2030_u32, 1..13_u32, 1..29_u32, digits(3), "[0-9X]")
        .prop_map(|(area, year, month, day, serial, check)| format!("{area}{year}{month:02}{day:02}{serial}{check}"))
}

fn plate() -> impl Strategy<Value = String> {
    ("[京沪粤浙湘鄂川]", "[A-HJ-NP-Z]", prop_oneof!["[0-9]{3}[A-HJ-NP-Z0-9]{2}", "[DF][A-HJ-NP-Z0-9][0-9]{4}"])
        .prop_map(|(province, letter, body)| format!("{province}{letter}{body}"))
}

proptest! {
    #[test]
    fn what_is_embedded_is_gone(before in around(), datum in prop_oneof![phone(), resident(), plate()], after in around()) {
        let redacted = redact(&format!("{before}{datum}{after}"));
        prop_assert!(!redacted.text.contains(&datum), "{}", redacted.text);
        let left: String = redacted.text.chars().map(half_width).filter(char::is_ascii_digit).collect();
        prop_assert!(left.is_empty(), "{}", redacted.text);
    }

    #[test]
    fn twice_is_once(text in "([的是王张李陈高方和我叫本人电话微信姓名：，。 \\[\\]0-9a-zA-Z@.\\-Xx京沪]|先生|书记|138001380|电话|联系人|\\[电话\\]|\\[姓名\\]){0,40}") {
        let once = redact(&text).text;
        prop_assert_eq!(&redact(&once).text, &once);
    }

    #[test]
    fn no_pass_finds_what_it_was_not_asked_about(text in "([的是王张李欧阳陈高方和我叫本人护照微信QqTtVv零一幺〇京沪]|[ （(+\\-.0-9a-zA-Z@０-９Ａ-Ｚ：，。]|先生|书记|138001380|电话|tel|联系人|E12345678|\\[电话\\]){0,40}") {
        let pieces = read(&text);
        for (n, (kind, find)) in PASSES.iter().enumerate() {
            for start in 0..pieces.len() {
                let asked = pieces[start].begins & 1 << n != 0;
                prop_assert!(asked || find(&pieces, start).is_none(), "{kind:?} begins with {}", pieces[start].c);
            }
        }
    }

    #[test]
    fn any_text_is_read_and_spans_fit(text in "\\PC{0,80}") {
        let redacted = redact(&text);
        let mut end = 0;
        for span in redacted.spans {
            prop_assert!(span.range.start >= end && text.get(span.range.clone()).is_some());
            end = span.range.end;
        }
    }
}
