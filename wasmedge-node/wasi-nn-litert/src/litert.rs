//! LiteRT, as far as this plug-in uses it: each object is owned by one value, and ends with it.
//!
//! # Safety
//!
//! What the C API asks of a caller is that handles are of objects that are still there, and that there is a place for what it
//! gives. `SAFETY: live` below says that both hold: the handles are those of `Owned`s that outlive the call, the places locals.
mod ffi;
mod tensor_buffer;

use ffi::{Handle, NewHandle, RankedTensorType};
use std::{ffi::c_uint, ptr, sync::Arc};

pub use ffi::{FLOAT32, INT32, INT64, UINT8};
pub use tensor_buffer::TensorBuffer;

/// A call that failed, with LiteRT's status (`LiteRtStatus`).
#[derive(Debug)]
pub struct Error(c_uint);

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "LiteRT status {}", self.0)
    }
}

pub type Result<T> = std::result::Result<T, Error>;

fn check(status: c_uint) -> Result<()> {
    if status == 0 { Ok(()) } else { Err(Error(status)) }
}

/// What a call gives as a new handle.
fn handle_of(call: impl FnOnce(NewHandle) -> c_uint) -> Result<Handle> {
    const NO_HANDLE: c_uint = c_uint::MAX;
    let mut handle = None;
    check(call(&mut handle))?;
    handle.ok_or(Error(NO_HANDLE))
}

/// An object, and the call that ends it.
#[derive(Debug)]
struct Owned {
    handle: Handle,
    destroy: unsafe extern "C" fn(Handle),
}

impl Owned {
    fn new(destroy: unsafe extern "C" fn(Handle), create: impl FnOnce(NewHandle) -> c_uint) -> Result<Self> {
        let handle = handle_of(create)?;
        Ok(Owned { handle, destroy })
    }
}

// SAFETY: none of LiteRT's objects is bound to the thread that made it, and one at a time has it.
unsafe impl Send for Owned {}
// SAFETY: all that a shared one gives is its handle.
unsafe impl Sync for Owned {}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the handle is this value's own, and `destroy` the call for its kind.
        unsafe { (self.destroy)(self.handle) }
    }
}

/// What LiteRT's other objects live in; each of them keeps it.
#[derive(Clone)]
pub struct Environment(Arc<Owned>);

impl Environment {
    pub fn new() -> Result<Self> {
        // SAFETY: live; of no options there are none to point at.
        let create = |new: NewHandle| unsafe { ffi::LiteRtCreateEnvironment(0, ptr::null(), new) };
        let environment = Owned::new(ffi::LiteRtDestroyEnvironment, create)?;
        Ok(Environment(Arc::new(environment)))
    }
}

/// The element type and the size of each dimension of a tensor; a size of -1 is not fixed.
#[derive(Clone, Debug)]
pub struct TensorShape {
    pub element_type: u32,
    pub dims: Vec<i32>,
}

impl From<RankedTensorType> for TensorShape {
    fn from(ranked: RankedTensorType) -> Self {
        let rank = usize::from(ranked.rank_and_strides & 0x7f).min(ffi::MAX_RANK);
        TensorShape {
            element_type: ranked.element_type,
            dims: ranked.dimensions[..rank].to_vec(),
        }
    }
}

impl From<&TensorShape> for RankedTensorType {
    fn from(shape: &TensorShape) -> Self {
        let rank = shape.dims.len().min(ffi::MAX_RANK);
        let mut ranked = RankedTensorType {
            element_type: shape.element_type,
            rank_and_strides: rank as u8,
            ..Default::default()
        };
        ranked.dimensions[..rank].copy_from_slice(&shape.dims[..rank]);
        ranked
    }
}

/// A model as it was read, with the bytes that it refers to.
pub struct Model {
    // Before the bytes: fields are dropped in this order.
    model: Owned,
    _bytes: Box<[u8]>,
}

