#!/usr/bin/env bash
# Install from the wheelhouse and run the demo in a network namespace without any network: no make, pip alone.
#   make wheelhouse && tests/acceptance/offline.sh
set -euo pipefail
here="$(cd "$(dirname "$0")/../.." && pwd)"
house="${1:-$here/wheelhouse}"
python="${PYTHON:-python3}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cat > "$folder/inside.sh" <<'INSIDE'
set -euo pipefail
if ! "$python" -c 'import socket, sys; sys.exit([name for _, name in socket.if_nameindex()] != ["lo"])'; then
    echo "the network is not cut" >&2
    exit 1
fi
cd "$folder"
"$python" -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install --no-index --find-links "$house" riskmodel
export MLFLOW_DISABLE_TELEMETRY=true
venv/bin/riskmodel doctor
venv/bin/riskmodel train experiment=demo
venv/bin/riskmodel promote data=simulated name=household-crisis by=demo why="beats the baselines"
venv/bin/riskmodel score data=simulated model=household-crisis@champion capacity=share output=round.csv
head -c 300 round.csv
INSIDE
env -i PATH="$PATH" HOME="$folder" folder="$folder" house="$house" python="$python" \
    unshare --net --map-root-user bash "$folder/inside.sh"
echo "installed and run without a network"
