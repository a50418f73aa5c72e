//! The text of stories.

use std::fmt::{self, Display, Write};
use std::path::Path;

use model::{NodeId, NodeSet, Process};

use super::stage::{Packet, Stage, Trouble};
use super::step::Step;
use crate::subject::{Subject, operation_random};
use crate::trace::Trace;

/// The first command of a story: whose story it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cast {
    /// The subject's name.
    pub subject: String,
    /// How many nodes run it.
    pub nodes: usize,
    /// Whether every node flushes after every command.
    pub auto_flush: bool,
    /// Which variant of the subject, as names and values: `mutant=early-vote`, `proposals=2`.
    /// Stages take the subject that they are given; this is for whoever chooses it.
    pub variant: Vec<(String, String)>,
}

impl Display for Cast {
    /// The command.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nodes {} {}", self.subject, self.nodes)?;
        f.write_str(if self.auto_flush { " auto-flush" } else { "" })?;
        self.variant.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// What is wrong with a story, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoryError {
    /// The line, counted from 1; 0 when it is the story as a whole.
    pub line: usize,
    /// What is wrong, as a sentence or two.
    pub what: String,
}

impl Display for StoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for StoryError {}

/// Reads whose story a text is, so that the subject can be chosen.
///
/// # Errors
/// The first command is not `nodes <subject> <count> [auto-flush] [<name>=<value> ...]`.
pub fn cast(text: &str) -> Result<Cast, StoryError> {
    let commands = text.lines().enumerate().filter(|(_, line)| !is_comment(line));
    let (at, line) = commands.into_iter().next().ok_or_else(|| StoryError {
        line: 0,
        what: "A story begins with `nodes <subject> <count>`.".to_string(),
    })?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let wrong = || StoryError {
        line: at + 1,
        what: format!(
            "A story begins with `nodes <subject> <count> [auto-flush] [<name>=<value> ...]`, \
             not `{line}`."
        ),
    };
    let (subject, count, rest) = match words[..] {
        ["nodes", subject, count, ref rest @ ..] => (subject, count, rest),
        _ => return Err(wrong()),
    };
    let (auto_flush, rest) = match rest {
        ["auto-flush", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let pair = |word: &&str| {
        let (name, value) = word.split_once('=')?;
        Some((name.to_string(), value.to_string()))
    };
    let variant = rest.iter().map(pair).collect::<Option<_>>().ok_or_else(wrong)?;
    // How many nodes the subject takes is for whoever chooses it to say.
    let nodes = count.parse().map_err(|_| wrong())?;
    Ok(Cast { subject: subject.to_string(), nodes, auto_flush, variant })
}

/// The story with another first command.
pub fn recast(text: &str, cast: &Cast) -> String {
    let mut is_told = false;
    let lines = text.lines().map(|line| match is_told || is_comment(line) {
        true => line.to_string() + "\n",
        false => {
            is_told = true;
            format!("{cast}\n")
        }
    });
    lines.collect()
}

/// Replays a story: takes its commands, and returns its text with the effects that they have now.
///
/// `draw <seed> <numbers>` lets the story name, besides the requests that its subject offers, those
/// that a random run of the seed draws with these numbers.
///
/// A story is blocks of commands, one a line, each block followed by a line `---`, the effects of
/// its commands, one a line, and an empty line. Lines that begin with `#` are comments.
///
/// # Errors
/// A command that is unknown or impossible, with what would have been possible.
pub fn replay<S: Subject>(subject: &S, text: &str) -> Result<String, StoryError> {
    let mut script = Script::new(subject, text)?;
    let mut text_now = String::new();
    let mut commands_since_effects = false;
    let mut in_effects = false;
    for (at, line) in text.lines().enumerate() {
        if in_effects && !line.trim().is_empty() {
            continue;
        }
        if line.trim() == "---" {
            script.close_block(&mut text_now);
            (in_effects, commands_since_effects) = (true, false);
            continue;
        }
        in_effects = false;
        text_now.push_str(line.trim_end());
        text_now.push('\n');
        if !is_comment(line) {
            let taken = script.command(line.trim());
            taken.map_err(|what| StoryError { line: at + 1, what })?;
            commands_since_effects = true;
        }
    }
    if commands_since_effects {
        script.close_block(&mut text_now);
    }
    Ok(text_now)
}

/// Goes the way of a story; returns the stage as it then is, and what was broken on the way.
///
/// # Errors
/// As [`replay`].
pub fn perform<'a, S: Subject>(
    subject: &'a S,
    text: &str,
) -> Result<(Stage<'a, S>, Option<Trouble>), StoryError> {
    follow(subject, text, |_| {})
}

/// As [`perform`]; shows the stage after each command.
///
/// # Errors
/// As [`replay`].
pub fn follow<'a, S: Subject>(
    subject: &'a S,
    text: &str,
    mut each: impl FnMut(&Stage<'a, S>),
) -> Result<(Stage<'a, S>, Option<Trouble>), StoryError> {
    let mut script = Script::new(subject, text)?;
    let mut in_effects = false;
    for (at, line) in text.lines().enumerate() {
        in_effects = line.trim() == "---" || in_effects && !line.trim().is_empty();
        if !in_effects && !is_comment(line) {
            let taken = script.command(line.trim());
            taken.map_err(|what| StoryError { line: at + 1, what })?;
            script.stage.iter().for_each(&mut each);
        }
    }
    let nobody = || StoryError { line: 0, what: "The story tells nothing.".to_string() };
    Ok((script.stage.ok_or_else(nobody)?, script.trouble))
}

/// What happens in a story, as data.
///
/// # Errors
/// As [`replay`].
pub fn trace<S: Subject>(subject: &S, text: &str) -> Result<Trace, StoryError> {
    perform(subject, text).map(|(stage, _)| stage.trace())
}

/// Checks that a story's effects are the ones that its commands have now.
///
/// # Errors
/// As [`replay`]; and the first line that differs.
pub fn check<S: Subject>(subject: &S, text: &str) -> Result<(), StoryError> {
    difference(text, &replay(subject, text)?).map_or(Ok(()), Err)
}

/// The first line in which a story says something else than what happens now, as [`replay`] tells
/// it.
pub fn difference(text: &str, now: &str) -> Option<StoryError> {
    let mut told = text.lines().map(str::trim_end);
    let mut happened = now.lines();
    let mut line = 0;
    loop {
        line += 1;
        let (told, happened) = match (told.next(), happened.next()) {
            (None, None) => return None,
            pair => (pair.0.unwrap_or("(nothing)"), pair.1.unwrap_or("(nothing)")),
        };
        if told != happened {
            let what = format!("The story says `{told}`, but what happens is `{happened}`.");
            return Some(StoryError { line, what });
        }
    }
}

/// For tests: checks the story in a file. With `SYNOD_BLESS=1` in the environment, the file is
/// written anew with the effects that its commands have now.
///
/// # Panics
/// The file cannot be read or written, or the story is not what happens.
pub fn golden<S: Subject>(subject: &S, file: impl AsRef<Path>) {
    let file = file.as_ref();
    let text = std::fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()));
    if std::env::var_os("SYNOD_BLESS").is_some_and(|value| value == "1") {
        let now = replay(subject, &text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        std::fs::write(file, now)
            .unwrap_or_else(|error| panic!("{} cannot be written: {error}", file.display()));
    } else if let Err(error) = check(subject, &text) {
        panic!("{}: {error} (SYNOD_BLESS=1 writes what happens)", file.display());
    }
}

