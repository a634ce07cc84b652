//! The numbers of the fields that `model_check` reads, as TensorFlow Lite's schema has them
//! (tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3).

pub mod model {
    pub const OPERATOR_CODES: usize = 1;
    pub const SUBGRAPHS: usize = 2;
    pub const BUFFERS: usize = 4;
    pub const METADATA: usize = 6;
    pub const SIGNATURES: usize = 7;
}
pub mod subgraph {
    pub const TENSORS: usize = 0;
    pub const INPUTS: usize = 1;
    pub const OUTPUTS: usize = 2;
    pub const OPERATORS: usize = 3;
}
pub mod tensor {
    pub const SHAPE: usize = 0;
    pub const TYPE: usize = 1;
    pub const BUFFER: usize = 2;
    pub const NAME: usize = 3;
    pub const QUANTIZATION: usize = 4;
}
pub mod quantization {
    pub const SCALE: usize = 2;
    pub const ZERO_POINT: usize = 3;
    pub const DIMENSION: usize = 6;
}
pub mod operator {
    pub const CODE: usize = 0;
    pub const INPUTS: usize = 1;
    pub const OUTPUTS: usize = 2;
    pub const OPTIONS_TYPE: usize = 3;
    pub const OPTIONS: usize = 4;
    pub const INTERMEDIATES: usize = 8;
}
pub mod buffer {
    pub const DATA: usize = 0;
    pub const OFFSET: usize = 1;
    pub const SIZE: usize = 2;
}
pub mod metadata {
    pub const NAME: usize = 0;
    pub const BUFFER: usize = 1;
}
pub mod signature {
    pub const INPUTS: usize = 0;
    pub const OUTPUTS: usize = 1;
    pub const SUBGRAPH: usize = 4;
}
pub mod named_tensor {
    pub const NAME: usize = 0;
    pub const TENSOR: usize = 1;
}
