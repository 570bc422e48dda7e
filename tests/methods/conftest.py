"""Small networks of every shape that the engine must cope with, and what a plate's statistics are by definition."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """Two residual blocks with one shared in-place ReLU, a strided shortcut, and dropout before the head."""

    def __init__(self, width=6):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, bias=False), nn.BatchNorm2d(width))
        self.conv1, self.bn1 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 2 * width, 3, stride=2, bias=False), nn.BatchNorm2d(2 * width)
        self.shortcut = nn.Sequential(nn.Conv2d(width, 2 * width, 3, stride=2), nn.BatchNorm2d(2 * width))
        self.relu, self.dropout = nn.ReLU(inplace=True), nn.Dropout(0.5)
        self.fc = nn.Linear(2 * width, 4)

    def embed(self, x):
        x = self.relu(self.stem(x))
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x
        x = self.relu(out)
        x = self.relu(self.bn3(self.conv3(x)) + self.shortcut(x))
        return x.mean((2, 3))

    def classify(self, z):
        return self.fc(self.dropout(z))

    def forward(self, x):
        return self.classify(self.embed(x))


class Dense(nn.Module):
    """Every layer normalises the concatenation of everything before it."""

    def __init__(self, growth=4, depth=4):
        super().__init__()
        self.stem = nn.Conv2d(3, growth, 3, stride=2)
        self.norms = nn.ModuleList(nn.BatchNorm2d(growth * (k + 1)) for k in range(depth))
        self.convs = nn.ModuleList(nn.Conv2d(growth * (k + 1), growth, 3, padding=1) for k in range(depth))
        self.last = nn.BatchNorm2d(growth * (depth + 1))
        self.fc = nn.Linear(growth * (depth + 1), 4)

    def forward(self, x):
        features = [self.stem(x)]
        for norm, conv in zip(self.norms, self.convs, strict=True):
            features.append(conv(functional.relu(norm(torch.cat(features, 1)), inplace=True)))
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(self.last(torch.cat(features, dim=1)), 1), 1))


class PreActivation(nn.Module):
    """The shortcut leaves *after* an in-place ReLU changed what it holds, as in published pre-activation networks."""

    def __init__(self):
        super().__init__()
        self.conv0, self.bn1, self.conv1 = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Conv2d(5, 5, 3, padding=1)
        self.bn2, self.conv2 = nn.BatchNorm2d(5), nn.Conv2d(5, 5, 3, padding=1)
        self.bn3, self.fc = nn.BatchNorm2d(5), nn.Linear(5, 4)

    def forward(self, x):
        x = self.conv0(x)
        normed = self.bn1(x)
        functional.relu(normed, True)
        out = self.conv2(self.bn2(self.conv1(normed)).relu_())
        out += normed
        return self.fc(self.bn3(out).mean((2, 3)))


class Headed(nn.Module):
    """Input norm, split channels, a shape-dependent gate without BatchNorm, BatchNorm1d in the head, a tuple."""

    def __init__(self):
        super().__init__()
        self.norm0, self.conv = nn.BatchNorm2d(3, affine=False), nn.Conv2d(3, 8, 3)
        self.norm1, self.gate = nn.BatchNorm2d(4, track_running_stats=False), Gate()
        self.scale = nn.Parameter(torch.tensor(1.5))
        self.fc1, self.norm2, self.fc2 = nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 4)

    def forward(self, x, factor=None):
        left, right = self.conv(self.norm0(x)).chunk(2, dim=1)
        x = self.gate(functional.silu(self.norm1(left))) * self.scale + right
        z = self.norm2(self.fc1(x.flatten(2).mean(2)))
        return self.fc2(z) * (1 if factor is None else factor), z


class Gate(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x.mean((2, 3), keepdim=True)) if x.shape[-1] > 2 and float(x.abs().sum()) > 0 else x


class Viewing(nn.Module):
    """Views its activations as rows, which memory with channels last does not allow."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn1 = nn.Conv2d(3, 4, 5, stride=4), nn.BatchNorm2d(4)
        self.fc1, self.bn2, self.fc2 = nn.Linear(4 * 49, 5), nn.BatchNorm1d(5), nn.Linear(5, 4)

    def forward(self, x):
        x = self.bn1(self.conv(x)).relu()
        return self.fc2(self.bn2(self.fc1(x.view(x.shape[0], -1))))


