//! The words of the report in both languages, in one table; codes of the centre included.
//!
//! A key that is missing shows itself as `⟦key⟧`, and a test looks for that on a full page. A code
//! that no table knows (of a newer daemon) is shown as it stands.

/// Language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    /// The language with this tag: `zh` or `en`.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        match tag {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// For the page's `lang` attribute.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// The words of `key`; `⟦…⟧` when the table has none.
#[must_use]
pub fn say(lang: Lang, key: &str) -> &'static str {
    find(lang, key).unwrap_or("⟦missing⟧")
}

/// The words of a code of `table` (`category`, `false`, `disposition`, `refuse`, `review`, `clock`,
/// `stage`); the code itself when it is not known.
#[must_use]
pub fn code(lang: Lang, table: &str, code: &str) -> String {
    find(lang, &format!("{table}.{code}")).unwrap_or(code).to_owned()
}

fn find(lang: Lang, key: &str) -> Option<&'static str> {
    let row = WORDS.iter().chain(&CODES).find(|row| row.0 == key)?;
    Some(match lang {
        Lang::Zh => row.1,
        Lang::En => row.2,
    })
}

type Row = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const WORDS: [Row; 179] = [
    ("page.title", "视频监控工作周报 {0}", "Weekly video monitoring report {0}"),
    ("head.title", "视频监控工作周报", "Weekly video monitoring report"),
    ("head.week", "{0} 年第 {1} 周", "week {1} of {0}"),
    ("head.days", "{0} 00:00 至 {1} 24:00", "{0} 00:00 to {1} 24:00"),
    ("head.number", "编号 {0} · 内部", "No. {0} · internal"),
    ("head.unfinished", "本周尚未结束，以下为截至时点的数据。", "The week is not over; these are its figures up to the cut-off."),
    ("empty", "本周没有任何记录：日志中没有本周建立的观察，也没有遗留的未办结工单。", "There is no data for this week: the log holds no observation opened in it and no open ticket from before."),
    ("lead.sum", "本周收集可疑信息 {0} 条（另有 {1} 次重复触发已并入），核查属实 {2} 条，占已判定的 {3}；派单 {4} 件，办结 {5} 件，未办结 {6} 件。", "{0} observations this week ({1} further firings joined them); {2} were confirmed, {3} of those decided; {4} dispatched, {5} closed, {6} still open. "),
    ("lead.ack", "应签收 {0} 次，超时 {1} 次。", "Of {0} acknowledgements due, {1} were late. "),
    ("lead.arrive", "应到场 {0} 次，超时 {1} 次。", "Of {0} arrivals due, {1} were late. "),
    ("lead.all_met", "已测量的条款均达到要求。", "Every clause that is measured meets its requirement."),
    ("lead.missed", "未达要求的条款：{0}。", "Clauses that do not meet their requirement: {0}."),
    ("list.comma", "、", ", "),
    ("key.observations", "可疑信息（条）", "observations"),
    ("key.confirmed", "核查属实（条）", "confirmed"),
    ("key.ack", "签收用时中位数", "median acknowledgement"),
    ("key.arrive", "到场用时中位数", "median arrival"),
    ("key.on_time", "督办四项按时率", "supervision on time"),
    ("key.before", "上周 {0}", "last week {0}"),
    ("key.of_decided", "占已判定 {0}", "{0} of those decided"),
    ("key.p90", "九成不超过 {0}", "90 % within {0}"),
    ("unit.s", "秒", "s"),
    ("unit.min", "分", "min"),
    ("unit.h", "小时", "h"),
    ("unit.d", "天", "d"),
    ("not_measured", "尚未测量", "not measured yet"),
    ("no_case", "无此情形", "no case"),
    ("sample.small", "样本不足", "small sample"),
    ("part.clauses", "一 · 制度九条执行情况", "1 · The nine clauses of the regulation"),
    ("part.overview", "二 · 概况", "2 · Overview"),
    ("part.response", "三 · 响应时效", "3 · Response times"),
    ("part.kinds", "四 · 类别与时段", "4 · Kinds and hours"),
    ("part.places", "五 · 地点与点位", "5 · Places and cameras"),
    ("part.open", "六 · 未办结与超期", "6 · Open and overdue"),
    ("part.supervision", "七 · 督办与处置结果", "7 · Supervision and outcomes"),
    ("part.members", "八 · 巡逻队员（周内不排名）", "8 · Patrol members (not ranked within a week)"),
    ("part.false_alarms", "九 · 误报来源", "9 · Sources of false alarms"),
    ("part.reviews", "十 · 质量抽查", "10 · Quality review"),
    ("part.trend", "十一 · 热点与建议（由值班长填写）", "11 · Trends and advice (by the shift leader)"),
    ("part.superior", "十二 · 需上级协调解决的问题（由主任填写，可为“无”）", "12 · Matters for the superior centre (by the director; may be “none”)"),
    ("part.violations", "附表 A · 违反逐件清单", "Appendix A · Every violation"),
    ("part.ledger", "附表 B · 属实工单", "Appendix B · Confirmed tickets"),
    ("clause.head", "条款", "Clause"),
    ("clause.check", "检查内容", "What is checked"),
    ("clause.limit", "要求", "Required"),
    ("clause.week", "本周", "This week"),
    ("clause.before", "上周", "Last week"),
    ("clause.cases", "应办", "Cases"),
    ("clause.violations", "违反", "Violations"),
    ("clause.note", "▲ 未达要求；† 样本不足 5，仅供参考。“尚未测量”：日志尚无该项事实，不以其他数字代替。违反逐件列于附表 A。上周按相同截止间隔计算。", "▲ requirement not met; † fewer than 5 cases. “Not measured yet”: the log holds no such fact, and no other figure stands in for it. Every violation is listed in appendix A. Last week is taken at the same distance from its end."),
    ("clause.1", "一 收集", "1 Collect"),
    ("clause.2", "二 审核", "2 Verify"),
    ("clause.3", "三 报送", "3 Send on"),
    ("clause.4", "四 督办", "4 Supervise"),
    ("clause.5", "五 考核", "5 Assess"),
    ("clause.6", "六 分析", "6 Analyse"),
    ("clause.7", "七 操作", "7 Operate"),
    ("clause.8", "八 维护", "8 Maintain"),
    ("clause.9", "九 保密", "9 Confidence"),
    ("clause.1.check", "规则告警 2 秒内建单（值守覆盖尚未测量）", "rule alarms on the desk within 2 s (duty cover: not measured yet)"),
    ("clause.2.check", "按等级时限核查，给出结论", "verdict within the time of the severity"),
    ("clause.3.check", "属实后按时分类、派出", "classified and dispatched in time once confirmed"),
    ("clause.4.check", "签收、到场、回复、核查办结按时", "acknowledged, arrived, replied and closed in time"),
    ("clause.5.check", "S1 与严重超时全查，其余抽查 2% 且不少于 5 件", "all S1 and far overdue reviewed, of the rest 2 %, at least 5"),
    ("clause.6.check", "周报按时、归档完整", "report in time, archive complete"),
    ("clause.7.check", "无批准不得中断；原因当班登记", "no interruption without approval; cause entered in the shift"),
    ("clause.8.check", "日查、周查、月检按计划完成", "daily, weekly and monthly checks as planned"),
    ("clause.9.check", "查阅有事由，导出经第二人批准", "viewings with a reason, exports approved by a second person"),
    ("sum.head", "项目", "Item"),
    ("sum.observations", "可疑信息", "Observations"),
    ("sum.confirmed", "核查属实", "Confirmed"),
    ("sum.false_alarms", "误报", "False alarms"),
    ("sum.undetermined", "无法判定、待再查", "Undetermined"),
    ("sum.waiting", "尚未核查", "Not yet verified"),
    ("sum.tests", "系统测试", "Tests"),
    ("sum.dispatched", "派单", "Dispatched"),
    ("sum.closed", "办结", "Closed"),
    ("sum.closed_in_time", "其中全程按时", "of these wholly in time"),
    ("sum.open", "未办结", "Still open"),
    ("sum.joined", "并入同一观察的重复触发 {0} 次，单独计数；日均可疑信息 {1} 条。", "{0} further firings joined an observation and are counted apart; {1} observations a day."),
    ("sum.note", "可疑信息 = 属实 + 误报 + 无法判定 + 尚未核查 + 测试。上周不足 20 的只列增减件数。", "Observations = confirmed + false alarms + undetermined + not yet verified + tests. Below 20 last week, the change is a difference, not a percentage."),
    ("col.week", "本周", "This week"),
    ("col.before", "上周", "Last week"),
    ("col.change", "增减", "Change"),
    ("col.clock", "时限", "Clock"),
    ("col.severity", "等级", "Severity"),
    ("col.limit", "要求", "Limit"),
    ("col.runs", "应办", "Runs"),
    ("col.on_time", "按时", "On time"),
    ("col.share", "按时率", "Share"),
    ("col.p50", "中位数", "p50"),
    ("col.p90", "p90", "p90"),
    ("col.p95", "p95", "p95"),
    ("col.all", "合计", "all"),
    ("col.total", "合计", "Total"),
    ("col.category", "类别（属实）", "Category (confirmed)"),
    ("col.confirmed", "属实", "Confirmed"),
    ("col.confirmed_before", "上周属实", "Last week"),
    ("col.false_alarms", "误报", "False"),
    ("col.observations", "可疑信息", "Observations"),
    ("col.place", "地点", "Place"),
    ("col.camera", "点位", "Camera"),
    ("col.ticket", "工单", "Ticket"),
    ("col.tickets", "件数", "Tickets"),
    ("col.opened", "建立", "Opened"),
    ("col.stage", "状态", "State"),
    ("col.owner", "责任人", "In hand of"),
    ("col.due", "应在", "Due"),
    ("col.overdue", "超期", "Overdue"),
    ("col.member", "队员", "Member"),
    ("col.orders", "派单", "Orders"),
    ("col.acked", "签收按时", "Acknowl. on time"),
    ("col.arrived", "到场按时", "Arrived on time"),
    ("col.replied", "回复按时", "Replied on time"),
    ("col.refused", "拒单", "Refused"),
    ("col.returned", "退回", "Returned"),
    ("col.closed", "办结", "Closed"),
    ("col.score", "抽查评分", "Score"),
    ("col.remark", "备注", "Remark"),
    ("col.rule", "规则", "Rule"),
    ("col.decided", "已判定", "Decided"),
    ("col.false_share", "误报率", "False share"),
    ("col.interval", "95% 区间", "95 % interval"),
    ("col.reasons", "原因（件）", "Reasons"),
    ("col.what", "事项", "Matter"),
    ("col.over", "超出", "Over by"),
    ("col.ack", "签收用时", "Acknowl."),
    ("S1", "S1 紧急", "S1"),
    ("S2", "S2 急", "S2"),
    ("S3", "S3 一般", "S3"),
    ("S4", "S4 轻微", "S4"),
    ("chart.ack", "签收（秒，次数）", "Acknowledgement (s, runs)"),
    ("chart.arrive", "到场（分，次数）", "Arrival (min, runs)"),
    ("chart.reply", "回复（分，次数）", "Reply (min, runs)"),
    ("chart.note", "斜线部分超过该等级时限。到场自签收起至报告到场止，不是出警时间；回复自派单起。", "Hatched: over the limit of its severity. Arrival runs from the acknowledgement to the report “on scene”, not to setting out; reply runs from the order."),
    ("clock.note", "应办：已完成，或截止前已超时的次数；时限内仍在进行或被撤销、拒单的不计。中位数、p90、p95 只取已完成的，按最近秩法。† 样本不足 5。", "Runs: completed, or over their limit before the cut-off; those still running in time, or called off in time, are left out. Percentiles are of completed runs, by nearest rank. † fewer than 5."),
    ("kinds.note", "各等级列为属实工单；类别以分类为准，未分类的按规则建议。", "The severity columns count confirmed tickets; the category is the classified one, or the rule’s proposal before that."),
    ("hours.title", "可疑信息的时段分布（星期 × 小时，本地时间）", "Observations by weekday and hour (local time)"),
    ("day.0", "周一", "Mon"), ("day.1", "周二", "Tue"), ("day.2", "周三", "Wed"), ("day.3", "周四", "Thu"),
    ("day.4", "周五", "Fri"), ("day.5", "周六", "Sat"), ("day.6", "周日", "Sun"),
    ("places.rest", "其他 {0} 处", "{0} other places"),
    ("open.none", "截止时没有未办结的工单。", "No ticket was open at the cut-off."),
    ("open.note", "截止 {0}。‡ 本周以前建立，未计入其他各部分。", "Cut-off {0}. ‡ opened before this week and counted in no other part."),
    ("owner.queue", "值守席（无人认领）", "queue (nobody yet)"),
    ("owner.centre", "值守席（{0} 核实）", "centre (confirmed by {0})"),
    ("act.head", "督办事项", "Supervision"),
    ("act.returned", "核查退回", "Returned by the check"),
    ("act.withdrawn", "中心撤回派单", "Orders taken back"),
    ("act.far_overdue", "用时超过时限 150%", "Beyond 150 % of a limit"),
    ("act.refused", "拒单：{0}", "Refused: {0}"),
    ("act.disposition", "处置结果", "Outcome"),
    ("act.no_replies", "截止时没有回复。", "No reply before the cut-off."),
    ("members.none", "本周没有派单。", "No order was sent this week."),
    ("members.note", "括号内为按时次数/应办次数；派单不足 5 件为样本不足；评分后为抽查件数。有理由的拒单不扣分。各时限自派单起算，中心晚派不计在队员名下。", "In brackets: on time / due; small sample: fewer than 5 orders; after a score, the number reviewed. A refusal with a reason counts against nobody. These clocks start with the order, so a late dispatch is not the member’s."),
    ("false.none", "本周没有已判定的观察。", "No observation was decided this week."),
    ("false.note", "误报率 = 误报 ÷（属实 + 误报），区间为 Wilson 95%；† 样本不足 5，不宜据此改规则。", "False share = false ÷ (confirmed + false), with Wilson’s 95 % interval; † fewer than 5, no ground for changing a rule."),
    ("rule.manual", "人工巡查", "manual (video round)"),
    ("review.sum", "办结 {0} 件，已评 {1} 件，平均 {2} 分。必查 {3} 件，其中未查 {4} 件；另应抽查 {5} 件，已查 {6} 件。", "{0} closed, {1} reviewed, mean score {2}. {3} had to be reviewed, {4} of them were not; of the others {5} were to be sampled and {6} were."),
    ("review.item", "评查项", "Item of the form"),
    ("review.yes", "是", "Yes"),
    ("review.no", "否", "No"),
    ("review.na", "不适用", "N/a"),
    ("review.share", "合格率", "Yes share"),
    ("violations.none", "本周没有违反。", "No violation this week."),
    ("ledger.none", "本周没有属实工单。", "No ticket was confirmed this week."),
    ("what.shown", "建单晚于 2 秒", "on the desk after 2 s"),
    ("what.review", "必查未查", "not reviewed"),
    ("what.sample", "抽查数量不足", "sample too small"),
    ("sign.leader", "值班长：", "Shift leader: "),
    ("sign.director", "主任：", "Director: "),
    ("sign.date", "日期：", "Date: "),
    ("foot.basis", "数据截至 {0}（{1}，不含该时刻）· 日志 {2} 行 · SHA-256 {3}", "Data up to {0} ({1}, exclusive) · {2} log lines · SHA-256 {3}"),
    ("foot.recompute", "同样的日志行重算得到逐字节相同的文件。散列取自按工单、版本排序的日志行，每行一个 JSON 数组 [ticket, number, version, at_ms, actor, role, input, detail]，键按字节排序，无空格，以换行结束。", "The same log lines give the same file, byte for byte. The hash is over the log lines sorted by ticket and version, each a JSON array [ticket, number, version, at_ms, actor, role, input, detail] with keys sorted by bytes, without spaces, ended by a line feed."),
    ("foot.running", "{0} · 数据截至 {1} · 日志 {2} 行 · {3}…", "{0} · data up to {1} · {2} log lines · {3}…"),
];

