//! The specification: what the regulation asks, told as a guard would tell it.
//!
//! Clauses VM-1 to VM-5 of the video regulation and the journeys that exercise them. Each story is
//! told twice, the second time with desk and database restarted after every line
//! (`support/journey.rs`). Behind the arrow stands what comes of the line: the messages that go
//! to phones, or the new state, or `nothing`, or the refusal.

mod time;

use crate::support::journey::tell;

#[tokio::test]
async fn a_night_intrusion_from_the_camera_to_the_score() {
    let end = tell(
        "
23:10:03  gate-1 sees a person in the yard                  -> T1 new
23:10:15  li claims T1                                      -> verifying
23:10:20  li confirms T1                                    -> confirmed
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭      -> confirmed
23:10:31  li dispatches T1 to chen                          -> order to chen
23:10:32  chen stores T1                                    -> offered
23:11:11  chen acks T1                                      -> accepted to chen
23:17:40  chen reaches T1                                   -> on_scene to chen
23:24:00  chen answers T1 advice_given: 已劝离，大门已锁好。现场正常, 1 photo -> handled to chen
23:30:00  wang passes T1                                    -> closed to chen
23:30:00  T1 is not late
32:00:00  zhao reviews T1 with 9 yes 1 no                   -> closed
",
    )
    .await;
    insta::assert_snapshot!(end);
}

#[tokio::test]
async fn everything_said_twice_counts_once() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:10  li claims T1                                      -> verifying
23:10:10  li claims T1                                      -> nothing
23:10:20  li confirms T1                                    -> confirmed
23:10:20  li confirms T1                                    -> refused not_allowed
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭      -> confirmed
23:10:31  li dispatches T1 to chen                          -> order to chen
23:10:31  li dispatches T1 to chen                          -> refused not_allowed
23:10:32  chen stores T1                                    -> offered
23:10:32  chen stores T1 again                              -> nothing
23:10:33  chen stores T1                                    -> nothing
23:11:00  chen acks T1                                      -> accepted to chen
23:11:00  chen acks T1 again                                -> nothing
23:11:01  chen acks T1                                      -> nothing
23:15:00  chen reaches T1                                   -> on_scene to chen
23:15:00  chen reaches T1 again                             -> nothing
23:15:01  chen reaches T1                                   -> nothing
23:15:02  chen acks T1 again                                -> nothing
23:20:00  chen answers T1 unfounded: nobody there, gate locked, 1 photo -> handled to chen
23:20:00  chen answers T1 unfounded: nobody there, gate locked, 1 photo again -> nothing
23:20:01  chen answers T1 unfounded: a second text of the same, 1 photo -> nothing
23:30:00  wang passes T1                                    -> closed to chen
23:30:00  wang passes T1                                    -> refused not_allowed
23:31:00  chen answers T1 unfounded: nobody there, gate locked, 1 photo again -> nothing
23:40:00  zhao reviews T1 with 10 yes                       -> closed
23:40:00  zhao reviews T1 with 10 no                        -> refused already_reviewed
",
    )
    .await;
}

#[tokio::test]
async fn one_member_refuses_and_the_second_goes() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:20  li confirms T1
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭
23:10:31  li dispatches T1 to lin                           -> refused member_off_shift
23:10:32  li dispatches T1 to nobody                        -> refused unknown_member
23:10:33  li dispatches T1 to chen                          -> order to chen
23:10:50  hu acks T1                                        -> refused wrong_member
23:11:00  chen refuses T1 as football                       -> refused unknown_reason
23:11:10  chen refuses T1 as no_equipment                   -> order to hu
23:11:10  chen refuses T1 as no_equipment again             -> nothing
23:11:20  chen acks T1                                      -> refused offer_over
23:12:00  li dispatches T1 to hu                            -> refused not_allowed
23:12:10  chen acks T1                                      -> refused offer_over
23:12:20  hu acks T1                                        -> accepted to hu
23:12:30  chen reaches T1                                   -> refused offer_over
23:13:00  li withdraws T1 because chen is nearer after all  -> withdraw to hu
23:13:01  hu reaches T1                                     -> refused offer_over
23:13:10  li dispatches T1 to chen                          -> order to chen
23:13:30  chen reaches T1                                   -> on_scene to chen
23:13:30  T1 is not late
",
    )
    .await;
}

