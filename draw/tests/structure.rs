//! What is in the pictures, against what is in the runs.

mod runs;
mod xml;

use std::collections::BTreeMap;

use draw::{Look, Spacing, Theme, Toward};
use world::trace::{Clock, Fate, Recorder, Trace, What};
use xml::{Element, read};

/// The height of a row and of the lines of words in it, as the pictures have it.
const ROW: f64 = 22.0;

fn elements(svg: &str) -> Vec<Element> {
    read(svg).unwrap_or_else(|fault| panic!("not well-formed: {fault}"))
}

#[test]
fn the_reader_of_xml_refuses_what_is_not_well_formed() {
    for broken in [
        "",
        "<a>",
        "<a></b>",
        "</a>",
        "<a/><b/>",
        "<a b=1/>",
        "<a b=\"1\"c=\"2\"/>",
        "text",
        "<a b=\"1\" b=\"2\"/>",
        "<a>&nbsp;</a>",
        "<a>&</a>",
        "<a>\u{1}</a>",
        "<a b=\"&x\"/>",
        "<a",
    ] {
        assert!(read(broken).is_err(), "{broken:?}");
    }
    let read = read("<a b=\"1 &amp; 2\">x<c/>y</a>").expect("this is well-formed");
    assert_eq!((read[0].text.as_str(), read[0].get("b"), read[1].parent), ("xy", "1 & 2", Some(0)));
}

/// How often a message is to be seen: arriving, lost, and on its way.
fn fates(trace: &Trace) -> BTreeMap<u64, [usize; 3]> {
    let mut fates: BTreeMap<u64, [usize; 3]> = BTreeMap::new();
    let mut copies = BTreeMap::new();
    for event in &trace.events {
        for sending in &event.sends {
            copies.insert(sending.message, if sending.fate == Fate::Doubled { 2 } else { 1 });
            fates.entry(sending.message).or_default()[1] += usize::from(sending.fate == Fate::Lost);
        }
        match event.what {
            What::Deliver { message, .. } => fates.entry(message).or_default()[0] += 1,
            What::Lost { message } => fates.entry(message).or_default()[1] = 1,
            _ => {}
        }
    }
    for (message, [arrives, lost, flies]) in &mut fates {
        *flies = copies[message] - (*arrives + *lost).min(copies[message]);
    }
    fates
}

#[test]
fn every_message_has_its_arrows() {
    for (trace, toward) in [
        (runs::small(), Toward::Down),
        (runs::small(), Toward::Right),
        (runs::long(1, 3, 900), Toward::Down),
        (runs::long(2, 5, 1500), Toward::Right),
    ] {
        let elements = elements(&draw::svg(&trace, &Look { toward, ..Look::default() }));
        let mut drawn: BTreeMap<u64, [usize; 3]> = BTreeMap::new();
        for element in elements.iter().filter(|element| element.has_class("message")) {
            let Some(parent) = element.parent.map(|parent| &elements[parent]) else { continue };
            let Ok(message) = parent.get("data-message").parse() else { continue };
            let kind = ["arrives", "lost", "flying"].iter().position(|c| element.has_class(c));
            drawn.entry(message).or_default()[kind.expect("all of the run is drawn")] += 1;
        }
        assert_eq!(drawn, fates(&trace));
        assert!(drawn.values().any(|fate| fate[0] == 2), "a doubled message is there");
        assert!(drawn.values().any(|fate| fate[1] == 1), "a lost message is there");
    }
}

#[test]
fn every_window_shows_its_events_and_all_that_arrives_in_them() {
    let trace = runs::long(3, 3, 300);
    let mut random = model::Random::new(1);
    for _ in 0..40 {
        let from = random.below(300) as usize;
        let to = from + random.below(60) as usize;
        let look = Look { theme: Theme::Dark, ..Look::default() }.window(from..to);
        let elements = elements(&draw::svg(&trace, &look));
        let to = to.min(trace.events.len());
        let shown: Vec<usize> =
            elements.iter().filter_map(|e| e.get("data-event").parse().ok()).collect();
        assert_eq!(shown, (from..to).collect::<Vec<_>>());
        let come = |e: &&Element| e.has_class("arrives") || e.has_class("enters");
        let arrivals = trace.events[from..to].iter();
        let arrivals = arrivals.filter(|e| matches!(e.what, What::Deliver { .. })).count();
        assert_eq!(elements.iter().filter(come).count(), arrivals);
    }
}

/// Points of a path of straight strokes.
fn points(path: &str) -> Vec<(f64, f64)> {
    let number = |text: &str| text.parse::<f64>().expect("a path holds numbers");
    path.trim_start_matches('M')
        .split('L')
        .map(|point| point.split_once(' ').expect("a point has two numbers"))
        .map(|(x, y)| (number(x), number(y)))
        .collect()
}

