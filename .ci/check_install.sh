#!/bin/sh
# The wheel and the sdist, each into a clean environment beside plain napari: napari must find the widget, the reader and
# the sample, and the base install must leave the versions of pandas and pydantic that napari brought.
# Usage: check_install.sh PYTHON    (a Python that has `build`)
set -eu
python=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m build --outdir "$folder/dist" . >"$folder/build.log" 2>&1 || { cat "$folder/build.log" >&2; exit 1; }
versions() { "$folder/env/bin/python" -m pip list --format=freeze 2>/dev/null | grep -iE '^(pandas|pydantic)==' | sort; }

"$python" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check napari
before=$(versions)
for built in "$folder"/dist/*.whl "$folder"/dist/*.tar.gz; do
    "$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt "$built"
    after=$(versions)
    if [ "$before" != "$after" ]; then
        printf 'The base install changed what napari brought.\nbefore:\n%s\nafter:\n%s\n' "$before" "$after" >&2
        exit 1
    fi
    (cd "$folder" && env/bin/python "$OLDPWD/.ci/check_contributions.py" && env/bin/napari-ben models list)
    "$folder/env/bin/python" -m pip uninstall --quiet --yes napari-ben
    echo "ok: $(basename "$built") beside $(echo "$before" | tr '\n' ' ')"
done
