use serde::Serialize;

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
    /// The five best of the model's outputs: `probabilities[i]` is that of `labels[i]`. Those of 0
    /// say nothing and are left out.
    pub fn new(model: &'a str, labels: &'a [String], probabilities: &[f64]) -> Self {
        let mut predictions: Vec<_> = probabilities
            .iter()
            .zip(labels)
            .filter(|(probability, _)| **probability > 0.0)
            .map(|(&confidence, label)| Prediction { label, confidence })
            .collect();
        predictions.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        predictions.truncate(BEST);
        Self { model, predictions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(probabilities: &[f64]) -> Vec<(String, f64)> {
        let labels: Vec<_> = "abcdefgh".chars().map(String::from).collect();
        let result = Classification::new("m", &labels, probabilities);
        result.predictions.iter().map(|best| (best.label.to_owned(), best.confidence)).collect()
    }

    #[test]
    fn the_five_best_come_in_order_and_equal_ones_as_the_labels_have_them() {
        let labels: String =
            best(&[0.01, 0.2, 0.03, 0.5, 0.2, 0.02, 0.04, 0.0]).into_iter().map(|(label, _)| label).collect();
        assert_eq!(labels, "dbegc");
    }

    #[test]
    fn outputs_of_zero_are_left_out() {
        assert_eq!(
            best(&[0.0, 0.75, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0]),
            [("b".to_owned(), 0.75), ("d".to_owned(), 0.25)]
        );
        assert_eq!(best(&[0.0; 8]), []);
    }

    #[test]
    fn the_result_is_json() {
        let labels = ["cat".to_owned()];
        let json = serde_json::to_string(&Classification::new("m", &labels, &[0.5])).unwrap();
        assert_eq!(json, r#"{"model":"m","predictions":[{"label":"cat","confidence":0.5}]}"#);
    }
}
