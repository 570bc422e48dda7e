"""What is known about published checkpoints: how their keys are spelled, and the facts that no key tells.

Facts only, no code of theirs. A layout names the architecture where its prefix says so; where
nothing does, the caller must, because ResNet-50 and its average-pool-strided variant share every key and shape.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from napari_ben.models._card import TrainingRecord
from napari_ben.models._scaling import Scaling
from napari_ben.models._tiling import Tiling

__all__ = ["LAYOUTS", "Layout", "recognize_layout"]

RXRX1 = ("DNA", "ER", "Actin", "RNA", "Mito", "Golgi")
RXRX1_WILDS = RXRX1[:3]
SIRNAS = tuple(f"siRNA {number}" for number in range(1139))  # 1108–1137 positive controls, 1138 the negative one
CS_ARM_BN = "Sanchez-Fernandez et al., arXiv:2604.20824, 2026"
BEN = "Lin & Lu, doi:10.1101/2022.10.14.512286, 2022"
WILDS = "Koh et al., arXiv:2012.07421, 2021"


@dataclass(frozen=True)
class Layout:
    """One family of published checkpoints.

    Parameters
    ----------
    title
        For people.
    recognize
        Whether a state dict's keys (and the entry that it lay in, "" for none) are of this family.
    rename
        Pattern and replacement for each key, in order; a key that ends up empty is left out.
    architecture
        Where the family has one.
    channels
        Names by their number.
    classes
        In the order of the logits.
    facts
        Further fields of the model card.
    """

    title: str
    recognize: Callable[[frozenset[str], str], bool]
    rename: Mapping[str, str] = field(default_factory=dict)
    architecture: str | None = None
    channels: tuple[tuple[str, ...], ...] = ()
    classes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """Spell a key of the checkpoint as this project does; empty for one that is not needed."""
        for pattern, replacement in self.rename.items():
            name = re.sub(pattern, replacement, name)
        return name


def _starts(*prefixes: str) -> Callable[[frozenset[str], str], bool]:
    """Every key starts with one of the prefixes, and each prefix occurs."""
    return lambda keys, _: (
        all(key.startswith(prefixes) for key in keys)
        and all(any(key.startswith(prefix) for key in keys) for prefix in prefixes)
    )


FIELD_256 = Tiling(size=(256, 256), fit="resize")
NOT_SEEN = "The licence of these weights was not seen: ask their authors before passing them on."

LAYOUTS: Mapping[str, Layout] = {
    "cs-arm-bn": Layout(
        title="CS-ARM-BN (JUMP positive controls)",
        recognize=_starts("featurizer.", "classifier."),
        rename={r"^featurizer\.": "", r"^classifier\.": "fc."},
        architecture="resnet50_avgstride",
        channels=(("RNA", "ER", "AGP", "Mito", "DNA"),),
        classes=tuple(
            f"JCP2022_{number}"
            for number in ("012818", "025848", "035095", "037716", "046054", "050797", "064022", "085227")
        ),
        facts={
            "scaling": Scaling(
                kind="percentile",
                mean=(0.0913, 0.0880, 0.1122, 0.0765, 0.0598),
                std=(0.1152, 0.1075, 0.1067, 0.0796, 0.0944),
            ),
            "field_size": (512, 512),
            "tiling": Tiling(size=(256, 256)),
            "training": TrainingRecord(method="cs-arm-bn", context_size=192, control_weight=2 / 3),
            "citation": CS_ARM_BN,
            "licence": NOT_SEEN,
        },
    ),
    "ben-cell": Layout(
        title="BEN, single cells (RxRx1)",
        recognize=lambda keys, _: any(key.startswith("encoder.tv_encoder.") for key in keys),
        rename={r"^encoder\.tv_encoder\.": "", r"^classifier\.": "fc.", r"^projection\..*": ""},
        architecture="resnet50",
        channels=(RXRX1_WILDS, RXRX1),
        classes=SIRNAS,
        facts={
            "scaling": Scaling(kind="image"),
            "tiling": Tiling(size=(48, 48), fit="tiles"),
            "training": TrainingRecord(method="ben"),
            "description": "Trained on crops of 48×48 pixels around single cells.",
            "citation": BEN,
            "licence": NOT_SEEN,
        },
    ),
    "wilds": Layout(
        title="WILDS (RxRx1)",
        recognize=lambda keys, entry: entry == "algorithm" and _starts("model.")(keys, entry),
        rename={r"^model\.": ""},
        architecture="resnet50",
        channels=(RXRX1_WILDS,),
        classes=SIRNAS,
        facts={
            "scaling": Scaling(kind="image"),
            "tiling": FIELD_256,
            "training": TrainingRecord(method="erm"),
            "citation": WILDS,
            "licence": NOT_SEEN,
        },
    ),
    "ben": Layout(
        title="BEN, whole fields (RxRx1-WILDS)",
        recognize=_starts("model."),
        rename={r"^model\.": ""},
        architecture="resnet50",
        channels=(RXRX1_WILDS,),
        classes=SIRNAS,
        facts={
            "scaling": Scaling(kind="image"),
            "tiling": FIELD_256,
            "training": TrainingRecord(method="ben", context_size=75),
            "citation": BEN,
            "licence": NOT_SEEN,
        },
    ),
    "xception": Layout(
        title="Xception (Cadene's keys)",
        recognize=lambda keys, _: "block12.skip.weight" in keys,
        rename={r"^last_linear\.": "fc."},
        architecture="xception",
        facts={"scaling": Scaling(kind="image"), "tiling": Tiling(size=(299, 299), fit="resize")},
    ),
    "torchvision": Layout(
        title="torchvision's keys",
        recognize=lambda keys, _: bool(keys & {"conv1.weight", "features.conv0.weight"}),
        rename={r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.": r"\1\2."},  # as in the old published DenseNets
        facts={"scaling": Scaling(kind="image"), "tiling": FIELD_256},
    ),
}


def recognize_layout(keys: frozenset[str], entry: str) -> Layout | None:
    """Find the family of a state dict; None for one that nobody here knows."""
    return next((layout for layout in LAYOUTS.values() if layout.recognize(keys, entry)), None)
