//! Every act in every state: what comes of it, as one reviewed table.

use super::cast::{self, Story, minute};
use crate::ticket::act::Act;
use crate::ticket::clocks::ClockName;
use crate::ticket::ladder::{self, Level};
use crate::ticket::{Rejected, Severity};

/// wang acts for the centre, chen for the patrol; the states say what they have to do with it.
fn states() -> Vec<(&'static str, Story)> {
    let claimed_by = |name| Story::begin().does(name, &Act::Claim);
    vec![
        ("new", Story::begin()),
        ("verifying, mine", claimed_by("wang")),
        ("verifying, li's", claimed_by("li")),
        ("dismissed, false alarm", Story::begin().does("li", &cast::false_alarm("animal"))),
        ("dismissed, test", Story::begin().does("li", &cast::test_alarm())),
        ("confirmed", Story::begin().does("li", &cast::confirm())),
        ("confirmed, classified", cast::classified()),
        ("offered to chen", cast::offered()),
        ("offered to hu", cast::classified().does("li", &cast::dispatch("o1", "hu"))),
        ("offered again as o2", refused_and_offered_again()),
        ("accepted", cast::offered().does("chen", &cast::ack("o1"))),
        ("on_scene", cast::there()),
        ("handled, li confirmed", cast::handled()),
        ("handled, I confirmed", handled_and_confirmed_by_me()),
        ("offered, hu comes too", cast::offered().does("li", &cast::support("s1", "hu"))),
        ("sent ahead by li", Story::begin().does("li", &cast::ahead("o1", "chen"))),
        ("sent ahead by me", Story::begin().does("wang", &cast::ahead("o1", "chen"))),
        ("handled, sent ahead", handled_before_the_verdict()),
        ("closed by me", cast::closed()),
        ("closed by sun", cast::handled().does("sun", &cast::check_pass())),
        ("closed, reviewed", cast::closed().does("zhao", &cast::review("yes"))),
        (
            "archived",
            cast::closed().at(minute(60 * 24 * 8)).fires(ClockName::Reopen, Level::Archive),
        ),
        ("reopened", cast::closed().does("wang", &Act::Reopen { reason: "again".into() })),
        ("accepted, suspension asked by li", cast::asked("li", &cast::suspend())),
        ("accepted, suspension asked by sun", cast::asked("sun", &cast::suspend())),
        ("suspended from accepted", cast::suspended()),
        ("parked from handled", cast::parked()),
    ]
}

fn refused_and_offered_again() -> Story {
    cast::offered().does("chen", &cast::refuse("o1")).does("li", &cast::dispatch("o2", "chen"))
}

fn handled_and_confirmed_by_me() -> Story {
    let confirmed = Story::begin().does("wang", &cast::confirm());
    let sent = confirmed.does("wang", &cast::classify(Severity::S2));
    let there = sent.does("wang", &cast::dispatch("o1", "chen"));
    there.does("chen", &cast::on_scene("o1")).does("chen", &cast::reply("o1"))
}

fn handled_before_the_verdict() -> Story {
    let there = Story::begin().does("li", &cast::ahead("o1", "chen"));
    there.does("chen", &cast::on_scene("o1")).does("chen", &cast::reply("o1"))
}

