# Background processes of one script: started in a session of their own (so that Ctrl-C reaches only the
# script, which stops them in order), recorded, and stopped on every way out. Should the script be killed
# outright, the kernel signals them (setpriv --pdeathsig).
# shellcheck shell=bash

process_names=()
process_pids=()
process_signals=()
temporary_paths=()
run_as=()
enter=() # the words that run a command in another network namespace; none: in this one
started_pid=

stop_everything_on_exit() {
  trap 'stop_everything' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# Sets run_as to the words that run a command as USER, for a process that must reach DIR. Root steps down
# to the user, keeping only the right to pass directories closed to it (a checkout under /root) if needed;
# anyone else runs servers as himself.
set_run_as() { # USER DIR
  local cap
  run_as=()
  ((EUID == 0)) || return 0
  id "$1" >/dev/null 2>&1 || die "the system user '$1' does not exist; its Debian package creates it"
  run_as=(--reuid="$1" --regid="$1" --clear-groups)
  # shellcheck disable=SC2016
  for cap in '' dac_read_search dac_override; do
    [[ -z $cap ]] || run_as=(--reuid="$1" --regid="$1" --clear-groups --inh-caps=+"$cap" --ambient-caps=+"$cap")
    if setpriv "${run_as[@]}" sh -c 'cd -- "$1"' sh "$2" 2>/dev/null; then return 0; fi
  done
  die "user $1 cannot reach $2; clone to a place it can, e.g. /srv"
}

# Processes started from here on run as whoever runs the script.
run_as_self() { run_as=(); }

# In the foreground, from /, with the rights of set_run_as.
run_as_user() { (cd / && exec setpriv "${run_as[@]}" --no-new-privs "$@"); }

# A directory for the user of set_run_as alone.
own_directory() { # USER DIR
  mkdir -p "$2"
  chmod 700 "$2"
  ((EUID != 0)) || chown -R "$1:$1" "$2"
}

# start_process NAME SIGNAL LOG COMMAND…: SIGNAL asks it to stop; sets started_pid.
start_process() {
  local name=$1 signal=$2 log=$3
  shift 3
  (cd / && exec "${enter[@]}" setsid setpriv "${run_as[@]}" --no-new-privs --pdeathsig "$signal" "$@") </dev/null >>"$log" 2>&1 8>&- 9>&- &
  started_pid=$!
  process_names+=("$name")
  process_pids+=("$started_pid")
  process_signals+=("$signal")
}

# wait_until NAME PID LOG SECONDS COMMAND…: until the command succeeds; dies with the log's end if the process does.
wait_until() {
  local name=$1 pid=$2 log=$3 deadline=$((SECONDS + $4))
  shift 4
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$log" >&2
      die "$name ended while starting (log: $log)"
    fi
    if ((SECONDS > deadline)); then
      tail -n 20 "$log" >&2
      die "$name was not ready in time (log: $log)"
    fi
    sleep 0.03
  done
}

# port_open PORT [ADDRESS]
# shellcheck disable=SC2016
port_open() { "${enter[@]}" bash -c 'exec 7<>"/dev/tcp/$2/$1"' bash "$1" "${2-127.0.0.1}" 2>/dev/null; }

stop_process() { # NAME
  local index
  for ((index = ${#process_pids[@]} - 1; index >= 0; --index)); do
    [[ ${process_names[index]} != "$1" ]] || stop_at "$index"
  done
}

stop_at() { # INDEX
  local pid=${process_pids[$1]} deadline
  [[ -n $pid ]] || return 0
  process_pids[$1]=
  kill -s "${process_signals[$1]}" "$pid" 2>/dev/null || true
  deadline=$((SECONDS + 15))
  while kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS > deadline)); then
      say "${process_names[$1]} (pid $pid) did not stop when asked; killing it"
      kill -s KILL "$pid" 2>/dev/null || true
      break
    fi
    sleep 0.02
  done
  wait "$pid" 2>/dev/null || true
}

stop_everything() {
  local status=$? index path
  trap - EXIT
  trap '' INT TERM HUP # a second Ctrl-C must not leave half of them behind
  for ((index = ${#process_pids[@]} - 1; index >= 0; --index)); do stop_at "$index"; done
  for path in "${temporary_paths[@]}"; do rm -rf -- "$path"; done
  exit "$status"
}

# free_ports COUNT: that many unused loopback ports, one a line.
free_ports() {
  python3 - "$1" <<'PYTHON'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held:
    one.bind(("127.0.0.1", 0))
    print(one.getsockname()[1])
PYTHON
}

# random_secret: 32 random bytes as hex, on stdout.
random_secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

# write_secret FILE: stdin into a new file only its owner reads.
write_secret() { (umask 077 && rm -f -- "$1" && cat >"$1"); }
