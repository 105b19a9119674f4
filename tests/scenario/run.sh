#!/bin/sh
# All scenario tests. ENTENTE_BUILD: the folder of entente and ententd (default: build).
exec /usr/bin/python3 -B "$(dirname "$0")/run.py" "$@"
