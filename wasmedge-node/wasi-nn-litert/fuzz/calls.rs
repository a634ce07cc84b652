//! A guest that calls the plug-in's functions in any order with anything. The fuzz target makes the guest of what
//! libFuzzer thinks of; `cargo test` makes some hundreds from a fixed seed.
//!
//! What it finds: an access outside the guest's memory ends the process (see `GuestMemory`), a panic is seen by who
//! runs this, and a trap or a result that is no WASI-NN code fails here. The model is always whole or no model at all:
//! what LiteRT does with a hostile model is not the subject.
use crate::WasmEdge_Plugin_GetDescriptor;
use arbitrary::{Arbitrary, Result, Unstructured};
use plugin_host::{GuestMemory, Module};

/// Adds two tensors of f32 `[1, 4]`.
const MODEL: &[u8] = include_bytes!("../../../test/guests/wasi-nn-infer/models/add_f32.tflite");
const PAGES: usize = 2;
const MAX_CALLS: usize = 24;

// Where the guest has what it passes by address.
const OUT: u32 = 16;
const BUILDER: u32 = 64;
const TENSOR: u32 = 128;
const DIMENSIONS: u32 = 192;
const DATA: u32 = 256;
const MODEL_AT: u32 = 4096;

const TENSORFLOW_LITE: u32 = 4;
const CPU: u32 = 0;
const F32: u32 = 1;
/// `nn_errno` as far as the plug-in uses it.
const CODES: [u32; 6] = [0, 1, 2, 5, 6, 7];

/// An argument: three of four are what a careful guest passes, so that what lies behind is reached.
#[derive(Debug, Clone, Copy)]
enum Word {
    Right,
    Small(u8),
    Inside(u16),
    /// Around the end of the memory.
    End(i8),
    Any(u32),
}

impl<'a> Arbitrary<'a> for Word {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u8::arbitrary(bytes)? % 16 {
            0 => Word::Small(bytes.arbitrary()?),
            1 => Word::Inside(bytes.arbitrary()?),
            2 => Word::End(bytes.arbitrary()?),
            3 => Word::Any(bytes.arbitrary()?),
            _ => Word::Right,
        })
    }
}

impl Word {
    fn or(self, right: u32) -> u32 {
        match self {
            Word::Right => right,
            Word::Small(value) => value.into(),
            Word::Inside(value) => value.into(),
            Word::End(distance) => ((PAGES << 16) as u32).wrapping_add_signed(distance.into()),
            Word::Any(value) => value,
        }
    }
}

#[derive(Arbitrary, Debug)]
enum Call {
    Load {
        count: Word,
        encoding: Word,
        target: Word,
        graph: Word,
    },
    LoadNoModel {
        start: Word,
        length: Word,
    },
    Context {
        graph: Word,
        context: Word,
    },
    Input {
        context: Word,
        index: Word,
        fields: [Word; 5],
        dimensions: [Word; 2],
    },
    Compute {
        context: Word,
    },
    Output {
        context: Word,
        index: Word,
        buffer: Word,
        capacity: Word,
        written: Word,
    },
    Any {
        function: u8,
        arguments: [Word; 5],
    },
    Write {
        at: u16,
        value: u32,
    },
}

struct Guest {
    module: Module,
    memory: GuestMemory,
    outputs: usize,
}

/// Makes the calls that `data` stands for; returns how many of them got an output of the model.
///
/// # Panics
///
/// Where the plug-in traps, or answers what is no code of WASI-NN.
pub fn make(data: &[u8]) -> usize {
    let mut choices = Unstructured::new(data);
    let mut guest = Guest {
        module: Module::open(WasmEdge_Plugin_GetDescriptor),
        memory: GuestMemory::new(PAGES).expect("address space"),
        outputs: 0,
    };
    if choices.arbitrary().unwrap_or_default() {
        guest.begin();
    }
    for _ in 0..MAX_CALLS {
        let Ok(call) = choices.arbitrary() else { break };
        guest.make(call);
        if choices.is_empty() {
            break;
        }
    }
    guest.outputs
}

impl Guest {
    /// Goes as far as most calls need it.
    fn begin(&mut self) {
        use Word::Right;
        let [count, encoding, target, graph, context, index] = [Right; 6];
        self.make(Call::Load {
            count,
            encoding,
            target,
            graph,
        });
        self.make(Call::Context { graph, context });
        self.make(Call::Input {
            context,
            index,
            fields: [Right; 5],
            dimensions: [Right; 2],
        });
        self.make(Call::Compute { context });
    }

