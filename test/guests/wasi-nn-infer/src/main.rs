//! `wasi-nn-infer MODEL TYPE SHAPE [TIMES]`: runs the model TIMES times (1) on the inputs on stdin, all of one type
//! (u8, f32, i32, i64) and shape (1x224x224x3), and writes the first output's bytes to stdout and the median time of
//! one `compute` in microseconds to stderr.
use std::{
    env, fs,
    io::{self, Read, Write},
    time::Instant,
};
use wasi_nn::{ExecutionTarget, GraphBuilder, GraphEncoding, TensorType};

const MAX_OUTPUT_BYTES: usize = 1 << 20;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [model, element, shape, times @ ..] = &arguments[..] else {
        panic!("wasi-nn-infer MODEL TYPE SHAPE [TIMES]");
    };
    let times: usize = times
        .first()
        .map_or(1, |times| times.parse().expect("TIMES is a number"));
    let (element, size) = match element.as_str() {
        "u8" => (TensorType::U8, 1),
        "f32" => (TensorType::F32, 4),
        "i32" => (TensorType::I32, 4),
        "i64" => (TensorType::I64, 8),
        other => panic!("TYPE {other}"),
    };
    let shape: Vec<usize> = shape
        .split('x')
        .map(|size| size.parse().expect("a SHAPE like 1x4"))
        .collect();
    let mut inputs = Vec::new();
    io::stdin()
        .read_to_end(&mut inputs)
        .expect("inputs on stdin");

    let model = fs::read(model).expect("the model file");
    let graph = GraphBuilder::new(GraphEncoding::TensorflowLite, ExecutionTarget::CPU)
        .build_from_bytes([&model])
        .expect("load");
    let mut context = graph
        .init_execution_context()
        .expect("init_execution_context");
    for (index, data) in inputs
        .chunks(size * shape.iter().product::<usize>())
        .enumerate()
    {
        context
            .set_input(index, element, &shape, data)
            .expect("set_input");
    }
    let mut microseconds: Vec<u128> = (0..times)
        .map(|_| {
            let start = Instant::now();
            context.compute().expect("compute");
            start.elapsed().as_micros()
        })
        .collect();
    microseconds.sort_unstable();

    let mut output = vec![0u8; MAX_OUTPUT_BYTES];
    let length = context.get_output(0, &mut output).expect("get_output");
    io::stdout().write_all(&output[..length]).expect("stdout");
    eprintln!("{}", microseconds[times / 2]);
}
