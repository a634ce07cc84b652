use crate::{
    errno::{Errno, Failure, Result},
    litert::{self, Environment, TensorBuffer, TensorShape},
};
use plugin_abi::Memory;

/// The most bytes that one tensor may take.
const MAX_TENSOR_BYTES: usize = 256 << 20;

/// The element types that WASI-NN and LiteRT share; the numbers are WASI-NN's `tensor_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum TensorType {
    F32 = 1,
    U8 = 3,
    I32 = 4,
    I64 = 5,
}

/// What the model says of one of its inputs or outputs.
#[derive(Debug)]
pub struct TensorSpec {
    element: TensorType,
    shape: TensorShape,
    bytes: usize,
}

impl TensorSpec {
    /// Refuses what a guest could not exchange: other element types and sizes that are not fixed.
    pub fn new(shape: TensorShape) -> Result<Self> {
        let unsupported = |what: String| Failure::new(Errno::UnsupportedOperation, what);
        let (element, size) = match shape.element_type {
            litert::FLOAT32 => (TensorType::F32, 4),
            litert::UINT8 => (TensorType::U8, 1),
            litert::INT32 => (TensorType::I32, 4),
            litert::INT64 => (TensorType::I64, 8),
            other => {
                return Err(unsupported(format!(
                    "the model has a tensor of LiteRtElementType {other}"
                )));
            }
        };
        let mut bytes: usize = size;
        for &dimension in &shape.dims {
            let dimension = usize::try_from(dimension)
                .ok()
                .filter(|&dimension| dimension > 0)
                .ok_or_else(|| unsupported(format!("the model has a tensor of shape {:?}", shape.dims)))?;
            bytes = bytes
                .checked_mul(dimension)
                .filter(|&bytes| bytes <= MAX_TENSOR_BYTES)
                .ok_or_else(|| {
                    Failure::new(
                        Errno::TooLarge,
                        format!("the model has a tensor of shape {:?}", shape.dims),
                    )
                })?;
        }
        Ok(TensorSpec {
            element,
            shape,
            bytes,
        })
    }

    /// Its size, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A buffer of this form, all zero: a guest must not see what the process had in that memory.
    pub fn allocate(&self, environment: &Environment) -> Result<TensorBuffer> {
        let mut buffer = TensorBuffer::new(environment, &self.shape, self.bytes)?;
        buffer.write(|memory| memory.fill(0))?;
        Ok(buffer)
    }

    /// Checks that a guest's tensor has this type, shape and size.
    pub fn check(&self, tensor: &GuestTensor) -> Result<()> {
        let fits = self.element as u8 == tensor.element
            && self.shape.dims.len() == tensor.dimensions.len()
            && self
                .shape
                .dims
                .iter()
                .zip(&tensor.dimensions)
                .all(|(&want, &got)| u32::try_from(want) == Ok(got))
            && self.bytes == tensor.data.len();
        if fits {
            return Ok(());
        }
        Err(Failure::argument(format!(
            "the model takes {:?} {:?} in {} bytes, got type {} {:?} in {} bytes",
            self.element,
            self.shape.dims,
            self.bytes,
            tensor.element,
            tensor.dimensions,
            tensor.data.len()
        )))
    }

    /// Copies `data`, which has this tensor's size, into a buffer of this form; its elements are little-endian on both sides.
    pub fn write(&self, buffer: &mut TensorBuffer, data: &[u8]) -> Result<()> {
        Ok(buffer.write(|memory| memory[..self.bytes].copy_from_slice(data))?)
    }

    /// Copies a buffer of this form into `data`, which has this tensor's size.
    pub fn read(&self, buffer: &TensorBuffer, data: &mut [u8]) -> Result<()> {
        Ok(buffer.read(|memory| data.copy_from_slice(&memory[..self.bytes]))?)
    }
}

// Wasm's memory is little-endian, and LiteRT's is the machine's: a copy is right on such machines alone.
const _: () = assert!(cfg!(target_endian = "little"));

/// A `tensor` record in the guest's memory: dimensions (pointer, count), type, data (pointer, length), each in 4
/// bytes, of which the type uses the first.
pub struct GuestTensor<'memory> {
    element: u8,
    dimensions: Vec<u32>,
    pub data: &'memory [u8],
}

impl<'memory> GuestTensor<'memory> {
    /// The most dimensions that LiteRT knows.
    const MAX_RANK: u32 = 8;

    /// Reads the record at `record`; its data stay in the guest's memory.
    pub fn read(memory: &'memory Memory, record: u32) -> Result<Self> {
        let record = memory.bytes(record, 20)?;
        let (fields, _) = record.as_chunks::<4>();
        let field = |index: usize| u32::from_le_bytes(fields[index]);
        let rank = field(1);
        if rank > Self::MAX_RANK {
            return Err(Failure::argument(format!("a tensor of {rank} dimensions")));
        }
        let (dimensions, _) = memory.bytes(field(0), rank * 4)?.as_chunks::<4>();
        Ok(GuestTensor {
            element: fields[2][0],
            dimensions: dimensions
                .iter()
                .map(|&bytes| u32::from_le_bytes(bytes))
                .collect(),
            data: memory.bytes(field(3), field(4))?,
        })
    }
}
