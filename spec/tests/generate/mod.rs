//! Random histories: clients that call a real object, now and then answered falsely.

use spec::history::models::{KvInput, KvOutput, RegisterInput, RegisterOutput};
use spec::history::{History, Model, Recorder};

/// SplitMix64: small, and the same on every machine.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True this many times in a thousand.
    pub fn per_mille(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }
}

/// What a random history is like. The chances are per mille: that a call times out, that it fails,
/// and that its answer is false.
pub struct Shape {
    pub clients: u64,
    pub operations: usize,
    pub unknown: u64,
    pub failed: u64,
    pub false_answer: u64,
}

enum Client<M: Model> {
    Idle,
    Called(M::Input),
    Done(M::Output),
}

/// Records clients that take random steps: call, take effect, return. An operation that timed out
/// takes effect later, or not at all.
pub fn random_history<M: Model>(
    rng: &mut Rng,
    model: &M,
    shape: &Shape,
    ask: impl Fn(&mut Rng) -> M::Input,
    falsify: impl Fn(&mut Rng, M::Output) -> M::Output,
) -> History<M::Input, M::Output> {
    let mut recorder = Recorder::new();
    let mut state = model.initial();
    let mut clients: Vec<Client<M>> = (0..shape.clients).map(|_| Client::Idle).collect();
    let mut late: Vec<M::Input> = Vec::new();
    let (mut called, mut at) = (0, 0);
    // Some clients are left waiting at the end.
    while called < shape.operations || rng.per_mille(900) {
        if !late.is_empty() && rng.per_mille(400) {
            let place = rng.below(late.len() as u64) as usize;
            model.apply(&mut state, &late.swap_remove(place), None);
        }
        let process = rng.below(shape.clients);
        at += 1;
        let client = &mut clients[process as usize];
        *client = match std::mem::replace(client, Client::Idle) {
            Client::Idle if called < shape.operations => {
                let input = ask(rng);
                recorder.invoke(at, process, input.clone()).expect("the client is idle");
                called += 1;
                Client::Called(input)
            }
            Client::Idle => Client::Idle,
            Client::Called(_) if rng.per_mille(shape.failed) => {
                recorder.fail(at, process).expect("the client has called");
                Client::Idle
            }
            Client::Called(input) if rng.per_mille(shape.unknown) => {
                recorder.info(at, process).expect("the client has called");
                if rng.per_mille(700) {
                    late.push(input);
                }
                Client::Idle
            }
            Client::Called(input) => {
                let output = model.answer(&state, &input).expect("the object answers everything");
                let legal = model.apply(&mut state, &input, Some(&output));
                assert!(legal, "what the object answers is legal");
                Client::Done(output)
            }
            Client::Done(mut output) => {
                if rng.per_mille(shape.false_answer) {
                    output = falsify(rng, output);
                }
                recorder.ok(at, process, output).expect("the client has called");
                Client::Idle
            }
        };
    }
    recorder.finish()
}

pub fn register_input(rng: &mut Rng, values: u64) -> RegisterInput {
    let value = |rng: &mut Rng| Some(rng.below(values) as i64);
    match rng.below(3) {
        0 => RegisterInput::Read,
        1 => RegisterInput::Write(value(rng)),
        _ => RegisterInput::Cas(value(rng), value(rng)),
    }
}

pub fn falsify_register(rng: &mut Rng, output: RegisterOutput) -> RegisterOutput {
    match output {
        RegisterOutput::Value(_) => RegisterOutput::Value(Some(rng.below(3) as i64)),
        RegisterOutput::Swapped(swapped) => RegisterOutput::Swapped(!swapped),
        RegisterOutput::Written => RegisterOutput::Written,
    }
}

/// A get, put or append of one of `keys` keys; what is written is one of `values` short strings.
pub fn kv_input(rng: &mut Rng, keys: u64, values: u64) -> KvInput {
    let key = rng.below(keys).to_string().into();
    let value = format!("{}.", rng.below(values)).into();
    match rng.below(5) {
        0..2 => KvInput::Get(key),
        2 => KvInput::Put(key, value),
        _ => KvInput::Append(key, value),
    }
}

pub fn falsify_kv(rng: &mut Rng, output: KvOutput) -> KvOutput {
    match output {
        KvOutput::Value(value) if rng.per_mille(500) && value.len() > 1 => {
            KvOutput::Value(value[..value.len() - 2].into())
        }
        KvOutput::Value(value) => KvOutput::Value(format!("{value}0.").into()),
        KvOutput::Done => KvOutput::Done,
    }
}
