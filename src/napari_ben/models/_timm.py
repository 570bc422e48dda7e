"""Any convolutional network of timm that ends in one linear layer. timm is an extra: it brings torchvision along."""

from typing import Any

from torch import Tensor, nn

from napari_ben.errors import ArgumentError, MethodError
from napari_ben.models._classifier import Classifier

__all__ = ["TimmClassifier", "import_timm", "timm_network"]


class TimmClassifier(Classifier):
    """A timm network behind the names of this project.

    Parameters
    ----------
    body
        As `timm.create_model` made it.
    n_channels
        Of its input.
    """

    def __init__(self, body: Any, n_channels: int, head: nn.Linear) -> None:
        super().__init__(n_channels, head.out_features, head.in_features)
        self.body = body

    def embed(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, d) embeddings."""
        embedding: Tensor = self.body.forward_head(self.body.forward_features(x), pre_logits=True)
        return embedding

    def classify(self, z: Tensor) -> Tensor:
        """(N, d) embeddings to (N, K) logits."""
        logits: Tensor = self.body.get_classifier()(z)
        return logits


def import_timm(name: str) -> Any:
    """Give the library, which has a network of this name.

    Raises
    ------
    ArgumentError
        timm is not installed or cannot be imported, or has no network of this name.
    """
    try:
        import timm
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision that was built for another torch
        raise ArgumentError(
            f"'timm:{name}' needs timm, which cannot be imported here ({str(error).splitlines()[0]}).",
            'Install it with pip install "napari-ben[timm]", with the torchvision that goes with this torch.',
        ) from error
    if not timm.is_model(name):
        raise ArgumentError(f"timm {timm.__version__} has no network {name!r}.", "timm.list_models() lists them.")
    return timm


def timm_network(name: str, n_channels: int, n_classes: int) -> TimmClassifier:
    """Build an untrained network of timm.

    Raises
    ------
    ArgumentError
        timm is not installed or cannot be imported, or has no network of this name.
    MethodError
        The network does not end in one linear layer.
    """
    timm = import_timm(name)
    body = timm.create_model(name, pretrained=False, in_chans=n_channels, num_classes=n_classes)
    head = body.get_classifier()
    if not isinstance(head, nn.Linear):
        raise MethodError(
            f"'timm:{name}' ends in {type(head).__name__}, not in one linear layer on an embedding.",
            "Choose a network with one, such as timm:efficientnet_b0.",
        )
    return TimmClassifier(body, n_channels, head)