class ValueDependent(nn.Module):
    """Control flow that depends on a value, which cannot be traced; changes its input in place."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.conv2, self.bn2 = (
            nn.Conv2d(3, 4, 3),
            nn.BatchNorm2d(4),
            nn.Conv2d(4, 4, 3),
            nn.BatchNorm2d(4),
        )
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        x -= 0.5
        x = self.bn1(self.conv1(x))
        if float(x.abs().max()) < 1e6:
            x = self.bn2(self.conv2(x.relu()))
        return self.fc(x.mean((2, 3)))


class HiddenWrites(nn.Module):
    """A part without BatchNorm overwrites what later stages would start from; only running the code shows it."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.writer = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), Writer()
        self.conv2, self.bn2, self.bn3, self.fc = (
            nn.Conv2d(4, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.BatchNorm2d(4),
            nn.Linear(4, 4),
        )

    def forward(self, x):
        x = self.bn1(self.conv1(x))
        out = self.bn2(self.conv2(x))
        return self.fc(self.bn3(out + self.writer(x) + x).mean((2, 3)))


class Writer(nn.Module):
    def forward(self, x):
        return x.mul_(0.5).add_(1)


NETWORKS = {
    "residual": Residual,
    "dense": Dense,
    "pre-activation": PreActivation,
    "headed": Headed,
    "viewing": Viewing,
    "value-dependent": ValueDependent,
    "hidden-writes": HiddenWrites,
}


def make_network(name):
    """A network with weights, affine parameters and running statistics that are not those of a fresh one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(sum(map(ord, name)))
        return disturbed(NETWORKS[name]())


def disturbed(network):
    """Draw affine parameters and running statistics at random, so that a wrong one shows."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _disturb(network)


def _disturb(network):
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            for values, low, high in ((module.weight, 0.5, 1.5), (module.bias, -0.3, 0.3)):
                if values is not None:
                    nn.init.uniform_(values, low, high)
            if module.running_mean is not None:
                nn.init.uniform_(module.running_mean, -1, 1)
                nn.init.uniform_(module.running_var, 0.5, 2)
    return network


def plate(n_images=24, size=32, channels=3):
    """Images read in well order: intensity and contrast drift from the first to the last."""
    generator = torch.Generator().manual_seed(1)
    drift = torch.linspace(0.5, 2, n_images).reshape(-1, 1, 1, 1)
    return torch.rand(n_images, channels, size, size, generator=generator) * drift + drift


def one_giant_batch(network, images):
    """Logits of a training-mode forward pass of all images, without dropout: what the context statistics stand for."""
    giant = copy.deepcopy(network).train()
    for module in giant.modules():
        if "Drop" in type(module).__name__:
            module.eval()
    with torch.no_grad():
        return first(giant(images.clone()))


def mini_batch_average(network, chunks):
    """What the field does instead: cumulative average over training-mode mini-batches (momentum=None)."""
    twin = copy.deepcopy(network).train()
    for module in twin.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.reset_running_stats()
            module.momentum = None
    with torch.no_grad():
        for chunk in chunks:
            twin(chunk)
    return twin.eval()


def logits(network, images):
    with torch.no_grad():
        return first(network(images.clone()))


def first(output):
    return output[0] if isinstance(output, tuple) else output


def relative_error(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


def definition(network, images, weights=None):
    """Statistics in float64 and in two passes over whole activations: mean, then mean squared deviation.

    Every layer's input is complete before the layer runs, so its statistics are put in on the way.
    """
    twin = copy.deepcopy(network).double().eval()
    weights = torch.ones(len(images)) if weights is None else torch.as_tensor(weights)
    found = {}

    def measure(name, layer, inputs):
        rows = inputs[0].transpose(0, 1).reshape(inputs[0].shape[1], len(images), -1)  # channel, image, pixel
        share = (weights.double() / weights.sum() / rows.shape[2])[None, :, None]
        mean = (rows * share).sum((1, 2))
        variance = ((rows - mean[:, None, None]) ** 2 * share).sum((1, 2))
        found[name] = (mean.numpy(), variance.numpy())
        layer.track_running_stats, layer.running_mean, layer.running_var = True, mean, variance

    for name, module in twin.named_modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.register_forward_pre_hook(lambda layer, inputs, name=name: measure(name, layer, inputs))
    with torch.no_grad():
        twin(images.double())
    return found


def assert_statistics(statistics, expected, tolerance=2e-5):
    """Means within a fraction of the standard deviation, variances within a fraction of themselves."""
    assert set(statistics.layers) == set(expected)
    for name, (mean, variance) in expected.items():
        layer = statistics.layers[name]
        np.testing.assert_allclose(
            layer.mean, mean, rtol=tolerance, atol=tolerance * np.sqrt(variance.max()), err_msg=name
        )
        np.testing.assert_allclose(layer.variance, variance, rtol=5 * tolerance, atol=1e-9, err_msg=name)


def snapshot(network):
    """Everything that a network is, as bytes: parameters, buffers and modes."""
    tensors = {name: value.clone() for name, value in network.state_dict().items()}
    return tensors, [module.training for module in network.modules()]


def assert_untouched(network, before):
    tensors, modes = before
    assert [module.training for module in network.modules()] == modes
    after = network.state_dict()
    assert after.keys() == tensors.keys()
    assert all(torch.equal(after[name], value) for name, value in tensors.items())


@pytest.fixture(scope="session")
def lab():
    """The helpers above; test modules cannot import a conftest."""
    return SimpleNamespace(**globals())


@pytest.fixture(params=NETWORKS)
def network(request):
    """Each small network in turn, in training mode."""
    return make_network(request.param).train()
