//! A picture in, the best labels for it out: what `classify` does around the model.

mod model_folder;
mod pixels;
mod predictions;
mod tensors;

pub use model_folder::{Manifest, ModelFolder};
pub use pixels::Pixels;
pub use predictions::{Classification, Prediction};
pub use tensors::{ElementType, Input, Output, Size};
