//! Writes one of each kind of picture and page into a folder, to look at:
//! `cargo run -p draw --example pictures -- FOLDER`.

#[path = "../tests/runs/mod.rs"]
mod runs;

use std::fs;
use std::path::Path;

use draw::{Bar, Look, Palette, Series, Shape, Spacing, Theme, Toward};

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("Name the folder to write into.");
        std::process::exit(2);
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let write = |name: &str, text: String| fs::write(folder.join(name), text);
    let small = runs::small();
    let long = runs::long(7, 5, 100_000);
    let some = runs::long(7, 3, 400);
    let right = Look { toward: Toward::Right, ..Look::default() };
    let dark = Look { theme: Theme::Dark, palette: Palette::Print, ..Look::default() };
    let scale = Look { spacing: Spacing::Scale, ..Look::default() };
    write("small.svg", draw::svg(&small, &Look::default()))?;
    write("small-right.svg", draw::svg(&small, &right))?;
    write("small-dark.svg", draw::svg(&small, &dark))?;
    let both = Look { spacing: Spacing::Scale, toward: Toward::Right, ..Look::default() };
    write("scale-right.svg", draw::svg(&some, &both.window(0..50)))?;
    write("scale.svg", draw::svg(&some, &scale.window(0..60)))?;
    write("around.svg", draw::svg(&small, &Look::default().around(30)))?;
    write("small.html", draw::page(std::slice::from_ref(&small), &Look::default()))?;
    write("some.html", draw::page(std::slice::from_ref(&some), &Look::default()))?;
    write("long.html", draw::page(std::slice::from_ref(&long), &Look::default()))?;
    let mut other = some.clone();
    other.events[150].text = "Append [77]".to_string();
    other.events.truncate(380);
    write("pair.html", draw::page(&[some, other], &Look::default()))?;
    let many = runs::long(3, 12, 500);
    write("many.svg", draw::svg(&many, &Look::default().window(0..70)))?;
    write("many.html", draw::page(&[many], &Look::default()))?;
    write("hostile.svg", draw::svg(&runs::hostile(), &Look::default()))?;
    write("hostile.html", draw::page(&[runs::hostile()], &Look::default()))?;
    let empty = world::trace::Recorder::new(1).trace("empty", 2, world::trace::Clock::Steps);
    write("empty.html", draw::page(&[empty.clone(), empty], &Look::default()))?;
    write("none.html", draw::page(&[], &Look::default()))?;
    write("small.shiviz", draw::shiviz(&small))?;
    let history = draw::history("A register, not linearizable", &bars(), &Look::default());
    write("history.svg", history.clone())?;
    let charts = charts();
    let mut pictures = vec![("A read that goes back in time.".to_string(), history)];
    pictures.extend(charts.iter().map(|chart| ("Messages of one run.".to_string(), chart.clone())));
    write("chart.svg", charts[0].clone())?;
    write("sheet.html", draw::sheet("Histories and figures", &pictures, &Look::default()))
}

fn bars() -> Vec<Bar> {
    let bar = |process: &str, start, end, text: &str, conflict| Bar {
        process: process.to_string(),
        start,
        end,
        text: text.to_string(),
        conflict,
        note: String::new(),
    };
    vec![
        bar("client 1", 0, Some(3), "write 1 → ok", false),
        bar("client 2", 1, Some(2), "read → 0", false),
        bar("client 3", 2, None, "write 2", false),
        bar("client 2", 4, Some(6), "read → 2", true),
        bar("client 1", 7, Some(9), "read → 1", true),
        bar("client 2", 8, Some(10), "write 3 → ok", false),
    ]
}

fn charts() -> Vec<String> {
    let points = |f: &dyn Fn(f64) -> f64| (2..=12).map(|n| (n.into(), f(n.into()))).collect();
    let series = |name: &str, shape, group, f: &dyn Fn(f64) -> f64| Series {
        name: name.to_string(),
        shape,
        group,
        points: points(f),
    };
    let broadcast = [
        series("n(n - 1)", Shape::Line, 0, &|n| n * (n - 1.0)),
        series("reliable broadcast, measured", Shape::Points, 0, &|n| n * (n - 1.0)),
        series("4(n - 1)", Shape::Line, 1, &|n| 4.0 * (n - 1.0)),
        series("two-phase commit, measured", Shape::Points, 1, &|n| 4.0 * (n - 1.0)),
    ];
    vec![draw::chart(
        "Messages without faults",
        "nodes n",
        "messages",
        &broadcast,
        &Look::default(),
    )]
}
