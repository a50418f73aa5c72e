//! The style, as far as a machine can see it; and the house's plan. Rules that need judgement are
//! in STYLE.md alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 70;
const COLUMNS: usize = 100;

/// What each crate may depend on, of our own crates and of others. An arrow that is not here is
/// not in the plan: ARCHITECTURE.md says why each of these is.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &["serde"]),
    ("canon", &["model", "serde"]),
    ("spec", &["model", "serde", "serde_json"]),
    ("world", &["model", "spec", "serde"]),
    ("sim", &["model", "spec", "world", "serde", "serde_json"]),
    ("check", &["model", "spec", "world", "serde", "crc32c"]),
    ("draw", &["model", "world", "serde", "serde_json"]),
    ("machine", &["model", "serde", "bytes"]),
    ("wire", &["model", "machine", "bytes", "prost", "tonic", "tonic-prost"]),
    (
        "lab",
        &[
            "model",
            "canon",
            "spec",
            "world",
            "sim",
            "check",
            "machine",
            "bytes",
            "serde",
            "serde_json",
        ],
    ),
    (
        "maelstrom",
        &["model", "canon", "spec", "world", "machine", "lab", "bytes", "serde", "serde_json"],
    ),
    ("field", &["model", "world", "sim", "lab", "serde", "serde_json", "rustix"]),
    (
        "node",
        &[
            "model",
            "canon",
            "machine",
            "wire",
            "serde",
            "postcard",
            "crc32c",
            "mio",
            "socket2",
            "rustix",
            "tokio",
            "tokio-stream",
            "tonic",
        ],
    ),
    (
        "chaos",
        &[
            "model",
            "spec",
            "world",
            "sim",
            "field",
            "wire",
            "node",
            "bytes",
            "serde",
            "serde_json",
            "tokio",
            "tonic",
        ],
    ),
    (
        "synod",
        &[
            "model",
            "spec",
            "world",
            "sim",
            "check",
            "lab",
            "field",
            "maelstrom",
            "draw",
            "node",
            "chaos",
            "serde",
            "serde_json",
            "clap",
            "tokio",
        ],
    ),
];

/// What pure crates must not name: time, chance, order that differs from run to run, dispatch that
/// cannot be compared.
const IMPURE: &[&str] =
    &["HashMap", "HashSet", "Instant", "SystemTime", "f32", "f64", "dyn ", "async "];
const PURE: &[&str] = &["model", "canon", "machine"];

/// What no file may hold.
const BANNED: &[&str] =
    &["todo!(", "unimplemented!(", "dbg!(", "thread::sleep", "FIXME", "#[ignore"];

/// Parts of names that say nothing.
const EMPTY_NAMES: &[&str] = &["Manager", "Handler", "Impl", "Util", "Helper", "Data", "Info"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file of the project, with its path from the root and its text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("The project can be read.") {
            let path = entry.expect("The project can be read.").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).expect("Sources are text.");
                let from_root = path.strip_prefix(root()).unwrap_or(&path);
                found.push((from_root.display().to_string(), text));
            }
        }
    }
    found.sort();
    assert!(found.len() > 50, "The project has more files than {}.", found.len());
    found
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// This file names what it forbids.
fn is_this(file: &str) -> bool {
    file == "tests/tidy.rs"
}

#[test]
fn files_functions_and_lines_are_short() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let count = text.lines().count();
        if count > FILE_LINES {
            faults.push(format!("{file} has {count} lines"));
        }
        for (number, line) in text.lines().enumerate() {
            if line.chars().count() > COLUMNS {
                faults.push(format!("{file}:{} is longer than {COLUMNS} columns", number + 1));
            }
        }
        for (line, length) in functions(&text) {
            if length > FUNCTION_LINES {
                faults.push(format!("{file}:{line} is a function of {length} lines"));
            }
        }
    }
    report(&faults);
}

/// Where functions begin, and how many lines they have: rustfmt closes one at its own indent.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (begin, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let is_function = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn ", "async fn "]
            .iter()
            .any(|start| code.starts_with(start));
        if !is_function {
            continue;
        }
        let indent = &line[..line.len() - code.len()];
        let close = format!("{indent}}}");
        // What a trait only names ends in a semicolon, at the same indent.
        let is_named = |line: &str| {
            let rest = line.strip_prefix(indent).unwrap_or(" ");
            !rest.starts_with(' ') && rest.ends_with(';')
        };
        let is_end = |line: &&str| **line == *close || line.ends_with("; }") || is_named(line);
        let end = lines[begin..].iter().position(is_end);
        found.push((begin + 1, end.map_or(1, |end| end + 1)));
    }
    found
}

#[test]
fn pure_crates_name_nothing_impure() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let is_pure = PURE.iter().any(|name| file.starts_with(&format!("{name}/src/")));
        for (number, line) in text.lines().enumerate().filter(|_| is_pure) {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(word) = IMPURE.iter().find(|word| has_word(code, word)) {
                faults.push(format!("{file}:{} names {word}", number + 1));
            }
        }
    }
    report(&faults);
}

/// Whether `code` holds `word` and not just a longer word that contains it.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !is_part(before) && (word.ends_with(' ') || !is_part(after))
    })
}

#[test]
fn nothing_is_left_unfinished_and_names_say_something() {
    let mut faults = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| !is_this(file)) {
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = BANNED.iter().find(|word| line.contains(**word)) {
                faults.push(format!("{file}:{} has {word}", number + 1));
            }
            let code = line.trim_start().trim_start_matches("pub ");
            let name = ["struct ", "enum ", "trait "].iter().find_map(|k| code.strip_prefix(k));
            let name: String =
                name.unwrap_or("").chars().take_while(|c| c.is_alphanumeric()).collect();
            if let Some(part) = EMPTY_NAMES.iter().find(|part| name.ends_with(**part)) {
                faults.push(format!("{file}:{}: the name {name} ends with {part}", number + 1));
            }
        }
    }
    report(&faults);
}

#[test]
fn arrows_point_down() {
    let mut faults = Vec::new();
    let plan: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (package, allowed) in &plan {
        let folder = if *package == "synod" { "cli" } else { package };
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml"));
        let manifest = manifest.expect("Every crate has a manifest.");
        let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let lines = section.lines().take_while(|line| !line.starts_with('['));
        for line in lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if !allowed.contains(&name) {
                faults.push(format!("{folder} depends on {name}, which is not in the plan"));
            }
        }
    }
    report(&faults);
}

#[test]
fn every_outside_dependency_has_its_reason() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("The map is there.");
    let own: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let outside = ARROWS.iter().flat_map(|(_, allowed)| allowed.iter());
    let missing: Vec<String> = outside
        .filter(|name| !own.contains(name) && !page.contains(&format!("| `{name}`")))
        .map(|name| format!("ARCHITECTURE.md gives no reason for {name}"))
        .collect();
    report(&missing);
}

#[test]
fn the_canon_page_is_current() {
    let page = fs::read_to_string(root().join("CANON.md")).expect("CANON.md is there.");
    assert_eq!(page, lab::canon(), "Write it anew: synod list --markdown > CANON.md");
}
