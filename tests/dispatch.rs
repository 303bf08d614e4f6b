//! Dispatch, told as a guard would tell it: who is asked, who is asked next, and who may not be.
//!
//! Every story is told twice, the second time with desk and database restarted after every line.

use crate::support::journey::{tell, tell_of};
use gengfu::config::{self, Config};

/// A centre that asks by itself in emergencies; chen's post is at the gate, hu's 400 m away.
fn site() -> Config {
    let text = r#"
        [dispatch]
        auto = ["S1"]
        [[dispatch.need]]
        category = "fire_smoke"
        capability = "灭火"
        [[camera]]
        id = "gate-1"
        name = "东门"
        place = "东门岗亭"
        url = "rtsp://cam/1"
        beat = "east"
        at_m = [0.0, 0.0]
        [[beat]]
        id = "east"
        name = "东片"
        post_m = [20.0, 0.0]
        [[beat]]
        id = "west"
        name = "西片"
        post_m = [400.0, 0.0]
        [[member]]
        account = "chen"
        beats = ["east"]
        [[member]]
        account = "hu"
        beats = ["west"]
        capabilities = ["灭火"]
        [[member]]
        account = "lin"
        beats = ["west"]
    "#;
    config::parse(text).unwrap()
}

/// Scenario 5 of the regulation's twelve.
#[tokio::test]
async fn the_first_ignores_the_second_is_off_shift_and_the_third_accepts() {
    let end = tell(
        "
36:30:00  lin comes on shift
37:10:00  gate-1 sees a person in the yard                  -> T1 new
37:10:10  li confirms T1                                    -> confirmed
37:10:20  li classifies T1 as intrusion S1 at 东门岗亭      -> confirmed
37:10:30  li dispatches T1 to chen                          -> order to chen
37:10:31  chen stores T1                                    -> offered
37:11:29  phones ring                                       ->
# S1: an order is answered within 60 s; hu went home at noon
37:11:30  phones ring                                       -> withdraw to chen, order to lin
37:11:31  phones ring                                       ->
37:11:40  chen acks T1                                      -> refused offer_over
37:12:20  lin acks T1                                       -> accepted to lin
37:12:21  lin acks T1                                       -> nothing
37:15:00  lin reaches T1                                    -> on_scene to lin
37:20:00  lin answers T1 unfounded: nobody there, gate locked, 1 photo -> handled to lin
37:30:00  wang passes T1                                    -> closed to lin
",
    )
    .await;
    assert_eq!(end.matches(" reoffer ").count(), 1, "{end}");
    assert!(end.starts_with("T1 closed, count 1, late [\"ack\"]"), "{end}");
}

#[tokio::test]
async fn in_an_emergency_the_nearest_is_asked_without_a_person_and_then_the_next() {
    tell_of(
        &site(),
        "
23:10:00  gate-1 sees a person in the yard
23:10:10  li confirms T1                                    -> confirmed
23:10:20  li classifies T1 as fight S1 at 东门岗亭          -> order to chen
23:10:30  chen refuses T1 as unsafe                         -> order to hu
23:10:40  hu refuses T1 as out_of_zone                      -> confirmed
23:10:41  T1 has nobody
# who refused is not asked again by the machine, but a person may
23:11:00  li dispatches T1 to hu                            -> order to hu
23:11:01  T1 has somebody
",
    )
    .await;
}

#[tokio::test]
async fn nobody_there_is_told_at_once_and_whoever_comes_is_asked() {
    let end = tell_of(
        &site(),
        "
23:10:00  chen is suspended
23:10:00  hu is suspended
23:10:00  gate-1 sees a person in the yard
23:10:10  li confirms T1                                    -> confirmed
23:10:20  li classifies T1 as fight S1 at 东门岗亭          -> confirmed
23:10:20  T1 has nobody
23:10:25  li dispatches T1 to hu                            -> refused member_suspended
23:12:00  phones ring                                       ->
23:13:00  lin comes on shift                                -> order to lin
23:13:00  T1 has somebody
",
    )
    .await;
    assert_eq!(end.matches(" gengfu nobody ").count(), 1, "{end}");
}

#[tokio::test]
async fn a_fire_needs_somebody_who_can_fight_it() {
    tell_of(
        &site(),
        "
23:10:00  gate-1 sees a person in the yard
23:10:10  li confirms T1                                    -> confirmed
23:10:20  li classifies T1 as fire_smoke S2 at 东门岗亭     -> confirmed
23:10:30  li dispatches T1 to chen                          -> refused member_not_capable
23:10:31  li dispatches T1 to hu                            -> order to hu
23:12:31  phones ring                                       ->
23:12:31  T1 has nobody
23:12:40  hu acks T1                                        -> accepted to hu
23:12:41  T1 has somebody
",
    )
    .await;
}