fn is_comment(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// A story that is being replayed.
struct Script<'a, S: Subject> {
    subject: &'a S,
    cast: Cast,
    /// Nobody is there before the command `nodes`.
    stage: Option<Stage<'a, S>>,
    /// The effects of the block so far.
    effects: Vec<String>,
    /// Seeds and numbers of requests of random runs that the story may name.
    drawn: Vec<(u64, u64)>,
    /// What was broken, if anything was.
    trouble: Option<Trouble>,
}

impl<'a, S: Subject> Script<'a, S> {
    /// A story of this subject, before its first command.
    fn new(subject: &'a S, text: &str) -> Result<Self, StoryError> {
        let cast = cast(text)?;
        if cast.subject != subject.name() || cast.nodes != subject.nodes() {
            let (name, nodes) = (subject.name(), subject.nodes());
            let what = format!("This is not a story of {nodes} nodes of {name}.");
            return Err(StoryError { line: 1, what });
        }
        Ok(Script {
            subject,
            cast,
            stage: None,
            effects: Vec::new(),
            drawn: Vec::new(),
            trouble: None,
        })
    }

    fn close_block(&mut self, text: &mut String) {
        text.push_str("---\n");
        if self.effects.is_empty() {
            text.push_str("ok\n");
        }
        for line in self.effects.drain(..) {
            text.push_str(&line);
            text.push('\n');
        }
    }

