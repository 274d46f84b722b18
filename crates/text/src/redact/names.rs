//! Persons' names, where a word before or a title behind announces them.
//!
//! Chinese names wear no capitals: a name is believed only when a surname, one to three more characters and the words around agree.
//! A name that nothing announces stays.

use super::{BARRIER, Piece, any_stands, at, before};
use std::{ops::Range, sync::LazyLock};

/// Common surnames of one character (together more than nine in ten people).
pub(super) const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董潘袁于蔡蒋余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱丘江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳阳管柴蒙鲍华喻祁蒲滕屈饶解牟艾尤时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬卞姬师和仇栾隋商刁荣巫寇桑郎甄丛仲虞敖巩明佘池麻苑迟邝封谈匡鞠惠荆冀郁胥储燕楚鄢谌奚粟冼蔺盘厉伊仝郜海阚花豆朴盖练廉禹井祖漆巴支卿狄平晋敬扈晁芮阙浦戈鹿薄邸雍辜修邰慕嵇湛宾戎茅";
static SORTED_SURNAMES: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut surnames: Vec<char> = SURNAMES.chars().collect();
    surnames.sort_unstable();
    surnames
});
/// Surnames of two characters.
pub(super) const DOUBLE_SURNAMES: [&str; 20] = [
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "长孙", "宇文", "轩辕",
    "端木", "独孤", "南宫", "呼延", "申屠",
];
/// Surnames that are far more often ordinary words; only a word that asks for a name makes them one.
const DOUBTFUL: &str = "于向成时和车管应连关全安平明海支解路农司商师单党白方高任何易左古简温万金石花文包项麻毛阳华江林祝游康丛牛";

/// After these a name is asked for: whatever follows up to three characters is taken when it begins with a surname.
pub(super) const ASKING: [&str; 26] = [
    "我叫",
    "名叫",
    "名字叫",
    "姓名",
    "本人姓名",
    "联系人",
    "我的名字是",
    "举报人",
    "投诉人",
    "反映人",
    "申请人",
    "来电人",
    "当事人",
    "受害人",
    "被害人",
    "户主",
    "法定代表人",
    "法人代表",
    "经办人",
    "患者",
    "死者",
    "伤者",
    "诉求人",
    "信访人",
    "我名",
    "署名",
];
/// After these a name often follows, and as often something else: it needs a border behind it.
pub(super) const HINTING: [&str; 56] = [
    "我是",
    "本人",
    "业主",
    "村民",
    "居民",
    "租户",
    "房东",
    "老板",
    "负责人",
    "司机",
    "农民",
    "职工",
    "员工",
    "家长",
    "学生",
    "教师",
    "父亲",
    "母亲",
    "爸爸",
    "妈妈",
    "丈夫",
    "妻子",
    "老公",
    "老婆",
    "爱人",
    "儿子",
    "女儿",
    "哥哥",
    "弟弟",
    "姐姐",
    "妹妹",
    "爷爷",
    "奶奶",
    "外公",
    "外婆",
    "叔叔",
    "舅舅",
    "伯父",
    "岳父",
    "岳母",
    "儿媳",
    "女婿",
    "孙子",
    "孙女",
    "我爸",
    "我妈",
    "我哥",
    "我弟",
    "我姐",
    "我妹",
    "邻居",
    "村主任",
    "村支书",
    "村书记",
    "原告",
    "被告",
];
/// Titles that follow a surname or a name.
const TITLES: [&str; 46] = [
    "先生",
    "女士",
    "小姐",
    "阿姨",
    "叔叔",
    "大爷",
    "大妈",
    "大叔",
    "大哥",
    "大姐",
    "大伯",
    "大娘",
    "奶奶",
    "爷爷",
    "婆婆",
    "伯伯",
    "师傅",
    "老师",
    "医生",
    "护士",
    "主任",
    "书记",
    "局长",
    "镇长",
    "乡长",
    "区长",
    "县长",
    "市长",
    "村长",
    "科长",
    "处长",
    "站长",
    "队长",
    "所长",
    "经理",
    "老板",
    "校长",
    "院长",
    "警官",
    "法官",
    "律师",
    "同志",
    "同学",
    "总经理",
    "会计",
    "厅长",
];

/// A name after a word that announces it.
pub(super) fn announced(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    if let Some(end) = any_stands(pieces, start, &ASKING) {
        let name = skip(pieces, end);
        let doubtful = (name == end && DOUBTFUL.contains(at(pieces, name))) || is_ordinary(pieces, name);
        if let Some(surname) = surname(pieces, name).filter(|_| !doubtful) {
            let length =
                bordered(pieces, name, surname).or_else(|| given(pieces, name + surname).map(|given| surname + given))?;
            return Some(name..name + length);
        }
        return None;
    }
    let end = any_stands(pieces, start, &HINTING)?;
    let name = skip(pieces, end);
    let surname = surname(pieces, name).filter(|&length| length == 2 || !DOUBTFUL.contains(at(pieces, name)))?;
    let length = bordered(pieces, name, surname)?;
    Some(name..name + length)
}

