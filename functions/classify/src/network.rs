use classify::{ElementType, Input, Output, Size};
use wasi_function::Error;
use wasi_nn::{ExecutionTarget, GraphBuilder, GraphEncoding, GraphExecutionContext, TensorType};

/// More outputs than any classifier has that this function is for.
const MAX_OUTPUTS: usize = 1 << 16;

/// A model loaded into the host's WASI-NN backend, ready to compute.
pub struct Network {
    context: GraphExecutionContext<'static>,
    input: Input,
    output: Output,
    shape: [usize; 4],
    output_bytes: usize,
}

impl Network {
    /// Loads a TensorFlow Lite model with this input and output and tries it once: that finds what
    /// does not fit, and touches the memory that inference needs.
    pub fn load(model: &[u8], input: Input, output: Output) -> Result<Self, Error> {
        let graph = GraphBuilder::new(GraphEncoding::TensorflowLite, ExecutionTarget::CPU)
            .build_from_bytes([model])
            .map_err(|error| Error::failure(format!("model.tflite cannot be loaded: {error}")))?;
        // The context borrows the graph; both live as long as the program.
        let context = Box::leak(Box::new(graph)).init_execution_context().map_err(Error::failure)?;
        let Size { width, height } = input.size();
        let shape = [1, height as usize, width as usize, 3];
        let output_bytes = MAX_OUTPUTS * output.element.bytes();
        let mut network = Self { context, input, output, shape, output_bytes };
        let black = vec![0; shape.iter().product()];
        let scores = network.scores(&black).map_err(|error| {
            let element = input.element.name();
            Error::failure(format!(
                "model.tflite does not take {element} pictures of {width} x {height}, as model.json says: {error}"
            ))
        })?;
        network.output_bytes = scores.len();
        Ok(network)
    }

    /// How many scores the model gives.
    pub fn outputs(&self) -> usize {
        self.output_bytes / self.output.element.bytes()
    }

    /// The model's probabilities for `[1, height, width, 3]` uint8 RGB.
    pub fn compute(&mut self, rgb: &[u8]) -> Result<Vec<f64>, Error> {
        let scores = self.scores(rgb).map_err(Error::failure)?;
        self.output.probabilities(&scores).map_err(Error::failure)
    }

    /// The bytes of the model's output.
    fn scores(&mut self, rgb: &[u8]) -> Result<Vec<u8>, wasi_nn::Error> {
        let element = match self.input.element {
            ElementType::Uint8 => TensorType::U8,
            ElementType::Float32 => TensorType::F32,
        };
        self.context.set_input(0, element, &self.shape, self.input.tensor(rgb))?;
        self.context.compute()?;
        let mut scores = vec![0; self.output_bytes];
        let length = self.context.get_output(0, &mut scores)?;
        scores.truncate(length);
        Ok(scores)
    }
}
