//! The imports as they are: every value that a guest may pass, right or wrong.
#[link(wasm_import_module = "wasi_ephemeral_nn")]
unsafe extern "C" {
    pub safe fn load(builders: u32, count: u32, encoding: u32, target: u32, graph: u32) -> u32;
    pub safe fn load_by_name(name: u32, length: u32, graph: u32) -> u32;
    pub safe fn init_execution_context(graph: u32, context: u32) -> u32;
    pub safe fn set_input(context: u32, index: u32, tensor: u32) -> u32;
    pub safe fn compute(context: u32) -> u32;
    pub safe fn get_output(
        context: u32,
        index: u32,
        buffer: u32,
        capacity: u32,
        written: u32,
    ) -> u32;
}

pub const TENSORFLOW_LITE: u32 = 4;
pub const CPU: u32 = 0;
pub const F32: u32 = 1;

/// The `tensor` record: dimensions, type, data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Tensor {
    pub dimensions: u32,
    pub rank: u32,
    pub element: u32,
    pub data: u32,
    pub length: u32,
}

impl Tensor {
    pub fn f32(dimensions: &[u32], data: &[f32]) -> Self {
        Tensor {
            dimensions: at(dimensions),
            rank: dimensions.len() as u32,
            element: F32,
            data: at(data),
            length: size_of_val(data) as u32,
        }
    }
}

/// The address of something in this guest's memory.
pub fn at<T: ?Sized>(value: &T) -> u32 {
    (&raw const *value).cast::<u8>() as u32
}

/// Loads a model from bytes that are there.
pub fn load_bytes(model: &[u8]) -> (u32, u32) {
    let builder = [at(model), model.len() as u32];
    let mut graph = u32::MAX;
    let errno = load(at(&builder), 1, TENSORFLOW_LITE, CPU, at_mut(&mut graph));
    (errno, graph)
}

pub fn at_mut<T>(value: &mut T) -> u32 {
    (&raw mut *value) as u32
}
