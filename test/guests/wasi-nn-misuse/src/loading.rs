use crate::{
    OUTSIDE, end,
    nn::{self, CPU, TENSORFLOW_LITE, at, at_mut},
    say,
};
use std::fs;

pub fn loading(model: &[u8]) {
    let mut graph = 0u32;
    let out = at_mut(&mut graph);
    let builder = [at(model), model.len() as u32];
    let builders = at(&builder);
    for (case, encoding) in [
        ("load: encoding onnx", 1),
        ("load: encoding 99", 99),
        ("load: encoding max", u32::MAX),
    ] {
        say(case, nn::load(builders, 1, encoding, CPU, out));
    }
    for (case, target) in [("load: target gpu", 1), ("load: target 99", 99)] {
        say(case, nn::load(builders, 1, TENSORFLOW_LITE, target, out));
    }
    let two = [builder, builder];
    for (case, builders, count) in [
        ("load: no builder", builders, 0),
        ("load: two builders", at(&two), 2),
        ("load: max builders", builders, u32::MAX),
        ("load: builders outside", OUTSIDE, 1),
        ("load: builders wrap around", u32::MAX - 3, 1),
        ("load: builders across the end", end() - 4, 1),
    ] {
        say(case, nn::load(builders, count, TENSORFLOW_LITE, CPU, out));
    }
    for (case, start, length) in [
        ("load: model outside", OUTSIDE, 16),
        ("load: model across the end", end() - 8, 16),
        ("load: model longer than memory", at(model), u32::MAX),
        ("load: model empty", at(model), 0),
        ("load: model cut off", at(model), model.len() as u32 / 2),
    ] {
        let builder = [start, length];
        say(case, nn::load(at(&builder), 1, TENSORFLOW_LITE, CPU, out));
    }
    say(
        "load: graph outside",
        nn::load(builders, 1, TENSORFLOW_LITE, CPU, OUTSIDE),
    );
    say("load: not a model", nn::load_bytes(&[b'x'; 4096]).0);
    let i16 = fs::read("/models/add_i16.tflite").expect("the model");
    say("load: tensors of i16", nn::load_bytes(&i16).0);
    for (case, at) in [("input", 0), ("output", 1), ("operator", 2)] {
        say(
            &format!("load: {case} index corrupt"),
            nn::load_bytes(&corrupt(model, at)).0,
        );
    }
    say("load_by_name", nn::load_by_name(at("model"), 5, out));
}

/// Puts an index that no tensor has in the place of the `nth` list `[0, 1]`, or of the graph's output: the file
/// stays a well-formed flatbuffer.
fn corrupt(model: &[u8], nth: usize) -> Vec<u8> {
    let lists: [&[u8]; 3] = [
        &[2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
        &[1, 0, 0, 0, 2, 0, 0, 0],
        &[2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
    ];
    let list = lists[nth];
    let places: Vec<usize> = (0..model.len() - list.len())
        .filter(|&place| model[place..].starts_with(list))
        .collect();
    let place = if nth == 0 {
        places[0]
    } else {
        *places.last().expect("a list of indices")
    };
    let mut model = model.to_vec();
    model[place + 4..place + 8].copy_from_slice(&0x7000u32.to_le_bytes());
    model
}
