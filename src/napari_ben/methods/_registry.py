"""The methods that can be chosen, in the order in which they are offered; knows no torch."""

from napari_ben.methods import arm_bn, ben, controls, cs_arm_bn, custom, none
from napari_ben.methods._method import Method
from napari_ben.methods.cs_arm_bn import DEFAULT_CONTROL_WEIGHT

__all__ = ["DEFAULT_CONTROL_WEIGHT", "METHODS"]

METHODS: dict[str, Method] = {
    method.name: method
    for method in (none.METHOD, ben.METHOD, cs_arm_bn.METHOD, controls.METHOD, arm_bn.METHOD, custom.METHOD)
}
