use super::{Environment, Owned, Result, TensorShape, check, ffi};
use ffi::{Handle, NewHandle, RankedTensorType};
use std::{ffi::c_uint, ptr, slice};

/// The memory of one tensor.
pub struct TensorBuffer {
    // Before what it lives in: fields are dropped in this order.
    buffer: Owned,
    _environment: Environment,
}

impl TensorBuffer {
    /// A buffer of `size` bytes for a tensor of this shape.
    pub fn new(environment: &Environment, shape: &TensorShape, size: usize) -> Result<Self> {
        let ranked = RankedTensorType::from(shape);
        // SAFETY: live.
        let create = |new: NewHandle| unsafe {
            ffi::LiteRtCreateManagedTensorBuffer(environment.0.handle, ffi::HOST_MEMORY, &ranked, size, new)
        };
        Ok(TensorBuffer {
            buffer: Owned::new(ffi::LiteRtDestroyTensorBuffer, create)?,
            _environment: environment.clone(),
        })
    }

    pub(super) fn handle(&self) -> Handle {
        self.buffer.handle
    }

    /// What is in it, while `read` looks at it.
    pub fn read<T>(&self, read: impl FnOnce(&[u8]) -> T) -> Result<T> {
        let locked = Locked::new(self, ffi::LOCK_READ)?;
        // SAFETY: the buffer has `size` bytes at `address` while it is locked, and nobody writes: `self` is borrowed.
        Ok(read(unsafe {
            slice::from_raw_parts(locked.address, locked.size)
        }))
    }

    /// Lets `write` fill it.
    pub fn write<T>(&mut self, write: impl FnOnce(&mut [u8]) -> T) -> Result<T> {
        let locked = Locked::new(self, ffi::LOCK_WRITE)?;
        // SAFETY: as in `read`, and nobody else has it: `self` is borrowed for writing.
        Ok(write(unsafe {
            slice::from_raw_parts_mut(locked.address, locked.size)
        }))
    }
}

/// The memory of a buffer, which may be used until this value's end.
struct Locked {
    buffer: Handle,
    address: *mut u8,
    size: usize,
}

impl Locked {
    fn new(buffer: &TensorBuffer, mode: c_uint) -> Result<Self> {
        let buffer = buffer.handle();
        let (mut address, mut size) = (ptr::null_mut(), 0);
        // SAFETY: live.
        check(unsafe { ffi::LiteRtGetTensorBufferSize(buffer, &mut size) })?;
        // SAFETY: live.
        check(unsafe { ffi::LiteRtLockTensorBuffer(buffer, &mut address, mode) })?;
        assert!(!address.is_null(), "LiteRT locked a buffer without memory");
        Ok(Locked {
            buffer,
            address,
            size,
        })
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: live: it is locked for as long as its `TensorBuffer` is borrowed.
        unsafe { ffi::LiteRtUnlockTensorBuffer(self.buffer) };
    }
}
