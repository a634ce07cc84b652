use crate::errno::{Errno, Failure, Result};
use litert::{ElementType, Environment, TensorBuffer, TensorElement, TensorShape};
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
            ElementType::Float32 => (TensorType::F32, 4),
            ElementType::UInt8 => (TensorType::U8, 1),
            ElementType::Int32 => (TensorType::I32, 4),
            ElementType::Int64 => (TensorType::I64, 8),
            other => {
                return Err(unsupported(format!("the model has a tensor of type {other:?}")));
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
        let mut buffer = TensorBuffer::managed_host(environment, &self.shape)?;
        self.write(&mut buffer, &vec![0; self.bytes])?;
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

    /// Copies `data`, which has this tensor's size, into a buffer of this form.
    pub fn write(&self, buffer: &mut TensorBuffer, data: &[u8]) -> Result<()> {
        fn write<T: TensorElement, const SIZE: usize>(
            buffer: &mut TensorBuffer,
            data: &[u8],
            value: fn([u8; SIZE]) -> T,
        ) -> Result<()> {
            let mut elements = buffer.lock_for_write::<T>()?;
            let (chunks, _) = data.as_chunks::<SIZE>();
            for (element, &bytes) in elements.iter_mut().zip(chunks) {
                *element = value(bytes);
            }
            Ok(())
        }
        match self.element {
            TensorType::U8 => write(buffer, data, u8::from_le_bytes),
            TensorType::F32 => write(buffer, data, f32::from_le_bytes),
            TensorType::I32 => write(buffer, data, i32::from_le_bytes),
            TensorType::I64 => write(buffer, data, i64::from_le_bytes),
        }
    }

    /// Copies a buffer of this form into `data`, which has this tensor's size.
    pub fn read(&self, buffer: &TensorBuffer, data: &mut [u8]) -> Result<()> {
        fn read<T: TensorElement, const SIZE: usize>(
            buffer: &TensorBuffer,
            data: &mut [u8],
            bytes: fn(T) -> [u8; SIZE],
        ) -> Result<()> {
            let elements = buffer.lock_for_read::<T>()?;
            let (chunks, _) = data.as_chunks_mut::<SIZE>();
            for (chunk, &element) in chunks.iter_mut().zip(elements.iter()) {
                *chunk = bytes(element);
            }
            Ok(())
        }
        match self.element {
            TensorType::U8 => read(buffer, data, u8::to_le_bytes),
            TensorType::F32 => read(buffer, data, f32::to_le_bytes),
            TensorType::I32 => read(buffer, data, i32::to_le_bytes),
            TensorType::I64 => read(buffer, data, i64::to_le_bytes),
        }
    }
}

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
