//! Pages of the program's memory, before and after a fork.
use nix::{
    errno::Errno,
    sys::mman::{MmapAdvise, madvise},
    unistd::{SysconfVar, sysconf},
};
use std::{ops::Range, ptr::NonNull};

/// What a fork has of its own before its program starts, in bytes: in a program as compilers lay it out the end of the
/// memory is the part of the stack that is used first, data and the beginning of the heap.
const PREPARED_BYTES: usize = 512 * 1024;

/// The address behind the last byte.
pub fn end(memory: NonNull<[u8]>) -> u64 {
    (memory.cast::<u8>().as_ptr() as usize + memory.len()) as u64
}

/// Gives back the pages that hold nothing but zeros. Whoever reads them finds zeros again; until then neither parent nor
/// forks have them, nor their entries in page tables, which are made and taken down with each fork.
pub fn release_zeros(memory: NonNull<[u8]>) -> nix::Result<()> {
    // SAFETY: it is memory of this process that nobody writes meanwhile: there is one thread.
    let bytes = unsafe { memory.as_ref() };
    for zeros in runs_of_zeros(bytes, page_size()) {
        // SAFETY: the range lies in the program's memory, which WasmEdge has mapped from nothing: zeros are what comes back.
        unsafe {
            madvise(
                memory.cast::<u8>().add(zeros.start).cast(),
                zeros.len(),
                MmapAdvise::MADV_DONTNEED,
            )
        }?;
    }
    Ok(())
}

/// Has the kernel map the end of the memory at once rather than page by page when the program writes there. Not before
/// Linux 5.14 (`EINVAL`).
pub fn prepare(memory: NonNull<[u8]>) -> nix::Result<()> {
    let start = memory.len().saturating_sub(PREPARED_BYTES);
    // SAFETY: the range lies in the program's memory, and nothing in it is changed.
    let result = unsafe {
        libc::madvise(
            memory.cast::<u8>().add(start).as_ptr().cast(),
            memory.len() - start,
            libc::MADV_POPULATE_WRITE,
        )
    };
    Errno::result(result).map(drop)
}

/// Ranges of whole pages, as long as they come.
fn runs_of_zeros(bytes: &[u8], page: usize) -> Vec<Range<usize>> {
    let zeros = vec![0; page];
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (number, content) in bytes.chunks_exact(page).enumerate() {
        if content != zeros {
            continue;
        }
        let start = number * page;
        match runs.last_mut().filter(|run| run.end == start) {
            Some(run) => run.end += page,
            None => runs.push(start..start + page),
        }
    }
    runs
}

fn page_size() -> usize {
    // POSIX has it on every system.
    sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
    use std::num::NonZeroUsize;

    const PAGES: usize = 256;

    /// Memory of its own that nobody has touched.
    fn untouched() -> NonNull<[u8]> {
        let length = NonZeroUsize::new(PAGES * page_size()).unwrap();
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping; the tests leave it.
        let start = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_PRIVATE) }.unwrap();
        NonNull::slice_from_raw_parts(start.cast(), length.get())
    }

    /// The numbers of the pages that are there.
    fn resident(memory: NonNull<[u8]>) -> Vec<usize> {
        let mut pages = [0; PAGES];
        // SAFETY: there is a byte for each page.
        let result = unsafe { libc::mincore(memory.cast().as_ptr(), memory.len(), pages.as_mut_ptr()) };
        assert_eq!(result, 0);
        (0..PAGES).filter(|&number| pages[number] & 1 == 1).collect()
    }

    #[test]
    fn pages_of_zeros_are_given_back_and_others_stay_as_they_are() {
        let mut memory = untouched();
        // SAFETY: nobody else has it.
        let bytes = unsafe { memory.as_mut() };
        bytes.fill(7);
        bytes.fill(0);
        bytes[3 * page_size()] = 1;
        bytes[6 * page_size() - 1] = 2;
        let before = bytes.to_vec();
        release_zeros(memory).unwrap();
        assert_eq!(resident(memory), [3, 5]);
        assert_eq!(bytes, before);
    }

    #[test]
    fn the_end_of_the_memory_is_there_before_it_is_written() {
        let memory = untouched();
        match prepare(memory) {
            Ok(()) => {
                let first = PAGES - PREPARED_BYTES / page_size();
                assert_eq!(resident(memory), (first..PAGES).collect::<Vec<_>>());
            }
            Err(error) => assert_eq!(error, Errno::EINVAL, "a kernel that does not know it"),
        }
    }
}
