//! A picture in, the best labels for it out: what `classify` does around the model.

mod model_folder;
mod pixels;
mod predictions;

pub use model_folder::{Manifest, ModelFolder, Size};
pub use pixels::Pixels;
pub use predictions::{Classification, Prediction};