fn acts() -> Vec<(&'static str, &'static str, Act)> {
    let mut acts = vec![
        ("join", "gengfu", Act::Join),
        ("claim", "wang", Act::Claim),
        ("confirm", "wang", cast::confirm()),
        ("false_alarm", "wang", cast::false_alarm("animal")),
        ("undetermined", "wang", cast::undetermined()),
        ("test_alarm", "wang", cast::test_alarm()),
        ("classify", "wang", cast::classify(Severity::S1)),
        ("dispatch", "wang", cast::dispatch("o9", "chen")),
        ("withdraw", "wang", cast::withdraw()),
        ("received", "chen", cast::received("o1")),
        ("ack", "chen", cast::ack("o1")),
        ("refuse", "chen", cast::refuse("o1")),
        ("on_scene", "chen", cast::on_scene("o1")),
        ("reply", "chen", cast::reply("o1")),
        ("check_pass", "wang", cast::check_pass()),
        ("check_return", "wang", cast::check_return()),
        ("review", "wang", cast::review("yes")),
    ];
    acts.push(("dispatch_ahead", "wang", cast::ahead("o9", "chen")));
    acts.push(("reoffer", "gengfu", cast::reoffer("o9", "hu")));
    acts.push(("support", "wang", cast::support("s9", "hu")));
    acts.push(("nobody", "gengfu", Act::Nobody));
    acts.push(("somebody", "gengfu", Act::Somebody));
    acts.extend([
        ("correct to test", "wang", cast::correct()),
        ("reopen", "wang", Act::Reopen { reason: "it began again".into() }),
        ("ask_suspend", "wang", cast::suspend()),
        ("ask_park", "wang", cast::park()),
        ("ask_extend own clock", "wang", cast::extend(ClockName::Arrive)),
        ("grant", "sun", Act::Grant),
        ("deny", "sun", Act::Deny { reason: "no need".into() }),
        ("resume", "wang", Act::Resume { reason: "they came".into() }),
        ("acknowledge", "sun", cast::acknowledge()),
    ]);
    acts.push(("separate", "wang", Act::Separate { event: "e2".into() }));
    acts
}

/// The next state; `=` when nothing changes, `~` when the state stays and a fact changes; the code
/// of the refusal in brackets.
fn cell(story: &Story, name: &str, act: &Act) -> String {
    match story.attempt(name, act) {
        Ok(step) if step.life == story.life && step.effects.is_empty() => "=".into(),
        Ok(step) if step.life.state.as_str() == story.life.state.as_str() => "~".into(),
        Ok(step) => step.life.state.as_str().into(),
        Err(Rejected::NotAllowed { .. }) => "-".into(),
        Err(rejected) => format!("({})", rejected.code()),
    }
}

/// What fires of every clock in its order, each from the same state: a clock that does not run has
/// no line.
fn due(story: &Story) -> Vec<String> {
    let rungs = ladder::whole(&story.life, &cast::policy()).into_iter();
    let fires = |(rung, fired): (ladder::Deadline, bool)| {
        let act = story.due(rung.clock, rung.level);
        let cell = if fired { "fired".to_owned() } else { cell(story, "gengfu", &act) };
        format!("{} {}% {}: {cell}", rung.clock.as_str(), rung.percent, rung.level.as_str())
    };
    rungs.map(fires).collect()
}

/// A table too wide for a screen is read by act: one block per act, one line per state.
#[test]
fn every_act_in_every_state() {
    // Two days later every clock of S2 has run out, and a closed ticket can still be reopened.
    let states: Vec<_> =
        states().into_iter().map(|(name, story)| (name, story.at(minute(60 * 24 * 2)))).collect();
    let mut table = String::from(
        "`=` nothing changes, `~` a fact changes, `-` not_allowed, (code) refused, else the next \
         state\nthe centre's acts are wang's, the patrol's are chen's for order o1\n\n",
    );
    let heads: Vec<_> = acts();
    let row = |first: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:<24}")).collect();
        format!("{first:<34}{cells}").trim_end().to_owned() + "\n"
    };
    for part in heads.chunks(6) {
        table += &row("", part.iter().map(|(head, ..)| (*head).to_owned()).collect());
        for (name, story) in &states {
            table += &row(name, part.iter().map(|(_, by, act)| cell(story, by, act)).collect());
        }
        table += "\n";
    }
    for (name, story) in &states {
        // A month later everything is due.
        table += &format!("{name}\n");
        for line in due(&story.clone().at(minute(60 * 24 * 30))) {
            table += &format!("    {line}\n");
        }
    }
    insta::assert_snapshot!(table);
}