#[rustfmt::skip]
const CODES: [Row; 75] = [
    ("category.fire_smoke", "火情烟雾", "fire or smoke"),
    ("category.person_down", "人员倒地", "person down"),
    ("category.water_hazard", "涉水险情", "water hazard"),
    ("category.crowd_density", "人群密集", "crowd density"),
    ("category.fight", "打架斗殴", "fight"),
    ("category.intrusion", "闯入", "intrusion"),
    ("category.theft_in_progress", "正在盗窃", "theft in progress"),
    ("category.vandalism", "破坏财物", "vandalism"),
    ("category.object_left", "遗留物品", "object left"),
    ("category.object_removed", "物品被移走", "object removed"),
    ("category.suspicious_situation", "可疑情况", "suspicious situation"),
    ("category.traffic_obstruction", "阻碍交通", "traffic obstruction"),
    ("category.fire_lane_blocked", "消防通道堵塞", "fire lane blocked"),
    ("category.falling_object", "高空坠物", "falling object"),
    ("category.facility_damage", "设施损坏", "facility damage"),
    ("category.utility_leak", "水电气泄漏", "utility leak"),
    ("category.environment_disorder", "环境秩序", "environment disorder"),
    ("category.animal_hazard", "动物危害", "animal hazard"),
    ("category.lost_person_or_child", "走失人员或儿童", "lost person or child"),
    ("category.help_request", "求助", "help request"),
    ("category.other", "其他", "other"),
    ("false.animal", "动物", "animal"),
    ("false.weather", "天气", "weather"),
    ("false.light_shadow", "光线阴影", "light or shadow"),
    ("false.vegetation", "植物晃动", "vegetation"),
    ("false.insect_web", "昆虫蛛网", "insect or web"),
    ("false.camera_fault", "摄像机故障", "camera fault"),
    ("false.rule_wrong", "规则设置不当", "rule misconfigured"),
    ("false.authorised_activity", "经许可的活动", "authorised activity"),
    ("false.duplicate", "重复", "duplicate"),
    ("false.other", "其他", "other"),
    ("disposition.resolved_on_scene", "现场解决", "resolved on scene"),
    ("disposition.handed_to_110", "移交 110", "handed to 110"),
    ("disposition.handed_to_119", "移交 119", "handed to 119"),
    ("disposition.handed_to_120", "移交 120", "handed to 120"),
    ("disposition.handed_to_department", "移交职能部门", "handed to a department"),
    ("disposition.advice_given", "劝导", "advice given"),
    ("disposition.gone_on_arrival", "到场时已离开", "gone on arrival"),
    ("disposition.unable_to_locate", "未找到", "unable to locate"),
    ("disposition.unfounded", "情况不实", "unfounded"),
    ("disposition.no_access", "无法进入", "no access"),
    ("disposition.recorded_only", "仅作记录", "recorded only"),
    ("disposition.needs_follow_up", "需后续处理", "needs follow-up"),
    ("disposition.duplicate", "重复", "duplicate"),
    ("refuse.not_competent", "非职责所及", "not competent"),
    ("refuse.out_of_zone", "不在责任区", "out of zone"),
    ("refuse.busy_higher_priority", "正处置更急事项", "busy with something more urgent"),
    ("refuse.unsafe", "不安全", "unsafe"),
    ("refuse.no_equipment", "缺少装备", "no equipment"),
    ("refuse.off_shift", "不在班", "off shift"),
    ("review.seen_in_time", "发现及时", "seen in time"),
    ("review.verdict_supported", "结论有证据支持", "verdict supported by evidence"),
    ("review.category_right", "类别正确", "category right"),
    ("review.severity_right", "等级正确", "severity right"),
    ("review.right_unit", "派对了人", "right unit"),
    ("review.message_complete", "派单信息完整、不多透露", "message complete, no more than needed"),
    ("review.escalated_by_rules", "按规则升级", "escalated by the rules"),
    ("review.reply_answers", "回复切题", "reply answers the question"),
    ("review.evidence_sufficient", "证据充分、合法", "evidence sufficient and lawful"),
    ("review.closure_code_right", "办结代码正确", "closure code right"),
    ("clock.verify", "核查", "verify"),
    ("clock.dispatch", "派单", "dispatch"),
    ("clock.ack", "签收", "acknowledge"),
    ("clock.arrive", "到场", "arrive"),
    ("clock.reply", "回复", "reply"),
    ("clock.close", "办结", "close"),
    ("stage.new", "待核查", "new"),
    ("stage.verifying", "核查中", "verifying"),
    ("stage.dismissed", "已排除", "dismissed"),
    ("stage.confirmed", "待派单", "confirmed"),
    ("stage.offered", "待签收", "offered"),
    ("stage.accepted", "途中", "on the way"),
    ("stage.on_scene", "在场", "on scene"),
    ("stage.handled", "待核查办结", "replied, to be checked"),
    ("stage.closed", "已办结", "closed"),
];

