//! Misuses WASI-NN in every way and writes one line `case code` for each. Takes `/models/add_f32.tflite` (two inputs
//! of f32 [1, 4] and their sum) and `/models/add_i16.tflite`.
mod loading;
mod nn;

use nn::{Tensor, at, at_mut};
use std::{fs, hint::black_box};

const SHAPE: [u32; 2] = [1, 4];
/// Outside every memory of less than 4 GiB.
const OUTSIDE: u32 = u32::MAX - 64;

fn main() {
    let model = fs::read("/models/add_f32.tflite").expect("the model");
    loading::loading(&model);
    let (errno, graph) = nn::load_bytes(&model);
    say("load", errno);
    contexts(graph);
    let context = open(graph);
    inputs(context);
    outputs(graph, context);
    two_contexts(graph);
    limits(&model, graph);
    say(
        "after all of it, the sum",
        (add(context, [1.0; 4], [2.0; 4]) != [3.0; 4]).into(),
    );
}

fn say(case: &str, errno: u32) {
    println!("{case} {errno}");
}

fn contexts(graph: u32) {
    let mut context = 0u32;
    let out = at_mut(&mut context);
    say(
        "init_execution_context: no such graph",
        nn::init_execution_context(graph + 1, out),
    );
    say(
        "init_execution_context: graph max",
        nn::init_execution_context(u32::MAX, out),
    );
    say(
        "init_execution_context: context outside",
        nn::init_execution_context(graph, OUTSIDE),
    );
}

fn inputs(context: u32) {
    let data = [1.0f32; 5];
    let right = Tensor::f32(&SHAPE, &data[..4]);
    say("compute: inputs not set", nn::compute(context));
    say(
        "set_input: no such context",
        nn::set_input(context + 1, 0, at(&right)),
    );
    say(
        "set_input: context max",
        nn::set_input(u32::MAX, 0, at(&right)),
    );
    say(
        "set_input: no such input",
        nn::set_input(context, 2, at(&right)),
    );
    say(
        "set_input: input max",
        nn::set_input(context, u32::MAX, at(&right)),
    );
    say(
        "set_input: tensor outside",
        nn::set_input(context, 0, OUTSIDE),
    );
    say(
        "set_input: tensor across the end",
        nn::set_input(context, 0, end() - 8),
    );
    for (case, tensor) in [
        (
            "type u8",
            Tensor {
                element: 3,
                ..right
            },
        ),
        (
            "type i32",
            Tensor {
                element: 4,
                ..right
            },
        ),
        (
            "type 99",
            Tensor {
                element: 99,
                ..right
            },
        ),
        ("shape [4, 1]", Tensor::f32(&[4, 1], &data[..4])),
        ("shape [4]", Tensor::f32(&[4], &data[..4])),
        ("shape []", Tensor::f32(&[], &data[..4])),
        (
            "rank max",
            Tensor {
                rank: u32::MAX,
                ..right
            },
        ),
        (
            "dimensions outside",
            Tensor {
                dimensions: OUTSIDE,
                ..right
            },
        ),
        (
            "too few bytes",
            Tensor {
                length: 15,
                ..right
            },
        ),
        ("too many bytes", Tensor::f32(&SHAPE, &data)),
        ("no bytes", Tensor { length: 0, ..right }),
        (
            "length max",
            Tensor {
                length: u32::MAX,
                ..right
            },
        ),
        (
            "data outside",
            Tensor {
                data: OUTSIDE,
                ..right
            },
        ),
        (
            "data across the end",
            Tensor {
                data: end() - 8,
                ..right
            },
        ),
    ] {
        say(
            &format!("set_input: {case}"),
            nn::set_input(context, 0, at(&tensor)),
        );
    }
    say("set_input", nn::set_input(context, 0, at(&right)));
    say("compute: second input not set", nn::compute(context));
    say("set_input: second", nn::set_input(context, 1, at(&right)));
}

fn outputs(graph: u32, context: u32) {
    let mut buffer = [0f32; 4];
    let mut written = 0u32;
    let (into, out) = (at_mut(&mut buffer), at_mut(&mut written));
    say(
        "get_output: nothing computed",
        nn::get_output(context, 0, into, 16, out),
    );
    say("compute: no such context", nn::compute(context + 1));
    say("compute: context max", nn::compute(u32::MAX));
    say(
        "compute: a graph's handle that is no context",
        nn::compute(graph + 1000),
    );
    say("compute", nn::compute(context));
    say(
        "get_output: no such context",
        nn::get_output(context + 1, 0, into, 16, out),
    );
    say(
        "get_output: no such output",
        nn::get_output(context, 1, into, 16, out),
    );
    say(
        "get_output: output max",
        nn::get_output(context, u32::MAX, into, 16, out),
    );
    say(
        "get_output: buffer too small",
        nn::get_output(context, 0, into, 15, out),
    );
    say("get_output: bytes needed", black_box(written));
    say(
        "get_output: buffer outside",
        nn::get_output(context, 0, OUTSIDE, 16, out),
    );
    say(
        "get_output: buffer across the end",
        nn::get_output(context, 0, end() - 8, 16, out),
    );
    say(
        "get_output: capacity max",
        nn::get_output(context, 0, into, u32::MAX, out),
    );
    say(
        "get_output: written outside",
        nn::get_output(context, 0, into, 16, OUTSIDE),
    );
    say("get_output", nn::get_output(context, 0, into, 16, out));
}

fn two_contexts(graph: u32) {
    let (one, two) = (open(graph), open(graph));
    give(one, [1.0; 4], [2.0; 4]);
    give(two, [10.0; 4], [20.0; 4]);
    nn::compute(one);
    nn::compute(two);
    say(
        "two contexts: the first's sum",
        (sum(one) != [3.0; 4]).into(),
    );
    say(
        "two contexts: the second's sum",
        (sum(two) != [30.0; 4]).into(),
    );
}

fn limits(model: &[u8], graph: u32) {
    let loaded = (0..1000)
        .map(|_| nn::load_bytes(model).0)
        .find(|&errno| errno != 0);
    say("load: too many graphs", loaded.unwrap_or(0));
    let mut context = 0u32;
    let opened = (0..1000)
        .map(|_| nn::init_execution_context(graph, at_mut(&mut context)))
        .find(|&errno| errno != 0);
    say(
        "init_execution_context: too many contexts",
        opened.unwrap_or(0),
    );
}

fn open(graph: u32) -> u32 {
    let mut context = u32::MAX;
    assert_eq!(nn::init_execution_context(graph, at_mut(&mut context)), 0);
    context
}

fn give(context: u32, a: [f32; 4], b: [f32; 4]) {
    assert_eq!(nn::set_input(context, 0, at(&Tensor::f32(&SHAPE, &a))), 0);
    assert_eq!(nn::set_input(context, 1, at(&Tensor::f32(&SHAPE, &b))), 0);
}

fn sum(context: u32) -> [f32; 4] {
    let (mut sum, mut written) = ([0f32; 4], 0u32);
    assert_eq!(
        nn::get_output(context, 0, at_mut(&mut sum), 16, at_mut(&mut written)),
        0
    );
    black_box(sum)
}

fn add(context: u32, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
    give(context, a, b);
    assert_eq!(nn::compute(context), 0);
    sum(context)
}

/// The first address behind this guest's memory.
fn end() -> u32 {
    core::arch::wasm32::memory_size::<0>() as u32 * 65536
}
