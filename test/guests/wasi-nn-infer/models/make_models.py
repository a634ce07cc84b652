"""Makes the small models of the WASI-NN tests: one operator, ADD, of two tensors [1, 4] of one element type.

Run it with the packages ai-edge-litert==2.1.4 and flatbuffers==25.12.19; it writes add_<type>.tflite beside itself.
"""

from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as tfl

TYPES = {
    "f32": tfl.TensorType.FLOAT32,
    "i32": tfl.TensorType.INT32,
    "i64": tfl.TensorType.INT64,
    # A type that WASI-NN cannot name: to be refused.
    "i16": tfl.TensorType.INT16,
}


def tensor(name: str, element: int) -> tfl.TensorT:
    made = tfl.TensorT()
    made.name, made.type, made.shape, made.buffer = name, element, [1, 4], 0
    made.quantization = tfl.QuantizationParametersT()
    return made


def add_model(element: int) -> bytes:
    code = tfl.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = tfl.BuiltinOperator.ADD

    add = tfl.OperatorT()
    add.opcodeIndex, add.inputs, add.outputs = 0, [0, 1], [2]
    add.builtinOptionsType, add.builtinOptions = tfl.BuiltinOptions.AddOptions, tfl.AddOptionsT()

    graph = tfl.SubGraphT()
    graph.name = "main"
    graph.tensors = [tensor(name, element) for name in ("a", "b", "sum")]
    graph.inputs, graph.outputs, graph.operators = [0, 1], [2], [add]

    model = tfl.ModelT()
    model.version, model.description = 3, "a + b"
    model.operatorCodes, model.subgraphs, model.buffers = [code], [graph], [tfl.BufferT()]

    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


for name, element in TYPES.items():
    Path(__file__).with_name(f"add_{name}.tflite").write_bytes(add_model(element))
