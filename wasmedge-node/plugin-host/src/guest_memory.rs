use std::{io, ptr, slice};

/// What two guest addresses and lengths of 32 bits can reach, and more before it than any overrun.
const BEHIND: usize = 1 << 33;
const BEFORE: usize = 1 << 20;

/// A guest's linear memory, all zero. Around it lie pages that nobody may touch: whoever reads or writes outside ends
/// the process, instrumented or not.
pub struct GuestMemory {
    reserved: *mut libc::c_void,
    length: usize,
}

impl GuestMemory {
    /// Memory of `pages` pages of 64 KiB.
    ///
    /// # Errors
    ///
    /// Where the system gives no address space.
    pub fn new(pages: usize) -> io::Result<Self> {
        let length = pages << 16;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping, at an address of the system's choice.
        let reserved = unsafe {
            libc::mmap(
                ptr::null_mut(),
                BEFORE + length + BEHIND,
                libc::PROT_NONE,
                flags,
                -1,
                0,
            )
        };
        if reserved == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let memory = GuestMemory { reserved, length };
        // SAFETY: inside the mapping, and whole pages.
        match unsafe { libc::mprotect(memory.start().cast(), length, libc::PROT_READ | libc::PROT_WRITE) } {
            0 => Ok(memory),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// All of it.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: these pages may be read and written, and are borrowed with self.
        unsafe { slice::from_raw_parts_mut(self.start(), self.length) }
    }

    fn start(&self) -> *mut u8 {
        self.reserved.cast::<u8>().wrapping_add(BEFORE)
    }
}

impl Drop for GuestMemory {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own.
        unsafe { libc::munmap(self.reserved, BEFORE + self.length + BEHIND) };
    }
}
