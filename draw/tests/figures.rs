//! Histories, charts, sheets of them, and logs for ShiViz.

mod runs;
mod xml;

use std::collections::BTreeMap;

use draw::{Bar, Look, Palette, Series, Shape};
use model::Random;
use world::trace::{Causality, What};
use xml::{Element, read};

fn elements(svg: &str) -> Vec<Element> {
    read(svg).unwrap_or_else(|fault| panic!("not well-formed: {fault}"))
}

fn random_bars(random: &mut Random) -> Vec<Bar> {
    let count = random.below(30);
    let bar = |random: &mut Random| {
        let start = random.below(100);
        let end = (!random.chance(1, 5)).then(|| start + 1 + random.below(20));
        Bar {
            process: format!("client <{}>", random.below(4)),
            start,
            end,
            text: "read → 1 & \"2\"".to_string(),
            conflict: random.chance(1, 4),
            note: "</svg>".to_string(),
        }
    };
    (0..count).map(|_| bar(random)).collect()
}

/// Left, right, top of a bar's outline.
fn outline(path: &str) -> (f64, f64, f64) {
    let parts: Vec<f64> = path
        .split(['M', 'H', 'V', 'Z', ' '])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().expect("a path holds numbers"))
        .collect();
    let across = [parts[0], parts[2]];
    (across[0].min(across[1]), across[0].max(across[1]), parts[1])
}

#[test]
fn bars_keep_the_order_of_calls_and_returns_and_never_overlap() {
    let mut random = Random::new(11);
    for _ in 0..100 {
        let bars = random_bars(&mut random);
        let elements = elements(&draw::history("a <history>", &bars, &Look::default()));
        let drawn: Vec<(&Element, (f64, f64, f64))> = elements
            .iter()
            .filter(|e| e.has_class("bar") && e.get("d").contains('H'))
            .filter(|e| !elements[e.parent.unwrap_or(0)].get("data-operation").is_empty())
            .map(|e| (e, outline(e.get("d"))))
            .collect();
        assert_eq!(drawn.len(), bars.len());
        for (a, (element, (left, right, top))) in bars.iter().zip(&drawn) {
            assert_eq!(element.has_class("conflict"), a.conflict);
            assert_eq!(element.has_class("open"), a.end.is_none());
            for (b, (_, (other_left, other_right, other_top))) in bars.iter().zip(&drawn) {
                if let Some(end) = a.end {
                    assert_eq!(end < b.start, right < other_left, "{a:?} {b:?}");
                }
                assert_eq!(a.start < b.start, left < other_left);
                let is_same = std::ptr::eq(a, b);
                if top == other_top && !is_same {
                    assert_eq!(a.process, b.process);
                    assert!(right <= other_left || other_right <= left, "{a:?} {b:?}");
                }
            }
        }
    }
}

#[test]
fn charts_show_every_figure_in_its_place() {
    let points: Vec<(f64, f64)> = (1..=9).map(|n| (f64::from(n), f64::from(n * n))).collect();
    let measured = Series {
        name: "measured & <true>".to_string(),
        shape: Shape::Points,
        group: 0,
        points: points.iter().copied().chain([(f64::NAN, 1.0), (2.0, f64::INFINITY)]).collect(),
    };
    let formula = Series { name: "n²".into(), shape: Shape::Line, points, ..measured.clone() };
    let series = [formula, measured];
    let elements = elements(&draw::chart("costs <&>", "n", "messages", &series, &Look::default()));
    let places: Vec<(f64, f64)> = elements
        .iter()
        .filter(|e| e.has_class("point"))
        .filter(|e| elements[e.parent.unwrap_or(0)].get("data-series") == "1")
        .map(|e| e.get("transform").trim_start_matches("translate(").trim_end_matches(')'))
        .map(|place| place.split_once(' ').expect("two numbers"))
        .map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number")))
        .collect();
    assert_eq!(places.len(), 9);
    let line = elements.iter().find(|e| e.has_class("e0") && e.get("d").contains('L'));
    let corners: Vec<String> = places.iter().map(|(x, y)| format!("{x} {y}")).collect();
    assert_eq!(line.expect("the formula is drawn").get("d"), format!("M{}", corners.join("L")));
    // Equal steps of n are equal steps across, and figures are to scale upwards.
    let zero = places[0].1 + (places[0].1 - places[1].1) / 3.0;
    for (n, (x, y)) in (1..).zip(&places) {
        let n = f64::from(n);
        assert!((x - places[0].0 - (n - 1.0) * (places[1].0 - places[0].0)).abs() < 0.5);
        assert!(((zero - y) - n * n * (zero - places[0].1)).abs() < 5.0, "{n}");
    }
}

