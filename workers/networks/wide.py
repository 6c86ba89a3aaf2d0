"""Wide residual networks.

S. Zagoruyko, N. Komodakis: Wide residual networks, BMVC 2016, arXiv:1605.07146. Batch norm and ReLU come before each
convolution; a 1x1 convolution without batch norm is the shortcut where the shape changes.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from workers.networks.resnet import ResNet, as_keras


class WideBlock(nn.Module):
    """Two 3x3 convolutions, each after batch norm and ReLU, added to their input; the first may halve the image."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.projection: nn.Module | None = None
        if stride != 1 or channels != width:
            self.projection = nn.Conv2d(channels, width, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[batch, channels, h, w]`` to ``[batch, width, h / stride, w / stride]``."""
        active = functional.relu(self.norm1(x), inplace=True)
        y = functional.relu(self.norm2(self.conv1(active)), inplace=True)
        added: Tensor = self.conv2(y) + (x if self.projection is None else self.projection(active))
        return added


def wide_resnet(channels: int, classes: int, depth: int, widening: int) -> nn.Module:
    """Return WRN-``depth``-``widening``: 6n + 4 layers, n blocks in each stage of width 16, 32 and 64 times that."""
    blocks = (depth - 4) // 6
    layers: list[nn.Module] = [nn.Conv2d(channels, 16, 3, 1, 1, bias=False)]
    before = 16
    for index, width in enumerate((16 * widening, 32 * widening, 64 * widening)):
        for block in range(blocks):
            layers.append(WideBlock(before, width, 2 if index and not block else 1))
            before = width
    layers += [nn.BatchNorm2d(before), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    network = nn.Sequential(*layers, nn.Linear(before, classes))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
    return network


def wrn16_4(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Return WRN-16-4, six blocks of width 64, 128 and 256: 2.75 M parameters for 3 channels, 10 classes."""
    return wide_resnet(shape[0], classes, 16, 4)


def wrn16_4_report(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Return the network that the Padam reproducibility report calls WRN-16-4: its third stage has 128 channels.

    Six blocks that activate after their convolutions, behind a stem of 64 channels, as the Padam authors' WRN-16-4;
    the report's TensorFlow code makes the third stage with the function of the second, draws convolutions from a
    normal law of deviation sqrt(2 / n), where n is not the fan but the number of blocks a stage (2: deviation 1), and
    has Keras' batch norm (0.99 of the running means kept a step, eps 1e-3) and linear layer
    (H. Mittal, K. Pandey, Y. Kant, arXiv:1901.09517; github.com/yashkant/padam-tensorflow, its folder wide-resnet).
    Shortcuts and biases are those of the authors, for the versions of that code differ in them.
    """
    blocks = 2
    network = ResNet(shape[0], classes, (64, 128, 128), (blocks,) * 3)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=(2.0 / blocks) ** 0.5)
    return as_keras(network, kept=0.99, eps=1e-3)