#[test]
fn lines_are_broken_while_a_node_is_down_and_only_then() {
    let trace = runs::long(5, 3, 1900);
    let elements = elements(&draw::svg(&trace, &Look::default()));
    let names: Vec<f64> = (0..3).map(|n| named(&elements, &format!("n{n}")).number("x")).collect();
    let top = named(&elements, "n0").number("y") + 8.0;
    let mut crashes = 0;
    for (lane, x) in names.iter().enumerate() {
        let is_here = |e: &&Element| {
            e.has_class("line") && e.get("d").contains('L') && points(e.get("d"))[0].0 == *x
        };
        let lines: Vec<Vec<(f64, f64)>> =
            elements.iter().filter(is_here).map(|e| points(e.get("d"))).collect();
        let mut up = false;
        for (row, event) in trace.events.iter().enumerate() {
            if event.node.is_some_and(|node| node.index() == lane) {
                up = match event.what {
                    What::Start => true,
                    What::Crash => false,
                    _ => up,
                };
                crashes += usize::from(event.what == What::Crash);
            }
            let below = top + (row as f64 + 1.0) * ROW;
            let covered = lines.iter().filter(|l| l[0].1 < below && below < l[1].1).count();
            assert_eq!(covered, usize::from(up), "lane {lane} after event {row}");
        }
    }
    assert!(crashes > 0, "a node crashes");
    let leads = trace.events.iter().any(|event| event.epoch.is_some_and(|epoch| epoch.leads));
    assert_eq!(elements.iter().any(|e| e.has_class("leads")), leads);
}

fn named<'a>(elements: &'a [Element], name: &str) -> &'a Element {
    let found = elements.iter().find(|e| e.has_class("name") && e.text == name);
    found.expect("the lane has its name")
}

/// Fixed-width letters are at most so wide.
const LETTER: f64 = 7.3;

#[test]
fn words_neither_overlap_nor_leave_the_picture() {
    let steps = runs::small();
    for (trace, spacing, window) in [
        (steps, Spacing::Order, 0..100),
        (runs::long(9, 5, 700), Spacing::Scale, 0..700),
        (runs::long(9, 3, 400), Spacing::Scale, 100..300),
        (runs::hostile(), Spacing::Order, 0..10),
    ] {
        let look = Look { spacing, ..Look::default() }.window(window);
        let elements = elements(&draw::svg(&trace, &look));
        let wide = elements[0].number("width");
        let high = elements[0].number("height");
        let mut column: Vec<(f64, f64)> = Vec::new();
        for (place, text) in elements.iter().enumerate().filter(|(_, e)| e.name == "text") {
            let parts = elements.iter().filter(|e| e.parent == Some(place));
            let letters: usize =
                text.text.chars().count() + parts.map(|e| e.text.chars().count()).sum::<usize>();
            let is_words = text.get("text-anchor").is_empty() && text.number("x") > 90.0;
            if is_words && !elements[text.parent.unwrap_or(0)].has_class("legend") {
                assert!(text.number("x") + letters as f64 * LETTER <= wide, "{text:?}");
                column.push((text.number("x"), text.number("y")));
            }
            assert!(text.number("y") <= high);
        }
        column.sort_by(|a, b| a.1.total_cmp(&b.1));
        for pair in column.windows(2) {
            assert!(pair[1].1 - pair[0].1 >= 0.95 * ROW - 0.15, "{pair:?}");
        }
        assert!(column.len() >= trace.events.len().min(200), "all words were looked at");
    }
}

#[test]
fn a_picture_drawn_to_scale_keeps_times_and_cuts_silences() {
    let mut recorder = Recorder::new(usize::MAX);
    for at in [0u64, 1, 3, 1_000_003, 1_000_006] {
        let node = Some(runs::N0);
        recorder.begin(at * 1000, node, What::Timer, "tick".to_string());
    }
    let trace = recorder.trace("clock", 1, Clock::Nanoseconds);
    let look = Look { spacing: Spacing::Scale, ..Look::default() };
    let svg = draw::svg(&trace, &look);
    let elements = elements(&svg);
    let mut places = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let parent = element.parent.map(|parent| &elements[parent]);
        if parent.is_some_and(|parent| !parent.get("data-event").is_empty())
            && element.get("transform").starts_with("translate")
        {
            let inner = element.get("transform").trim_start_matches("translate(");
            let y = inner.trim_end_matches(')').split_once(' ').expect("two numbers").1;
            places.push(y.parse::<f64>().unwrap_or_else(|_| panic!("{index}: {y}")));
        }
    }
    let gaps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((gaps[1] / gaps[0] - 2.0).abs() < 0.05, "{gaps:?}");
    assert!((gaps[3] / gaps[0] - 3.0).abs() < 0.05, "{gaps:?}");
    assert_eq!(gaps[2], 2.0 * ROW);
    assert_eq!(svg.matches("1 s of silence").count(), 1);
}

#[test]
fn the_golden_picture_is_current() {
    let golden = include_str!("golden/small.svg");
    let again = "If the change is wanted: cargo run -p draw --example pictures -- FOLDER, look at \
                 small.svg in all themes, and copy it to draw/tests/golden.";
    assert!(draw::svg(&runs::small(), &Look::default()) == golden, "{again}");
}

