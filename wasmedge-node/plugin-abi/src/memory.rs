use std::{error::Error, ffi::c_void, fmt, marker::PhantomData, ptr::NonNull, slice};

unsafe extern "C" {
    fn plugin_abi_memory(frame: *const c_void, offset: u32, length: u32) -> *mut u8;
}

/// The linear memory of the guest that calls, for the time of that call. Every access is checked against its
/// bounds. The guest does not run meanwhile: WasmEdge calls a host function on the guest's own thread, and the
/// modules these plug-ins serve have no shared memory.
pub struct Memory<'call> {
    frame: *const c_void,
    call: PhantomData<&'call mut c_void>,
}

/// A range that a guest named is not inside its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds;

impl Memory<'_> {
    /// # Safety
    /// `frame` is WasmEdge's calling frame of the host function that runs, and outlives the returned value.
    pub(crate) unsafe fn of_call(frame: *const c_void) -> Self {
        Memory {
            frame,
            call: PhantomData,
        }
    }

    /// The `length` bytes at `offset`.
    pub fn bytes(&self, offset: u32, length: u32) -> Result<&[u8], OutOfBounds> {
        let start = self.locate(offset, length)?;
        // SAFETY: WasmEdge says that the range lies in the guest's memory, which neither moves nor is written
        // while this shared borrow of self lives (see the type).
        Ok(unsafe { slice::from_raw_parts(start, length as usize) })
    }

    /// The `length` bytes at `offset`, to be written.
    pub fn bytes_mut(&mut self, offset: u32, length: u32) -> Result<&mut [u8], OutOfBounds> {
        let start = self.locate(offset, length)?;
        // SAFETY: as in `bytes`; the exclusive borrow of self rules out any other slice of this memory.
        Ok(unsafe { slice::from_raw_parts_mut(start, length as usize) })
    }

    /// The little-endian `u32` at `offset`.
    pub fn u32(&self, offset: u32) -> Result<u32, OutOfBounds> {
        let bytes = self.bytes(offset, 4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Writes a little-endian `u32` at `offset`.
    pub fn set_u32(&mut self, offset: u32, value: u32) -> Result<(), OutOfBounds> {
        self.bytes_mut(offset, 4)?.copy_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn locate(&self, offset: u32, length: u32) -> Result<*mut u8, OutOfBounds> {
        // An empty range need not have an address in the guest, and Rust wants one that is not null.
        if length == 0 {
            return Ok(NonNull::dangling().as_ptr());
        }
        // SAFETY: the frame is valid for as long as self (see `of_call`).
        let start = unsafe { plugin_abi_memory(self.frame, offset, length) };
        NonNull::new(start).map(NonNull::as_ptr).ok_or(OutOfBounds)
    }
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outside the guest's memory")
    }
}

impl Error for OutOfBounds {}
