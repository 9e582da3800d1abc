# Shared by scripts/run and scripts/test: what a fresh machine lacks, made in this checkout. Sourced from its root.

SECONDS=0

# Compiled modules are kept beside their sources, whatever the shell says: a start takes half the time.
unset PYTHONDONTWRITEBYTECODE

# Nothing is written outside this checkout: no pip cache in the home folder.
export PIP_NO_CACHE_DIR=1

step() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

stop_with() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

as_root() {
    [ "$(id -u)" = 0 ]
}

# apt-get by package name, with its talk kept for the case that it fails.
install_packages() {
    as_root || stop_with "Missing on this machine: $*. Install it with:  sudo apt-get install -y $*"
    step "installing Debian packages: $*"
    local talk
    talk=$(mktemp)
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } >"$talk" 2>&1; then
        tail -n 15 "$talk" >&2
        rm -f "$talk"
        stop_with "apt-get could not install: $*. Its last words stand above."
    fi
    rm -f "$talk"
}

# need_programs program:package ...
need_programs() {
    local missing=() pair
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair##*:}")
    done
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

need_postgresql() {
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || install_packages postgresql
}

find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    stop_with "callboard needs Python 3.11 or later. Install it with:  sudo apt-get install -y python3 python3-venv"
}

# set_up_python FILE: .venv holds exactly what FILE locks (and never less than what an earlier FILE asked for).
set_up_python() {
    local lock=$1 mark=.venv/.installed-$1 python
    if [ ! -x .venv/bin/python ]; then
        python=$(find_python)
        "$python" -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
        step "making the virtual environment (.venv, $("$python" --version))"
        "$python" -m venv .venv
    fi
    if ! cmp -s "$lock" "$mark"; then
        step "installing Python packages from $lock (about a minute the first time)"
        local pip=".venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes"
        $pip -r requirements-build.txt
        # pyst2 comes as source only; it is built with the setuptools that was just installed and checked.
        $pip --no-build-isolation -r "$lock"
        cp "$lock" "$mark"
    fi
}

# The browser's third-party files, pinned by package-lock.json, are copied into web/static/vendor.
set_up_front_end() {
    if [ ! -f web/static/vendor/.installed ] || [ scripts/vendor -nt web/static/vendor/.installed ] \
        || ! cmp -s package-lock.json web/static/vendor/.installed; then
        step "installing the browser's libraries"
        scripts/vendor
        cp package-lock.json web/static/vendor/.installed
    fi
}
