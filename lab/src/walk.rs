//! A run by hand: where a story has led, and what could happen next.

use model::{NodeId, NodeSet};
use serde::Serialize;
use world::Subject;
use world::story::{self, Step, Trouble};
use world::trace::Trace;

/// What is seen from the end of a story.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// The story so far, with its effects.
    pub story: String,
    /// What has happened, for a diagram.
    pub trace: Trace,
    /// What could happen next.
    pub choices: Vec<Choice>,
    /// The nodes as they are.
    pub nodes: Vec<Standing>,
    /// Each property, and whether it holds.
    pub lights: Vec<Light>,
}

/// Something that could happen next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Choice {
    /// The command of the story that makes it happen.
    pub command: String,
    /// Its verb.
    pub verb: String,
    /// Where it happens, if at one node.
    pub node: Option<NodeId>,
}

/// A node as it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Standing {
    /// Which node.
    pub node: NodeId,
    /// Whether it is up.
    pub is_up: bool,
    /// Its state, for people.
    pub state: String,
}

/// A property and whether it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Light {
    /// Its name.
    pub name: String,
    /// What breaks it, as a sentence; nothing while it holds.
    pub broken: Option<String>,
}

/// Goes the way of a story and looks around.
///
/// # Errors
/// A command of the story that is unknown or impossible, with what would have been possible.
pub fn look<S: Subject>(subject: &S, text: &str) -> Result<View, String> {
    let (stage, trouble) = story::perform(subject, text).map_err(|error| error.to_string())?;
    let story = story::replay(subject, text).map_err(|error| error.to_string())?;
    let broken = trouble.map(|trouble| match trouble {
        Trouble::Violation(what) | Trouble::Impossible(what) => what,
    });
    let mut choices = Vec::new();
    if broken.is_none() {
        offer(subject, &stage, &mut choices);
    }
    let nodes = NodeId::first(subject.nodes()).map(|node| Standing {
        node,
        is_up: stage.is_up(node),
        state: stage
            .process(node)
            .map(|process| short(&format!("{process:#?}")))
            .unwrap_or_default(),
    });
    Ok(View {
        story,
        trace: stage.trace(),
        choices,
        nodes: nodes.collect(),
        lights: lights(subject, broken),
    })
}

/// A state in fewer lines: what holds one value stands in one line, and nodes have their names.
fn short(state: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in state.lines() {
        lines.push(line.to_string());
        let count = lines.len();
        let is_end = |line: &str| matches!(line.trim(), ")" | "),");
        if count < 3 || !is_end(&lines[count - 1]) || !lines[count - 3].ends_with('(') {
            continue;
        }
        let (end, value) = (lines.pop().unwrap_or_default(), lines.pop().unwrap_or_default());
        let value = value.trim().trim_end_matches(',');
        let begin = lines.pop().unwrap_or_default();
        lines.push(named(&begin, value, end.trim()));
    }
    lines.join("\n")
}

/// `NodeId(` and `3` are `n3`, `NodeSet(` and `6` are `{n1 n2}`.
fn named(begin: &str, value: &str, end: &str) -> String {
    let comma = end.trim_start_matches(')');
    let node = begin.strip_suffix("NodeId(").zip(value.parse::<u16>().ok());
    let set = begin.strip_suffix("NodeSet(").zip(value.parse::<u64>().ok());
    match (node, set) {
        (Some((begin, node)), _) => format!("{begin}{}{comma}", NodeId(node)),
        (_, Some((begin, bits))) => format!("{begin}{}{comma}", NodeSet::from_bits(bits)),
        _ => format!("{begin}{value}{end}"),
    }
}

/// The promises to the layer above, and each invariant.
fn lights<S: Subject>(subject: &S, broken: Option<String>) -> Vec<Light> {
    let invariants = subject.invariants();
    let mut lights: Vec<Light> = invariants
        .iter()
        .map(|invariant| {
            let prefix = format!("{}: ", invariant.name);
            let why = broken.as_ref().and_then(|what| what.strip_prefix(&prefix));
            Light { name: invariant.name.to_string(), broken: why.map(str::to_string) }
        })
        .collect();
    let is_named = lights.iter().any(|light| light.broken.is_some());
    let interface = if is_named { None } else { broken };
    lights.insert(0, Light { name: "promises to the layer above".into(), broken: interface });
    lights
}

fn offer<S: Subject>(subject: &S, stage: &story::Stage<'_, S>, choices: &mut Vec<Choice>) {
    let mut add = |step: Step<S::Process>, node: Option<NodeId>| {
        let command = step.to_string();
        let verb = command.split(' ').next().unwrap_or_default().to_string();
        let choice = Choice { command, verb, node };
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    };
    for packet in stage.packets() {
        let (from, to, message) = (packet.from, packet.to, packet.message.clone());
        add(Step::Deliver { from, to, message: message.clone() }, Some(to));
        add(Step::Drop { from, to, message: message.clone() }, Some(to));
        add(Step::Duplicate { from, to, message }, Some(to));
    }
    for node in NodeId::first(subject.nodes()) {
        if !stage.is_up(node) {
            add(Step::Restart { node }, Some(node));
            continue;
        }
        for timer in stage.timers(node) {
            add(Step::Fire { node, timer: timer.clone() }, Some(node));
        }
        for request in subject.requests(node) {
            add(Step::Request { node, request }, Some(node));
        }
        if stage.frames(node) > 0 {
            add(Step::Sync { node }, Some(node));
        }
        add(Step::Flush { node }, Some(node));
        add(Step::Crash { node }, Some(node));
    }
    add(Step::Settle, None);
    add(Step::Heal, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_shown_in_few_lines_with_the_names_of_nodes() {
        #[derive(Debug)]
        #[expect(dead_code, reason = "it is only printed")]
        struct State {
            me: NodeId,
            others: NodeSet,
            vote: Option<u8>,
            list: Vec<NodeId>,
        }
        let others = NodeSet::from_iter([NodeId(1), NodeId(2)]);
        let state = State { me: NodeId(0), others, vote: Some(7), list: vec![NodeId(4)] };
        let shown = short(&format!("{state:#?}"));
        let lines: Vec<&str> = shown.lines().map(str::trim).collect();
        let expected = [
            "State {",
            "me: n0,",
            "others: {n1 n2},",
            "vote: Some(7),",
            "list: [",
            "n4,",
            "],",
            "}",
        ];
        assert_eq!(lines, expected);
    }
}
