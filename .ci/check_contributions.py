"""Look at an installed napari-ben through napari's own plugin manager."""

import sys

from npe2 import PluginManager

manager = PluginManager.instance()
manager.discover()
manifest = manager.get_manifest("napari-ben")
contributions = manifest.contributions
found = {
    "widgets": len(contributions.widgets or ()),
    "readers": len(contributions.readers or ()),
    "sample_data": len(contributions.sample_data or ()),
}
missing = [kind for kind, count in found.items() if count == 0]
if missing:
    sys.exit(f"napari does not find napari-ben's {', '.join(missing)}: {found}")
for command in contributions.commands or ():
    if not command.python_name:
        sys.exit(f"command {command.id} names no function")
sys.stdout.write(f"{manifest.display_name}: {found}\n")