    fn command(&mut self, line: &str) -> Result<(), String> {
        let Some(stage) = &mut self.stage else {
            return self.begin();
        };
        let (verb, rest) = word(line);
        if verb == "show" {
            let shown = show(stage, rest)?;
            self.effects.extend(shown.lines().map(str::to_string));
            return Ok(());
        }
        if verb == "draw" {
            self.drawn.extend(numbers(rest)?);
            return Ok(());
        }
        let step = read(stage, &self.drawn, verb, rest)?;
        match stage.apply(&step) {
            Ok(lines) => self.effects.extend(lines),
            Err(Trouble::Impossible(why)) => return Err(format!("`{line}` cannot happen: {why}.")),
            Err(violation) => {
                self.effects.extend(stage.lines());
                self.effects.push(violation.to_string());
                self.trouble = Some(violation);
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), String> {
        match Stage::new(self.subject, self.cast.auto_flush) {
            Ok((stage, lines)) => {
                self.stage = Some(stage);
                self.effects.extend(lines);
                Ok(())
            }
            Err(trouble) => Err(format!("The nodes cannot even start: {trouble}.")),
        }
    }
}

/// A seed and the numbers after it.
fn numbers(rest: &str) -> Result<Vec<(u64, u64)>, String> {
    let numbers: Result<Vec<u64>, _> = rest.split_whitespace().map(str::parse).collect();
    match numbers.as_deref() {
        Ok([seed, counts @ ..]) => Ok(counts.iter().map(|count| (*seed, *count)).collect()),
        _ => Err(format!("`draw` takes a seed and numbers of requests, not `{rest}`.")),
    }
}

/// Reads one command line as a step of this stage, which may name requests drawn in random runs.
fn read<S: Subject>(
    stage: &Stage<S>,
    drawn: &[(u64, u64)],
    verb: &str,
    rest: &str,
) -> Result<Step<S::Process>, String> {
    let packet = || in_flight(stage, rest).map(|p| (p.from, p.to, p.message.clone()));
    Ok(match verb {
        "request" => {
            let (node, text) = node_and_rest(rest)?;
            let mut offered = stage.subject.requests(node);
            offered.extend(drawn.iter().filter_map(|&(seed, count)| {
                stage.subject.request(node, count, &mut operation_random(seed, count))
            }));
            let request = the_one(text, offered.iter(), "requests that the subject offers")?;
            Step::Request { node, request: request.clone() }
        }
        "deliver" => packet().map(|(from, to, message)| Step::Deliver { from, to, message })?,
        "drop" => packet().map(|(from, to, message)| Step::Drop { from, to, message })?,
        "duplicate" => packet().map(|(from, to, message)| Step::Duplicate { from, to, message })?,
        "forge" => {
            let (from, rest) = node_and_rest(rest)?;
            let (to, text) = node_and_rest(rest)?;
            let traitors = stage.subject.traitors();
            let forged = traitors.contains(from).then(|| stage.subject.forgeries(from, to));
            let forged = forged.unwrap_or_default();
            let what = format!("messages that {from} may forge for {to}");
            let message = the_one(text, forged.iter(), &what)?.clone();
            Step::Forge { from, to, message }
        }
        "fire" => {
            let (node, text) = node_and_rest(rest)?;
            let timer = the_one(text, stage.timers(node), "armed alarms")?.clone();
            Step::Fire { node, timer }
        }
        "flush" => Step::Flush { node: node_only(rest)? },
        "sync" => Step::Sync { node: node_only(rest)? },
        "crash" => Step::Crash { node: node_only(rest)? },
        "restart" => Step::Restart { node: node_only(rest)? },
        "choose" => {
            let answers = rest.split_whitespace().map(str::parse).collect::<Result<_, _>>();
            Step::Choose { answers: answers.map_err(|_| format!("`{rest}` is not numbers."))? }
        }
        "partition" => {
            let groups = rest.split('|').map(|group| {
                group.split_whitespace().map(node_only).collect::<Result<NodeSet, String>>()
            });
            Step::Partition { groups: groups.collect::<Result<_, _>>()? }
        }
        "heal" => Step::Heal,
        "settle" => Step::Settle,
        _ => {
            return Err(format!(
                "`{verb}` is no command; there are request, deliver, drop, duplicate, forge, \
                 fire, flush, sync, crash, restart, choose, partition, heal, settle, draw and \
                 show."
            ));
        }
    })
}

fn in_flight<'s, S: Subject>(
    stage: &'s Stage<S>,
    rest: &str,
) -> Result<&'s Packet<S::Process>, String> {
    let (from, rest) = node_and_rest(rest)?;
    let (to, text) = node_and_rest(rest)?;
    let packets: Vec<_> = stage.packets().iter().filter(|p| p.from == from && p.to == to).collect();
    let what = format!("packets in flight from {from} to {to}");
    let message = the_one(text, packets.iter().map(|p| &p.message), &what)?;
    Ok(packets.iter().find(|p| std::ptr::eq(&p.message, message)).expect("it is one of these"))
}

