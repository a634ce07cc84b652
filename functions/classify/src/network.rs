use classify::Size;
use wasi_function::Error;
use wasi_nn::{ExecutionTarget, GraphBuilder, GraphEncoding, GraphExecutionContext, TensorType};

/// More outputs than any classifier has that this function is for.
const MAX_OUTPUTS: usize = 1 << 16;

/// A model loaded into the host's WASI-NN backend, ready to compute.
pub struct Network {
    context: GraphExecutionContext<'static>,
    shape: [usize; 4],
    outputs: usize,
}

impl Network {
    /// Loads a TensorFlow Lite model for pictures of `size` and tries it once: that finds what
    /// does not fit, and touches the memory that inference needs.
    pub fn load(model: &[u8], Size { width, height }: Size) -> Result<Self, Error> {
        let graph = GraphBuilder::new(GraphEncoding::TensorflowLite, ExecutionTarget::CPU)
            .build_from_bytes([model])
            .map_err(|error| Error::failure(format!("model.tflite cannot be loaded: {error}")))?;
        // The context borrows the graph; both live as long as the program.
        let context = Box::leak(Box::new(graph)).init_execution_context().map_err(Error::failure)?;
        let shape = [1, height as usize, width as usize, 3];
        let mut network = Self { context, shape, outputs: MAX_OUTPUTS };
        let black = vec![0; shape.iter().product()];
        let scores = network.compute(&black).map_err(|error| {
            Error::failure(format!(
                "model.tflite does not take uint8 pictures of {width} x {height}, as model.json says: {error}"
            ))
        })?;
        network.outputs = scores.len();
        Ok(network)
    }

    /// How many scores the model gives.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The model's `[1, N]` uint8 scores for `[1, height, width, 3]` uint8 RGB.
    pub fn compute(&mut self, pixels: &[u8]) -> Result<Vec<u8>, Error> {
        self.try_compute(pixels).map_err(Error::failure)
    }

    fn try_compute(&mut self, pixels: &[u8]) -> Result<Vec<u8>, wasi_nn::Error> {
        self.context.set_input(0, TensorType::U8, &self.shape, pixels)?;
        self.context.compute()?;
        let mut scores = vec![0; self.outputs];
        let length = self.context.get_output(0, &mut scores)?;
        scores.truncate(length);
        Ok(scores)
    }
}
