//! Checks what LiteRT takes for granted of a model. LiteRT verifies that a file is a well-formed FlatBuffer, but then
//! follows every index in it: one that points nowhere ends the process.
use crate::{
    flatbuffer::{Table, Vector},
    model_field as field,
};

/// The most dimensions that LiteRT can hold.
const MAX_RANK: usize = 8;
/// The most elements of one tensor: memory that cannot be had ends the process too.
const MAX_ELEMENTS: usize = 256 << 20;

type Checked = Result<(), &'static str>;

/// Says what is wrong with a model, if anything is.
pub fn check(bytes: &[u8]) -> Checked {
    let model = Table::root(bytes).ok_or("it is no FlatBuffer")?;
    let tables = |number, what| model.vector(number, 4).ok_or(what);
    let codes = tables(field::model::OPERATOR_CODES, "it names no operators")?.len();
    let subgraphs = tables(field::model::SUBGRAPHS, "it has no graph")?;
    let buffers = tables(field::model::BUFFERS, "it has no buffers")?;
    ensure(subgraphs.len() > 0, "it has no graph")?;

    let mut sizes = Vec::new();
    for buffer in buffers.tables() {
        sizes.push(buffer_size(
            buffer.ok_or("a buffer lies outside it")?,
            bytes.len(),
        )?);
    }
    let mut tensors = Vec::new();
    for subgraph in subgraphs.tables() {
        tensors.push(check_subgraph(
            subgraph.ok_or("a graph lies outside it")?,
            codes,
            &sizes,
        )?);
    }
    for metadata in elements(&model, field::model::METADATA) {
        let metadata = metadata.ok_or("metadata lies outside it")?;
        let buffer = metadata
            .u32(field::metadata::BUFFER)
            .ok_or("metadata lies outside it")?;
        ensure((buffer as usize) < sizes.len(), "metadata names no buffer")?;
        ensure(
            metadata.vector(field::metadata::NAME, 1).is_some(),
            "metadata has no name",
        )?;
    }
    for signature in elements(&model, field::model::SIGNATURES) {
        check_signature(signature.ok_or("a signature lies outside it")?, &tensors)?;
    }
    Ok(())
}

/// Bytes of a buffer's data, which may stand behind the FlatBuffer in a large model.
fn buffer_size(buffer: Table, file: usize) -> Result<usize, &'static str> {
    let outside = "a buffer lies outside it";
    let offset = buffer.u64(field::buffer::OFFSET).ok_or(outside)?;
    let size = buffer.u64(field::buffer::SIZE).ok_or(outside)?;
    if offset > 1 {
        let end = offset.checked_add(size).ok_or(outside)?;
        ensure(end <= file as u64, outside)?;
        return Ok(size as usize);
    }
    if !buffer.has(field::buffer::DATA) {
        return Ok(0);
    }
    Ok(buffer.vector(field::buffer::DATA, 1).ok_or(outside)?.len())
}

/// Returns how many tensors the graph has.
fn check_subgraph(graph: Table, codes: usize, sizes: &[usize]) -> Result<usize, &'static str> {
    let tensors = graph
        .vector(field::subgraph::TENSORS, 4)
        .ok_or("a graph has no tensors")?;
    for tensor in tensors.tables() {
        check_tensor(tensor.ok_or("a tensor lies outside it")?, sizes)?;
    }
    let count = tensors.len();
    let ends = |number| graph.vector(number, 4).ok_or("a graph has no inputs or outputs");
    ensure(
        indices(ends(field::subgraph::INPUTS)?, count, false),
        "a graph's input is no tensor",
    )?;
    ensure(
        indices(ends(field::subgraph::OUTPUTS)?, count, false),
        "a graph's output is no tensor",
    )?;
    let operators = graph
        .vector(field::subgraph::OPERATORS, 4)
        .ok_or("a graph has no operators")?;
    for operator in operators.tables() {
        let operator = operator.ok_or("an operator lies outside it")?;
        let code = operator.u32(field::operator::CODE);
        ensure(
            code.is_some_and(|code| (code as usize) < codes),
            "an operator has no code",
        )?;
        let named = [
            (field::operator::INPUTS, true),
            (field::operator::OUTPUTS, false),
            (field::operator::INTERMEDIATES, false),
        ];
        for (number, optional) in named {
            let list = operator.vector(number, 4);
            ensure(
                list.is_some() || number == field::operator::INTERMEDIATES,
                "an operator has no tensors",
            )?;
            ensure(
                list.is_none_or(|list| indices(list, count, optional)),
                "an operator names no tensor",
            )?;
        }
        let typed = operator
            .u8(field::operator::OPTIONS_TYPE)
            .ok_or("an operator lies outside it")?
            != 0;
        ensure(
            typed == operator.table(field::operator::OPTIONS).is_some(),
            "an operator's options are missing",
        )?;
    }
    Ok(count)
}