#[tokio::test]
async fn nobody_checks_their_own_work() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:20  li confirms T1
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭
23:10:31  li dispatches T1 to chen                          -> order to chen
23:11:00  wang passes T1                                    -> refused not_allowed
23:11:10  chen answers T1 unfounded: seen from far away, 1 photo -> refused not_on_scene
23:12:00  chen reaches T1                                   -> on_scene to chen
23:13:00  chen answers T1 all_fine: seen from close by, 1 photo -> refused unknown_disposition
23:13:10  chen answers T1 unfounded: short, 1 photo         -> refused reply_too_short
23:13:20  chen answers T1 unfounded: seen from close by     -> refused reply_needs_photo
23:14:00  chen answers T1 unfounded: seen from close by, 1 photo -> handled to chen
23:15:00  chen passes T1                                    -> refused handler_cannot_check
23:15:10  li passes T1                                      -> refused verifier_cannot_check
23:15:20  li returns T1 because I know better               -> refused verifier_cannot_check
23:16:00  wang returns T1 because the photo shows another gate -> returned to chen
23:20:00  chen answers T1 unfounded: the right gate now, 1 photo -> handled to chen
23:21:00  wang passes T1                                    -> closed to chen
23:22:00  wang reviews T1 with 10 yes                       -> refused reviewer_was_involved
23:22:10  zhao reviews T1 with 9 yes                        -> refused review_incomplete
23:22:20  zhao reviews T1 with 1 yes 9 na                   -> closed
",
    )
    .await;
}

#[tokio::test]
async fn late_stays_late() {
    let end = tell(
        "
# S2: verdict 2 min, order 2 min, answer 2 min, there in 10 min, reply 30 min, closed in 4 h
23:10:00  gate-1 sees a person in the yard
23:12:00  T1 is late in verify
23:13:00  li confirms T1                                    -> confirmed
23:13:10  li classifies T1 as intrusion S2 at 东门岗亭
23:13:20  li dispatches T1 to chen                          -> order to chen
# nobody answers: the shift leader is told, and hu is asked instead
23:15:20  T1 is late in verify, ack
23:15:20  phones ring                                       -> withdraw to chen, order to hu
23:16:00  chen acks T1                                      -> refused offer_over
23:16:10  hu acks T1                                        -> accepted to hu
23:20:00  hu reaches T1                                     -> on_scene to hu
23:45:20  T1 is late in verify, ack, reply
23:50:00  hu answers T1 unfounded: nobody there, gate locked, 1 photo -> handled to hu
23:51:00  wang returns T1 because the photo is black        -> returned to hu
23:55:00  hu answers T1 unfounded: nobody there, gate locked, 1 photo -> handled to hu
23:56:00  wang passes T1                                    -> closed to hu
",
    )
    .await;
    assert!(end.starts_with("T1 closed, count 1, late [\"verify\", \"ack\", \"reply\"]"), "{end}");
}

#[tokio::test]
async fn a_clock_that_runs_out_while_the_desk_is_away_is_late_all_the_same() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:20  li confirms T1
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭
23:10:31  li dispatches T1 to chen                          -> order to chen
23:11:00  the desk stops
23:20:00  the desk starts
23:20:00  phones ring                                       -> withdraw to chen, order to hu
23:20:00  T1 is late in ack
23:20:10  hu acks T1                                        -> accepted to hu
23:35:00  hu reaches T1 at once                             -> on_scene to hu
23:35:00  T1 is late in ack, arrive
",
    )
    .await;
}

#[tokio::test]
async fn three_firings_of_a_rule_are_one_observation() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:50  gate-1 sees a person in the yard                  -> T1 counts 2
23:11:00  li claims T1                                      -> verifying
23:11:50  gate-1 sees a person in the yard                  -> T1 counts 3
23:11:50  gate-2 sees a person in the yard                  -> T2 new
23:11:55  T1 is verifying
# 60 s after the last firing it is a new observation, and after the verdict, too
23:12:51  gate-1 sees a person in the yard                  -> T3 new
23:12:55  wang dismisses T3 as animal                       -> dismissed
23:12:56  gate-1 sees a person in the yard                  -> T4 new
23:12:57  wang dismisses T3 as animal                       -> refused not_allowed
",
    )
    .await;
}

#[tokio::test]
async fn what_fires_while_no_desk_is_there_is_filed_when_it_comes() {
    let end = tell(
        "
23:10:00  the desk stops
23:10:10  gate-1 sees a person in the yard                  -> waits
23:10:40  gate-1 sees a person in the yard                  -> waits
23:15:00  gate-1 sees a person in the yard                  -> waits
23:20:00  the desk starts
23:20:00  T2 is late in verify
23:20:00  T1 is late in verify
23:20:10  li confirms T1                                    -> confirmed
",
    )
    .await;
    assert!(end.contains("T1 confirmed, count 2, late [\"verify\"]"), "{end}");
    assert!(end.contains("T2 new, count 1, late [\"verify\"]"), "{end}");
}

#[tokio::test]
async fn of_two_operators_the_second_learns_who_was_first() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:10  li claims T1 having seen version 1                -> verifying
23:10:10  wang claims T1 having seen version 1              -> conflict with li
23:10:12  wang confirms T1                                  -> refused claimed_by_other
23:10:13  wang claims T1                                    -> verifying
23:10:14  li confirms T1 having seen version 2              -> conflict with wang
23:10:15  wang leaves T1 too dark                           -> new
23:10:20  li confirms T1                                    -> confirmed
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭      -> confirmed
23:10:31  li dispatches T1 to chen having seen version 6    -> order to chen
23:10:31  wang dispatches T1 to hu having seen version 6    -> conflict with li
",
    )
    .await;
}