/// A surname, or a whole name, before a title.
pub(super) fn titled(pieces: &[Piece], start: usize) -> Option<Range<usize>> {
    let surname = surname(pieces, start)?;
    let doubtful = surname == 1 && DOUBTFUL.contains(at(pieces, start));
    let is_title = |place| any_stands(pieces, place + usize::from(at(pieces, place) == '副'), &TITLES).is_some();
    // A doubtful surname counts at the beginning of a phrase only: 万师傅 after a comma, but not 对方经理.
    if doubtful && (is_han(before(pieces, start)) || "和向于时都连应成".contains(at(pieces, start))) {
        return None;
    }
    if follows_its_word(pieces, start) || is_ordinary(pieces, start) {
        return None;
    }
    (0..=2)
        .find(|&given| {
            is_title(start + surname + given) && (0..given).all(|offset| is_given(at(pieces, start + surname + offset)))
        })
        .filter(|&given| given == 0 || !doubtful)
        .map(|given| start..start + surname + given)
}

/// Whether the character before makes an ordinary word of the surname, as in 最高, 门卫 or 语文老师.
fn follows_its_word(pieces: &[Piece], start: usize) -> bool {
    const WORDS: [&str; 34] = [
        "工程", "课程", "过程", "流程", "历史", "园林", "门卫", "保卫", "设施", "实施", "措施", "健康", "兴龙", "支付", "交付",
        "应付", "大陆", "师范", "规范", "示范", "体系", "四季", "换季", "雨季", "印章", "违章", "规章", "文章", "高尚", "时尚",
        "山谷", "歌曲", "感谢", "谢谢",
    ];
    let (a, b) = (before(pieces, start), at(pieces, start));
    WORDS.iter().any(|word| word.chars().eq([a, b]))
}

/// The length of the surname at a place.
fn surname(pieces: &[Piece], place: usize) -> Option<usize> {
    if any_stands(pieces, place, &DOUBLE_SURNAMES).is_some() {
        return Some(2);
    }
    SORTED_SURNAMES.binary_search(&at(pieces, place)).is_ok().then_some(1)
}

/// The place behind a colon, 是, 叫 or blanks.
fn skip(pieces: &[Piece], mut place: usize) -> usize {
    for _ in 0..3 {
        place += usize::from(matches!(at(pieces, place), ':' | '：' | '是' | '叫' | '为' | ' ' | '(' | '\t' | '、'));
    }
    place
}

/// The length of a name with a border behind it: two given characters are tried before one.
fn bordered(pieces: &[Piece], name: usize, surname: usize) -> Option<usize> {
    (1..=2).rev().map(|given| surname + given).find(|&length| {
        (surname..length).all(|offset| is_given(at(pieces, name + offset)))
            && is_border(at(pieces, name + length))
            && !is_ordinary(pieces, name)
    })
}

/// How many given characters to take where a name is asked for but no border follows: as many as can be, two at most.
fn given(pieces: &[Piece], place: usize) -> Option<usize> {
    let count = (0..2).take_while(|&offset| is_given(at(pieces, place + offset))).count();
    (count > 0).then_some(count)
}

/// What may stand behind a name: an end, a mark, a digit or letter, or a word that begins what the person is or does.
fn is_border(c: char) -> bool {
    c == BARRIER
        || !is_han(c)
        || "住在于是系男女身电手现今因的与和及从自向到被，。家原籍反来至今经名对要将已也就不无，户等说，去年".contains(c)
}

/// Characters that are hardly ever in a given name.
fn is_given(c: char) -> bool {
    is_han(c)
        && !"的了是在不我你他她它们这那有个和与或及也都就被把从向到于吗呢吧啊住系因此其所者么没很还只请问说区县市镇村乡路街号栋楼室厂店校院局部处户费副某姓总厅科委班病公".contains(c)
}

/// Ordinary words that begin like a name where one is only hinted at.
fn is_ordinary(pieces: &[Piece], name: usize) -> bool {
    const WORDS: [&str; 46] = [
        "严重", "严格", "曾经", "马上", "关于", "许多", "任何", "常年", "周边", "周围", "周末", "黄金", "黄色", "高中", "高度",
        "钱款", "万分", "施工", "支付", "付款", "付出", "段时", "石油", "余款", "龙头", "申请", "申诉", "沈阳", "苏州", "郑州",
        "广州", "徐州", "温州", "甘愿", "宁愿", "祝愿", "尚未", "毕业", "孔雀", "程序", "曾多", "利害", "纪委", "谢谢", "路段",
        "樊笼",
    ];
    any_stands(pieces, name, &WORDS).is_some()
}

fn is_han(c: char) -> bool {
    crate::fold::is_cjk(c)
}
