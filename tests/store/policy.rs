//! Versions of the rules: two people, one decision, and what holds from when.

use gengfu::clock::UnixMs;
use gengfu::config::policy::Rules;
use gengfu::store::policy::{Decision, Proposed, Undecided};
use gengfu::ticket::{Actor, Role};

use super::house::{House, START, second};

on_both!(a_version_holds_once_somebody_else_has_approved_it);

fn actor(name: &str) -> Actor {
    Actor { name: name.into(), role: Role::ShiftLeader }
}

fn decision(by: &str, approved: bool) -> Decision {
    Decision { approved, by: by.into(), at: second(60), why: "as agreed".into() }
}

async fn a_version_holds_once_somebody_else_has_approved_it(house: House) {
    let store = &house.store;
    let text = "title = \"夜间加快\"\n[clocks.S2]\nack = \"90s\"\n";
    let proposed = |starts: UnixMs| Proposed { text, reason: "nights are slow", starts };
    assert_eq!(store.propose_policy(proposed(START), &actor("sun"), START).await.unwrap(), 1);
    let later = second(3_600);
    assert_eq!(store.propose_policy(proposed(later), &actor("sun"), START).await.unwrap(), 2);
    assert_eq!(store.approved_rules().await.unwrap(), []);

    let own = store.decide_policy(1, &decision("sun", true)).await.unwrap();
    assert_eq!(own, Err(Undecided::Own));
    let unknown = store.decide_policy(9, &decision("zhao", true)).await.unwrap();
    assert_eq!(unknown, Err(Undecided::Unknown));
    assert_eq!(store.decide_policy(1, &decision("zhao", true)).await.unwrap(), Ok(()));
    let late = store.decide_policy(1, &decision("bai", false)).await.unwrap();
    assert_eq!(late, Err(Undecided::Decided));
    assert_eq!(store.decide_policy(2, &decision("zhao", true)).await.unwrap(), Ok(()));

    let rules = Rules::parse(text).unwrap();
    // What was to start before its approval starts with it: nothing is judged anew.
    let expect = [(1, second(60), rules.clone()), (2, later, rules)];
    assert_eq!(store.approved_rules().await.unwrap(), expect);
    let versions = store.policy_versions().await.unwrap();
    assert_eq!(versions.iter().map(|one| one.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((versions[1].text.as_str(), versions[1].author.as_str()), (text, "sun"));
    assert_eq!(versions[1].decision, Some(decision("zhao", true)));
}