fn check_tensor(tensor: Table, sizes: &[usize]) -> Checked {
    let buffer = tensor
        .u32(field::tensor::BUFFER)
        .ok_or("a tensor lies outside it")? as usize;
    let size = *sizes.get(buffer).ok_or("a tensor's buffer does not exist")?;
    ensure(
        tensor.vector(field::tensor::NAME, 1).is_some(),
        "a tensor has no name",
    )?;
    let shape: Vec<i32> = tensor
        .vector(field::tensor::SHAPE, 4)
        .map_or(Vec::new(), |shape| shape.i32s().collect());
    ensure(shape.len() <= MAX_RANK, "a tensor has too many dimensions")?;
    let wanted = shape
        .iter()
        .try_fold(1usize, |product, &size| {
            product.checked_mul(usize::try_from(size).ok()?)
        })
        .filter(|&elements| elements <= MAX_ELEMENTS)
        .ok_or("a tensor's shape is no size, or too large")?;
    let element = tensor.u8(field::tensor::TYPE).and_then(element_size);
    if let (Some(element), true) = (element, size > 0) {
        ensure(
            wanted.checked_mul(element) == Some(size),
            "a tensor's data has another size than its shape",
        )?;
    }
    match tensor.table(field::tensor::QUANTIZATION) {
        Some(quantization) => check_quantization(quantization, &shape),
        None => Ok(()),
    }
}

/// One scale for all, or one for each slice along a dimension.
fn check_quantization(quantization: Table, shape: &[i32]) -> Checked {
    let length = |number, size| quantization.vector(number, size).map_or(0, |list| list.len());
    let scales = length(field::quantization::SCALE, 4);
    let zeros = length(field::quantization::ZERO_POINT, 8);
    ensure(
        zeros == scales || zeros <= 1,
        "a tensor's zero points do not match its scales",
    )?;
    if scales > 1 {
        let dimension = quantization
            .u32(field::quantization::DIMENSION)
            .map(|dimension| dimension as usize);
        let slices = dimension.and_then(|dimension| shape.get(dimension)).copied();
        ensure(
            slices == i32::try_from(scales).ok(),
            "a tensor's scales do not match its shape",
        )?;
    }
    Ok(())
}

/// `tensors` has the number of tensors of each graph.
fn check_signature(signature: Table, tensors: &[usize]) -> Checked {
    let graph = signature
        .u32(field::signature::SUBGRAPH)
        .ok_or("a signature lies outside it")? as usize;
    let count = *tensors.get(graph).ok_or("a signature names no graph")?;
    for number in [field::signature::INPUTS, field::signature::OUTPUTS] {
        for named in elements(&signature, number) {
            let named = named.ok_or("a signature lies outside it")?;
            let tensor = named.u32(field::named_tensor::TENSOR);
            ensure(
                tensor.is_some_and(|tensor| (tensor as usize) < count),
                "a signature names no tensor",
            )?;
            ensure(
                named.vector(field::named_tensor::NAME, 1).is_some(),
                "a signature has no names",
            )?;
        }
    }
    Ok(())
}

/// Bytes of an element of the schema's `TensorType`, where it has a fixed number of them.
fn element_size(element: u8) -> Option<usize> {
    match element {
        3 | 6 | 9 => Some(1),       // UINT8, BOOL, INT8
        1 | 7 | 16 => Some(2),      // FLOAT16, INT16, UINT16
        0 | 2 | 15 => Some(4),      // FLOAT32, INT32, UINT32
        4 | 8 | 10 | 12 => Some(8), // INT64, COMPLEX64, FLOAT64, UINT64
        11 => Some(16),             // COMPLEX128
        _ => None,
    }
}

fn elements<'a>(table: &Table<'a>, number: usize) -> impl Iterator<Item = Option<Table<'a>>> {
    table.vector(number, 4).into_iter().flat_map(Vector::tables)
}

/// Whether every index is one of `count` tensors; -1 stands for a tensor left out.
fn indices(list: Vector, count: usize, optional: bool) -> bool {
    list.i32s().all(|index| match usize::try_from(index) {
        Ok(index) => index < count,
        Err(_) => optional && index == -1,
    })
}

fn ensure(holds: bool, otherwise: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(otherwise) }
}
