# What the scripts in programs/ have in common. real.py reads it before each of them, in an empty folder.
# shellcheck shell=bash

# The program that is recorded, or run bare.
run() {
        # shellcheck disable=SC2086  # a list of words
        $REAL_RUN "$@"
}

# The same for one that refuses to be run by root.
run_as_user() {
        if [ "$(id -u)" -ne 0 ]; then
                run "$@"
        else
                # shellcheck disable=SC2086  # a list of words
                setpriv --reuid=65534 --regid=65534 --clear-groups $REAL_RUN "$@"
        fi
}

as_user() {
        if [ "$(id -u)" -ne 0 ]; then "$@"; else setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; fi
}

# Tries a command until it succeeds; half a minute.
until_it_works() {
        for _ in $(seq 300); do
                if "$@" >/dev/null 2>&1; then return 0; fi
                sleep 0.1
        done
        echo "never worked: $*" >&2
        return 1
}

# How many requests a second it answered; what takes a time decides by that otherwise.
rate() {
        echo "$1" >"$REAL_RATE"
}
