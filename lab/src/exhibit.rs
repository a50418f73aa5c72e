//! What a protocol says of itself to join the lab; everything else follows.

use std::fmt::{self, Display};
use std::str::FromStr;

use check::{Bounds, Shareable};
use model::Named;
use sim::{OpenLoop, Scale, Workload};

use crate::theory::Measure;

/// A protocol's page in the registry.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a sentence without its full stop.
    pub what: &'static str,
    /// Where in the canon it stands.
    pub family: &'static str,
    /// Its file.
    pub file: &'static str,
    /// The paper.
    pub source: &'static str,
    /// How many nodes it has unless told otherwise.
    pub nodes: usize,
    /// The fewest and the most that it can have in the lab.
    pub sizes: (usize, usize),
}

impl Card {
    /// A size that the protocol can have.
    ///
    /// # Errors
    /// A sentence that names the sizes there are.
    pub fn size(&self, nodes: Option<usize>) -> Result<usize, String> {
        let (least, most) = self.sizes;
        match nodes.unwrap_or(self.nodes) {
            nodes if (least..=most).contains(&nodes) => Ok(nodes),
            nodes => Err(format!("{} takes {least} to {most} nodes, not {nodes}", self.name)),
        }
    }
}

/// A number or word that changes what is explored or simulated: `--set NAME=VALUE`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Knob {
    /// Its name.
    pub name: &'static str,
    /// What it sets, as a phrase.
    pub what: String,
    /// Where it stands now.
    pub value: String,
}

impl Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}: {}", self.name, self.value, self.what)
    }
}

/// A knob lent by its exhibit, with what turns it.
pub struct Dial<'s> {
    /// The knob as it stands.
    pub knob: Knob,
    turn: Box<Turn<'s>>,
}

/// Sets something to what a text says, or says why it cannot.
type Turn<'s> = dyn FnOnce(&str) -> Result<(), String> + 's;

impl<'s> Dial<'s> {
    /// A dial that shows `value`. What `turn` refuses, it says as `takes a number, not "x"`.
    pub fn new(
        name: &'static str,
        what: impl Into<String>,
        value: impl Display,
        turn: impl FnOnce(&str) -> Result<(), String> + 's,
    ) -> Dial<'s> {
        let knob = Knob { name, what: what.into(), value: value.to_string() };
        Dial { knob, turn: Box::new(turn) }
    }

    /// A number.
    pub fn number<N: Copy + Display + FromStr>(
        name: &'static str,
        what: &'static str,
        place: &'s mut N,
    ) -> Dial<'s> {
        Dial::new(name, what, *place, |text| number(text).map(|read| *place = read))
    }

    /// True or false.
    pub fn switch(name: &'static str, what: &'static str, place: &'s mut bool) -> Dial<'s> {
        Dial::new(name, what, *place, |text| match text.parse() {
            Ok(read) => {
                *place = read;
                Ok(())
            }
            Err(_) => Err(format!("takes true or false, not {text:?}")),
        })
    }

    /// One of a few words, which are named behind what it sets.
    pub fn word<W: Named>(name: &'static str, what: &'static str, place: &'s mut W) -> Dial<'s> {
        let words: Vec<String> = W::ALL.iter().map(W::to_string).collect();
        let words = words.join(", ");
        let what = format!("{what}: {words}");
        Dial::new(name, what, *place, move |text| match W::named(text) {
            Some(word) => {
                *place = word;
                Ok(())
            }
            None => Err(format!("takes one of {words}, not {text:?}")),
        })
    }

    /// Sets what it is a dial of.
    ///
    /// # Errors
    /// Why the value cannot be set.
    pub fn turn(self, value: &str) -> Result<(), String> {
        (self.turn)(value).map_err(|why| format!("{} {why}", self.knob.name))
    }
}

/// Reads a number.
///
/// # Errors
/// It is not a number of this kind.
pub fn number<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("takes a number, not {text:?}"))
}

/// A protocol of the lab: implement this, add a line to the registry, and every verb works on it.
pub trait Exhibit: Shareable + Clone + Sized + 'static {
    /// Its page.
    const CARD: Card;

    /// Whether `synod check` explores it.
    const EXPLORED: bool = true;

    /// Whether a user takes what [`requests`](world::Subject::requests) lists in turns (enter,
    /// leave), each when the one before has been answered, instead of drawing requests.
    const IN_TURNS: bool = false;

    /// Who uses it in a random run.
    type Workload: Workload<Self> + Default;

    /// Its breakages, which the tools must catch; [`Never`](model::Never) if it has none.
    type Mutant: Named;

    /// The sound protocol with this many nodes; the size is one of the card's.
    fn sized(nodes: usize) -> Self;

    /// The same with a breakage.
    fn broken(self, mutant: Self::Mutant) -> Self;

    /// How far `synod check` goes.
    fn bounds(&self) -> Bounds {
        Bounds::default()
    }

    /// A smaller exploration, of seconds at most, for `synod check --all --quick`.
    fn quick() -> (Self, Bounds) {
        let sound = Self::sized(Self::CARD.nodes);
        let bounds = sound.bounds();
        (sound, bounds)
    }

    /// What can be set.
    fn dials(&mut self) -> Vec<Dial<'_>> {
        Vec::new()
    }

    /// Sets one of the knobs.
    ///
    /// # Errors
    /// There is no such knob, or why the value cannot be set.
    fn turn(&mut self, knob: &str, value: &str) -> Result<(), String> {
        let mut dials = self.dials();
        if let Some(place) = dials.iter().position(|dial| dial.knob.name == knob) {
            return dials.swap_remove(place).turn(value);
        }
        let names: Vec<&str> = dials.iter().map(|dial| dial.knob.name).collect();
        let names = if names.is_empty() { "none".to_string() } else { names.join(", ") };
        Err(format!("{} has no knob {knob:?}; there are: {names}", Self::CARD.name))
    }

    /// How long random runs are and how much happens in them.
    fn scale() -> Scale {
        Scale::default()
    }

    /// Measured costs beside the textbook's formulas, at this size.
    fn theory(nodes: usize) -> Vec<Measure> {
        let _ = nodes;
        Vec::new()
    }

    /// The sizes at which [`theory`](Exhibit::theory) is shown.
    const THEORY_SIZES: &'static [usize] = &[3, 4, 5, 7, 9];

    /// Assumptions that it cannot do without: simulated or explored without one of them, it is
    /// seen to break. Names as in `SystemModel::weaker`.
    const NEEDS: &'static [&'static str] = &[];
}

/// The workload of most protocols: requests at drawn times, whatever comes of earlier ones.
pub type Open = OpenLoop;
