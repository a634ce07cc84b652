"""Classifies with LiteRT outside any sandbox: `python native_classifier.py MODEL`.

Reads pictures of the model's input size (uint8 RGB, one after another) on stdin; answers each with one line:
the index of the best label, and the milliseconds that the inference alone took.
"""

import sys
import time

import numpy
from ai_edge_litert.interpreter import Interpreter

network = Interpreter(model_path=sys.argv[1], num_threads=1)
network.allocate_tensors()
picture, scores = network.get_input_details()[0], network.get_output_details()[0]
size = int(numpy.prod(picture["shape"]))

while pixels := sys.stdin.buffer.read(size):
    start = time.perf_counter()
    network.set_tensor(picture["index"], numpy.frombuffer(pixels, numpy.uint8).reshape(picture["shape"]))
    network.invoke()
    best = int(network.get_tensor(scores["index"])[0].argmax())
    print(best, (time.perf_counter() - start) * 1000, flush=True)