/// The value that a text stands for: the first whose `Display` is the text, else the only one
/// (or the first of several that look the same) whose `Display` begins with the text.
fn the_one<'v, T: Display + 'v>(
    text: &str,
    values: impl Iterator<Item = &'v T>,
    what: &str,
) -> Result<&'v T, String> {
    let shown: Vec<(String, &T)> = values.map(|value| (value.to_string(), value)).collect();
    if let Some((_, value)) = shown.iter().find(|(line, _)| line == text) {
        return Ok(value);
    }
    let mut begins = shown.iter().filter(|(line, _)| line.starts_with(text));
    if let Some((first, value)) = begins.next()
        && begins.all(|(line, _)| line == first)
    {
        return Ok(value);
    }
    let mut answer = format!("`{text}` is not one of the {what}; there are:");
    if shown.is_empty() {
        answer.push_str(" none");
    }
    for (line, _) in &shown {
        let _ = write!(answer, "\n  {line}");
    }
    Err(answer)
}

fn show<S: Subject>(stage: &Stage<S>, rest: &str) -> Result<String, String> {
    if !rest.is_empty() {
        let node = node_only(rest)?;
        let process = stage.process(node).ok_or_else(|| format!("there is no {node}"))?;
        return Ok(format!("{node} is {process:?}"));
    }
    let mut text = String::new();
    for node in NodeId::first(stage.subject.nodes()) {
        let state = if stage.is_up(node) { "up" } else { "down" };
        let _ = write!(text, "{node} {state}");
        if stage.frames(node) > 0 {
            let _ = write!(text, ", frames to sync: {}", stage.frames(node));
        }
        let timers: Vec<String> = stage.timers(node).map(|timer| timer.to_string()).collect();
        if !timers.is_empty() {
            let _ = write!(text, ", alarms: {}", timers.join(", "));
        }
        text.push('\n');
    }
    for Packet { from, to, message, .. } in stage.packets() {
        let _ = writeln!(text, "in flight {from} {to} {message}");
    }
    Ok(text)
}

fn word(text: &str) -> (&str, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim())
}

fn node_and_rest(text: &str) -> Result<(NodeId, &str), String> {
    let (name, rest) = word(text);
    Ok((node_only(name)?, rest))
}

fn node_only(name: &str) -> Result<NodeId, String> {
    let number = name.strip_prefix('n').and_then(|number| number.parse().ok());
    number.map(NodeId).ok_or_else(|| format!("`{name}` is not the name of a node, such as n0."))
}

/// A story's text from steps: what the checker found, ready to be replayed and kept.
pub fn text<P: Process>(cast: &Cast, comment: &str, steps: &[Step<P>]) -> String {
    let mut text: String = comment.lines().map(|line| format!("# {line}\n")).collect();
    let _ = writeln!(text, "{cast}");
    for step in steps {
        let _ = writeln!(text, "{step}");
    }
    text
}