#[tokio::test]
async fn a_cat_goes_no_further() {
    tell(
        "
23:10:00  gate-1 sees a cat without a picture               -> T1 new
23:10:10  li confirms T1                                    -> refused no_evidence
23:10:20  li dismisses T1 as cat                            -> refused unknown_reason
23:10:30  li dispatches T1 to chen                          -> refused not_allowed
23:10:40  li dismisses T1 as animal                         -> dismissed
23:10:50  li claims T1                                      -> refused not_allowed
23:20:00  T1 is not late
",
    )
    .await;
}

#[tokio::test]
async fn a_new_severity_moves_the_deadline_of_dispatch() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:20  li confirms T1                                    -> confirmed
23:10:25  li dispatches T1 to chen                          -> refused no_category
23:10:30  li classifies T1 as intrusion S2 at               -> refused no_place
23:10:31  li classifies T1 as stranger S2 at 东门岗亭       -> refused unknown_category
23:10:40  li classifies T1 as intrusion S3 at 东门岗亭      -> confirmed
23:12:20  T1 is not late
23:20:20  T1 is late in dispatch
23:20:30  li dispatches T1 to chen                          -> order to chen
",
    )
    .await;
}

#[tokio::test]
async fn what_two_cameras_see_is_one_observation_until_somebody_takes_it_apart() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:04  gate-1b sees a person in the yard                 -> T1 counts 2
23:10:10  gate-2 sees a person in the yard                  -> T2 new
23:10:20  li separates T1 firing 1                          -> refused not_joined
23:10:20  li separates T1 firing 3                          -> refused not_joined
23:10:21  li separates T1 firing 2                          -> new
23:10:22  li separates T1 firing 2                          -> refused not_joined
23:10:23  li confirms T3                                    -> confirmed
23:10:24  gate-1b sees a person in the yard                 -> T4 new
23:10:30  gate-1 sees a person in the yard                  -> T1 counts 2
23:10:31  li dismisses T1 as animal                         -> dismissed
23:10:32  li separates T1 firing 5                          -> refused not_allowed
23:13:00  gate-1 sees a person in the yard                  -> T5 new
",
    )
    .await;
}

#[tokio::test]
async fn an_observation_without_anybody_on_duty_goes_to_the_shift_leader_at_once() {
    tell(
        "
# VM-1, scenario 3: li is on the roster, but the roster watches nothing
21:00:00  duty looks                                        -> nothing
21:10:00  gate-1 sees a person in the yard                  -> T1 new
21:10:01  duty looks                                        -> sun is told of T1
21:10:02  duty looks                                        -> nothing
21:30:00  gate-1 sees a person in the yard                  -> T2 new
21:30:01  duty looks                                        -> sun is told of T2
21:31:00  li signs on                                       -> on duty
21:31:00  li signs on                                       -> nothing
21:31:01  duty looks                                        -> nothing
21:40:00  gate-1 sees a person in the yard                  -> T3 new
21:40:01  duty looks                                        -> nothing
21:41:00  li dismisses T1 as animal                         -> dismissed
# who was on duty does not leave without relief, but may say why
21:50:00  li signs off                                      -> refused no_relief
21:50:10  li signs off because my child is ill              -> off
# a new spell: what still waits is told of again, once
21:50:11  duty looks                                        -> sun is told of T2 and T3
21:50:12  duty looks                                        -> nothing
21:55:00  sun signs on to duty                              -> refused outside_shift
21:55:10  sun signs on to duty because li had to leave      -> on duty
21:56:00  sun confirms T2                                   -> confirmed
22:10:00  gate-1 sees a person in the yard                  -> T4 new
22:10:01  duty looks                                        -> nothing
",
    )
    .await;
}

#[tokio::test]
async fn relief_comes_before_the_one_on_duty_goes() {
    tell(
        "
20:00:00  li signs on                                       -> on duty
20:10:00  lin signs on                                      -> refused outside_shift
20:10:00  li signs on to patrol                             -> refused line_not_for_role
20:10:00  li signs on to standby                            -> refused already_on
20:20:00  wang signs off                                    -> refused not_on
20:30:00  wang signs on                                     -> on duty
20:31:00  li signs off                                      -> refused leaves_early
20:31:10  li signs off because wang takes over              -> off
20:32:00  gate-1 sees a person in the yard                  -> T1 new
20:32:01  duty looks                                        -> nothing
",
    )
    .await;
}

#[tokio::test]
async fn a_silent_watch_is_asked_and_written_down() {
    tell(
        "
# asked after 30 min without a sign, two minutes to answer; nothing else happens
20:00:00  li signs on                                       -> on duty
20:29:59  duty looks                                        -> nothing
20:30:00  duty looks                                        -> li is asked
20:31:00  duty looks                                        -> nothing
20:32:01  duty looks                                        -> li missed
21:01:59  duty looks                                        -> nothing
21:02:00  duty looks                                        -> li is asked
# nobody looked for ten minutes: it is held against nobody
21:14:00  duty looks                                        -> li lapsed
",
    )
    .await;
}
