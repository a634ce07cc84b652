use serde::Deserialize;
use std::borrow::Cow;

/// A side of the largest picture that a model may ask for, in pixels.
const MAX_SIDE: u32 = 4096;

/// By how much rounding may take a probability above 1.
const ROUNDING: f64 = 1e-3;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ElementType {
    /// One byte each.
    #[default]
    Uint8,
    /// Four bytes each, little-endian.
    Float32,
}

impl ElementType {
    /// The size of an element, in bytes.
    pub fn bytes(self) -> usize {
        match self {
            Self::Uint8 => 1,
            Self::Float32 => 4,
        }
    }

    /// The name in `model.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uint8 => "uint8",
            Self::Float32 => "float32",
        }
    }
}

/// A size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// The picture that a model takes, as `input` of `model.json` says.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq)]
pub struct Input {
    width: u32,
    height: u32,
    /// The type of the values.
    #[serde(default, rename = "type")]
    pub element: ElementType,
    /// Of float32, a value is `(byte - mean) / std`: by default from -1 to 1, as TensorFlow's own
    /// example has it (`input_mean` and `input_std` of tensorflow/lite/examples/label_image).
    #[serde(default = "half")]
    mean: f32,
    #[serde(default = "half")]
    std: f32,
}

fn half() -> f32 {
    127.5
}

impl Input {
    /// The size of the picture.
    pub fn size(&self) -> Size {
        Size { width: self.width, height: self.height }
    }

    /// Says what is wrong with it, if anything is.
    pub fn check(&self) -> Result<(), String> {
        let &Self { width, height, std, .. } = self;
        if ![width, height].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
            return Err(format!(
                "model.json asks for pictures of {width} x {height}: sides must be 1 to {MAX_SIDE} pixels"
            ));
        }
        if std <= 0.0 {
            return Err(format!("model.json has a std of {std}: it must be above 0"));
        }
        Ok(())
    }

    /// The bytes of the model's input tensor, from RGB of its size.
    pub fn tensor<'a>(&self, rgb: &'a [u8]) -> Cow<'a, [u8]> {
        match self.element {
            ElementType::Uint8 => Cow::Borrowed(rgb),
            ElementType::Float32 => {
                let value = |&byte: &u8| (f32::from(byte) - self.mean) / self.std;
                rgb.iter().flat_map(|byte| value(byte).to_le_bytes()).collect()
            }
        }
    }
}

/// The scores that a model gives, as `output` of `model.json` says. The default is a uint8 softmax.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq)]
#[serde(default)]
pub struct Output {
    /// The type of the values.
    #[serde(rename = "type")]
    pub element: ElementType,
    /// Of uint8, a score is `(value - zeroPoint) * scale`.
    scale: f64,
    #[serde(rename = "zeroPoint")]
    zero_point: u8,
    /// Whether the softmax of the scores is still to be taken.
    logits: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self { element: ElementType::Uint8, scale: 1.0 / 256.0, zero_point: 0, logits: false }
    }
}

impl Output {
    /// The probabilities in the bytes of the model's output tensor. The message says what is none.
    pub fn probabilities(&self, tensor: &[u8]) -> Result<Vec<f64>, String> {
        let mut scores = self.scores(tensor)?;
        if let Some(score) = scores.iter().find(|score| !score.is_finite()) {
            return Err(format!("model.tflite gives the score {score}, which is no number"));
        }
        if self.logits {
            softmax(&mut scores);
        }
        if let Some(score) = scores.iter().find(|score| **score > 1.0 + ROUNDING) {
            return Err(format!(
                "model.tflite gives the score {score}, which is no probability: \
                 if it ends without a softmax, model.json must say \"logits\": true in its output"
            ));
        }
        Ok(scores.into_iter().map(|score| score.min(1.0)).collect())
    }

    fn scores(&self, tensor: &[u8]) -> Result<Vec<f64>, String> {
        match self.element {
            ElementType::Uint8 => {
                let zero = f64::from(self.zero_point);
                Ok(tensor.iter().map(|&byte| (f64::from(byte) - zero) * self.scale).collect())
            }
            ElementType::Float32 => {
                let (values, []) = tensor.as_chunks() else {
                    return Err(format!(
                        "model.tflite gives {} bytes, which are no float32 values, as model.json says",
                        tensor.len()
                    ));
                };
                Ok(values.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes))).collect())
            }
        }
    }
}

fn softmax(scores: &mut [f64]) {
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for score in scores.iter_mut() {
        *score = (*score - highest).exp();
    }
    let sum: f64 = scores.iter().sum();
    for score in scores {
        *score /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(json: &str) -> Input {
        serde_json::from_str(json).unwrap()
    }

    fn output(json: &str) -> Output {
        serde_json::from_str(json).unwrap()
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn a_uint8_model_gets_the_bytes_as_they_are() {
        assert_eq!(input(r#"{"width":1,"height":1}"#).tensor(&[0, 127, 255])[..], [0, 127, 255]);
    }

    #[test]
    fn a_float32_model_gets_values_from_minus_1_to_1_unless_told_otherwise() {
        let usual = input(r#"{"width":1,"height":1,"type":"float32"}"#);
        assert_eq!(usual.tensor(&[0, 51, 255])[..], floats(&[-1.0, -0.6, 1.0]));
        let other = input(r#"{"width":1,"height":1,"type":"float32","mean":0,"std":255}"#);
        assert_eq!(other.tensor(&[0, 51, 255])[..], floats(&[0.0, 0.2, 1.0]));
    }

    #[test]
    fn uint8_scores_are_256ths_unless_told_otherwise() {
        assert_eq!(Output::default().probabilities(&[0, 64, 192]).unwrap(), [0.0, 0.25, 0.75]);
        let other = output(r#"{"scale":0.125,"zeroPoint":2}"#);
        assert_eq!(other.probabilities(&[2, 4, 10]).unwrap(), [0.0, 0.25, 1.0]);
    }

    #[test]
    fn float32_scores_are_probabilities() {
        let float = output(r#"{"type":"float32"}"#);
        assert_eq!(float.probabilities(&floats(&[0.5, 0.25, 1.0001])).unwrap(), [0.5, 0.25, 1.0]);
    }

    #[test]
    fn of_logits_the_softmax_is_taken() {
        let logits = output(r#"{"type":"float32","logits":true}"#);
        // e^0 : e^ln(3), and far beyond what e^x of a float can hold.
        let even = logits.probabilities(&floats(&[1000.0, 1000.0 + 3.0f32.ln()])).unwrap();
        assert!((even[0] - 0.25).abs() < 1e-4 && (even[1] - 0.75).abs() < 1e-4, "{even:?}");
        let quantised = output(r#"{"scale":0.5,"zeroPoint":100,"logits":true}"#);
        let pair = quantised.probabilities(&[100, 102]).unwrap();
        assert!((pair[1] - 0.731_058_578_630_004_9).abs() < 1e-12, "{pair:?}");
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        let float = output(r#"{"type":"float32"}"#);
        for (bytes, expected) in [
            (floats(&[0.0, f32::NAN]), "model.tflite gives the score NaN, which is no number"),
            (floats(&[f32::INFINITY]), "model.tflite gives the score inf, which is no number"),
            (
                floats(&[0.5, 7.5]),
                "model.tflite gives the score 7.5, which is no probability: if it ends without",
            ),
            (vec![0; 5], "model.tflite gives 5 bytes, which are no float32 values, as model.json says"),
        ] {
            let message = float.probabilities(&bytes).unwrap_err();
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