impl Model {
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bytes: Box<[u8]> = bytes.into();
        // SAFETY: live; the bytes stay where they are until after the model's end, since both are this value's.
        let create = |new: NewHandle| unsafe {
            ffi::LiteRtCreateModelFromBuffer(bytes.as_ptr().cast(), bytes.len(), new)
        };
        Ok(Model {
            model: Owned::new(ffi::LiteRtDestroyModel, create)?,
            _bytes: bytes,
        })
    }

    /// The inputs and the outputs of the first signature; a model that names none has one all the same.
    pub fn tensors(&self) -> Result<(Vec<TensorShape>, Vec<TensorShape>)> {
        // SAFETY: live.
        let first = |new: NewHandle| unsafe { ffi::LiteRtGetModelSignature(self.model.handle, 0, new) };
        let signature = handle_of(first)?;
        let shapes = |count: Count, tensor: ByIndex| {
            let mut number = 0;
            // SAFETY: live; the signature is the model's.
            check(unsafe { count(signature, &mut number) })?;
            // SAFETY: the same.
            let tensor = |index| handle_of(|new| unsafe { tensor(signature, index, new) });
            (0..number)
                .map(|index| shape_of(tensor(index)?))
                .collect::<Result<Vec<_>>>()
        };
        Ok((
            shapes(
                ffi::LiteRtGetNumSignatureInputs,
                ffi::LiteRtGetSignatureInputTensorByIndex,
            )?,
            shapes(
                ffi::LiteRtGetNumSignatureOutputs,
                ffi::LiteRtGetSignatureOutputTensorByIndex,
            )?,
        ))
    }
}

type Count = unsafe extern "C" fn(Handle, &mut usize) -> c_uint;
type ByIndex = unsafe extern "C" fn(Handle, usize, NewHandle) -> c_uint;

fn shape_of(tensor: Handle) -> Result<TensorShape> {
    let mut ranked = RankedTensorType::default();
    // SAFETY: live; the tensor is the model's.
    check(unsafe { ffi::LiteRtGetRankedTensorType(tensor, &mut ranked) })?;
    Ok(ranked.into())
}

/// A model that can be run, on the processor.
pub struct CompiledModel {
    // Before what it uses: fields are dropped in this order.
    compiled: Owned,
    _model: Model,
    _environment: Environment,
}

impl CompiledModel {
    pub fn new(environment: Environment, model: Model) -> Result<Self> {
        // SAFETY: live.
        let create = |new: NewHandle| unsafe { ffi::LiteRtCreateOptions(new) };
        let options = Owned::new(ffi::LiteRtDestroyOptions, create)?;
        // SAFETY: live.
        check(unsafe { ffi::LiteRtSetOptionsHardwareAccelerators(options.handle, ffi::CPU) })?;
        // SAFETY: live; environment and model stay until after the compiled model's end, since all are this value's.
        let create = |new: NewHandle| unsafe {
            ffi::LiteRtCreateCompiledModel(environment.0.handle, model.model.handle, options.handle, new)
        };
        Ok(CompiledModel {
            compiled: Owned::new(ffi::LiteRtDestroyCompiledModel, create)?,
            _model: model,
            _environment: environment,
        })
    }

    /// Runs the first signature.
    pub fn run(&self, inputs: &mut [TensorBuffer], outputs: &mut [TensorBuffer]) -> Result<()> {
        let handles = |buffers: &[TensorBuffer]| buffers.iter().map(TensorBuffer::handle).collect::<Vec<_>>();
        let (inputs, outputs) = (handles(inputs), handles(outputs));
        // SAFETY: live; the arrays have the lengths that are given.
        check(unsafe {
            ffi::LiteRtRunCompiledModel(
                self.compiled.handle,
                0,
                inputs.len(),
                inputs.as_ptr(),
                outputs.len(),
                outputs.as_ptr(),
            )
        })
    }
}
