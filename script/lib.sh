# What script/server and script/test share: saying what happens, and having what is needed.

say() { printf '\n== %s\n' "$*"; }
stop() { printf '\n%s\n' "$*" >&2; exit 1; }

need_rust() {
  command -v cargo >/dev/null 2>&1 && return
  stop "Rust is missing. Get it from https://rustup.rs (or: sudo apt install rustup; rustup default stable), then start this again."
}

# Debian packages that are not installed yet are installed; outside CI only after a yes.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
    # Programs that came another way count too.
    case "$package" in
      nodejs) command -v node >/dev/null 2>&1 && continue ;;
      npm|curl|zstd|chromium) command -v "$package" >/dev/null 2>&1 && continue ;;
      build-essential) command -v cc >/dev/null 2>&1 && command -v make >/dev/null 2>&1 && continue ;;
    esac
    missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null 2>&1 || stop "These are missing: ${missing[*]}. Install them, then start this again."
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    sudo=sudo
    [ -n "${CI:-}" ] && stop "These packages are missing: ${missing[*]}"
    read -r -p "These packages are missing: ${missing[*]}. Install them with sudo apt-get? [y/N] " answer
    [ "$answer" = y ] || stop "Then install them yourself: sudo apt-get install ${missing[*]}"
  fi
  $sudo apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

need_nextest() {
  cargo nextest --version >/dev/null 2>&1 || { say "Installing cargo-nextest"; cargo install cargo-nextest --locked; }
}

# Unoptimised: it is built once, and runs for seconds.
need_deny() {
  cargo deny --version >/dev/null 2>&1 || { say "Installing cargo-deny"; cargo install cargo-deny --locked --debug; }
}

# One build folder for the checkout and every later clone of it, so that nothing is compiled twice.
target_folder() {
  if [ -n "${CARGO_TARGET_DIR:-}" ]; then printf '%s' "$CARGO_TARGET_DIR"; return; fi
  printf '%s/gatehouse-target' "${XDG_CACHE_HOME:-$HOME/.cache}"
}
