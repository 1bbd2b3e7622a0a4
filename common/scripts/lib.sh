# Shared by services/up and tests/run; to be sourced by bash.

if [[ -t 1 ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' dim='' red='' green='' plain=''
fi

# A step that the reader follows.
step() { printf '%s==>%s %s%s%s\n' "$green" "$plain" "$bold" "$*" "$plain"; }
note() { printf '    %s\n' "$*"; }

# An error says what went wrong, and what to do next.
fail() {
  printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
  shift
  local line
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "root rights are needed for: $*" "Run this as root, or install sudo and allow this user to use it."
  fi
}

# need_space FOLDER MEGABYTES WHAT
need_space() {
  local free
  free=$(df --output=avail -BM "$1" | tail -n 1 | tr -dc 0-9)
  if (( free < $2 )); then
    fail "$3 needs about $2 MB in $1, and only $free MB are free." "Free some space there and run the command again."
  fi
}

# quietly LOG TITLE COMMAND...: shows the log's end when the command fails.
quietly() {
  local log=$1 title=$2
  shift 2
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    fail "$title failed." "The whole output is in $log."
  fi
}

# build PRESET FOLDER TARGET...: configures and builds, with Ninja's own progress line.
build() {
  local preset=$1 folder=$2 log
  shift 2
  mkdir -p "$folder"
  log=$folder/configure.log
  need_space "$folder" 3000 "The build"
  [[ -f $folder/build.ninja ]] || quietly "$log" "Configuring the build" cmake --preset "$preset"
  if ! ninja -C "$folder" "$@"; then
    fail "The build failed." "The first error is above; 'ninja -C $folder' repeats the build."
  fi
}

# start_detached LOG COMMAND...: a process that outlives this script and holds none of its open files (a lock, a pipe
# that somebody waits for). Its id is in $!.
start_detached() {
  local log=$1
  shift
  (
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      (( fd > 2 )) && eval "exec $fd>&-"
    done
    exec setsid "$@" >>"$log" 2>&1 </dev/null
  ) &
}
