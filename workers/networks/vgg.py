"""VGG-16 with batch norm in its CIFAR form: one linear layer, or two, behind thirteen convolutions.

K. Simonyan, A. Zisserman: Very deep convolutional networks for large-scale image recognition, ICLR 2015,
arXiv:1409.1556. Batch norm after each convolution, which keeps its bias, and a linear layer instead of the paper's
three of 4,096 units are what the Padam authors trained, with torch's own initial weights (github.com/uclaml/Padam,
models/vgg.py).
"""

from __future__ import annotations

from torch import nn

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Widths of the convolutions between two poolings."""


def vgg16_bn(shape: tuple[int, int, int], classes: int, *, linear_layers: int = 1) -> nn.Module:
    """Return VGG-16: 14.73 M parameters for 3x32x32 images and 10 classes.

    Five poolings halve the image, so that it needs 32 pixels a side; what larger ones leave is averaged.

    Parameters
    ----------
    shape
        (channels, height, width), the latter two at least 32.
    classes
        Number of outputs.
    linear_layers
        1, or 2 with 512 hidden units.
    """
    layers: list[nn.Module] = []
    before = shape[0]
    for stage in STAGES:
        for width in stage:
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            before = width
        layers.append(nn.MaxPool2d(2))
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    for _ in range(linear_layers - 1):
        layers += [nn.Linear(before, before), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(before, classes))
