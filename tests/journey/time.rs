//! Time: ladders that climb once, suspension and parking, more time, corrected verdicts, reopening
//! and the archive (VM-2, VM-4).

use crate::support::journey::tell;

#[tokio::test]
async fn nobody_answers_an_emergency_and_the_ladder_climbs_once() {
    let end = tell(
        "
# S1: acknowledged in 60 s; then shift leader and the next member, director at 2 min from the
# first order, whoever has it by then; lin is off shift
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:10  li confirms T1                                    -> confirmed
23:10:15  li classifies T1 as help_request S1 at 东门岗亭   -> confirmed
23:10:20  li dispatches T1 to chen                          -> order to chen
23:11:20  T1 is late in ack
23:11:20  phones ring                                       -> withdraw to chen, order to hu
23:12:20  T1 is late in ack
23:12:30  hu acks T1                                        -> accepted to hu
23:12:31  li knows T1 of director of ack since 23:10:20     -> refused not_told
23:12:40  sun knows T1 of shift_leader of ack since 23:10:20 -> accepted
23:12:41  sun knows T1 of shift_leader of ack since 23:10:20 -> nothing
23:12:50  zhao knows T1 of director of ack since 23:10:20   -> accepted
23:13:00  chen acks T1                                      -> refused offer_over
23:15:00  hu reaches T1                                     -> on_scene to hu
",
    )
    .await;
    let times = |level: &str| {
        let fired = format!("\"level\":\"{level}\",\"of\":\"ack\"");
        let acts = end.lines().filter(|line| line.contains(&fired));
        acts.filter(|line| !line.contains(" acknowledge ")).count()
    };
    assert_eq!(times("shift_leader"), 1, "{end}");
    assert_eq!(times("director"), 1, "{end}");
    let late = end.lines().filter(|line| line.contains("\"overdue\":\"ack\"")).count();
    assert_eq!(late, 2, "each member is late once: {end}");
    assert_eq!(times("superior_centre"), 0, "{end}");
    assert!(end.contains("gengfu/centre/escalation"), "{end}");
}

#[tokio::test]
async fn an_observation_that_nobody_looks_at_reaches_the_director() {
    let end = tell(
        "
# S2: verdict in 2 min; another operator at 2 min, shift leader at 3, director at 6
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:10  li claims T1                                      -> verifying
23:11:00  li leaves T1 too dark                             -> new
23:13:00  T1 is late in verify, undetermined
23:16:00  T1 is new
23:16:10  wang confirms T1                                  -> confirmed
",
    )
    .await;
    for told in [
        ("\"level\":\"second_operator\",\"of\":\"verify\"", "\"to\":[\"li\",\"ma\",\"wang\"]"),
        ("\"level\":\"shift_leader\",\"of\":\"verify\"", "\"to\":[\"sun\"]"),
        ("\"level\":\"shift_leader\",\"of\":\"undetermined\"", "\"to\":[\"sun\"]"),
        ("\"level\":\"director\",\"of\":\"verify\"", "\"to\":[\"zhao\"]"),
    ] {
        let lines = end.lines().filter(|line| line.contains(told.0)).collect::<Vec<_>>();
        assert_eq!(lines.len(), 1, "{}: {end}", told.0);
        assert!(lines[0].contains(told.1), "{}", lines[0]);
    }
}

#[tokio::test]
async fn time_stands_still_only_when_somebody_else_grants_it() {
    let end = tell(
        "
# S2: there in 10 min
23:10:00  gate-1 sees a person in the yard
23:10:20  li confirms T1
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭
23:10:31  li dispatches T1 to chen                          -> order to chen
23:11:00  chen acks T1                                      -> accepted to chen
23:12:00  li asks T1 for 200 h of suspension as weather     -> refused too_long
23:12:01  li asks T1 for 1 h of suspension as football      -> refused unknown_reason
23:12:02  li asks T1 for 1 h of suspension as other         -> refused no_reason
23:12:03  li asks T1 for 1 h of suspension as weather       -> accepted
23:12:04  wang asks T1 for 2 h of suspension as weather     -> refused request_open
23:12:10  li grants T1                                      -> refused needs_supervisor
23:13:00  sun grants T1                                     -> suspended to chen
23:40:00  T1 is not late
23:43:00  li withdraws T1 because of the rain               -> refused not_allowed
# an hour later it goes on by itself: it had run for 2 of its 10 minutes
24:13:00  T1 is accepted
24:13:00  phones ring                                       -> accepted to chen
24:20:50  T1 is not late
24:21:00  T1 is late in arrive
24:22:00  chen reaches T1                                   -> on_scene to chen
24:23:00  li asks T1 for 10 min more of arrive because it is far -> refused clock_not_running
24:23:10  li asks T1 for 60 min more of reply because it is far  -> refused too_long
24:40:30  T1 is late in arrive
24:40:31  T1 is late in arrive, reply
24:41:00  li asks T1 for 5 min more of reply because it is far   -> refused ran_out
",
    )
    .await;
    assert!(end.contains("\"stood_ms\":3600000"), "{end}");
}