#[tokio::test]
async fn a_second_member_comes_and_the_first_stays_responsible() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:10  li confirms T1
23:10:20  li classifies T1 as fight S2 at 东门岗亭
23:10:30  li calls T1 hu                                    -> refused not_allowed
23:10:31  li dispatches T1 to chen                          -> order to chen
23:11:00  chen acks T1                                      -> accepted to chen
23:11:10  li calls T1 chen                                  -> refused member_has_order
23:11:11  li calls T1 lin                                   -> refused member_off_shift
23:11:12  li calls T1 hu                                    -> order to hu, accepted to chen
23:11:13  hu stores T1                                      -> accepted
23:11:20  hu acks T1                                        -> accepted to hu, accepted to chen
23:13:00  hu reaches T1                                     -> on_scene to hu, accepted to chen
23:13:01  T1 is accepted
23:14:00  chen reaches T1                                   -> on_scene to chen
23:20:00  chen answers T1 advice_given: both went home in peace, 1 photo -> handled to chen, withdraw to hu
23:20:10  hu answers T1 advice_given: both went home in peace, 1 photo -> refused offer_over
23:30:00  wang passes T1                                    -> closed to chen
",
    )
    .await;
}

#[tokio::test]
async fn a_supporting_member_can_be_called_off_or_become_responsible() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:10  li confirms T1
23:10:20  li classifies T1 as fight S2 at 东门岗亭
23:10:31  li dispatches T1 to chen                          -> order to chen
23:11:00  chen acks T1                                      -> accepted to chen
23:11:12  li calls T1 hu                                    -> order to hu, accepted to chen
23:11:20  hu acks T1                                        -> accepted to hu, accepted to chen
# chen cannot go after all; hu is on the way anyhow
23:12:00  chen refuses T1 as unsafe                         -> withdraw to hu, order to hu
23:12:10  hu acks T1                                        -> accepted to hu
23:12:20  T1 is accepted
",
    )
    .await;
}

#[tokio::test]
async fn in_an_emergency_a_second_member_is_asked_when_most_of_the_time_is_gone() {
    let end = tell_of(
        &site(),
        "
23:10:00  gate-1 sees a person in the yard
23:10:10  li confirms T1
23:10:20  li classifies T1 as fight S1 at 东门岗亭          -> order to chen
23:10:30  chen acks T1                                      -> accepted to chen
# S1: there within 5 min; 80 % of it are 4 min
23:14:29  phones ring                                       ->
23:14:30  phones ring                                       -> order to hu, accepted to chen
23:14:35  hu refuses T1 as busy_higher_priority             -> accepted to chen
23:14:50  phones ring                                       ->
23:15:00  chen reaches T1                                   -> on_scene to chen
",
    )
    .await;
    assert_eq!(end.matches(" gengfu support ").count(), 1, "{end}");
}

#[tokio::test]
async fn an_emergency_goes_out_before_the_verdict_and_is_confirmed_by_somebody_else() {
    tell_of(
        &site(),
        "
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:05  li alerts T1 to hu as fight S2 at 东门岗亭        -> refused verify_first
23:10:06  li alerts T1 to chen as fight S1 at 东门岗亭      -> order to chen
23:10:20  chen acks T1                                      -> accepted to chen
23:10:30  li confirms T1                                    -> refused own_dispatch
23:14:00  chen reaches T1                                   -> on_scene to chen
23:20:00  chen answers T1 advice_given: both went home in peace, 1 photo -> handled to chen
23:21:00  wang passes T1                                    -> refused not_verified
23:22:00  sun confirms T1                                   -> handled
23:23:00  wang passes T1                                    -> closed to chen
",
    )
    .await;
}

#[tokio::test]
async fn a_dismissal_takes_back_what_went_out_before_it() {
    tell_of(
        &site(),
        "
23:10:00  gate-1 sees a cat                                 -> T1 new
23:10:06  li alerts T1 to chen as fight S1 at 东门岗亭      -> order to chen
23:10:20  wang dismisses T1 as animal                       -> withdraw to chen
23:10:30  chen acks T1                                      -> refused offer_over
",
    )
    .await;
}

#[tokio::test]
async fn orders_that_come_close_together_ring_once_but_an_emergency_rings_at_once() {
    tell_of(
        &site(),
        "
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:00  gate-2 sees a person in the yard                  -> T2 new
23:10:00  gate-3 sees a person in the yard                  -> T3 new
23:10:00  gate-4 sees a person in the yard                  -> T4 new
23:10:00  gate-5 sees a person in the yard                  -> T5 new
23:10:01  li confirms T1
23:10:01  li confirms T2
23:10:01  li confirms T3
23:10:01  li confirms T4
23:10:02  li classifies T1 as intrusion S2 at 东门岗亭
23:10:02  li classifies T2 as intrusion S2 at 东门岗亭
23:10:02  li classifies T3 as intrusion S2 at 东门岗亭
23:10:02  li classifies T4 as intrusion S2 at 东门岗亭
23:10:03  li dispatches T1 to chen                          -> order to chen
23:10:04  li dispatches T2 to chen                          -> offered
23:10:05  li dispatches T3 to chen                          -> offered
23:10:06  li dispatches T4 to chen                          -> offered
# what is taken back before it was said is never said
23:10:07  li withdraws T3 because hu is nearer              -> confirmed
23:10:08  li alerts T5 to chen as fight S1 at 东门岗亭      -> order to chen
23:10:12  phones ring                                       ->
23:10:13  phones ring                                       -> order to chen, order to chen
23:10:14  chen stores T2                                    -> offered
23:10:24  li dispatches T3 to chen                          -> order to chen
",
    )
    .await;
}
