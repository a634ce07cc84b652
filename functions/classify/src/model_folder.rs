use crate::{Input, Output};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use wasi_function::Error;

/// What `model.json` says of a model to the function. It says more, to services and people.
#[derive(Debug, Deserialize, PartialEq)]
pub struct Manifest {
    /// The name that each result bears.
    pub name: String,
    /// The picture that the model takes.
    pub input: Input,
    /// The scores that it gives.
    #[serde(default)]
    pub output: Output,
}

/// A folder with a model: `model.tflite` (input `[1, height, width, 3]` RGB, output `[1, N]`, each
/// uint8 or float32), `labels.txt` (line i names output i) and `model.json`.
pub struct ModelFolder(PathBuf);

impl ModelFolder {
    /// The model in the folder at `path`.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self(path.as_ref().to_owned())
    }

    /// The manifest, `model.json`. [`Error::Failure`] where it cannot be used.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        parse_manifest(&self.read("model.json")?)
    }

    /// The names of the model's outputs, `labels.txt`, in their order.
    pub fn labels(&self) -> Result<Vec<String>, Error> {
        let text = String::from_utf8(self.read("labels.txt")?)
            .map_err(|error| Error::failure(format!("labels.txt is not UTF-8 text: {error}")))?;
        Ok(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    /// The bytes of `model.tflite`.
    pub fn model(&self) -> Result<Vec<u8>, Error> {
        self.read("model.tflite")
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.0.join(name);
        std::fs::read(&path).map_err(|error| {
            Error::failure(format!(
                "{} cannot be read ({error}): the model's folder must have model.tflite, labels.txt and model.json",
                path.display()
            ))
        })
    }
}

fn parse_manifest(json: &[u8]) -> Result<Manifest, Error> {
    let manifest: Manifest = serde_json::from_slice(json)
        .map_err(|error| Error::failure(format!("model.json is not the manifest of a model: {error}")))?;
    manifest.input.check().map_err(Error::failure)?;
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ElementType, Size};

    #[test]
    fn the_bundled_model_has_a_label_for_each_of_its_1000_outputs() {
        let bundled = ModelFolder::at(concat!(env!("CARGO_MANIFEST_DIR"), "/model"));
        let manifest = bundled.manifest().unwrap();
        assert_eq!(manifest.input.size(), Size { width: 224, height: 224 });
        assert_eq!(manifest.input.element, ElementType::Uint8);
        assert_eq!(manifest.output, Output::default());
        assert_eq!(bundled.labels().unwrap().len(), 1000);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_with_what_belongs_in_it() {
        let error = ModelFolder::at("/nowhere").manifest().unwrap_err();
        assert!(error.message().starts_with("/nowhere/model.json cannot be read"), "{error}");
        assert!(error.message().ends_with("must have model.tflite, labels.txt and model.json"), "{error}");
        assert_eq!(error.status(), 2);
    }

    #[test]
    fn a_manifest_that_cannot_be_used_says_why() {
        for (manifest, expected) in [
            ("hello", "model.json is not the manifest of a model: expected value"),
            (
                r#"{"input":{"width":1,"height":1}}"#,
                "model.json is not the manifest of a model: missing field `name`",
            ),
            (
                r#"{"name":"m","input":{"width":0,"height":1}}"#,
                "model.json asks for pictures of 0 x 1: sides must be 1 to 4096 pixels",
            ),
            (
                r#"{"name":"m","input":{"width":1,"height":1,"type":"int8"}}"#,
                "model.json is not the manifest of a model: unknown variant `int8`, expected `uint8` or `float32`",
            ),
            (
                r#"{"name":"m","input":{"width":1,"height":1,"type":"float32","std":0}}"#,
                "model.json has a std of 0: it must be above 0",
            ),
        ] {
            let error = parse_manifest(manifest.as_bytes()).unwrap_err();
            assert!(error.message().starts_with(expected), "{error}");
        }
    }
}
