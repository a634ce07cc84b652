"""Photos by which the ranges of the quantised model are set."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

import wheels

# chelsea.png and coffee.png are left out: they are for tests.
PHOTOS = ("astronaut.png", "rocket.jpg", "motorcycle_left.png", "motorcycle_right.png", "camera.png")
TEXTURES = (
    "grass.png",
    "gravel.png",
    "brick.png",
    "coins.png",
    "hubble_deep_field.jpg",
    "retina.jpg",
    "color.png",
    "ihc.png",
)
MORE_PHOTOS = ("china.jpg", "flower.jpg")
CROPS_OF_A_PHOTO = 15
CROPS_OF_A_TEXTURE = 3
# Pixels around the square that TensorFlow's evaluation of the model crops.
EVALUATION_PADDING = 32


def crops(cache: Path, size: int) -> list[np.ndarray]:
    """Pictures `[size, size, 3]` uint8 RGB: the middle of each photo, and parts of it, changed at random but
    the same each time."""
    random = np.random.default_rng(0)
    result = []
    for data, count in _photos(cache):
        photo = Image.open(io.BytesIO(data)).convert("RGB")
        result.append(_middle(photo, size))
        result.extend(_part(photo, size, random) for _ in range(count))
    # Both ends of the range must occur, so that the input's scale is 1/128 and its zero point 127 exactly: raw
    # RGB bytes are then the quantised input.
    result[0][0, 0], result[0][0, 1] = 0, 255
    return result


def _photos(cache: Path) -> Iterator[tuple[bytes, int]]:
    for name in PHOTOS + TEXTURES:
        count = CROPS_OF_A_TEXTURE if name in TEXTURES else CROPS_OF_A_PHOTO
        yield wheels.read(wheels.SCIKIT_IMAGE, f"skimage/data/{name}", cache), count
    for name in MORE_PHOTOS:
        yield wheels.read(wheels.SCIKIT_LEARN, f"sklearn/datasets/images/{name}", cache), CROPS_OF_A_PHOTO


def _middle(photo: Image.Image, size: int) -> np.ndarray:
    width, height = photo.size
    side = size / (size + EVALUATION_PADDING) * min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return _square(photo, size, left, top, side)


def _part(photo: Image.Image, size: int, random: np.random.Generator) -> np.ndarray:
    width, height = photo.size
    side = min(width, height) * random.uniform(0.45, 1.0)
    left, top = random.uniform(0, width - side), random.uniform(0, height - side)
    part = Image.fromarray(_square(photo, size, left, top, side))
    if random.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        part = enhance(part).enhance(random.uniform(0.75, 1.3))
    return np.array(part)


def _square(photo: Image.Image, size: int, left: float, top: float, side: float) -> np.ndarray:
    box = (left, top, left + side, top + side)
    return np.array(photo.resize((size, size), Image.Resampling.BICUBIC, box=box))
