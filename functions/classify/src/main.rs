//! The WebAssembly function `classify`: what is in a picture, by the model in the folder `/model`.

mod network;

use classify::{Classification, ModelFolder, Pixels};
use network::Network;
use picture::Limits;
use std::process::ExitCode;
use wasi_function::Error;

fn main() -> ExitCode {
    wasi_function::run(set_up)
}

fn set_up() -> Result<impl FnMut(&[u8]) -> Result<Vec<u8>, Error>, Error> {
    let limits = Limits::from_environment()?;
    let folder = ModelFolder::at("/model");
    let manifest = folder.manifest()?;
    let labels = folder.labels()?;
    let mut model = folder.model()?;
    let mut network = Network::load(&model, manifest.input, manifest.output)?;
    // The host has a copy of its own, and a fork that is made after this has nothing of pages of zeros.
    model.fill(0);
    drop(std::hint::black_box(model));
    if labels.len() != network.outputs() {
        return Err(Error::failure(format!(
            "labels.txt names {} labels, but model.tflite gives {} scores: it needs one line for each",
            labels.len(),
            network.outputs()
        )));
    }

    let mut pixels = Pixels::new(manifest.input.size(), limits);
    Ok(move |input: &[u8]| {
        let probabilities = network.compute(&pixels.of(input)?)?;
        let result = Classification::new(&manifest.name, &labels, &probabilities);
        serde_json::to_vec(&result).map_err(Error::failure)
    })
}