#[test]
fn charts_of_little_or_odd_are_drawn() {
    let one = |points: &[(f64, f64)]| Series {
        name: String::new(),
        shape: Shape::Line,
        group: 7,
        points: points.to_vec(),
    };
    for points in [
        &[][..],
        &[(0.0, 0.0)],
        &[(f64::NAN, f64::NAN)],
        &[(1.0, 1e-9), (2.0, 3e-9)],
        &[(-3.0, -1e300), (5.0, 1e300)],
        &[(1.0, 123_456_789_012.0)],
    ] {
        let svg = draw::chart("", "", "", &[one(points)], &Look::default());
        elements(&svg);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{points:?}");
        assert!(svg.len() < 20_000, "{points:?}");
    }
}

#[test]
fn a_sheet_is_one_page_of_all_its_pictures() {
    let look = Look { palette: Palette::Print, ..Look::default() };
    let picture = draw::history("h", &random_bars(&mut Random::new(2)), &look);
    let pictures = [("one </figure>".to_string(), picture.clone()), ("two".to_string(), picture)];
    let sheet = draw::sheet("a <title>", &pictures, &look);
    assert_eq!(sheet.matches("<svg ").count(), 2);
    assert_eq!(sheet.matches("</figure>").count(), 2);
    assert!(!sheet.contains("<script") && !sheet.contains("<title>a <title>"));
}

/// A line of the log: host, vector, the rest; read as the parser's expression says.
fn line(text: &str) -> (String, BTreeMap<String, u32>, String) {
    let (host, rest) = text.split_once(" {").expect("a host stands before its vector");
    let (clock, rest) = rest.split_once("} ").expect("the vector ends");
    let clock = serde_json::from_str(&format!("{{{clock}}}")).expect("a vector is JSON");
    (host.to_string(), clock, rest.split_once(' ').expect("a time").1.to_string())
}

#[test]
fn shiviz_sees_the_same_happened_before() {
    for trace in [runs::small(), runs::long(3, 4, 300), runs::hostile()] {
        let log = draw::shiviz(&trace);
        let mut lines = log.lines();
        assert_eq!(
            lines.next(),
            Some(r"(?<host>\S+) (?<clock>\{[^}]*\}) (?<time>\S+) (?<event>.*)")
        );
        assert_eq!(lines.next(), Some(""));
        let read: Vec<_> = lines.map(line).collect();
        assert_eq!(read.len(), trace.events.len());
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for (host, clock, words) in &read {
            let count = counts.entry(host).or_default();
            *count += 1;
            assert_eq!(clock.get(host), Some(&*count), "a host counts its own events from 1");
            assert!(!words.is_empty());
        }
        let order = Causality::of(&trace);
        let happens = |event: usize| {
            let event = &trace.events[event];
            event.node.is_some() && !matches!(event.what, What::Lost { .. })
        };
        for (a, (host, clock, _)) in read.iter().enumerate() {
            for (b, (_, other, _)) in read.iter().enumerate() {
                if a != b && happens(a) && happens(b) {
                    let knows = other.get(host).is_some_and(|known| *known >= clock[host]);
                    assert_eq!(knows, order.precedes(a, b), "{a} {b}");
                }
            }
        }
    }
}
