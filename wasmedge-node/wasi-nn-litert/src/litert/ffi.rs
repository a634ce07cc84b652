//! What is used here of LiteRT's C API, as of 2.1: `litert/c/litert_*.h` of https://github.com/google-ai-edge/LiteRT.
//! A status of 0 is success; a handle that a call gives belongs to the caller, unless said otherwise.
#![allow(non_snake_case)]
use std::{
    ffi::{c_int, c_uint, c_void},
    ptr::NonNull,
};

/// `LiteRtElementType`: https://ai.google.dev/edge/litert counts them as TensorFlow Lite does.
pub const FLOAT32: c_uint = 1;
pub const INT32: c_uint = 2;
pub const UINT8: c_uint = 3;
pub const INT64: c_uint = 4;

/// `kLiteRtTensorBufferTypeHostMemory`
pub const HOST_MEMORY: c_uint = 1;
/// `kLiteRtHwAcceleratorCpu`
pub const CPU: c_int = 1;
/// `kLiteRtTensorBufferLockModeRead`, `…Write`
pub const LOCK_READ: c_uint = 0;
pub const LOCK_WRITE: c_uint = 1;

pub const MAX_RANK: usize = 8;

/// `LiteRtRankedTensorType`, its `LiteRtLayout` included.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct RankedTensorType {
    pub element_type: c_uint,
    /// Two bit fields: the rank in seven bits, and whether there are strides.
    pub rank_and_strides: u8,
    pub dimensions: [i32; MAX_RANK],
    pub strides: [u32; MAX_RANK],
}

/// An object of LiteRT's, known by its address alone.
pub type Handle = NonNull<c_void>;
/// Where a call puts a handle.
pub type NewHandle<'a> = &'a mut Option<Handle>;

#[link(name = "LiteRt")]
unsafe extern "C" {
    pub fn LiteRtCreateEnvironment(options: c_int, none: *const c_void, environment: NewHandle) -> c_uint;
    pub fn LiteRtDestroyEnvironment(environment: Handle);

    /// The model keeps the address of its bytes.
    pub fn LiteRtCreateModelFromBuffer(bytes: *const c_void, size: usize, model: NewHandle) -> c_uint;
    pub fn LiteRtDestroyModel(model: Handle);
    /// Signatures and tensors are the model's.
    pub fn LiteRtGetModelSignature(model: Handle, index: usize, signature: NewHandle) -> c_uint;
    pub fn LiteRtGetNumSignatureInputs(signature: Handle, count: &mut usize) -> c_uint;
    pub fn LiteRtGetNumSignatureOutputs(signature: Handle, count: &mut usize) -> c_uint;
    pub fn LiteRtGetSignatureInputTensorByIndex(signature: Handle, index: usize, tensor: NewHandle)
    -> c_uint;
    pub fn LiteRtGetSignatureOutputTensorByIndex(
        signature: Handle,
        index: usize,
        tensor: NewHandle,
    ) -> c_uint;
    pub fn LiteRtGetRankedTensorType(tensor: Handle, ranked: &mut RankedTensorType) -> c_uint;

    pub fn LiteRtCreateOptions(options: NewHandle) -> c_uint;
    pub fn LiteRtSetOptionsHardwareAccelerators(options: Handle, accelerators: c_int) -> c_uint;
    pub fn LiteRtDestroyOptions(options: Handle);

    /// The compiled model uses the environment and the model for as long as it is there.
    pub fn LiteRtCreateCompiledModel(
        environment: Handle,
        model: Handle,
        options: Handle,
        compiled: NewHandle,
    ) -> c_uint;
    pub fn LiteRtRunCompiledModel(
        compiled: Handle,
        signature: usize,
        input_count: usize,
        inputs: *const Handle,
        output_count: usize,
        outputs: *const Handle,
    ) -> c_uint;
    pub fn LiteRtDestroyCompiledModel(compiled: Handle);

    pub fn LiteRtCreateManagedTensorBuffer(
        environment: Handle,
        kind: c_uint,
        ranked: &RankedTensorType,
        size: usize,
        buffer: NewHandle,
    ) -> c_uint;
    pub fn LiteRtGetTensorBufferSize(buffer: Handle, size: &mut usize) -> c_uint;
    pub fn LiteRtLockTensorBuffer(buffer: Handle, address: &mut *mut u8, mode: c_uint) -> c_uint;
    pub fn LiteRtUnlockTensorBuffer(buffer: Handle) -> c_uint;
    pub fn LiteRtDestroyTensorBuffer(buffer: Handle);
}