#[cfg(test)]
mod tests {
    use super::{CODES, Lang, WORDS, code, find};
    use crate::config::codes;
    use crate::ticket::ClockName;

    #[test]
    fn every_code_of_the_centre_has_words_in_both_languages() {
        let clocks: Vec<&str> = ClockName::ALL.iter().map(|clock| clock.as_str()).collect();
        let tables: [(&str, &[&str]); 6] = [
            ("category", &codes::CATEGORIES),
            ("false", &codes::FALSE_ALARM_REASONS),
            ("disposition", &codes::DISPOSITIONS),
            ("refuse", &codes::REFUSE_REASONS),
            ("review", &codes::REVIEW_ITEMS),
            ("clock", &clocks),
        ];
        for (table, codes) in tables {
            for word in codes {
                let key = format!("{table}.{word}");
                assert!(find(Lang::Zh, &key).is_some(), "{key} has no words");
                assert!(find(Lang::En, &key).is_some(), "{key} has no words");
            }
        }
        assert_eq!(code(Lang::Zh, "category", "of_tomorrow"), "of_tomorrow");
    }

    #[test]
    fn no_key_stands_twice_and_no_words_are_empty() {
        let mut keys: Vec<&str> = WORDS.iter().chain(&CODES).map(|row| row.0).collect();
        assert!(WORDS.iter().chain(&CODES).all(|row| !row.1.is_empty() && !row.2.is_empty()));
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
