use crate::{
    errno::{Errno, Failure, Result},
    litert::{CompiledModel, Environment, Model, TensorBuffer, TensorShape},
    model_check,
    tensor::{GuestTensor, TensorSpec},
};

/// A loaded model. Contexts share it; each has its own tensors.
pub struct Graph {
    compiled: CompiledModel,
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
}

impl Graph {
    /// Reads and compiles a TensorFlow Lite model. Its first signature, or the whole of a model that has none, is
    /// what runs.
    pub fn load(model: &[u8]) -> Result<Self> {
        model_check::check(model)
            .map_err(|problem| Failure::argument(format!("not a TensorFlow Lite model: {problem}")))?;
        let model = Model::from_bytes(model)
            .map_err(|error| Failure::argument(format!("not a TensorFlow Lite model: {error}")))?;
        let (inputs, outputs) = model.tensors()?;
        let specs = |shapes: Vec<TensorShape>| -> Result<Vec<_>> {
            shapes.into_iter().map(TensorSpec::new).collect()
        };
        let (inputs, outputs) = (specs(inputs)?, specs(outputs)?);
        Ok(Graph {
            compiled: CompiledModel::new(Environment::new()?, model)?,
            inputs,
            outputs,
        })
    }

    /// Bytes that the tensors of one context take.
    pub fn context_bytes(&self) -> usize {
        self.inputs
            .iter()
            .chain(&self.outputs)
            .map(TensorSpec::bytes)
            .sum()
    }
}

/// An execution context: the input and output tensors of one use of a graph.
pub struct Context {
    inputs: Vec<TensorBuffer>,
    outputs: Vec<TensorBuffer>,
    given: Vec<bool>,
    computed: bool,
}

impl Context {
    /// One use of `graph`, with tensors that are all zero.
    pub fn new(graph: &Graph, environment: &Environment) -> Result<Self> {
        let allocate = |specs: &[TensorSpec]| {
            specs
                .iter()
                .map(|spec| spec.allocate(environment))
                .collect::<Result<_>>()
        };
        Ok(Context {
            inputs: allocate(&graph.inputs)?,
            outputs: allocate(&graph.outputs)?,
            given: vec![false; graph.inputs.len()],
            computed: false,
        })
    }

    /// Copies a guest's tensor into an input.
    pub fn set_input(&mut self, graph: &Graph, index: u32, tensor: &GuestTensor) -> Result<()> {
        let index = index as usize;
        let (Some(spec), Some(buffer)) = (graph.inputs.get(index), self.inputs.get_mut(index)) else {
            return Err(Failure::argument(format!("the model has no input {index}")));
        };
        spec.check(tensor)?;
        spec.write(buffer, tensor.data)?;
        self.given[index] = true;
        Ok(())
    }

    /// Runs the model on its inputs.
    pub fn compute(&mut self, graph: &Graph) -> Result<()> {
        if let Some(index) = self.given.iter().position(|&given| !given) {
            return Err(order(format!("input {index} is not set")));
        }
        self.computed = false;
        graph.compiled.run(&mut self.inputs, &mut self.outputs)?;
        self.computed = true;
        Ok(())
    }

    /// The form of an output, and its buffer once there is something in it.
    pub fn output<'a>(&'a self, graph: &'a Graph, index: u32) -> Result<(&'a TensorSpec, &'a TensorBuffer)> {
        let index = index as usize;
        let (Some(spec), Some(buffer)) = (graph.outputs.get(index), self.outputs.get(index)) else {
            return Err(Failure::argument(format!("the model has no output {index}")));
        };
        if !self.computed {
            return Err(order("nothing is computed yet".into()));
        }
        Ok((spec, buffer))
    }
}

fn order(reason: String) -> Failure {
    Failure::new(Errno::RuntimeError, reason)
}
