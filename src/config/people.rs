//! Words that no rule may carry: groups of people, and the recognition of persons.
//!
//! The code tables are closed, so a category cannot name a group of people; but a rule has a free
//! name, and a rule named after a group would be one. A list can only catch the plain cases: it
//! states the intention, the tables and the missing recognition keep it. Pure.

/// Refused as whole words, letter case ignored.
const ENGLISH: &[&str] = &[
    "petitioner",
    "petitioners",
    "protester",
    "protesters",
    "protest",
    "demonstrators",
    "religion",
    "religious",
    "muslim",
    "muslims",
    "christian",
    "christians",
    "buddhist",
    "buddhists",
    "uyghur",
    "uyghurs",
    "tibetan",
    "tibetans",
    "ethnic",
    "ethnicity",
    "minority",
    "minorities",
    "migrant",
    "migrants",
    "foreigner",
    "foreigners",
    "dissident",
    "dissidents",
    "journalist",
    "journalists",
    "addict",
    "addicts",
    "convict",
    "convicts",
    "blacklist",
    "watchlist",
    "face",
    "faces",
    "gait",
    "plate",
    "plates",
];

/// Refused anywhere in the text.
const CHINESE: &[&str] = &[
    "上访",
    "信访",
    "访民",
    "抗议",
    "示威",
    "游行",
    "宗教",
    "信徒",
    "教徒",
    "穆斯林",
    "民族",
    "维吾尔",
    "维族",
    "藏族",
    "外国人",
    "外来人员",
    "外来人口",
    "流动人口",
    "异见",
    "记者",
    "吸毒",
    "精神病",
    "精神障碍",
    "刑满",
    "社区矫正",
    "重点人员",
    "重点人口",
    "特殊人群",
    "黑名单",
    "布控",
    "人脸",
    "步态",
    "车牌",
    "身份识别",
];

/// The refused word in a rule's name or id, if there is one.
pub(super) fn refused_word(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let english = ENGLISH.iter().find(|word| words.contains(word));
    english.or_else(|| CHINESE.iter().find(|word| text.contains(**word))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expect: Option<&str>) {
        assert_eq!(refused_word(name), expect, "{name}");
    }

    #[test]
    fn groups_of_people_are_refused_and_situations_are_not() {
        check("petitioners at the gate", Some("petitioners"));
        check("Watchlist-hit", Some("watchlist"));
        check("plate-reader", Some("plate"));
        check("上访人员聚集", Some("上访"));
        check("人脸识别", Some("人脸"));
        check("surface water", None);
        check("person in the yard at night", None);
        check("消防通道占用", None);
        check("老人跌倒", None);
    }
}
