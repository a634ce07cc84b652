#!/usr/bin/env python3
"""Makes model.tflite (EfficientNet-Lite0, int8), labels.txt and their SHA256SUMS from weights and labels that Python packages ship.

Run it in an environment with the packages of requirements.txt (Python 3.11).
"""

import argparse
import hashlib
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

import calibration
import network
import weights

MEAN, SCALE = 127, 128
INPUT_QUANTISATION = (1 / SCALE, MEAN)
OUTPUT_QUANTISATION = (1 / 256, 0)


def main() -> None:
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as temporary:
        cache = arguments.cache or Path(temporary)
        cache.mkdir(parents=True, exist_ok=True)
        print("reading weights, labels and photos")
        tensors, labels = weights.read_weights(cache), weights.read_labels(cache)
        photos = calibration.crops(cache, network.SIZE)
    print("converting")
    model = quantise(network.Builder(tensors).build(), photos)
    check(model, labels)
    arguments.out.mkdir(parents=True, exist_ok=True)
    files = {"model.tflite": model, "labels.txt": "".join(f"{label}\n" for label in labels).encode()}
    for name, content in files.items():
        (arguments.out / name).write_bytes(content)
    sums = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    (arguments.out / "SHA256SUMS").write_text("".join(sums))
    print(f"wrote {', '.join(files)} and their SHA256SUMS to {arguments.out}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder for model.tflite, labels.txt and SHA256SUMS")
    parser.add_argument("--cache", type=Path, help="folder to keep the downloaded packages in, for another run")
    return parser.parse_args()


def quantise(model: tf.keras.Model, photos: list[np.ndarray]) -> bytes:
    """The model with 8-bit weights and activations, uint8 in and out."""
    # A concrete function of a fixed batch of 1: no operators that work out shapes, no dynamic sizes.
    picture = tf.TensorSpec((1, network.SIZE, network.SIZE, 3), tf.float32, name="image")
    function = tf.function(lambda image: model(image, training=False), input_signature=[picture])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    converter.representative_dataset = lambda: ([((photo.astype("f4") - MEAN) / SCALE)[None]] for photo in photos)
    return converter.convert()


def check(model: bytes, labels: list[str]) -> None:
    """Ends with a message unless the model takes raw RGB bytes and gives 256ths, one for each label."""
    interpreter = tf.lite.Interpreter(model_content=model)
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    found = [taken["dtype"], taken["quantization"], given["dtype"], given["quantization"], given["shape"].tolist()]
    wanted = [np.uint8, INPUT_QUANTISATION, np.uint8, OUTPUT_QUANTISATION, [1, len(labels)]]
    if found != wanted:
        raise SystemExit(f"the model has input and output {found}, not {wanted}")


if __name__ == "__main__":
    main()
