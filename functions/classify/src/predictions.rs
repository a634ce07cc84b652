use serde::Serialize;
use std::cmp::Reverse;

/// How many labels a result has at most.
const BEST: usize = 5;

/// The result of the function, as JSON.
#[derive(Debug, Serialize)]
pub struct Classification<'a> {
    /// The model's name.
    pub model: &'a str,
    /// The best labels, the best first.
    pub predictions: Vec<Prediction<'a>>,
}

/// A label and how sure the model is of it.
#[derive(Debug, Serialize, PartialEq)]
pub struct Prediction<'a> {
    /// A line of `labels.txt`.
    pub label: &'a str,
    /// A probability from 0 to 1.
    pub confidence: f64,
}

impl<'a> Classification<'a> {
    /// The five best of the model's outputs: `scores[i]` is the probability of `labels[i]` in
    /// 256ths, the quantisation of a uint8 softmax. Outputs of 0 say nothing and are left out.
    pub fn new(model: &'a str, labels: &'a [String], scores: &[u8]) -> Self {
        let mut ranked: Vec<_> = scores.iter().zip(labels).filter(|(score, _)| **score > 0).collect();
        ranked.sort_by_key(|(score, _)| Reverse(**score));
        ranked.truncate(BEST);
        let predictions = ranked
            .into_iter()
            .map(|(&score, label)| Prediction { label, confidence: f64::from(score) / 256.0 })
            .collect();
        Self { model, predictions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(scores: &[u8]) -> Vec<(String, f64)> {
        let labels: Vec<_> = "abcdefgh".chars().map(String::from).collect();
        let result = Classification::new("m", &labels, scores);
        result.predictions.iter().map(|best| (best.label.to_owned(), best.confidence)).collect()
    }

    #[test]
    fn the_five_best_come_in_order_and_equal_ones_as_the_labels_have_them() {
        let labels: String = best(&[1, 9, 3, 128, 9, 2, 4, 0]).into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, "dbegc");
    }

    #[test]
    fn outputs_of_zero_are_left_out() {
        assert_eq!(best(&[0, 192, 0, 64, 0, 0, 0, 0]), [("b".to_owned(), 0.75), ("d".to_owned(), 0.25)]);
        assert_eq!(best(&[0; 8]), []);
    }

    #[test]
    fn the_result_is_json() {
        let labels = ["cat".to_owned()];
        let json = serde_json::to_string(&Classification::new("m", &labels, &[128])).unwrap();
        assert_eq!(json, r#"{"model":"m","predictions":[{"label":"cat","confidence":0.5}]}"#);
    }
}