    fn make(&mut self, call: Call) {
        match call {
            Call::Load {
                count,
                encoding,
                target,
                graph,
            } => {
                self.write(MODEL_AT, MODEL);
                self.write_words(BUILDER, &[MODEL_AT, MODEL.len() as u32]);
                let arguments = [
                    BUILDER,
                    count.or(1),
                    encoding.or(TENSORFLOW_LITE),
                    target.or(CPU),
                    graph.or(OUT),
                ];
                self.call("load", &arguments);
            }
            Call::LoadNoModel { start, length } => {
                self.write(MODEL_AT, &[0; MODEL.len()]);
                self.write_words(BUILDER, &[start.or(DATA), length.or(64)]);
                self.call("load", &[BUILDER, 1, TENSORFLOW_LITE, CPU, OUT]);
            }
            Call::Context { graph, context } => {
                self.call("init_execution_context", &[graph.or(0), context.or(OUT)]);
            }
            Call::Input {
                context,
                index,
                fields,
                dimensions: [first, second],
            } => {
                self.write_words(DIMENSIONS, &[first.or(1), second.or(4)]);
                let right = [DIMENSIONS, 2, F32, DATA, 16];
                let record: Vec<u32> = fields
                    .iter()
                    .zip(right)
                    .map(|(field, right)| field.or(right))
                    .collect();
                self.write_words(TENSOR, &record);
                self.call("set_input", &[context.or(0), index.or(0), TENSOR]);
                self.call("set_input", &[context.or(0), index.or(1), TENSOR]);
            }
            Call::Compute { context } => self.call("compute", &[context.or(0)]),
            Call::Output {
                context,
                index,
                buffer,
                capacity,
                written,
            } => self.call(
                "get_output",
                &[
                    context.or(0),
                    index.or(0),
                    buffer.or(DATA),
                    capacity.or(16),
                    written.or(OUT),
                ],
            ),
            Call::Any { function, arguments } => {
                self.write(MODEL_AT, &[0; MODEL.len()]);
                let arguments = arguments.map(|argument| argument.or(OUT));
                let index = usize::from(function) % self.module.functions();
                check(self.module.call_nth(index, &arguments, &mut self.memory));
            }
            Call::Write { at, value } => self.write_words(at.into(), &[value]),
        }
    }

    fn call(&mut self, name: &str, arguments: &[u32]) {
        let code = check(self.module.call(name, arguments, &mut self.memory));
        if (name, code) == ("get_output", 0) {
            self.outputs += 1;
        }
    }

    fn write_words(&mut self, at: u32, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.write(at, &bytes);
    }

    fn write(&mut self, at: u32, bytes: &[u8]) {
        let at = at as usize;
        self.memory.bytes_mut()[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

fn check(result: Option<u32>) -> u32 {
    let code = result.expect("no trap");
    assert!(CODES.contains(&code), "code {code}");
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs::OpenOptions,
        os::fd::AsRawFd,
        panic,
        sync::atomic::{AtomicUsize, Ordering},
    };

    const GUESTS: u64 = 500;
    const MAX_BYTES: u64 = 400;

    #[test]
    fn whatever_a_guest_passes_the_plug_in_answers_with_a_code_and_stays_in_its_memory() {
        // The plug-in turns a panic into a code.
        static PANICS: AtomicUsize = AtomicUsize::new(0);
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::Relaxed);
            report(info);
        }));
        discard_stderr();
        let mut random = SplitMix(1);
        let mut outputs = 0;
        for _ in 0..GUESTS {
            let length = random.next() % MAX_BYTES;
            let data: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
            outputs += make(&data);
        }
        assert!(outputs > 100, "only {outputs} got an output: too few do anything");
        assert_eq!(PANICS.load(Ordering::Relaxed), 0, "the plug-in has panicked");
    }

    /// The plug-in gives the reason of each refusal there.
    fn discard_stderr() {
        let null = OpenOptions::new()
            .write(true)
            .open("/dev/null")
            .expect("/dev/null");
        // SAFETY: plain values; the descriptor is open.
        unsafe { libc::dup2(null.as_raw_fd(), libc::STDERR_FILENO) };
    }

    /// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>): the same numbers everywhere.
    struct SplitMix(u64);

    impl SplitMix {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }
    }
}
