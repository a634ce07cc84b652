"""EfficientNet-Lite0 in Keras, with the batch normalisations folded into the convolutions."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

SIZE = 224
EPSILON = 1e-3
STEM_CHANNELS = 32


@dataclass(frozen=True)
class Stage:
    """Blocks of one kind, as in efficientnet_lite_builder.py of TensorFlow's model garden."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class Builder:
    """Builds the network from its weights, by their PyTorch names."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self._weights = dict(weights)
        self._assignments: list[tuple[layers.Layer, list[np.ndarray]]] = []

    def build(self) -> tf.keras.Model:
        """Float32 `[1, 224, 224, 3]`, (RGB - 127) / 128, to float32 `[1, 1000]`, a softmax."""
        picture = layers.Input((SIZE, SIZE, 3), batch_size=1, name="image")
        features = self._blocks(self._convolution(picture, "_conv_stem", "_bn0", kernel=3, stride=2))
        features = self._convolution(features, "_conv_head", "_bn1", kernel=1)
        scores = layers.Softmax(name="probs")(self._classifier(features))
        model = tf.keras.Model(picture, scores)
        for layer, values in self._assignments:
            layer.set_weights(values)
        if self._weights:
            raise SystemExit(f"weights without a place in the network: {sorted(self._weights)[:5]}")
        return model

    def _blocks(self, features: tf.Tensor) -> tf.Tensor:
        index, channels = 0, STEM_CHANNELS
        for stage in STAGES:
            for repeat in range(stage.repeats):
                stride = stage.stride if repeat == 0 else 1
                block = self._block(features, f"_blocks.{index}.", stage, stride)
                residual = stride == 1 and channels == stage.channels
                features = layers.Add()([features, block]) if residual else block
                index, channels = index + 1, stage.channels
        return features

    def _block(self, features: tf.Tensor, name: str, stage: Stage, stride: int) -> tf.Tensor:
        if stage.expansion > 1:
            features = self._convolution(features, name + "_expand_conv", name + "_bn0", kernel=1)
        features = self._convolution(
            features, name + "_depthwise_conv", name + "_bn1", kernel=stage.kernel, stride=stride, depthwise=True
        )
        return self._convolution(features, name + "_project_conv", name + "_bn2", kernel=1, activation=False)

    def _convolution(
        self,
        features: tf.Tensor,
        name: str,
        normalisation: str,
        *,
        kernel: int,
        stride: int = 1,
        activation: bool = True,
        depthwise: bool = False,
    ) -> tf.Tensor:
        values = self._folded(name, normalisation, depthwise)
        options = {"strides": stride, "padding": "same", "name": name.replace(".", "_")}
        if depthwise:
            layer = layers.DepthwiseConv2D(kernel, **options)
        else:
            layer = layers.Conv2D(values[0].shape[3], kernel, **options)
        self._assignments.append((layer, values))
        features = layer(features)
        return layers.ReLU(6.0)(features) if activation else features

    def _classifier(self, features: tf.Tensor) -> tf.Tensor:
        """As a 1x1 convolution, whose quantisation by channels every TensorFlow Lite knows."""
        weight, bias = self._take("_fc.weight"), self._take("_fc.bias")
        layer = layers.Conv2D(len(bias), 1, name="fc")
        self._assignments.append((layer, [weight.T[None, None], bias]))
        pooled = layers.AveragePooling2D(SIZE // 32)(features)
        return layers.Reshape((len(bias),))(layer(pooled))

    def _folded(self, name: str, normalisation: str, depthwise: bool) -> list[np.ndarray]:
        """Kernel and bias of a convolution and the batch normalisation behind it."""
        kernel = self._take(name + ".weight")
        parts = ("weight", "bias", "running_mean", "running_var")
        gamma, beta, mean, variance = (self._take(f"{normalisation}.{part}") for part in parts)
        self._take(normalisation + ".num_batches_tracked")
        scale = gamma.astype("f8") / np.sqrt(variance.astype("f8") + EPSILON)
        kernel = (kernel * scale[:, None, None, None]).astype("f4")
        axes = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
        return [kernel.transpose(axes), (beta - mean * scale).astype("f4")]

    def _take(self, name: str) -> np.ndarray:
        return self._weights.pop(name)