#[test]
fn a_long_run_is_drawn_around_its_violation_and_says_so() {
    let mut trace = runs::long(4, 3, 6_000);
    let count = trace.events.len();
    let svg = draw::svg(&trace, &Look::default());
    assert_eq!(svg.matches("data-event=").count(), 2_000);
    assert!(svg.contains(&format!("{} earlier ones are not drawn", count - 2_000)));
    trace.events[1_000].what = What::Violation;
    trace.omitted = 5;
    let svg = draw::svg(&trace, &Look::default());
    assert!(svg.contains("data-kind=\"violation\" data-event=\"1000\""));
    assert!(svg.contains(" · 5 earlier ones are not drawn · "));
    let svg = draw::svg(&trace, &Look::default().around(1_000));
    assert_eq!(svg.matches("data-event=").count(), 31);
}

#[test]
fn hostile_text_stays_text() {
    let trace = runs::hostile();
    for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
        for toward in [Toward::Down, Toward::Right] {
            let look = Look { theme, toward, ..Look::default() };
            let elements = elements(&draw::svg(&trace, &look));
            assert!(elements.iter().all(|element| element.name != "script"));
        }
    }
    let page = draw::page(&[trace.clone(), runs::small()], &Look::default());
    assert_eq!(page.matches("</script").count(), 2, "one for the runs and one for the script");
    assert_eq!(page.matches("<!--").count(), 0);
    assert!(!page.contains(['\u{202e}', '\u{2028}', '\u{0}', '\u{7}']));
    let shown = "</script></text><!--]]>\"'&amp;\u{fffd}\u{fffd} \u{fffd} 日本語😀@{RUNS}";
    assert_eq!(runs_of(&page)["runs"][0]["subject"], shown);
}

#[test]
fn nothing_to_draw_is_drawn_as_nothing() {
    let none = Recorder::new(1).trace("nothing", 0, Clock::Steps);
    for toward in [Toward::Down, Toward::Right] {
        let look = Look { toward, spacing: Spacing::Scale, ..Look::default() };
        elements(&draw::svg(&none, &look));
        elements(&draw::svg(&runs::small(), &look.window(90..usize::MAX)));
    }
    assert_eq!(runs_of(&draw::page(&[], &Look::default()))["runs"], serde_json::json!([]));
    draw::page(&[none], &Look::default());
}

/// What a page holds for its script.
fn runs_of(page: &str) -> serde_json::Value {
    let begin = page.split_once("id=\"runs\">").expect("the page holds its runs").1;
    let json = begin.split_once("</script>").expect("they end").0;
    serde_json::from_str(json).expect("they are JSON")
}

#[test]
fn a_page_holds_its_runs_and_fetches_nothing() {
    let traces = [runs::small(), runs::long(6, 4, 2_000)];
    let page = draw::page(&traces, &Look::default());
    for fetch in ["http:", "https:", " src=", "@import", "url(", "import(", "fetch(", "@{"] {
        assert!(!page.contains(fetch), "{fetch}");
    }
    let all = runs_of(&page);
    let text = |place: &serde_json::Value| {
        all["strings"][place.as_u64().expect("a place") as usize].as_str().expect("a text")
    };
    for (trace, run) in traces.iter().zip(all["runs"].as_array().expect("a list")) {
        let length = |name: &str| run[name].as_array().expect("a column").len();
        for name in ["at", "lane", "kind", "text", "message", "epoch"] {
            assert_eq!(length(name), trace.events.len(), "{name}");
        }
        assert_eq!(length("send_event") as u64, trace.messages());
        for (index, event) in trace.events.iter().enumerate() {
            assert_eq!(text(&run["text"][index]), event.to_string());
            assert_eq!(run["at"][index], event.at);
            if let What::Deliver { message, .. } = event.what {
                let place = run["message"][index].as_u64().expect("it was sent") as usize;
                let sender = run["send_event"][place].as_u64().expect("by an event") as usize;
                let sends = &trace.events[sender].sends;
                assert!(sends.iter().any(|sending| sending.message == message));
            }
        }
    }
}

#[test]
fn the_first_difference_of_two_runs_is_found() {
    let trace = runs::long(8, 3, 400);
    assert_eq!(draw::difference(&trace, &trace), None);
    let mut random = model::Random::new(3);
    for _ in 0..60 {
        let at = random.below(trace.events.len() as u64) as usize;
        let mut other = trace.clone();
        match random.below(5) {
            0 => other.events[at].text.push('!'),
            1 => other.events[at].tells.push("more".to_string()),
            2 => other.events[at].saves.push("more".to_string()),
            3 => other.events[at].node = None,
            _ => other.events.truncate(at),
        }
        // What only has a time of its own has not gone another way.
        other.events.iter_mut().take(at).for_each(|event| event.at += 1);
        let flushes = matches!(trace.events[at].what, What::Sync | What::Flush | What::Crash);
        if !flushes || other.events.len() == at {
            assert_eq!(draw::difference(&trace, &other), Some(at));
            assert_eq!(draw::difference(&other, &trace), Some(at));
        }
    }
}