#[tokio::test]
async fn a_clock_is_extended_once_and_never_after_it_ran_out() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:20  li confirms T1
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭
23:10:31  li dispatches T1 to chen                          -> order to chen
23:11:00  chen reaches T1                                   -> on_scene to chen
# the reply is due 30 min after the order, at 23:40:31
23:30:00  li asks T1 for 31 min more of reply because of the crowd -> refused too_long
23:30:01  li asks T1 for 30 min more of reply because       -> refused no_reason
23:30:02  sun asks T1 for 30 min more of reply because of the crowd -> on_scene
23:30:03  sun grants T1                                     -> refused own_request
23:30:10  zhao grants T1                                    -> on_scene to chen
23:50:00  T1 is not late
23:50:01  li asks T1 for 5 min more of reply because of the crowd -> refused extended_before
24:10:31  T1 is late in reply
24:11:00  chen answers T1 unfounded: nobody there, gate locked, 1 photo -> handled to chen
",
    )
    .await;
}

#[tokio::test]
async fn what_cannot_be_settled_now_is_kept_on_the_books() {
    let end = tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:20  li confirms T1
23:10:30  li classifies T1 as facility_damage S4 at 东门岗亭
23:10:31  li dispatches T1 to chen                          -> order to chen
23:11:00  chen reaches T1                                   -> on_scene to chen
23:20:00  chen answers T1 needs_follow_up: the wall must be mended, 1 photo -> handled to chen
23:21:00  wang asks T1 for parking as needs_funds           -> refused no_reason
23:21:01  wang asks T1 for parking as needs_funds: the street office pays in March -> handled
23:22:00  sun denies T1 because                             -> refused no_reason
23:22:01  sun grants T1                                     -> suspended to chen
23:23:00  wang passes T1                                    -> refused not_allowed
30:00:00  wang resumes T1 because the money came          -> handled to chen
30:01:00  wang passes T1                                    -> closed to chen
30:02:00  li reopens T1 because                             -> refused no_reason
30:02:01  li reopens T1 because it fell down again    -> confirmed
30:03:00  li dispatches T1 to hu                            -> order to hu
",
    )
    .await;
    assert!(end.contains("wang resume {"), "{end}");
}

#[tokio::test]
async fn a_verdict_is_corrected_only_by_one_that_names_it() {
    tell(
        "
23:10:00  gate-1 sees a person in the yard                  -> T1 new
23:10:10  li claims T1
23:10:20  li dismisses T1 as animal                         -> dismissed
23:11:00  wang corrects T1 line 2 to valid because it was a man -> refused another_verdict
23:11:01  wang corrects T1 line 3 to valid                  -> refused no_reason
23:11:02  wang corrects T1 line 3 to valid because it was a man -> confirmed
23:11:10  wang corrects T1 line 3 to test because of the drill -> refused another_verdict
23:11:20  wang corrects T1 line 4 to test because of the drill -> dismissed
23:11:30  wang corrects T1 line 5 to weather because of the wind -> dismissed
",
    )
    .await;
}

#[tokio::test]
async fn a_closed_ticket_goes_to_the_archive_after_a_week() {
    let end = tell(
        "
23:10:00  gate-1 sees a person in the yard
23:10:20  li confirms T1
23:10:30  li classifies T1 as intrusion S2 at 东门岗亭
23:10:31  li dispatches T1 to chen
23:11:00  chen reaches T1
23:20:00  chen answers T1 unfounded: nobody there, gate locked, 1 photo
23:30:00  wang passes T1                                    -> closed to chen
191:29:59  T1 is closed
191:30:00  T1 is archived
191:31:00  zhao reviews T1 with 10 yes                      -> archived
191:32:00  zhao reopens T1 because it began again           -> refused not_allowed
",
    )
    .await;
    assert!(end.contains("gengfu archive {"), "{end}");
}
