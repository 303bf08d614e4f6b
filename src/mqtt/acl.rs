//! Who may publish and subscribe what. Pure: a principal, a name and a topic give yes or no.
//!
//! Filters are compared as whole strings, so `+`, `#` and `$share/...` fail by themselves for
//! everybody but the daemon. The same rules stand in `deploy/mosquitto/acl` for an outside broker,
//! which may also let foreign systems read the public feed; the broker inside has no such accounts.

use super::topic::{Member, SiteTopics};

/// What an account is to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The daemon itself.
    Daemon,
    /// A patrol member: his own orders and duty, his own answers.
    Member,
}

/// Whether the account `user` may publish to `topic`.
#[must_use]
pub fn may_publish(site: &SiteTopics, who: Principal, user: &Member, topic: &str) -> bool {
    match who {
        Principal::Daemon => below(site, topic),
        Principal::Member => topic == site.answer(user).name,
    }
}

/// Whether the account `user` may subscribe to `filter`.
#[must_use]
pub fn may_subscribe(site: &SiteTopics, who: Principal, user: &Member, filter: &str) -> bool {
    match who {
        Principal::Daemon => below(site, filter),
        Principal::Member => filter == site.order(user).name || filter == site.duty(user).name,
    }
}

fn below(site: &SiteTopics, topic: &str) -> bool {
    topic.strip_prefix(site.prefix()).is_some_and(|rest| !rest.is_empty())
}

/// Whether `client_id` is the name of `user` or begins with it and a hyphen.
#[must_use]
pub fn client_fits(client_id: &str, user: &Member) -> bool {
    let Some(rest) = client_id.strip_prefix(user.as_str()) else {
        return false;
    };
    rest.is_empty() || rest.starts_with('-')
}

/// The longer names that `client_id` could belong to as well: `li-wei-x` of `li` could be that
/// of `li-wei`.
///
/// If one of them is an account, the id is that account's, or `li` could take over its session.
#[must_use]
pub fn longer_owners(client_id: &str, user: &Member) -> Vec<String> {
    let tail = user.as_str().len() + 1;
    let cuts = client_id.match_indices('-').map(|(at, _)| at).filter(|at| *at >= tail);
    let mut owners: Vec<String> = cuts.map(|at| client_id[..at].to_owned()).collect();
    if client_id.len() > user.as_str().len() {
        owners.push(client_id.to_owned());
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(who: Principal, topic: &str, publish: bool, subscribe: bool) {
        let site = SiteTopics::new("centre").unwrap();
        let user = Member::try_from("li").unwrap();
        assert_eq!(may_publish(&site, who, &user, topic), publish, "{who:?} publish {topic}");
        assert_eq!(may_subscribe(&site, who, &user, topic), subscribe, "{who:?} subscribe {topic}");
    }

    #[test]
    fn a_member_has_three_topics_and_no_more() {
        let member = Principal::Member;
        check(member, "gengfu/centre/patrol/li/answer", true, false);
        check(member, "gengfu/centre/patrol/li/order", false, true);
        check(member, "gengfu/centre/patrol/li/duty", false, true);
        for foreign in [
            "gengfu/centre/patrol/wang/answer",
            "gengfu/centre/patrol/wang/order",
            "gengfu/centre/patrol/+/order",
            "gengfu/centre/patrol/li/+",
            "gengfu/centre/patrol/li/#",
            "gengfu/centre/#",
            "#",
            "+/centre/patrol/li/order",
            "$share/g/gengfu/centre/patrol/li/order",
            "$SYS/#",
            "gengfu/centre/event",
            "gengfu/other/patrol/li/order",
            "",
        ] {
            check(member, foreign, false, false);
        }
    }

    #[test]
    fn the_daemon_stays_within_its_site() {
        let daemon = Principal::Daemon;
        check(daemon, "gengfu/centre/patrol/+/answer", true, true);
        check(daemon, "gengfu/other/event", false, false);
        check(daemon, "gengfu/centre/", false, false);
        check(daemon, "$share/g/gengfu/centre/event", false, false);
        check(daemon, "#", false, false);
    }

    fn check_client(client_id: &str, fits: bool, longer: &[&str]) {
        let user = Member::try_from("li").unwrap();
        assert_eq!(client_fits(client_id, &user), fits, "{client_id}");
        if fits {
            assert_eq!(longer_owners(client_id, &user), longer, "{client_id}");
        }
    }

    #[test]
    fn a_client_id_names_its_user() {
        check_client("li", true, &[]);
        check_client("li-0a1b2c3d", true, &["li-0a1b2c3d"]);
        check_client("li-wei-0a1b", true, &["li-wei", "li-wei-0a1b"]);
        check_client("li-", true, &["li-"]);
        check_client("liu", false, &[]);
        check_client("wang", false, &[]);
        check_client("", false, &[]);
    }
}
